/// Where in a text the values of a JSON document stand, for messages to whoever wrote it.
///
/// A value is named by its path: `retention[1].scope.labels[0]`; the whole document has the empty
/// path. `JSONReader` says whether a text is JSON; of a text that it refuses, this knows the places
/// up to the fault.
package struct JSONPlaces: Sendable {
    /// A key that an object has a second time.
    package struct Repetition: Sendable, Equatable {
        /// The path of the member.
        package var path: String
        /// Of the second occurrence, from 1.
        package var line: Int

        package init(path: String, line: Int) {
            self.path = path
            self.line = line
        }
    }

    private var lines: [String: Int] = [:]
    package private(set) var repetitions: [Repetition] = []

    private let bytes: [UInt8]
    private var position = 0
    private var currentLine = 1

    /// Finds the places.
    ///
    /// - Parameter bytes: The text.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        skipSpace()
        note("")
        _ = value("", depth: 0)
    }

    /// The line of a value's key or beginning, or that of the nearest value around it; from 1.
    package func line(of path: String) -> Int {
        var path = path
        while lines[path] == nil, let end = path.lastIndex(where: { $0 == "." || $0 == "[" }) {
            path = String(path[..<end])
        }
        return lines[path] ?? lines[""] ?? 1
    }

    /// The line of a byte, from 1.
    ///
    /// - Parameters:
    ///   - offset: The byte's offset.
    ///   - bytes: The text.
    /// - Returns: The line.
    package static func line(ofByte offset: Int, in bytes: [UInt8]) -> Int {
        bytes.prefix(offset).count { $0 == UInt8(ascii: "\n") } + 1
    }

    /// The path of a member.
    package static func path(_ parent: String, _ key: String) -> String {
        parent.isEmpty ? key : "\(parent).\(key)"
    }

    private mutating func note(_ path: String) {
        if lines[path] == nil { lines[path] = currentLine }
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            if byte == 0x0A { currentLine += 1 }
            position += 1
        }
    }

    private mutating func skip(_ sign: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: sign) else { return false }
        position += 1
        return true
    }

    /// Passes over a value; `false` where the text is not what it should be.
    private mutating func value(_ path: String, depth: Int) -> Bool {
        guard depth <= JSONReader.maximumDepth, let byte = next else { return false }
        switch byte {
        case UInt8(ascii: "{"): return object(path, depth: depth)
        case UInt8(ascii: "["): return array(path, depth: depth)
        case UInt8(ascii: "\""): return string() != nil
        default:
            let start = position
            while let byte = next, byte > 0x20, !",]}:".utf8.contains(byte) { position += 1 }
            return position > start
        }
    }

    private mutating func object(_ path: String, depth: Int) -> Bool {
        position += 1
        skipSpace()
        if skip("}") { return true }
        var keys: Set<String> = []
        repeat {
            skipSpace()
            let line = currentLine
            guard let key = string() else { return false }
            let member = Self.path(path, key)
            if !keys.insert(key).inserted { repetitions.append(.init(path: member, line: line)) }
            note(member)
            skipSpace()
            guard skip(":") else { return false }
            skipSpace()
            guard value(member, depth: depth + 1) else { return false }
            skipSpace()
        } while skip(",")
        return skip("}")
    }

    private mutating func array(_ path: String, depth: Int) -> Bool {
        position += 1
        skipSpace()
        if skip("]") { return true }
        var index = 0
        repeat {
            skipSpace()
            let element = "\(path)[\(index)]"
            note(element)
            guard value(element, depth: depth + 1) else { return false }
            index += 1
            skipSpace()
        } while skip(",")
        return skip("]")
    }

    /// The text of a string, read as `JSONReader` reads it.
    private mutating func string() -> String? {
        let start = position
        guard skip("\"") else { return nil }
        while let byte = next, byte != UInt8(ascii: "\"") {
            position += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        guard skip("\"") else { return nil }
        return (try? JSONReader.parse(Array(bytes[start..<position])))?.string
    }
}
