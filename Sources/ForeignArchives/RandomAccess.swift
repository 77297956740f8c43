import Foundation
package import VaultCrypto

extension [UInt8] {
    /// Fills the array from `start` on with one read and says how many bytes came.
    package mutating func read(from source: any ByteSource, at start: Int) throws(VaultError) -> Int
    {
        var bytes = mutableSpan
        return try unsafe bytes.withUnsafeMutableBytes { (buffer) throws(VaultError) in
            try unsafe source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[start...]))
        }
    }
}

extension RandomAccess {
    /// Exactly `count` bytes from `offset`.
    func bytes(at offset: Int64, count: Int, of place: String) throws(VaultError) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            var span = result.mutableSpan
            let got = try unsafe span.withUnsafeMutableBytes { (buffer) throws(VaultError) in
                try unsafe read(
                    at: offset + Int64(filled),
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            }
            if got == 0 { throw Refusal.endsEarly.error(at: place) }
            filled += got
        }
        return result
    }
}

/// A regular file on disk, open for reading until the last user lets go of it.
package final class DiskFile: RandomAccess {
    private let descriptor: Int32
    package let sizeBytes: Int64
    private let place: String

    /// Opens a regular file.
    ///
    /// - Parameters:
    ///   - path: The path; a link at its end is refused unless `followsLinks`.
    ///   - place: How messages name it.
    ///   - followsLinks: True for the path that the user typed.
    /// - Throws: `.inputOutput` when it cannot be opened, `.badInput` when it is no regular file.
    package init(_ path: String, place: String, followsLinks: Bool = false) throws(VaultError) {
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW)
        descriptor = unsafe path.withCString { unsafe Foundation.open($0, flags) }
        self.place = place
        var status = stat()
        guard descriptor >= 0, unsafe fstat(descriptor, &status) == 0 else {
            let cause = unsafe String(cString: strerror(errno))
            if descriptor >= 0 { close(descriptor) }
            throw VaultError(
                .inputOutput,
                "\(place) cannot be opened: \(cause). Check the path and its permissions, then "
                    + "try again.")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw VaultError(.badInput, "\(place) is neither a file nor a folder.")
        }
        sizeBytes = Int64(status.st_size)
    }

    deinit { close(descriptor) }

    package func read(
        at offset: Int64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(VaultError) -> Int {
        while true {
            let got = unsafe pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            if got >= 0 { return got }
            if errno == EINTR { continue }
            let cause = unsafe String(cString: strerror(errno))
            throw VaultError(.inputOutput, "\(place) cannot be read: \(cause).")
        }
    }
}

/// Bytes in memory, for a small zip inside a zip and for decoded files.
package final class MemoryFile: RandomAccess {
    private let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package var sizeBytes: Int64 { Int64(bytes.count) }

    package func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let start = min(max(0, Int(offset)), bytes.count)
        let count = min(buffer.count, bytes.count - start)
        unsafe buffer.copyBytes(from: bytes[start..<start + count])
        return count
    }
}

/// A range of something with random access, read from front to back.
package final class RangeSource: ByteSource {
    private let base: any RandomAccess
    private var position: Int64
    private let end: Int64

    /// Reads `range`, or everything.
    package init(_ base: any RandomAccess, _ range: Range<Int64>? = nil) {
        self.base = base
        position = range?.lowerBound ?? 0
        end = range?.upperBound ?? base.sizeBytes
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(VaultError) -> Int {
        let count = Int(min(Int64(buffer.count), end - position))
        if count <= 0 { return 0 }
        let got = try unsafe base.read(
            at: position, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
        position += Int64(got)
        return got
    }
}

/// A range of something with random access, as a file of its own.
final class FileWindow: RandomAccess {
    private let base: any RandomAccess
    private let range: Range<Int64>

    init(_ base: any RandomAccess, _ range: Range<Int64>) {
        self.base = base
        self.range = range
    }

    var sizeBytes: Int64 { range.upperBound - range.lowerBound }

    func read(
        at offset: Int64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(VaultError) -> Int {
        let count = min(Int64(buffer.count), sizeBytes - offset)
        if offset < 0 || count <= 0 { return 0 }
        return try unsafe base.read(
            at: range.lowerBound + offset,
            into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(count)]))
    }
}
