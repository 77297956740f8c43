import JSONText
import Vault
import VaultCrypto

/// The records of one JSON file, one after the other, in memory that does not grow with the file.
///
/// A fault of the frame (brackets, commas, an end that comes too early) is thrown as `.badInput`; a
/// fault inside a record is that record's own and is reported by `value()`.
final class DocumentStream {
    let file: ExportFile
    let shape: DocumentShape?
    /// The number of the record last reached: of a line where the shape is lines, else from 1.
    private(set) var number = 0
    private let cursor: ByteCursor
    private var phase = Phase.start
    /// Whether the arrays beside the wrapped one are gone through as well.
    var readsSiblings = false
    /// The member whose elements are records, while one beside the wrapped array is.
    private(set) var sibling: String?
    /// Names of the members that were skipped and said something; at most a hundred.
    private(set) var skippedMembers: [String] = []
    /// Whether the wrapped array itself was reached.
    private var isWrapped = false
    /// Whether the wrapping object was entered.
    private var isOpen = false
    /// Whether the frame ended before it was closed.
    private(set) var isCutOff = false

    private enum Phase { case start, inside, end }

    /// The longest record that is read: it is held in memory, several times over.
    static let recordBytes = 128 << 20

    /// Opens a file and judges its shape.
    init(_ file: ExportFile, limit: Int = DocumentStream.recordBytes) throws(VaultError) {
        self.file = file
        cursor = ByteCursor(try file.open(), limit: limit)
        var shape = try unsafe cursor.lookAhead { unsafe DocumentShape.of($0, isWhole: $1) }
        // A record can be longer than what was looked at, and a broken one must stay alone.
        if shape == .values, try cursor.lookAheadThroughLine() {
            shape = try unsafe cursor.lookAhead { unsafe DocumentShape.of($0, isWhole: $1) }
        }
        self.shape = shape
    }

    /// Bytes read so far.
    var offset: Int64 { cursor.offset }

    /// Where the record last reached is.
    var place: String {
        switch shape {
        case .array, .member: "\(file.place), \(sibling ?? "conversation") \(number)"
        case .lines: "\(file.place), line \(number)"
        case .values: number > 1 ? "\(file.place), value \(number)" : file.place
        case nil: file.place
        }
    }

    /// Goes to the next record; `false` after the last.
    func next() throws(VaultError) -> Bool {
        cursor.end()
        switch shape {
        case nil: return false
        case .lines: return try nextLine()
        case .values: return try nextValue()
        case .array: return try nextElement()
        case .member(let name): return try nextElement(of: name)
        }
    }

    /// Reads to the end of the file: afterwards frame and container are known to be whole.
    func drain() throws(VaultError) {
        while try next() {}
        while try cursor.peek() != nil { cursor.skip() }
    }

    /// The record last reached.
    func value() -> Result<JSON, RecordFault> {
        let parsed = unsafe cursor.withValue { bytes -> Result<JSON, RecordFault> in
            do throws(JSONFault) {
                return .success(try unsafe JSONReader.parse(bytes))
            } catch {
                return .failure(.json(error))
            }
        }
        if case .failure(.json(let fault)) = parsed, fault.reason == .tooDeep,
            let flat = flattened()
        {
            return flat
        }
        return parsed ?? .failure(.tooLarge)
    }

    /// The record last reached when it is a recursive LibreChat export that is nested too deep.
    private func flattened() -> Result<JSON, RecordFault>? {
        let bytes = unsafe cursor.withValue { bytes in unsafe NestedChildren.flatten(Array(bytes)) }
        guard let flat = bytes.flatMap({ $0 }), let value = try? JSONReader.parse(flat),
            LibreChat.recognises(value)
        else { return nil }
        return .success(value)
    }

    /// Whether the record last reached is a line without content.
    private var isBlank: Bool {
        unsafe cursor.withValue { bytes in
            unsafe bytes.allSatisfy { $0 == 0x20 || $0 == 0x0D || $0 == 0x09 || $0 == 0 }
        } ?? false
    }

    /// A name for the record that depends on its bytes alone.
    func digest() -> String {
        unsafe ContentID.of(cursor.withValue { unsafe SHA256Digest.hash(Array($0)) } ?? [])
    }

    // MARK: Shapes

    private func nextLine() throws(VaultError) -> Bool {
        if phase == .start { try skipMark() }
        while true {
            // The line feed that ended the line before.
            if phase == .inside, try cursor.peek() != nil { cursor.skip() }
            phase = .inside
            guard try cursor.peek() != nil else { return false }
            number += 1
            cursor.begin()
            try cursor.skipLine()
            if !isBlank { return true }
            cursor.end()
        }
    }

    private func nextValue() throws(VaultError) -> Bool {
        if phase == .start { try skipMark() }
        phase = .inside
        try cursor.skipSpace()
        guard let first = try cursor.peek() else { return false }
        guard first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else { throw broken() }
        try frameValue()
        return true
    }

    private func nextElement() throws(VaultError) -> Bool {
        switch phase {
        case .end: return false
        case .start:
            try skipMark()
            try cursor.skipSpace()
            try expect("[")
            phase = .inside
            try cursor.skipSpace()
            if try cursor.peek() != UInt8(ascii: "]") { return try frameElement() }
        case .inside:
            try cursor.skipSpace()
            if try cursor.peek() == UInt8(ascii: ",") {
                cursor.skip()
                try cursor.skipSpace()
                return try frameElement()
            }
        }
        try expect("]")
        phase = .end
        if shape == .array { try expectEnd() }
        return false
    }

    private func nextElement(of name: String) throws(VaultError) -> Bool {
        if phase == .start, !isOpen {
            try skipMark()
            try cursor.skipSpace()
            try expect("{")
            isOpen = true
            guard try enterMember(name) else { throw broken() }
        }
        if phase == .end { return false }
        while try !nextElement() {
            try cursor.skipSpace()
            guard try cursor.peek() == UInt8(ascii: ",") else { break }
            cursor.skip()
            guard try enterMember(name) else { break }
        }
        if phase != .end { return true }
        guard isWrapped else { throw broken() }
        try expect("}")
        try expectEnd()
        return false
    }

    /// Goes to the next array whose elements are records, past other members; `false` where the
    /// object ends.
    private func enterMember(_ wrapped: String) throws(VaultError) -> Bool {
        while true {
            try cursor.skipSpace()
            guard try cursor.peek() == UInt8(ascii: "\"") else { throw broken() }
            cursor.begin()
            guard try cursor.skipValue() else { throw broken() }
            let name = unsafe cursor.withValue { bytes in
                unsafe String(decoding: bytes.dropFirst().dropLast().prefix(100), as: UTF8.self)
            }
            cursor.end()
            try cursor.skipSpace()
            try expect(":")
            try cursor.skipSpace()
            let isArray = try cursor.peek() == UInt8(ascii: "[")
            if isArray, name == wrapped || readsSiblings {
                if name == wrapped, isWrapped { throw broken() }
                sibling = name == wrapped ? nil : name
                isWrapped = isWrapped || name == wrapped
                number = 0
                phase = .start
                return true
            }
            try skipMember(name ?? "")
            try cursor.skipSpace()
            if try cursor.peek() == UInt8(ascii: "}") {
                phase = .end
                return false
            }
            try expect(",")
        }
    }

    /// Skips a member's value; what is null or empty says nothing and is not noted.
    private func skipMember(_ name: String) throws(VaultError) {
        let first = try cursor.peek()
        let start = cursor.offset
        guard try cursor.skipValue() else { throw broken() }
        let isNested = first == 0x5B || first == 0x7B || first == UInt8(ascii: "\"")
        if first == UInt8(ascii: "n") || isNested && cursor.offset - start <= 2 { return }
        if skippedMembers.count < 100 { skippedMembers.append(name) }
    }

    private func frameElement() throws(VaultError) -> Bool {
        switch try cursor.peek() {
        case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ":"):
            throw broken()
        default: break
        }
        try frameValue()
        try cursor.skipSpace()
        let next = try cursor.peek()
        guard next == UInt8(ascii: ",") || next == UInt8(ascii: "]") else { throw broken() }
        return true
    }

    private func frameValue() throws(VaultError) {
        number += 1
        cursor.begin()
        guard try cursor.skipValue() else { throw broken() }
        cursor.finish()
    }

    /// Skips a byte order mark.
    private func skipMark() throws(VaultError) {
        guard try cursor.peek() == 0xEF else { return }
        for expected: UInt8 in [0xEF, 0xBB, 0xBF] {
            guard try cursor.peek() == expected else { throw broken() }
            cursor.skip()
        }
    }

    private func expect(_ character: Unicode.Scalar) throws(VaultError) {
        guard try cursor.peek() == UInt8(ascii: character) else { throw broken() }
        cursor.skip()
    }

    private func expectEnd() throws(VaultError) {
        try cursor.skipSpace()
        guard try cursor.peek() == nil else { throw broken() }
    }

    private func broken() -> VaultError {
        isCutOff = (try? cursor.peek()) == .some(nil)
        let what = isCutOff ? "is cut off" : "is damaged"
        return VaultError(
            .badInput,
            "\(file.place) \(what) at byte \(cursor.offset); download or copy it again.")
    }
}

/// Why one record could not be read.
enum RecordFault: Error {
    case json(JSONFault)
    case tooLarge

    /// A sentence without content.
    var reason: String {
        switch self {
        case .json(let fault): "Its JSON cannot be read: \(fault)."
        case .tooLarge: "It is larger than 128 MiB."
        }
    }
}

/// Ids for records that have none: the first 128 bits of the SHA-256 of what does not change.
enum ContentID {
    static func of(_ digest: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return digest.prefix(16).reduce(into: "") { text, byte in
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
    }

    static func of(_ value: JSON) -> String {
        of(SHA256Digest.hash(JSONWriter.canonical(value)))
    }

    static func of(_ text: String) -> String { of(SHA256Digest.hash(Array(text.utf8))) }
}
