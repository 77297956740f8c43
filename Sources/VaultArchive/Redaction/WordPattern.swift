import VaultCrypto

/// Words that are looked for in a folded text.
///
/// 1. Case, the form of Unicode and letters that look alike make no difference (`FoldedText`).
/// 2. Between two words there may be nothing, or up to 24 characters that are neither letters nor
///    digits, and tags and the addresses of links: `Project-Falcon`, `ProjectFalcon`,
///    `[Project](x) **Falcon**`, and a line of a quoted mail that begins with `>`.
/// 3. Within a word there may be what nobody sees, emphasis, tags, and a hyphen at the end of a
///    line. Words may be spaced: `F a l c o n`.
/// 4. What is a part of a longer word is not matched, where the script puts something between words
///    (`FoldedText.Kind`). A digit beside a letter, and a letter of such a script beside one of
///    another, are the beginning and the end of a word.
struct WordPattern: Sendable {
    /// Which capitals a match needs.
    enum Casing: Sendable {
        case any
        /// A capital at the beginning, unless the text is nothing else.
        case capital
    }

    private var tokens: [UInt32]
    private let first: FoldedText.Kind
    private let last: FoldedText.Kind
    var casing = Casing.any
    /// What may stand between two words: how many characters.
    var gaps = 0...24
    /// Folded endings that may stand behind the last word.
    var endings: [[UInt32]] = []

    /// Between two words.
    private static let blank = UInt32.max

    /// - Parameter text: The words; a hyphen or a `_` in them is as good as a blank.
    /// - Throws: `badInput` for words that are none.
    init(_ text: String) throws(VaultError) {
        let elements = FoldedText(TextScalar.all(of: text)).elements
        var tokens: [UInt32] = []
        for element in elements where element.kind != .hidden || element.value == 0x5F {
            let isBlank = element.kind == .space || [0x2D, 0x5F].contains(element.value)
            if !isBlank {
                tokens.append(element.value)
            } else if let last = tokens.last, last != Self.blank {
                tokens.append(Self.blank)
            }
        }
        if tokens.last == Self.blank { tokens.removeLast() }
        let solid = elements.filter { ![.hidden, .space].contains($0.kind) }
        guard !tokens.isEmpty, let first = solid.first, let last = solid.last else {
            throw VaultError(
                .badInput, "the words to look for have no letter, digit or sign in them.")
        }
        self.tokens = tokens
        self.first = first.kind
        self.last = last.kind == .mark ? Self.base(of: solid) : last.kind
    }

    /// What the letter is that the marks at the end belong to.
    private static func base(of elements: [FoldedText.Element]) -> FoldedText.Kind {
        elements.last { $0.kind != .mark }?.kind ?? .mark
    }

    // MARK: Searching

    /// What a match begins with.
    var firstValue: UInt32 { tokens[0] }

    /// The match that begins at a place, if one does.
    ///
    /// - Parameters:
    ///   - elements: The text.
    ///   - place: An index where `firstValue` stands.
    /// - Returns: A range of offsets in the UTF-8 of what was folded.
    func range(in elements: [FoldedText.Element], at place: Int) -> Range<Int32>? {
        guard let end = match(elements, at: place) else { return nil }
        let first = elements[place]
        return first.start..<max(elements[end - 1].end, first.end)
    }

    /// Where the words are, in ascending order.
    func ranges(in text: FoldedText) -> [Range<Int32>] {
        WordSet([self]).ranges(in: text, isFirstEnough: false)
    }

    /// Where a match that begins here ends.
    private func match(_ text: [FoldedText.Element], at start: Int) -> Int? {
        guard mayGoOn(text, at: start + 1), beginsWord(text, at: start) else { return nil }
        if let end = wholeWord(text, start, end(text, from: start, isSpaced: false)) { return end }
        guard start + 1 < text.count, [.space, .mark].contains(text[start + 1].kind) else {
            return nil
        }
        return wholeWord(text, start, end(text, from: start, isSpaced: true))
    }

    /// Whether the second letter may be here: most places are told apart by this.
    private func mayGoOn(_ text: [FoldedText.Element], at place: Int) -> Bool {
        guard tokens.count > 1, tokens[1] != Self.blank, place < text.count else { return true }
        switch text[place].kind {
        case .letter, .unspaced, .digit: return text[place].value == tokens[1]
        default: return true
        }
    }

    private func wholeWord(
        _ text: [FoldedText.Element], _ start: Int, _ end: Int?
    ) -> Int? {
        guard let end, let end = endOfWord(text, at: end) else { return nil }
        guard casing == .any || text[start].isCapital || isAll(text, start..<end) else {
            return nil
        }
        return end
    }

    private func isAll(_ text: [FoldedText.Element], _ range: Range<Int>) -> Bool {
        text[..<range.lowerBound].allSatisfy { $0.kind == .space || $0.kind == .hidden }
            && text[range.upperBound...].allSatisfy { $0.kind == .space || $0.kind == .hidden }
    }

    private func end(
        _ text: [FoldedText.Element], from start: Int, isSpaced: Bool
    ) -> Int? {
        var place = start
        for (index, token) in tokens.enumerated() {
            if token == Self.blank {
                guard let next = gap(text, at: place, before: tokens[index + 1]) else { return nil }
                place = next
                continue
            }
            if isSpaced, index > 0, tokens[index - 1] != Self.blank {
                // A mark stays with its letter.
                if place < text.count, text[place].kind == .space {
                    place += 1
                } else if place >= text.count || text[place].kind != .mark {
                    return nil
                }
            }
            while place < text.count, text[place].value != token {
                guard index > 0, let next = Markup.end(ofHidden: text, at: place) else {
                    return nil
                }
                place = next
            }
            guard place < text.count else { return nil }
            place += 1
        }
        return place
    }

    /// The end of what stands between two words; `nil` when it is too much or too little.
    private func gap(
        _ text: [FoldedText.Element], at start: Int, before next: UInt32
    ) -> Int? {
        var place = start
        var count = 0
        while place < text.count {
            if let end = Markup.end(ofTag: text, at: place) {
                place = end
                count = max(count, gaps.lowerBound)
                continue
            }
            let element = text[place]
            if [.letter, .unspaced, .mark, .digit, .gap].contains(element.kind) { break }
            if element.kind == .other, element.value == next { break }
            if element.kind != .hidden || element.value == 0x5F { count += 1 }
            place += 1
            guard count <= gaps.upperBound else { return nil }
        }
        return count >= gaps.lowerBound ? place : nil
    }

    // MARK: Where words begin and end

    private func beginsWord(_ text: [FoldedText.Element], at start: Int) -> Bool {
        guard first == .letter || first == .digit else { return true }
        guard let base = text[..<start].last(where: { $0.kind != .mark }) else { return true }
        return base.kind != .letter && (first == .letter || base.kind != .digit)
    }

    private func endsWord(
        _ text: [FoldedText.Element], at end: Int, _ last: FoldedText.Kind
    ) -> Bool {
        guard end < text.count else { return true }
        switch text[end].kind {
        case .mark: return last == .other
        case .letter: return last != .letter && last != .digit
        case .digit: return last != .digit
        default: return true
        }
    }

    /// Where the word ends, with an ending; `nil` when it goes on.
    private func endOfWord(_ text: [FoldedText.Element], at end: Int) -> Int? {
        if endsWord(text, at: end, last) { return end }
        for ending in endings {
            let place = end + ending.count
            if place <= text.count, text[end..<place].lazy.map(\.value).elementsEqual(ending),
                endsWord(text, at: place, .letter)
            {
                return place
            }
        }
        return nil
    }
}

/// What stands in a text and is not read.
private enum Markup {
    private static let longest = 300

    /// The end of a tag, or of the address of a link in Markdown, that begins here.
    static func end(ofTag text: [FoldedText.Element], at start: Int) -> Int? {
        let (open, close): (UInt32, UInt32)
        var place = start + 1
        guard place < text.count else { return nil }
        switch text[start].value {
        case UInt32(UInt8(ascii: "<")):
            guard text[place].kind == .letter || [0x2F, 0x21].contains(text[place].value) else {
                return nil
            }
            (open, close) = (0x3C, 0x3E)
        case UInt32(UInt8(ascii: "]")):
            guard text[place].value == 0x28 else { return nil }
            (open, close) = (0x0A, 0x29)
        default: return nil
        }
        let limit = min(text.count, start + longest)
        while place < limit, text[place].value != open {
            if text[place].value == close { return place + 1 }
            place += 1
        }
        return nil
    }

    /// The end of what may stand within a word.
    static func end(ofHidden text: [FoldedText.Element], at start: Int) -> Int? {
        if text[start].kind == .hidden { return start + 1 }
        if text[start].value == 0x2D || text[start].value == 0xAD {
            return end(ofHyphen: text, at: start)
        }
        return end(ofTag: text, at: start)
    }

    /// The beginning of the line below, behind the marks of a quoted mail.
    private static func end(ofHyphen text: [FoldedText.Element], at start: Int) -> Int? {
        var place = start + 1
        var hasLineEnd = false
        while place < text.count, text[place].kind == .space || hasLineEnd && isQuote(text[place]) {
            if text[place].value == 0x0A { hasLineEnd = true }
            place += 1
        }
        return hasLineEnd ? place : nil
    }

    private static func isQuote(_ element: FoldedText.Element) -> Bool { element.value == 0x3E }
}
