import CSodium

/// Bech32 (BIP 173) without its length limit, as age uses it for keys of 32 bytes.
///
/// Works in guarded memory, because identities pass through it.
enum Bech32 {
    private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
    private static let generator: [UInt32] = [
        0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3,
    ]
    private static let checksumCharacters = 6
    /// 256 bits take 52 characters of 5 bits, of which the last 4 bits are zero.
    private static let keyBytes = 32
    private static let keyCharacters = 52

    /// Length of the text for a 32-byte key with a prefix (the human-readable part).
    static func textCount(prefix: String) -> Int {
        prefix.utf8.count + 1 + keyCharacters + checksumCharacters
    }

    /// Writes `prefix`, `1`, the key and the checksum; in upper case when the prefix is.
    ///
    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - prefix: All lower case or all upper case.
    ///   - text: Exactly `textCount(prefix:)` bytes.
    static func encode(
        _ key: UnsafeRawBufferPointer, prefix: String, into text: UnsafeMutableRawBufferPointer
    ) {
        let upper = prefix == prefix.uppercased()
        let head = Array(prefix.utf8)
        unsafe text.copyBytes(from: head + [UInt8(ascii: "1")])
        let symbols = GuardedBuffer(count: keyCharacters + checksumCharacters)
        unsafe symbols.withBytes { symbols in
            unsafe spread(key, into: symbols)
            let sum = unsafe checksum(prefix, symbols)
            for index in 0..<checksumCharacters {
                unsafe symbols[keyCharacters + index] = UInt8((sum >> (5 * (5 - index))) & 31)
            }
            for index in 0..<symbols.count {
                let character = unsafe alphabet[Int(symbols[index])]
                unsafe text[head.count + 1 + index] = upper ? uppercase(character) : character
            }
        }
    }

    /// Reads a 32-byte key, or says no: wrong prefix, case, length, alphabet, checksum or padding.
    ///
    /// - Parameters:
    ///   - text: The whole text without surrounding space.
    ///   - prefix: The expected prefix in the expected case; mixed case is refused.
    ///   - key: Room for 32 bytes; holds nothing of use when the result is false.
    /// - Returns: Whether the text is right in every respect.
    static func decode(
        _ text: UnsafeRawBufferPointer, prefix: String, into key: UnsafeMutableRawBufferPointer
    ) -> Bool {
        let head = Array(prefix.utf8) + [UInt8(ascii: "1")]
        guard text.count == textCount(prefix: prefix), unsafe text.starts(with: head) else {
            return false
        }
        let upper = prefix == prefix.uppercased()
        let symbols = GuardedBuffer(count: keyCharacters + checksumCharacters)
        return unsafe symbols.withBytes { symbols in
            for index in 0..<symbols.count {
                let character = unsafe text[head.count + index]
                let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(character)
                let isLower = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(character)
                if upper ? isLower : isUpper { return false }
                let lower = isUpper ? character | 0x20 : character
                guard let symbol = alphabet.firstIndex(of: lower) else { return false }
                unsafe symbols[index] = UInt8(symbol)
            }
            guard unsafe checksum(prefix, symbols) == 0 else { return false }
            return unsafe gather(symbols, into: key)
        }
    }

    /// The BCH remainder over the prefix and the symbols (BIP 173, bech32_polymod), XORed with 1.
    ///
    /// Over symbols that end in six zeros it is the checksum; over a text with its checksum it is
    /// 0.
    private static func checksum(_ prefix: String, _ symbols: UnsafeMutableRawBufferPointer)
        -> UInt32
    {
        let lower = prefix.lowercased().utf8
        var sum: UInt32 = 1
        func step(_ value: UInt8) {
            let top = sum >> 25
            sum = ((sum & 0x01ff_ffff) << 5) ^ UInt32(value)
            for (bit, constant) in generator.enumerated() where (top >> UInt32(bit)) & 1 == 1 {
                sum ^= constant
            }
        }
        for character in lower { step(character >> 5) }
        step(0)
        for character in lower { step(character & 31) }
        for index in 0..<symbols.count { unsafe step(symbols[index]) }
        return sum ^ 1
    }

    /// Splits 8-bit bytes into 5-bit symbols, filling the last with zero bits.
    private static func spread(
        _ key: UnsafeRawBufferPointer, into symbols: UnsafeMutableRawBufferPointer
    ) {
        precondition(key.count == keyBytes, "a key has 32 bytes")
        var pending: UInt32 = 0
        var bits = 0
        var index = 0
        for position in 0..<key.count {
            pending = unsafe (pending << 8 | UInt32(key[position])) & 0xfff
            bits += 8
            while bits >= 5 {
                bits -= 5
                unsafe symbols[index] = UInt8(pending >> UInt32(bits) & 31)
                index += 1
            }
        }
        unsafe symbols[index] = UInt8(pending << UInt32(5 - bits) & 31)
    }

    /// Joins the symbols before the checksum to bytes; false if the left-over bits are not zero.
    private static func gather(
        _ symbols: UnsafeMutableRawBufferPointer, into key: UnsafeMutableRawBufferPointer
    ) -> Bool {
        var pending: UInt32 = 0
        var bits = 0
        var index = 0
        for position in 0..<keyCharacters {
            pending = unsafe (pending << 5 | UInt32(symbols[position])) & 0xfff
            bits += 5
            if bits >= 8 {
                bits -= 8
                unsafe key[index] = UInt8(pending >> UInt32(bits) & 0xff)
                index += 1
            }
        }
        return index == keyBytes && pending & ((1 << UInt32(bits)) - 1) == 0
    }

    private static func uppercase(_ character: UInt8) -> UInt8 {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(character) ? character & ~0x20 : character
    }
}
