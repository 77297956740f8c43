import JSONText
import VaultCrypto

/// The canonical lines of records: what commitments hash and archives show.
///
/// Line of a part: `Part`'s documentation. Line of an envelope: `Message`'s. Both are canonical
/// JSON (`JSONWriter`), so a verifier hashes the bytes as they stand in an archive.
enum RecordLines {
    /// The line of a part under a salt of 16 bytes.
    static func line(of part: Part, salt: ArraySlice<UInt8>) -> String {
        JSONWriter.object(capacity: 96 + (part.text?.utf8.count ?? 0)) { writer in
            writer.member("attachment", part.attachment.map { .object(object(of: $0)) })
            writer.member("data", part.data)
            writer.member("name", part.name)
            writer.member("salt") { Hex.append(salt, to: &$0) }
            writer.member("text", part.text)
            writer.member("type", part.kind.rawValue)
        }
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
        let hashes = partLines.map(SHA256Digest.hash(utf8:))
        return JSONWriter.object(capacity: 512 + 72 * partLines.count) { writer in
            writer.member("conversation", conversation.description)
            writer.member("created", created?.description)
            writer.member("extra", extra.isEmpty ? nil : .object(extra))
            writer.member("host", host)
            writer.member("id", id.description)
            writer.member("model", model)
            writer.member("origin", originID)
            writer.member("parent", parent?.description)
            writer.member("parts", count: hashes.count) { Hex.append(hashes[$0], to: &$1) }
            writer.member("provider", provider)
            writer.member("region", region)
            writer.member("role", role.rawValue)
            writer.member("salt") { Hex.append(salt, to: &$0) }
            writer.member("state", state.rawValue)
            writer.member("stopReason", stopReason)
            writer.member("usage", usage.map { .object($0) })
            writer.member("v", .integer(1))
            writer.member("version", .integer(version))
        }
    }
}
