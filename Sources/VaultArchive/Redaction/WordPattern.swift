import VaultCrypto

/// Words that are looked for in a folded text.
///
/// 1. Case, the form of Unicode and letters that look alike make no difference (`FoldedText`).
/// 2. Between two words there may be nothing, or up to 24 characters that are neither letters nor
///    digits, and tags and the addresses of links: `Project-Falcon`, `ProjectFalcon`,
///    `[Project](x) **Falcon**`, and a line of a quoted mail that begins with `>`.
/// 3. Within a word there may be what nobody sees, emphasis, tags, the addresses of links, a hyphen
///    at the end of a line, and marks that stand for themselves over its letters: `F̶a̶l̶c̶o̶n̶`
///    (`HiddenRuns`). Words may be spaced: `F a l c o n`.
/// 4. What is a part of a longer word is not matched, where the script puts something between words
///    (`FoldedText.Kind`). A digit beside a letter, and a letter of such a script beside one of
///    another, are the beginning and the end of a word.
struct WordPattern: Sendable {
    /// Which capitals a match needs.
    enum Casing: Sendable {
        case any
        /// A capital at the beginning, unless the text is nothing else, or an `@` before it.
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
    ///   - text: The text.
    ///   - place: An index where `firstValue` stands.
    /// - Returns: A range of offsets in the UTF-8 of what was folded.
    func range(in text: FoldedText, at place: Int) -> Range<Int32>? {
        guard let end = match(text, at: place) else { return nil }
        let first = text.elements[place]
        return first.start..<max(text.elements[end - 1].end, first.end)
    }

    /// Where the words are, in ascending order.
    func ranges(in text: FoldedText) -> [Range<Int32>] {
        WordSet([self]).ranges(in: text, isFirstEnough: false)
    }

    /// Where a match that begins here ends.
    private func match(_ text: FoldedText, at start: Int) -> Int? {
        let elements = text.elements
        guard mayGoOn(elements, at: start + 1), beginsWord(elements, at: start) else { return nil }
        if let end = wholeWord(text, start, end(text, from: start, isSpaced: false)) { return end }
        guard start + 1 < elements.count, [.space, .mark].contains(elements[start + 1].kind) else {
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

    private func wholeWord(_ text: FoldedText, _ start: Int, _ end: Int?) -> Int? {
        guard let end, let end = endOfWord(text, at: end) else { return nil }
        guard
            casing == .any || text.elements[start].isCapital || isMention(text, at: start)
                || text.hidden.isAll(start..<end)
        else { return nil }
        return end
    }

    /// Whether somebody is called by an `@`.
    private func isMention(_ text: FoldedText, at start: Int) -> Bool {
        start > 0 && text.elements[start - 1].value == 0x40
    }

    private func end(_ text: FoldedText, from start: Int, isSpaced: Bool) -> Int? {
        var place = start
        for (index, token) in tokens.enumerated() {
            if token == Self.blank {
                guard let next = gap(text, at: place, before: tokens[index + 1]) else { return nil }
                place = next
                continue
            }
            if isSpaced, index > 0, tokens[index - 1] != Self.blank {
                guard let next = placeBehindSpace(text, at: place, before: token) else {
                    return nil
                }
                place = next
            }
            guard let next = find(token, text, at: place) else { return nil }
            place = next + 1
        }
        return place
    }

    /// Where a letter of a spaced word begins; a mark stays with its letter.
    private func placeBehindSpace(
        _ text: FoldedText, at place: Int, before token: UInt32
    ) -> Int? {
        let elements = text.elements
        guard place < elements.count else { return nil }
        let isMark = elements[place].kind == .mark
        if isMark, elements[place].value == token { return place }
        let end = text.hidden.end(ofRunAt: place)
        if end < elements.count, elements[end].kind == .space { return end + 1 }
        return isMark ? place : nil
    }

    /// Steps over single things that are not read before a mark, or a sign that may begin one.
    private static let mostSteps = 32

    /// Where a letter or sign is, here or behind what is not read.
    private func find(_ token: UInt32, _ text: FoldedText, at start: Int) -> Int? {
        let elements = text.elements
        var place = start
        var steps = Markup.mayBegin(with: token) ? Self.mostSteps : 0
        while place < elements.count, elements[place].value != token {
            let end =
                steps > 0 ? text.hidden.end(at: place) : text.hidden.end(ofRunAt: place)
            guard end > place else { return nil }
            place = end
            steps -= 1
        }
        return place < elements.count ? place : nil
    }

    /// The end of what stands between two words; `nil` when it is too much or too little.
    private func gap(_ text: FoldedText, at start: Int, before next: UInt32) -> Int? {
        let elements = text.elements
        var place = start
        var count = 0
        while place < elements.count {
            let end = text.hidden.end(ofRunAt: place)
            if end > place {
                if text.hidden.parts(at: place) { count = max(count, gaps.lowerBound) }
                place = end
                continue
            }
            let element = elements[place]
            if [.letter, .unspaced, .mark, .digit, .gap].contains(element.kind) { break }
            if element.kind == .other, element.value == next { break }
            count += 1
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

    /// The place, behind marks that somebody put over the last letter, when the word ends there.
    private func endOfLetters(
        _ text: FoldedText, at place: Int, _ last: FoldedText.Kind
    ) -> Int? {
        let elements = text.elements
        var end = place
        while end < elements.count, Markup.isLooseMark(elements, at: end) { end += 1 }
        guard end < elements.count else { return end }
        let isEnd =
            switch elements[end].kind {
            case .mark: last == .other
            case .letter: last != .letter && last != .digit
            case .digit: last != .digit
            default: true
            }
        return isEnd ? end : nil
    }

    /// Where the word ends, with an ending; `nil` when it goes on.
    private func endOfWord(_ text: FoldedText, at end: Int) -> Int? {
        if let end = endOfLetters(text, at: end, last) { return end }
        let elements = text.elements
        for ending in endings {
            let place = end + ending.count
            if place <= elements.count,
                elements[end..<place].lazy.map(\.value).elementsEqual(ending),
                let end = endOfLetters(text, at: place, .letter)
            {
                return end
            }
        }
        return nil
    }
}
