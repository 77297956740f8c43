import JSONText
import Vault
import VaultCrypto

/// Finds what stays and has, word for word, a line that is withheld elsewhere, and attached files
/// that stay although a part that named them goes.
///
/// Earlier versions are looked at as messages are. Lines are remembered by a keyed hash; short
/// ones, which say little, are not.
struct RepeatedTexts {
    static let maximum = 100
    private static let minimumBytes = 24

    private let key = Randomness.bytes(32)
    private var gone: Set<[UInt8]> = []
    private var goneAttachments: Set<[UInt8]> = []
    private var kept: Set<[UInt8]> = []
    /// Messages that have a line, and conversations whose fields do.
    private(set) var found: [RecordID] = []

    /// SHA-256 of the files that stay.
    var sharedAttachments: [[UInt8]] {
        goneAttachments.intersection(kept).sorted { $0.lexicographicallyPrecedes($1) }
    }

    private func digests(_ strings: [String]) -> Set<[UInt8]> {
        var digests: Set<[UInt8]> = []
        for line in strings.flatMap({ $0.split(whereSeparator: \.isNewline) }) {
            let bare = line.drop(while: \.isWhitespace)
            guard bare.utf8.count >= Self.minimumBytes else { continue }
            digests.insert(Array(SHA256Digest.hash(key + Array(bare.utf8)).prefix(16)))
        }
        return digests
    }

    /// Notes the lines and files that are gone.
    mutating func add(_ given: ArchivedConversation, _ redacted: ArchivedConversation) {
        for (before, after) in zip(given.messages, redacted.messages) {
            for (place, line) in before.partLines.enumerated() {
                let rest = after.partLines.indices.contains(place) ? after.partLines[place] : ""
                guard rest != line else { continue }
                gone.formUnion(
                    digests(Redactor.strings(line)).subtracting(digests(Redactor.strings(rest))))
                if let file = before.parts[place].attachment { goneAttachments.insert(file.sha256) }
            }
            kept.formUnion(after.parts.compactMap(\.attachment?.sha256))
        }
        for (before, after) in zip(given.earlierVersions, redacted.earlierVersions) {
            guard let message = RecordFile.message(before.record) else { continue }
            let files = message.parts.compactMap(\.attachment?.sha256)
            guard before.record != after.record else {
                kept.formUnion(files)
                continue
            }
            gone.formUnion(digests(message.partLines.flatMap(Redactor.strings)))
            goneAttachments.formUnion(files)
        }
    }

    /// Looks for them in what stays.
    mutating func look(through redacted: ArchivedConversation) {
        let conversation = redacted.conversation
        var fields =
            conversation.labels
            + [conversation.title, conversation.project, conversation.origin.id]
            .compactMap { $0 }
        Redactor.collect(.object(conversation.extra), into: &fields)
        note(conversation.id, fields)
        let versions = redacted.earlierVersions.compactMap { RecordFile.message($0.record) }
        for message in redacted.messages + versions where !found.contains(message.id) {
            note(
                message.id,
                Redactor.envelopeStrings(message) + message.partLines.flatMap(Redactor.strings))
        }
    }

    private mutating func note(_ id: RecordID, _ strings: [String]) {
        guard found.count < Self.maximum, !digests(strings).isDisjoint(with: gone) else { return }
        found.append(id)
    }
}
