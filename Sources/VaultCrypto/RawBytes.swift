/// Small bridges between Swift's buffers and libsodium's pointers.

extension Array where Element == UInt8 {
    /// Lends the bytes, with typed errors and noncopyable results, which `withUnsafeBytes` lacks.
    func withBytes<R: ~Copyable, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try unsafe span.bytes.withUnsafeBytes { (bytes) throws(E) in try unsafe body(bytes) }
    }

    /// Lends the bytes for writing, with typed errors.
    mutating func withMutableBytes<R: ~Copyable, E: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        var bytes = mutableSpan
        return try unsafe bytes.withUnsafeMutableBytes { (buffer) throws(E) in
            try unsafe body(buffer)
        }
    }
}

/// A valid address for empty buffers.
///
/// libsodium's parameters are declared non-null even where the length is 0. Never read, never
/// written, hence safe to share.
nonisolated(unsafe) private let noBytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)

extension UnsafeRawBufferPointer {
    /// The first byte, or a valid address when there is none.
    var start: UnsafePointer<UInt8> {
        unsafe assumingMemoryBound(to: UInt8.self).baseAddress ?? UnsafePointer(noBytes)
    }

    /// The bytes of a range as a buffer of its own.
    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: self[range])
    }
}

extension UnsafeMutableRawBufferPointer {
    /// The first byte, or a valid address when there is none.
    var start: UnsafeMutablePointer<UInt8> {
        unsafe assumingMemoryBound(to: UInt8.self).baseAddress ?? noBytes
    }

    /// The bytes of a range as a buffer of its own.
    func slice(_ range: Range<Int>) -> UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(rebasing: self[range])
    }
}
