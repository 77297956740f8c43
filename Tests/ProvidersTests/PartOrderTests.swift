import JSONText
import Providers
import Testing

/// What a stream makes of parts that a server does not begin and end as it should.
@Suite struct PartOrderTests {
    /// The answer and the events of a Messages stream with these events between its beginning and
    /// its end.
    private func decode(_ events: [String]) throws -> (answer: Answer, events: [TurnEvent]) {
        let start = #"{"type":"message_start","message":{"id":"a","model":"m","usage":{}}}"#
        let stop = #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{}}"#
        let lines = [start] + events + [stop, #"{"type":"message_stop"}"#]
        let gateway = MessagesAdapter(
            gateway: try BaseURL("https://llm.example.org"), placement: .bearer)
        let body = lines.map { "data: \($0)\n\n" }.joined()
        var stream = gateway.stream()
        let found = stream.take(Array(body.utf8)) + stream.end()
        return (AnswerAssembler.answer(found), found)
    }

    private func begin(_ index: Int, _ block: String = #"{"type":"text","text":""}"#) -> String {
        #"{"type":"content_block_start","index":\#(index),"content_block":\#(block)}"#
    }

    private func text(_ index: Int, _ text: String) -> String {
        #"{"type":"content_block_delta","index":\#(index),"#
            + #""delta":{"type":"text_delta","text":"\#(text)"}}"#
    }

    private func end(_ index: Int) -> String {
        #"{"type":"content_block_stop","index":\#(index)}"#
    }

    /// Every piece of text that is shown.
    private func shown(_ events: [TurnEvent]) -> String {
        events.map { event in
            switch event {
            case .began(_, .text(let text)), .text(_, let text): text
            default: ""
            }
        }.joined()
    }

    private func kept(_ answer: Answer) -> String {
        answer.parts.map { if case .text(let text, _) = $0 { text } else { "" } }.joined()
    }

    private var cases: [(name: String, events: [String])] {
        [
            ("no beginning", [text(0, "one"), text(0, " two")]),
            ("behind the end", [begin(0), text(0, "one"), end(0), text(0, " two")]),
            ("begun twice", [begin(0), text(0, "one"), begin(0), text(0, " two"), end(0)]),
            (
                "in a tool's part",
                [begin(0, #"{"type":"tool_use","id":"t","name":"n","input":{}}"#), text(0, "one")]
            ),
            ("no end", [begin(0), text(0, "one"), begin(1), text(1, " two")]),
        ]
    }

    @Test func `what is shown is in the answer, wherever it stands`() throws {
        for entry in cases {
            let (answer, events) = try decode(entry.events)
            #expect(answer.state == .finished, "\(entry.name)")
            #expect(shown(events).hasPrefix("one"), "\(entry.name)")
            #expect(kept(answer) == shown(events), "\(entry.name): \(events)")
        }
    }

    @Test func `pieces of what is not open, and ends of it, say nothing`() throws {
        let (answer, events) = try decode([
            #"{"type":"content_block_delta","index":3,"delta":"#
                + #"{"type":"input_json_delta","partial_json":"{}"}}"#,
            end(7), begin(0), text(0, "one"), end(0), end(0),
        ])
        #expect(kept(answer) == "one" && answer.parts.count == 1)
        #expect(events.filter { $0 == .ended(part: 0) }.count == 1)
    }

    @Test func `a signature without thoughts is kept as thoughts without text`() throws {
        let (answer, _) = try decode([
            #"{"type":"content_block_delta","index":0,"delta":"#
                + #"{"type":"signature_delta","signature":"c2ln"}}"#,
            end(0), begin(1), text(1, "one"), end(1),
        ])
        #expect(answer.parts.first == .thinking("", signature: "c2ln"))
        #expect(kept(answer) == "one")
    }

    @Test func `an answer without bound has failed, and what came before counts`() throws {
        let many = (0...5000).flatMap { [begin($0), end($0)] }
        let deep = String(repeating: "[", count: 230) + String(repeating: "]", count: 230)
        let piece = String(repeating: "x", count: 1 << 20)
        let tool = begin(1, #"{"type":"tool_use","id":"t","name":"n","input":{}}"#)
        let long =
            [tool]
            + (0..<20).map { _ in
                #"{"type":"content_block_delta","index":1,"delta":"#
                    + #"{"type":"input_json_delta","partial_json":"\#(piece)"}}"#
            }
        let nested = [begin(1, #"{"type":"new","value":\#(deep)}"#)]
        for events in [many, long, nested] {
            let (answer, _) = try decode([begin(0), text(0, "one"), end(0)] + events)
            guard case .failed(let error) = answer.state else {
                Issue.record("it is \(answer.state)")
                continue
            }
            #expect(error.kind == .malformed && kept(answer).hasPrefix("one"))
        }
    }

    /// A part that begins with all that it has, 17 times a MiB of it.
    private static let begun: [String] = [
        #"{"type":"tool_use","id":"t","name":"n","input":{"a":"DATA"}}"#,
        #"{"type":"thinking","thinking":"","signature":"DATA"}"#,
        #"{"type":"redacted_thinking","data":"DATA"}"#, #"{"type":"new","value":"DATA"}"#,
    ]

    @Test(arguments: begun)
    func `what a part begins with counts as what comes later`(block: String) throws {
        let data = String(repeating: "x", count: 1 << 20)
        let parts = (1...17).map { begin($0, block.replacing("DATA", with: data)) }
        for count in [10, 17] {
            let (answer, _) = try decode([begin(0), text(0, "one"), end(0)] + parts.prefix(count))
            if case .failed(let error) = answer.state {
                #expect(count == 17 && error.kind == .malformed)
            } else {
                #expect(count == 10)
            }
            #expect(kept(answer) == "one" && answer.parts.count >= 10)
        }
    }

    private func tool(_ part: Int, id: Int, name: Int) -> String {
        let (id, name) = (String(repeating: "i", count: id), String(repeating: "n", count: name))
        return begin(part, #"{"type":"tool_use","id":"\#(id)","name":"\#(name)","input":{}}"#)
    }

    @Test func `names and ids of tools have an end`() throws {
        let all = { (id: Int) in (0..<100).map { self.tool($0, id: id, name: 9) } }
        let cases: [(events: [String], fits: Bool)] = [
            ([tool(0, id: 9, name: 200)], true), ([tool(0, id: 9, name: 201)], false),
            ([tool(0, id: 16_384, name: 9)], true), ([tool(0, id: 16_385, name: 9)], false),
            (all(9_000), true), (all(16_000), false),
        ]
        for (events, fits) in cases {
            let (answer, _) = try decode(events)
            #expect((answer.state == .finished) == fits, "\(answer.state)")
        }
    }

    @Test(arguments: [200, 201]) func `a tool's input may be 200 levels deep`(depth: Int) throws {
        // The object itself is level 0.
        let input =
            #"{\"a\":"# + String(repeating: "[", count: depth) + "1"
            + String(repeating: "]", count: depth) + "}"
        let (answer, _) = try decode([
            begin(0, #"{"type":"tool_use","id":"t","name":"n","input":{}}"#),
            #"{"type":"content_block_delta","index":0,"delta":"#
                + #"{"type":"input_json_delta","partial_json":"\#(input)"}}"#,
            end(0),
        ])
        guard case .toolUse(let use)? = answer.parts.first else {
            Issue.record("there is no tool")
            return
        }
        if case .complete = use.input { #expect(depth < 200) } else { #expect(depth >= 200) }
    }
}
