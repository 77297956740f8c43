/// Tokens that stand one behind the other in one field of a message.
struct TextPhrase: Sendable, Hashable {
    var tokens: [[UInt8]]
    /// Whether the last token may go on.
    var isPrefix: Bool
}

/// What one word or phrase of a query looks for: any of its phrases.
struct TextTerm: Sendable, Hashable {
    /// None when the text has no letter or digit.
    var phrases: [TextPhrase]

    /// Analyses what was typed in the way in which messages were.
    ///
    /// - An identifier (`readFile`) is looked for as one word and as its fragments in a row.
    /// - A run of Han or Thai is looked for as its pairs, so that it is found inside longer runs.
    /// - One word is looked for by its stems where the vault has them.
    ///
    /// - Parameters:
    ///   - text: The word or phrase, without quotes and star.
    ///   - style: How it was written.
    ///   - analyser: That of the index.
    init(_ text: String, _ style: SearchQuery.TextStyle, _ analyser: TextAnalyser) {
        var sink = QuerySink()
        analyser.analyse(text, into: &sink)
        // A star behind a sign (`foo.*`) is no prefix of what comes before the sign.
        let isOpen = style == .prefix && sink.end == text.utf8.count
        let written = Self.phrase(sink.tokens.filter { $0.kind != .fragment }, isOpen)
        let split = Self.phrase(sink.tokens.filter { $0.kind != .compound }, isOpen)
        phrases = split == written ? [written] : [written, split]
        if written.tokens.isEmpty { phrases = [] }
        if style == .word, written.tokens.count == 1, let stems = sink.tokens.first?.stems,
            !stems.isEmpty
        {
            phrases[0...0] = stems.map { TextPhrase(tokens: [$0], isPrefix: false) }[...]
        }
    }

    private static func phrase(_ tokens: [QuerySink.Token], _ isOpen: Bool) -> TextPhrase {
        var bytes = tokens.map(\.bytes)
        guard let last = tokens.last, last.kind == .pairEnd else {
            return TextPhrase(tokens: bytes, isPrefix: isOpen)
        }
        // The run may go on in the message: its last pair says all, and a lone character begins
        // a pair wherever it does not end a run.
        let standsAlone = tokens.count < 2 || tokens[tokens.count - 2].kind != .pair
        if !standsAlone { bytes.removeLast() }
        return TextPhrase(tokens: bytes, isPrefix: standsAlone)
    }
}

/// Collects the tokens of a query's term.
private struct QuerySink: TokenSink {
    struct Token {
        var kind: TokenKind
        var bytes: [UInt8]
        var stems: [[UInt8]] = []
    }
    var tokens: [Token] = []
    /// Where the last token ends.
    var end = 0

    mutating func take(
        _ kind: TokenKind, _ bytes: UnsafeBufferPointer<UInt8>, at source: Range<Int>
    ) {
        if kind == .stem, let last = tokens.indices.last {
            unsafe tokens[last].stems.append(Array(bytes))
        } else {
            unsafe tokens.append(Token(kind: kind, bytes: Array(bytes)))
        }
        end = source.upperBound
    }

    mutating func endFragments() {}
}
