import ArgumentParser
import JSONText
import Vault
import VaultCrypto

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Show, check and prove the audit log.",
        discussion: """
            Every change, export and purge is an entry of a log that is only appended to. An entry \
            holds no content.

            EXAMPLES:
              coffer audit log --type ingest
              coffer audit checkpoint --out monday.checkpoint
              coffer audit verify --anchor monday.checkpoint
            """,
        subcommands: [
            AuditLogCommand.self, AuditVerify.self, AuditMark.self, AuditProve.self,
            AuditCertificate.self, AuditClock.self,
        ],
        defaultSubcommand: AuditLogCommand.self)
}

struct AuditLogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "List the entries, the newest last.",
        usage: "coffer audit log [--type <type>] ... [--after <time>] [--limit <n>] [<options>]",
        discussion: """
            EXAMPLES:
              coffer audit log
              coffer audit log --type hold.place --type hold.release
              coffer audit log --after 2026-01 --json
            """)

    @Option(
        help: ArgumentHelp(
            "Only entries of this type, such as ingest (repeatable).", valueName: "type"))
    var type: [String] = []

    @Option(help: ArgumentHelp("Only entries about this id or name.", valueName: "id"))
    var object: String?

    @Option(help: ArgumentHelp("Only entries at or after this time.", valueName: "time"))
    var after: Moment?

    @Option(help: ArgumentHelp("Only entries before this time.", valueName: "time"))
    var before: Moment?

    @Option(help: ArgumentHelp("The newest so many; 0 shows all.", valueName: "n"))
    var limit = 0

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        if limit < 0 { throw ValidationError("--limit takes a number that is not negative.") }
        for name in type where AuditEvent(rawValue: name) == nil {
            let known = AuditEvent.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("There are no entries of type \(name); give one of \(known).")
        }
    }

    func run() throws {
        try options.withVault { vault in
            var shown: [(AuditEntry, String?)] = []
            try vault.forEachAuditEntry { entry, document in
                guard isWanted(entry) else { return }
                if limit == 0 { return show(entry, document) }
                shown.append((entry, document))
                if shown.count > limit { shown.removeFirst() }
            }
            for (entry, document) in shown { show(entry, document) }
        }
    }

    private func isWanted(_ entry: AuditEntry) -> Bool {
        (type.isEmpty || type.contains(entry.event.rawValue))
            && (object == nil || entry.object == object)
            && (after.map { entry.time >= $0.instant } ?? true)
            && (before.map { entry.time < $0.instant } ?? true)
    }

    private func show(_ entry: AuditEntry, _ document: String?) {
        guard !options.json else {
            let object = (try? JSONReader.parse(entry.line))?.object ?? JSONObject()
            let said = document.flatMap { try? JSONReader.parse($0) }
            return Output.json(["entry": .object(object), "document": said ?? .null])
        }
        let start = [
            Columns.right(String(entry.index), 5), Figures.minute(entry.time),
            Columns.fit(entry.event.rawValue, 13),
        ].joined(separator: "  ")
        let indent = String(repeating: " ", count: Columns.count(start) + 2)
        let width = max(20, Console.width - indent.count)
        let lines = Wrapping.lines(
            of: Printable.line(AuditWords.sentence(entry, document)), width: width)
        for (number, line) in lines.enumerated() {
            Output.line((number == 0 ? start + "  " : indent) + line)
        }
    }
}

/// Entries as people read them.
enum AuditWords {
    /// - Parameters:
    ///   - entry: The entry.
    ///   - document: The line of its document, of which a refused turn's is read.
    /// - Returns: What it is about, its figures and who, separated by commas.
    static func sentence(_ entry: AuditEntry, _ document: String? = nil) -> String {
        var parts: [String] = []
        if let object = entry.object { parts.append(object) }
        if entry.event == .turnRefused { parts += refusal(document) }
        for (name, value) in entry.figures.sorted(by: { $0.key < $1.key }) {
            parts.append("\(words(name)) \(Figures.count(value))")
        }
        if entry.figures.isEmpty, let messages = entry.messages {
            parts.append(Figures.count(messages.count, "message"))
        }
        if let ends = entry.ends { parts.append("ends \(ends)") }
        parts.append("by \(entry.actor)")
        return parts.joined(separator: ", ")
    }

    /// Where the turn would have gone, and what kept it from there.
    private static func refusal(_ document: String?) -> [String] {
        guard let said = document.flatMap({ try? JSONReader.parse($0) }) else { return [] }
        let names = [("provider", ""), ("model", "model "), ("host", "at "), ("rule", "by ")]
        return names.compactMap { name, word in
            said[name]?.string.flatMap { $0.isEmpty ? nil : word + $0 }
        }
    }

    /// `messagesAdded` as `messages added`.
    private static func words(_ name: String) -> String {
        name.reduce(into: "") { words, letter in
            if letter.isUppercase { words += " " }
            words += letter.lowercased()
        }
    }
}

struct AuditVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check the log, and every message against it.",
        usage: "coffer audit verify [--anchor <file>] ... [<options>]",
        discussion: """
            Without a checkpoint that left this device (--anchor) the answer says UNANCHORED: \
            whoever holds the vault's keys could have written the log anew. Exits 2 when something \
            is wrong.

            EXAMPLES:
              coffer audit verify
              coffer audit verify --anchor /media/stick/monday.checkpoint
            """)

    @Option(
        help: ArgumentHelp(
            "A checkpoint that was kept elsewhere (repeatable).", valueName: "file"),
        completion: .file())
    var anchor: [String] = []

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        let anchors = try anchor.map { (name: $0, file: try NewFile.read($0)) }
        let findings = try findings(anchors)
        if options.json { printJSON(findings) } else { show(findings) }
        if !findings.faults.isEmpty { throw Ending.foundFaults }
    }

    /// A vault that is not opened because of its log is what was asked for.
    private func findings(_ anchors: [(name: String, file: [UInt8])]) throws -> AuditFindings {
        do {
            return try options.withVault { vault in
                let findings = try vault.verifyAudit(anchors: anchors)
                if findings.faults.isEmpty { log(findings, in: vault) }
                return findings
            }
        } catch let error as VaultError where error.code == .damaged {
            return AuditFindings(faults: [VaultFault(path: "vault", fault: error.message)])
        }
    }

    /// What was found is true also where it cannot be written down.
    private func log(_ findings: AuditFindings, in vault: Vault) {
        do {
            try vault.logVerification(findings)
        } catch {
            options.note("The verification was not logged: \(error.message)")
        }
    }

    private func printJSON(_ findings: AuditFindings) {
        let anchored: JSON =
            switch findings.anchor {
            case .unanchored: .string("UNANCHORED")
            case .anchored(let size): .object(["entries": .integer(size)])
            }
        Output.json([
            "ok": .bool(findings.faults.isEmpty),
            "faults": .array(
                findings.faults.map {
                    .object(["path": .string($0.path), "fault": .string($0.fault)])
                }), "entries": .integer(findings.entries), "messages": .integer(findings.messages),
            "anchor": anchored,
        ])
    }

    private func show(_ findings: AuditFindings) {
        if findings.faults.isEmpty {
            Output.line(
                "The audit log is whole: \(Figures.count(findings.entries, "entry")), "
                    + "\(Figures.count(findings.messages, "message")) covered.")
        } else {
            let faults = findings.faults.map { (path: $0.path, fault: $0.fault) }
            FaultView.show(faults, of: "audit log", omitted: 0)
        }
        switch findings.anchor {
        case .unanchored:
            Output.line("UNANCHORED: not compared with a checkpoint that left this device.")
        case .anchored(let size):
            Output.line("Anchored: the first \(Figures.count(size, "entry")) are those of then.")
        }
    }
}

struct AuditMark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Sign how far the log goes, for somebody else to keep.",
        usage: "coffer audit checkpoint [--out <file>] [<options>]",
        discussion: """
            A checkpoint that left this device is what later shows that nothing before it was \
            changed. It names no content.

            EXAMPLES:
              coffer audit checkpoint
              coffer audit checkpoint --out /media/stick/monday.checkpoint
            """)

    @Option(
        help: ArgumentHelp("Write it to a new file.", valueName: "file"), completion: .file())
    var out: String?

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        let checkpoint = try options.withVault { try $0.anchor() }
        if let out { try NewFile.write(checkpoint.file, to: Place.absolute(out)) }
        if options.json {
            return Output.json([
                "entries": .integer(checkpoint.size), "root": .string(Hex.text(checkpoint.root)),
                "checkpoint": .string(String(decoding: checkpoint.file, as: UTF8.self)),
                "path": .text(out),
            ])
        }
        if out == nil {
            Output.line(String(decoding: checkpoint.file.dropLast(), as: UTF8.self))
        } else if !options.quiet {
            Output.line("Wrote a checkpoint of \(Figures.count(checkpoint.size, "entry")).")
        }
    }
}

struct AuditProve: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Prove that an entry or a message is in the log.",
        usage: "coffer audit prove <entry or message> [--out <file>] [<options>]",
        discussion: """
            Gives a C2SP tlog-proof: whoever has the log key's fingerprint can check it without \
            the vault and without seeing another message.

            EXAMPLES:
              coffer audit prove 17
              coffer audit prove 018dfa1e-29d1-7f60-bd56-4b8c5cbb1b0c \\
                --out message.tlog-proof
            """)

    @Argument(
        help: ArgumentHelp(
            "The number of an entry, or a message's id.", valueName: "entry or message"))
    var subject: String

    @Option(
        help: ArgumentHelp("Write it to a new file.", valueName: "file"), completion: .file())
    var out: String?

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        let proof = try options.withVault { vault in
            // An id has more digits than a log has entries.
            if subject.utf8.count < 10, let entry = Int64(subject) {
                return try vault.proveEntry(entry)
            }
            return try vault.proveMessage(vault.messageID(matching: subject))
        }
        if let out { try NewFile.write(Array(proof.text.utf8), to: Place.absolute(out)) }
        if options.json {
            return Output.json([
                "entry": .integer(proof.entry.index), "proof": .string(proof.text),
                "path": .text(out),
            ])
        }
        if out == nil {
            Output.line(String(proof.text.dropLast()))
        } else if !options.quiet {
            Output.line("Wrote the proof of entry \(proof.entry.index).")
        }
    }
}
