import Foundation
import Vault
import VaultCrypto

/// Tries passphrases that are wrong.
///
/// `TortureDriver guess VAULT SEED SECONDS PASSPHRASE-FILE`: with each passphrase it opens the file
/// of the slot `passphrase` as the engine does, and with one of a thousand the vault. It says in
/// JSON how many were tried, how many were taken, and whether the right one opens both.
struct GuessRun {
    private struct Answer: Encodable {
        var slots = 0
        var vaults = 0
        var accepted: [String] = []
        var isRightAccepted = false
    }

    private static let guessesForEachVault = 1000

    private let directory: String
    private let seed: String
    private let seconds: Double
    private let passphraseFile: String

    /// - Throws: `badInput` for other words.
    init(_ words: [String]) throws(VaultError) {
        guard words.count == 4, let seconds = Double(words[2]) else {
            throw VaultError(
                .badInput, "Give a vault, a seed, how many seconds, and a passphrase file.")
        }
        (directory, seed, self.seconds, passphraseFile) = (words[0], words[1], seconds, words[3])
    }

    func run() throws {
        let slot = try Data(contentsOf: URL(filePath: "\(directory)/slots/passphrase.age"))
        let file = Array(slot)
        var answer = Answer()
        let end = ContinuousClock.now.advanced(by: .seconds(seconds))
        while ContinuousClock.now < end {
            let word = "\(seed) \(answer.slots)"
            if try opens(file, word) { answer.accepted.append(word) }
            answer.slots += 1
            guard answer.slots % Self.guessesForEachVault == 0 else { continue }
            if try opensVault(Self.secret(word)) { answer.accepted.append("\(word), by the vault") }
            answer.vaults += 1
        }
        let right = try Passphrase.read(file: passphraseFile)
        let isSlotOpen = (try? Age.decrypt(file, passphrase: right)) != nil
        answer.isRightAccepted = try opensVault(right) && isSlotOpen
        try FileHandle.standardOutput.write(contentsOf: JSONEncoder().encode(answer))
    }

    private static func secret(_ word: String) -> SecretBytes {
        let bytes = Array(word.utf8)
        return SecretBytes(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    private func opens(_ file: [UInt8], _ word: String) throws -> Bool {
        try isRight { () throws(VaultError) in
            _ = try Age.decrypt(file, passphrase: Self.secret(word), allowedLog2N: 1...20)
        }
    }

    private func opensVault(_ passphrase: consuming SecretBytes) throws -> Bool {
        let method = UnlockMethod.passphrase(passphrase)
        return try isRight { () throws(VaultError) in
            try Vault.open(at: directory, by: method, readers: .one, auditor: Auditor()).close()
        }
    }

    /// Whether what needs a passphrase succeeds; every other failure is thrown.
    private func isRight(_ body: () throws(VaultError) -> Void) throws(VaultError) -> Bool {
        do {
            try body()
            return true
        } catch {
            guard error.code == .wrongKey else { throw error }
            return false
        }
    }
}
