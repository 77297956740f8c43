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

/// `meta/certification-902-14.txt`: a draft for a person to complete and sign, which the archive
/// does not do for them.
enum CertificationDraft {
    static func text(
        _ request: ArchiveExport.Request, bag: String, _ counts: ArchiveCounts,
        manifests: (sha256: [UInt8], sha512: [UInt8])
    ) -> String {
        """
        DRAFT - NOT SIGNED. A qualified person completes, checks and signs it, or writes their own.

        Certification of data copied from an electronic device or storage medium
        (United States Federal Rules of Evidence, rule 902(14); rule 902(11) for its form)

        1. I, ______________________________ (name), am ______________________________ (position) of
           ______________________________ (organisation). I am qualified to make this certification
           by ____________________________________________________________________.

        2. The archive

             \(bag)

           was made on \(request.time) from a vault of AI conversations with the program
           that meta/export.json names. It holds \(counts.conversations) conversations,
           \(counts.messages) messages and \(counts.attachments) attachments; meta/export.json says how they
           were selected.

        3. The program computed a hash value of every file of the archive's payload while it copied
           it, and wrote them into two lists. The hash values of these lists are:

             manifest-sha256.txt   SHA-256  \(manifests.sha256.hex)
             manifest-sha512.txt   SHA-256  \(manifests.sha512.hex)

        4. I compared the hash values of the copies with those lists by the process that README.txt
           describes, on ____________________ (date), with this result:
           ____________________________________________________________________.

        I declare under penalty of perjury that the foregoing is true and correct.

        Signed ______________________________   at ____________________   on ____________________

        """
    }
}
