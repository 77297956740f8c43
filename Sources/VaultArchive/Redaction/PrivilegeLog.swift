import JSONText
import Vault
package import VaultCrypto

/// What is withheld of an export: the rows of `data/report/privilege.csv` and how many they are.
///
/// The rows come from what stands in place of the records. In the order of the archive, there is
/// one for each record and each part that is withheld; `commitment` is, of a part, the hash that
/// the record's envelope has of it.
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
        try row([
            conversation.id.description, stub.message.description, String(stub.version), "",
            stub.created?.description ?? "", stub.role.rawValue, conversation.custodian, "", what,
            stub.reason, stub.commitment.hex,
        ])
    }

    private func add(
        _ message: Message, _ place: Int, _ conversation: Conversation
    ) throws(VaultError) {
        guard let value = try? JSONReader.parse(message.partLines[place]),
            let part = WithheldPart(value)
        else { return }
        counts.parts += 1
        if part.copy != nil { counts.copies += 1 }
        let hash = (try? JSONReader.parse(message.envelopeLine))?["parts"]?.array?[place].string
        try row([
            conversation.id.description, message.id.description, String(message.version),
            String(place + 1), message.created?.description ?? "",
            message.role.rawValue, conversation.custodian, part.type.rawValue,
            part.copy == nil ? "part" : "part, of which a copy with marks is given", part.reason,
            hash ?? "",
        ])
    }

    private func row(_ cells: [String]) throws(VaultError) {
        try rows.write(Reports.line([String(counts.records + counts.parts)] + cells))
    }
}
