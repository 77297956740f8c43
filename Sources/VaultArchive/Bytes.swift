import JSONText
import Vault
import VaultCrypto

extension Collection<UInt8> {
    /// Lower-case hexadecimal digits.
    var hex: String {
        // Spelled out, because every record passes here several times.
        var text: [UInt8] = []
        text.reserveCapacity(count * 2)
        for byte in self {
            let high = byte >> 4
            let low = byte & 15
            text.append(high < 10 ? 0x30 + high : 0x57 + high)
            text.append(low < 10 ? 0x30 + low : 0x57 + low)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of lower-case hexadecimal digits; `nil` for anything else.
    var fromHex: [UInt8]? {
        guard count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count / 2)
        var high: UInt8?
        for character in self {
            let digit: UInt8
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - 0x30
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = character - 0x57
            default: return nil
            }
            if let first = high { bytes.append(first << 4 | digit) }
            high = high == nil ? digit : nil
        }
        return bytes
    }
}

extension Part {
    /// A part as its canonical line says; `nil` when it is not one.
    init?(archived value: JSON) {
        guard let kind = value["type"]?.string.flatMap(Kind.init) else { return nil }
        self.init(
            kind, text: value["text"]?.string, name: value["name"]?.string, data: value["data"],
            attachment: value["attachment"].flatMap(AttachmentReference.init(archived:)))
    }
}

extension AttachmentReference {
    /// A reference as a part's line says; `nil` when it is not one.
    init?(archived value: JSON) {
        guard let hash = value["sha256"]?.string?.utf8.fromHex, hash.count == 32,
            let size = value["size"]?.int, size >= 0
        else { return nil }
        self.init(
            sha256: hash, sizeBytes: size, name: value["name"]?.string,
            mediaType: value["mediaType"]?.string)
    }
}
