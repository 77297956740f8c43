import JSONText
import Vault

/// What stands in a redacted archive in place of a record: its commitment, which the audit log
/// covers, and why it is withheld.
///
/// ```
/// {"commitment":"<64 hex>","withheld":{"created":"…","message":"<id>","parent":"<id>",
///     "reason":"…","role":"user","version":1}}
/// ```
///
/// One canonical line; `created` and `parent` may be absent. The commitment is the hash of the
/// record's envelope, which has a salt of 16 random bytes: nothing of the text can be guessed from
/// it. The other members are what whoever redacts says of the record; nothing proves them.
struct WithheldRecord: Sendable, Hashable {
    var commitment: [UInt8]
    var message: RecordID
    var version: Int
    var parent: RecordID?
    var role: Role
    var created: Instant?
    var reason: String

    init(_ message: Message, reason: String) {
        commitment = message.commitment
        self.message = message.id
        version = message.version
        parent = message.parent
        role = message.role
        created = message.created
        self.reason = reason
    }

    /// Reads a line's value; `nil` when it is not that of a withheld record.
    init?(_ value: JSON) {
        guard let fields = value["withheld"]?.object, value.object?.count == 2,
            fields.members.allSatisfy({ Self.members.contains($0.key) }),
            let commitment = value["commitment"]?.string?.utf8.fromHex, commitment.count == 32,
            let message = fields["message"]?.string.flatMap({ RecordID($0) }),
            let version = fields["version"]?.int.flatMap({ Int(exactly: $0) }), version >= 1,
            let role = fields["role"]?.string.flatMap(Role.init),
            let reason = fields["reason"]?.string
        else { return nil }
        self.commitment = commitment
        self.message = message
        self.version = version
        self.role = role
        self.reason = reason
        parent = fields["parent"]?.string.flatMap { RecordID($0) }
        created = fields["created"]?.string.flatMap { Instant($0) }
    }

    /// A list, because comparing six short texts takes less than hashing one.
    private static let members = [
        "created", "message", "parent", "reason", "role", "version",
    ]

    /// The line without its end.
    var line: String {
        var fields: JSONObject = [
            "message": .string(message.description), "reason": .string(reason),
            "role": .string(role.rawValue), "version": .integer(version),
        ]
        fields["parent"] = parent.map { .string($0.description) }
        fields["created"] = created.map { .string($0.description) }
        return String(
            decoding: JSONWriter.canonical(
                .object(["commitment": .string(commitment.hex), "withheld": .object(fields)])),
            as: UTF8.self)
    }

    /// What stands for the message where it would be shown.
    func message(of conversation: RecordID) -> Message {
        var shown = Message(
            withoutContent: message, conversation: conversation, parent: parent, role: role,
            version: version, created: created, commitment: commitment)
        shown.parts = [.notice(reason)]
        return shown
    }
}

/// What stands among a record's `parts` in place of one.
///
/// ```
/// {"withheld":{"copy":{…},"reason":"…","type":"text"}}
/// ```
///
/// `type` is the part's. `copy`, which may be absent, is the part without its salt and with what
/// is withheld of its texts replaced by `[withheld]`. The record's envelope still has the hash of
/// the part as it was, whose salt is gone with it.
struct WithheldPart: Sendable, Hashable {
    /// What stands in a copy for the text that was taken out.
    static let mark = "[withheld]"

    var type: Part.Kind
    var reason: String
    var copy: JSONObject?

    init(_ type: Part.Kind, reason: String, copy: JSONObject?) {
        self.type = type
        self.reason = reason
        self.copy = copy
    }

    /// Reads an element of `parts`; `nil` when it is not a withheld part.
    init?(_ value: JSON) {
        guard value.object?.count == 1, let fields = value["withheld"]?.object,
            let type = fields["type"]?.string.flatMap(Part.Kind.init),
            let reason = fields["reason"]?.string
        else { return nil }
        let copy = fields["copy"]
        guard fields.count == (copy == nil ? 2 : 3) else { return nil }
        if let copy {
            // An attachment's hash has no salt, and its content is not what was masked.
            guard copy["salt"] == nil, copy["attachment"] == nil,
                Part(archived: copy)?.kind == type
            else { return nil }
        }
        self.init(type, reason: reason, copy: copy?.object)
    }

    /// The element as canonical JSON.
    var line: String {
        var fields: JSONObject = [
            "reason": .string(reason), "type": .string(type.rawValue),
        ]
        fields["copy"] = copy.map { .object($0) }
        return String(
            decoding: JSONWriter.canonical(.object(["withheld": .object(fields)])), as: UTF8.self)
    }

    /// What is shown in place of the part.
    var shown: Part { copy.flatMap { Part(archived: .object($0)) } ?? .notice(reason) }
}

extension Part {
    /// Says where a text would stand that it is withheld.
    static func notice(_ reason: String) -> Part { Part(.text, text: "[withheld: \(reason)]") }
}

/// What is withheld of one message.
package enum Withheld: Sendable, Hashable {
    /// All of it: the line that stands for it.
    case record(line: String, reason: String)
    /// Parts, by their place from 0.
    case parts([Int: Notice])

    /// Why a part is withheld, and whether there is a copy with marks.
    package struct Notice: Sendable, Hashable {
        package var reason: String
        package var hasCopy: Bool
    }

    /// The reasons, each once, in the order of the parts.
    var reasons: [String] {
        switch self {
        case .record(_, let reason): [reason]
        case .parts(let parts):
            parts.sorted { $0.key < $1.key }.map(\.value.reason)
                .reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        }
    }
}
