/// What of a message is searched.
package struct SearchFields: Sendable, Equatable {
    /// `message.num`.
    package var message: Int64
    /// The conversation's title, on the conversation's first message only.
    package var title: String?
    /// `Part.searchableText` of each part.
    package var parts: [String]

    package init(message: Int64, title: String?, parts: [String]) {
        self.message = message
        self.title = title
        self.parts = parts
    }
}

/// A message's tokens, ready for the index.
///
/// Making it is pure: make it on any thread, before the transaction that stores it.
package struct AnalysedDocument: Sendable, Equatable {
    /// A word of a title stands there so many times, so that it counts more than one of a text.
    private static let titleWeight = 3

    /// `message.num`.
    package var message: Int64
    /// The tokens in their order: of each a byte with its length and its UTF-8.
    ///
    /// A length of 0 is a place without a token: no phrase reaches across it. First comes the
    /// title, then each part, then the fragments of all identifiers, then the stems of all words.
    let tokens: [UInt8]
    /// How many words title and text have.
    let length: Int

    /// Analyses a message.
    init(_ fields: SearchFields, _ analyser: TextAnalyser = TextAnalyser()) {
        var sink = IndexSink()
        var title: [UInt8] = []
        if let text = fields.title {
            analyser.analyse(text, into: &sink)
            sink.words.append(0)
            title = sink.words
            sink.words = []
            let stems = sink.stems
            for _ in 1..<Self.titleWeight { sink.stems.append(contentsOf: stems) }
        }
        sink.words.reserveCapacity(
            title.count * Self.titleWeight
                + fields.parts.reduce(16) { $0 + $1.utf8.count + 8 })
        for _ in 0..<Self.titleWeight { sink.words.append(contentsOf: title) }
        for part in fields.parts {
            analyser.analyse(part, into: &sink)
            sink.words.append(0)
        }
        message = fields.message
        length = sink.count
        tokens = sink.words + sink.fragments + sink.stems
    }

    /// Lends the tokens with their positions.
    func forEachToken(_ body: (ArraySlice<UInt8>, UInt32) -> Void) {
        var place = 0
        var position: UInt32 = 0
        while place < tokens.count {
            let end = place + 1 + Int(tokens[place])
            if end > place + 1 { body(tokens[(place + 1)..<end], position) }
            place = end
            position += 1
        }
    }
}

/// Writes tokens one behind the other.
private struct IndexSink: TokenSink {
    var words: [UInt8] = []
    var fragments: [UInt8] = []
    var stems: [UInt8] = []
    var count = 0

    @inline(__always)
    mutating func take(
        _ kind: TokenKind, _ bytes: UnsafeBufferPointer<UInt8>, at source: Range<Int>
    ) {
        switch kind {
        case .fragment:
            fragments.append(UInt8(bytes.count))
            unsafe fragments.append(contentsOf: bytes)
        case .stem:
            stems.append(UInt8(bytes.count))
            unsafe stems.append(contentsOf: bytes)
        case .word, .compound, .pair, .pairEnd:
            words.append(UInt8(bytes.count))
            unsafe words.append(contentsOf: bytes)
            count += 1
        }
    }

    mutating func endFragments() { fragments.append(0) }
}
