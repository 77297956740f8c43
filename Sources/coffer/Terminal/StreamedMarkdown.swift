/// Markdown as it arrives, for a terminal: every letter is shown at once, wrapped at words.
///
/// What decides how a line looks (`#`, `-`, a fence) is held back until it is known, which takes a
/// few letters; so is a run of `*`, `_` or `` ` `` until the next letter. A word that turns out too
/// long for its line is taken back and put on the next. Emphasis that is never closed ends with its
/// paragraph. Links and tables stay as they are written. Nothing in a text can act on the terminal.
struct StreamedMarkdown {
    private enum Block: Equatable {
        case text, code(fence: Character, count: Int), table
    }

    private struct Looks: Equatable {
        var isBold = false
        var isItalic = false
        var isCode = false
        var isHeading = false
        var isDim = false

        /// Select Graphic Rendition (ECMA-48, 8.3.117).
        var sequence: String {
            var codes = ["0"]
            if isBold || isHeading { codes.append("1") }
            if isDim { codes.append("2") }
            if isItalic { codes.append("3") }
            if isCode { codes.append("36") }
            return "\u{1B}[\(codes.joined(separator: ";"))m"
        }
    }

    private let width: Int
    private var output = ""
    private var block = Block.text
    /// The beginning of a line whose kind is not known yet.
    private var start: String? = ""
    /// A run of signs that may be emphasis, or a backslash.
    private var run = ""
    private var previous: Character = "\n"
    private var codeTicks = 0
    private var looks = Looks()
    private var shown = Looks()
    private var column = 0
    /// Where lines of this paragraph begin, and what stands before that.
    private var indent = ""
    /// What was written of the current word, and how many columns it has.
    private var word = ""
    private var wordColumns = 0

    /// - Parameter width: The terminal's columns.
    init(width: Int) {
        // The last column stays free: what a terminal does behind it differs.
        self.width = max(20, width - 1)
    }

    /// Takes more of the text.
    ///
    /// - Parameter delta: Any piece of it.
    /// - Returns: What the terminal is sent.
    mutating func take(_ delta: String) -> String {
        for character in delta { take(character) }
        defer { output = "" }
        return output
    }

    /// Ends the text: shows what is held, ends the line, and sets the terminal back.
    mutating func finish() -> String {
        if let held = start, !isFence(held) { flushStart(held) }
        endRun(before: "\n")
        if shown != Looks() { output += "\u{1B}[0m" }
        if column > 0 { output += "\n" }
        defer { self = StreamedMarkdown(width: width + 1) }
        return output
    }

    private mutating func take(_ character: Character) {
        if character == "\r" { return }
        if character.isNewline { return endLine() }
        if let held = start { return decide(held + String(character)) }
        inline(character)
    }

    // MARK: Lines

    private mutating func endLine() {
        if let held = start {
            if isFence(held) { return fence(held) }
            if Self.isRule(held) {
                put(String(repeating: "─", count: min(width, 40)))
            } else {
                flushStart(held)
            }
        }
        endRun(before: "\n")
        if block == .table { block = .text }
        let isBlank = previous == "\n"
        if block == .text {
            // An empty line ends the paragraph, and so does a heading's end.
            if isBlank || looks.isHeading { looks = Looks() }
            if isBlank { codeTicks = 0 }
        }
        newLine()
        indent = ""
        start = ""
        previous = "\n"
    }

    private mutating func newLine() {
        if shown != Looks() {
            output += "\u{1B}[0m"
            shown = Looks()
        }
        output += "\n"
        column = 0
        word = ""
        wordColumns = 0
    }

    /// Decides what a line is, as soon as its beginning tells.
    private mutating func decide(_ held: String) {
        if case .code(let fence, _) = block {
            if held.allSatisfy({ $0 == fence || $0 == " " }) { return start = held }
            return flushStart(held)
        }
        let text = held.drop { $0 == " " }
        let blanks = String(repeating: " ", count: held.count - text.count)
        guard let first = text.first else { return start = held }
        switch first {
        case "#":
            let level = text.prefix { $0 == "#" }.count
            if level <= 6, text.count == level { return start = held }
            guard level <= 6, text.dropFirst(level).first == " " else { break }
            looks.isHeading = true
            return start = nil
        case "-", "*", "+":
            if text.allSatisfy({ $0 == first }) { return start = held }
            guard text.dropFirst().first == " " else { break }
            return begin(blanks + "• ", String(text.dropFirst(2)))
        case "0"..."9":
            let digits = text.prefix { $0.isASCII && $0.isNumber }
            let rest = text.dropFirst(digits.count)
            if digits.count < 10, rest.isEmpty || rest == "." || rest == ")" {
                return start = held
            }
            guard digits.count < 10, rest.hasPrefix(". ") || rest.hasPrefix(") ") else { break }
            return begin(blanks + digits + rest.prefix(2), String(rest.dropFirst(2)))
        case ">":
            looks.isDim = true
            if text.count == 1 { return start = held }
            let rest = text.dropFirst()
            return begin(
                "│ ", String(rest.first == " " ? rest.dropFirst() : rest), isRepeated: true)
        case "`", "~":
            if text.count < 3 ? text.allSatisfy({ $0 == first }) : isFence(held) {
                return start = held
            }
        case "|":
            block = .table
        default: break
        }
        flushStart(held)
    }

    private static func isRule(_ line: String) -> Bool {
        let signs = line.filter { $0 != " " }
        guard let first = signs.first, "-*_".contains(first) else { return false }
        return signs.count >= 3 && signs.allSatisfy { $0 == first }
    }

    private func isFence(_ line: String) -> Bool {
        let text = line.drop { $0 == " " }
        guard let first = text.first, first == "`" || first == "~" else { return false }
        let count = text.prefix { $0 == first }.count
        if case .code(let fence, let open) = block {
            return first == fence && count >= open
                && text.dropFirst(count).allSatisfy { $0 == " " }
        }
        return count >= 3 && !text.dropFirst(count).contains("`")
    }

    /// Begins or ends a block of code; the fence itself is not shown.
    private mutating func fence(_ line: String) {
        let text = line.drop { $0 == " " }
        if case .code = block {
            block = .text
            looks = Looks()
        } else if let first = text.first {
            block = .code(fence: first, count: text.prefix { $0 == first }.count)
        }
        start = ""
        previous = "\n"
    }

    /// Begins a line that has a mark in front, under which the text is indented.
    private mutating func begin(_ mark: String, _ rest: String, isRepeated: Bool = false) {
        start = nil
        put(mark)
        indent = isRepeated ? mark : String(repeating: " ", count: mark.count)
        word = ""
        wordColumns = 0
        previous = " "
        for character in rest { inline(character) }
    }

    private mutating func flushStart(_ held: String) {
        start = nil
        if case .code = block { put("    ") }
        for character in held { inline(character) }
    }

    // MARK: Within a line

    private mutating func inline(_ character: Character) {
        guard block == .text else { return write(character) }
        if !run.isEmpty {
            if run == "\\" {
                run = ""
                if !(character.isPunctuation || character.isSymbol) { write("\\") }
                return write(character)
            }
            if run.first == character { return run.append(character) }
            endRun(before: character)
        }
        let isSign = codeTicks > 0 ? character == "`" : "*_`\\".contains(character)
        if isSign { run = String(character) } else { write(character) }
    }

    /// Finds out what a run of signs was, now that the next character is known.
    private mutating func endRun(before next: Character) {
        guard let sign = run.first else { return }
        let count = run.count
        defer { run = "" }
        if sign == "`" {
            if codeTicks == 0 {
                (codeTicks, looks.isCode) = (count, true)
            } else if codeTicks == count {
                (codeTicks, looks.isCode) = (0, false)
            } else {
                for _ in 0..<count { write("`") }
            }
            return
        }
        if sign != "\\", count <= 3, isEmphasis(sign, count, next) {
            if count != 1 { looks.isBold.toggle() }
            if count != 2 { looks.isItalic.toggle() }
            return
        }
        for _ in 0..<count { write(sign) }
    }

    private func isEmphasis(_ sign: Character, _ count: Int, _ next: Character) -> Bool {
        let isOpen = count == 2 ? looks.isBold : looks.isItalic
        let isInWord =
            (previous.isLetter || previous.isNumber) && (next.isLetter || next.isNumber)
        if sign == "_", isInWord { return false }
        return isOpen ? !previous.isWhitespace : !next.isWhitespace
    }

    // MARK: Columns

    private mutating func write(_ character: Character) {
        previous = character
        if character == "\t" {
            for _ in 0..<4 { put(" ") }
            return
        }
        for shown in Printable.block(String(character)) { place(shown) }
    }

    private mutating func put(_ text: String) { for character in text { place(character) } }

    private mutating func place(_ character: Character) {
        let columns = Columns.count(character)
        let wraps = block == .text
        if wraps, column + columns > width {
            if character == " " { return breakLine() }
            takeWordDown()
        }
        if looks != shown {
            output += looks.sequence
            if wordColumns > 0 { word += looks.sequence }
            shown = looks
        }
        output.append(character)
        column += columns
        if character == " " {
            word = ""
            wordColumns = 0
        } else {
            if wordColumns == 0 { word = looks == Looks() ? "" : looks.sequence }
            word.append(character)
            wordColumns += columns
        }
    }

    private mutating func breakLine() {
        newLine()
        output += indent
        column = indent.count
    }

    /// Puts the word that has no room on the next line; one as long as a line is cut.
    private mutating func takeWordDown() {
        let (taken, columns) = (word, wordColumns)
        guard columns > 0, columns < width - indent.count else { return breakLine() }
        output += "\u{1B}[\(columns)D\u{1B}[K"
        let after = shown
        breakLine()
        output += taken
        shown = after
        word = taken
        wordColumns = columns
        column += columns
    }
}
