import ArgumentParser
import JSONText
import Vault
import VaultArchive
import VaultCrypto

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write conversations into a signed archive that anybody can check.",
        usage: "coffer export --output <path> [<options>]",
        discussion: """
            The ending of --output decides: .tar and .tar.zst make one file, .tar.age and \
            .tar.zst.age an encrypted one, anything else a folder; endings of other formats are \
            refused. Without a selection everything that is not hidden \
            is exported. --after and --before take conversations with a message in that period, as \
            after: and before: of a query do, and a conversation is exported whole. What is there \
            already is never overwritten. --review adds files for review platforms: a conversation's \
            messages of one day make one RSMF file or mail. --split-size makes archives of one group, \
            all-001-of-003.tar.zst and so on; each verifies by itself.

            EXAMPLES:
              coffer export --output everything.tar.zst
              coffer export --output merger/ --matter "Lindqvist merger" \\
                --label merger --after 2024-03 --before 2024-07
              coffer export --output merger.tar.zst.age --recipient keys.txt
              coffer export --output hits.tar --query '"term sheet" from:chatgpt'
              coffer export --output review/ --review rsmf,dat \\
                --time-zone Europe/Zurich
              coffer export --output merger.tar --timestamp-query merger.tsq
              coffer export --output ada/ --subject "Ada Lindqvist" --mask team.txt
              coffer export --output all.tar.zst --split-size 4GB
            """)

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Where the archive goes; it must not exist.", valueName: "path"),
        completion: .file())
    var output: String

    @Option(
        help: ArgumentHelp("The case or purpose; part of the archive's name.", valueName: "name"))
    var matter = "export"

    @Option(help: ArgumentHelp("Why this was exported, for the record.", valueName: "text"))
    var reason: String?

    @OptionGroup(title: "Selection") var filters: FilterOptions

    @Option(
        help: ArgumentHelp(
            "Only conversations with a message that this query finds.", valueName: "query"))
    var query: String?

    @Option(help: ArgumentHelp("Only this conversation (repeatable).", valueName: "id"))
    var conversation: [String] = []

    @Flag(help: "Also what its owner hid; --conversation takes it always.")
    var includeHidden = false

    @Flag(help: "Write an archive although the selection finds nothing.")
    var allowEmpty = false

    @Option(
        help: ArgumentHelp(
            "Show that the log goes on from this checkpoint, given elsewhere before (repeatable).",
            valueName: "file"),
        completion: .file())
    var priorCheckpoint: [String] = []

    @Option(
        help: ArgumentHelp(
            "Write what a time stamping authority (RFC 3161) is sent into this new file.",
            valueName: "file"),
        completion: .file())
    var timestampQuery: String?

    @OptionGroup(title: "Data subject access") var subject: SubjectOptions

    @OptionGroup(title: "Splitting") var split: SplitArguments

    @OptionGroup(title: "Encryption") var encryption: EncryptionOptions

    @OptionGroup(title: "Review platforms") var review: ReviewArguments

    @OptionGroup(title: "Global options") var options: GlobalOptions

    private var filter: ConversationFilter {
        var filter = filters.filter
        filter.includesHidden = includeHidden || !conversation.isEmpty
        subject.restrict(&filter)
        return filter
    }

    func validate() throws {
        if subject.subject != nil, filters.custodian != nil {
            throw ValidationError("--subject names the custodian; leave --custodian out.")
        }
        guard split.splitSize == nil || timestampQuery == nil else {
            throw ValidationError(
                "--timestamp-query is for one archive; leave it out where --split-size may make "
                    + "several.")
        }
    }

    /// What was asked for, for the record.
    private var scope: JSONObject {
        var scope = filters.scope
        scope["subject"] = subject.subject.map(JSON.string)
        return scope
    }

    func run() throws {
        let files = try ExportFiles(self)
        try options.withVault { vault in try write(files, from: vault) }
    }

    /// Exports from an open vault and prints the report.
    ///
    /// - Throws: What an export throws.
    func write(from vault: Vault) throws {
        try write(try ExportFiles(self), from: vault)
    }

    private func write(_ files: ExportFiles, from vault: Vault) throws {
        guard !vault.contains(folder: Place.folder(of: files.output)) else {
            throw VaultError(
                .refused, "An archive cannot stand in the vault's own folder; choose another.")
        }
        try files.query?.refuseFolder(of: vault)
        let only = try selection(of: vault)
        // How many messages a selection has is known at its end only.
        let isEverything = only == nil && scope.isEmpty
        let total = isEverything ? try vault.status().messages : 0
        var progress = ProgressLine(.items("message"), options)
        defer { progress.clear() }
        let hooks = ArchiveExport.Hooks(
            progress: { progress.update(Int64($0.records), of: total, "Writing") },
            isCancelled: { Interruption.isRequested })
        let (results, left) = try archives(files, only, hooks, from: vault)
        progress.clear()
        for result in results { try files.query?.write(result.tagManifest) }
        report(results)
        for sentence in left.sentences { options.note(sentence) }
    }

    private func archives(
        _ files: ExportFiles, _ only: Set<RecordID>?, _ hooks: ArchiveExport.Hooks,
        from vault: Vault
    ) throws -> ([ArchiveExport.Result], LeftOut) {
        let mask = try subject.mask(in: vault)
        let made = try request(files.output, files.encryption)
        var left = LeftOut()
        let results = try vault.loggingExport(
            to: files.output, encryption: files.encryption, of: logged(made), reason: reason
        ) { begun in
            try vault.withSnapshot { snapshot in
                left = try LeftOut(snapshot, filter, only: only)
                if !allowEmpty { try refuseNothing(in: snapshot, only: only, left.undated) }
                let records = { (part: Set<RecordID>?) throws(VaultError) in
                    try VaultArchiveSource(
                        snapshot, of: vault.id, filter: filter, only: part ?? only,
                        isNamed: !conversation.isEmpty, begun: begun, tool: Version.tool)
                }
                var request = try mask.map { try made.masked(for: $0) } ?? made
                left.say(in: &request.scope)
                let key = try records(nil).key.key
                request.priorCheckpoints = try files.priorCheckpoints.map {
                    try AuditCheckpoint(verifying: $0, vault: vault.id, key: key)
                }
                return try write(request, hooks) { (part) throws(VaultError) in
                    let source = try records(part)
                    guard let mask else { return source }
                    return try RedactedSource(
                        source, mask: mask, waitingIn: Place.folder(of: files.output),
                        isCancelled: hooks.isCancelled)
                }
            }
        }
        return (results, left)
    }

    /// What the log says of the selection.
    private func logged(_ request: ArchiveExport.Request) -> JSONObject {
        var selection = request.scope
        selection["query"] = query.map(JSON.string)
        selection["review"] = request.review.scope
        return selection
    }

    /// Makes one archive, or as many as it is split into.
    private func write(
        _ request: ArchiveExport.Request, _ hooks: ArchiveExport.Hooks,
        from source: GroupExport.Opening
    ) throws -> [ArchiveExport.Result] {
        guard let sizeBytes = try split.sizeBytes else {
            return [try ArchiveExport.run(source(nil), request, hooks: hooks)]
        }
        return try GroupExport.run(
            source, request,
            GroupExport.Split(sizeBytes: sizeBytes, nextID: { RecordID(at: request.time) }),
            hooks: hooks)
    }

    /// The conversations that ids and a query name; `nil` when neither was given.
    private func selection(of vault: Vault) throws -> Set<RecordID>? {
        guard query != nil || !conversation.isEmpty else { return nil }
        var chosen = Set(try conversation.map { try vault.conversationID(matching: $0) })
        if let query {
            try options.completeIndex(of: vault, waits: true)
            try refuseGaps(in: vault)
            let found = try vault.conversations(
                matching: query, includeHidden: filter.includesHidden)
            chosen = conversation.isEmpty ? found : chosen.intersection(found)
        }
        return chosen
    }

    /// What a query misses because it is not indexed would be missing in the archive unseen.
    private func refuseGaps(in vault: Vault) throws {
        let extent = try vault.searchCompleteness()
        guard extent.pending == 0 else {
            throw VaultError(
                .refused,
                "The search index has \(Figures.count(extent.indexed)) of "
                    + "\(Figures.count(extent.total, "message")), so a query would miss some. Run "
                    + "`coffer index rebuild` and export again, or select without --query.")
        }
        if extent.unreadable > 0 {
            options.note(
                "\(Figures.count(extent.unreadable, "message")) cannot be read, and no query finds "
                    + "them; `coffer doctor` names what is damaged.")
        }
    }

    /// An archive of nothing looks like an answer: it is written only when it is meant.
    private func refuseNothing(
        in snapshot: VaultSnapshot, only: Set<RecordID>?, _ undated: Int
    ) throws {
        guard try snapshot.conversationIDs(filter, only: only).isEmpty else { return }
        let unknown = try snapshot.unknownNames(filter)
        var cause = "No conversation matches the selection"
        if !unknown.isEmpty {
            cause = "The vault knows no " + unknown.joined(separator: " and no ")
        } else if undated > 0 {
            cause += ", besides \(Figures.count(undated)) undated ones that no period takes"
        }
        throw VaultError(
            .notFound,
            "\(cause), so nothing was written; `coffer stats` shows what there is, and "
                + "--allow-empty writes an archive of nothing.")
    }

    private func request(
        _ output: String, _ encryption: ArchiveEncryption?
    ) throws -> ArchiveExport.Request {
        var request = ArchiveExport.Request(output: output, matter: matter, time: .now)
        request.query = query
        request.review = try review.options
        request.scope = scope
        if let person = subject.subject { request.redaction = RedactionNote(subject: person) }
        if !conversation.isEmpty {
            request.scope["conversations"] = .array(conversation.map(JSON.string))
        }
        if filter.includesHidden { request.scope["includesHidden"] = .bool(true) }
        request.encryption = encryption
        if let sizeBytes = try split.sizeBytes {
            request.scope["splitSizeBytes"] = .integer(sizeBytes)
        }
        request.person = Place.loginName
        request.reason = reason
        return request
    }
}

/// The files that an export takes and makes, looked at before the vault is opened.
private struct ExportFiles {
    let output: String
    let query: TimeStampQueryFile?
    let encryption: ArchiveEncryption?
    let priorCheckpoints: [[UInt8]]

    /// From here on Ctrl-C ends the export in order.
    init(_ command: Export) throws {
        Interruption.watch()
        let output = Place.absolute(command.output)
        guard !Place.exists(output) else {
            throw VaultError(
                .exists, "\(output) exists already; an archive is never written over something.")
        }
        self.output = output
        query = try command.timestampQuery.map { try TimeStampQueryFile($0, beside: output) }
        encryption = try command.encryption.encryption(command.options)
        priorCheckpoints = try command.priorCheckpoint.map { try NewFile.read($0) }
    }
}

/// What a selection has and an archive of it has not.
private struct LeftOut {
    /// Conversations that a period leaves out because they have no date.
    var undated = 0
    /// Answers that are being written, and are no records yet.
    var unfinished = 0

    init() {}

    init(
        _ snapshot: VaultSnapshot, _ filter: ConversationFilter, only: Set<RecordID>?
    ) throws(VaultError) {
        undated = try snapshot.undatedCount(filter, only: only)
        unfinished = try snapshot.unfinishedCount(filter, only: only)
    }

    func say(in scope: inout JSONObject) {
        if undated > 0 { scope["undatedLeftOut"] = .integer(undated) }
        if unfinished > 0 { scope["unfinishedLeftOut"] = .integer(unfinished) }
    }

    var sentences: [String] {
        var sentences: [String] = []
        if undated > 0 { sentences.append(UndatedView.sentence(undated)) }
        if unfinished > 0 { sentences.append(UnfinishedView.sentence(unfinished)) }
        return sentences
    }
}
