import Vault
import VaultCrypto

/// One thing that somebody or something said in a conversation.
struct ReviewEvent: Sendable {
    /// The message's id; a later piece of a message has `.2`, `.3` and so on behind it.
    var id: String
    var message: RecordID
    /// What a person or a model said; else a call, a result, a thought or a system prompt.
    var isSpeech: Bool
    /// The event whose answer this is.
    var parent: String?
    /// The author's place among the participants.
    var author: Int
    var time: Instant
    var body: String
    /// From the custodian; `nil` for what has no direction.
    var isOutgoing: Bool?
    /// Deleted by the owner: hidden in the vault.
    var isDeleted: Bool
    var attachments: [ReviewAttachment] = []
    var edits: [ReviewEdit] = []
    var facts = ReviewFacts()
    /// The message's commitment.
    var commitment: [UInt8]
    /// Why it stands in a file of another time; `nil` for what belongs there.
    var context: String?

    /// At most how much the event adds to a file: its text may be escaped, and stands there twice.
    var weightBytes: Int64 {
        let texts = edits.reduce(body.utf8.count) {
            $0 + $1.previous.utf8.count + $1.new.utf8.count
        }
        return Int64(texts) * 8 + 2000 + attachments.reduce(0) { $0 + $1.sizeBytes + 1000 }
    }
}

/// An earlier text of a message and the one that replaced it.
struct ReviewEdit: Sendable, Equatable {
    var previous: String
    var new: String
    /// When, if the source says another time than for the text before it.
    var time: Instant?
}

/// A file that belongs to an event.
struct ReviewAttachment: Sendable {
    /// Its name in a zip and in a mail: from its digest, with the ending of its own name.
    var fileName: String
    var display: String
    var content: ReviewContent
    /// The digest of what the vault holds, or should hold.
    var sha256: [UInt8]
    var mediaType: String?
    /// Whether the content itself is there; else a text stands for it.
    var isPresent: Bool

    var sizeBytes: Int64 { content.sizeBytes }

    /// An attachment whose content is in the vault.
    init(_ reference: AttachmentReference, name: String?) {
        let name = (reference.name ?? name ?? "").singleLine(maximumBytes: 200)
        fileName = reference.sha256.hex + Self.ending(of: name)
        display = name.isEmpty ? fileName : name
        content = .attachment(reference.sha256, sizeBytes: reference.sizeBytes)
        sha256 = reference.sha256
        mediaType = reference.mediaType
        isPresent = true
    }

    /// A text in place of an attachment.
    init(insteadOf reference: AttachmentReference, name: String?, because reason: String) {
        self.init(reference, name: name)
        // The same for each of its names: in one zip it is one file.
        let text = """
            \(reason)

            SHA-256 \(sha256.hex)
            \(reference.sizeBytes) bytes

            """
        content = .bytes(Array(text.utf8))
        fileName = "absent-\(sha256.hex).txt"
        display += " (absent).txt"
        mediaType = "text/plain"
        isPresent = false
    }

    /// `.pdf` of `a report.pdf`; nothing where that would not be a safe name.
    private static func ending(of name: String) -> String {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
        let letters = name[name.index(after: dot)...].lowercased()
        let isSafe = letters.utf8.allSatisfy { $0 &- 0x61 < 26 || $0 &- 0x30 < 10 }
        return (1...10).contains(letters.utf8.count) && isSafe ? "." + letters : ""
    }
}
