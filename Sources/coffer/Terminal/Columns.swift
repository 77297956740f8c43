/// How many columns text takes on a terminal.
///
/// East Asian wide and fullwidth characters (Unicode Standard Annex 11) and emoji take two, marks
/// that combine none.
enum Columns {
    static func count(_ text: some StringProtocol) -> Int {
        text.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
            ? text.utf8.count : text.reduce(0) { $0 + count($1) }
    }

    static func count(_ character: Character) -> Int {
        if character.isASCII { return character == "\r\n" ? 0 : 1 }
        var columns = 0
        for scalar in character.unicodeScalars {
            // The variation selector asks for the emoji's form of the character before it.
            if scalar.value == 0xFE0F || scalar.properties.isEmojiPresentation { return 2 }
            columns = max(columns, count(scalar))
        }
        return columns
    }

    private static func count(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: return isWide(scalar.value) ? 2 : 1
        }
    }

    private static func isWide(_ value: UInt32) -> Bool {
        guard value >= 0x1100 else { return false }
        return wide.contains { $0.contains(value) }
    }

    /// Blocks of wide and fullwidth characters; emoji are told by their property.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF,
        0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F,
        0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18D08, 0x1AFF0...0x1B2FB, 0x1D300...0x1D376,
        0x1F200...0x1F265, 0x20000...0x3FFFD,
    ]

    /// The text in exactly `width` columns: cut with `…`, or filled with blanks.
    static func fit(_ text: String, _ width: Int) -> String {
        let cut = clip(text, width)
        return cut + String(repeating: " ", count: max(0, width - count(cut)))
    }

    /// The text in at most `width` columns.
    static func clip(_ text: String, _ width: Int) -> String {
        guard count(text) > width else { return text }
        var kept = ""
        var used = 0
        for character in text {
            let columns = count(character)
            guard used + columns <= width - 1 else { break }
            kept.append(character)
            used += columns
        }
        while kept.last?.isWhitespace == true { kept.removeLast() }
        return kept + "…"
    }

    /// The text at the right of `width` columns.
    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - count(text))) + text
    }
}

/// Breaks lines between words.
enum Wrapping {
    /// A text's lines, none wider than `width`; lines that go on keep the indentation.
    static func lines(of text: String, width: Int, indent: String = "") -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
            wrap(indent + expanded(line), width: max(width, 20))
        }
    }

    private static func expanded(_ line: Substring) -> String {
        line.contains("\t") ? line.map { $0 == "\t" ? "    " : String($0) }.joined() : String(line)
    }

    private static func wrap(_ line: String, width: Int) -> [String] {
        guard Columns.count(line) > width else { return [trimmed(line)] }
        let indent = String(line.prefix { $0 == " " }.prefix(width / 2))
        var lines: [String] = []
        var current = indent
        var used = indent.count
        for word in line.dropFirst(indent.count).split(
            separator: " ", omittingEmptySubsequences: false)
        {
            let columns = Columns.count(word)
            if used > indent.count, used + columns > width {
                lines.append(trimmed(current))
                (current, used) = (indent, indent.count)
            }
            for character in word {
                let columns = Columns.count(character)
                if used + columns > width {
                    lines.append(current)
                    (current, used) = (indent, indent.count)
                }
                current.append(character)
                used += columns
            }
            if used < width {
                current.append(" ")
                used += 1
            }
        }
        return lines + [trimmed(current)]
    }

    private static func trimmed(_ line: String) -> String {
        guard line.last == " " else { return line }
        return String(line.reversed().drop { $0 == " " }.reversed())
    }
}
