import Vault

@testable import VaultCrypto

/// Keys, ids and times that are the same in every run, so that kept inputs stay meaningful.
enum Made {
    static let time = Instant(milliseconds: 1_772_355_600_125)

    static var record: RecordID {
        RecordID("019c2b2e-9d80-7000-8000-000000000001") ?? RecordID(at: time)
    }

    static func bytes(_ value: UInt8, count: Int = 32) -> [UInt8] {
        (0..<count).map { value &+ UInt8(truncatingIfNeeded: $0) }
    }

    static func secret(_ bytes: [UInt8]) -> SecretBytes {
        SecretBytes(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    static func secret(_ value: UInt8, count: Int) -> SecretBytes {
        secret(bytes(value, count: count))
    }

    static let identity: AgeIdentity = {
        let prefix = "AGE-SECRET-KEY-"
        let text = SecretBytes(count: Bech32.textCount(prefix: prefix)) { room in
            bytes(0x40).withUnsafeBytes { Bech32.encode($0, prefix: prefix, into: room) }
        }
        do {
            return try AgeIdentity.parse(file: text)[0]
        } catch {
            fatalError("no identity could be made: \(error)")
        }
    }()

    static func signer(_ value: UInt8) -> SigningKey {
        do {
            return try SigningKey(seed: secret(value, count: SigningKey.seedBytes))
        } catch {
            fatalError("no key could be made: \(error)")
        }
    }
}
