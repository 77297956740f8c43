/// One frame of an AWS event stream, checked.
package struct EventStreamFrame: Sendable, Equatable {
    /// A header's value; the numbers of the cases are those on the wire.
    package enum Value: Sendable, Equatable {
        case bool(Bool)
        case byte(Int8)
        case int16(Int16)
        case int32(Int32)
        case int64(Int64)
        case bytes([UInt8])
        case string(String)
        /// Milliseconds since 1970.
        case timestamp(Int64)
        /// 16 bytes.
        case uuid([UInt8])
    }

    package struct Header: Sendable, Equatable {
        package var name: String
        package var value: Value

        package init(name: String, value: Value) {
            self.name = name
            self.value = value
        }
    }

    package var headers: [Header]
    package var payload: [UInt8]

    package init(headers: [Header], payload: [UInt8]) {
        self.headers = headers
        self.payload = payload
    }

    /// The value of a header that is a string.
    package func text(_ name: String) -> String? {
        guard case .string(let text) = headers.first(where: { $0.name == name })?.value else {
            return nil
        }
        return text
    }
}

/// Reads the headers of a frame: name length (1 byte), name, type (1 byte), value.
///
/// Types: 0 true, 1 false, 2 to 5 whole numbers of 1, 2, 4 and 8 bytes, 6 bytes and 7 text with a
/// length of 2 bytes before them, 8 a time, 9 a UUID. Numbers are big-endian.
struct EventStreamHeaderReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// All headers, or nil where a length is wrong, a type unknown, or a name empty or repeated.
    static func read(_ bytes: ArraySlice<UInt8>) -> [EventStreamFrame.Header]? {
        var reader = EventStreamHeaderReader(bytes)
        var headers: [EventStreamFrame.Header] = []
        while !reader.rest.isEmpty {
            guard let header = reader.header(), !headers.contains(where: { $0.name == header.name })
            else { return nil }
            headers.append(header)
        }
        return headers
    }

    private mutating func header() -> EventStreamFrame.Header? {
        guard let length = take(1)?.first, length > 0, let name = text(Int(length)),
            let type = take(1)?.first, let value = value(type)
        else { return nil }
        return EventStreamFrame.Header(name: name, value: value)
    }

    private mutating func value(_ type: UInt8) -> EventStreamFrame.Value? {
        switch type {
        case 0: .bool(true)
        case 1: .bool(false)
        case 2: number(1).map { .byte(Int8(truncatingIfNeeded: $0)) }
        case 3: number(2).map { .int16(Int16(truncatingIfNeeded: $0)) }
        case 4: number(4).map { .int32(Int32(truncatingIfNeeded: $0)) }
        case 5: number(8).map { .int64(Int64(bitPattern: $0)) }
        case 6: number(2).flatMap { take(Int($0)) }.map { .bytes(Array($0)) }
        case 7: number(2).flatMap { text(Int($0)) }.map { .string($0) }
        case 8: number(8).map { .timestamp(Int64(bitPattern: $0)) }
        case 9: take(16).map { .uuid(Array($0)) }
        default: nil
        }
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    private mutating func number(_ count: Int) -> UInt64? {
        take(count).map { $0.reduce(0) { $0 << 8 | UInt64($1) } }
    }

    private mutating func text(_ count: Int) -> String? {
        take(count).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
