// What a line of Markdown begins: recognised from its bytes alone, without output.
extension Markdown {
    /// A kind of block that a line can open.
    enum Start {
        case fence(Fence)
        case heading(Int)
        case rule
        case quote
        case item(Marker)
        case code
    }

    /// The opening line of a code block.
    struct Fence {
        var character: UInt8
        var count: Int
        var indent: Int
        var language: Range<Int>?
    }

    /// The mark before a list's item.
    struct Marker {
        enum Kind: Equatable {
            case bullet(UInt8)
            case ordered(UInt8)
            var isOrdered: Bool { if case .ordered = self { true } else { false } }
        }
        var kind: Kind
        var number: Int
        /// Bytes before the item's content, the indent of the marker included.
        var contentIndent: Int
    }

    /// The block that the line opens; `nil` for a line of a paragraph.
    func start(of line: Range<Int>) -> Start? {
        let spaces = indent(of: line)
        if spaces >= 4 { return .code }
        let content = withoutIndent(line)
        guard let first = content.first else { return nil }
        switch source[first] {
        case UInt8(ascii: "`"), UInt8(ascii: "~"): return fence(content, spaces).map(Start.fence)
        case UInt8(ascii: "#"): return headingLevel(content).map(Start.heading)
        case UInt8(ascii: ">"): return .quote
        case UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "_"):
            if isRule(content) { return .rule }
        default: break
        }
        return marker(line, content, spaces).map(Start.item)
    }

    /// Whether the line ends a paragraph before it.
    ///
    /// An ordered list does so only from 1, so that a line that begins with a year stays text.
    func interruptsParagraph(_ line: Range<Int>) -> Bool {
        switch start(of: line) {
        case .none, .code: false
        case .item(let marker): !marker.kind.isOrdered || marker.number == 1
        default: true
        }
    }

    private func fence(_ content: Range<Int>, _ indent: Int) -> Fence? {
        guard let first = content.first else { return nil }
        let character = source[first]
        let count = run(of: character, in: content)
        guard count >= 3 else { return nil }
        let info = trimmed(content.lowerBound + count..<content.upperBound)
        if character == UInt8(ascii: "`"), source[info].contains(character) { return nil }
        let end = info.first { isSpace(source[$0]) } ?? info.upperBound
        let language = info.isEmpty ? nil : info.lowerBound..<min(end, info.lowerBound + 40)
        return Fence(
            character: character, count: count, indent: indent,
            language: language.map(wholeCharacters))
    }

    /// Cuts a range back so that it does not end inside a character.
    private func wholeCharacters(_ range: Range<Int>) -> Range<Int> {
        var end = range.upperBound
        while end > range.lowerBound, end < source.count, source[end] & 0xC0 == 0x80 { end -= 1 }
        return range.lowerBound..<end
    }

    func closes(_ line: Range<Int>, _ fence: Fence) -> Bool {
        guard indent(of: line) < 4 else { return false }
        let content = trimmed(line)
        return content.count >= fence.count
            && run(of: fence.character, in: content) == content.count
    }

    private func headingLevel(_ content: Range<Int>) -> Int? {
        let level = run(of: UInt8(ascii: "#"), in: content)
        let after = content.lowerBound + level
        guard level <= 6, after == content.upperBound || isSpace(source[after]) else { return nil }
        return level
    }

    private func isRule(_ content: Range<Int>) -> Bool {
        guard let first = content.first else { return false }
        var count = 0
        for index in content {
            if source[index] == source[first] {
                count += 1
            } else if !isSpace(source[index]) {
                return false
            }
        }
        return count >= 3
    }

    private func marker(_ line: Range<Int>, _ content: Range<Int>, _ indent: Int) -> Marker? {
        var position = content.lowerBound
        var number = 0
        while position < content.upperBound, position - content.lowerBound < 9,
            source[position] &- 0x30 < 10
        {
            number = number * 10 + Int(source[position] - 0x30)
            position += 1
        }
        guard position < content.upperBound else { return nil }
        let isOrdered = position > content.lowerBound
        let sign = source[position]
        let signs: [Character] = isOrdered ? [".", ")"] : ["-", "*", "+"]
        guard signs.contains(where: { $0.asciiValue == sign }) else { return nil }
        position += 1
        guard position == content.upperBound || isSpace(source[position]) else { return nil }
        var spaces = 0
        while position + spaces < content.upperBound, spaces < 5,
            isSpace(source[position + spaces])
        {
            spaces += 1
        }
        // Five blanks or more are one blank and an indented code block; none is an empty item.
        if spaces == 0 || spaces > 4 { spaces = 1 }
        return Marker(
            kind: isOrdered ? .ordered(sign) : .bullet(sign), number: number,
            contentIndent: position - line.lowerBound + spaces)
    }

    /// 1 for a line of `=`, 2 for a line of `-` under a paragraph.
    func underline(_ line: Range<Int>) -> Int? {
        guard indent(of: line) < 4 else { return nil }
        let content = trimmed(line)
        guard content.count >= 2, let first = content.first else { return nil }
        guard run(of: source[first], in: content) == content.count else { return nil }
        switch source[first] {
        case UInt8(ascii: "="): return 1
        case UInt8(ascii: "-"): return 2
        default: return nil
        }
    }

    // MARK: Bytes of a line

    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    func isBlank(_ line: Range<Int>) -> Bool { line.allSatisfy { isSpace(source[$0]) } }

    /// Columns of white space at the start; a tab reaches to the next multiple of four.
    func indent(of line: Range<Int>) -> Int {
        var columns = 0
        for index in line {
            switch source[index] {
            case 0x20: columns += 1
            case 0x09: columns += 4 - columns % 4
            default: return columns
            }
        }
        return columns
    }

    /// How many bytes of white space make up at most `limit` columns.
    func columns(_ limit: Int, of line: Range<Int>) -> Int {
        guard limit > 0 else { return 0 }
        var columns = 0
        for index in line {
            switch source[index] {
            case 0x20: columns += 1
            case 0x09: columns += 4 - columns % 4
            default: return index - line.lowerBound
            }
            if columns >= limit { return index - line.lowerBound + 1 }
        }
        return line.count
    }

    func withoutIndent(_ line: Range<Int>) -> Range<Int> {
        let start = line.first { !isSpace(source[$0]) } ?? line.upperBound
        return start..<line.upperBound
    }

    func trimmed(_ line: Range<Int>) -> Range<Int> {
        let content = withoutIndent(line)
        var end = content.upperBound
        while end > content.lowerBound, isSpace(source[end - 1]) { end -= 1 }
        return content.lowerBound..<end
    }

    private func run(of character: UInt8, in range: Range<Int>) -> Int {
        let end = range.first { source[$0] != character } ?? range.upperBound
        return end - range.lowerBound
    }
}
