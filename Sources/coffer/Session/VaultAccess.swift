import Foundation
import Vault
import VaultCrypto

// Opening the vault that the global options name.
extension GlobalOptions {
    /// Opens the vault, lends it and closes it again.
    ///
    /// The key comes from the first of these that has one: an explicit option, the kernel keyring,
    /// the identity that this device keeps, a question on the terminal.
    ///
    /// - Parameters:
    ///   - damaged: Takes what is known of a vault that does not open (see `Vault.open`).
    ///   - body: Takes the vault.
    /// - Returns: What the body returns.
    /// - Throws: What opening, the body and closing throw.
    func withVault<Result>(
        damaged: ((Examination) -> Void)? = nil, _ body: (Vault) throws -> Result
    ) throws -> Result {
        let vault = try open(damaged)
        // Whoever examines the vault lists this with the rest.
        if damaged == nil { tellMended(vault) }
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
        let vault = try openWithoutAsking(nil)
        if let vault { tellMended(vault) }
        return vault
    }

    private func openWithoutAsking(_ damaged: ((Examination) -> Void)?) throws -> Vault? {
        if let vault = try openExplicitly(damaged) { return vault }
        if let vault = try openFromKeyring(damaged) { return vault }
        return try openAsDevice(damaged)
    }

    /// What opening put right may be the first sign of a failing disk or of somebody's hand.
    private func tellMended(_ vault: Vault) {
        guard let first = vault.mended.first else { return }
        let more = vault.mended.count - 1
        note(
            "Put right while opening the vault: \(first.path) \(first.fault)"
                + (more > 0 ? "; and \(more) more" : "") + ". `coffer doctor` examines the vault.")
    }

    private func open(_ damaged: ((Examination) -> Void)?) throws -> Vault {
        if let vault = try openWithoutAsking(damaged) { return vault }
        guard Console.canAsk else {
            throw VaultError(
                .locked,
                "The vault is locked; type `coffer unlock`, or give --passphrase-file or "
                    + "--identity."
            )
        }
        return try openByQuestion(damaged)
    }

    private func openExplicitly(_ damaged: ((Examination) -> Void)?) throws -> Vault? {
        if let identity {
            return try Vault.open(
                at: directory, by: .identityFile(Place.absolute(identity)), readers: .one,
                auditor: .ofThisProcess, damaged: damaged)
        }
        guard let passphraseFile else { return nil }
        // Whether there is a vault is said before a passphrase is read.
        _ = try Vault.lockedStatus(at: directory)
        return try Vault.open(
            at: directory, by: .passphrase(NewSecret.read(passphraseFile, self)), readers: .one,
            auditor: .ofThisProcess, damaged: damaged)
    }

    private func openFromKeyring(_ damaged: ((Examination) -> Void)?) throws -> Vault? {
        do throws(VaultError) {
            return try Vault.open(
                at: directory, by: .keyring, readers: .one, auditor: .ofThisProcess,
                damaged: damaged)
        } catch {
            guard error.code == .locked else { throw error }
            return nil
        }
    }

    private func openAsDevice(_ damaged: ((Examination) -> Void)?) throws -> Vault? {
        let path = Place.identity(of: try Vault.lockedStatus(at: directory).id)
        guard Place.exists(path) else { return nil }
        do throws(VaultError) {
            return try Vault.open(
                at: directory, by: .identityFile(path), readers: .one, auditor: .ofThisProcess,
                damaged: damaged)
        } catch {
            guard error.code == .wrongKey else { throw error }
            note(
                "This device's identity \(path) does not open the vault; "
                    + "`coffer slot add NAME --device` gives it a slot.")
            return nil
        }
    }

    private func openByQuestion(_ damaged: ((Examination) -> Void)?) throws -> Vault {
        var triesLeft = 3
        while true {
            triesLeft -= 1
            do throws(VaultError) {
                let passphrase = try Passphrase.ask("Passphrase: ")
                return try Vault.open(
                    at: directory, by: .passphrase(passphrase), readers: .one,
                    auditor: .ofThisProcess, damaged: damaged)
            } catch {
                guard error.code == .wrongKey, triesLeft > 0 else { throw error }
                Notes.paragraph(error.message)
            }
        }
    }
}

extension Auditor {
    /// Who runs this program, with the folder in which this device remembers checkpoints.
    static var ofThisProcess: Auditor {
        Auditor(name: Place.loginName, memory: Place.checkpoints)
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
            options.note("Others can read the secret in \(path); type `chmod 600 \(path)`.")
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
