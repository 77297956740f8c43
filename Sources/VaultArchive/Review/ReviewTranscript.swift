import Vault

/// A slice as text: for each event its author and time, an empty line, and what it says.
struct ReviewTranscript {
    let participants: [ReviewParticipant]
    let slice: ReviewSlice
    let clock: ZoneClock

    /// Lines end with LF.
    var text: String {
        slice.all.reduce(into: "") { text, event in
            text += head(event)
            text += "\n\n"
            if !event.body.isEmpty { text += event.body + "\n\n" }
            for attachment in event.attachments {
                text += "[Attachment: \(attachment.display)]\n\n"
            }
            for edit in event.edits where !edit.previous.isEmpty {
                text += "[Earlier text]\n\(edit.previous)\n\n"
            }
        }
    }

    private func head(_ event: ReviewEvent) -> String {
        let reading = clock.reading(at: event.time)
        var line =
            "\(participants[event.author].display), \(reading.date) \(reading.time) "
            + reading.offset
        if let type = event.facts.members.first(where: { $0.name == "Type" })?.value {
            line += ", \(type.lowercased())"
        }
        if event.isDeleted { line += ", deleted" }
        if !event.edits.isEmpty { line += ", edited" }
        if let context = event.context { line += ", \(context)" }
        return line
    }

    /// The text as mail carries it: UTF-8, lines ended by CR LF.
    var mailBytes: [UInt8] {
        var bytes: [UInt8] = []
        let text = text
        bytes.reserveCapacity(text.utf8.count + text.utf8.count / 32)
        var last: UInt8 = 0
        for byte in text.utf8 {
            if byte == 0x0A, last != 0x0D { bytes.append(0x0D) }
            if last == 0x0D, byte != 0x0A { bytes.append(0x0A) }
            bytes.append(byte)
            last = byte
        }
        return bytes
    }
}
