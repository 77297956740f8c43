import Providers
import Testing

/// Server-sent events: the forms that servers write, and the ends that are none.
@Suite struct ServerSentEventsTests {
    typealias Step = StreamStep<ServerSentEvents.Event>

    private func steps(_ text: String) -> [Step] {
        Framing.all(ServerSentEvents(), Array(text.utf8))
    }

    private func event(_ type: String?, _ data: String) -> Step {
        .frame(ServerSentEvents.Event(type: type, data: Array(data.utf8)))
    }

    @Test func `Type and data of an event are read`() {
        #expect(steps("event: ping\ndata: {}\n\n") == [event("ping", "{}")])
        #expect(steps("event:ping\ndata:{}\n\n") == [event("ping", "{}")])
        #expect(steps("data:  two spaces\n\n") == [event(nil, " two spaces")])
    }

    @Test func `Lines end with LF, CRLF or CR`() {
        let expected = [event("a", "1"), event("b", "2")]
        let text = "event: a\ndata: 1\n\nevent: b\ndata: 2\n\n"
        #expect(steps(text) == expected)
        #expect(steps(text.replacing("\n", with: "\r\n")) == expected)
        #expect(steps(text.replacing("\n", with: "\r")) == expected)
    }

    @Test func `Several lines of data are one event`() {
        #expect(steps("data: {\ndata: }\n\n") == [event(nil, "{\n}")])
        #expect(steps("data\ndata\n\n") == [event(nil, "\n")])
    }

    @Test func `Comments, ids, times of retrying and unknown fields are passed over`() {
        let text = ": hello\nid: 7\nretry: 10\ndatum: x\nnothing\n\ndata: 1\n\n: bye\n"
        #expect(steps(text) == [event(nil, "1")])
    }

    @Test func `An event without data is none, and its type does not stay`() {
        #expect(steps("event: ping\n\ndata: 1\n\n") == [event(nil, "1")])
    }

    @Test func `A byte-order mark at the start is skipped, and only there`() {
        #expect(steps("\u{FEFF}data: 1\n\n") == [event(nil, "1")])
        #expect(steps("data: \u{FEFF}1\n\n") == [event(nil, "\u{FEFF}1")])
        #expect(steps("\u{FEFF}\u{FEFF}data: 1\n\n").isEmpty)
        // The first two bytes of a mark are those of other letters too.
        let bytes: [UInt8] = [0xEF, 0xBB, 0x0A] + Array("data: 1\n\n".utf8)
        #expect(Framing.all(ServerSentEvents(), bytes) == [event(nil, "1")])
    }

    @Test func `A stream that ends in the middle of an event is cut`() {
        let whole = event(nil, "1")
        #expect(steps("data: 1\n\ndata: 2\n") == [whole, .fault(.cut(leftoverBytes: 1))])
        #expect(steps("data: 1\n\ndata: 2") == [whole, .fault(.cut(leftoverBytes: 7))])
        #expect(steps("data: 1\n\nevent: x\n") == [whole, .fault(.cut(leftoverBytes: 0))])
        #expect(steps("data: 1\n\n: comm") == [whole])
        #expect(steps("") == [])
    }

    @Test func `A line longer than any honest one is refused, and nothing after it is read`() {
        var parser = ServerSentEvents()
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        var steps: [Step] = []
        for _ in 0..<25 { steps += parser.take(piece) }
        #expect(steps == [.fault(.tooLong)])
        #expect(parser.take(Array("\n\ndata: 1\n\n".utf8)).isEmpty)
        #expect(parser.end().isEmpty)
    }

    @Test func `Every split and one byte at a time give the same events`() {
        let text =
            "\u{FEFF}event: a\r\ndata: Grüße 😀\r\n\r\n: c\rdata: 1\rdata: 2\r\rdata:x\n\nevent: l\nda"
        let bytes = Array(text.utf8)
        let expected = Framing.all(ServerSentEvents(), bytes)
        #expect(expected.count == 4)
        #expect(Framing.all(ServerSentEvents(), bytes, pieceBytes: 1) == expected)
        for place in 0...bytes.count {
            #expect(Framing.split(ServerSentEvents(), bytes, at: place) == expected, "\(place)")
        }
    }

    @Test func `Random bytes split at random places give the same events`() {
        var numbers = SeededNumbers(seed: 1)
        let letters: [[UInt8]] = [
            "data:", "event:", ":", " ", "\n", "\r", "\r\n", "\n\n", "x", "\u{FEFF}", "é", "id: 1",
        ].map { Array($0.utf8) }
        for round in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &numbers)).flatMap { _ in
                letters[Int.random(in: 0..<letters.count, using: &numbers)]
            }
            let expected = Framing.all(ServerSentEvents(), bytes)
            let place = Int.random(in: 0...bytes.count, using: &numbers)
            #expect(
                Framing.split(ServerSentEvents(), bytes, at: place) == expected, "round \(round)")
            #expect(
                Framing.all(ServerSentEvents(), bytes, pieceBytes: 1) == expected, "round \(round)")
        }
    }
}
