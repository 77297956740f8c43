import CSodium

/// Standard Base64 (RFC 4648, section 4), canonical only, as the file formats here demand.
///
/// libsodium refuses characters outside the alphabet, wrong padding and non-zero trailing bits, and
/// runs in constant time, so the same code serves for secrets.
package enum Base64 {
    /// Whether `=` fills the last group of four.
    package enum Padding: Sendable {
        case padded
        case unpadded

        var variant: Int32 {
            switch self {
            case .padded: Int32(sodium_base64_VARIANT_ORIGINAL)
            case .unpadded: Int32(sodium_base64_VARIANT_ORIGINAL_NO_PADDING)
            }
        }
    }

    /// Encodes to ASCII bytes without line breaks.
    package static func encode(_ bytes: [UInt8], _ padding: Padding = .padded) -> [UInt8] {
        let size = sodium_base64_encoded_len(bytes.count, padding.variant)
        var text = [UInt8](repeating: 0, count: size)
        unsafe text.withMutableBytes { room in
            unsafe room.withMemoryRebound(to: CChar.self) { characters in
                guard let start = characters.baseAddress else { return }
                unsafe sodium_bin2base64(start, size, bytes, bytes.count, padding.variant)
            }
        }
        text.removeLast()  // The C string's end.
        return text
    }

    /// Encodes to a string without line breaks.
    package static func string(_ bytes: [UInt8], _ padding: Padding = .padded) -> String {
        String(decoding: encode(bytes, padding), as: UTF8.self)
    }

    /// Decodes, or returns nil when the text is not the one canonical encoding of some bytes.
    package static func decode(
        _ text: some Sequence<UInt8>, _ padding: Padding = .padded
    ) -> [UInt8]? {
        let text = Array(text)
        // libsodium compares signed characters and takes some bytes beyond ASCII for `+` and `/`.
        guard text.allSatisfy({ $0 < 0x80 }) else { return nil }
        var bytes = [UInt8](repeating: 0, count: text.count / 4 * 3 + 3)
        var count = 0
        let result = unsafe text.withBytes { raw in
            unsafe raw.withMemoryRebound(to: CChar.self) { characters in
                // An empty text has no address, and decodes to nothing.
                guard let start = characters.baseAddress else { return Int32(0) }
                return unsafe sodium_base642bin(
                    &bytes, bytes.count, start, text.count, nil, &count, nil, padding.variant)
            }
        }
        guard result == 0 else { return nil }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}
