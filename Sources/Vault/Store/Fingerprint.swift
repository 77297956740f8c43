import JSONText
import VaultCrypto

/// Tells whether an imported record is the one that was imported before, without its salts and ids.
///
/// The first 16 bytes of the SHA-256 over all fields, each as its length and its bytes. It lives
/// and dies with its row inside the encrypted database and never leaves it.
struct Fingerprint {
    private var bytes: [UInt8] = []

    /// - Parameters:
    ///   - message: The message.
    ///   - stored: Its parts as they will be stored, with the digests of their files.
    /// - Returns: 16 bytes.
    static func of(_ message: ImportedMessage, parts stored: [Part]) -> [UInt8] {
        var print = Fingerprint()
        print.add([
            message.originID, message.parent, message.role.rawValue, message.state.rawValue,
            message.created?.description, message.model, message.provider, message.host,
            message.region, message.stopReason,
        ])
        print.add(message.usage)
        print.add(message.extra)
        for part in stored {
            print.add([part.kind.rawValue, part.text, part.name])
            print.add(part.data.map(JSONWriter.canonical) ?? [])
            guard let file = part.attachment else {
                print.add(["-", nil, nil])
                continue
            }
            print.add(["+", file.name, file.mediaType])
            print.add(file.sha256)
        }
        return print.value
    }

    static func of(_ conversation: ImportedConversation, messages: [[UInt8]]) -> [UInt8] {
        var print = Fingerprint()
        print.add([
            conversation.title, conversation.custodian, conversation.project,
            conversation.created?.description, conversation.modified?.description,
            conversation.current,
        ])
        print.add(conversation.labels)
        print.add(conversation.extra)
        for message in messages { print.add(message) }
        return print.value
    }

    private mutating func add(_ field: [UInt8]) {
        let count = UInt64(field.count)
        for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: count >> (8 * shift))) }
        bytes.append(contentsOf: field)
    }

    private mutating func add(utf8 text: String) {
        var text = text
        text.withUTF8 { utf8 in
            let count = UInt64(utf8.count)
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: count >> (8 * shift))) }
            unsafe bytes.append(contentsOf: utf8)
        }
    }

    /// An absent field differs from an empty one.
    private mutating func add(_ fields: [String?]) {
        for field in fields {
            bytes.append(field == nil ? 0 : 1)
            add(utf8: field ?? "")
        }
    }

    private mutating func add(_ object: JSONObject?) {
        add(object.map { JSONWriter.canonical(.object($0)) } ?? [])
    }

    private var value: [UInt8] { Array(SHA256Digest.hash(bytes).prefix(16)) }
}
