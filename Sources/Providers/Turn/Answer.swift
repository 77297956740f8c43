import JSONText

/// A model's answer, as far as it came.
package struct Answer: Sendable, Equatable {
    package enum State: Sendable, Equatable {
        case unfinished, finished
        case failed(ProviderError)
    }
    package var id: String?
    package var model: String?
    package var parts: [PartContent] = []
    package var stop: StopReason?
    package var stopSequence: String?
    package var usage = Usage()
    package var state = State.unfinished

    package init() {}

    /// The tools that may be run: those that a finished answer stopped for, with whole inputs.
    ///
    /// Where the limit of tokens cut an answer, none: what was asked for may have lost its end.
    package var runnableTools: [ToolUse] {
        guard state == .finished, stop == .toolUse else { return [] }
        return parts.compactMap { part in
            guard case .toolUse(let use) = part, case .complete = use.input else { return nil }
            return use
        }
    }

    /// All text that was said to the person.
    package var text: String {
        parts.compactMap { if case .text(let text, _) = $0 { text } else { nil } }.joined()
    }
}
