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
        for word in request.words {
            let search = SearchRequest(word, limit: 100_000, idsOnly: true, includeHidden: true)
            let hits = try vault.search(search).hits.map { names[$0.message] ?? "unknown" }
            judgement.items["search/\(word)"] = digest(hits.sorted())
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
            items["conversation/\(conversation.origin.id)"] = digest([
                conversation.title ?? "", conversation.custodian, conversation.project ?? "",
                conversation.labels.joined(separator: ","), "\(conversation.isHidden)",
                "\(messages.count) \(versions.count)",
            ])
            for message in messages {
                let name = "\(conversation.origin.id)/\(message.originID ?? "")"
                names[message.id] = name
                let texts = message.parts.map { $0.text ?? "" }
                items["message/\(name)"] = digest(
                    [message.role.rawValue, message.state.rawValue, "\(message.version)"] + texts)
                attachments.formUnion(message.parts.compactMap { $0.attachment?.sha256 })
                guard request.commitments else { continue }
                items["commitment/\(message.id)"] = Hex.text(message.commitment)
            }
            guard request.commitments else { return }
            items["versions/\(conversation.origin.id)"] = digest(versions)
        }
        for name in attachments {
            let content = DigestSink()
            try vault.readAttachment(name, into: content)
            items["attachment/\(Hex.text(name.prefix(8)))"] = content.digest()
        }
        return names
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
