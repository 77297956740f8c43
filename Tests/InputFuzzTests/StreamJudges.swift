import Providers
import VaultCrypto

@testable import Providers

/// Frames of streams are those that a reader of the whole sees, whatever pieces they come in.
enum StreamJudges {
    static let targets = [
        FuzzTarget(
            name: "sse", judge: judgeEvents, seeds: eventSeeds,
            words: [
                "data:", "data: ", "event: ", "\n\n", "\r\n", "\r", ": ", "id: ", "retry: ",
                "\u{FEFF}",
            ]),
        FuzzTarget(
            name: "event-stream", judge: judgeFrames, seeds: frameSeeds,
            words: [":event-type\u{7}\u{0}", ":message-type\u{7}\u{0}", "\u{8}", "\u{9}"]),
    ]

    /// What a parser says of bytes that come in pieces of some lengths.
    static func steps<Parser: StreamFraming>(
        _ parser: Parser, _ bytes: [UInt8], pieces: [Int]
    ) -> [StreamStep<Parser.Frame>] {
        var parser = parser
        var steps: [StreamStep<Parser.Frame>] = []
        for piece in cut(bytes, pieces) { steps += parser.take(piece) }
        return steps + parser.end() + parser.take([0x0A, 0x0A]) + parser.end()
    }

    /// Bytes cut into pieces of these lengths, again and again.
    static func cut(_ bytes: [UInt8], _ pieces: [Int]) -> [[UInt8]] {
        var rest = bytes[...]
        var cut: [[UInt8]] = []
        while !rest.isEmpty {
            let count = max(1, pieces[cut.count % pieces.count])
            cut.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return cut
    }

    /// Lengths of pieces that hang on the bytes alone.
    static func lengths(_ bytes: [UInt8]) -> [Int] {
        bytes.isEmpty ? [1] : [Int(bytes[bytes.count / 2]), Int(bytes[0] % 7), 1]
    }

    // MARK: Server-sent events

    private static func eventSeeds() -> [[UInt8]] {
        [
            "event: a\ndata: {\"b\":1}\n\ndata: c\ndata:d\n\n",
            "\u{FEFF}: comment\r\n\r\ndata\r\rid: 1\r\n",
            "data: [DONE]\n\n", "event: x\n\n:\n", "data: cut", "retry: 5\ndata:  two\n\nevent:",
        ].map { Array($0.utf8) }
    }

    private static func judgeEvents(_ bytes: [UInt8]) -> String? {
        let whole = steps(ServerSentEvents(), bytes, pieces: [Int.max])
        guard whole == steps(ServerSentEvents(), bytes, pieces: lengths(bytes)) else {
            return "pieces change the events"
        }
        return whole == plainEvents(bytes) ? nil : "another reader sees other events"
    }

    /// The events as a reader of a few lines sees them in the whole.
    private static func plainEvents(_ bytes: [UInt8]) -> [StreamStep<ServerSentEvents.Event>] {
        var rest = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        if [[0xEF], [0xEF, 0xBB]].contains(Array(rest)), rest.startIndex == 0 { return [] }
        var steps: [StreamStep<ServerSentEvents.Event>] = []
        var type: String?
        var data: [ArraySlice<UInt8>] = []
        while let end = rest.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) {
            let line = rest[..<end]
            rest = rest[end...].dropFirst(rest[end...].starts(with: [0x0D, 0x0A]) ? 2 : 1)
            if line.isEmpty {
                let text = Array(data.joined(separator: [0x0A]))
                if !data.isEmpty { steps.append(.frame(.init(type: type, data: text))) }
                (type, data) = (nil, [])
                continue
            }
            let name = line.prefix { $0 != UInt8(ascii: ":") }
            var value = line.dropFirst(name.count + 1)
            if value.first == 0x20 { value = value.dropFirst() }
            if name.elementsEqual("data".utf8) { data.append(value) }
            if name.elementsEqual("event".utf8) { type = String(decoding: value, as: UTF8.self) }
        }
        let isSilent = rest.isEmpty || rest.first == UInt8(ascii: ":")
        if data.isEmpty, type == nil, isSilent { return steps }
        let count = rest.count + data.reduce(max(0, data.count - 1)) { $0 + $1.count }
        return steps + [.fault(.cut(leftoverBytes: count))]
    }

    // MARK: Frames of AWS

    private static func frameSeeds() -> [[UInt8]] {
        let head = { (name: String, value: [UInt8]) in
            [UInt8(name.utf8.count)] + Array(name.utf8) + value
        }
        let text = { (text: String) in [7, 0, UInt8(text.utf8.count)] + Array(text.utf8) }
        let headers = head(":event-type", text("chunk")) + head(":message-type", text("event"))
        let kinds =
            head("a", [0]) + head("b", [1]) + head("c", [2, 9]) + head("d", [3, 0, 9])
            + head("e", [4, 0, 0, 0, 9]) + head("f", [5] + Made.bytes(1, count: 8))
            + head("g", [6, 0, 2, 1, 2]) + head("h", [8] + Made.bytes(1, count: 8))
            + head("i", [9] + Made.bytes(1, count: 16))
        let parts = [(headers, Array("{}".utf8)), (kinds, []), ([], [1, 2, 3])]
        return [
            [1] + parts.flatMap { [UInt8($0.count), UInt8($1.count)] + $0 + $1 },
            [0] + parts.flatMap { frame(headers: $0, payload: $1) },
            [1, UInt8(headers.count), 2] + headers + [0x7B, 0x7D],
        ]
    }

    /// A frame with both of its checksums.
    static func frame(headers: [UInt8], payload: [UInt8]) -> [UInt8] {
        func number(_ value: Int) -> [UInt8] {
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
        }
        func sealed(_ bytes: [UInt8]) -> [UInt8] {
            var checksum = CRC32Checksum()
            checksum.update(bytes)
            return bytes + number(Int(checksum.value))
        }
        let head = number(16 + headers.count + payload.count) + number(headers.count)
        return sealed(sealed(head) + headers + payload)
    }

    /// The first byte: 0 a stream; 1 lengths of headers and payload, then both, of each frame.
    private static func judgeFrames(_ input: [UInt8]) -> String? {
        var (mode, bytes) = input.split(2)
        if mode == 1 { bytes = framed(bytes) }
        let whole = steps(EventStreamParser(), bytes, pieces: [Int.max])
        guard whole == steps(EventStreamParser(), bytes, pieces: lengths(bytes)) else {
            return "pieces change the frames"
        }
        var rest = bytes[...]
        for (place, step) in whole.enumerated() {
            switch step {
            case .frame(let read):
                let written = frame(headers: read.headers.flatMap(write), payload: read.payload)
                guard rest.starts(with: written) else { return "a frame is written otherwise" }
                rest = rest.dropFirst(written.count)
            case .fault(let fault):
                guard place == whole.count - 1 else { return "something follows a fault" }
                if case .cut(let count) = fault, count != rest.count { return "a wrong rest" }
                return nil
            }
        }
        return rest.isEmpty ? nil : "bytes are left over and nobody says so"
    }

    private static func framed(_ input: [UInt8]) -> [UInt8] {
        var rest = input[...]
        var bytes: [UInt8] = []
        while rest.count >= 2 {
            let counts = Array(rest.prefix(2)).map { Int($0) }
            rest = rest.dropFirst(2)
            let headers = Array(rest.prefix(counts[0]))
            rest = rest.dropFirst(counts[0])
            bytes += frame(headers: headers, payload: Array(rest.prefix(counts[1])))
            rest = rest.dropFirst(counts[1])
        }
        return bytes
    }

    private static func write(_ header: EventStreamFrame.Header) -> [UInt8] {
        func number(_ value: Int64, _ count: Int) -> [UInt8] {
            (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * Int64($0))) }
        }
        let value: [UInt8] =
            switch header.value {
            case .bool(let flag): [flag ? 0 : 1]
            case .byte(let value): [2] + number(Int64(value), 1)
            case .int16(let value): [3] + number(Int64(value), 2)
            case .int32(let value): [4] + number(Int64(value), 4)
            case .int64(let value): [5] + number(value, 8)
            case .bytes(let bytes): [6] + number(Int64(bytes.count), 2) + bytes
            case .string(let text): [7] + number(Int64(text.utf8.count), 2) + Array(text.utf8)
            case .timestamp(let time): [8] + number(time, 8)
            case .uuid(let bytes): [9] + bytes
            }
        return [UInt8(header.name.utf8.count)] + Array(header.name.utf8) + value
    }
}
