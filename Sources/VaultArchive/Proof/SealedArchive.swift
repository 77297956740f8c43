import JSONText
import Vault
import VaultCrypto

/// `proof/archive.json`: which archive `proof/` was made for, in one canonical JSON line.
///
/// ```
/// bag            the archive's id
/// conversations  how many it has
/// messages       how many it has
/// name           SHA-256 of a salt's 16 bytes and the archive's name
/// records        how many versions of messages it has
/// time           when it was made
/// ```
///
/// `ProofSeal` signs it with the rest of the folder, and every copy carries it: whatever a copy
/// says, it is one of this archive, made by the signer of the seal, and as complete. An archive's
/// name has the matter in it, which a copy may have to withhold. `meta/export.json` has name and
/// salt (`nameSalt`); a copy that withholds the name leaves out both, and nobody can guess it.
struct SealedArchive: Equatable {
    let bag: String
    let time: String
    let nameHash: String
    let conversations: Int64
    let messages: Int64
    let records: Int64

    init(
        _ request: ArchiveExport.Request, name: String, salt: [UInt8], _ counts: ArchiveCounts
    ) {
        bag = request.bag.description
        time = request.time.description
        nameHash = Self.hash(of: name, salt)
        conversations = Int64(counts.conversations)
        messages = Int64(counts.messages)
        records = Int64(counts.records)
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
        guard self.file == file else { return nil }
    }

    var file: [UInt8] {
        JSONWriter.canonical(
            .object([
                "bag": .string(bag), "conversations": .integer(conversations),
                "messages": .integer(messages), "name": .string(nameHash),
                "records": .integer(records), "time": .string(time),
            ])) + [0x0A]
    }

    /// Whether this is the archive's name.
    func isNamed(_ name: String, salt: [UInt8]) -> Bool { Self.hash(of: name, salt) == nameHash }

    private static func hash(of name: String, _ salt: [UInt8]) -> String {
        SHA256Digest.hash(salt + Array(name.utf8)).hex
    }
}
