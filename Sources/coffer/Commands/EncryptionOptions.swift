import ArgumentParser
import Vault
import VaultArchive
import VaultCrypto

/// For whom an archive is encrypted.
struct EncryptionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Encrypt for this recipient (repeatable): age1…, an ssh-ed25519 public key, or a file \
            with one of them on each line.
            """, valueName: "key|file"))
    var recipient: [String] = []

    @Option(
        help: ArgumentHelp(
            "Encrypt with the passphrase in this file instead.", valueName: "file"),
        completion: .file())
    var archivePassphraseFile: String?

    func validate() throws {
        if !recipient.isEmpty, archivePassphraseFile != nil {
            throw ValidationError("Give recipients or a passphrase, not both: age allows one kind.")
        }
    }

    /// - Parameter options: For notes about the file.
    /// - Returns: `nil` where the archive is not encrypted.
    /// - Throws: `badInput` for what is no recipient, and for a file that cannot be read.
    func encryption(_ options: GlobalOptions) throws -> ArchiveEncryption? {
        if let archivePassphraseFile {
            return .passphrase(
                ArchivePassphrase(try NewSecret.read(archivePassphraseFile, options)))
        }
        let addressees = try recipient.flatMap(Self.addressees)
        return addressees.isEmpty ? nil : .recipients(addressees)
    }

    private static func addressees(_ text: String) throws -> [AgeAddressee] {
        if text.hasPrefix("age1") || text.hasPrefix("ssh-") { return [try AgeAddressee(text)] }
        let lines = String(decoding: try NewFile.read(text), as: UTF8.self)
            .split(whereSeparator: \.isNewline).map { $0.drop(while: \.isWhitespace) }
            .filter { !$0.isEmpty && !$0.hasPrefix("#") }
        guard !lines.isEmpty else {
            throw VaultError(.badInput, "The file \(text) names no recipient.")
        }
        return try lines.enumerated().map { number, line in
            do throws(VaultError) {
                return try AgeAddressee(String(line))
            } catch {
                throw VaultError(
                    error.code, "Recipient \(number + 1) in \(text): \(error.message)")
            }
        }
    }
}

extension GlobalOptions {
    /// What opens an encrypted archive: the options that would unlock a vault.
    ///
    /// - Returns: `nil` where neither was given.
    /// - Throws: What is wrong with the file.
    func archiveKey() throws -> ArchiveKey? {
        if let identity {
            return .identities(try AgeIdentity.read(at: Place.absolute(identity)))
        }
        return try passphraseFile.map {
            .passphrase(ArchivePassphrase(try NewSecret.read($0, self)))
        }
    }
}
