import Foundation
import Synchronization
import Vault
import VaultCrypto

/// Draws what the engine draws by chance, and writes it down to be compared.
///
/// `TortureDriver randoms KIND COUNT FOLDER`: COUNT values of a kind in files of FOLDER, half of
/// them drawn before a fork, and the rest by parent and child in equal parts. A value has one or
/// more fields; it says how many bytes each has. The kind `stock` is the control: it hands out a
/// stock that both sides of a fork have.
struct RandomsRun {
    private typealias Draw = @Sendable () throws -> [[UInt8]]

    private let count: Int
    private let folder: String
    private let draw: Draw

    /// One value of each kind, by the engine's own function.
    private static let kinds: [String: Draw] = [
        // Of one moment, so that no time keeps them apart.
        "id": { [RecordID(at: Instant(milliseconds: 0)).bytes] },
        "salt": { [Randomness.bytes(16)] },
        "key": { [SecretBytes.random(count: 32).withBytes { Array($0) }] },
        "file-key": { [SecretBytes.random(count: 16).withBytes { Array($0) }] },
        "nonce": { [Array(SealedBytes.seal([], key: noKey()).prefix(24))] },
        "identity": { [Array(AgeIdentity.generate().recipient.description.utf8)] },
        "signing-key": { [SigningKey.generate().publicKey.bytes] },
        // The ephemeral share of a recipient's stanza, and the nonce of the payload.
        "age-recipient": { try fields(of: Age.encrypt([], to: [recipient])) },
        // The salt of a passphrase's stanza, and the nonce of the payload.
        "age-passphrase": {
            let none = SecretBytes(count: 0) { _ in }
            return try fields(of: Age.encrypt(none, passphrase: noKey(), log2N: 1))
        },
        "stock": { [stock.take()] },
    ]

    private static let recipient = AgeIdentity.generate().recipient
    private static let stock = Stock()

    /// - Throws: `badInput` for other words.
    init(_ words: [String]) throws(VaultError) {
        guard words.count == 3, let count = Int(words[1]), count > 0,
            let draw = Self.kinds[words[0]]
        else {
            throw VaultError(
                .badInput,
                "Give one of \(Self.kinds.keys.sorted().joined(separator: ", ")), a count and a "
                    + "folder.")
        }
        (self.count, self.draw, folder) = (count, draw, words[2])
    }

    func run() throws {
        try write("before", count / 2)
        let child = fork()
        guard child >= 0 else {
            throw VaultError(.inputOutput, "The process cannot be forked; try again.")
        }
        try write(child == 0 ? "child" : "parent", (count - count / 2) / 2)
        if child == 0 { exit(0) }
        var status: Int32 = 0
        waitpid(child, &status, 0)
        guard status == 0 else {
            throw VaultError(.internalFault, "The child ended with \(status).")
        }
        print(try draw().map { String($0.count) }.joined(separator: " "))
    }

    private func write(_ name: String, _ count: Int) throws {
        let path = "\(folder)/\(name)"
        try Data().write(to: URL(filePath: path))
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        var bytes = Data()
        for _ in 0..<count {
            for field in try draw() { bytes.append(contentsOf: field) }
            guard bytes.count > 1 << 20 else { continue }
            try file.write(contentsOf: bytes)
            bytes.removeAll(keepingCapacity: true)
        }
        try file.write(contentsOf: bytes)
        try file.close()
    }

    private static func noKey() -> SecretBytes { SecretBytes(count: 32) { _ in } }

    /// The random words of an age file without content.
    private static func fields(of file: [UInt8]) -> [[UInt8]] {
        let line = file.split(separator: UInt8(ascii: "\n"))[1]
        let words = line.split(separator: UInt8(ascii: " "))
        // Of the payload there is the tag alone.
        return [Array(words[2]), Array(file.dropLast(16).suffix(16))]
    }
}

/// Random bytes that are drawn once and handed out piece by piece, on both sides of a fork.
private final class Stock: Sendable {
    private let rest = Mutex<[UInt8]>([])

    func take() -> [UInt8] {
        rest.withLock { rest in
            if rest.isEmpty { rest = SecretBytes.random(count: 1 << 16).withBytes { Array($0) } }
            defer { rest.removeLast(16) }
            return Array(rest.suffix(16))
        }
    }
}
