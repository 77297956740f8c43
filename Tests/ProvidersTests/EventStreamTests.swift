import JSONText
import Providers
import Testing
import VaultCrypto

/// AWS event streams: whole frames, damaged ones, and the public vectors.
@Suite struct EventStreamTests {
    typealias Step = StreamStep<EventStreamFrame>

    private static let headers = [(":event-type", "chunk"), (":message-type", "event")]
    private static let one = Framing.frame(headers, Array("{\"bytes\":\"e30=\"}".utf8))
    private static let two = Framing.frame([], [])

    private func steps(_ bytes: [UInt8]) -> [Step] { Framing.all(EventStreamParser(), bytes) }

    @Test func `Headers and payload of a frame are read`() throws {
        let steps = steps(Self.one + Self.two)
        guard case .frame(let first) = steps.first else { return #expect(Bool(false)) }
        #expect(first.text(":event-type") == "chunk")
        #expect(first.text(":message-type") == "event")
        #expect(first.text("other") == nil)
        #expect(first.payload == Array("{\"bytes\":\"e30=\"}".utf8))
        #expect(steps.last == .frame(EventStreamFrame(headers: [], payload: [])))
    }

    @Test func `Each changed byte of a frame is found`() {
        for index in Self.one.indices {
            var bytes = Self.one
            bytes[index] ^= 0x10
            let expected: StreamFault = index < 12 ? .preludeChecksum : .frameChecksum
            #expect(steps(bytes) == [.fault(expected)], "byte \(index)")
        }
    }

    @Test func `A stream that ends inside a frame is cut`() {
        for count in 1..<Self.one.count {
            let steps = steps(Self.two + Self.one[..<count])
            #expect(steps.last == .fault(.cut(leftoverBytes: count)), "\(count) bytes")
        }
    }

    @Test func `Lengths that contradict each other or are absurd are refused at once`() {
        func prelude(_ total: Int, _ headers: Int) -> [UInt8] {
            let lengths = Framing.number(total) + Framing.number(headers)
            return lengths + Framing.number(Int(Framing.crc(lengths)))
        }
        #expect(steps(prelude(15, 0)) == [.fault(.malformedFrame)])
        #expect(steps(prelude(40, 25)) == [.fault(.malformedFrame)])
        #expect(steps(prelude(0x7FFF_FFFF, 0)) == [.fault(.tooLong)])
        #expect(steps(prelude(0xFFFF_FFFF, 0xFFFF_FFEF)) == [.fault(.tooLong)])
        #expect(steps(prelude(16 + 131_073, 131_073)) == [.fault(.tooLong)])
        #expect(steps(prelude(16 + 25_165_824, 0)) == [.fault(.cut(leftoverBytes: 12))])
        #expect(steps(prelude(17 + 25_165_824, 0)) == [.fault(.tooLong)])
    }

    @Test func `A header that stands twice is refused, and so is one that is not UTF-8`() {
        #expect(steps(Framing.frame([("a", "1"), ("a", "2")], [])) == [.fault(.malformedFrame)])
        var bytes = Framing.frame([("a", "é")], [])
        bytes.replaceSubrange(17..<19, with: [0xC3, 0x28])
        bytes.removeLast(4)
        #expect(steps(bytes + Framing.number(Int(Framing.crc(bytes)))) == [.fault(.malformedFrame)])
    }

    @Test func `Every split and one byte at a time give the same frames`() {
        var bytes = Self.one + Self.two + Self.one
        bytes[bytes.count - 1] ^= 1
        let expected = steps(bytes)
        #expect(expected.count == 3)
        #expect(Framing.all(EventStreamParser(), bytes, pieceBytes: 1) == expected)
        for place in 0...bytes.count {
            #expect(Framing.split(EventStreamParser(), bytes, at: place) == expected, "\(place)")
        }
    }

    @Test func `Mutated streams split at random places give the same steps`() {
        var numbers = SeededNumbers(seed: 2)
        let whole = Self.one + Self.two + Self.one + Self.two
        for round in 0..<2_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 0...2, using: &numbers) {
                let index = Int.random(in: 0..<bytes.count, using: &numbers)
                bytes[index] = UInt8.random(in: 0...255, using: &numbers)
            }
            bytes.removeLast(Int.random(in: 0...5, using: &numbers))
            let expected = steps(bytes)
            let place = Int.random(in: 0...bytes.count, using: &numbers)
            #expect(
                Framing.split(EventStreamParser(), bytes, at: place) == expected, "round \(round)")
        }
    }

    // MARK: Public vectors

    @Test(.enabled(if: WireData.folder != nil, WireData.skipped))
    func `The vectors of the AWS SDK for Go are read as it reads them`() throws {
        let folder = "vectors/eventstream-aws-sdk-go/"
        let good = try WireData.names(folder + "encoded/positive")
        for name in good {
            let expected = try WireData.json(folder + "decoded/positive/" + name)
            let steps = steps(try WireData.bytes(folder + "encoded/positive/" + name))
            guard case .frame(let frame) = steps.first, steps.count == 1 else {
                Issue.record("\(name): \(steps)")
                continue
            }
            #expect(Base64.string(frame.payload) == expected["payload"]?.string, "\(name)")
            let headers = expected["headers"]?.array ?? []
            #expect(frame.headers.count == headers.count, "\(name)")
            for (header, wanted) in zip(frame.headers, headers) {
                #expect(header.name == wanted["name"]?.string)
                #expect(Self.json(header.value) == wanted["value"], "\(name) \(header.name)")
            }
        }
        let bad = try WireData.names(folder + "encoded/negative")
        for name in bad {
            let reason = try WireData.text(folder + "decoded/negative/" + name)
            let steps = steps(try WireData.bytes(folder + "encoded/negative/" + name))
            let fault: StreamFault =
                reason.hasPrefix("Prelude") ? .preludeChecksum : .frameChecksum
            #expect(steps == [.fault(fault)], "\(name)")
        }
        print("event streams of the AWS SDK for Go: \(good.count) good, \(bad.count) bad")
        #expect(good.count == 5 && bad.count == 4)
    }

    private static func json(_ value: EventStreamFrame.Value) -> JSON {
        switch value {
        case .bool(let flag): .bool(flag)
        case .byte(let number): .integer(number)
        case .int16(let number): .integer(number)
        case .int32(let number): .integer(number)
        case .int64(let number), .timestamp(let number): .integer(number)
        case .bytes(let bytes), .uuid(let bytes): .string(Base64.string(bytes))
        case .string(let text): .string(Base64.string(Array(text.utf8)))
        }
    }

    @Test(.enabled(if: WireData.folder != nil, WireData.skipped))
    func `The vectors of smithy and of the AWS SDK for JavaScript pass or fail as named`() throws {
        let smithy = "vectors/eventstream-smithy-rs/"
        let names = try WireData.names(smithy).filter { $0.contains("valid_") }
        for name in names {
            let steps = steps(try WireData.bytes(smithy + name))
            #expect(steps.contains(where: Self.isFault) == name.hasPrefix("invalid"), "\(name)")
        }
        let script = "vectors/eventstream-aws-sdk-js/"
        let index = try #require(try WireData.json(script + "index.json").object)
        for member in index.members {
            let steps = steps(try WireData.bytes(script + member.key + ".bin"))
            let fails = member.value["expect"]?.string == "failure"
            #expect(steps.contains(where: Self.isFault) == fails, "\(member.key)")
            guard !fails, case .frame(let frame) = steps.first else { continue }
            let payload = String(decoding: frame.payload, as: UTF8.self)
            #expect(payload == member.value["payload_utf8"]?.string)
        }
        print("event streams: \(names.count) of smithy, \(index.count) of the SDK for JavaScript")
        #expect(names.count == 11 && index.count == 8)
    }

    private static func isFault(_ step: Step) -> Bool {
        if case .fault = step { true } else { false }
    }
}
