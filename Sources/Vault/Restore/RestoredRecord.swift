package import JSONText
package import VaultCrypto

/// One version of a message as an archive's record line has it: what `RecordLines.record` writes,
/// read back without losing a byte.
package struct RestoredRecord: Sendable {
    var envelope: Envelope
    var parts: [Part]
    /// The canonical line of each part, as it was committed to.
    var partLines: [String]
    /// 32 bytes.
    private(set) var commitment: [UInt8]
    /// Which versions of its message another vault's archive had brought where this one was made.
    fileprivate(set) var mark: BroughtRecords.Mark?

    package var id: RecordID { envelope.id }

    package static let redacted = VaultError(
        .refused,
        "This is a redacted copy of an archive, which cannot stand in for the original; restore "
            + "the archive that it was made from.")

    /// Stands for every id where ids do not count.
    private static let nobody = RecordID(at: Instant(milliseconds: 0))

    /// Reads a record line, without its line end.
    ///
    /// - Throws: `refused` for a record of a redacted archive, `unsupported` for one that the vault
    ///   could not give back byte for byte.
    package init(parsing line: String) throws(VaultError) {
        let object = (try? JSONReader.parse(line))?.object
        let said = object?["parts"]?.array ?? []
        guard object?["withheld"] == nil, !said.contains(where: { $0["withheld"] != nil }) else {
            throw Self.redacted
        }
        guard let fields = object?["envelope"], let envelope = Envelope(archived: fields) else {
            throw RestoredConversation.unsupported
        }
        self.envelope = envelope
        partLines = said.map { String(decoding: JSONWriter.canonical($0), as: UTF8.self) }
        parts = partLines.compactMap(RecordLines.part)
        commitment = SHA256Digest.hash(utf8: envelope.line(partLines: partLines))
        guard parts.count == partLines.count, self.line.utf8.elementsEqual(line.utf8) else {
            throw RestoredConversation.unsupported
        }
    }

    /// The record line, as an archive has it.
    var line: String {
        """
        {"commitment":"\(Hex.text(commitment))","envelope":\(envelope.line(partLines: partLines)),\
        "parts":[\(partLines.joined(separator: ","))]}
        """
    }

    /// The same under another envelope, which is committed to anew; salts and parts stay.
    func sealed(_ change: (inout Envelope) -> Void) -> RestoredRecord {
        var record = self
        change(&record.envelope)
        record.commitment = SHA256Digest.hash(
            utf8: record.envelope.line(partLines: partLines))
        return record
    }

    /// What it says, without its ids, its salts and the number of its version.
    var content: [UInt8] {
        var bare = envelope
        bare.id = Self.nobody
        bare.conversation = Self.nobody
        bare.parent = nil
        bare.version = 0
        bare.salt = []
        return SHA256Digest.hash(
            utf8: bare.line(partLines: parts.map { RecordLines.line(of: $0, salt: []) }))
    }
}

extension Envelope {
    /// An envelope as its line says; `nil` when it is not one.
    init?(archived fields: JSON) {
        guard let id = fields["id"]?.string.flatMap({ RecordID($0) }),
            let conversation = fields["conversation"]?.string.flatMap({ RecordID($0) }),
            let role = fields["role"]?.string.flatMap(Role.init),
            let state = fields["state"]?.string.flatMap(MessageState.init),
            let version = fields["version"]?.int, (1...1 << 30).contains(version),
            let salt = fields["salt"]?.string.flatMap(Hex.bytes), salt.count == 16
        else { return nil }
        self.init(
            id: id, conversation: conversation,
            parent: fields["parent"]?.string.flatMap { RecordID($0) },
            originID: fields["origin"]?.string, role: role, state: state, version: Int(version),
            created: fields["created"]?.string.flatMap(Instant.init),
            model: fields["model"]?.string, provider: fields["provider"]?.string,
            host: fields["host"]?.string, region: fields["region"]?.string,
            stopReason: fields["stopReason"]?.string, usage: fields["usage"]?.object,
            extra: fields["extra"]?.object ?? JSONObject(), salt: salt)
    }
}

/// A conversation of an archive with its records, to be stored as it is.
package struct RestoredConversation: Sendable {
    package var conversation: Conversation
    /// In ascending order of message and version.
    private(set) var records: [RestoredRecord] = []
    /// Ids of the archive's holds that match it.
    package var holds: [String] = []
    /// What of it had come from another vault where the archive was made; set before the records.
    package var brought: BroughtRecords?
    /// How much memory it takes, about.
    private(set) var textBytes = 0

    package init(_ conversation: Conversation) { self.conversation = conversation }

    package mutating func add(_ record: RestoredRecord) {
        var record = record
        record.mark = brought?.messages[record.id]
        records.append(record)
        textBytes += record.partLines.reduce(512) { $0 + $1.utf8.count }
    }

    static let unsupported = VaultError(
        .unsupported,
        "The archive has a record that this version cannot give back byte for byte, so that "
            + "nothing was restored; update Coffer.")

    /// The versions of each message, in ascending order; the last one is the present one.
    var histories: [[RestoredRecord]] {
        var histories: [[RestoredRecord]] = []
        for record in records {
            if histories.last?.last?.id == record.id {
                histories[histories.count - 1].append(record)
            } else {
                histories.append([record])
            }
        }
        return histories
    }

    /// Makes sure that the records are one conversation that can be stored.
    ///
    /// - Throws: `unsupported` when a message names a parent that is not there or follows itself,
    ///   or when there is more than a row can hold.
    package func requireStorable() throws(VaultError) {
        let histories = histories
        var parents: [RecordID: RecordID] = [:]
        let ids = Set(histories.compactMap { $0.last?.id })
        guard ids.count == histories.count,
            conversation.current.map(ids.contains) ?? true
        else { throw Self.unsupported }
        for record in histories.compactMap(\.last) {
            guard record.parts.count <= PreparedMessage.maximumParts,
                record.envelope.conversation == conversation.id,
                record.envelope.parent.map(ids.contains) ?? true
            else { throw Self.unsupported }
            parents[record.id] = record.envelope.parent
        }
        var done: Set<RecordID> = []
        for id in ids where !done.contains(id) {
            var path: Set<RecordID> = []
            var next: RecordID? = id
            while let message = next, !done.contains(message) {
                guard path.insert(message).inserted else { throw Self.unsupported }
                next = parents[message]
            }
            done.formUnion(path)
        }
    }
}

extension Conversation {
    /// A conversation as the first line of its file in an archive says; `nil` when it is not one.
    package init?(archived said: JSON) {
        func time(_ name: String) -> Instant? { said[name]?.string.flatMap { Instant($0) } }
        guard let id = said["id"]?.string.flatMap({ RecordID($0) }),
            let custodian = said["custodian"]?.string,
            let source = said["origin"]?["source"]?.string,
            let origin = said["origin"]?["id"]?.string, let imported = time("imported"),
            let isHidden = said["hidden"]?.bool, let extra = said["extra"]?.object,
            let messages = said["messages"]?.int
        else { return nil }
        self.init(
            id: id, title: said["title"]?.string, custodian: custodian,
            origin: Origin(source: source, id: origin), project: said["project"]?.string,
            labels: (said["labels"]?.array ?? []).compactMap(\.string), created: time("created"),
            modified: time("modified"), imported: imported, isHidden: isHidden,
            current: said["current"]?.string.flatMap { RecordID($0) },
            messageCount: Int(messages), extra: extra)
    }
}

/// Which archive is restored, for the audit log.
package struct RestoreSource: Sendable {
    /// The name of its bag.
    package var bag: String
    /// The vault that it was made from.
    package var vault: String?
    /// `SHA256:…` of the key that signed it.
    package var signer: String
    /// SHA-256 of its tag manifest, which stands for all of it.
    package var tagManifest: [UInt8]

    package init(bag: String, vault: String?, signer: String, tagManifest: [UInt8]) {
        self.bag = bag
        self.vault = vault
        self.signer = signer
        self.tagManifest = tagManifest
    }

    var json: JSONObject {
        var object: JSONObject = [
            "bag": .string(bag), "signer": .string(signer),
            "tagManifest": .string(Hex.text(tagManifest)),
        ]
        object["vault"] = vault.map(JSON.string)
        return object
    }
}
