import JSONText
import Vault
import VaultCrypto

// What `meta/export.json` of a copy says of the archive that it was made of, as
// `redaction.original`; of a copy of a copy, that has the same in turn.
//
// ```
// bag, time, signer     as in that archive: what `proof/archive.json` and the seal are compared
//                       with; never masked, for they are no words of a person
// group                 of which group of archives it is one, which the copy is not
// log                   whether it showed a proof, which a copy must then show
// name, nameSalt        both or neither: neither where rules match the name
// organization, person, tool, redaction    masked
// ```
extension TextSearch {
    /// What is said of an archive.
    ///
    /// - Parameter export: Its `meta/export.json`, or what another copy says of it.
    /// - Returns: The object.
    /// - Throws: What masking throws.
    func maskedOriginal(_ export: JSON) throws(VaultError) -> JSONObject {
        var original = JSONObject()
        for member in ["bag", "group", "nameSalt", "signer", "time"] {
            original[member] = export[member]
        }
        for member in ["name", "organization", "person", "tool"] {
            original[member] = try export[member].map(masked)
        }
        if original["name"] != export["name"] { original.forgetName() }
        let hadLog = export["log"].map { $0 != .bool(false) } ?? false
        original["log"] = .bool(hadLog)
        guard let redaction = export["redaction"] else { return original }
        var said = try masked(redaction).object ?? JSONObject()
        // What was redacted before stays said.
        said["original"] = try redaction["original"].map { (earlier) throws(VaultError) in
            .object(try maskedOriginal(earlier, tagManifest: earlier["tagManifest"]))
        }
        original["redaction"] = .object(said)
        return original
    }

    private func maskedOriginal(
        _ earlier: JSON, tagManifest: JSON?
    ) throws(VaultError) -> JSONObject {
        var original = try maskedOriginal(earlier)
        original["tagManifest"] = tagManifest
        return original
    }
}

extension RedactionNote {
    /// Of which group the archive that was made first is one.
    var originalGroup: ArchiveGroup? {
        var said = original.map(JSON.object)
        while let earlier = said?["redaction"]?["original"] { said = earlier }
        return said?["group"].flatMap(ArchiveGroup.init)
    }
}

extension JSONObject {
    /// Takes out the name of an archive, and what would confirm a guess at it.
    mutating func forgetName() {
        self["name"] = nil
        self["nameSalt"] = nil
    }
}
