import Foundation

/// A source with look-ahead, for formats that begin with lines of text.
package final class BufferedSource: ByteSource {
    private static let bufferBytes = 65_536

    private let source: any ByteSource
    private var buffer = [UInt8](repeating: 0, count: bufferBytes)
    private var available = 0..<0

    /// Reads through `source`, which must not be used elsewhere from now on.
    package init(_ source: any ByteSource) {
        self.source = source
    }

    package func read(into target: UnsafeMutableRawBufferPointer) throws(VaultError) -> Int {
        // Large reads bypass the buffer, so that a payload is copied once.
        if available.isEmpty && target.count >= Self.bufferBytes {
            return try unsafe source.read(into: target)
        }
        try fill()
        let count = min(target.count, available.count)
        unsafe buffer.withBytes { bytes in
            let start = available.lowerBound
            unsafe target.copyMemory(from: bytes.slice(start..<start + count))
        }
        available = available.lowerBound + count..<available.upperBound
        return count
    }

    /// The next byte, which stays unread; nil at the end.
    func peek() throws(VaultError) -> UInt8? {
        try fill()
        return available.isEmpty ? nil : buffer[available.lowerBound]
    }

    /// The next line without its line feed.
    ///
    /// - Parameter limit: The longest line accepted, in bytes.
    /// - Returns: The line, and whether a line feed ended it rather than the end of the source; nil
    ///   at the end of the source. A line over the limit is returned cut, one byte longer than it.
    /// - Throws: What the source throws.
    package func readLine(limit: Int) throws(VaultError) -> (bytes: [UInt8], ended: Bool)? {
        var line: [UInt8] = []
        while true {
            try fill()
            if available.isEmpty { return line.isEmpty ? nil : (line, false) }
            let part = buffer[available]
            let lineFeed = part.firstIndex(of: UInt8(ascii: "\n"))
            let end = lineFeed ?? part.endIndex
            line += part[..<end].prefix(limit + 1 - line.count)
            available = (lineFeed.map { $0 + 1 } ?? end)..<available.upperBound
            if lineFeed != nil { return (line, true) }
            if line.count > limit { return (line, false) }
        }
    }

    private func fill() throws(VaultError) {
        guard available.isEmpty else { return }
        let count = try unsafe buffer.withMutableBytes { (room) throws(VaultError) in
            try unsafe source.read(into: room)
        }
        available = 0..<count
    }
}
