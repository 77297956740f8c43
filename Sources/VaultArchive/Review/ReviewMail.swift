import Vault
import VaultCrypto

/// A slice as an RSMF file or as a plain mail message, with headers that depend on it alone.
struct ReviewMail {
    let events: ReviewEvents
    let slice: ReviewSlice
    let clock: ZoneClock

    var participants: [ReviewParticipant] { events.participants.all }
    var manifest: RSMFManifest {
        RSMFManifest(
            conversation: events.conversation, participants: participants, slice: slice)
    }
    var transcript: ReviewTranscript {
        ReviewTranscript(participants: participants, slice: slice, clock: clock)
    }

    /// Who spoke first in the slice.
    var sender: ReviewParticipant {
        participants[slice.events.first?.author ?? ReviewParticipants.custodian]
    }
    var recipients: [ReviewParticipant] { manifest.used.map { participants[$0] } }
    var subject: String {
        let title = (events.conversation.title ?? "").singleLine(maximumBytes: 200)
        return "\(title.isEmpty ? "Untitled conversation" : title) \(slice.date)"
    }
    var begin: Instant { slice.events.first?.time ?? events.conversation.imported }
    var end: Instant { slice.events.last?.time ?? begin }

    /// The slice's attachments, each file once, in the order of their names.
    var attachments: [ReviewAttachment] {
        var seen: Set<String> = []
        return slice.events.flatMap(\.attachments).filter { seen.insert($0.fileName).inserted }
            .sorted { $0.fileName < $1.fileName }
    }

    /// The RSMF file: the transcript, and a zip of the manifest and the attachments.
    ///
    /// - Parameter checksum: Gives an attachment's checksum for the zip.
    /// - Returns: The message, whose size is known.
    /// - Throws: What `checksum` throws.
    func rsmf(
        _ checksum: (ReviewAttachment) throws(VaultError) -> UInt32
    ) throws(VaultError) -> MailMessage {
        let manifest = manifest.bytes
        var files = [
            StoredZip.File(
                name: RSMFManifest.name, content: .bytes(manifest), crc32: try CRC32.of(manifest))
        ]
        for attachment in attachments {
            files.append(
                StoredZip.File(
                    name: attachment.fileName, content: attachment.content,
                    crc32: try checksum(attachment)))
        }
        return MailMessage(
            headers: addressing + facts, boundary: boundary,
            parts: [
                body,
                MailMessage.Part(
                    type: "application/zip", fileName: "rsmf.zip",
                    content: .zip(StoredZip(files: files))),
            ])
    }

    /// The mail message: the transcript and the attachments.
    var eml: MailMessage {
        let files = attachments.map {
            MailMessage.Part(
                type: Self.mediaType($0.mediaType), fileName: Self.fileName($0.display),
                content: $0.content)
        }
        return MailMessage(
            headers: addressing + [("Message-ID", "<\(slice.name)@conversation.invalid>")],
            boundary: boundary, parts: [body] + files)
    }

    private var body: MailMessage.Part {
        MailMessage.Part(
            type: "text/plain; charset=utf-8", fileName: nil,
            content: .bytes(transcript.mailBytes))
    }

    private var boundary: String { String(slice.leafDigest.hex.prefix(32)) }

    private var addressing: [(name: String, value: String)] {
        [
            ("From", MailText.mailbox(sender.display, sender.address)),
            (
                "To",
                recipients.map { MailText.mailbox($0.display, $0.address) }
                    .joined(separator: ",\r\n ")
            ),
            ("Subject", MailText.value(subject)),
            ("Date", MailText.date(begin)),
        ]
    }

    private var facts: [(name: String, value: String)] {
        let names = recipients.map(\.display).joined(separator: "; ")
        let files = slice.events.reduce(0) { $0 + $1.attachments.count }
        return [
            ("X-RSMF-Version", RSMFManifest.version),
            ("X-RSMF-Generator", "Coffer"),
            ("X-RSMF-BeginDate", begin.description),
            ("X-RSMF-EndDate", end.description),
            ("X-RSMF-EventCount", String(slice.all.count)),
            ("X-RSMF-ContextCount", String(slice.context.count)),
            ("X-RSMF-AttachmentCount", String(files)),
            ("X-RSMF-Application", MailText.value(events.conversation.origin.platform)),
            (
                "X-RSMF-Custodian",
                MailText.value(participants[ReviewParticipants.custodian].display)
            ),
            ("X-RSMF-Participants", MailText.value(names)),
            ("X-RSMF-EventCollectionID", events.conversation.id.description),
            ("X-RSMF-TimeZone", clock.name),
            ("X-RSMF-VaultLeaf", slice.leafDigest.hex),
        ]
    }

    /// A name that leads into no folder, whatever a mail program makes of it.
    private static func fileName(_ name: String) -> String {
        let plain = String(name.map { $0 == "/" || $0 == "\\" || $0 == ":" ? "_" : $0 })
        return plain.hasPrefix(".") ? "_" + plain : plain
    }

    /// A media type without parameters; what is none is bytes.
    private static func mediaType(_ type: String?) -> String {
        let halves = (type ?? "").split(separator: "/", omittingEmptySubsequences: false)
        let isPlain =
            halves.count == 2
            && halves.allSatisfy { half in
                (1...100).contains(half.utf8.count)
                    && half.utf8.allSatisfy {
                        $0 &- 0x30 < 10 || ($0 | 0x20) &- 0x61 < 26 || "!#$&^_.+-".utf8.contains($0)
                    }
            }
        // Parts of these kinds must not be in Base64 (RFC 2045, section 6.4).
        let isComposite = halves.first == "multipart" || halves.first == "message"
        return isPlain && !isComposite ? type ?? "" : "application/octet-stream"
    }
}
