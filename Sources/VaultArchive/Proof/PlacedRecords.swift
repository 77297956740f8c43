import Vault
import VaultCrypto

/// Which records stood where in the first archive.
///
/// `proof/records.jsonl` has one line for each conversation, in ascending order of its id:
///
/// ```
/// {"conversation":"<id>","records":"<64 hex>"}
/// ```
///
/// `records` is the SHA-256 of a line `<message id> <version> <commitment>` for each record of the
/// conversation's file, in its order and with its line end.
///
/// `commitments.jsonl` has the same commitments in the order of the log and says of none which
/// message it is: with it alone, two withheld messages could be told as one that was edited. With
/// this list no record can be left out, added, moved, put in another order or given another
/// version. A stub tells id, version and commitment as well, so that the list says nothing that a
/// copy withholds. One hash for each conversation, and not one line for each record: the list stays
/// small beside the records, and what differs is named as closely as the file that it is in.
struct PlacedRecords {
    private var digest = SHA256Digest()

    /// Adds the next record of the file.
    ///
    /// - Parameters:
    ///   - message: The message's id.
    ///   - version: The number of the version.
    ///   - commitment: 64 digits.
    mutating func add(_ message: String, _ version: Int64, _ commitment: String) {
        digest.update(Array("\(message) \(version) \(commitment)\n".utf8))
    }

    /// The conversation's line, without its end.
    mutating func line(of conversation: String) -> String {
        #"{"conversation":"\#(conversation)","records":"\#(digest.finalize().hex)"}"#
    }

    /// The line, with its end, of a conversation whose messages and versions are in order.
    static func line(of archived: ArchivedConversation) -> [UInt8] {
        var records = PlacedRecords()
        var earlier = archived.earlierVersions[...]
        for message in archived.messages {
            while let version = earlier.first, version.message <= message.id {
                earlier.removeFirst()
                guard version.message == message.id else { continue }
                // `{"commitment":"` stands before it, also in what is withheld.
                let digits = version.record.utf8.dropFirst(15).prefix(64)
                records.add(
                    message.id.description, Int64(version.version),
                    String(decoding: digits, as: UTF8.self))
            }
            records.add(message.id.description, Int64(message.version), message.commitment.hex)
        }
        let line = records.line(of: archived.conversation.id.description)
        return Array(line.utf8) + [0x0A]
    }
}

/// Compares `proof/records.jsonl` with the records of an archive, in any order.
///
/// Lines are kept as numbers of 8 bytes that nobody can aim at (`CommitmentSum.token`).
struct PlacedRecordsCheck {
    private let key: CommitmentSum
    private var listed: [UInt64] = []
    private var found: [(token: UInt64, path: String)] = []

    init(key: CommitmentSum) { self.key = key }

    /// Takes a line of the list, without its end.
    mutating func list(_ line: [UInt8]) { listed.append(key.token(of: line)) }

    /// Takes the line that a file of records would have.
    mutating func find(_ line: [UInt8], in path: String) {
        found.append((key.token(of: line), path))
    }

    /// What is wrong: a file whose records are not those of the list, or a list of others.
    func faults() -> [ArchiveFault] {
        let known = Set(listed)
        let strays = found.filter { !known.contains($0.token) }
        let faults = strays.map {
            ArchiveFault(
                path: $0.path,
                fault: "its records are not those, in that order and with those versions, that the "
                    + "first archive had in this conversation")
        }
        guard faults.isEmpty, known.count != listed.count || known.count != found.count else {
            return faults
        }
        return [
            ArchiveFault(
                path: ArchiveName.placedRecords,
                fault: "it lists \(listed.count.counted("conversation")), and "
                    + "\(found.count.grouped) are in the archive")
        ]
    }
}
