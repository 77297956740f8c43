import JSONText

/// Renders what stands inside one paragraph, heading or cell: emphasis, code, links, line breaks.
///
/// Emphasis follows CommonMark 0.31's delimiter stack. Links open only `http`, `https` and `mailto`
/// addresses; images become links, because a page never loads anything from elsewhere.
struct MarkdownInline {
    private let source: [UInt8]
    private let isInLink: Bool
    private var tokens: [Token] = []
    /// The start of plain text that is not yet a token.
    private var plain = 0
    /// For each run length of backticks, that no closing run of it follows.
    private var unclosed: Set<Int> = []
    /// The position of the bracket that closes the one at each key.
    private var brackets: [Int: Int] = [:]

    /// A piece of output, in order.
    enum Token {
        case text(Range<Int>)
        case code(Range<Int>)
        case lineBreak
        /// An address and the label's own tokens, rendered.
        case link(address: [UInt8], label: HTMLBuffer, isNamed: Bool)
        case delimiter(Delimiter)
    }

    /// A run of `*`, `_` or `~` and the elements that open and close there.
    struct Delimiter {
        let character: UInt8
        let range: Range<Int>
        let canOpen: Bool
        let canClose: Bool
        /// Characters of the run that are not yet part of an element.
        var remaining: Int
        /// Elements that end here, in order of output, before any text that remains.
        var closing: [Element] = []
        /// Elements that begin here, outermost last, after any text that remains.
        var opening: [Element] = []
    }

    enum Element { case emphasis, strong, strike }

    /// Appends the rendering of one run of inline text.
    static func render(_ source: [UInt8], isInLink: Bool = false, into html: inout HTMLBuffer) {
        var inline = MarkdownInline(source: source, isInLink: isInLink)
        if !isInLink { inline.matchBrackets() }
        inline.scan()
        inline.resolveEmphasis()
        inline.write(into: &html)
    }

    private init(source: [UInt8], isInLink: Bool) {
        self.source = source
        self.isInLink = isInLink
    }

    private func byte(_ index: Int) -> UInt8 { index < source.count ? source[index] : 0 }

    // MARK: Scanning

    private mutating func scan() {
        var position = endOfPlain(from: 0)
        while position < source.count {
            let next: Int? =
                switch source[position] {
                case UInt8(ascii: "\\"): backslash(position)
                case UInt8(ascii: "`"): codeSpan(position)
                case UInt8(ascii: "\n"): lineBreak(position)
                case UInt8(ascii: "*"), UInt8(ascii: "_"), UInt8(ascii: "~"): delimiter(position)
                case UInt8(ascii: "["): link(position, bracket: position)
                case UInt8(ascii: "!"): link(position, bracket: position + 1)
                case UInt8(ascii: "<"): angleLink(position)
                case UInt8(ascii: "h"): bareLink(position)
                default: nil
                }
            position = endOfPlain(from: next ?? position + 1)
        }
        flush(upTo: source.count)
    }

    /// The next byte that `scan` has to look at; most are of words.
    private func endOfPlain(from start: Int) -> Int {
        unsafe source.withUnsafeBufferPointer { bytes in
            unsafe ByteRun.end(in: bytes, from: start) { word in
                let breaks = ByteRun.equal(word, UInt8(ascii: "\\")) | ByteRun.equal(word, 0x0A)
                let spans =
                    ByteRun.equal(word, UInt8(ascii: "`")) | ByteRun.equal(word, UInt8(ascii: "*"))
                    | ByteRun.equal(word, UInt8(ascii: "_"))
                    | ByteRun.equal(word, UInt8(ascii: "~"))
                let links =
                    ByteRun.equal(word, UInt8(ascii: "[")) | ByteRun.equal(word, UInt8(ascii: "!"))
                    | ByteRun.equal(word, UInt8(ascii: "<"))
                    | ByteRun.equal(word, UInt8(ascii: "h"))
                return breaks | spans | links
            }
        }
    }

    private mutating func flush(upTo end: Int) {
        if plain < end { tokens.append(.text(plain..<end)) }
        plain = end
    }

    private mutating func add(_ token: Token, from start: Int, to end: Int) -> Int {
        flush(upTo: start)
        tokens.append(token)
        plain = end
        return end
    }

    private mutating func backslash(_ position: Int) -> Int? {
        let next = byte(position + 1)
        if next == 0x0A { return add(.lineBreak, from: position, to: position + 2) }
        guard Self.isPunctuation(next) else { return nil }
        flush(upTo: position)
        plain = position + 1
        return position + 2
    }

    private mutating func lineBreak(_ position: Int) -> Int {
        // In a chat a line end is meant: it is kept as one.
        add(.lineBreak, from: position, to: position + 1)
    }

    private mutating func codeSpan(_ position: Int) -> Int? {
        let count = run(at: position)
        let start = position + count
        guard let end = closingBackticks(count, from: start) else { return start }
        var content = start..<end
        if content.count > 2, byte(start) == 0x20, byte(end - 1) == 0x20 {
            content = start + 1..<end - 1
        }
        return add(.code(content), from: position, to: end + count)
    }

    private mutating func closingBackticks(_ count: Int, from start: Int) -> Int? {
        if unclosed.contains(count) { return nil }
        var position = start
        while position < source.count {
            guard source[position] == UInt8(ascii: "`") else {
                position += 1
                continue
            }
            let length = run(at: position)
            if length == count { return position }
            position += length
        }
        unclosed.insert(count)
        return nil
    }

    private func run(at position: Int) -> Int {
        var end = position
        while end < source.count, source[end] == source[position] { end += 1 }
        return end - position
    }

    private mutating func delimiter(_ position: Int) -> Int? {
        let count = run(at: position)
        let character = source[position]
        if character == UInt8(ascii: "~"), count != 2 { return position + count }
        let end = position + count
        let before = scalar(endingAt: position)
        let after = scalar(at: end)
        let left = !isSpace(after) && (!isMark(after) || isSpace(before) || isMark(before))
        let right = !isSpace(before) && (!isMark(before) || isSpace(after) || isMark(after))
        let isWordwise = character == UInt8(ascii: "_")
        let run = Delimiter(
            character: character, range: position..<end,
            canOpen: left && (!isWordwise || !right || isMark(before)),
            canClose: right && (!isWordwise || !left || isMark(after)), remaining: count)
        return add(.delimiter(run), from: position, to: end)
    }

    // MARK: Links

    /// Pairs `[` with `]` in one pass, so that no bracket is searched for twice.
    private mutating func matchBrackets() {
        let first = unsafe source.withUnsafeBufferPointer { bytes in
            unsafe ByteRun.end(in: bytes, from: 0) { ByteRun.equal($0, UInt8(ascii: "[")) }
        }
        guard first < source.count else { return }
        var open: [Int] = []
        var position = 0
        while position < source.count {
            switch source[position] {
            case UInt8(ascii: "\\"): position += 1
            case UInt8(ascii: "["): open.append(position)
            case UInt8(ascii: "]"): if let start = open.popLast() { brackets[start] = position }
            default: break
            }
            position += 1
        }
    }

    private mutating func link(_ start: Int, bracket: Int) -> Int? {
        guard !isInLink, byte(bracket) == UInt8(ascii: "["), let close = brackets[bracket],
            byte(close + 1) == UInt8(ascii: "("), let target = target(from: close + 2)
        else { return nil }
        var label = HTMLBuffer()
        let text = Array(source[bracket + 1..<close])
        MarkdownInline.render(text, isInLink: true, into: &label)
        if start != bracket { label.markup(" <span class=\"note\">(image)</span>") }
        return add(
            .link(address: target.address, label: label, isNamed: true), from: start, to: target.end
        )
    }

    /// Reads an address and what closes it.
    ///
    /// A title in quotes may follow and is dropped; more than 2,000 bytes are text.
    private func target(from start: Int) -> (address: [UInt8], end: Int)? {
        var position = start
        var depth = 0
        while position < source.count, position - start < 2000 {
            switch source[position] {
            case UInt8(ascii: "("):
                depth += 1
                // Every link begins with one of these: the bound keeps failed links short.
                if depth > 32 { return nil }
            case UInt8(ascii: ")"):
                if depth == 0 { return finishTarget(start..<position) }
                depth -= 1
            case 0x0A: return nil
            default: break
            }
            position += 1
        }
        return nil
    }

    private func finishTarget(_ range: Range<Int>) -> (address: [UInt8], end: Int)? {
        let pieces = source[range].split(separator: 0x20, maxSplits: 1)
        guard var address = pieces.first else { return nil }
        if pieces.count == 2 {
            let quotes: [UInt8?] = [UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "(")]
            guard quotes.contains(pieces[1].first) else { return nil }
        }
        if address.first == UInt8(ascii: "<"), address.last == UInt8(ascii: ">"), address.count > 1
        {
            address = address.dropFirst().dropLast()
        }
        guard Self.isSafe(address) else { return nil }
        return (Array(address), range.upperBound + 1)
    }

    private mutating func angleLink(_ position: Int) -> Int? {
        guard !isInLink else { return nil }
        var end = position + 1
        while end < source.count, end - position < 2000, source[end] > 0x20,
            source[end] != UInt8(ascii: "<"), source[end] != UInt8(ascii: ">")
        {
            end += 1
        }
        let address = source[position + 1..<end]
        guard byte(end) == UInt8(ascii: ">"), Self.isSafe(address) else { return nil }
        return addLink(address, from: position, to: end + 1)
    }

    private mutating func bareLink(_ position: Int) -> Int? {
        // Many words have this letter.
        guard byte(position + 1) == UInt8(ascii: "t"), !isInLink,
            source[position...].starts(with: "http".utf8),
            Self.isSafe(source[position...].prefix(12)),
            position == 0 || !Self.isWord(source[position - 1])
        else { return nil }
        var end = position
        while end < source.count, end - position < 2000, source[end] > 0x20,
            !"<>\"`|".utf8.contains(source[end])
        {
            end += 1
        }
        // An address cut at the limit could end inside a character.
        guard end - position < 2000 else { return nil }
        end -= trailing(source[position..<end])
        guard end - position > 8 else { return nil }
        return addLink(source[position..<end], from: position, to: end)
    }

    /// Punctuation at the end of an address that belongs to the sentence around it.
    private func trailing(_ address: ArraySlice<UInt8>) -> Int {
        var rest = address
        let opened = rest.count { $0 == UInt8(ascii: "(") }
        var closed = rest.count { $0 == UInt8(ascii: ")") }
        while let last = rest.last, ".,;:!?'*_~)]".utf8.contains(last) {
            if last == UInt8(ascii: ")") {
                if closed <= opened { break }
                closed -= 1
            }
            rest = rest.dropLast()
        }
        return address.count - rest.count
    }

    private mutating func addLink(_ address: ArraySlice<UInt8>, from start: Int, to end: Int) -> Int
    {
        var label = HTMLBuffer()
        label.text(address)
        return add(
            .link(address: Array(address), label: label, isNamed: false), from: start, to: end)
    }

    /// Whether an address opens a web page or a letter, and nothing else.
    static func isSafe(_ address: some Collection<UInt8>) -> Bool {
        guard address.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return false }
        let lower = address.prefix(8).map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }
        return ["http://", "https://", "mailto:"].contains { lower.starts(with: $0.utf8) }
    }

    // MARK: Emphasis

    /// CommonMark, "process emphasis": pairs each closing run with the nearest run that opens.
    private mutating func resolveEmphasis() {
        var openers: [Int] = []
        for index in tokens.indices {
            guard case .delimiter(let run) = tokens[index] else { continue }
            if run.canClose { close(index, &openers) }
            guard case .delimiter(let left) = tokens[index] else { continue }
            // The stack is bounded, so that a paragraph of asterisks stays linear.
            if left.canOpen, left.remaining > 0, openers.count < 64 { openers.append(index) }
        }
    }

    private mutating func close(_ index: Int, _ openers: inout [Int]) {
        while case .delimiter(var closer) = tokens[index], closer.remaining > 0,
            let place = openers.lastIndex(where: { matches($0, closer) }),
            case .delimiter(var opener) = tokens[openers[place]]
        {
            let isStrike = closer.character == UInt8(ascii: "~")
            let size = min(opener.remaining, closer.remaining) >= 2 ? 2 : 1
            let element: Element = isStrike ? .strike : size == 2 ? .strong : .emphasis
            opener.remaining -= size
            closer.remaining -= size
            opener.opening.append(element)
            closer.closing.append(element)
            tokens[openers[place]] = .delimiter(opener)
            tokens[index] = .delimiter(closer)
            openers.removeSubrange(opener.remaining > 0 ? (place + 1)... : place...)
        }
    }

    private func matches(_ index: Int, _ closer: Delimiter) -> Bool {
        guard case .delimiter(let opener) = tokens[index], opener.character == closer.character
        else { return false }
        // The rule of three: `*a**b*` must not pair a run that both opens and closes wrongly.
        guard opener.canClose || closer.canOpen else { return true }
        let sum = opener.range.count + closer.range.count
        return sum % 3 != 0 || (opener.range.count % 3 == 0 && closer.range.count % 3 == 0)
    }

    // MARK: Output

    private func write(into html: inout HTMLBuffer) {
        for token in tokens {
            switch token {
            case .text(let range): html.text(source[range])
            case .code(let range):
                html.markup("<code>")
                html.text(source[range])
                html.markup("</code>")
            case .lineBreak: html.markup("<br>\n")
            case .link(let address, let label, let isNamed):
                // On paper the address of a named link is printed behind it.
                html.markup(isNamed ? "<a class=\"named\" href=\"" : "<a href=\"")
                html.text(address[...])
                html.markup("\" rel=\"noopener noreferrer nofollow\">")
                html.append(label)
                html.markup("</a>")
            case .delimiter(let run): write(run, into: &html)
            }
        }
    }

    private func write(_ run: Delimiter, into html: inout HTMLBuffer) {
        for element in run.closing {
            switch element {
            case .emphasis: html.markup("</em>")
            case .strong: html.markup("</strong>")
            case .strike: html.markup("</del>")
            }
        }
        html.text(source[run.range].prefix(run.remaining))
        for element in run.opening.reversed() {
            switch element {
            case .emphasis: html.markup("<em>")
            case .strong: html.markup("<strong>")
            case .strike: html.markup("<del>")
            }
        }
    }

    // MARK: Characters

    private static func isWord(_ byte: UInt8) -> Bool {
        byte >= 0x80 || byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26
    }

    private static func isPunctuation(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && !isWord(byte)
    }

    /// The scalar that begins at a position; a blank outside the text.
    private func scalar(at position: Int) -> Unicode.Scalar {
        guard position < source.count else { return " " }
        var iterator = source[position...].prefix(4).makeIterator()
        var decoder = UTF8()
        if case .scalarValue(let scalar) = decoder.decode(&iterator) { return scalar }
        return "\u{FFFD}"
    }

    private func scalar(endingAt end: Int) -> Unicode.Scalar {
        guard end > 0 else { return " " }
        var start = end - 1
        while start > 0, source[start] & 0xC0 == 0x80 { start -= 1 }
        return scalar(at: start)
    }

    private func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

    private func isMark(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return Self.isPunctuation(UInt8(scalar.value)) }
        return switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
            .initialPunctuation, .finalPunctuation, .otherPunctuation, .mathSymbol,
            .currencySymbol, .modifierSymbol, .otherSymbol:
            true
        default: false
        }
    }
}
