import JSONText
import Vault

/// How the records of a JSON file follow each other.
enum DocumentShape: Sendable, Equatable {
    /// One array; its elements are the records.
    case array
    /// An object whose member of this name is the array of records.
    case member(String)
    /// One value a line; a broken line spoils only itself.
    case lines
    /// One value, or several after each other with white space between them.
    case values

    /// Members that wrap an array of conversations.
    static let wrappers = ["conversations"]

    /// Judges by the first bytes of a file; `nil` when it is not JSON.
    ///
    /// - Parameters:
    ///   - head: The first bytes: a mebibyte, or more where the first line has more.
    ///   - isWhole: Whether they are the whole file.
    /// - Returns: The shape.
    static func of(_ head: UnsafeBufferPointer<UInt8>, isWhole: Bool) -> DocumentShape? {
        var start = 0
        if head.count >= 3, unsafe head[0] == 0xEF, unsafe head[1] == 0xBB, unsafe head[2] == 0xBF {
            start = 3
        }
        while start < head.count, unsafe isSpace(head[start]) { start += 1 }
        guard start < head.count else { return nil }
        // UTF-16, which the survey names.
        if start + 1 < head.count, unsafe head[start] != 0 && head[start + 1] == 0 { return nil }
        let firstEnd = unsafe lineEnd(in: head, from: start)
        switch unsafe head[start] {
        case UInt8(ascii: "["):
            let line = unsafe UnsafeBufferPointer(rebasing: head[start..<firstEnd])
            // The rest of a line whose beginning was lost can begin so as well.
            let isArray = unsafe valueEnd(in: line).map { unsafe isBlank(line[$0...]) } ?? true
            guard !isArray, unsafe hasObject(head, after: firstEnd, isWhole) else { return .array }
            return .lines
        case UInt8(ascii: "{"):
            for name in wrappers where unsafe hasArray(named: name, in: head, from: start) {
                return .member(name)
            }
            return unsafe looksLikeLines(head, from: start, isWhole: isWhole) ? .lines : .values
        default: return unsafe hasObject(head, after: firstEnd, isWhole) ? .lines : nil
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    private static func isBlank(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        unsafe bytes.allSatisfy { isSpace($0) }
    }

    /// The index of the line feed, or the end.
    private static func lineEnd(in head: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        unsafe head[start...].firstIndex(of: 0x0A) ?? head.count
    }

    /// The first line is a whole value, or the second one begins an object as well.
    private static func looksLikeLines(
        _ head: UnsafeBufferPointer<UInt8>, from start: Int, isWhole: Bool
    ) -> Bool {
        let end = unsafe lineEnd(in: head, from: start)
        guard end < head.count || isWhole else { return false }
        let line = unsafe UnsafeBufferPointer(rebasing: head[start..<end])
        if line.count > 1 << 20 {
            // A value that is the whole file needs no lines, and one of this size is not parsed.
            guard end < head.count else { return false }
            if let last = unsafe valueEnd(in: line) { return unsafe isBlank(line[last...]) }
        } else if let value = try? unsafe JSONReader.parse(line) {
            return value.object != nil
        }
        var next = end
        while next < head.count, unsafe isSpace(head[next]) { next += 1 }
        let isObject = unsafe next < head.count && head[next] == UInt8(ascii: "{")
        return isObject && end - start > 2
    }

    /// Lines after the first that are looked at when the first is none of JSON.
    private static let patience = 64

    /// Whether one of the next lines is a whole object.
    private static func hasObject(
        _ head: UnsafeBufferPointer<UInt8>, after first: Int, _ isWhole: Bool
    ) -> Bool {
        var start = first + 1
        for _ in 0..<patience where start < head.count {
            let end = unsafe lineEnd(in: head, from: start)
            guard end < head.count || isWhole else { return false }
            let line = unsafe UnsafeBufferPointer(rebasing: head[start..<end])
            if unsafe line.first == UInt8(ascii: "{"),
                let object = (try? unsafe JSONReader.parse(line))?.object, !object.isEmpty
            {
                return true
            }
            start = end + 1
        }
        return false
    }

    /// The index behind the array or object that these bytes begin with; `nil` when it is open.
    private static func valueEnd(in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var depth = 0
        var index = 0
        while index < bytes.count {
            let byte = unsafe bytes[index]
            index += 1
            switch byte {
            case 0x5B, 0x7B: depth += 1
            case 0x5D, 0x7D:
                depth -= 1
                if depth <= 0 { return index }
            case UInt8(ascii: "\""):
                while index < bytes.count, unsafe bytes[index] != UInt8(ascii: "\"") {
                    index += unsafe bytes[index] == UInt8(ascii: "\\") ? 2 : 1
                }
                index += 1
            default: break
            }
        }
        return nil
    }

    /// Whether the object that begins at `start` has this member, with an array, in these bytes.
    private static func hasArray(
        named name: String, in head: UnsafeBufferPointer<UInt8>, from start: Int
    ) -> Bool {
        var depth = 0
        var index = start
        while index < head.count {
            let byte = unsafe head[index]
            index += 1
            switch byte {
            case 0x5B, 0x7B: depth += 1
            case 0x5D, 0x7D:
                depth -= 1
                if depth == 0 { return false }
            case UInt8(ascii: "\""):
                let first = index
                while index < head.count, unsafe head[index] != UInt8(ascii: "\"") {
                    index += unsafe head[index] == UInt8(ascii: "\\") ? 2 : 1
                }
                guard index < head.count else { return false }
                let isName =
                    unsafe depth == 1 && head[first..<index].elementsEqual(name.utf8)
                index += 1
                if isName, unsafe opensArray(head, after: index) { return true }
            default: break
            }
        }
        return false
    }

    /// Whether `: [` follows.
    private static func opensArray(_ head: UnsafeBufferPointer<UInt8>, after start: Int) -> Bool {
        var index = start
        while index < head.count, unsafe isSpace(head[index]) { index += 1 }
        guard index < head.count, unsafe head[index] == UInt8(ascii: ":") else { return false }
        index += 1
        while index < head.count, unsafe isSpace(head[index]) { index += 1 }
        return unsafe index < head.count && head[index] == UInt8(ascii: "[")
    }
}
