import VaultCrypto

/// The content that a stored message is to have: that of another import, or its own with files that
/// an import brought.
struct MessageRevision {
    /// Everything but the parts.
    let imported: ImportedMessage
    private(set) var parts: [Part]
    /// Files to store, by position of their part.
    private(set) var files: [Int: ImportedFile]
    let fingerprint: [UInt8]
    /// Whether a part has got its file from elsewhere.
    private(set) var hasAdopted = false

    /// What an import says.
    init(_ message: PreparedMessage) {
        imported = message.imported
        parts = message.parts
        files = message.files
        fingerprint = message.fingerprint
    }

    /// What is stored.
    init(_ message: Message, fingerprint: [UInt8]) {
        var imported = ImportedMessage(
            originID: message.originID ?? "", parent: nil, role: message.role)
        imported.state = message.state
        imported.created = message.created
        imported.model = message.model
        imported.provider = message.provider
        imported.host = message.host
        imported.region = message.region
        imported.stopReason = message.stopReason
        imported.usage = message.usage
        imported.extra = message.extra
        self.imported = imported
        parts = message.parts
        files = [:]
        self.fingerprint = fingerprint
    }

    /// Gives every part that merely lacks its file the one that the same part has elsewhere.
    ///
    /// The same part stands in the same place, or has the same data or name in another place. Name
    /// and kind come with the file, because importers take them from it.
    mutating func adoptFiles(from others: [Part], files: [Int: ImportedFile] = [:]) {
        var held: [AttachmentReference: Int] = [:]
        for case let reference? in parts.map(\.attachment) { held[reference, default: 0] += 1 }
        var free: Set<Int> = []
        var places: [[UInt8]: [Int]] = [:]
        for (place, other) in others.enumerated().reversed() {
            guard let reference = other.attachment else { continue }
            if let count = held[reference], count > 0 {
                held[reference] = count - 1
            } else {
                free.insert(place)
                places[other.description, default: []].append(place)
            }
        }
        for position in parts.indices where !free.isEmpty && parts[position].lacksFile {
            let part = parts[position]
            let description = part.description
            var match: Int?
            if free.contains(position), others[position].description == description {
                match = position
            } else if part.data != nil || part.name != nil {
                while let last = places[description]?.last, !free.contains(last) {
                    places[description]?.removeLast()
                }
                match = places[description]?.last
            }
            guard let match, part.isNamed(as: others[match]) else { continue }
            free.remove(match)
            parts[position] = others[match]
            self.files[position] = files[match]
            hasAdopted = true
        }
    }

    /// Lines of the parts, salt of the envelope and commitment, under new salts.
    func sealed(
        id: RecordID, conversation: RecordID, parent: RecordID?, version: Int
    ) -> (lines: [String], salt: [UInt8], commitment: [UInt8]) {
        let random = Randomness.bytes(16 * (parts.count + 1))
        let lines = parts.enumerated().map { position, part in
            RecordLines.line(of: part, salt: random[(16 * (position + 1))..<(16 * (position + 2))])
        }
        let salt = Array(random[..<16])
        let envelope = Envelope(
            imported, id: id, conversation: conversation, parent: parent, version: version,
            salt: salt)
        return (lines, salt, SHA256Digest.hash(utf8: envelope.line(partLines: lines)))
    }

    /// Whether a stored message says exactly this under the given parent, salts and number of the
    /// version aside.
    func isSame(as stored: Message, parent: RecordID?) -> Bool {
        let old = Envelope(
            MessageRevision(stored, fingerprint: []).imported, id: stored.id,
            conversation: stored.conversation, parent: stored.parent, version: 0, salt: [])
        let new = Envelope(
            imported, id: stored.id, conversation: stored.conversation, parent: parent, version: 0,
            salt: [])
        // As bytes: strings of Swift are also equal when only their Unicode form differs.
        return old.line(partLines: Self.lines(of: stored.parts)).utf8.elementsEqual(
            new.line(partLines: Self.lines(of: parts)).utf8)
    }

    private static func lines(of parts: [Part]) -> [String] {
        parts.map { RecordLines.line(of: $0, salt: []) }
    }
}

extension Part {
    /// A picture or a document of which only its description is there.
    fileprivate var lacksFile: Bool {
        attachment == nil && (kind == .image || kind == .document || kind == .other)
    }

    /// What an export says of it with its file and without.
    fileprivate var description: [UInt8] {
        Array(RecordLines.line(of: Part(.other, text: text, data: data), salt: []).utf8)
    }

    /// Whether it has the name of another part, or none.
    fileprivate func isNamed(as other: Part) -> Bool {
        guard let name else { return true }
        return other.name.map { $0.utf8.elementsEqual(name.utf8) } == true
    }
}

extension Envelope {
    /// The envelope of an imported message.
    init(
        _ imported: ImportedMessage, id: RecordID, conversation: RecordID, parent: RecordID?,
        version: Int, salt: [UInt8]
    ) {
        self.init(
            id: id, conversation: conversation, parent: parent, originID: imported.originID,
            role: imported.role, state: imported.state, version: version,
            created: imported.created, model: imported.model, provider: imported.provider,
            host: imported.host, region: imported.region, stopReason: imported.stopReason,
            usage: imported.usage, extra: imported.extra, salt: salt)
    }
}
