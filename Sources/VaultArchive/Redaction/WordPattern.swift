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
/// 4. A pattern of a name (`BareLetters`) is found whatever marks either has, and with `ae`, `oe`,
///    `ue` and `aa` for `ä`, `ö`, `ü` and `å` and the other way round, and so with `Muller` for
///    `Mueller`; at the end of a word only in those of five letters and more or behind such a mark.
/// 5. What is a part of a longer word is not matched, where the script puts something between words
///    (`FoldedText.Kind`). A digit beside a letter, and a letter of such a script beside one of
///    another, are the beginning and the end of a word.
struct WordPattern: Hashable, Sendable {
    /// Which capitals a match needs.
    enum Casing: Sendable {
        case any
        /// A capital at the beginning, unless the text is nothing else, or an `@` before it.
        case capital
    }

    private(set) var tokens: [UInt32]
    /// Whether it is compared as names are.
    let isName: Bool
    /// For each token of a name, whether a second letter may stand behind it.
    private var mayBeTwo: [Bool] = []
    private let first: FoldedText.Kind
    private let last: FoldedText.Kind
    var casing = Casing.any
    /// What may stand between two words: how many characters.
    var gaps = 0...24
    /// Folded endings that may stand behind the last word.
    var endings: [[UInt32]] = []

    /// Between two words.
    private static let blank = UInt32.max

    /// - Parameters:
    ///   - text: The words; a hyphen or a `_` in them is as good as a blank.
    ///   - isName: Whether marks make no difference.
    /// - Throws: `badInput` for words that are none.
    init(_ text: String, isName: Bool = false) throws(VaultError) {
        let elements = FoldedText(TextScalar.all(of: text), isBare: isName).elements
        var tokens: [UInt32] = []
        var sizes: [Int32] = []
        for element in elements where element.kind != .hidden || element.value == 0x5F {
            let isBlank = element.kind == .space || [0x2D, 0x5F].contains(element.value)
            if isBlank, tokens.last ?? Self.blank == Self.blank { continue }
            tokens.append(isBlank ? Self.blank : element.value)
            sizes.append(element.end - element.start)
        }
        if tokens.last == Self.blank { tokens.removeLast() }
        let solid = elements.filter { ![.hidden, .space].contains($0.kind) }
        guard !tokens.isEmpty, let first = solid.first, let last = solid.last else {
            throw VaultError(
                .badInput, "the words to look for have no letter, digit or sign in them.")
        }
        self.tokens = tokens
        self.isName = isName
        self.first = first.kind
        self.last = last.kind == .mark ? Self.base(of: solid) : last.kind
        if isName { leaveOutSeconds(sizes) }
    }

    /// Leaves out the second of two letters that stand for one.
    private mutating func leaveOutSeconds(_ sizes: [Int32]) {
        let given = tokens
        tokens = []
        for word in given.indices.split(whereSeparator: { given[$0] == Self.blank }) {
            if !tokens.isEmpty {
                tokens.append(Self.blank)
                mayBeTwo.append(false)
            }
            let isLong = word.count >= BareLetters.longWord
            var place = word.startIndex
            while place < word.endIndex {
                let letter = given[place]
                var next = place + 1
                while next < min(word.endIndex, place + 1 + BareLetters.mostSeconds),
                    BareLetters.isSecond(given[next], behind: letter)
                {
                    next += 1
                }
                // Of Noe, no and not Nö would be left.
                if next == word.endIndex, !isLong { next = place + 1 }
                tokens.append(letter)
                let isEnd = next == word.endIndex
                mayBeTwo.append(
                    isEnd
                        ? isLong || sizes[place] > 1
                        : !BareLetters.isSecond(given[next], behind: letter))
                place = next
            }
        }
    }

    /// What the letter is that the marks at the end belong to.
    private static func base(of elements: [FoldedText.Element]) -> FoldedText.Kind {
        elements.last { $0.kind != .mark }?.kind ?? .mark
    }

    // MARK: Searching

    /// What a match begins with.
    var firstValue: UInt32 { tokens[0] }

    /// What a match begins with, and the letters and digits that follow in it whatever is between
    /// (`WordTrie`).
    var skeleton: [UInt32] {
        [firstValue] + tokens.dropFirst().filter { $0 != Self.blank && WordTrie.isKey($0) }
    }

    /// How many letters, signs and blanks it has.
    var length: Int { tokens.count }

    /// Whether a match begins a word.
    var isAtWord: Bool { first == .letter || first == .digit }

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
        if let end = wholeWord(text, start, end(text, from: start, .plain)) { return end }
        if text.hidden.hasRuns, tokens.contains(Self.blank),
            let end = wholeWord(text, start, end(text, from: start, .read))
        {
            return end
        }
        guard start + 1 < elements.count, [.space, .mark].contains(elements[start + 1].kind) else {
            return nil
        }
        return wholeWord(text, start, end(text, from: start, .spaced))
    }

    /// How a text is read.
    private enum Reading {
        case plain
        /// What is not read may have the next word in it: `[Project](Falcon)`.
        case read
        /// With a blank behind each letter.
        case spaced
    }

    /// Whether the second letter may be here: most places are told apart by this.
    private func mayGoOn(_ text: [FoldedText.Element], at place: Int) -> Bool {
        guard tokens.count > 1, tokens[1] != Self.blank, place < text.count else { return true }
        switch text[place].kind {
        case .letter, .unspaced, .digit:
            return text[place].value == tokens[1]
                || isName && BareLetters.isSecond(text[place].value, behind: tokens[0])
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

    private func end(_ text: FoldedText, from start: Int, _ reading: Reading) -> Int? {
        var place = start
        for (index, token) in tokens.enumerated() {
            if token == Self.blank {
                let next = tokens[index + 1]
                let inside = reading == .read ? gapInside(text, at: place, before: next) : nil
                guard let end = inside ?? gap(text, at: place, before: next) else { return nil }
                place = end
                continue
            }
            if reading == .spaced, index > 0, tokens[index - 1] != Self.blank {
                guard let next = placeBehindSpace(text, at: place, before: token) else {
                    return nil
                }
                place = next
            }
            guard let next = find(token, text, at: place) else { return nil }
            place = next + 1
            if isName, mayBeTwo[index] {
                place = placeBehindSeconds(text, at: place, index, reading)
            }
        }
        return place
    }

    /// Where a second letter ends that stands behind the letter of a token, or the same place.
    private func placeBehindSeconds(
        _ text: FoldedText, at start: Int, _ index: Int, _ reading: Reading
    ) -> Int {
        let elements = text.elements
        var place = start
        for _ in 0..<BareLetters.mostSeconds {
            let next =
                reading == .spaced
                ? placeBehindSpace(text, at: place, before: 0) ?? place
                : text.hidden.end(ofRunAt: place)
            guard next < elements.count,
                BareLetters.isSecond(elements[next].value, behind: tokens[index])
            else { break }
            place = next + 1
        }
        let isEnd = index + 1 == tokens.count || tokens[index + 1] == Self.blank
        // The letter is the next word's in AnnaEder.
        if isEnd, place < elements.count, elements[place].kind == .letter { return start }
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

    /// The end of what stands between two words, where the next one may be in what is not read.
    private func gapInside(_ text: FoldedText, at start: Int, before next: UInt32) -> Int? {
        let elements = text.elements
        var place = start
        while place < elements.count, place - start <= gaps.upperBound {
            let element = elements[place]
            if element.value == next { return place - start >= gaps.lowerBound ? place : nil }
            guard [.hidden, .space, .other].contains(element.kind) else { return nil }
            place += 1
        }
        return nil
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
