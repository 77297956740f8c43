import JSONText
import Vault
import VaultCrypto

/// Reads `data/native/<conversation>.jsonl` back (`Export/RecordLines.swift` has the format), of a
/// redacted archive too.
///
/// What was verified is read: nothing is compared with a commitment here.
enum RecordFile {
    /// A conversation from the whole file.
    ///
    /// - Parameter bytes: The file.
    /// - Returns: The conversation with messages in ascending order of id.
    /// - Throws: `damaged` when it is not such a file.
    static func read(_ bytes: [UInt8]) throws(VaultError) -> ArchivedConversation {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: true)[...]
        guard let first = lines.popFirst(),
            let fields = (try? JSONReader.parse(Array(first)))?["conversation"]?.object,
            let conversation = Conversation(archived: fields)
        else { throw damaged }
        var archived = ArchivedConversation(conversation: conversation, messages: [])
        archived.withheldMembers = Set((fields["withheld"]?.array ?? []).compactMap(\.string))
        var last: (message: RecordID, version: Int, line: String)?
        for line in lines {
            let line = String(decoding: line, as: UTF8.self)
            guard let message = shown(line, in: conversation.id, &archived) else { throw damaged }
            if let last, last.message == message.id {
                archived.messages.removeLast()
                archived.earlierVersions.append(
                    EarlierVersion(
                        message: last.message, version: last.version, record: last.line))
            }
            last = (message.id, message.version, line)
            archived.messages.append(message)
        }
        return archived
    }

    /// The message that a line shows, and what the line withholds of it.
    private static func shown(
        _ line: String, in conversation: RecordID, _ archived: inout ArchivedConversation
    ) -> Message? {
        if let stub = WithheldRecord(line: line) {
            archived.withheld[stub.message] = .record(line: line, reason: stub.reason)
            return stub.message(of: conversation)
        }
        guard let message = message(line) else { return nil }
        var notices: [Int: Withheld.Notice] = [:]
        for (place, line) in message.partLines.enumerated() {
            guard let part = (try? JSONReader.parse(line)).flatMap({ WithheldPart($0) }) else {
                continue
            }
            notices[place] = Withheld.Notice(reason: part.reason, hasCopy: part.copy != nil)
        }
        archived.withheld[message.id] = notices.isEmpty ? nil : .parts(notices)
        return message
    }

    /// The message of a record line; `nil` when the line is none, or is withheld.
    static func message(_ line: String) -> Message? {
        let bytes = Array(line.utf8)
        let pieces = unsafe bytes.withUnsafeBufferPointer {
            unsafe RecordPieces($0)
        }
        guard let pieces, let commitment = bytes[pieces.commitment].fromHex else { return nil }
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        var parts: [Part] = []
        for range in pieces.parts {
            guard let value = try? JSONReader.parse(Array(bytes[range])),
                let part = WithheldPart(value)?.shown ?? Part(archived: value)
            else { return nil }
            parts.append(part)
        }
        return Message(
            envelopeLine: text(pieces.envelope), partLines: pieces.parts.map(text), parts: parts,
            commitment: commitment)
    }

    private static let damaged = VaultError(
        .damaged,
        "A record of the archive cannot be read although it was verified; please report this.")
}

/// Where the pieces of a record's line are.
struct RecordPieces {
    /// As many parts a vault stores of a message.
    static let maximumParts = 65_536

    let commitment: Range<Int>
    let envelope: Range<Int>
    let parts: [Range<Int>]

    /// `nil` when the line is not a record in canonical form.
    init?(_ line: UnsafeBufferPointer<UInt8>) {
        var scanner = unsafe CanonicalScanner(line)
        guard scanner.skip(#"{"commitment":""#), let commitment = scanner.take(64),
            scanner.skip(#"","envelope":"#), let envelope = scanner.value(),
            scanner.skip(#","parts":["#), let parts = Self.parts(&scanner), scanner.isAtEnd
        else { return nil }
        self.commitment = commitment
        self.envelope = envelope
        self.parts = parts
    }

    private static func parts(_ scanner: inout CanonicalScanner) -> [Range<Int>]? {
        var parts: [Range<Int>] = []
        if scanner.skip("]}") { return parts }
        while let part = scanner.value() {
            parts.append(part)
            if scanner.skip("]}") { return parts }
            guard scanner.skip(",") else { return nil }
        }
        return nil
    }
}

extension WithheldRecord {
    /// Reads a line; `nil` when it is not that of a withheld record.
    init?(line: String) {
        // A record's own second member is its envelope: most lines are told apart here.
        guard line.utf8.dropFirst(81).prefix(10).elementsEqual("\"withheld\"".utf8),
            let value = try? JSONReader.parse(line)
        else { return nil }
        self.init(value)
    }
}
