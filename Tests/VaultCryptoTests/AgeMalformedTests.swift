import Testing
import VaultCrypto

/// Each class of malformed file, made here, so that no outside vectors are needed.
@Suite("malformed age files")
struct AgeMalformedTests {
    private let forge = AgeForge()
    private let full = [UInt8](repeating: 7, count: 65_536)

    @Test("The forge makes good files when nothing is put wrong")
    func control() throws {
        #expect(try Pattern.decrypt(forge.file(), [forge.identity]) == [1, 2, 3])
        let two = try forge.file(chunks: [(full, false), ([9], true)])
        #expect(try Pattern.decrypt(two, [forge.identity]) == full + [9])
        let empty = try forge.file(chunks: [([], true)])
        #expect(try Pattern.decrypt(empty, [forge.identity]) == [])
    }

    @Test("Chunks missing, moved, cut, marked wrong or followed by more are refused")
    func payload() throws {
        let cases: [(String, [(plain: [UInt8], isLast: Bool)])] = [
            ("no chunk at all", []),
            ("no last chunk", [([1], false)]),
            ("no last chunk, full", [(full, false)]),
            ("no last chunk of two", [(full, false), ([1], false)]),
            ("empty last chunk", [(full, false), ([], true)]),
            ("two last chunks", [(full, true), ([1], true)]),
            ("a chunk after the last", [([1], true), ([2], true)]),
            ("a short chunk inside", [([1], false), ([2], true)]),
        ]
        for (name, chunks) in cases {
            forge.expect(.payload, try forge.file(chunks: chunks), name)
        }
        let good = try forge.file(chunks: [(full, false), (full, true)])
        let payloadStart = good.count - 2 * 65_552
        forge.expect(.payload, good + [0], "trailing byte")
        forge.expect(.payload, good.dropLast(), "cut by a byte")
        forge.expect(.payload, good.dropLast(65_552), "cut at a chunk")
        forge.expect(.payload, good.dropLast(65_552 - 15), "cut inside a tag")
        let swapped =
            good[..<payloadStart] + good.suffix(65_552) + good[payloadStart...].prefix(65_552)
        forge.expect(.payload, Array(swapped), "swapped chunks")
        forge.expect(.header, Array(good[..<(payloadStart - 1)]), "cut inside the nonce")
    }

    @Test("Whatever single bit of a file flips, it is refused")
    func everyBit() throws {
        let good = try forge.file()
        for position in good.indices {
            var bad = good
            bad[position] ^= 1 << UInt8(position % 8)
            #expect(throws: VaultError.self, "byte \(position)") {
                try Pattern.decrypt(bad, [forge.identity])
            }
        }
    }

    @Test("A file cut anywhere is refused")
    func everyLength() throws {
        let good = try forge.file()
        for length in 0..<good.count {
            #expect(throws: VaultError.self, "length \(length)") {
                try Pattern.decrypt(Array(good[..<length]), [forge.identity])
            }
        }
    }

    @Test("Headers that depart from the grammar are refused as headers")
    func headerText() throws {
        let edits: [(String, (String) -> String)] = [
            ("empty argument", { $0.replacing("-> X25519 ", with: "-> X25519  ") }),
            ("no argument", { $0.replacing("-> X25519 ", with: "-> \n-> X25519 ") }),
            ("no space", { $0.replacing("-> ", with: "->") }),
            ("CRLF", { $0.replacing("\n", with: "\r\n") }),
            ("control character", { $0.replacing("-> X25519 ", with: "-> X25519 \u{1}") }),
            ("non-ASCII argument", { $0.replacing("-> X25519 ", with: "-> X25519 é") }),
            ("no stanza", { "age-encryption.org/v1\n---" + $0.components(before: "---") }),
            ("padding in the MAC", { $0.dropLast() + "=\n" }),
            ("space after the MAC", { $0.dropLast() + " \n" }),
            ("two spaces before the MAC", { $0.replacing("--- ", with: "---  ") }),
            ("no space before the MAC", { $0.replacing("--- ", with: "---") }),
            ("short MAC", { $0.dropLast(2) + "\n" }),
            ("unknown line", { $0.replacing("--- ", with: "hello\n--- ") }),
            ("padding in a body", { $0.replacing("\n--- ", with: "=\n--- ") }),
            ("space in a body", { $0.replacing("\n--- ", with: " \n--- ") }),
            ("body of two short lines", { $0.replacing("\n--- ", with: "\nAAAA\n--- ") }),
            ("no body", { $0.replacing("--- ", with: "-> other\n--- ") }),
            ("long body line", { $0.replacing("--- ", with: "-> o\n\(a(68))\n\n--- ") }),
            ("no final line", { $0.replacing("--- ", with: "-> o\n\(a(64))\n--- ") }),
            ("not canonical", { $0.replacing("--- ", with: "-> o\nAB\n--- ") }),
            ("impossible length", { $0.replacing("--- ", with: "-> o\nA\n--- ") }),
            ("another program's file", { "PK" + $0 }),
        ]
        for (name, edit) in edits { forge.expect(.header, try forge.file(editing: edit), name) }
        let grease = try forge.file(
            stanzas: [
                AgeStanza(arguments: ["!~", "x"], body: full.dropLast(60_000)), forge.stanza(),
            ])
        #expect(try Pattern.decrypt(grease, [forge.identity]) == [1, 2, 3])
        forge.expect(
            .header,
            Array("age-encryption.org/v1\n-> ".utf8) + [UInt8](repeating: 65, count: 1 << 20),
            "endless header")
        expectFault(.header, .newerFormat) { () throws(VaultError) in
            let file = Array("age-encryption.org/v2\nwhatever".utf8)
            _ = try Age.decrypt(file, with: [forge.identity])
        }
    }

    @Test("X25519 stanzas of a wrong form are refused even when another one would open the file")
    func x25519Stanzas() throws {
        let good = try forge.stanza()
        let share = good.arguments[1]
        let zeros = Base64.string([UInt8](repeating: 0, count: 32), .unpadded)
        let lowOrder = Base64.string(
            Pattern.bytes(hex: "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
            .unpadded)
        let cases: [(String, AgeStanza)] = [
            ("extra argument", AgeStanza(arguments: ["X25519", share, "x"], body: good.body)),
            ("no share", AgeStanza(arguments: ["X25519"], body: good.body)),
            ("short share", AgeStanza(arguments: ["X25519", "AAAA"], body: good.body)),
            ("padded share", AgeStanza(arguments: ["X25519", share + "="], body: good.body)),
            ("long body", AgeStanza(arguments: ["X25519", share], body: good.body + [0])),
            ("short body", AgeStanza(arguments: ["X25519", share], body: good.body.dropLast())),
            ("zero share", AgeStanza(arguments: ["X25519", zeros], body: good.body)),
            ("low order", AgeStanza(arguments: ["X25519", lowOrder], body: good.body)),
        ]
        for (name, stanza) in cases {
            forge.expect(.header, try forge.file(stanzas: [stanza, good]), name)
        }
    }

    @Test("A header whose MAC is wrong is refused as altered")
    func headerMAC() throws {
        let stanza = try forge.stanza()
        let other = AgeHeader([stanza], fileKey: Pattern.secret([UInt8](repeating: 1, count: 16)))
        let good = try forge.file(stanzas: [stanza])
        let bad = other.bytes + good.dropFirst(other.bytes.count)
        expectFault(.headerMAC, .damaged) { () throws(VaultError) in
            _ = try Pattern.decrypt(bad, [forge.identity])
        }
        // A stanza of another type slipped in, which changes nothing but the MAC's input.
        forge.expect(
            .headerMAC, try forge.file { $0.replacing("--- ", with: "-> other\n\n--- ") }, "extra")
    }

    @Test("A file only for kinds of recipients that are not handled is called unsupported")
    func unsupported() throws {
        let stanza = AgeStanza(arguments: ["ssh-ed25519", "abcd"], body: [1])
        let file = try forge.file(stanzas: [stanza])
        expectFault(.noMatch, .unsupported) { () throws(VaultError) in
            _ = try Age.decrypt(file, with: [forge.identity])
        }
        expectFault(.noMatch, .unsupported) { () throws(VaultError) in
            _ = try Age.decrypt(file, passphrase: Pattern.secret("x"))
        }
        let lower = AgeStanza(arguments: ["x25519", "abcd"], body: [1])
        forge.expect(.noMatch, try forge.file(stanzas: [lower]), "lower case")
    }

    @Test("Passphrase stanzas of a wrong form, in company or too costly are refused")
    func scrypt() throws {
        let phrase = Pattern.secret("phrase")
        let good = try AgeScrypt.wrap(forge.fileKey, passphrase: phrase, log2N: 4)
        let salt = good.arguments[1]
        func stanza(_ arguments: String...) -> AgeStanza {
            AgeStanza(arguments: ["scrypt"] + arguments, body: good.body)
        }
        func expect(_ code: VaultError.Code, _ stanzas: [AgeStanza], _ name: String) throws {
            let file = try forge.file(stanzas: stanzas)
            expectFault(.header, code, "\(name)") { () throws(VaultError) in
                _ = try Age.decrypt(file, passphrase: Pattern.secret("phrase"))
            }
        }
        let control = try forge.file(stanzas: [good])
        #expect(try Age.decrypt(control, passphrase: phrase).count == 3)
        for cost in ["04", "+4", "0x4", "4x", "x4", "-4", "0", "444444444444444444444"] {
            try expect(.damaged, [stanza(salt, cost)], "cost \(cost)")
        }
        try expect(.damaged, [stanza(salt)], "no cost")
        try expect(.damaged, [stanza(salt, "4", "4")], "extra argument")
        try expect(.damaged, [stanza(salt + "AAAA", "4")], "long salt")
        try expect(.damaged, [stanza("AAAA", "4")], "short salt")
        try expect(.damaged, [good, good], "two passphrases")
        try expect(.damaged, [forge.stanza(), good], "a passphrase and a recipient")
        try expect(.refused, [stanza(salt, "23")], "too costly")
        var long = good
        long.body += [0]
        try expect(.damaged, [long], "long body")
        expectFault(.header, .damaged) { () throws(VaultError) in
            let file = try forge.mixed(good)
            _ = try Age.decrypt(file, with: [forge.identity])
        }
        expectFault(.header, .refused) { () throws(VaultError) in
            _ = try Age.decrypt(
                control, passphrase: Pattern.secret("phrase"), allowedLog2N: 10...18)
        }
    }

    @Test("After an error a decryptor gives the same error and never content")
    func sticky() throws {
        let file = try forge.file(chunks: [(full, false), ([1], true)])
        let decryptor = try AgeDecryptor(
            input: BytesSource(file.dropLast()), identities: [forge.identity])
        var buffer = [UInt8](repeating: 0, count: 65_536)
        #expect(try Pattern.read(decryptor, &buffer) == 65_536)
        for _ in 0..<3 {
            expectFault(.payload) { () throws(VaultError) in
                _ = try Pattern.read(decryptor, &buffer)
            }
        }
    }

    /// Fails once, after so many bytes, and then goes on as if nothing had been.
    private final class FlakySource: ByteSource {
        private let source: BytesSource
        private var left: Int
        private var hasFailed = false

        init(_ bytes: [UInt8], failingAfter count: Int) {
            source = BytesSource(bytes)
            left = count
        }

        func read(into buffer: UnsafeMutableRawBufferPointer) throws(VaultError) -> Int {
            if left == 0 && !hasFailed {
                hasFailed = true
                throw VaultError(.inputOutput, "The test's disk failed.")
            }
            let room = hasFailed ? buffer.count : min(left, buffer.count)
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<room])
            let count = try source.read(into: part)
            if !hasFailed { left -= count }
            return count
        }
    }

    @Test("A read that failed below is not tried again, because bytes were lost")
    func stickySource() throws {
        let file = try forge.file(chunks: [(full, false), ([1], true)])
        let decryptor = try AgeDecryptor(
            input: FlakySource(file, failingAfter: file.count - 17), identities: [forge.identity])
        var buffer = [UInt8](repeating: 0, count: 65_536)
        #expect(try Pattern.read(decryptor, &buffer) == 65_536)
        for _ in 0..<3 {
            let error = #expect(throws: VaultError.self) { try Pattern.read(decryptor, &buffer) }
            #expect(error?.code == .inputOutput)
        }
    }
}

private func a(_ count: Int) -> String { String(repeating: "A", count: count) }

extension String {
    /// What follows the first occurrence of a mark.
    fileprivate func components(before mark: String) -> String {
        firstRange(of: mark).map { String(self[$0.upperBound...]) } ?? ""
    }
}

extension AgeForge {
    /// A passphrase stanza beside the one that `identity` opens.
    fileprivate func mixed(_ scrypt: AgeStanza) throws(VaultError) -> [UInt8] {
        let stanza = try AgeX25519.wrap(fileKey, to: identity.recipient)
        return AgeHeader([stanza, scrypt], fileKey: fileKey).bytes
    }
}
