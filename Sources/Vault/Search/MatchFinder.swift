/// Finds in a text what a query's terms matched, with the analyser that indexed it.
struct MatchFinder {
    /// A longer text is looked through in pieces of this size, up to the first that has a match.
    private let pieceBytes: Int
    /// A piece begins so much before the end of the one before it: what is looked for may stand
    /// across.
    private let overlapBytes: Int
    private let phrases: [TextPhrase]
    private let analyser: TextAnalyser

    /// - Parameters:
    ///   - terms: What was looked for.
    ///   - analyser: That of the index.
    ///   - pieceBytes: Text that is looked through at once, more than twice `overlapBytes`.
    ///   - overlapBytes: More than a phrase of a query has.
    init(
        _ terms: [TextTerm], _ analyser: TextAnalyser, pieceBytes: Int = 1 << 20,
        overlapBytes: Int = 1 << 16
    ) {
        phrases = terms.flatMap(\.phrases)
        self.analyser = analyser
        self.pieceBytes = pieceBytes
        self.overlapBytes = overlapBytes
    }

    /// Where a phrase stands.
    struct Match: Equatable {
        /// In bytes of the text.
        var source: Range<Int>
        /// Which of the phrases.
        var phrase: Int
    }

    /// The matches in a text in the order of their beginnings.
    func matches(in text: String) -> [Match] {
        guard !phrases.isEmpty else { return [] }
        var text = text
        return text.withUTF8 { unsafe matches(in: $0) }
    }

    private func matches(in text: UnsafeBufferPointer<UInt8>) -> [Match] {
        var start = 0
        var end = 0
        while end < text.count {
            let known = end
            end = unsafe cut(text, start + pieceBytes)
            let found = unsafe matches(in: text, from: start, to: end)
                .filter { $0.source.upperBound > known }
            if !found.isEmpty { return found }
            start = unsafe cut(text, end - overlapBytes)
        }
        return []
    }

    /// Where a piece may begin or end: behind white space, or between two characters where there
    /// is none near.
    private func cut(_ text: UnsafeBufferPointer<UInt8>, _ place: Int) -> Int {
        if place >= text.count { return text.count }
        let farthest = max(1, place - overlapBytes / 2)
        var end = max(1, place)
        while end > farthest, unsafe text[end - 1] > 0x20 { end -= 1 }
        if unsafe text[end - 1] <= 0x20 { return end }
        end = max(0, place)
        while end > 0, unsafe text[end] & 0xC0 == 0x80 { end -= 1 }
        return end
    }

    private func matches(
        in text: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int
    ) -> [Match] {
        var sink = MarkSink()
        unsafe analyser.analyse(UnsafeBufferPointer(rebasing: text[start..<end]), into: &sink)
        let found = matches(in: sink.words, of: sink) + matches(in: sink.fragments, of: sink)
        return found.map {
            Match(
                source: $0.source.lowerBound + start..<$0.source.upperBound + start,
                phrase: $0.phrase)
        }.sorted { $0.source.lowerBound < $1.source.lowerBound }
    }

    private func matches(in tokens: [MarkSink.Token], of sink: MarkSink) -> [Match] {
        var found: [Match] = []
        for first in tokens.indices {
            for (number, phrase) in phrases.enumerated() {
                guard let end = sink.end(of: phrase, in: tokens, from: first) else { continue }
                found.append(Match(source: tokens[first].source.lowerBound..<end, phrase: number))
            }
        }
        return found
    }
}

/// Keeps the tokens of a text with their places.
private struct MarkSink: TokenSink {
    struct Token {
        var kind: TokenKind
        /// In `bytes`; empty between two identifiers.
        var folded: Range<Int>
        var stems: [Range<Int>] = []
        var source: Range<Int>
    }
    var bytes: [UInt8] = []
    var words: [Token] = []
    var fragments: [Token] = []
    /// Whether the last token was a fragment.
    private var isInFragment = false

    mutating func take(
        _ kind: TokenKind, _ token: UnsafeBufferPointer<UInt8>, at source: Range<Int>
    ) {
        let start = bytes.count
        unsafe bytes.append(contentsOf: token)
        let place = start..<bytes.count
        switch kind {
        case .stem:
            if isInFragment {
                fragments[fragments.count - 1].stems.append(place)
            } else {
                words[words.count - 1].stems.append(place)
            }
        case .fragment: fragments.append(Token(kind: kind, folded: place, source: source))
        case .word, .compound, .pair, .pairEnd:
            words.append(Token(kind: kind, folded: place, source: source))
        }
        if kind != .stem { isInFragment = kind == .fragment }
    }

    mutating func endFragments() {
        fragments.append(Token(kind: .fragment, folded: 0..<0, source: 0..<0))
    }

    private func stands(_ place: Range<Int>, _ wanted: [UInt8], _ mayGoOn: Bool) -> Bool {
        (mayGoOn ? place.count >= wanted.count : place.count == wanted.count)
            && bytes[place].starts(with: wanted)
    }

    /// Where a phrase that begins at a token ends in the text; `nil` when it does not stand there.
    func end(of phrase: TextPhrase, in tokens: [Token], from first: Int) -> Int? {
        let last = first + phrase.tokens.count - 1
        guard last < tokens.count else { return nil }
        for (offset, wanted) in phrase.tokens.enumerated() {
            let token = tokens[first + offset]
            let mayGoOn = phrase.isPrefix && first + offset == last
            guard
                stands(token.folded, wanted, mayGoOn)
                    || token.stems.contains(where: { stands($0, wanted, false) })
            else { return nil }
        }
        // A lone character that begins a pair: the pair's other character is not meant.
        if phrase.isPrefix, tokens[last].kind == .pair, last + 1 < tokens.count {
            return tokens[last + 1].source.lowerBound
        }
        return tokens[last].source.upperBound
    }
}
