import VaultCrypto

/// Reads a query into its syntax tree.
///
/// ```
/// query  = either
/// either = both *("OR" both)
/// both   = unary *(["AND"] unary)
/// unary  = ("-" / "NOT") unary / "(" either ")" / word / prefix "*" / phrase / filter
/// ```
struct QueryParser {
    /// Deeper nesting is refused; nobody types it.
    static let maximumDepth = 32
    /// More terms are refused; nobody types them.
    static let maximumTerms = 200

    private let tokens: [QueryToken]
    private let end: Int
    private var position = 0
    private var terms = 0

    init(_ text: String) throws(VaultError) {
        tokens = try QueryLexer.tokens(of: text)
        end = text.unicodeScalars.count + 1
    }

    /// The whole query.
    ///
    /// - Throws: `badInput` with the place of the fault.
    mutating func parse() throws(VaultError) -> SearchQuery {
        guard !tokens.isEmpty else {
            throw VaultError(
                .badInput,
                "The query is empty; give a word, a \"phrase\" or a filter such as "
                    + "after:2024-03.")
        }
        let query = try either(depth: 0)
        if let token = current {
            throw QueryFault.at(token.place, "this ) closes nothing; remove it or add a (")
        }
        return query
    }

    private var current: QueryToken? { position < tokens.count ? tokens[position] : nil }

    private mutating func skip(_ kind: QueryToken.Kind) -> Bool {
        guard current?.kind == kind else { return false }
        position += 1
        return true
    }

    private mutating func either(depth: Int) throws(VaultError) -> SearchQuery {
        var choices = [try both(depth: depth)]
        while skip(.or) { choices.append(try both(depth: depth)) }
        return choices.count == 1 ? choices[0] : .any(choices)
    }

    private mutating func both(depth: Int) throws(VaultError) -> SearchQuery {
        var conditions = [try unary(depth: depth)]
        while let token = current {
            if token.kind == .or || token.kind == .close { break }
            _ = skip(.and)
            conditions.append(try unary(depth: depth))
        }
        return conditions.count == 1 ? conditions[0] : .all(conditions)
    }

    private mutating func unary(depth: Int) throws(VaultError) -> SearchQuery {
        guard let token = current else {
            throw QueryFault.at(
                end,
                "something is missing at the end; add a word or remove the "
                    + "operator before it")
        }
        guard depth < Self.maximumDepth else {
            throw QueryFault.at(
                token.place, "more than \(Self.maximumDepth) levels of nesting; simplify the query")
        }
        position += 1
        switch token.kind {
        case .not: return .not(try unary(depth: depth + 1))
        case .open: return try group(token, depth: depth)
        case .close, .or, .and:
            throw QueryFault.at(
                token.place,
                "a word or a filter is missing before this; add it, or put the sign "
                    + "into quotes to search for it")
        case .word, .phrase, .prefix, .filter: return try term(token)
        }
    }

    private mutating func group(
        _ open: QueryToken, depth: Int
    ) throws(VaultError) -> SearchQuery {
        let query = try either(depth: depth + 1)
        guard skip(.close) else {
            throw QueryFault.at(open.place, "this ( is never closed; add a )")
        }
        return query
    }

    private mutating func term(_ token: QueryToken) throws(VaultError) -> SearchQuery {
        terms += 1
        guard terms <= Self.maximumTerms else {
            throw QueryFault.at(
                token.place, "more than \(Self.maximumTerms) words and filters; split the query")
        }
        switch token.kind {
        case .word(let text): return .text(text, .word)
        case .prefix(let text): return .text(text, .prefix)
        case .phrase(let text): return .text(text, .phrase)
        case .filter(let name, let value, let isPrefix):
            let reader = FilterReader(name: name, isPrefix: isPrefix, place: token.place)
            return .filter(try reader.read(value))
        case .open, .close, .or, .and, .not:
            throw VaultError(.internalFault, "An operator was taken for a term; report this fault.")
        }
    }
}

/// Gives a filter's value its meaning.
private struct FilterReader {
    let name: QueryFilterName
    let isPrefix: Bool
    let place: Int

    func read(_ value: String) throws(VaultError) -> SearchFilter {
        let pattern = NamePattern(value, isPrefix: isPrefix)
        return switch name {
        case .role: .role(try role(value))
        case .model: .model(pattern)
        case .provider: .provider(pattern)
        case .label: .label(pattern)
        case .project: .project(pattern)
        case .custodian: .custodian(pattern)
        case .from: .origin(pattern)
        case .in: .conversation(try conversation(value))
        case .after: .after(try time(value))
        case .before: .before(try time(value))
        case .has: try only("attachment", value, .hasAttachment)
        case .is: try only("held", value, .isHeld)
        }
    }

    private func only(
        _ word: String, _ value: String, _ filter: SearchFilter
    ) throws(VaultError) -> SearchFilter {
        guard value.lowercased() == word, !isPrefix else {
            throw QueryFault.at(place, "\(name.rawValue): knows only \(name.rawValue):\(word)")
        }
        return filter
    }

    private func role(_ value: String) throws(VaultError) -> Role {
        guard let role = Role(rawValue: value.lowercased()) else {
            let roles = Role.allCases.map(\.rawValue).joined(separator: ", ")
            throw QueryFault.at(place, "role: takes one of \(roles)")
        }
        return role
    }

    private func conversation(_ value: String) throws(VaultError) -> String {
        guard !isPrefix, RecordFinder.isBeginning(value) else {
            throw QueryFault.at(
                place,
                "in: takes the id of a conversation as `coffer list` shows it, for instance "
                    + QueryFilterName.in.example)
        }
        return value
    }

    /// A year, a month or a day begins at midnight UTC of its first day.
    private func time(_ value: String) throws(VaultError) -> Instant {
        let completed =
            switch value.utf8.count {
            case 4: value + "-01-01"
            case 7: value + "-01"
            default: value
            }
        guard let instant = Instant(completed) else {
            throw QueryFault.at(
                place,
                "\(name.rawValue): takes a year, a month, a day or a time in RFC 3339, for "
                    + "instance 2024, 2024-03, 2024-03-01 or 2024-03-01T09:30:00Z")
        }
        return instant
    }
}
