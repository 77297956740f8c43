import Foundation
import Vault
import VaultCrypto

/// A copy of a vault, and how closely to look at it.
struct JudgeRequest: Decodable {
    /// The vault's folder.
    var vault: String
    /// An age identity that opens it.
    var identity: String
    /// Where this device remembers checkpoints.
    var memory: String
    /// Words whose hits are compared.
    var words: [String] = []
    /// Whether commitments and certificates are compared too: they hold chance, so that two runs
    /// of one operation do not give the same.
    var commitments = false
    /// Whether all pages, records and the index are examined, and not only read.
    var examines = false
    /// Whether a conversation is added at the end, and read.
    var writes = false
    /// Files with checkpoints that left the device.
    var anchors: [String]?
}

/// What a copy of a vault says.
struct Judgement: Encodable {
    /// The code of the error with which the vault did not open, or with which reading ended.
    var refused: String?
    var message: String?
    /// Whether opening was where it ended.
    var isOpen = false
    /// What is in it: a name of a thing, and a digest of what it is like.
    var items: [String: String] = [:]
    /// What the audit log, the examination and the added conversation are wrong about.
    var faults: [String] = []
    /// What opening put right.
    var mended: [String] = []
    /// Entries of the audit log.
    var logged: Int64 = 0
    /// With a checkpoint of how many entries that left the device the log agrees; `UNANCHORED`
    /// where it agrees with none.
    var anchor: String?
}

/// Opens a copy of a vault and reads all that is in it.
struct Judge {
    private let request: JudgeRequest

    init(_ request: JudgeRequest) { self.request = request }

    func judgement() -> Judgement {
        var judgement = Judgement()
        do {
            let vault = try Vault.open(
                at: request.vault, by: .identityFile(request.identity), readers: .one,
                auditor: Auditor(memory: request.memory))
            judgement.isOpen = true
            judgement.mended = vault.mended.map { "\($0.path): \($0.fault)" }
            try look(at: vault, &judgement)
            try vault.close()
        } catch {
            let failure = error as? VaultError
            judgement.refused = failure?.code.rawValue ?? "\(type(of: error))"
            judgement.message = failure?.message ?? "\(error)"
        }
        return judgement
    }

    private func look(at vault: Vault, _ judgement: inout Judgement) throws {
        let names = try addRecords(of: vault, &judgement.items)
        try addGovernance(of: vault, &judgement.items)
        // What a search says of itself that it does not have yet is nothing that was lost.
        try vault.completeSearchIndex { _ in true }
        for word in request.words {
            let search = SearchRequest(word, limit: 100_000, idsOnly: true, includeHidden: true)
            let hits = try vault.search(search).hits.map { names[$0.message] ?? "unknown" }
            let (turns, others) = (hits.filter(isOfTurn), hits.filter { !isOfTurn($0) })
            judgement.items["search/\(word)"] = digest(others.sorted())
            for name in turns { judgement.items["search/\(word)/\(name)"] = "found" }
        }
        try vault.forEachAuditEntry { entry, _ in judgement.logged = entry.index + 1 }
        let anchors = try (request.anchors ?? []).map { path in
            (name: path, file: Array(try Data(contentsOf: URL(filePath: path))))
        }
        let audit = try vault.verifyAudit(anchors: anchors)
        judgement.anchor =
            switch audit.anchor {
            case .unanchored: "UNANCHORED"
            case .anchored(let size): "\(size) entries"
            }
        judgement.faults += audit.faults.map { "audit: \($0.path): \($0.fault)" }
        if request.examines {
            judgement.faults += try vault.examine(repairs: false).faults.filter { !$0.isRepaired }
                .map { "examination: \($0.path): \($0.fault)" }
        }
        if request.writes { judgement.faults += try faultsOfWriting(to: vault) }
    }

    /// Adds conversations and messages by their names in their source; gives these names.
    private func addRecords(
        of vault: Vault, _ items: inout [String: String]
    ) throws -> [RecordID: String] {
        var everything = ConversationFilter()
        everything.includesHidden = true
        var names: [RecordID: String] = [:]
        var attachments: Set<[UInt8]> = []
        try vault.forEachRecord(everything) { conversation, messages, versions in
            let isHeldHere = conversation.origin.source == Vault.ownSource
            let name = isHeldHere ? Self.beginning(of: messages) : conversation.origin.id
            // What a conversation that is held here consists of comes message by message.
            let counts = isHeldHere ? "" : "\(messages.count) \(versions.count)"
            items["conversation/\(name)"] = digest([
                conversation.title ?? "", conversation.custodian, conversation.project ?? "",
                conversation.labels.joined(separator: ","), "\(conversation.isHidden)", counts,
            ])
            for message in messages {
                let parent = message.parent.flatMap { names[$0] }
                names[message.id] =
                    isHeldHere
                    ? add(message, ofTurnIn: name, below: parent, &items)
                    : add(message, of: name, &items)
                attachments.formUnion(message.parts.compactMap { $0.attachment?.sha256 })
            }
            guard request.commitments, !isHeldHere else { return }
            items["versions/\(conversation.origin.id)"] = digest(versions)
        }
        for name in attachments {
            let content = DigestSink()
            try vault.readAttachment(name, into: content)
            items["attachment/\(Hex.text(name.prefix(8)))"] = content.digest()
        }
        return names
    }

    private func add(
        _ message: Message, of conversation: String, _ items: inout [String: String]
    ) -> String {
        let name = "\(conversation)/\(message.originID ?? "")"
        let texts = message.parts.map { $0.text ?? "" }
        items["message/\(name)"] = digest(
            [message.role.rawValue, message.state.rawValue, "\(message.version)"] + texts)
        if request.commitments { items["commitment/\(message.id)"] = Hex.text(message.commitment) }
        return name
    }

    /// Adds a question or an answer with its text: an answer that was cut off is the beginning of
    /// one, which only the text shows.
    ///
    /// Ids differ between two runs of one turn. A question has the name of its first word, an
    /// answer that of its model, and the workload gives none of these twice. What the program asks
    /// by itself, so that an answer goes on, has the name of what it follows.
    private func add(
        _ message: Message, ofTurnIn conversation: String, below parent: String?,
        _ items: inout [String: String]
    ) -> String {
        let text = message.parts.compactMap(\.text).joined()
        let own = message.role == .assistant ? message.model ?? "nobody" : Self.question(text)
        var key =
            own.map { "turn/\(conversation)/\($0)" }
            ?? "\(parent ?? "turn/\(conversation)")/goes on"
        // A name that is there twice is an answer that is there twice.
        while items[key] != nil { key += " again" }
        items[key] = "\(message.state.rawValue) \(message.version) \(text)"
        if request.commitments, message.state == .complete {
            items["commitment/\(message.id)"] = Hex.text(message.commitment)
        }
        return key
    }

    private func isOfTurn(_ name: String) -> Bool { name.hasPrefix("turn/") }

    /// The name of a conversation that is held here: the first of its questions.
    private static func beginning(of messages: [Message]) -> String {
        messages.filter { $0.role == .user }.compactMap { message in
            question(message.parts.compactMap(\.text).joined())
        }.min() ?? "nothing"
    }

    /// The first word of a question of the workload.
    private static func question(_ text: String) -> String? {
        text.hasPrefix("q") ? String(text.prefix { $0 != " " }) : nil
    }

    private func addGovernance(of vault: Vault, _ items: inout [String: String]) throws {
        for hold in try vault.holds() {
            let state = hold.released == nil ? "in force" : "released"
            items["hold/\(hold.id)"] = "\(hold.matter), \(state)"
        }
        for slot in try vault.status().slots { items["slot/\(slot.name)"] = slot.kind.rawValue }
        let governance = try vault.governanceStatus()
        let policy = try vault.policy().policy.map { digest(["\($0)"]) } ?? "none"
        items["policy"] = "\(governance.source), \(governance.rules ?? -1) rules, \(policy)"
        guard request.commitments else { return }
        for certificate in try vault.certificates() {
            items["certificate/\(certificate.entry)"] = digest([certificate.statement.note])
        }
    }

    /// The vault goes on working: a conversation comes in, and is there.
    private func faultsOfWriting(to vault: Vault) throws -> [String] {
        let origin = Origin(source: "jsonl", id: "after")
        var conversation = ImportedConversation(origin: origin)
        var message = ImportedMessage(originID: "after-1", parent: nil, role: .user)
        message.parts = [ImportedPart(Part(.text, text: "after"))]
        conversation.messages = [message]
        let ingestion = try vault.beginIngestion()
        try ingestion.add(conversation)
        _ = try ingestion.finish()
        let hits = try vault.search(SearchRequest("after", idsOnly: true)).hits.count
        return hits == 1 ? [] : ["writing: a message that was added is found \(hits) times"]
    }

    private func digest(_ texts: [String]) -> String {
        Hex.text(SHA256Digest.hash(Array(texts.joined(separator: "\u{1F}").utf8)).prefix(12))
    }
}

/// What an attachment is like.
private final class DigestSink: ByteSink {
    private var bytes: [UInt8] = []

    func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError) {
        unsafe self.bytes.append(contentsOf: bytes)
    }

    func digest() -> String { Hex.text(SHA256Digest.hash(bytes).prefix(12)) }
}
