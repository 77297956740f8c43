import VaultCrypto

/// The canonical lines of records: what commitments hash and archives show.
///
/// Line of a part: `Part`'s documentation. Line of an envelope: `Message`'s. Both are canonical
/// JSON (`JSONWriter`), so a verifier hashes the bytes as they stand in an archive.
enum RecordLines {
    /// The line of a part under a salt of 16 bytes.
    static func line(of part: Part, salt: ArraySlice<UInt8>) -> String {
        var object = JSONObject()
        object["attachment"] = part.attachment.map { .object(self.object(of: $0)) }
        object["data"] = part.data
        object["name"] = part.name.map(JSON.string)
        object["salt"] = .string(Hex.text(salt))
        object["text"] = part.text.map(JSON.string)
        object["type"] = .string(part.kind.rawValue)
        return String(decoding: JSONWriter.canonical(.object(object)), as: UTF8.self)
    }

    private static func object(of attachment: AttachmentReference) -> JSONObject {
        var object = JSONObject()
        object["mediaType"] = attachment.mediaType.map(JSON.string)
        object["name"] = attachment.name.map(JSON.string)
        object["sha256"] = .string(Hex.text(attachment.sha256))
        object["size"] = .integer(attachment.sizeBytes)
        return object
    }

    /// Reads a part's line back; `nil` when it is not one.
    static func part(from line: String) -> Part? {
        guard let object = (try? JSONReader.parse(line))?.object,
            let kind = object["type"]?.string.flatMap(Part.Kind.init(rawValue:))
        else { return nil }
        var attachment: AttachmentReference?
        if let file = object["attachment"] {
            guard let sha256 = file["sha256"]?.string.flatMap(Hex.bytes),
                let size = file["size"]?.int
            else { return nil }
            attachment = AttachmentReference(
                sha256: sha256, sizeBytes: size, name: file["name"]?.string,
                mediaType: file["mediaType"]?.string)
        }
        return Part(
            kind, text: object["text"]?.string, name: object["name"]?.string, data: object["data"],
            attachment: attachment)
    }

    /// The record line of an archive: commitment, envelope and parts, the latter two verbatim.
    static func record(of message: Message) -> String {
        """
        {"commitment":"\(Hex.text(message.commitment))","envelope":\(message.envelopeLine),\
        "parts":[\(message.partLines.joined(separator: ","))]}
        """
    }
}

/// What the envelope of a message says besides its parts.
struct Envelope: Sendable {
    var id: RecordID
    var conversation: RecordID
    var parent: RecordID?
    var originID: String?
    var role: Role
    var state: MessageState
    var version: Int
    var created: Instant?
    var model: String?
    var provider: String?
    var host: String?
    var region: String?
    var stopReason: String?
    var usage: JSONObject?
    var extra: JSONObject
    /// 16 random bytes.
    var salt: [UInt8]

    /// The canonical line over parts with the given lines.
    func line(partLines: [String]) -> String {
        let hashes = partLines.map { JSON.string(Hex.text(SHA256Digest.hash(Array($0.utf8)))) }
        // In canonical order already, which the writer then only confirms.
        let members: [(String, JSON?)] = [
            ("conversation", .string(conversation.description)),
            ("created", created.map { .string($0.description) }),
            ("extra", extra.isEmpty ? nil : .object(extra)),
            ("host", host.map(JSON.string)),
            ("id", .string(id.description)),
            ("model", model.map(JSON.string)),
            ("origin", originID.map(JSON.string)),
            ("parent", parent.map { .string($0.description) }),
            ("parts", .array(hashes)),
            ("provider", provider.map(JSON.string)),
            ("region", region.map(JSON.string)),
            ("role", .string(role.rawValue)),
            ("salt", .string(Hex.text(salt))),
            ("state", .string(state.rawValue)),
            ("stopReason", stopReason.map(JSON.string)),
            ("usage", usage.map { .object($0) }),
            ("v", .integer(1)),
            ("version", .integer(version)),
        ]
        let object = JSONObject(
            uncheckedMembers: members.compactMap { key, value in
                value.map { JSONObject.Member(key: key, value: $0) }
            })
        return String(decoding: JSONWriter.canonical(.object(object)), as: UTF8.self)
    }
}
