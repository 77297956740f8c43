import Testing
import VaultCrypto

@Suite("sealed bytes")
struct SealedBytesTests {
    @Test("What was sealed opens with its key, and with no other")
    func roundTrip() {
        let key = SecretBytes.random(count: 32)
        let other = SecretBytes.random(count: 32)
        for count in [0, 1, 40, 70_000] {
            let plain = Randomness.bytes(count)
            let sealed = SealedBytes.seal(plain, key: key)
            #expect(sealed.count == count + 40)
            #expect(SealedBytes.open(sealed, key: key) == plain)
            #expect(SealedBytes.open(sealed, key: other) == nil)
            #expect(SealedBytes.seal(plain, key: key) != sealed)
        }
    }

    @Test("Any changed or missing byte is noticed")
    func damage() {
        let key = SecretBytes.random(count: 32)
        let sealed = SealedBytes.seal(Array("words".utf8), key: key)
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 0x20
            #expect(SealedBytes.open(changed, key: key) == nil)
            #expect(SealedBytes.open(Array(sealed[..<index]), key: key) == nil)
        }
    }
}
