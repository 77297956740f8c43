/// Markdown as it arrives, for a terminal: every letter is shown at once, wrapped at words.
///
/// What decides how a line looks (`#`, `-`, a fence) is held back until it is known, which takes a
/// few letters; so is a run of `*`, `_` or `` ` `` until the next letter. A word that turns out too
/// long for its line is taken back and put on the next. Emphasis that is never closed ends with its
/// paragraph. The words behind a fence are dimmed. Links and tables stay as they are written.
/// Nothing in a text can act on the terminal. Where styles are not wanted the text is laid out the
/// same, without bold and colours.
///
/// A text may be made to keep this busy: what is held is bounded, a letter costs the same whatever
/// came before it, and what is written is a small multiple of the text.
struct StreamedMarkdown {
    private enum Block: Equatable {
        case text, code(LineStart.Fence), table
    }

    private struct Run {
        var sign: Character
        var count: Int
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
    private let isStyled: Bool
    private var output = ""
    private var block = Block.text
    /// The beginning of a line whose kind is not known yet.
    private var start: LineStart? = LineStart()
    /// A run of signs that may be emphasis, or a backslash.
    private var run: Run?
    /// The sign of a run that is too long to mean anything, while it goes on.
    private var literal: Character?
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

    /// A longer run of `` ` `` is text.
    private static let longestTicks = 64
    /// A word of more bytes, which marks without columns make, is taken back in part.
    private static let longestWord = 2048

    /// What is held back, and kept to be taken back, in bytes.
    var heldBytes: Int { (start?.text.utf8.count ?? 0) + (run?.count ?? 0) + word.utf8.count }

    /// - Parameters:
    ///   - width: The terminal's columns.
    ///   - isStyled: Whether what Markdown marks is bold, italic, dim or coloured.
    init(width: Int, isStyled: Bool = true) {
        // The last column stays free: what a terminal does behind it differs.
        self.width = max(20, width - 1)
        self.isStyled = isStyled
    }

    /// How the next character is to look.
    private var wanted: Looks { isStyled ? looks : Looks() }

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
        if let beginning = start {
            switch beginning.whole {
            case .closing, .opening(_, words: ""): break
            default: flush(beginning)
            }
        }
        endRun(before: "\n")
        if shown != Looks() { output += "\u{1B}[0m" }
        if column > 0 { output += "\n" }
        defer { self = StreamedMarkdown(width: width + 1, isStyled: isStyled) }
        return output
    }

    private mutating func take(_ character: Character) {
        if character == "\r" { return }
        if character.isNewline { return endLine() }
        guard let kind = start?.take(character) else { return inline(character) }
        if kind != .unknown, let beginning = start { begin(kind, beginning) }
    }

    // MARK: Lines

    private mutating func endLine() {
        if let beginning = start {
            switch beginning.whole {
            case .opening(let fence, let words): return open(fence, words)
            case .closing: return close()
            case .rule: put(String(repeating: "─", count: min(width, 40)))
            case .quote: quote("")
            case .text: flush(beginning)
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
        beginLine()
    }

    private mutating func beginLine() {
        indent = ""
        previous = "\n"
        let fence: LineStart.Fence? = if case .code(let fence) = block { fence } else { nil }
        start = LineStart(in: fence)
    }

    private mutating func newLine() {
        if shown != Looks() {
            output += "\u{1B}[0m"
            shown = Looks()
        }
        output += "\n"
        column = 0
        endWord()
    }

    private mutating func endWord() {
        word = ""
        wordColumns = 0
    }

    /// Begins a line whose beginning tells what it is.
    private mutating func begin(_ kind: LineStart.Kind, _ beginning: LineStart) {
        start = nil
        let text = beginning.text.dropFirst(beginning.blanks)
        switch kind {
        case .unknown: break
        case .text: flush(beginning)
        case .heading: looks.isHeading = true
        case .bullet: item("• ", beginning.blanks)
        case .number: item(String(text), beginning.blanks)
        case .quote: quote(text.dropFirst())
        case .table:
            block = .table
            flush(beginning)
        }
    }

    /// Begins a block of code; of its fence only the words are shown.
    private mutating func open(_ fence: LineStart.Fence, _ words: String) {
        if !words.isEmpty {
            looks = Looks(isDim: true)
            for character in words { write(character) }
            newLine()
        }
        looks = Looks()
        codeTicks = 0
        block = .code(fence)
        beginLine()
    }

    /// Ends a block of code; its fence is not shown.
    private mutating func close() {
        block = .text
        looks = Looks()
        beginLine()
    }

    /// Begins an item; however deep it is, half of the line is its text's.
    private mutating func item(_ sign: String, _ blanks: Int) {
        let room = max(0, width / 2 - sign.count)
        mark(String(repeating: " ", count: min(blanks, room)) + sign)
    }

    private mutating func quote(_ rest: Substring) {
        looks.isDim = true
        mark("│ ", isRepeated: true)
        for character in rest.first == " " ? rest.dropFirst() : rest { inline(character) }
    }

    /// Begins a line that has a mark in front, under which the text is indented.
    private mutating func mark(_ mark: String, isRepeated: Bool = false) {
        put(mark)
        indent = isRepeated ? mark : String(repeating: " ", count: min(mark.count, width / 2))
        endWord()
        previous = " "
    }

    /// Shows a beginning that means nothing.
    private mutating func flush(_ beginning: LineStart) {
        start = nil
        if case .code = block, !beginning.text.isEmpty { put("    ") }
        for character in beginning.text { inline(character) }
    }

    // MARK: Within a line

    private mutating func inline(_ character: Character) {
        guard block == .text else { return write(character) }
        if character == literal { return write(character) }
        literal = nil
        if let run {
            if run.sign == "\\" {
                self.run = nil
                if !(character.isPunctuation || character.isSymbol) { write("\\") }
                return write(character)
            }
            if run.sign == character { return lengthen(run) }
            endRun(before: character)
        }
        if isSign(character) { run = Run(sign: character, count: 1) } else { write(character) }
    }

    private func isSign(_ character: Character) -> Bool {
        switch character {
        case "`": true
        case "*", "_", "\\": codeTicks == 0
        default: false
        }
    }

    /// A run that is too long to mean anything is text, and so is what goes on with it.
    private mutating func lengthen(_ run: Run) {
        let longer = Run(sign: run.sign, count: run.count + 1)
        guard longer.count > (run.sign == "`" ? Self.longestTicks : 3) else {
            return self.run = longer
        }
        self.run = nil
        literal = run.sign
        for _ in 0..<longer.count { write(run.sign) }
    }

    /// Finds out what a run of signs was, now that the next character is known.
    private mutating func endRun(before next: Character) {
        literal = nil
        guard let run else { return }
        self.run = nil
        let (sign, count) = (run.sign, run.count)
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
        if sign != "\\", isEmphasis(sign, count, next) {
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
        if character == "\t" { return put("    ") }
        if let byte = character.asciiValue, byte >= 0x20, byte < 0x7F { return place(character) }
        for shown in Printable.block(String(character)) { place(shown) }
    }

    private mutating func put(_ text: String) { for character in text { place(character) } }

    private mutating func place(_ character: Character) {
        let columns = Columns.count(character)
        if block == .text, column + columns > width {
            if character == " " { return breakLine() }
            makeRoom(for: columns)
        }
        if wanted != shown {
            output += wanted.sequence
            if wordColumns > 0 { word += wanted.sequence }
            shown = wanted
        }
        output.append(character)
        column += columns
        if character == " " { endWord() } else { keep(character, columns) }
    }

    /// Remembers what may have to be taken back; code and tables are not wrapped.
    private mutating func keep(_ character: Character, _ columns: Int) {
        guard block == .text else { return }
        if wordColumns == 0 { word = wanted == Looks() ? "" : wanted.sequence }
        word.append(character)
        wordColumns += columns
        if word.utf8.count > Self.longestWord { endWord() }
    }

    private mutating func breakLine() {
        newLine()
        output += indent
        column = indent.count
    }

    /// Puts the word that has no room on the next line; one that has no room there, either, is cut.
    ///
    /// - Parameter next: How many columns the word's next character takes.
    private mutating func makeRoom(for next: Int) {
        let (taken, columns) = (word, wordColumns)
        guard columns > 0, column - columns > indent.count,
            columns + next <= width - indent.count
        else { return breakLine() }
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
