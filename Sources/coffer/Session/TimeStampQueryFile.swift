import Vault
import VaultArchive
import VaultCrypto

/// The file that an export leaves for a time stamping authority.
struct TimeStampQueryFile {
    private let path: String

    /// A file that is made when the archive is.
    ///
    /// - Parameters:
    ///   - path: As it was typed.
    ///   - output: The archive's absolute path.
    /// - Throws: `exists` when something is there, `badInput` for a place where it cannot be.
    init(_ path: String, beside output: String) throws(VaultError) {
        self.path = Place.absolute(path)
        guard !Place.exists(self.path) else {
            throw VaultError(
                .exists, "\(path) exists already; choose another name for --timestamp-query.")
        }
        guard self.path != output, !self.path.hasPrefix(output + "/") else {
            throw VaultError(
                .badInput,
                "The query for a time stamp cannot stand in the archive; choose another place for "
                    + "--timestamp-query.")
        }
        guard Place.isFolder(Place.folder(of: self.path)) else {
            throw VaultError(
                .badInput,
                "The folder that --timestamp-query names does not exist; create it and try again.")
        }
    }

    /// - Throws: `refused` when the file would stand in a vault's folder.
    func refuseFolder(of vault: Vault) throws(VaultError) {
        guard vault.contains(folder: Place.folder(of: path)) else { return }
        throw VaultError(
            .refused,
            "The query for a time stamp cannot stand in the vault's own folder; choose another.")
    }

    /// Writes the query.
    ///
    /// - Parameter digest: SHA-256 of the archive's tag manifest.
    /// - Throws: `exists` or `inputOutput`.
    func write(_ digest: [UInt8]) throws(VaultError) {
        do throws(VaultError) {
            try NewFile.write(TimeStampQuery.file(digest: digest), to: path)
        } catch {
            throw VaultError(
                error.code,
                "The archive is written; the query for a time stamp is not, which `openssl ts "
                    + "-query -sha256 -cert -data tagmanifest-sha256.txt` also makes. "
                    + error.message)
        }
    }
}
