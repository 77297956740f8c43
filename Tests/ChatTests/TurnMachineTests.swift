import JSONText
import Providers
import Testing
import Vault

@testable import Chat

/// The table at the head of `TurnMachine`.
@Suite("The states of an answer")
struct TurnMachineTests {
    private enum Kind: String, CaseIterable {
        case sending, streaming, retrying, toolRequested, stopped, failed, complete
    }

    private static let error = ProviderError(.overloaded)
    private static let use = ToolUse(id: "t1", name: "look", input: .complete(.object([:])))

    private static let ways: [Kind: [TurnMachine.Input]] = [
        .sending: [],
        .streaming: [.news(.event(.started(id: nil, model: nil)))],
        .retrying: [.news(.retrying(because: error, afterMilliseconds: 5))],
        .toolRequested: Script.tool("look", "{}").map { .news(.event($0)) },
        .stopped: [.stop], .failed: [.news(.event(.failed(error)))],
        .complete: [.news(.event(.finished))],
    ]

    private static func machine(_ kind: Kind) -> TurnMachine {
        var machine = TurnMachine()
        for input in ways[kind] ?? [] { _ = machine.take(input) }
        return machine
    }

    private static func kind(_ machine: TurnMachine) -> Kind {
        switch machine.state {
        case .sending: .sending
        case .streaming: .streaming
        case .retrying: .retrying
        case .toolRequested: .toolRequested
        case .stopped: .stopped
        case .failed: .failed
        case .complete: .complete
        }
    }

    @Test func `the ways lead to the states`() {
        for kind in Kind.allCases { #expect(Self.kind(Self.machine(kind)) == kind) }
    }

    @Test func `each state goes where the table says`() {
        let inputs: [(TurnMachine.Input, [Kind: Kind])] = [
            (
                .news(.event(.began(part: 0, .text("a")))),
                [.sending: .streaming, .streaming: .streaming, .retrying: .streaming]
            ),
            (
                .news(.retrying(because: Self.error, afterMilliseconds: 5)),
                [.sending: .retrying, .streaming: .retrying, .retrying: .retrying]
            ),
            (
                .news(.event(.finished)),
                [.sending: .complete, .streaming: .complete, .retrying: .complete]
            ),
            (
                .news(.event(.failed(Self.error))),
                [.sending: .failed, .streaming: .failed, .retrying: .failed]
            ),
            (.silence, [.sending: .failed, .streaming: .failed, .retrying: .failed]),
            (
                .stop,
                [
                    .sending: .stopped, .streaming: .stopped, .retrying: .stopped,
                    .toolRequested: .stopped,
                ]
            ),
            (.results, [.toolRequested: .sending]),
        ]
        for (input, table) in inputs {
            for kind in Kind.allCases {
                var machine = Self.machine(kind)
                let actions = machine.take(input)
                #expect(Self.kind(machine) == table[kind] ?? kind, "\(kind), \(input)")
                if table[kind] == nil { #expect(actions == [], "\(kind), \(input)") }
                let ends = actions.filter { if case .end = $0 { true } else { false } }
                let isEnd = [.stopped, .failed, .complete].contains(Self.kind(machine))
                #expect(ends.count == (isEnd && !Self.machine(kind).isOver ? 1 : 0))
            }
        }
    }

    @Test func `nothing is tried again once something was shown`() {
        var machine = Self.machine(.streaming)
        _ = machine.take(.news(.event(.began(part: 0, .text("")))))
        let again = TurnMachine.Input.news(.retrying(because: Self.error, afterMilliseconds: 5))
        #expect(machine.take(again) == [] && machine.state == .streaming)
    }

    @Test(arguments: [
        StopReason.maximumTokens, .endOfTurn, .contextFull, .pause, .filtered, .other("x"),
    ])
    func `a tool is asked for only where the model stopped for it`(stop: StopReason) {
        var machine = TurnMachine()
        for event in Script.tool("look", "{}", stop: stop) {
            _ = machine.take(.news(.event(event)))
        }
        #expect(machine.state == .complete)
    }

    @Test func `a tool whose input was cut off is not asked for`() {
        var machine = TurnMachine()
        var changes: [TurnChange] = []
        for event in Script.tool("look", #"{"path":"/etc/ho"#) {
            for action in machine.take(.news(.event(event))) {
                switch action {
                case .record(let some, _), .end(_, let some): changes += some
                case .run, .send: break
                }
            }
        }
        guard case .failed(let error) = machine.state, error.kind == .malformed else {
            Issue.record("it is \(machine.state)")
            return
        }
        #expect(
            changes.contains { change in
                if case .part(_, let part) = change {
                    part.data?["unfinishedInput"]?.string == #"{"path":"/etc/ho"#
                } else {
                    false
                }
            })
    }
}

/// The machine against the assembler of `Providers`, which builds answers in another way.
@Suite("Answers by steps")
struct AnswerStepsTests {
    private static let errors: [ProviderError.Kind] = ProviderError.Kind.allCases

    /// A stream in the order that `TurnEvent` promises, cut off somewhere.
    private static func stream(_ random: inout SystemRandomNumberGenerator) -> [TurnEvent] {
        var events: [TurnEvent] = [.started(id: "a", model: "m")]
        for part in 0..<Int.random(in: 0...5, using: &random) {
            events += Self.part(part, &random)
        }
        var usage = Usage()
        usage.outputTokens = Int.random(in: 0...99, using: &random)
        events.append(.usage(usage))
        events.append(
            .stopped(
                [.endOfTurn, .toolUse, .maximumTokens].randomElement() ?? .pause, sequence: "s"))
        events.append(.finished)
        guard Bool.random(using: &random) else { return events }
        return Array(events.prefix(Int.random(in: 0..<events.count, using: &random)))
            + [.failed(ProviderError(errors.randomElement(using: &random) ?? .cut))]
    }

    private static func part(
        _ part: Int, _ random: inout SystemRandomNumberGenerator
    ) -> [TurnEvent] {
        let pieces = (0..<Int.random(in: 0...4, using: &random)).map { "piece\($0) " }
        switch Int.random(in: 0...5, using: &random) {
        case 0:
            return [.began(part: part, .thinking("so ", signature: ""))]
                + pieces.map { .thinking(part: part, $0) }
                + [.signature(part: part, "x"), .signature(part: part, "y"), .ended(part: part)]
        case 1: return [.began(part: part, .redactedThinking("zz")), .ended(part: part)]
        case 2:
            return [.began(part: part, .refusal)] + pieces.map { .text(part: part, $0) }
                + [.ended(part: part)]
        case 3:
            let input = [#"{"a":"#, #"[1,2]}"#, #"{"a":1"#].shuffled(using: &random).prefix(2)
            return [.began(part: part, .toolUse(id: "t\(part)", name: "n", input: nil))]
                + input.map { .toolInput(part: part, $0) } + [.ended(part: part)]
        case 4: return [.began(part: part, .other(["type": .string("new")])), .ended(part: part)]
        default:
            return [.began(part: part, .text("T"))] + pieces.map { .text(part: part, $0) }
                + [.citation(part: part, .string("c")), .ended(part: part)]
        }
    }

    /// The parts of an answer as they would be stored.
    private static func stored(_ answer: Answer) -> [Part] {
        answer.parts.compactMap { content in
            switch content {
            case .text(let text, let citations):
                let data = citations.isEmpty ? nil : StoredPart.citations(citations)
                return text.isEmpty && data == nil ? nil : Part(.text, text: text, data: data)
            case .thinking(let text, let signature):
                let data = signature.isEmpty ? nil : StoredPart.signature(signature)
                return text.isEmpty && data == nil ? nil : Part(.thinking, text: text, data: data)
            case .redactedThinking(let data): return StoredPart.redacted(data)
            case .refusal(let text): return StoredPart.refusal(text)
            case .toolUse(let use):
                switch use.input {
                case .complete(let input): return StoredPart.tool(use, input)
                case .unfinished(let text):
                    return StoredPart.unfinishedTool(id: use.id, name: use.name, text: text)
                }
            case .other(let object): return Part(.other, data: .object(object))
            case .image, .document, .toolResult: return nil
            }
        }
    }

    @Test func `steps give the answer that the assembler gives, and one end`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let events = Self.stream(&random)
            var machine = TurnMachine()
            var draft = TurnDraft()
            var ends = 0
            for event in events {
                for action in machine.take(.news(.event(event))) {
                    switch action {
                    case .record(let changes, _): for change in changes { draft.take(change) }
                    case .end(_, let changes):
                        ends += 1
                        for change in changes { draft.take(change) }
                    case .run, .send: break
                    }
                }
            }
            let answer = AnswerAssembler.answer(events)
            #expect(draft.parts == Self.stored(answer), "\(events)")
            #expect(ends == 1 && machine.isOver, "\(events)")
            #expect(machine.take(.stop).isEmpty || machine.state == .stopped)
        }
    }

    @Test func `runnable tools are those of the assembler`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let events = Self.stream(&random)
            var machine = TurnMachine()
            var run: [ToolUse] = []
            for event in events {
                for case .run(let tools) in machine.take(.news(.event(event))) { run += tools }
            }
            #expect(run == AnswerAssembler.answer(events).runnableTools, "\(events)")
        }
    }
}
