/// Runs of Base64 and of hexadecimal digits in a text, and what they stand for.
struct EncodedRuns {
    struct Run {
        /// Offsets in the text's scalars.
        var range: Range<Int>
        /// What the run stands for, as UTF-8 or UTF-16.
        var text: String
    }

    /// Shorter ones are not looked at.
    static let minimumLength = 16
    /// Where a run of this length or less begins within a longer word is found too.
    private static let longestShifted = 4096
    /// The shortest text that is looked for among other bytes of such a run.
    private static let shortestStretch = 8

    /// All that may be texts: runs, wrapped ones as one, and dumps.
    static func find(in text: [TextScalar]) -> [Run] {
        var runs: [Run] = []
        var place = 0
        while place < text.count {
            let end = self.end(of: text, from: place)
            if end - place >= minimumLength {
                let digits = text[place..<end].map(\.ascii).filter { $0 > 0x20 }
                runs += texts(of: digits).map { Run(range: place..<end, text: $0) }
            }
            place = max(end, place + 1)
        }
        for dump in HexDump.find(in: text) {
            runs += texts(of: dump.digits).map { Run(range: dump.range, text: $0) }
        }
        return runs + wrapped(in: text)
    }

    /// Groups of `minimumLength` and more, the last of which may be shorter, with blanks, ends of
    /// lines, marks of quoted mails and `<br>` between them, read as one.
    private static func wrapped(in text: [TextScalar]) -> [Run] {
        var runs: [Run] = []
        var place = 0
        while place < text.count {
            let start = place
            var end = groupEnd(of: text, from: start)
            var digits = text[start..<end].map(\.ascii)
            var isLong = end - start >= minimumLength
            place = max(end, start + 1)
            while isLong, let next = separatorEnd(of: text, from: end) {
                end = groupEnd(of: text, from: next)
                isLong = end - next >= minimumLength
                digits += text[next..<end].map(\.ascii)
            }
            if end >= place, digits.count > place - start {
                runs += texts(of: digits).map { Run(range: start..<end, text: $0) }
                place = end
            }
        }
        return runs
    }

    private static func groupEnd(of text: [TextScalar], from start: Int) -> Int {
        var end = start
        while end < text.count, isDigit(text[end].ascii) { end += 1 }
        return end
    }

    private static let longestSeparator = 64

    /// Where the next group begins behind what may stand between two.
    private static func separatorEnd(of text: [TextScalar], from start: Int) -> Int? {
        var place = start
        while place < text.count, place - start < longestSeparator {
            let byte = text[place].ascii
            if isDigit(byte) { return place > start ? place : nil }
            if let end = lineBreakEnd(of: text, from: place) {
                place = end
            } else if byte == 0x3E || [0x09, 0x0A, 0x0D, 0x20, 0xA0].contains(text[place].value) {
                place += 1
            } else {
                return nil
            }
        }
        return nil
    }

    /// The end of a `<br>` or `<br />`.
    private static func lineBreakEnd(of text: [TextScalar], from start: Int) -> Int? {
        let window = text[start...].prefix(8).map { $0.ascii | 0x20 }
        guard window.starts(with: "<br".utf8),
            let end = window.firstIndex(of: UInt8(ascii: ">")),
            window[3..<end].allSatisfy({ $0 == 0x20 || $0 == UInt8(ascii: "/") })
        else { return nil }
        return start + end + 1
    }

    /// Where a run ends: with the padding, and over the ends of long lines.
    private static func end(of text: [TextScalar], from start: Int) -> Int {
        var end = start
        var line = start
        while end < text.count {
            if isDigit(text[end].ascii) {
                end += 1
            } else if end - line >= 60, let next = nextLine(of: text, at: end) {
                end = next
                line = next
            } else {
                break
            }
        }
        while end > start, end < text.count, text[end].ascii == UInt8(ascii: "=") { end += 1 }
        return end
    }

    private static func nextLine(of text: [TextScalar], at place: Int) -> Int? {
        var next = place
        if text[next].ascii == 0x0D { next += 1 }
        guard next < text.count, text[next].ascii == 0x0A, next + 1 < text.count,
            isDigit(text[next + 1].ascii)
        else { return nil }
        return next + 1
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte.isASCIILetterOrDigit || "+/-_".utf8.contains(byte)
    }

    // MARK: Reading

    private static func texts(of run: [UInt8]) -> [String] {
        var result: [String] = []
        let isShifted = run.count <= longestShifted
        let hasSigns = run.contains { "+/-_".utf8.contains($0) }
        for shift in 0..<(isShifted ? 4 : 1) {
            let bytes = base64(run[shift...])
            // Letters that stand for nothing become any bytes, in which short names are found.
            result += shift == 0 || hasSigns ? texts(bytes) : wideTexts(bytes)
            if isShifted { result += stretches(of: bytes) }
        }
        // Hexadecimal digits may stand beside letters that are none.
        for piece in run.split(whereSeparator: { $0.hexDigit == nil })
        where piece.count >= minimumLength {
            result += texts(hex(piece))
            if piece.count % 2 == 1 { result += texts(hex(piece.dropFirst())) }
        }
        return result
    }

    /// The bytes of Base64 in either alphabet (RFC 4648, 4 and 5); what is none is left out.
    static func base64(_ run: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(run.count * 3 / 4)
        var value: UInt32 = 0
        var bits = 0
        for digit in run {
            guard let six = six(digit) else { continue }
            value = value << 6 | six
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(bits)))
        }
        return bytes
    }

    private static func six(_ digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit) + 4
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }

    private static func hex(_ run: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in run.compactMap(\.hexDigit) {
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return bytes
    }

    /// Bytes as the texts that they may be.
    private static func texts(_ bytes: [UInt8]) -> [String] {
        [String(decoding: bytes, as: UTF8.self)] + wideTexts(bytes)
    }

    /// Bytes as the texts of UTF-16 that they may be.
    private static func wideTexts(_ bytes: [UInt8]) -> [String] {
        [false, true].compactMap { isBig in
            let units = self.units(bytes, isBigEndian: isBig)
            return mayBeText(units) ? String(decoding: units, as: UTF16.self) : nil
        }
    }

    /// What is text among bytes that are not, in UTF-8.
    private static func stretches(of bytes: [UInt8]) -> [String] {
        String(decoding: bytes, as: UTF8.self).unicodeScalars
            .split { $0 == "\u{FFFD}" || $0.value < 0x20 && !(0x09...0x0D).contains($0.value) }
            .map { String($0) }
            .filter { $0.utf8.count >= shortestStretch && $0.utf8.count < bytes.count }
    }

    private static func units(_ bytes: [UInt8], isBigEndian: Bool) -> [UInt16] {
        stride(from: 0, to: bytes.count - 1, by: 2).map { place in
            let (first, second) = (UInt16(bytes[place]), UInt16(bytes[place + 1]))
            return isBigEndian ? first << 8 | second : second << 8 | first
        }
    }

    /// Whether units look like a text: most are of a few blocks of 256, or there is a mark.
    private static func mayBeText(_ units: [UInt16]) -> Bool {
        guard units.count >= 4 else { return false }
        if units[0] == 0xFEFF { return true }
        var blocks: [UInt16: Int] = [:]
        for unit in units.prefix(64) { blocks[unit >> 8, default: 0] += 1 }
        return (blocks.values.max() ?? 0) * 5 >= min(units.count, 64) * 2
    }
}
