package import JSONText
package import Vault

/// Which files for review platforms an archive gets beside its records.
///
/// They are chosen by whoever exports, and stand in `meta/export.json`.
package struct ReviewOptions: Sendable, Equatable {
    package enum Format: String, Sendable, CaseIterable {
        /// Relativity's short message format, a file for each conversation and day.
        case rsmf
        /// A Concordance load file with a row for each conversation and day and each attachment.
        case dat
        /// Mail messages, one for each conversation and day.
        case eml
        /// Messages in the shape of an answer about local sessions.
        case sessions
    }

    package enum TableEncoding: String, Sendable, CaseIterable {
        case utf8 = "utf-8"
        case utf16 = "utf-16le"
        case windows1252 = "windows-1252"
    }

    package var formats: Set<Format>
    /// Where days begin and end.
    package var clock: ZoneClock
    /// Of the load file.
    package var tableEncoding: TableEncoding

    package init(
        formats: Set<Format> = [], clock: ZoneClock = .utc, tableEncoding: TableEncoding = .utf8
    ) {
        self.formats = formats
        self.clock = clock
        self.tableEncoding = tableEncoding
    }

    /// The choice for the record; `nil` when nothing was chosen.
    package var scope: JSON? {
        guard !formats.isEmpty else { return nil }
        let names = Format.allCases.filter(formats.contains).map { JSON.string($0.rawValue) }
        var object: JSONObject = [
            "formats": .array(names), "timeZone": .string(clock.name),
        ]
        if formats.contains(.dat) { object["datEncoding"] = .string(tableEncoding.rawValue) }
        return .object(object)
    }

    /// The choice as names and values; nothing when nothing was chosen.
    var settings: [(String, String)] {
        guard !formats.isEmpty else { return [] }
        var rows = Format.allCases.filter(formats.contains).map { ("review", $0.rawValue) }
        rows.append(("timeZone", clock.name))
        if formats.contains(.dat) { rows.append(("datEncoding", tableEncoding.rawValue)) }
        return rows
    }

    /// What `README.txt` says of the files.
    var readme: String {
        let lines: [(Format, String)] = [
            (.rsmf, "rsmf/          conversations by day, for review platforms (RSMF 2.0)"),
            (.dat, "loadfile/      a table of them and of attachments (Concordance DAT)"),
            (.eml, "eml/           the same days as mail messages"),
            (.sessions, "sessions/      messages in the shape of an answer about local sessions"),
        ]
        return lines.filter { formats.contains($0.0) }
            .reduce(into: "") { $0 += "  data/\($1.1)\n" }
    }
}

/// How much one file for review may hold.
struct ReviewLimits: Sendable {
    /// Events of one RSMF file, repeated ones included: what Relativity recommends.
    var events = 10_000
    /// An estimate of a zip's bytes.
    ///
    /// Base64 adds 37 %, and platforms take less than 2 GB.
    var bytes: Int64 = 1_200_000_000
    /// Attachments of one file.
    var attachments = 20_000
    /// Attachments of one event, together; what is more is named and not put in.
    var attachmentBytes: Int64 = 1_000_000_000
    /// Bytes of a text that is repeated as context.
    var contextBytes = 65_536
}
