import Foundation
import Vault
import VaultArchive
import VaultCrypto

/// The folder in which a signed statement is handed over.
struct StatementFolder {
    let path: String

    /// A folder that is made when it is written.
    ///
    /// - Parameter path: As it was typed.
    /// - Throws: `exists` when something is there.
    init(_ path: String) throws(VaultError) {
        self.path = Place.absolute(path)
        guard !Place.exists(self.path) else {
            throw VaultError(.exists, "\(path) exists already; choose another name.")
        }
    }

    /// Writes the files of a statement, which a vault's log key signed.
    func write(_ statement: SignedStatement, of vault: Vault) throws {
        let key = try VerifyingKey(bytes: vault.publicKeys.log)
        guard mkdir(path, 0o777) == 0 else {
            throw VaultError(.inputOutput, "\(path) cannot be made; choose another place.")
        }
        for file in StatementFiles(statement, vault: vault.id, key: key).files {
            try NewFile.write(file.content, to: "\(path)/\(file.name)")
        }
    }
}
