/// A parser of server-sent events (WHATWG HTML, section 9.2.6), without I/O.
///
/// Lines end with LF, CRLF or CR; a byte-order mark at the start is skipped; comments, `id` and
/// `retry` are passed over; `data` lines of one event are joined with LF. An event without data is
/// none. Unlike the official clients, which drop it without a word, an event that the stream ends
/// in the middle of is a fault: the end of an answer may have been in it.
package struct ServerSentEvents: StreamFraming {
    /// One event; `type` is nil where the stream gave no `event:` line.
    package struct Event: Sendable, Equatable {
        package var type: String?
        package var data: [UInt8]

        package init(type: String?, data: [UInt8]) {
            self.type = type
            self.data = data
        }
    }

    /// The most bytes of one line or one event: what the AWS client takes in one frame.
    package static let longestEventBytes = 25_165_824

    private enum Beginning { case mark(Int), over }
    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private var beginning: Beginning = .mark(0)
    /// The line so far, without its end.
    private var line: [UInt8] = []
    /// After a CR, an LF belongs to the same end of line.
    private var afterReturn = false
    private var type: String?
    private var data: [UInt8] = []
    private var hasData = false
    private var isOver = false

    package init() {}

    package mutating func take(_ bytes: [UInt8]) -> [StreamStep<Event>] {
        var steps: [StreamStep<Event>] = []
        for byte in bytes where !isOver {
            if isMark(byte) { continue }
            take(byte, &steps)
        }
        return steps
    }

    package mutating func end() -> [StreamStep<Event>] {
        if isOver { return [] }
        isOver = true
        let leftover = line.count + data.count
        // A field that says nothing of an event, such as a comment, may be the last line.
        let matters = hasData || type != nil || !(line.isEmpty || line.first == Self.colon)
        return matters ? [.fault(.cut(leftoverBytes: leftover))] : []
    }

    // MARK: Bytes to lines

    private static let colon = UInt8(ascii: ":")

    /// Whether the byte belongs to a byte-order mark at the very start.
    private mutating func isMark(_ byte: UInt8) -> Bool {
        guard case .mark(let count) = beginning else { return false }
        if byte == Self.mark[count] {
            beginning = count == 2 ? .over : .mark(count + 1)
            return true
        }
        beginning = .over
        line += Self.mark[..<count]  // It only began like one.
        return false
    }

    private mutating func take(_ byte: UInt8, _ steps: inout [StreamStep<Event>]) {
        defer { afterReturn = byte == 0x0D }
        switch byte {
        case 0x0A where afterReturn: break
        case 0x0A, 0x0D:
            endLine(&steps)
            line.removeAll(keepingCapacity: line.capacity < 65_536)
        default:
            line.append(byte)
            if line.count + data.count > Self.longestEventBytes {
                isOver = true
                steps.append(.fault(.tooLong))
            }
        }
    }

    // MARK: Lines to events

    private mutating func endLine(_ steps: inout [StreamStep<Event>]) {
        guard !line.isEmpty else { return dispatch(&steps) }
        let name = line.prefix { $0 != Self.colon }
        var value = line[name.endIndex...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        if name.elementsEqual("data".utf8) {
            if hasData { data.append(0x0A) }
            data += value
            hasData = true
        } else if name.elementsEqual("event".utf8) {
            type = String(decoding: value, as: UTF8.self)
        }
    }

    private mutating func dispatch(_ steps: inout [StreamStep<Event>]) {
        if hasData { steps.append(.frame(Event(type: type, data: data))) }
        type = nil
        data = []
        hasData = false
    }
}
