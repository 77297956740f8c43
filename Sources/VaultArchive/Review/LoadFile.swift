import Vault
import VaultCrypto

/// `data/loadfile/export.dat`: a Concordance load file.
///
/// A row for each slice of a conversation, followed by one for each of its attachments, which is
/// one family by BEGATTACH and ENDATTACH. Values stand between `þ` (U+00FE), U+0014 separates them,
/// rows end with CR LF and a line end inside a value is `®` (U+00AE). These three and other
/// controls, when a text has them, become `&#254;`, `&#20;`, `&#174;` and so on, and `&#` becomes
/// `&#38;#`, so that every text can be had back; CR LF and CR become one line end.
struct LoadFile {
    static let fields = [
        "BEGBATES", "ENDBATES", "BEGATTACH", "ENDATTACH", "CUSTODIAN", "FROM", "TO", "SUBJECT",
        "DATESENT", "TIMESENT", "TIMEZONE", "APPLICATION", "CONVERSATIONID", "EVENTCOUNT",
        "FILENAME", "FILESIZE", "SHA256HASH", "NATIVEPATH", "EXTRACTEDTEXT",
    ]

    private let spool: Spool
    var sizeBytes: Int64 { spool.sizeBytes }
    private let encoding: ReviewOptions.TableEncoding
    private var documents = 0
    private(set) var rows = 0
    /// Characters that the encoding lacks, written as `?`.
    private(set) var replacedCharacters = 0

    init(_ encoding: ReviewOptions.TableEncoding, in folder: String) throws(VaultError) {
        spool = try Spool(in: folder)
        self.encoding = encoding
        var head: [UInt8] = []
        switch encoding {
        case .utf8: head = [0xEF, 0xBB, 0xBF]
        case .utf16: head = [0xFF, 0xFE]
        case .windows1252: break
        }
        try spool.write(head)
        try write(Self.fields)
    }

    /// One file that a row describes.
    struct Document {
        var path: String
        var sizeBytes: Int64?
        var sha256: [UInt8]?
    }

    /// Adds the rows of a slice and of its attachments.
    ///
    /// - Parameters:
    ///   - mail: The slice.
    ///   - native: The file that shows it in the archive.
    /// - Throws: `noSpace` or `inputOutput` when the disk does not take them.
    mutating func add(_ mail: ReviewMail, native: Document) throws(VaultError) {
        let first = documents + 1
        let attachments = mail.attachments
        let family = [first, first + attachments.count].map(Self.number)
        let reading = mail.clock.reading(at: mail.begin)
        let shared: [String: String] = [
            "BEGATTACH": family[0], "ENDATTACH": family[1],
            "CUSTODIAN": mail.participants[ReviewParticipants.custodian].display,
            "FROM": mail.sender.display,
            "TO": mail.recipients.map(\.display).joined(separator: "; "),
            "SUBJECT": mail.subject, "DATESENT": reading.date.filter { $0 != "-" },
            "TIMESENT": reading.time, "TIMEZONE": mail.clock.name,
            "APPLICATION": mail.events.conversation.origin.platform,
            "CONVERSATIONID": mail.events.conversation.id.description,
        ]
        var values = shared
        values["EVENTCOUNT"] = String(mail.slice.all.count)
        values["EXTRACTEDTEXT"] = mail.transcript.text
        let name = native.path.split(separator: "/").last.map(String.init)
        try add(values, native, name: name ?? "")
        for attachment in attachments {
            let path = ArchiveName.attachment(attachment.sha256)
            let document = Document(
                path: attachment.isPresent ? path : "",
                sizeBytes: attachment.isPresent ? attachment.sizeBytes : nil,
                sha256: attachment.sha256)
            var values = shared
            if case .bytes(let text) = attachment.content {
                values["EXTRACTEDTEXT"] = String(decoding: text, as: UTF8.self)
            }
            try add(values, document, name: attachment.display)
        }
    }

    private mutating func add(
        _ values: [String: String], _ document: Document, name: String
    ) throws(VaultError) {
        documents += 1
        var values = values
        values["BEGBATES"] = Self.number(documents)
        values["ENDBATES"] = Self.number(documents)
        values["FILENAME"] = name
        values["FILESIZE"] = document.sizeBytes.map { String($0) }
        values["SHA256HASH"] = document.sha256?.hex
        values["NATIVEPATH"] = document.path
        try write(Self.fields.map { values[$0] ?? "" })
        rows += 1
    }

    /// `COFFER00000001`.
    private static func number(_ number: Int) -> String {
        let digits = String(number)
        return "COFFER" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    // MARK: Text

    private mutating func write(_ cells: [String]) throws(VaultError) {
        var row: [UInt8] = []
        for (index, cell) in cells.enumerated() {
            if index > 0 { append("\u{14}", to: &row) }
            append("\u{FE}", to: &row)
            append(cell: cell, to: &row)
            append("\u{FE}", to: &row)
        }
        append("\r", to: &row)
        append("\n", to: &row)
        try spool.write(row)
    }

    private mutating func append(cell: String, to row: inout [UInt8]) {
        var last: Unicode.Scalar = " "
        for scalar in cell.unicodeScalars {
            switch scalar {
            case "\n" where last == "\r": break
            case "\n", "\r": append("\u{AE}", to: &row)
            case "#" where last == "&":
                // The ampersand is written already.
                for other in "#38;#".unicodeScalars { append(other, to: &row) }
            case "\t": append(scalar, to: &row)
            case "\u{FE}", "\u{AE}", "\u{0}"..<" ":
                for other in "&#\(scalar.value);".unicodeScalars { append(other, to: &row) }
            default: append(scalar, to: &row)
            }
            last = scalar
        }
    }

    private mutating func append(_ scalar: Unicode.Scalar, to row: inout [UInt8]) {
        switch encoding {
        case .utf8: row.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        case .utf16:
            for unit in String(scalar).utf16 {
                row.append(UInt8(truncatingIfNeeded: unit))
                row.append(UInt8(truncatingIfNeeded: unit >> 8))
            }
        case .windows1252:
            if let byte = Windows1252.byte(scalar) {
                row.append(byte)
            } else {
                row.append(UInt8(ascii: "?"))
                replacedCharacters += 1
            }
        }
    }

    /// Writes the table and a page about it.
    func finish(_ writer: BagWriter, clock: ZoneClock) throws(VaultError) {
        try writer.payload(ArchiveName.loadFile, sizeBytes: spool.sizeBytes) {
            (sink) throws(VaultError) in
            try unsafe spool.drain { (bytes) throws(VaultError) in try unsafe sink.write(bytes) }
        }
        try writer.payload(ArchiveName.loadFileReadme, Array(readme(clock).utf8))
    }

    private func readme(_ clock: ZoneClock) -> String {
        """
        export.dat is a Concordance load file with \(rows) rows below a row of names.

          Encoding            \(encoding.rawValue)\(encoding == .windows1252 ? "" : ", with a BOM")
          Field separator     character 20 (U+0014)
          Quote               character 254 (U+00FE)
          Line end in a text  character 174 (U+00AE)
          Row end             CR LF
          Dates               YYYYMMDD, times HH:MM:SS, both in the time zone \(clock.name)
          Several values      separated by "; "
          Paths               from the archive's folder

        These characters and other controls are &#20; &#254; &#174; and so on where a text has them,
        and &# is &#38;# there. A row of an attachment has the BEGATTACH of the row it belongs to.

          Characters that the encoding lacks, written as ?: \(replacedCharacters)

        """
    }
}

/// The code page of western Windows, as the WHATWG Encoding Standard lists it, besides the five
/// bytes to which it gives controls.
enum Windows1252 {
    private static let special: [Unicode.Scalar: UInt8] = [
        "€": 0x80, "‚": 0x82, "ƒ": 0x83, "„": 0x84, "…": 0x85, "†": 0x86, "‡": 0x87, "ˆ": 0x88,
        "‰": 0x89, "Š": 0x8A, "‹": 0x8B, "Œ": 0x8C, "Ž": 0x8E, "‘": 0x91, "’": 0x92, "“": 0x93,
        "”": 0x94, "•": 0x95, "–": 0x96, "—": 0x97, "˜": 0x98, "™": 0x99, "š": 0x9A, "›": 0x9B,
        "œ": 0x9C, "ž": 0x9E, "Ÿ": 0x9F,
    ]

    /// `nil` for what the code page lacks.
    static func byte(_ scalar: Unicode.Scalar) -> UInt8? {
        switch scalar.value {
        case 0..<0x80, 0xA0...0xFF: UInt8(truncatingIfNeeded: scalar.value)
        default: special[scalar]
        }
    }
}
