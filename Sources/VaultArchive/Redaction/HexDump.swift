/// Finds hexadecimal digits in groups: `46 61 6c 63`, `46:61:6c:63`, and the dumps of xxd and
/// `hexdump -C`, over the ends of lines.
///
/// A group has 2 to 8 digits. A line may begin with its offset, of 4 digits and more with a `:` or
/// two blanks behind it, and end with the same bytes as text.
struct HexDump {
    struct Found {
        /// Offsets in the text's scalars.
        var range: Range<Int>
        var digits: [UInt8]
    }

    private let text: [TextScalar]

    /// All with as many digits as a run of Base64, in ascending order.
    static func find(in text: [TextScalar]) -> [Found] {
        let reader = HexDump(text: text)
        var found: [Found] = []
        var place = 0
        while place < text.count {
            let isWithin = place > 0 && text[place - 1].ascii.isASCIILetterOrDigit
            guard !isWithin, let dump = reader.lines(at: place) else {
                place += 1
                continue
            }
            if dump.digits.count >= EncodedRuns.minimumLength { found.append(dump) }
            place = dump.range.upperBound
        }
        return found
    }

    private func ascii(_ place: Int) -> UInt8 { place < text.count ? text[place].ascii : 0 }

    private func isBlank(_ place: Int) -> Bool { ascii(place) == 0x20 || ascii(place) == 0x09 }

    /// How many digits begin at a place, where no other letter follows them.
    private func count(at place: Int) -> Int {
        var count = 0
        while count < 17, ascii(place + count).hexDigit != nil { count += 1 }
        return ascii(place + count).isASCIILetterOrDigit ? 0 : count
    }

    // MARK: Lines

    private func lines(at start: Int) -> Found? {
        var digits: [UInt8] = []
        var end = start
        var next: Int? = start
        while let place = next {
            let begin = offsetEnd(at: place)
            guard let line = groups(at: begin ?? place, &digits) else { break }
            end = begin == nil ? line : textEnd(behind: line)
            next = nextLine(behind: end)
        }
        return end > start ? Found(range: start..<end, digits: digits) : nil
    }

    /// Where the bytes begin behind the offset of a line.
    private func offsetEnd(at start: Int) -> Int? {
        let count = count(at: start)
        guard (4...16).contains(count) else { return nil }
        var place = start + count
        if ascii(place) == UInt8(ascii: ":"), isBlank(place + 1) {
            place += 1
        } else if !isBlank(place) || !isBlank(place + 1) {
            return nil
        }
        while isBlank(place), place - start < 32 { place += 1 }
        return place
    }

    /// The end of the groups of a line; `nil` where there is none.
    private func groups(at start: Int, _ digits: inout [UInt8]) -> Int? {
        var place = start
        var end: Int?
        while true {
            let count = count(at: place)
            guard (2...8).contains(count), count % 2 == 0 else { return end }
            digits += text[place..<place + count].map(\.ascii)
            place += count
            end = place
            // Two blanks stand in the middle of a line of hexdump too.
            if ":,-".utf8.contains(ascii(place)) || isBlank(place) { place += 1 }
            if isBlank(place), self.count(at: place + 1) == 2 { place += 1 }
        }
    }

    private static let longestText = 80

    /// The end of a line, or of as much of it as may be its bytes as text.
    private func textEnd(behind start: Int) -> Int {
        let limit = min(text.count, start + Self.longestText)
        return (start..<limit).first { [0x0A, 0x0D].contains(ascii($0)) } ?? limit
    }

    /// Where the digits of the line below begin.
    private func nextLine(behind end: Int) -> Int? {
        var place = end
        let limit = min(text.count, end + Self.longestText)
        while place < limit, isBlank(place) || ascii(place) == 0x0D { place += 1 }
        guard ascii(place) == 0x0A else { return nil }
        while place < limit, isBlank(place) || [0x0A, 0x0D, 0x3E].contains(ascii(place)) {
            place += 1
        }
        return ascii(place).hexDigit == nil ? nil : place
    }
}
