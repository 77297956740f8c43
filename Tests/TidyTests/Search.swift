import Foundation

/// Plain searches over bytes, fast enough in a debug build to read the repository in a second.
enum Search {
    /// Where `needle` occurs.
    ///
    /// With `wholeWords`, a letter, digit or underscore next to the match makes it none, where the
    /// needle's own end is such a character. `ignoringCase` is about ASCII letters.
    static func offsets(
        of needle: String, in bytes: [UInt8], wholeWords: Bool = false, ignoringCase: Bool = false
    ) -> [Int] {
        let text = ignoringCase ? bytes.map(lowered) : bytes
        let wanted = ignoringCase ? needle.utf8.map(lowered) : Array(needle.utf8)
        guard let first = wanted.first, let last = wanted.last else { return [] }
        return plainOffsets(of: wanted, in: text).filter { start in
            let end = start + wanted.count
            let isPartOfWord =
                isWord(first) && start > 0 && isWord(text[start - 1])
                || isWord(last) && end < text.count && isWord(text[end])
            return !(wholeWords && isPartOfWord)
        }
    }

    private static func plainOffsets(of needle: [UInt8], in text: [UInt8]) -> [Int] {
        var found: [Int] = []
        text.withUnsafeBytes { text in
            needle.withUnsafeBytes { needle in
                guard let start = text.baseAddress, let wanted = needle.baseAddress else { return }
                var at = start
                let end = start + text.count - needle.count
                while at <= end,
                    let hit = memchr(at, Int32(needle[0]), end - at + 1)
                {
                    at = UnsafeRawPointer(hit)
                    if memcmp(at, wanted, needle.count) == 0 { found.append(at - start) }
                    at += 1
                }
            }
        }
        return found
    }

    /// The line, counted from 1, of an offset.
    static func line(of offset: Int, in bytes: [UInt8]) -> Int {
        bytes[..<offset].count { $0 == UInt8(ascii: "\n") } + 1
    }

    static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            return true
        default:
            return false
        }
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte + 32 : byte
    }
}
