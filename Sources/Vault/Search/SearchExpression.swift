import Foundation
import GRDB
import VaultCrypto

/// A query whose words are analysed and whose names are looked up: what an index evaluates.
indirect enum SearchExpression: Sendable, Equatable {
    case text(TextTerm)
    case record(RecordCondition)
    case all([SearchExpression])
    case any([SearchExpression])
    case not(SearchExpression)

    static let nothing = SearchExpression.any([])

    /// Whether text alone decides.
    var isText: Bool {
        switch self {
        case .text: true
        case .record: false
        case .all(let parts), .any(let parts): !parts.isEmpty && parts.allSatisfy(\.isText)
        case .not(let part): part.isText
        }
    }

    /// The terms that a match is ranked by and marked with: those not excluded.
    var terms: [TextTerm] {
        switch self {
        case .text(let term): [term]
        case .record, .not: []
        case .all(let parts), .any(let parts): parts.flatMap(\.terms)
        }
    }
}

/// Looks up what a query names.
struct QueryResolver {
    let database: Database
    let analyser: TextAnalyser

    /// The expression of a query.
    ///
    /// - Throws: `badInput` when nothing in the query can be searched; database errors.
    func resolve(_ query: SearchQuery) throws -> SearchExpression {
        guard let expression = try expression(query) else {
            throw VaultError(
                .badInput,
                "The query has no letter or digit to search for; give a word, or a "
                    + "filter such as after:2024-03.")
        }
        return expression
    }

    /// `nil` for a text of signs alone, which asks for nothing.
    private func expression(_ query: SearchQuery) throws -> SearchExpression? {
        switch query {
        case .text(let text, let style):
            let term = TextTerm(text, style, analyser)
            return term.phrases.isEmpty ? nil : .text(term)
        case .filter(let filter): return try .record(condition(filter))
        case .not(let part): return try expression(part).map { .not($0) }
        case .all(let parts): return try all(parts)
        case .any(let parts): return joined(try parts.compactMap(expression)) { .any($0) }
        }
    }

    /// Conditions of nested groups come up, so that one text leads the search.
    private func all(_ queries: [SearchQuery]) throws -> SearchExpression? {
        let parts = try queries.compactMap(expression).flatMap { part in
            if case .all(let inner) = part { inner } else { [part] }
        }
        return joined(parts) { .all($0) }
    }

    private func joined(
        _ parts: [SearchExpression], _ join: ([SearchExpression]) -> SearchExpression
    ) -> SearchExpression? {
        parts.count > 1 ? join(parts) : parts.first
    }

    private func condition(_ filter: SearchFilter) throws -> RecordCondition {
        switch filter {
        case .role(let role): .role(RecordCondition.number(of: role))
        case .model(let pattern): try .named(.model, names(pattern))
        case .provider(let pattern): try .named(.provider, names(pattern))
        case .label(let pattern): try .named(.label, names(pattern))
        case .project(let pattern): try .named(.project, names(pattern))
        case .custodian(let pattern): try .named(.custodian, names(pattern))
        case .origin(let pattern): try .named(.source, names(pattern))
        case .conversation(let id): try conversation(id)
        case .after(let time): .after(time)
        case .before(let time): .before(time)
        case .hasAttachment: .hasAttachment
        case .isHeld: .held
        }
    }

    private func conversation(_ text: String) throws -> RecordCondition {
        let id: RecordID
        do {
            id = try RecordFinder(db: database).conversation(matching: text)
        } catch let error as VaultError where error.code == .notFound && RecordID(text) != nil {
            // A whole id is no slip of the fingers: it asks for what may have gone.
            return .never
        }
        let statement = try database.cachedStatement(
            sql: "SELECT num FROM conversation WHERE id = ?")
        let num = try Int64.fetchOne(statement, arguments: [Data(id.bytes)])
        return num.map { .conversation($0) } ?? .never
    }

    /// The numbers of the names that a pattern fits, compared by their folded tokens.
    private func names(_ pattern: NamePattern) throws -> [Int64] {
        let wanted = NameKey(pattern.text)
        var found: [Int64] = []
        let rows = try Row.fetchCursor(database, sql: "SELECT num, text FROM name")
        while let row = try rows.next() {
            let name = NameKey(row[1])
            let fits = pattern.isPrefix ? name.text.hasPrefix(wanted.text) : name == wanted
            if fits { found.append(row[0]) }
        }
        return found
    }
}

/// A name without case and diacritics, for comparing.
private struct NameKey: Equatable {
    let text: String

    init(_ text: String) {
        self.text = FoldingTable.shared.folded(text)
    }
}
