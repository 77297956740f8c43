import GRDB

/// A query as the index evaluates it: terms, and conditions on documents.
indirect enum IndexQuery: Sendable, Equatable {
    case everything
    case term([UInt8])
    /// Terms that stand one behind the other.
    case phrase([[UInt8]])
    /// The same, of which the last is the beginning of a term.
    case prefix([[UInt8]])
    /// Any of these facts.
    case facts([[UInt8]])
    /// Conversations by their numbers, ascending.
    case conversations([Int64])
    /// From a time on and before another, in milliseconds; nothing without a time.
    case times(Range<Int64>)
    case all([IndexQuery])
    case any([IndexQuery])
    case not(IndexQuery)

    static let nothing = IndexQuery.any([])

    /// Whether text has a part in it, so that it can be ranked by.
    var isRanked: Bool {
        switch self {
        case .term, .phrase, .prefix: true
        case .everything, .facts, .conversations, .times, .not: false
        case .all(let parts), .any(let parts): parts.contains(where: \.isRanked)
        }
    }

    /// The text that is asked for, not what is excluded.
    var leaves: [IndexQuery] {
        switch self {
        case .term, .phrase, .prefix: [self]
        case .everything, .facts, .conversations, .times, .not: []
        case .all(let parts), .any(let parts): parts.flatMap(\.leaves)
        }
    }
}

/// Turns an expression into a query of the index; reads what conditions on conversations name.
struct IndexQueryCompiler {
    let database: Database

    func compile(_ expression: SearchExpression) throws -> IndexQuery {
        switch expression {
        case .text(let term): Self.any(term.phrases.map(Self.leaf))
        case .record(let condition): try compile(condition)
        case .not(let part): .not(try compile(part))
        case .all(let parts): Self.all(try parts.map(compile))
        case .any(let parts): Self.any(try parts.map(compile))
        }
    }

    private static func all(_ parts: [IndexQuery]) -> IndexQuery {
        let flat = parts.flatMap { part -> [IndexQuery] in
            if case .all(let inner) = part { return inner }
            return part == .everything ? [] : [part]
        }
        return flat.count == 1 ? flat[0] : flat.isEmpty ? .everything : .all(flat)
    }

    private static func any(_ parts: [IndexQuery]) -> IndexQuery {
        let flat = parts.flatMap { part -> [IndexQuery] in
            if case .any(let inner) = part { return inner }
            return [part]
        }
        return flat.count == 1 ? flat[0] : .any(flat)
    }

    private static func leaf(_ phrase: TextPhrase) -> IndexQuery {
        if phrase.isPrefix { return .prefix(phrase.tokens) }
        return phrase.tokens.count == 1 ? .term(phrase.tokens[0]) : .phrase(phrase.tokens)
    }

    private func compile(_ condition: RecordCondition) throws -> IndexQuery {
        switch condition {
        case .role(let role): .facts([IndexFact.role(role).term])
        case .named(let column, let names): try compile(column, names)
        case .conversation(let number): .conversations([number])
        case .after(let time): .times(max(1, time.milliseconds)..<Int64.max)
        case .before(let time): .times(1..<max(1, time.milliseconds))
        case .hasAttachment: .facts([IndexFact.attachment.term])
        case .visible: try visible()
        case .never: .nothing
        case .held: .conversations(try Governance.heldNumbers(in: database))
        }
    }

    /// Conversations that were hidden are few.
    private func visible() throws -> IndexQuery {
        let hidden = try conversations("hidden IS NOT NULL")
        return hidden.isEmpty ? .everything : .not(.conversations(hidden))
    }

    private func compile(
        _ column: RecordCondition.NamedColumn, _ names: [Int64]
    ) throws -> IndexQuery {
        let list = names.map(String.init).joined(separator: ", ")
        return switch column {
        case .model: .facts(names.map { IndexFact.model($0).term })
        case .provider: .facts(names.map { IndexFact.provider($0).term })
        case .custodian: .facts(names.map { IndexFact.custodian($0).term })
        case .source: .facts(names.map { IndexFact.source($0).term })
        case .project: .conversations(try conversations("project IN (\(list))"))
        case .label:
            .conversations(
                try conversations("num IN (SELECT conversation FROM label WHERE name IN (\(list)))")
            )
        }
    }

    private func conversations(_ condition: String) throws -> [Int64] {
        var found: [Int64] = []
        let rows = try RowLookup(
            "SELECT num FROM conversation WHERE \(condition) ORDER BY num", in: database)
        try rows.forEach { found.append($0.number(0)) }
        return found
    }
}
