import JSONText
import Vault
package import VaultCrypto

/// What is withheld of an export: the rows of `data/report/privilege.csv` and how many they are.
///
/// The rows come from what stands in place of the records. Message, version, place and commitment
/// are proved where the archive has a proof (`PlacedRecords`); dates, authors and reasons are what
/// whoever redacts says. In the order of the archive, there is one for each record and each part
/// that is withheld; `commitment` is, of a part, the hash that the record's envelope has of it.
package final class RedactionReport {
    private(set) var counts = WithheldCounts()
    let rows: Spool

    static let head = Reports.line([
        "number", "conversation", "message", "version", "part", "date", "author", "custodian",
        "type", "withheld", "reason", "commitment",
    ])

    /// - Parameter folder: The folder on whose disk the rows wait.
    /// - Throws: What the disk throws.
    package init(in folder: String) throws(VaultError) {
        rows = try Spool(in: folder)
        try rows.write(Self.head)
    }

    /// Notes what is withheld of a conversation, whose messages are in order.
    func add(_ archived: ArchivedConversation) throws(VaultError) {
        let versions = Dictionary(grouping: archived.earlierVersions, by: \.message)
        for message in archived.messages {
            for version in versions[message.id] ?? [] {
                guard let stub = WithheldRecord(line: version.record) else { continue }
                try add(stub, "earlier version", archived.conversation)
            }
            switch archived.withheld[message.id] {
            case .record(let line, _):
                guard let stub = WithheldRecord(line: line) else { continue }
                counts.messages += 1
                try add(stub, "message", archived.conversation)
            case .parts(let parts):
                for (place, _) in parts.sorted(by: { $0.key < $1.key }) {
                    try add(message, place, archived.conversation)
                }
            case nil: break
            }
        }
    }

    private func add(
        _ stub: WithheldRecord, _ what: String, _ conversation: Conversation
    ) throws(VaultError) {
        counts.records += 1
        try write(
            PrivilegeRow.text(
                stub, what, conversation: conversation.id.description,
                custodian: conversation.custodian))
    }

    private func add(
        _ message: Message, _ place: Int, _ conversation: Conversation
    ) throws(VaultError) {
        guard let value = try? JSONReader.parse(message.partLines[place]),
            let part = WithheldPart(value),
            let envelope = try? JSONReader.parse(message.envelopeLine)
        else { return }
        counts.parts += 1
        if part.copy != nil { counts.copies += 1 }
        try write(
            PrivilegeRow.text(
                part, place, envelope: envelope, conversation: conversation.id.description,
                custodian: conversation.custodian))
    }

    private func write(_ row: [UInt8]) throws(VaultError) {
        try rows.write(Array("\(counts.records + counts.parts),".utf8) + row)
    }
}

/// A row of the privilege log behind its number, which writer and verifier make alike from what
/// stands in place of a record or a part.
enum PrivilegeRow {
    /// The row of a record; `message` is the stub's as text, where that is at hand.
    static func text(
        _ stub: WithheldRecord, _ what: String, message: String? = nil, conversation: String,
        custodian: String
    ) -> [UInt8] {
        line([
            conversation, message ?? stub.message.description, String(stub.version), "",
            stub.created?.description ?? "", stub.role.rawValue, custodian, "", what, stub.reason,
            stub.commitment.hex,
        ])
    }

    static func text(
        _ part: WithheldPart, _ place: Int, envelope: JSON, conversation: String, custodian: String
    ) -> [UInt8] {
        let version = envelope["version"]?.int.map { String($0) }
        return line([
            conversation, envelope["id"]?.string ?? "", version ?? "", String(place + 1),
            envelope["created"]?.string ?? "", envelope["role"]?.string ?? "", custodian,
            part.type.rawValue,
            part.copy == nil ? "part" : "part, of which a copy with marks is given", part.reason,
            envelope["parts"]?.array?[place].string ?? "",
        ])
    }

    /// A row is one line, whatever a name holds.
    private static func line(_ cells: [String]) -> [UInt8] {
        Reports.line(cells.map { $0.singleLine(maximumBytes: 2000) })
    }
}
