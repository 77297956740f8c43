import JSONText
import Vault
import VaultCrypto

/// `meta/custody.jsonl`: what became of the records until they were in the archive, one canonical
/// JSON line each, in the order of the audit log.
///
/// ```
/// entry    number of the entry of the audit log that says it
/// figures  whole numbers of that entry; absent without any
/// stage    after ISO/IEC 27050: `preservation` (a hold was placed; not in a redacted archive),
///          `collection` (records came into the vault), `production` (the first archive) or
///          `review` (an archive was redacted; this has no `entry`, because any vault's owner may
///          do it)
/// subject  the hold's id, or the name of the archive that was redacted last; absent otherwise
/// time     RFC 3339
/// who      the user of the operating system, as in the log
/// ```
enum CustodyLine {
    /// The line of an entry that is shown; `nil` for one that says nothing of the records.
    static func text(_ line: String) -> [UInt8]? {
        guard let fields = try? JSONReader.parse(line), let type = fields["type"]?.string,
            let stage = stages[type]
        else { return nil }
        var object: JSONObject = ["stage": .string(stage)]
        object["entry"] = fields["seq"]
        object["figures"] = fields["figures"]
        object["time"] = fields["time"]
        object["who"] = fields["actor"]
        return JSONWriter.canonical(.object(object)) + [0x0A]
    }

    private static let stages = [
        "begin": "collection", "ingest": "collection", "export.begin": "production",
    ]

    /// The line that says that an archive was redacted.
    static func redaction(_ request: ArchiveExport.Request) -> [UInt8] {
        var object: JSONObject = [
            "stage": .string("review"), "time": .string(request.time.description),
        ]
        object["subject"] = request.redaction?.original?["name"]
        object["who"] = request.person.map(JSON.string)
        return JSONWriter.canonical(.object(object)) + [0x0A]
    }

    /// A line as a redacted archive has it (`CarriedProof`); `nil` for one that it does not have.
    static func carried(_ line: String) -> [UInt8]? {
        guard var fields = (try? JSONReader.parse(line))?.object,
            fields["stage"]?.string != "preservation"
        else { return nil }
        fields["subject"] = nil
        if fields["entry"] == nil { fields["who"] = nil }
        return JSONWriter.canonical(.object(fields)) + [0x0A]
    }

    static func text(_ hold: GovernanceInForce.Placed) -> [UInt8] {
        JSONWriter.canonical(
            .object([
                "entry": .integer(hold.entry), "stage": .string("preservation"),
                "subject": .string(hold.id), "time": .string(hold.time.description),
                "who": .string(hold.actor),
            ])) + [0x0A]
    }
}

/// `meta/holds.jsonl`: which conversations of the archive were held, so that they stay so where it
/// is restored; one canonical JSON line each, in the order in which they came into the vault.
///
/// ```
/// conversation  its id
/// holds         ids of the holds in force that match it, at least one
/// ```
enum HeldLine {
    static func text(_ conversation: RecordID, _ holds: [String]) -> [UInt8] {
        JSONWriter.canonical(
            .object([
                "conversation": .string(conversation.description),
                "holds": .array(holds.map(JSON.string)),
            ])) + [0x0A]
    }

    /// Reads a line back; `nil` for anything else.
    static func parse(_ line: some Collection<UInt8>) -> (conversation: RecordID, holds: [String])?
    {
        guard let object = (try? JSONReader.parse(Array(line)))?.object,
            let id = object["conversation"]?.string.flatMap({ RecordID($0) }),
            let holds = object["holds"]?.array
        else { return nil }
        return (id, holds.compactMap(\.string))
    }
}
