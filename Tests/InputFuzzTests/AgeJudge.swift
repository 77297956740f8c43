import ForeignArchives
import VaultCrypto

@testable import VaultCrypto

/// age files open as both readers say, and only where nothing in them was changed.
///
/// The first byte chooses what the rest is: 0 a file; 1 a header up to its `---`, which gets the
/// right MAC and a payload; 2 chunks, which are sealed in this order behind a right header; 3 a
/// file for a passphrase; 4 an identity file.
enum AgeJudge {
    static let target = FuzzTarget(
        name: "age", judge: { judge($0) }, seeds: seeds,
        words: [
            "age-encryption.org/v1\n", "-> X25519 ", "-> scrypt ", "-> ssh-ed25519 ", "\n---",
            "--- ",
            "-----BEGIN AGE ENCRYPTED FILE-----\n", "-----END AGE ENCRYPTED FILE-----\n", "\r\n",
            "-> a-grease\n", "AGE-SECRET-KEY-1", "AGE-PLUGIN-", "AGE-SECRET-KEY-PQ-1", "#",
        ])

    private static let nonce = Made.bytes(0x17, count: 16)
    private static let plain = Array("what is sealed".utf8)
    private static var fileKey: SecretBytes { Made.secret(0x42, count: 16) }
    private static var passphrase: SecretBytes { Made.secret(Array("open".utf8)) }

    // MARK: Making files

    private static func seeds() -> [[UInt8]] {
        do {
            let stanza = try AgeX25519.wrap(fileKey, to: Made.identity.recipient)
            let other = AgeStanza(arguments: ["grease", "a", "b"], body: Made.bytes(1, count: 48))
            let secret = try AgeScrypt.wrap(fileKey, passphrase: passphrase, log2N: 1)
            let headers = [[stanza], [other, stanza], [secret]].map {
                AgeHeader($0, fileKey: fileKey).bytes
            }
            let files = headers.map { $0 + nonce + sealed([(plain, true)]) }
            let armored = try Age.encrypt(plain, to: [Made.identity.recipient], armored: true)
            let identity = BytesSink()
            try identity.write([UInt8](repeating: 0x23, count: 5) + [0x0A])
            try Made.identity.write(to: identity)
            // A header ends in a space, 43 characters and a line feed, which are put there.
            var seeds: [[UInt8]] = [
                [2, 1], [2, 5], [2, 2, 5], [2, 2, 3], [2, 2, 1], [2, 4, 5],
            ]
            for file in files.prefix(2) { seeds.append([0] + file) }
            for header in headers.prefix(2) { seeds.append([1] + header.dropLast(45)) }
            seeds += [[0] + armored, [3] + files[2], [4] + identity.bytes]
            return seeds
        } catch {
            fatalError("no files could be made: \(error)")
        }
    }

    private static func sealed(_ chunks: [(plain: [UInt8], isLast: Bool)]) -> [UInt8] {
        var cipher = AgePayloadCipher(fileKey: fileKey, nonce: nonce)
        return chunks.reduce(into: []) { bytes, chunk in
            var sealed = [UInt8](repeating: 0, count: chunk.plain.count + AgeFormat.tagBytes)
            chunk.plain.withUnsafeBytes { plain in
                sealed.withUnsafeMutableBytes { room in
                    cipher.seal(plain, isLast: chunk.isLast, into: room)
                }
            }
            bytes += sealed
        }
    }

    /// The MAC of a header's text, as its last line has it.
    private static func mac(_ header: [UInt8]) -> [UInt8] {
        let key = HKDF.derive(from: fileKey, salt: [], info: "header", count: 32)
        var code = HMACSHA256(key: key)
        code.update(header)
        return Base64.encode(code.finalize(), .unpadded)
    }

    // MARK: Judging

    private static func judge(_ input: [UInt8]) -> String? {
        let (mode, rest) = input.split(5)
        switch mode {
        case 0: return judge(file: rest)
        case 1: return judge(header: rest)
        case 2: return judge(chunks: rest)
        case 3: return judge(forPassphrase: rest)
        default: return judge(identities: rest)
        }
    }

    private static func content(_ secret: borrowing SecretBytes) -> [UInt8] {
        secret.withBytes { Array($0) }
    }

    /// What the reader of streams finds.
    private static func decrypted(_ file: [UInt8]) -> Result<[UInt8], VaultError> {
        do throws(VaultError) {
            return .success(content(try Age.decrypt(file, with: [Made.identity])))
        } catch {
            return .failure(error)
        }
    }

    /// What the reader of any place finds, read in pieces.
    private static func readAnywhere(_ file: [UInt8]) -> Result<[UInt8], VaultError> {
        do throws(VaultError) {
            let reader = try AgeRandomReader(MemoryFile(file), identities: [Made.identity])
            var bytes = [UInt8](repeating: 0, count: Int(reader.sizeBytes))
            var filled = 0
            while filled < bytes.count {
                let end = min(bytes.count, filled + 40_000)
                let got = try bytes.withMutableBytes { (room) throws(VaultError) in
                    try reader.read(at: Int64(filled), into: room.slice(filled..<end))
                }
                guard got > 0 else { break }
                filled += got
            }
            return .success(Array(bytes[..<filled]))
        } catch {
            return .failure(error)
        }
    }

    private static func flaw(of error: VaultError) -> String? {
        guard error.underlying is AgeFault else { return "an error of no layer: \(error)" }
        return Refused.flaw(error, [.damaged, .wrongKey, .unsupported, .newerFormat, .refused])
    }

    private static func judge(file: [UInt8]) -> String? {
        let isArmored = file.first.map { $0 == 0x2D || $0 <= 0x20 } ?? false
        let result = decrypted(file)
        if !isArmored {
            let other = readAnywhere(file)
            switch (result, other) {
            case (.success(let left), .success(let right)) where left == right: break
            case (.failure, .failure): break
            default: return "two readers of one file differ: \(result), \(other)"
            }
        }
        switch result {
        case .success(let content):
            return content == plain ? nil : "a changed file opens"
        case .failure(let error): return flaw(of: error)
        }
    }

    private static func judge(header: [UInt8]) -> String? {
        let whole = header + [0x20] + mac(header) + [0x0A]
        let result = judge(file: whole + nonce + sealed([(plain, true)]))
        if let result { return result }
        do throws(VaultError) {
            let read = try AgeHeader(reading: BufferedSource(BytesSource(whole)))
            guard read.stanzas.allSatisfy({ !$0.arguments.isEmpty }) else { return "no type" }
            let written = AgeHeader(read.stanzas, fileKey: fileKey).bytes
            // What follows a first "---" belongs to the payload.
            return whole.starts(with: written.dropLast(45)) ? nil : "a header has two forms"
        } catch {
            return flaw(of: error)
        }
    }

    private static func judge(chunks input: [UInt8]) -> String? {
        var chunks: [(plain: [UInt8], isLast: Bool)] = []
        for byte in input.prefix(5) {
            let isFull = byte & 2 != 0
            let count = isFull ? AgeFormat.chunkBytes : Int(byte >> 2)
            chunks.append(([UInt8](repeating: byte, count: count), byte & 1 != 0))
        }
        let isSound =
            chunks.last?.isLast == true
            && (chunks.last?.plain.isEmpty == false || chunks.count == 1)
            && chunks.dropLast().allSatisfy {
                !$0.isLast && $0.plain.count == AgeFormat.chunkBytes
            }
        do throws(VaultError) {
            let stanza = try AgeX25519.wrap(fileKey, to: Made.identity.recipient)
            let file = AgeHeader([stanza], fileKey: fileKey).bytes + nonce + sealed(chunks)
            for result in [decrypted(file), readAnywhere(file)] {
                switch result {
                case .success(let content):
                    guard isSound, content == chunks.flatMap(\.plain) else {
                        return "chunks out of place open"
                    }
                case .failure(let error):
                    if isSound { return "a sound file is refused: \(error)" }
                    if let flaw = flaw(of: error) { return flaw }
                }
            }
            return nil
        } catch {
            return "no file could be made: \(error)"
        }
    }

    private static func judge(forPassphrase file: [UInt8]) -> String? {
        do throws(VaultError) {
            let opened = try Age.decrypt(file, passphrase: passphrase, allowedLog2N: 1...2)
            return content(opened) == plain ? nil : "a changed file opens"
        } catch {
            return flaw(of: error)
        }
    }

    private static func judge(identities file: [UInt8]) -> String? {
        do throws(VaultError) {
            let identities = try AgeIdentity.parse(file: Made.secret(file))
            let again = BytesSink()
            for identity in identities {
                try identity.write(to: again)
                guard try AgeRecipient(identity.recipient.description) == identity.recipient else {
                    return "a recipient is not read back"
                }
            }
            let same = try AgeIdentity.parse(file: Made.secret(again.bytes))
            guard same.map(\.recipient) == identities.map(\.recipient) else {
                return "identities are not read back"
            }
            return nil
        } catch {
            return Refused.flaw(error, [.badInput, .unsupported])
        }
    }
}
