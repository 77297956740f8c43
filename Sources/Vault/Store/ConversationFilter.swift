import GRDB

/// Which conversations to list or export; all conditions must hold.
package struct ConversationFilter: Sendable {
    package var labels: [String] = []
    package var project: String?
    package var custodian: String?
    /// `Origin.source`.
    package var source: String?
    /// With a message at or after this time, and before `before`.
    ///
    /// A message without a time has that of its conversation, and what has none is in no period.
    /// A query's `after:` and `before:` mean the same.
    package var after: Instant?
    package var before: Instant?
    package var includesHidden = false
    /// Hidden ones and no others.
    package var isHiddenOnly = false
    package var limit: Int?

    package init() {}

    var hasPeriod: Bool { after != nil || before != nil }

    /// A clause `WHERE …`, or nothing.
    var condition: ConversationCondition {
        var condition = others
        condition.add(period)
        return condition
    }

    /// What a period leaves out only because it has no time.
    var undatedCondition: ConversationCondition {
        var condition = others
        condition.add(
            ConversationCondition(
                terms: [
                    """
                    (EXISTS (SELECT 1 FROM message WHERE message.conversation = conversation.num
                        AND \(Self.time) IS NULL)
                    OR messages = 0 AND created IS NULL)
                    """
                ]))
        var inside = period
        inside.terms = ["NOT (" + inside.terms.joined(separator: " AND ") + ")"]
        condition.add(inside)
        return condition
    }

    private static let time = "ifnull(message.created, conversation.created)"

    private var period: ConversationCondition {
        guard hasPeriod else { return ConversationCondition() }
        var bounds: [(sign: String, instant: Instant)] = []
        if let after { bounds.append((">=", after)) }
        if let before { bounds.append(("<", before)) }
        let ofMessage = bounds.map { "\(Self.time) \($0.sign) ?" }.joined(separator: " AND ")
        // A conversation without messages has its own time only.
        let own = bounds.map { "ifnull(created \($0.sign) ?, FALSE)" }.joined(separator: " AND ")
        let values: [any DatabaseValueConvertible] = bounds.map(\.instant.milliseconds)
        return ConversationCondition(
            terms: [
                """
                (EXISTS (SELECT 1 FROM message WHERE message.conversation = conversation.num
                    AND \(ofMessage))
                OR messages = 0 AND \(own))
                """
            ], arguments: values + values)
    }

    private var others: ConversationCondition {
        var condition = ConversationCondition()
        if isHiddenOnly {
            condition.terms = ["hidden IS NOT NULL"]
        } else if !includesHidden {
            condition.terms = ["hidden IS NULL"]
        }
        for label in labels {
            condition.add(
                name: label,
                """
                EXISTS (SELECT 1 FROM label JOIN name ON name.num = label.name
                    WHERE label.conversation = conversation.num AND name.text IN (#))
                """)
        }
        if let project {
            condition.add(
                name: project, "project IN (SELECT num FROM name WHERE text IN (#))")
        }
        if let custodian {
            condition.add(
                name: custodian, "custodian IN (SELECT num FROM name WHERE text IN (#))")
        }
        if let source { condition.add("source = (SELECT num FROM name WHERE text = ?)", source) }
        return condition
    }

    /// The names asked for that no conversation of the vault has, with what each would be.
    func unknownNames(in db: Database) throws -> [String] {
        let named: [(kind: String, name: String?)] =
            labels.map { ("label", $0) }
            + [("project", project), ("custodian", custodian), ("source", source)]
        return try named.compactMap { kind, name in
            guard let name else { return nil }
            let use =
                kind == "label"
                ? "SELECT 1 FROM label WHERE name = ?"
                : "SELECT 1 FROM conversation WHERE \(kind) = ?"
            let isUsed = try Names.forms(of: name).contains { form in
                guard let num = try Names.find(form, in: db) else { return false }
                return try Bool.fetchOne(db, sql: "SELECT EXISTS (\(use))", arguments: [num])
                    ?? false
            }
            return isUsed ? nil : "\(kind) \(name)"
        }
    }
}

/// Terms about a row of table `conversation`, all of which must hold, with their values.
struct ConversationCondition {
    var terms: [String] = []
    var arguments: [any DatabaseValueConvertible] = []

    var clause: String { terms.isEmpty ? "" : " WHERE " + terms.joined(separator: " AND ") }
    var values: StatementArguments { StatementArguments(arguments) }

    /// Adds a term about a name, which is the same however its characters are composed; `#` stands
    /// for its forms.
    mutating func add(name: String, _ term: String) {
        let forms = Names.forms(of: name)
        let marks = forms.map { _ in "?" }.joined(separator: ", ")
        terms.append(term.replacing("#", with: marks))
        arguments += forms as [any DatabaseValueConvertible]
    }

    mutating func add(_ term: String, _ value: any DatabaseValueConvertible) {
        terms.append(term)
        arguments.append(value)
    }

    mutating func add(_ other: ConversationCondition) {
        terms += other.terms
        arguments += other.arguments
    }
}
