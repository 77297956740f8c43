import JSONText

/// Cuts a stream into lines that end with LF, and refuses what is longer than a bound.
struct LineSplitter {
    let maximumBytes: Int
    private var carried: [UInt8] = []
    /// The number of the line that comes next, from 1.
    private(set) var number = 1

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// Bytes after the last LF.
    var rest: Int { carried.count }

    /// Takes the next bytes of the stream.
    ///
    /// - Parameters:
    ///   - bytes: The bytes.
    ///   - line: Called with each whole line, without its LF.
    /// - Returns: `false` when a line is too long; the stream is then of no further use.
    mutating func take(
        _ bytes: UnsafeRawBufferPointer, _ line: (UnsafeBufferPointer<UInt8>, Int) -> Void
    ) -> Bool {
        let all = unsafe bytes.assumingMemoryBound(to: UInt8.self)
        var start = 0
        while true {
            let end = unsafe ByteRun.end(in: all, from: start) { ByteRun.equal($0, 0x0A) }
            guard end < all.count else { break }
            guard carried.count + end - start <= maximumBytes else { return false }
            if carried.isEmpty {
                unsafe line(UnsafeBufferPointer(rebasing: all[start..<end]), number)
            } else {
                unsafe carried.append(contentsOf: all[start..<end])
                unsafe carried.withUnsafeBufferPointer { unsafe line($0, number) }
                carried.removeAll(keepingCapacity: carried.count < 1 << 20)
            }
            number += 1
            start = end + 1
        }
        unsafe carried.append(contentsOf: all[start...])
        return carried.count <= maximumBytes
    }
}
