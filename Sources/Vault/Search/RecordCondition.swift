import GRDB

/// A condition on the rows of `message` and `conversation`.
enum RecordCondition: Sendable, Equatable {
    case role(Int64)
    case named(NamedColumn, [Int64])
    /// `conversation.num`.
    case conversation(Int64)
    case after(Instant)
    case before(Instant)
    case hasAttachment
    /// In a conversation that is not hidden.
    case visible
    case never

    enum NamedColumn: Sendable, Equatable {
        case model, provider, label, project, custodian, source
    }
}

extension RecordCondition {
    /// How `message.role` stores a role.
    static func number(of role: Role) -> Int64 {
        switch role {
        case .user: 0
        case .assistant: 1
        case .system: 2
        case .tool: 3
        }
    }

    static func role(_ number: Int64) -> Role {
        switch number {
        case 0: .user
        case 1: .assistant
        case 2: .system
        default: .tool
        }
    }
}

// MARK: As SQL

extension RecordCondition {
    /// The time of message `m` in conversation `c`, of which one is always there.
    static let time = "ifnull(m.created, c.created)"

    /// A term that is true or false, never NULL, for message `m` in conversation `c`.
    ///
    /// - Parameter arguments: Takes the values of the term's question marks.
    /// - Returns: The term, fit for any place in an expression.
    func sql(_ arguments: inout StatementArguments) -> String {
        switch self {
        case .role(let role):
            arguments += [role]
            return "(m.role = ?)"
        case .named(let column, let numbers):
            return column.sql(numbers)
        case .conversation(let num):
            arguments += [num]
            return "(m.conversation = ?)"
        case .after(let time):
            arguments += [time.milliseconds]
            return "(\(Self.time) >= ?)"
        case .before(let time):
            arguments += [time.milliseconds]
            return "(\(Self.time) < ?)"
        case .hasAttachment:
            return "(EXISTS (SELECT 1 FROM attachment_use u WHERE u.message = m.num))"
        case .visible: return "(c.hidden IS NULL)"
        case .never: return "FALSE"
        }
    }
}

extension RecordCondition.NamedColumn {
    /// Numbers come from the database and stand in the text; a NULL column is no match.
    fileprivate func sql(_ numbers: [Int64]) -> String {
        let list = "(" + numbers.map(String.init).joined(separator: ", ") + ")"
        return switch self {
        case .model: "(m.model IN \(list) IS TRUE)"
        case .provider: "(m.provider IN \(list) IS TRUE)"
        case .project: "(c.project IN \(list) IS TRUE)"
        case .custodian: "(c.custodian IN \(list))"
        case .source: "(c.source IN \(list))"
        case .label:
            "(m.conversation IN (SELECT conversation FROM label WHERE name IN \(list)))"
        }
    }
}
