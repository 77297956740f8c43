import Foundation
import Testing
import VaultCrypto

/// The public age test vectors (C2SP CCTV), run where `COFFER_AGE_TESTKIT` names their folder.
@Suite("age test kit")
struct AgeTestKitTests {
    static let folder = ProcessInfo.processInfo.environment["COFFER_AGE_TESTKIT"]

    @Test("Without the kit's folder a reason is printed")
    func reason() {
        if Self.folder == nil {
            print("SKIPPED age test kit: COFFER_AGE_TESTKIT does not name its folder.")
        }
    }

    @Test("Every vector has exactly its expected outcome", .enabled(if: folder != nil))
    func everyVector() throws {
        var folder = URL(filePath: try #require(Self.folder))
        let nested = folder.appending(path: "testdata")
        if FileManager.default.fileExists(atPath: nested.path) { folder = nested }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        var counts: [String: Int] = [:]
        for name in names {
            let vector = try AgeVector(Data(contentsOf: folder.appending(path: name)))
            let outcome = vector.run()
            if outcome.unsupported {
                // Only the post-quantum identities are of a kind that is not handled.
                #expect(name.contains("hybrid"))
                counts["refused as unsupported", default: 0] += 1
                continue
            }
            #expect(outcome.result == vector.expected, "\(name)")
            if let payload = vector.payload {
                #expect(outcome.payloadDigest == payload, "\(name): released content")
            }
            counts[vector.expected, default: 0] += 1
        }
        print("age test kit, \(names.count) vectors:", counts.sorted { $0.key < $1.key })
        #expect(names.count > 100)
    }
}

/// One vector: lines `key: value`, an empty line, the age file.
struct AgeVector {
    let expected: String
    let payload: String?
    private let identities: [String]
    private let passphrases: [String]
    private let armored: Bool
    private let file: [UInt8]

    init(_ data: Data) throws {
        let end = try #require(data.range(of: Data("\n\n".utf8)))
        let lines = String(decoding: data[..<end.lowerBound], as: UTF8.self).split(separator: "\n")
        let pairs = lines.compactMap { line -> (String, String)? in
            guard let colon = line.range(of: ": ") else { return nil }
            return (String(line[..<colon.lowerBound]), String(line[colon.upperBound...]))
        }
        func all(_ key: String) -> [String] { pairs.filter { $0.0 == key }.map(\.1) }
        expected = try #require(all("expect").first)
        payload = all("payload").first
        identities = all("identity")
        passphrases = all("passphrase")
        armored = all("armored").first == "yes"
        var body = Data(data[end.upperBound...])
        if all("compressed").first == "zlib" { body = try Tool.inflate(body) }
        file = Array(body)
    }

    /// Decrypts, and says what came of it in the kit's words.
    func run() -> (result: String, payloadDigest: String, unsupported: Bool) {
        let sink = BytesSink()
        var unsupported = false
        var result = "success"
        do throws(VaultError) {
            let decryptor = try open()
            var buffer = [UInt8](repeating: 0, count: 1_000)
            while true {
                let count = try Pattern.read(decryptor, &buffer)
                if count == 0 { break }
                try sink.write(Array(buffer[..<count]))
            }
        } catch {
            switch error.underlying as? AgeFault {
            case .armor: result = "armor failure"
            case .header: result = "header failure"
            case .headerMAC: result = "HMAC failure"
            case .payload: result = "payload failure"
            case .noMatch: result = "no match"
            case nil:
                result = "\(error.code)"
                unsupported = error.code == .unsupported
            }
        }
        return (result, Pattern.hex(SHA256Digest.hash(sink.bytes)), unsupported)
    }

    private func open() throws(VaultError) -> AgeDecryptor {
        let input = BytesSource(file)
        if let passphrase = passphrases.first, identities.isEmpty || expected == "header failure" {
            return try AgeDecryptor(
                input: input, passphrase: Pattern.secret(passphrase), armored: armored)
        }
        var keys: [AgeIdentity] = []
        if !identities.isEmpty {
            keys = try AgeIdentity.parse(file: Pattern.secret(identities.joined(separator: "\n")))
        }
        return try AgeDecryptor(input: input, identities: keys, armored: armored)
    }
}
