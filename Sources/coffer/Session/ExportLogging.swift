import JSONText
import Vault
import VaultArchive
import VaultCrypto

extension Vault {
    /// Says in the audit log that an archive is being made, makes it, and says how that ended.
    ///
    /// - Parameters:
    ///   - output: Where it goes; the name of the file is said.
    ///   - encryption: Who can open it.
    ///   - selection: What goes into it.
    ///   - reason: Why.
    ///   - export: Makes it, or the archives of a group; it is given the number of the entry.
    /// - Returns: What was made.
    /// - Throws: What `export` throws, once it is said that it failed.
    func loggingExport(
        to output: String, encryption: ArchiveEncryption?, of selection: JSONObject,
        reason: String?, _ export: (Int64) throws -> [ArchiveExport.Result]
    ) throws -> [ArchiveExport.Result] {
        var selection = selection
        selection["recipients"] = encryption?.recipients
        let name = output.split(separator: "/").last.map(String.init) ?? output
        let begun = try logExportBegin(name, of: selection, reason: reason)
        let results: [ArchiveExport.Result]
        do {
            results = try export(begun)
        } catch {
            try? logExportEnd(.failed, of: begun)
            throw error
        }
        try logExportEnd(
            .written(
                conversations: results.reduce(0) { $0 + $1.conversations },
                messages: results.reduce(0) { $0 + $1.messages },
                attachments: results.reduce(0) { $0 + $1.attachments },
                tagManifests: results.map(\.tagManifest)), of: begun)
        return results
    }
}
