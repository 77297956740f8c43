import Foundation
import Vault
import VaultCrypto

/// A process that opens a vault, uses it, closes it and goes on, so that somebody can read its
/// memory at each of these moments.
///
/// `TortureDriver memory VAULT PASSPHRASE-FILE LINES [plain]`: LINES are made-up conversations, of
/// which each line becomes a message. It says `open`, `closed` and `over`, and waits for a line
/// after each: the vault is open and was read and written; it is closed, and still a variable; it
/// is gone. With `plain` a copy of the vault key stays in ordinary memory, which must be seen.
struct MemoryRun {
    private let directory: String
    private let passphraseFile: String
    private let lines: String
    private let keepsPlainKey: Bool

    /// - Throws: `badInput` for other words.
    init(_ words: [String]) throws(VaultError) {
        guard words.count == 3 || words.count == 4 && words[3] == "plain" else {
            throw VaultError(
                .badInput, "Give a vault, a passphrase file, a file of lines, and perhaps `plain`.")
        }
        (directory, passphraseFile, lines) = (words[0], words[1], words[2])
        keepsPlainKey = words.count == 4
    }

    func run() throws {
        try ProcessHardening.apply()
        let plain = try useVault()
        try Self.say("over")
        withExtendedLifetime(plain) {}
    }

    /// - Returns: A key in ordinary memory, when one is wanted.
    private func useVault() throws -> [UInt8] {
        let vault = try open()
        try use(vault)
        let plain = keepsPlainKey ? try plainKey() : []
        try Self.say("open")
        try vault.close()
        try Self.say("closed")
        withExtendedLifetime(vault) {}
        return plain
    }

    private func open() throws -> Vault {
        let passphrase = try Passphrase.read(file: passphraseFile)
        return try Vault.open(
            at: directory, by: .passphrase(passphrase), readers: .many, auditor: Auditor())
    }

    private func use(_ vault: Vault) throws {
        let text = try String(contentsOfFile: lines, encoding: .utf8)
        let ingestion = try vault.beginIngestion()
        for (number, line) in text.split(separator: "\n").enumerated() {
            let origin = Origin(source: "jsonl", id: "memory \(number)")
            var conversation = ImportedConversation(origin: origin)
            var message = ImportedMessage(originID: "m", parent: nil, role: .user)
            message.parts = [ImportedPart(Part(.text, text: String(line)))]
            conversation.messages = [message]
            try ingestion.add(conversation)
        }
        _ = try ingestion.finish()
        _ = try vault.search(SearchRequest("harbour", limit: 100))
        var everything = ConversationFilter()
        everything.includesHidden = true
        try vault.forEachRecord(everything) { _, _, _ in }
    }

    /// The vault key as an array, found as the engine finds it: what a careless program would keep.
    private func plainKey() throws -> [UInt8] {
        let passphrase = try Passphrase.read(file: passphraseFile)
        let slot = try Data(contentsOf: URL(filePath: "\(directory)/slots/passphrase.age"))
        let identities = try AgeIdentity.parse(
            file: Age.decrypt(Array(slot), passphrase: passphrase))
        let keyFile = try Data(contentsOf: URL(filePath: "\(directory)/generations/1/key.age"))
        return try Age.decrypt(Array(keyFile), with: identities).withBytes { Array($0) }
    }

    private static func say(_ word: String) throws {
        try FileHandle.standardOutput.write(contentsOf: Data("\(word)\n".utf8))
        _ = readLine()
    }
}
