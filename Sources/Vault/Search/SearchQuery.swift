package import VaultCrypto

/// What a person asked for, as it was typed: the syntax tree of a query.
package indirect enum SearchQuery: Sendable, Equatable {
    /// A word, an `"exact phrase"` or a `prefix*`.
    case text(String, TextStyle)
    case filter(SearchFilter)
    /// All of two or more.
    case all([SearchQuery])
    /// Any of two or more.
    case any([SearchQuery])
    case not(SearchQuery)

    package enum TextStyle: Sendable, Equatable {
        case word, phrase, prefix
    }

    /// Reads a query.
    ///
    /// - Parameter text: What was typed, in the grammar of `QueryParser`.
    /// - Throws: `badInput` with the place of the fault and a remedy.
    package init(_ text: String) throws(VaultError) {
        var parser = try QueryParser(text)
        self = try parser.parse()
    }

    /// Whether it asks for what is held.
    var asksForHolds: Bool {
        switch self {
        case .text: false
        case .filter(let filter): filter == .isHeld
        case .all(let parts), .any(let parts): parts.contains(where: \.asksForHolds)
        case .not(let part): part.asksForHolds
        }
    }
}

/// A condition on a message's record, not on its text.
package enum SearchFilter: Sendable, Equatable {
    case role(Role)
    case model(NamePattern)
    case provider(NamePattern)
    case label(NamePattern)
    case project(NamePattern)
    case custodian(NamePattern)
    /// The source that a conversation came from.
    case origin(NamePattern)
    /// An id or the beginning of one, of a conversation or of one of its messages.
    case conversation(String)
    /// At this time or later.
    case after(Instant)
    /// Earlier than this time.
    case before(Instant)
    case hasAttachment
    case isHeld
}

/// A name, or the beginning of one, compared without case and diacritics.
package struct NamePattern: Sendable, Equatable {
    package var text: String
    /// Whether names that only begin so match as well: the pattern ended in `*`.
    package var isPrefix: Bool

    package init(_ text: String, isPrefix: Bool = false) {
        self.text = text
        self.isPrefix = isPrefix
    }
}
