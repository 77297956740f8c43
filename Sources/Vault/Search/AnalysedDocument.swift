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
/// Making it is pure and takes most of the time of indexing: make it on any thread, before the
/// transaction that stores it.
package struct AnalysedDocument: Sendable, Equatable {
    /// `message.num`.
    package var message: Int64
    /// The tokens of each field as UTF-8, every token followed by a blank.
    let title: [UInt8]
    let body: [UInt8]
    /// The fragments of all identifiers; a gap stands between two identifiers.
    let fragments: [UInt8]

    /// Analyses a message.
    package init(_ fields: SearchFields) {
        var sink = IndexSink()
        if let title = fields.title { TextAnalyser.analyse(title, into: &sink) }
        title = sink.words
        sink.words = []
        sink.words.reserveCapacity(fields.parts.reduce(16) { $0 + $1.utf8.count + 8 })
        for part in fields.parts {
            if !sink.words.isEmpty { sink.words.append(contentsOf: IndexSink.gap) }
            TextAnalyser.analyse(part, into: &sink)
        }
        message = fields.message
        body = sink.words
        fragments = sink.fragments
    }
}

/// Writes tokens one behind the other.
private struct IndexSink: TokenSink {
    /// A token that no text gives (U+F8FF is no letter): no phrase reaches across it.
    static let gap: [UInt8] = [0xEF, 0xA3, 0xBF, 0x20]

    var words: [UInt8] = []
    var fragments: [UInt8] = []

    @inline(__always)
    mutating func take(
        _ kind: TokenKind, _ bytes: UnsafeBufferPointer<UInt8>, at source: Range<Int>
    ) {
        if kind == .fragment {
            unsafe fragments.append(contentsOf: bytes)
            fragments.append(0x20)
        } else {
            unsafe words.append(contentsOf: bytes)
            words.append(0x20)
        }
    }

    mutating func endFragments() { fragments.append(contentsOf: Self.gap) }
}
