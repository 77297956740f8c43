import JSONText
import Vault
import VaultCrypto

/// `data/native/<conversation>.jsonl`: the records, byte for byte as they were committed to.
///
/// The first line is `{"conversation":{…}}` in canonical form. Then follows one line for each
/// version of each message, in ascending order of message id and version:
/// `{"commitment":"<hex>","envelope":<envelope line>,"parts":[<part lines>]}`. The first line's
/// `messages` and `records` say how many messages and how many lines there must be. In a redacted
/// archive, `WithheldRecord` and `WithheldPart` stand for what is withheld, and the first line's
/// `withheld` names what of the conversation itself is.
enum RecordLines {
    /// The whole file.
    ///
    /// - Parameters:
    ///   - archived: The conversation with its messages in ascending order of id.
    ///   - versions: Earlier versions by message, in ascending order of version.
    /// - Returns: The file's bytes.
    /// - Throws: `damaged` when a message does not agree with its commitment.
    static func file(
        _ archived: ArchivedConversation, versions: [RecordID: [String]]
    ) throws(VaultError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4096 + archived.messages.reduce(0) { $0 + $1.recordSizeBytes })
        let records = archived.messages.count + archived.earlierVersions.count
        bytes.append(
            contentsOf: header(archived, messages: archived.messages.count, records: records))
        bytes.append(0x0A)
        for message in archived.messages {
            for line in versions[message.id] ?? [] {
                bytes.append(contentsOf: line.utf8)
                bytes.append(0x0A)
            }
            let withheld = archived.withheld[message.id]
            if case .record(let line, _) = withheld {
                bytes.append(contentsOf: line.utf8)
                bytes.append(0x0A)
            } else {
                try append(message, withheld, to: &bytes)
            }
        }
        return bytes
    }

    private static func append(
        _ message: Message, _ withheld: Withheld?, to bytes: inout [UInt8]
    ) throws(VaultError) {
        guard isIntact(message, withheld) else {
            throw VaultError(
                .damaged,
                "Message \(message.id) does not agree with its commitment, so nothing was "
                    + "exported. Run `coffer doctor` to see what is damaged.")
        }
        bytes.append(contentsOf: #"{"commitment":""#.utf8)
        bytes.append(contentsOf: message.commitment.hex.utf8)
        bytes.append(contentsOf: #"","envelope":"#.utf8)
        bytes.append(contentsOf: message.envelopeLine.utf8)
        bytes.append(contentsOf: #","parts":["#.utf8)
        for (index, line) in message.partLines.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: line.utf8)
        }
        bytes.append(contentsOf: "]}\n".utf8)
    }

    /// Whether the envelope is what was committed to and names every part by its hash.
    ///
    /// Of a withheld part, the hash is all that is left.
    private static func isIntact(_ message: Message, _ withheld: Withheld?) -> Bool {
        var gone: Set<Int> = []
        if case .parts(let parts) = withheld { gone = Set(parts.keys) }
        guard SHA256Digest.hash(Array(message.envelopeLine.utf8)) == message.commitment,
            let envelope = try? JSONReader.parse(message.envelopeLine),
            let hashes = envelope["parts"]?.array, hashes.count == message.partLines.count
        else { return false }
        return zip(hashes, message.partLines).enumerated().allSatisfy { place, pair in
            gone.contains(place) || pair.0.string == SHA256Digest.hash(Array(pair.1.utf8)).hex
        }
    }

    /// The first line, without its line end.
    static func header(
        _ archived: ArchivedConversation, messages: Int, records: Int
    ) -> [UInt8] {
        let conversation = archived.conversation
        var object: JSONObject = [
            "id": .string(conversation.id.description),
            "custodian": .string(conversation.custodian),
            "origin": .object([
                "source": .string(conversation.origin.source),
                "id": .string(conversation.origin.id),
            ]),
            "labels": .array(conversation.labels.map(JSON.string)),
            "imported": .string(conversation.imported.description),
            "hidden": .bool(conversation.isHidden),
            "extra": .object(conversation.extra),
            "messages": .integer(messages),
            "records": .integer(records),
        ]
        object["created"] = conversation.created.map { .string($0.description) }
        object["modified"] = conversation.modified.map { .string($0.description) }
        object["title"] = conversation.title.map(JSON.string)
        object["project"] = conversation.project.map(JSON.string)
        object["current"] = conversation.current.map { .string($0.description) }
        if !archived.withheldMembers.isEmpty {
            object["withheld"] = .array(archived.withheldMembers.sorted().map(JSON.string))
        }
        return JSONWriter.canonical(.object(["conversation": .object(object)]))
    }
}

extension Message {
    /// About how long the message's record is.
    fileprivate var recordSizeBytes: Int {
        partLines.reduce(envelopeLine.utf8.count + 128) { $0 + $1.utf8.count + 1 }
    }
}
