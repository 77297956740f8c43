import VaultCrypto

/// The pieces of a query with the place where each begins, counted in characters from 1.
struct QueryToken: Equatable {
    enum Kind: Equatable {
        case open, close, or, and, not
        case word(String)
        case phrase(String)
        case prefix(String)
        /// `name:value`, with a known name; an open end stands for a value that ends in `*`.
        case filter(QueryFilterName, String, isPrefix: Bool)
    }
    var kind: Kind
    var place: Int
}

/// The names of filters, in the order in which an error lists them.
enum QueryFilterName: String, CaseIterable {
    case role, model, provider, label, project, custodian, from, `in`, after, before, has, `is`
}

/// Cuts a query into pieces.
///
/// Blanks separate. `(` `)` group; `-` right before something excludes it; `OR`, `AND` and `NOT` in
/// capitals are operators; `"` quotes a phrase or a filter's value, and the typographic quotes that
/// keyboards put in do the same. Everything else is a word, and a word may contain any of these
/// signs inside: `C++`, `well-known`, `f(x)` and `https://example.org/?q=a` are words.
struct QueryLexer {
    /// Scalars and not characters: a quote before a combining mark is still a quote.
    private let characters: [Unicode.Scalar]
    private var position = 0
    private var tokens: [QueryToken] = []

    /// The pieces of a query.
    ///
    /// - Throws: `badInput` for an open quote, an unknown filter or a filter without a value.
    static func tokens(of text: String) throws(VaultError) -> [QueryToken] {
        if let words = plainWords(of: text) { return words }
        var lexer = QueryLexer(characters: Array(text.unicodeScalars))
        while !lexer.isAtEnd { try lexer.next() }
        return lexer.tokens
    }

    /// The pieces of a query of Latin letters, digits and blanks, which most are; else `nil`.
    private static func plainWords(of text: String) -> [QueryToken]? {
        let isPlain = text.utf8.allSatisfy { byte in
            byte == 0x20 || byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26
        }
        guard isPlain else { return nil }
        var lexer = QueryLexer(characters: [])
        var place = 1
        for word in text.utf8.split(separator: 0x20, omittingEmptySubsequences: false) {
            if !word.isEmpty { lexer.addWord(String(Substring(word)), place) }
            place += word.count + 1
        }
        return lexer.tokens
    }

    private init(characters: [Unicode.Scalar]) { self.characters = characters }

    private var isAtEnd: Bool { position >= characters.count }
    private var current: Unicode.Scalar? { isAtEnd ? nil : characters[position] }

    private mutating func next() throws(VaultError) {
        let place = position + 1
        guard let character = current else { return }
        if character.properties.isWhitespace {
            position += 1
        } else if character == "(" || character == ")" {
            position += 1
            add(character == "(" ? .open : .close, place)
        } else if character == "-", startsTerm(at: position + 1) {
            position += 1
            add(.not, place)
        } else if Self.isQuote(character) {
            add(.phrase(try quoted(place)), place)
        } else {
            try word(place)
        }
    }

    private mutating func add(_ kind: QueryToken.Kind, _ place: Int) {
        tokens.append(QueryToken(kind: kind, place: place))
    }

    /// Whether a term follows directly; `--` and a lone dash are text without meaning.
    private func startsTerm(at index: Int) -> Bool {
        guard index < characters.count else { return false }
        let character = characters[index]
        return !character.properties.isWhitespace && character != ")" && character != "-"
    }

    private static func isQuote(_ character: Unicode.Scalar) -> Bool {
        "\"“”„«»".unicodeScalars.contains(character)
    }

    private func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }

    private mutating func quoted(_ place: Int) throws(VaultError) -> String {
        position += 1
        let start = position
        while let character = current, !Self.isQuote(character) { position += 1 }
        guard !isAtEnd else {
            throw QueryFault.at(place, "a quote is opened and never closed; add the closing \"")
        }
        position += 1
        return text(characters[start..<position - 1])
    }

    /// Reads to the next blank; brackets that the word opened itself belong to it.
    private mutating func word(_ place: Int) throws(VaultError) {
        let start = position
        var depth = 0
        while let character = current, !character.properties.isWhitespace {
            if character == "(" { depth += 1 }
            if character == ")" {
                depth -= 1
                if depth < 0 { break }
            }
            if character == ":", try filter(text(characters[start..<position]), place) { return }
            if Self.isQuote(character) { break }
            position += 1
        }
        addWord(text(characters[start..<position]), place)
    }

    private mutating func addWord(_ text: String, _ place: Int) {
        switch text {
        case "OR": add(.or, place)
        case "AND": add(.and, place)
        case "NOT": add(.not, place)
        default:
            let isPrefix = text.count > 1 && text.hasSuffix("*")
            add(isPrefix ? .prefix(String(text.dropLast())) : .word(text), place)
        }
    }

    /// Takes `name:value` when `name` is a filter's; false when it is part of a word.
    private mutating func filter(_ name: String, _ place: Int) throws(VaultError) -> Bool {
        let value = position + 1 < characters.count ? characters[position + 1] : " "
        guard let filter = QueryFilterName(rawValue: name.lowercased()) else {
            if Self.looksLikeFilter(name, value) { throw QueryFault.unknownFilter(name, place) }
            return false
        }
        // `from::to` and `in://` are no filters.
        guard value != ":", value != "/" else { return false }
        // `From: Anna` was copied from a letter's head.
        if value.properties.isWhitespace, name != filter.rawValue { return false }
        position += 1
        let (text, isPrefix) = try filterValue()
        guard !text.isEmpty else {
            throw QueryFault.at(
                place,
                "\(filter.rawValue): needs a value right behind the colon, "
                    + "for instance \(filter.example)")
        }
        add(.filter(filter, text, isPrefix: isPrefix), place)
        return true
    }

    private mutating func filterValue() throws(VaultError) -> (String, isPrefix: Bool) {
        if let character = current, Self.isQuote(character) {
            let text = try quoted(position + 1)
            let isPrefix = current == "*"
            if isPrefix { position += 1 }
            return (text, isPrefix)
        }
        let start = position
        while let character = current, !character.properties.isWhitespace, character != ")" {
            position += 1
        }
        let text = self.text(characters[start..<position])
        guard text.count > 1, text.hasSuffix("*") else { return (text, false) }
        return (String(text.dropLast()), true)
    }

    /// A word of small letters, a colon and a letter or quote right behind it was meant as a
    /// filter; `12:30`, `std::vector`, `localhost:8080`, `note:` and `mailto:x` were not.
    private static func looksLikeFilter(_ name: String, _ value: Unicode.Scalar) -> Bool {
        guard name.count > 1, name.allSatisfy({ $0.isASCII && $0.isLowercase }) else {
            return false
        }
        guard isQuote(value) || value.properties.isAlphabetic else { return false }
        return !["mailto", "tel", "urn", "data", "about", "javascript", "doi"].contains(name)
    }
}

extension QueryFilterName {
    /// A correct use, for messages.
    var example: String {
        switch self {
        case .role: "role:user"
        case .model: "model:claude*"
        case .provider: "provider:mistral"
        case .label: "label:urgent"
        case .project: "project:\"Q3 plan\""
        case .custodian: "custodian:\"Anna Lind\""
        case .from: "from:chatgpt"
        case .in: "in:0190163d-8694-7e4c-93d6-2d2b1f2d2f4c"
        case .after: "after:2024-03"
        case .before: "before:2024-06-30"
        case .has: "has:attachment"
        case .is: "is:held"
        }
    }
}

/// The sentences for queries that cannot be read.
enum QueryFault {
    static func at(_ place: Int, _ what: String) -> VaultError {
        VaultError(.badInput, "The query cannot be read at character \(place): \(what).")
    }

    static func unknownFilter(_ name: String, _ place: Int) -> VaultError {
        let names = QueryFilterName.allCases.map { $0.rawValue + ":" }.joined(separator: " ")
        return at(
            place,
            "there is no filter “\(name):”; the filters are \(names), and a text with a colon "
                + "goes into quotes")
    }
}
