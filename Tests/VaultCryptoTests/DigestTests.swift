import Foundation
import Testing
import VaultCrypto

@Suite("digests and key derivation")
struct DigestTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test("SHA-256 and SHA-512 give NIST's values (FIPS 180-4 examples)")
    func sha2() {
        #expect(
            Pattern.hex(SHA256Digest.hash(bytes("abc")))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            Pattern.hex(SHA256Digest.hash([]))
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        let long = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
        #expect(
            Pattern.hex(SHA256Digest.hash(bytes(long)))
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(
            Pattern.hex(SHA512Digest.hash(bytes("abc")))
                == "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")
    }

    @Test("BLAKE2b gives the value of RFC 7693, appendix A")
    func blake2b() {
        var digest = BLAKE2bDigest()
        digest.update(bytes("abc"))
        #expect(
            Pattern.hex(digest.finalize())
                == "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                + "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923")
    }

    @Test("Keyed BLAKE2b gives the reference implementation's values (blake2-kat.json)")
    func keyedBLAKE2b() {
        let key = Pattern.secret((0..<64).map { UInt8($0) })
        let cases: [([UInt8], String)] = [
            (
                [],
                "10ebb67700b1868efb4417987acf4690ae9d972fb7a590c2f02871799aaa4786"
                    + "b5e996e8f0f4eb981fc214b005f42d2ff4233499391653df7aefcbc13fc51568"
            ),
            (
                [0],
                "961f6dd1e4dd30f63901690c512e78e4b45e4742ed197c3c5e45c549fd25f2e4"
                    + "187b0bc9fe30492b16b0d0bc4ef9b0f34c7003fac09a5ef1532e69430234cebd"
            ),
        ]
        for (input, expected) in cases {
            var digest = BLAKE2bDigest(key: key)
            digest.update(input)
            #expect(Pattern.hex(digest.finalize()) == expected)
        }
    }

    @Test("Feeding a digest in pieces changes nothing")
    func pieces() throws {
        let content = Pattern.bytes(200_001)
        var sha = SHA256Digest()
        var blake = BLAKE2bDigest()
        for start in stride(from: 0, to: content.count, by: 997) {
            let piece = Array(content[start..<min(start + 997, content.count)])
            sha.update(piece)
            blake.update(piece.span.bytes)
        }
        var whole = BLAKE2bDigest()
        try whole.update(from: BytesSource(content))
        #expect(sha.finalize() == SHA256Digest.hash(content))
        let (pieced, streamed) = (blake.finalize(), whole.finalize())
        #expect(pieced == streamed)
        var running = SHA512Digest()
        running.update([1])
        let first = running.finalize()
        running.update([2])
        #expect(first == SHA512Digest.hash([1]))
        #expect(running.finalize() == SHA512Digest.hash([1, 2]))
    }

    @Test("HMAC-SHA-256 gives the values of RFC 4231")
    func hmac() {
        func tag(_ key: [UInt8], _ text: [UInt8]) -> String {
            var hmac = HMACSHA256(key: Pattern.secret(key))
            hmac.update(text)
            return Pattern.hex(hmac.finalize())
        }
        #expect(
            tag([UInt8](repeating: 0x0b, count: 20), bytes("Hi There"))
                == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        #expect(
            tag(bytes("Jefe"), bytes("what do ya want for nothing?"))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        let long = bytes("Test Using Larger Than Block-Size Key - Hash Key First")
        #expect(
            tag([UInt8](repeating: 0xaa, count: 131), long)
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }

    @Test("HKDF gives the values of RFC 5869, appendix A")
    func hkdf() {
        struct Case {
            let key: [UInt8]
            let salt: [UInt8]
            let info: [UInt8]
            let output: String
        }
        let cases = [
            Case(
                key: [UInt8](repeating: 0x0b, count: 22), salt: Array(0...12),
                info: Array(0xf0...0xf9),
                output: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
                    + "34007208d5b887185865"),
            Case(
                key: Array(0x00...0x4f), salt: Array(0x60...0xaf), info: Array(0xb0...0xff),
                output: "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
                    + "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
                    + "cc30c58179ec3e87c14c01d5c1f3434f1d87"),
            Case(
                key: [UInt8](repeating: 0x0b, count: 22), salt: [], info: [],
                output: "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
                    + "9d201395faa4b61a96c8"),
        ]
        for test in cases {
            var output = [UInt8](repeating: 0, count: test.output.count / 2)
            test.key.withUnsafeBytes { key in
                output.withUnsafeMutableBytes { room in
                    HKDF.derive(from: key, salt: test.salt, info: test.info, into: room)
                }
            }
            #expect(Pattern.hex(output) == test.output)
        }
    }

    @Test("Subkeys of different contexts differ, of the same context agree")
    func subkeys() {
        let key = SecretBytes.random(count: 32)
        let first = Pattern.reveal(key.subkey(context: "a"))
        #expect(first == Pattern.reveal(key.subkey(context: "a")))
        #expect(first != Pattern.reveal(key.subkey(context: "b")))
        #expect(first != Pattern.reveal(key))
        #expect(Pattern.reveal(key.subkey(context: "a", count: 100)).prefix(32) == first[...])
    }

    @Test("Constant-time comparison compares")
    func constantTime() {
        #expect(ConstantTime.equal([], []))
        #expect(ConstantTime.equal([1, 2], [1, 2]))
        #expect(!ConstantTime.equal([1, 2], [1, 3]))
        #expect(!ConstantTime.equal([1, 2], [1]))
    }

    @Test("Base64 accepts the one canonical encoding only (RFC 4648, section 3.5)")
    func base64() {
        #expect(Base64.string(bytes("fooba")) == "Zm9vYmE=")
        #expect(Base64.string(bytes("fooba"), .unpadded) == "Zm9vYmE")
        #expect(Base64.decode("Zm9vYmE=".utf8) == bytes("fooba"))
        #expect(Base64.decode("".utf8) == [])
        for bad in [
            "Zm9vYmE", "Zm9vYmF=", "Zm9v YmE=", "Zm9vYmE=\n", "Zm9vYmE==", "Zm-_", "A", "=",
        ] {
            #expect(Base64.decode(bad.utf8) == nil, "\(bad)")
        }
        for bad in ["Zm9vYmE=", "Zm9vYmF", "AB", "A", "AAAAA"] {
            #expect(Base64.decode(bad.utf8, .unpadded) == nil, "\(bad)")
        }
    }
}
