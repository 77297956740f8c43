import Foundation
import Vault
import VaultCrypto

// Opening the vault that the global options name.
extension GlobalOptions {
    /// Opens the vault, lends it and closes it again.
    ///
    /// The key comes from the first of these that has one: an explicit option, the kernel keyring,
    /// the identity that this device keeps, a question on the terminal.
    func withVault<Result>(_ body: (Vault) throws -> Result) throws -> Result {
        let vault = try open()
        let result: Result
        do {
            result = try body(vault)
        } catch {
            try? vault.close()
            throw error
        }
        try vault.close()
        return result
    }

    /// Opens the vault if that needs no question.
    func openWithoutAsking() throws -> Vault? {
        if let vault = try openExplicitly() { return vault }
        if let vault = try openFromKeyring() { return vault }
        return try openAsDevice()
    }

    func open() throws -> Vault {
        if let vault = try openWithoutAsking() { return vault }
        guard Console.canAsk else {
            throw VaultError(
                .locked,
                "The vault is locked; type `coffer unlock`, or give --passphrase-file or "
                    + "--identity."
            )
        }
        return try openByQuestion()
    }

    private func openExplicitly() throws -> Vault? {
        if let identity {
            return try Vault.open(
                at: directory, by: .identityFile(Place.absolute(identity)), readers: .one)
        }
        guard let passphraseFile else { return nil }
        // Whether there is a vault is said before a passphrase is read.
        _ = try Vault.lockedStatus(at: directory)
        return try Vault.open(
            at: directory, by: .passphrase(NewSecret.read(passphraseFile, self)), readers: .one)
    }

    private func openFromKeyring() throws -> Vault? {
        do throws(VaultError) {
            return try Vault.open(at: directory, by: .keyring, readers: .one)
        } catch {
            guard error.code == .locked else { throw error }
            return nil
        }
    }

    private func openAsDevice() throws -> Vault? {
        let path = Place.identity(of: try Vault.lockedStatus(at: directory).id)
        guard Place.exists(path) else { return nil }
        do throws(VaultError) {
            return try Vault.open(at: directory, by: .identityFile(path), readers: .one)
        } catch {
            guard error.code == .wrongKey else { throw error }
            note("This device's identity \(path) no longer opens the vault.")
            return nil
        }
    }

    private func openByQuestion() throws -> Vault {
        var triesLeft = 3
        while true {
            triesLeft -= 1
            do throws(VaultError) {
                let passphrase = try Passphrase.ask("Passphrase: ")
                return try Vault.open(at: directory, by: .passphrase(passphrase), readers: .one)
            } catch {
                guard error.code == .wrongKey, triesLeft > 0 else { throw error }
                Notes.paragraph(error.message)
            }
        }
    }
}

/// Passphrases from files and questions.
enum NewSecret {
    /// Reads a passphrase for an existing slot or a new one; `-` is standard input.
    static func read(_ path: String, _ options: GlobalOptions) throws(VaultError) -> SecretBytes {
        if path == "-" { return try Passphrase.read(descriptor: STDIN_FILENO) }
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_mode & 0o077 != 0
        {
            options.note("Others can read the passphrase file; type `chmod 600 \(path)`.")
        }
        guard Place.exists(path) else {
            throw VaultError(.badInput, "There is no passphrase file \(path); check the path.")
        }
        return try Passphrase.read(file: path)
    }

    /// A new passphrase: from a file, or asked for twice.
    static func make(
        file: String?, remedy: String, _ options: GlobalOptions
    ) throws(VaultError) -> SecretBytes {
        if let file { return try read(file, options) }
        guard Console.canAsk else {
            throw VaultError(
                .badInput, "There is no terminal to ask for a new passphrase on; \(remedy).")
        }
        return try Passphrase.askNew("New passphrase: ", confirmation: "Once more: ")
    }
}
