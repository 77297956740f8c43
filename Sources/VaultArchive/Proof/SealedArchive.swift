import JSONText
import Vault
import VaultCrypto

/// `proof/archive.json`: which archive `proof/` was made for, in one canonical JSON line.
///
/// ```
/// bag            the archive's id
/// conversations  how many it has
/// group          of which group of archives it is one, as in `meta/export.json`; else absent
/// messages       how many it has
/// missing        how many parts name files that it lacks; absent in archives of before
/// name           SHA-256 of a salt's 16 bytes and the archive's name
/// records        how many versions of messages it has
/// time           when it was made
/// ```
///
/// `ProofSeal` signs it with the rest of the folder, and every copy carries it: whatever a copy
/// says, it is one of this archive, made by the signer of the seal, and as complete.
///
/// `proof/missing.jsonl` has a line `"<64 hex>"` for each of the `missing` parts, in ascending
/// order: the hash that the record's envelope has of it. So a copy can say of no other attached
/// file of what it shows that there never was one. Those hashes have salts, which go with what is
/// withheld; the hash of a file has none. Without such parts there is no such file. An archive's
/// name has the matter in it, which a copy may have to withhold. `meta/export.json` has name and
/// salt (`nameSalt`); a copy that withholds the name leaves out both, and nobody can guess it.
struct SealedArchive: Equatable {
    let bag: String
    let time: String
    let nameHash: String
    let conversations: Int64
    let messages: Int64
    let records: Int64
    /// `nil` in an archive of before, which says nothing of it, nor of a group.
    let missing: Int64?
    let group: ArchiveGroup?

    init(
        _ request: ArchiveExport.Request, name: String, salt: [UInt8], _ counts: ArchiveCounts,
        missing: Int
    ) {
        bag = request.bag.description
        time = request.time.description
        nameHash = Self.hash(of: name, salt)
        conversations = Int64(counts.conversations)
        messages = Int64(counts.messages)
        records = Int64(counts.records)
        self.missing = Int64(missing)
        group = request.group
    }

    /// Reads the file back; `nil` for one that is written in another way.
    init?(file: [UInt8]) {
        guard let fields = try? JSONReader.parse(file), let bag = fields["bag"]?.string,
            let time = fields["time"]?.string, let name = fields["name"]?.string,
            let conversations = fields["conversations"]?.int,
            let messages = fields["messages"]?.int, let records = fields["records"]?.int
        else { return nil }
        self.bag = bag
        self.time = time
        nameHash = name
        self.conversations = conversations
        self.messages = messages
        self.records = records
        missing = fields["missing"]?.int
        group = fields["group"].flatMap(ArchiveGroup.init)
        guard self.file == file else { return nil }
    }

    var file: [UInt8] {
        var object: JSONObject = [
            "bag": .string(bag), "conversations": .integer(conversations),
            "messages": .integer(messages), "name": .string(nameHash),
            "records": .integer(records), "time": .string(time),
        ]
        object["group"] = group?.json
        object["missing"] = missing.map { .integer($0) }
        return JSONWriter.canonical(.object(object)) + [0x0A]
    }

    /// `proof/missing.jsonl`.
    static func missingLines(_ parts: Set<[UInt8]>) -> String {
        parts.map(\.hex).sorted().reduce(into: "") { $0 += "\"\($1)\"\n" }
    }

    /// Whether this is the archive's name.
    func isNamed(_ name: String, salt: [UInt8]) -> Bool { Self.hash(of: name, salt) == nameHash }

    private static func hash(of name: String, _ salt: [UInt8]) -> String {
        SHA256Digest.hash(salt + Array(name.utf8)).hex
    }
}
