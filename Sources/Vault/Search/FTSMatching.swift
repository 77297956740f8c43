import GRDB

/// A text expression in FTS5's language.
///
/// FTS5 can exclude only from something: `a NOT b`.
private enum FTSMatch {
    case matching(String)
    case notMatching(String)

    init(_ expression: SearchExpression) {
        switch expression {
        case .text(let term): self = .matching(Self.text(term))
        case .record: preconditionFailure("A condition on the record is no text.")
        case .not(let part): self = FTSMatch(part).negated
        case .all(let parts): self = Self.all(parts.map(FTSMatch.init))
        // Neither of two is all of the negations, negated.
        case .any(let parts): self = Self.all(parts.map { FTSMatch($0).negated }).negated
        }
    }

    private var negated: FTSMatch {
        switch self {
        case .matching(let text): .notMatching(text)
        case .notMatching(let text): .matching(text)
        }
    }

    private static func all(_ parts: [FTSMatch]) -> FTSMatch {
        var wanted: [String] = []
        var excluded: [String] = []
        for part in parts {
            switch part {
            case .matching(let text): wanted.append(text)
            case .notMatching(let text): excluded.append(text)
            }
        }
        let union = joined(excluded, "OR")
        if wanted.isEmpty { return .notMatching(union) }
        let common = joined(wanted, "AND")
        return .matching(excluded.isEmpty ? common : "(\(common) NOT \(union))")
    }

    private static func joined(_ parts: [String], _ sign: String) -> String {
        parts.count == 1 ? parts[0] : "(" + parts.joined(separator: " \(sign) ") + ")"
    }

    static func text(_ term: TextTerm) -> String {
        joined(
            term.phrases.map { phrase in
                let tokens = phrase.tokens.map { String(decoding: $0, as: UTF8.self) }
                return "\"\(tokens.joined(separator: " "))\"" + (phrase.isPrefix ? " *" : "")
            }, "OR")
    }
}

/// An expression as one SQL statement over the live table.
struct FTSStatement {
    private(set) var arguments = StatementArguments()
    private let table: String
    /// The text that a match must contain, when there is one that leads the search.
    private var leading: String?
    private var conditions: [String] = []
    private let ranking: String?

    init(_ expression: SearchExpression, table: FTSIndex.Table) {
        self.table = table.name
        let terms = expression.terms
        ranking = terms.isEmpty ? nil : terms.map(FTSMatch.text).joined(separator: " OR ")
        var parts: [SearchExpression] = [expression]
        if case .all(let several) = expression { parts = several }
        let texts = parts.filter(\.isText)
        var rest = parts.filter { !$0.isText }
        if !texts.isEmpty {
            if case .matching(let text) = FTSMatch(.all(texts)) {
                leading = text
                arguments += [text]
            } else {
                rest.append(.all(texts))
            }
        }
        for part in rest { conditions.append(condition(part)) }
    }

    /// Numbers and scores, the best first: a title counts four times, a fragment half.
    mutating func ranked(limit: Int) -> String {
        guard leading != nil else { return rankedWithoutLead(limit: limit) }
        defer { arguments += [limit] }
        return """
            SELECT \(table).rowid, -\(table).rank FROM \(source)
            WHERE \(table).rank MATCH 'bm25(4.0, 1.0, 0.5)' AND \(filter)
            ORDER BY \(table).rank LIMIT ?
            """
    }

    /// Where a match need not contain any of the words, those that do come first.
    private mutating func rankedWithoutLead(limit: Int) -> String {
        guard let ranking else { return newest(limit: limit) }
        arguments = [ranking] + arguments + [limit]
        return """
            WITH ranked AS MATERIALIZED (
                SELECT rowid AS num, bm25(\(table), 4.0, 1.0, 0.5) AS rank
                FROM \(table) WHERE \(table) MATCH ?)
            SELECT m.num, ifnull(-ranked.rank, 0)
            FROM \(source) LEFT JOIN ranked ON ranked.num = m.num WHERE \(filter)
            ORDER BY ifnull(ranked.rank, 0), \(RecordCondition.time) DESC, m.num DESC LIMIT ?
            """
    }

    mutating func newest(limit: Int) -> String {
        defer { arguments += [limit] }
        return """
            SELECT m.num, 0.0 FROM \(source) WHERE \(filter)
            ORDER BY \(RecordCondition.time) DESC, m.num DESC LIMIT ?
            """
    }

    var everything: String { "SELECT m.num FROM \(source) WHERE \(filter)" }

    private var source: String {
        let messages = "message m CROSS JOIN conversation c ON c.num = m.conversation"
        return leading == nil
            ? messages : "\(table) CROSS JOIN \(messages) AND m.num = \(table).rowid"
    }

    private var filter: String {
        let lead = leading == nil ? [] : ["\(table) MATCH ?"]
        let all = lead + conditions
        return all.isEmpty ? "TRUE" : all.joined(separator: " AND ")
    }

    private mutating func condition(_ expression: SearchExpression) -> String {
        if expression.isText { return membership(FTSMatch(expression)) }
        switch expression {
        case .text: return "FALSE"
        case .record(let condition): return condition.sql(&arguments)
        case .not(let part): return "NOT \(condition(part))"
        case .all(let parts): return joined(parts, "AND", empty: "TRUE")
        case .any(let parts): return joined(parts, "OR", empty: "FALSE")
        }
    }

    private mutating func joined(
        _ parts: [SearchExpression], _ sign: String, empty: String
    ) -> String {
        var texts: [String] = []
        for part in parts { texts.append(condition(part)) }
        return texts.isEmpty ? empty : "(" + texts.joined(separator: " \(sign) ") + ")"
    }

    private mutating func membership(_ match: FTSMatch) -> String {
        let inside: String
        switch match {
        case .matching(let text):
            inside = "IN"
            arguments += [text]
        case .notMatching(let text):
            inside = "NOT IN"
            arguments += [text]
        }
        return "(m.num \(inside) (SELECT rowid FROM \(table) WHERE \(table) MATCH ?))"
    }
}

extension FTSIndex {
    func matches(
        _ expression: SearchExpression, order: SearchOrder, limit: Int, in database: Database
    ) throws -> [IndexMatch] {
        var statement = FTSStatement(expression, table: try live(in: database))
        let sql =
            switch order {
            case .relevance: statement.ranked(limit: limit)
            case .newest: statement.newest(limit: limit)
            }
        let rows = try Row.fetchCursor(database, sql: sql, arguments: statement.arguments)
        var matches: [IndexMatch] = []
        while let row = try rows.next() {
            matches.append(IndexMatch(message: row[0], score: row[1]))
        }
        return matches
    }

    func forEachMatch(
        _ expression: SearchExpression, in database: Database, _ body: (Int64) throws -> Bool
    ) throws {
        let statement = FTSStatement(expression, table: try live(in: database))
        let numbers = try Int64.fetchCursor(
            database, sql: statement.everything, arguments: statement.arguments)
        while let number = try numbers.next() {
            guard try body(number) else { return }
        }
    }
}
