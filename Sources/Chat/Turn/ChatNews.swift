package import Providers
package import Vault

/// What a person is shown of a turn; all of it is in the vault by then.
package enum ChatNews: Sendable, Equatable {
    /// An answer begins, under this id.
    case began(RecordID)
    /// The next of it; parts of a tool's input are not shown.
    case answer(TurnEvent)
    case retrying(because: ProviderError, afterMilliseconds: Int)
    /// The answer is a record.
    case ended(RecordID, TurnMachine.State)
    case tool(ToolUse, ToolOutcome)
}

extension ChatNews {
    init(_ news: TransportNews) {
        switch news {
        case .event(let event): self = .answer(event)
        case .retrying(let error, let milliseconds):
            self = .retrying(because: error, afterMilliseconds: milliseconds)
        }
    }
}
