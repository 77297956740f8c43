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
    /// In a conversation that a hold in force matches.
    case held

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
