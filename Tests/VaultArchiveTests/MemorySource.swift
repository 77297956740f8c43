import Foundation
import JSONText
import VaultArchive
import VaultCrypto
@testable import Vault

/// A vault's selection in memory, made of real records with real commitments.
struct MemorySource: ArchiveSource {
    let vault = testID(1)
    let tool = "Coffer test"
    var conversations: [ArchivedConversation]
    var attachments: [[UInt8]: [UInt8]] = [:]
    var keySeed: UInt8 = 7

    func selection() throws(VaultError) -> [RecordID] {
        conversations.map(\.conversation.id).sorted()
    }

    func conversation(_ id: RecordID) throws(VaultError) -> ArchivedConversation {
        guard let found = conversations.first(where: { $0.conversation.id == id }) else {
            throw VaultError(.notFound, "There is no such conversation.")
        }
        return found
    }

    func readAttachment(_ sha256: [UInt8], into sink: any ByteSink) throws(VaultError) {
        guard let content = attachments[sha256] else {
            throw VaultError(.notFound, "There is no such attachment.")
        }
        for start in stride(from: 0, to: content.count, by: 1000) {
            try pass(Array(content[start..<min(start + 1000, content.count)]), to: sink)
        }
    }

    func withArchiveKey<Result>(
        _ body: (borrowing SigningKey) throws(VaultError) -> Result
    ) throws(VaultError) -> Result {
        try body(try testKey(keySeed))
    }
}

private func pass(_ bytes: [UInt8], to sink: any ByteSink) throws(VaultError) {
    try bytes.span.bytes.withUnsafeBytes { (buffer) throws(VaultError) in try sink.write(buffer) }
}

func testKey(_ seed: UInt8) throws(VaultError) -> SigningKey {
    try SigningKey(
        seed: SecretBytes(count: 32) { $0.initializeMemory(as: UInt8.self, repeating: seed) })
}

/// A fixed id: version 7, the number in the last bytes.
func testID(_ number: Int) -> RecordID {
    let text = String(number, radix: 16)
    let digits = String(repeating: "0", count: 12 - text.count) + text
    guard let id = RecordID("018f3a10-0000-7000-8000-\(digits)") else { preconditionFailure() }
    return id
}

/// A fixed time, so many minutes into 1 March 2026.
func testTime(_ minutes: Int) -> Instant {
    Instant(milliseconds: 1_772_355_600_000 + Int64(minutes) * 60_000)
}

/// Builds conversations the way the vault commits to them.
struct ConversationBuilder {
    var conversation: Conversation
    var messages: [Message] = []
    var earlier: [EarlierVersion] = []
    private var salts = 0

    init(_ number: Int, title: String?, custodian: String = "Ada Lindqvist") {
        conversation = Conversation(
            id: testID(number << 16), title: title, custodian: custodian,
            origin: Origin(source: "jsonl", id: "c\(number)"), project: nil, labels: [],
            created: testTime(0), modified: testTime(90), imported: testTime(100), isHidden: false,
            current: nil,
            messageCount: 0, extra: JSONObject())
    }

    var archived: ArchivedConversation {
        var conversation = conversation
        conversation.messageCount = messages.count
        return ArchivedConversation(
            conversation: conversation, messages: messages, earlierVersions: earlier)
    }

    private mutating func salt() -> String {
        salts += 1
        let text = "\(conversation.id) \(salts)"
        return SHA256Digest.hash(Array(text.utf8)).prefix(16)
            .map { String(format: "%02x", $0) }.joined()
    }

    func messageID(_ index: Int) -> RecordID {
        guard let number = Int(conversation.id.description.suffix(12), radix: 16) else {
            preconditionFailure()
        }
        return testID(number + 1 + index)
    }

    @discardableResult
    mutating func add(
        _ role: Role, _ parts: [Part], parent: RecordID? = nil, isRoot: Bool = false,
        state: MessageState = .complete, change: (inout Message) -> Void = { _ in }
    ) -> RecordID {
        var message = Message(
            id: messageID(messages.count), conversation: conversation.id,
            parent: isRoot ? nil : parent ?? messages.last?.id, originID: nil, role: role,
            state: state, version: 1, created: testTime(messages.count), model: nil, provider: nil,
            host: nil, region: nil, stopReason: nil, usage: nil, extra: JSONObject(), parts: parts,
            partLines: [], envelopeLine: "", commitment: [])
        if role == .assistant {
            message.model = "claude-sonnet-4-5"
            message.provider = "vertex"
            message.region = "europe-west1"
        }
        change(&message)
        commit(&message)
        messages.append(message)
        return message.id
    }

    @discardableResult
    mutating func add(
        _ role: Role, _ text: String, parent: RecordID? = nil, isRoot: Bool = false
    ) -> RecordID {
        add(role, [Part(.text, text: text)], parent: parent, isRoot: isRoot)
    }

    /// Replaces a message's text and keeps the earlier version.
    mutating func edit(_ index: Int, _ text: String) {
        let old = messages[index]
        let parts = old.partLines.joined(separator: ",")
        earlier.append(
            EarlierVersion(
                message: old.id, version: old.version,
                record: #"{"commitment":"\#(hex(old.commitment))","envelope":\#(old.envelopeLine),"#
                    + #""parts":[\#(parts)]}"#))
        var message = old
        message.version += 1
        message.parts = [Part(.text, text: text)]
        commit(&message)
        messages[index] = message
    }

    /// Fills lines and commitment as `Message` documents them.
    mutating func commit(_ message: inout Message) {
        message.partLines = []
        for part in message.parts {
            message.partLines.append(
                String(decoding: JSONWriter.canonical(line(part)), as: UTF8.self))
        }
        var envelope: JSONObject = [
            "v": .integer(1), "id": .string(message.id.description),
            "conversation": .string(message.conversation.description),
            "role": .string(message.role.rawValue), "state": .string(message.state.rawValue),
            "version": .integer(message.version), "salt": .string(salt()),
            "extra": .object(message.extra),
            "parts": .array(
                message.partLines.map { .string(hex(SHA256Digest.hash(Array($0.utf8)))) }),
        ]
        envelope["parent"] = message.parent.map { .string($0.description) }
        envelope["created"] = message.created.map { .string($0.description) }
        envelope["model"] = message.model.map(JSON.string)
        envelope["provider"] = message.provider.map(JSON.string)
        envelope["region"] = message.region.map(JSON.string)
        envelope["usage"] = message.usage.map(JSON.object)
        let bytes = JSONWriter.canonical(.object(envelope))
        message.envelopeLine = String(decoding: bytes, as: UTF8.self)
        message.commitment = SHA256Digest.hash(bytes)
    }

    private mutating func line(_ part: Part) -> JSON {
        var object: JSONObject = ["type": .string(part.kind.rawValue), "salt": .string(salt())]
        object["text"] = part.text.map(JSON.string)
        object["name"] = part.name.map(JSON.string)
        object["data"] = part.data
        if let file = part.attachment {
            var reference: JSONObject = [
                "sha256": .string(hex(file.sha256)), "size": .integer(file.sizeBytes),
            ]
            reference["name"] = file.name.map(JSON.string)
            reference["mediaType"] = file.mediaType.map(JSON.string)
            object["attachment"] = .object(reference)
        }
        return .object(object)
    }
}

func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { String(format: "%02x", $0) }.joined()
}
