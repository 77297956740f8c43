import JSONText
import Vault

/// The tables of `data/report/`: RFC 4180, UTF-8, lines ended by LF.
enum Reports {
    static let itemsHead = line([
        "conversation", "title", "custodian", "source", "sourceId", "project", "labels", "created",
        "modified", "hidden", "messages", "records", "attachments", "native", "page",
    ])
    static let errorsHead = line(["conversation", "message", "path", "error"])

    static func item(
        _ archived: ArchivedConversation, attachments: Int
    ) -> [UInt8] {
        let conversation = archived.conversation
        return line([
            conversation.id.description, conversation.title ?? "", conversation.custodian,
            conversation.origin.source, conversation.origin.id, conversation.project ?? "",
            conversation.labels.joined(separator: "; "), conversation.created?.description ?? "",
            conversation.modified?.description ?? "", conversation.isHidden ? "yes" : "no",
            String(archived.messages.count),
            String(archived.messages.count + archived.earlierVersions.count), String(attachments),
            ArchiveName.native(conversation.id), ArchiveName.page(conversation.id),
        ])
    }

    static func error(
        conversation: RecordID, message: RecordID, path: String, _ error: String
    ) -> [UInt8] {
        line([conversation.description, message.description, path, error])
    }

    /// What is in `data/`, without anything that differs between two exports of the same state.
    static func summary(_ counts: ArchiveCounts) -> [UInt8] {
        let rows: [(String, String)] =
            counts.fields.map { ($0.name, String($0.value)) } + [
                ("firstCreated", counts.first?.description ?? ""),
                ("lastModified", counts.last?.description ?? ""),
            ]
        return rows.reduce(into: line(["name", "value"])) { $0 += line([$1.0, $1.1]) }
    }

    static let locationsHead = line([
        "custodian", "source", "conversations", "messages", "attachments", "firstCreated",
        "lastModified",
    ])

    /// Where the records come from: by custodian and source.
    static func locations(_ locations: [ArchiveLocation: ArchiveCounts]) -> [UInt8] {
        locations.sorted { $0.key < $1.key }.reduce(into: locationsHead) { text, row in
            text += line([
                row.key.custodian, row.key.source, String(row.value.conversations),
                String(row.value.messages), String(row.value.attachments),
                row.value.first?.description ?? "", row.value.last?.description ?? "",
            ])
        }
    }

    /// What was asked for, in the words in which it was.
    static func settings(_ request: ArchiveExport.Request) -> [UInt8] {
        var rows: [(String, String)] = []
        if let query = request.query { rows.append(("query", query)) }
        for member in request.scope.members.sorted(by: { $0.key < $1.key }) {
            let values = member.value.array ?? [member.value]
            for value in values {
                rows.append((member.key, value.string ?? JSONWriter.line(value)))
            }
        }
        if rows.isEmpty { rows.append(("everything", "yes")) }
        rows += request.review.settings
        return rows.reduce(into: line(["name", "value"])) { $0 += line([$1.0, $1.1]) }
    }

    /// One row.
    static func line(_ cells: [String]) -> [UInt8] {
        var row: [UInt8] = []
        row.reserveCapacity(cells.reduce(1) { $0 + $1.utf8.count + 1 })
        for (index, cell) in cells.enumerated() {
            if index > 0 { row.append(UInt8(ascii: ",")) }
            append(cell, to: &row)
        }
        row.append(0x0A)
        return row
    }

    private static func append(_ cell: String, to row: inout [UInt8]) {
        // A spreadsheet would run a cell that begins so as a formula; an apostrophe makes it text.
        let text = cell.utf8.first.map(beginsFormula) ?? false ? "'" + cell : cell
        guard text.utf8.contains(where: needsQuotes) else {
            return row.append(contentsOf: text.utf8)
        }
        row.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") { row.append(byte) }
            row.append(byte)
        }
        row.append(UInt8(ascii: "\""))
    }

    private static func beginsFormula(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 0x09, 0x0D:
            true
        default: false
        }
    }

    private static func needsQuotes(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == 0x0D || byte == 0x0A
    }
}

/// Where records come from.
struct ArchiveLocation: Hashable, Comparable {
    var custodian: String
    var source: String

    static func < (first: ArchiveLocation, second: ArchiveLocation) -> Bool {
        (first.custodian, first.source) < (second.custodian, second.source)
    }
}

/// How much an archive holds.
struct ArchiveCounts {
    var conversations = 0
    var messages = 0
    /// Versions of messages, the current ones included.
    var records = 0
    var attachments = 0
    var attachmentBytes: Int64 = 0
    /// What was selected and could not be exported.
    var errors = 0
    /// Characters of the load file that its encoding lacked.
    var replacedCharacters = 0
    /// The earliest and the latest date of the conversations.
    var first: Instant?
    var last: Instant?

    /// The numbers under the names that reports use.
    var fields: [(name: String, value: Int64)] {
        [
            ("conversations", Int64(conversations)), ("messages", Int64(messages)),
            ("records", Int64(records)), ("attachments", Int64(attachments)),
            ("attachmentBytes", attachmentBytes), ("errors", Int64(errors)),
        ]
    }

    mutating func add(_ archived: ArchivedConversation) {
        conversations += 1
        messages += archived.messages.count
        records += archived.messages.count + archived.earlierVersions.count
        first = [first, archived.conversation.created].compactMap { $0 }.min()
        last = [last, archived.conversation.modified].compactMap { $0 }.max()
    }
}
