import Vault

/// A snippet laid out in lines with its matches marked.
///
/// Marks are put in after wrapping, so that their escape sequences take no columns; brackets, which
/// do, are put in before.
struct MarkedText {
    private var pieces: [(character: Character, isMatch: Bool)] = []

    init(_ snippet: Snippet) {
        var offset = 0
        var matches = snippet.matches[...]
        for character in snippet.text {
            while let first = matches.first, first.upperBound <= offset { matches.removeFirst() }
            let isMatch = matches.first.map { $0.contains(offset) } ?? false
            for shown in Printable.line(String(character)) { append(shown, isMatch) }
            offset += character.utf8.count
        }
        if !Style.isOn, pieces.last?.isMatch == true { pieces.append(("]", false)) }
    }

    private mutating func append(_ character: Character, _ isMatch: Bool) {
        let wasMatch = pieces.last?.isMatch ?? false
        if !Style.isOn, wasMatch != isMatch { pieces.append((isMatch ? "[" : "]", isMatch)) }
        pieces.append((character, isMatch))
    }

    /// The lines, none wider than `width`.
    func lines(width: Int, indent: String) -> [String] {
        var lines: [String] = []
        var rest = pieces[...]
        while !rest.isEmpty {
            let end = lineEnd(of: rest, room: max(10, width - indent.count))
            lines.append(indent + marked(rest[..<end]))
            rest = rest[end...].drop { $0.character == " " }
        }
        return lines
    }

    /// Where the line ends: at the last blank that fits, or after as many characters as fit.
    private func lineEnd(
        of pieces: ArraySlice<(character: Character, isMatch: Bool)>, room: Int
    ) -> Int {
        var used = 0
        var blank: Int?
        for index in pieces.indices {
            used += Columns.count(pieces[index].character)
            if used > room { return max(blank ?? index, pieces.startIndex + 1) }
            if pieces[index].character == " " { blank = index }
        }
        return pieces.endIndex
    }

    private func marked(
        _ pieces: ArraySlice<(character: Character, isMatch: Bool)>
    ) -> String {
        guard Style.isOn else { return String(pieces.map(\.character)) }
        var text = ""
        var rest = pieces
        while let first = rest.first {
            let run = rest.prefix { $0.isMatch == first.isMatch }
            let plain = String(run.map(\.character))
            text += first.isMatch ? Style.bold(plain) : plain
            rest = rest[run.endIndex...]
        }
        return text
    }
}
