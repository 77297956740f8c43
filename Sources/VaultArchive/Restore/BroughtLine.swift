import JSONText
import Vault
import VaultCrypto

/// `meta/restored.jsonl`: what of the archive's conversations had come from archives of other
/// vaults, so that it stays known where the archive is restored; one canonical JSON line for each
/// of which something had, in the order in which they came into the vault.
///
/// ```
/// conversation  its id
/// messages      those that were added to it when it was there, in ascending order:
///               {"id","restored","version"}: the last version that came so, and when
/// modified      the latest date of a state that an import has had since; may be absent
/// whole         whether the conversation itself came so; without it, there is no `modified`
/// ```
enum BroughtLine {
    static let unsupported = VaultError(
        .unsupported,
        "The archive says what it has from other vaults in a way that this version does not know, "
            + "so that nothing was restored; update Coffer.")

    static func text(_ records: BroughtRecords) -> [UInt8] {
        let messages = records.messages.sorted { $0.key < $1.key }.map { id, mark in
            JSON.object([
                "id": .string(id.description), "restored": .string(mark.restored.description),
                "version": .integer(mark.version),
            ])
        }
        var object: JSONObject = [
            "conversation": .string(records.conversation.description),
            "messages": .array(messages), "whole": .bool(records.isWhole),
        ]
        object["modified"] = (records.modified?.description).map(JSON.string)
        return JSONWriter.canonical(.object(object)) + [0x0A]
    }

    /// Reads a line back; `nil` for anything else.
    static func parse(_ line: some Collection<UInt8>) -> BroughtRecords? {
        guard let said = try? JSONReader.parse(Array(line)),
            let id = said["conversation"]?.string.flatMap({ RecordID($0) }),
            let messages = said["messages"]?.array, let isWhole = said["whole"]?.bool
        else { return nil }
        var records = BroughtRecords(
            id, isWhole: isWhole, modified: said["modified"]?.string.flatMap { Instant($0) })
        for message in messages {
            guard let id = message["id"]?.string.flatMap({ RecordID($0) }),
                let version = message["version"]?.int, (1...1 << 30).contains(version),
                let restored = message["restored"]?.string.flatMap({ Instant($0) })
            else { return nil }
            records.messages[id] = .init(version: Int(version), restored: restored)
        }
        return text(records).dropLast().elementsEqual(line) ? records : nil
    }
}
