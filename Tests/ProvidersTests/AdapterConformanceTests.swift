import Foundation
import JSONText
import Providers
import Testing

/// What every adapter has to do, whatever its endpoint speaks.
@Suite struct AdapterConformanceTests {
    private static let cases = (try? AdapterCase.all()) ?? []

    @Test func `Every adapter is among the cases`() throws {
        #expect(try AdapterCase.all().count == 8)
    }

    // MARK: Answers

    private static func events(_ test: AdapterCase, _ pieces: [[UInt8]]) -> [TurnEvent] {
        var stream = test.adapter.stream()
        return pieces.flatMap { stream.take($0) } + stream.end()
    }

    private static func answer(_ test: AdapterCase, _ pieces: [[UInt8]]) -> Answer {
        AnswerAssembler.answer(events(test, pieces))
    }

    private static func check(_ answer: Answer) {
        let tool = ToolUse(
            id: "t1", name: "look_up", input: .complete(.object(["word": .string("Köln")])))
        guard answer.parts.count == 3, case .thinking(let thought, let signature) = answer.parts[0]
        else { return #expect(Bool(false), "\(answer.parts)") }
        #expect(thought == "So be it." && ["c2ln", ""].contains(signature))
        #expect(answer.parts[1] == .text("Schöne Grüße 😀"))
        #expect(answer.parts[2] == .toolUse(tool))
        #expect(answer.runnableTools == [tool])
        #expect(answer.usage.inputTokens == 11 && answer.usage.outputTokens == 22)
        #expect(answer.stop == .toolUse && answer.state == .finished)
    }

    @Test(arguments: cases)
    func `The streamed answer and the whole one say the same`(test: AdapterCase) throws {
        let streamed = Self.answer(test, [test.bytes])
        Self.check(streamed)
        let whole = try test.adapter.answer(bytes: Array(test.whole.utf8))
        Self.check(whole)
        #expect(streamed == whole)
    }

    @Test(arguments: cases)
    func `An answer does not depend on how its bytes are cut`(test: AdapterCase) {
        let bytes = test.bytes
        let expected = Self.events(test, [bytes])
        #expect(Self.events(test, bytes.map { [$0] }) == expected)
        for place in bytes.indices {
            let pieces = [Array(bytes[..<place]), Array(bytes[place...])]
            #expect(Self.events(test, pieces) == expected, "at \(place)")
        }
    }

    @Test(arguments: cases)
    func `A stream that ends too early has failed, and what came is kept`(test: AdapterCase) {
        let bytes = test.bytes
        let needed = test.script[...test.lastNeeded].joined().count
        for count in 0..<needed {
            let answer = Self.answer(test, [Array(bytes[..<count])])
            #expect(answer.state == .failed(ProviderError(.cut)), "after \(count) bytes")
            #expect("Schöne Grüße 😀".hasPrefix(answer.text))
            #expect(answer.runnableTools.isEmpty)
        }
        #expect(Self.answer(test, [Array(bytes[..<needed])]).state == .finished)
    }

    @Test(arguments: cases)
    func `An error in the stream ends it, and what came before is kept`(test: AdapterCase) {
        let events = test.script
        for place in 1..<test.lastNeeded {
            let pieces = Array(events[..<place]) + [test.failure] + Array(events[place...])
            let whole = Self.answer(test, [pieces.flatMap(\.self)])
            guard case .failed(let error) = whole.state else {
                Issue.record("\(whole.state)")
                continue
            }
            #expect(error.kind == .rateLimited && error.providerMessage == "slow down")
            let before = Self.answer(test, Array(events[..<place]))
            #expect(whole.parts == before.parts && whole.runnableTools.isEmpty)
        }
    }

    @Test(arguments: cases)
    func `Mutated streams end once, and the same however they are cut`(test: AdapterCase) {
        var numbers = SeededNumbers(seed: 3)
        for round in 0..<300 {
            var bytes = test.bytes
            for _ in 0..<Int.random(in: 1...4, using: &numbers) {
                let index = Int.random(in: 0..<bytes.count, using: &numbers)
                switch Int.random(in: 0..<3, using: &numbers) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &numbers)
                case 1: bytes.remove(at: index)
                default: bytes.insert(UInt8(ascii: "\n"), at: index)
                }
            }
            let place = Int.random(in: 0..<bytes.count, using: &numbers)
            let expected = Self.events(test, [bytes])
            let cut = Self.events(test, [Array(bytes[..<place]), Array(bytes[place...])])
            #expect(expected == cut, "round \(round)")
            #expect(expected.filter(\.isLast).count == 1 && expected.last?.isLast == true)
        }
    }

    // MARK: Requests

    private static var turn: TurnRequest {
        var turn = TurnRequest(model: "some.model-1:0", messages: [])
        turn.system = [SystemText("Be brief.")]
        turn.messages = [
            TurnMessage(.user, [.text("Hi")]), TurnMessage(.assistant, [.text("Hello.")]),
            TurnMessage(.user, [.text("And now?")]),
        ]
        turn.limits.maximumTokens = 64
        return turn
    }

    @Test(arguments: cases)
    func `A request goes to the endpoint's host and holds all that was said`(
        test: AdapterCase
    ) throws {
        for streaming in [false, true] {
            let request = try test.adapter.request(for: Self.turn, streaming: streaming)
            #expect(request.origin.host == test.host && request.method == .post)
            let body = try JSONReader.parse(request.body)
            let text = JSONWriter.line(body)
            for word in ["Be brief.", "Hi", "Hello.", "And now?", "64"] {
                #expect(text.contains(word), "\(word)")
            }
            let model = "some.model-1:0"
            #expect(
                request.path.removingPercentEncoding?.contains(model) == true
                    || body["model"]?.string == model)
        }
        let (once, streamed) = (
            try test.adapter.request(for: Self.turn, streaming: false),
            try test.adapter.request(for: Self.turn, streaming: true)
        )
        #expect(once.path != streamed.path || once.body != streamed.body)
    }

    @Test(arguments: cases)
    func `A request carries a credential only after it was given one`(test: AdapterCase) throws {
        var request = try test.adapter.request(for: Self.turn, streaming: true)
        for name in ["authorization", "x-api-key", "api-key"] {
            #expect(request.headers[name] == nil)
        }
        request.authorize(token: "canary", test.adapter.placement)
        #expect(request.headers.all.contains { $0.value.contains("canary") })
        #expect(!request.path.contains("canary") && !request.query.contains("canary"))
    }

    @Test(arguments: cases)
    func `An input that was cut off is not sent back as if it were whole`(test: AdapterCase) throws
    {
        var turn = Self.turn
        let cut = ToolUse(id: "t", name: "look_up", input: .unfinished("{\"word\":\"Kö"))
        turn.messages[1].parts.append(TurnPart(.toolUse(cut)))
        let request = try test.adapter.request(for: turn, streaming: true)
        #expect(!String(decoding: request.body, as: UTF8.self).contains("Kö"))
    }

    @Test(arguments: cases)
    func `Bytes that are no answer are an error`(test: AdapterCase) {
        for text in ["", "{", "{}", "[]", "null", "<html></html>", "{\"type\":\"message\"}"] {
            #expect(throws: ProviderError.self) {
                try test.adapter.answer(bytes: Array(text.utf8))
            }
        }
    }
}
