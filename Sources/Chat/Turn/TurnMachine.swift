import JSONText
package import Providers
package import Vault

/// One answer of a model, from the request to its end: states and what to do, without I/O.
///
/// | state | piece | retrying | finished | failed | stop | results |
/// |---|---|---|---|---|---|---|
/// | sending | streaming | retrying | complete, tools | failed | stopped | – |
/// | streaming | streaming | retrying, unseen | complete, tools | failed | stopped | – |
/// | retrying | streaming | retrying | complete, tools | failed | stopped | – |
/// | toolRequested | – | – | – | – | stopped | sending |
/// | stopped, failed, complete | – | – | – | – | – | – |
///
/// "–": nothing happens and nothing changes. "tools": `toolRequested`, where the model stopped for
/// tools whose inputs are whole; a limit of tokens may have cut them off. Where it stopped for
/// tools and no input can be read it has failed. "unseen": only while nothing was shown. A
/// transport that ends without a last event has failed.
///
/// In the last two rows the answer is over; it is a record when `end` was carried out.
package struct TurnMachine: Sendable {
    package enum State: Sendable, Equatable {
        case sending, streaming, retrying
        case toolRequested([ToolUse])
        case stopped
        case failed(ProviderError)
        case complete
    }

    package enum Input: Sendable, Equatable {
        case news(TransportNews)
        /// The person stopped it, or the program ends.
        case stop
        /// The transport ended without saying how.
        case silence
        /// What the tools gave is stored.
        case results
    }

    package enum Action: Sendable, Equatable {
        /// Store these steps, and show the news when they are durable.
        case record([TurnChange], then: TransportNews)
        /// Store these steps and make a record of the answer.
        case end(TurnEnd, [TurnChange])
        /// Decide about these tools, run them and store what they give.
        case run([ToolUse])
        /// Ask the model again, with all that is stored by now.
        case send
    }

    package private(set) var state = State.sending
    private var steps = AnswerSteps()
    private var hasShown = false

    package init() {}

    /// An answer that is over and asked for tools, which are not run yet.
    init(requested tools: [ToolUse]) { state = .toolRequested(tools) }

    /// Whether nothing more can come of the answer.
    package var isOver: Bool {
        switch state {
        case .sending, .streaming, .retrying: false
        case .toolRequested, .stopped, .failed, .complete: true
        }
    }

    /// Takes what happened, and says what to do.
    package mutating func take(_ input: Input) -> [Action] {
        if case .toolRequested = state { return whileRequested(input) }
        guard !isOver else { return [] }
        switch input {
        case .news(.retrying(let error, let milliseconds)):
            guard !hasShown else { return [] }
            state = .retrying
            steps = AnswerSteps()
            return [
                .record([], then: .retrying(because: error, afterMilliseconds: milliseconds))
            ]
        case .news(.event(let event)): return take(event)
        case .stop:
            state = .stopped
            return [.end(.stopped, steps.endAll())]
        case .silence: return fail(ProviderError(.cut), steps.endAll())
        case .results: return []
        }
    }

    private mutating func whileRequested(_ input: Input) -> [Action] {
        switch input {
        case .results:
            self = TurnMachine()
            return [.send]
        case .stop:
            state = .stopped
            return []
        case .news, .silence: return []
        }
    }

    private mutating func take(_ event: TurnEvent) -> [Action] {
        let changes = steps.take(event)
        switch event {
        case .finished: return finish(changes)
        case .failed(let error): return fail(error, changes)
        case .toolInput, .other: return []
        // Nothing is shown that is not stored.
        case .text, .thinking: if changes.isEmpty { return [] }
        default: break
        }
        state = .streaming
        hasShown = hasShown || event.isShown
        return [.record(changes, then: .event(event))]
    }

    private mutating func finish(_ changes: [TurnChange]) -> [Action] {
        if steps.stop == .toolUse, steps.tools.isEmpty, steps.hasBrokenTool {
            let sentence = "The model asks for a tool in words that cannot be read."
            return fail(ProviderError(.malformed, message: sentence), changes)
        }
        guard steps.stop == .toolUse, !steps.tools.isEmpty else {
            state = .complete
            return [.end(.complete, changes)]
        }
        state = .toolRequested(steps.tools)
        return [.end(.complete, changes), .run(steps.tools)]
    }

    private mutating func fail(_ error: ProviderError, _ changes: [TurnChange]) -> [Action] {
        state = .failed(error)
        var facts = TurnFacts()
        facts.extra["error"] = .object(error.json)
        return [.end(.failed, changes + [.facts(facts)])]
    }
}
