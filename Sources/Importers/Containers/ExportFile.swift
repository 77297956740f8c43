import Foundation
import VaultCrypto

/// One file of what the user gave: on disk, or inside a zip or gzip file.
struct ExportFile: Sendable {
    /// Where it lies relative to what was given, with `/`.
    var path: String
    /// How it is named in reports: `export.zip/conversations.json`.
    var place: String
    var sizeBytes: Int64
    /// Where it lies on disk, when it is a plain file there; SQLite needs it.
    var diskPath: String?
    /// Whether it came out of a container that was verified as a whole: a fault in it refuses all.
    var isPacked = false
    /// What its first bytes are.
    var kind = ContentKind.other
    /// Opens the content at its beginning.
    var open: @Sendable () throws(VaultError) -> any ByteSource

    /// The last component of the path.
    var baseName: Substring { path.split(separator: "/").last ?? "" }

    /// Whether it is named as a ChatGPT export names what was uploaded to it or made by it.
    var isNamedAsAsset: Bool { baseName.hasPrefix("file-") || baseName.hasPrefix("file_") }

    /// The path of the folder that holds it; empty at the top.
    var folder: Substring {
        path.lastIndex(of: "/").map { path[..<$0] } ?? ""
    }

    /// The first bytes, at most `count`.
    func head(_ count: Int) throws(VaultError) -> [UInt8] {
        let source = try open()
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = try bytes.read(from: source, at: filled)
            if got == 0 { break }
            filled += got
        }
        return Array(bytes.prefix(filled))
    }

    /// The whole content.
    ///
    /// - Parameter limit: More bytes than this are refused.
    /// - Returns: The bytes.
    /// - Throws: `.badInput` beyond the limit; what opening and reading throw.
    func contents(limit: Int) throws(VaultError) -> [UInt8] {
        guard sizeBytes <= Int64(limit) else {
            throw VaultError(
                .badInput,
                "\(place) is larger than \(limit >> 20) MiB and cannot be read as one piece.")
        }
        let source = try open()
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let got = try chunk.read(from: source, at: 0)
            if got == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<got])
            if bytes.count > limit {
                throw VaultError(.badInput, "\(place) grew while it was read.")
            }
        }
    }
}

extension [UInt8] {
    /// Fills the array from `start` on with one read and says how many bytes came.
    mutating func read(from source: any ByteSource, at start: Int) throws(VaultError) -> Int {
        var bytes = mutableSpan
        return try unsafe bytes.withUnsafeMutableBytes { (buffer) throws(VaultError) in
            try unsafe source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[start...]))
        }
    }
}

/// Bytes that can be read at any offset: a file, a part of one, or memory.
protocol RandomAccess: AnyObject, Sendable {
    var sizeBytes: Int64 { get }
    /// Reads at most as many bytes as the buffer holds; 0 at the end.
    func read(
        at offset: Int64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(VaultError) -> Int
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
            if got == 0 { throw VaultError(.badInput, "\(place) ends too early.") }
            filled += got
        }
        return result
    }
}

/// A regular file on disk, open for reading until the last user lets go of it.
final class DiskFile: RandomAccess {
    private let descriptor: Int32
    let sizeBytes: Int64
    private let place: String

    /// Opens a regular file.
    ///
    /// - Parameters:
    ///   - path: The path; a link at its end is refused unless `followsLinks`.
    ///   - place: How messages name it.
    ///   - followsLinks: True for the path that the user typed.
    /// - Throws: `.inputOutput` when it cannot be opened, `.badInput` when it is no regular file.
    init(_ path: String, place: String, followsLinks: Bool = false) throws(VaultError) {
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW)
        descriptor = unsafe path.withCString { unsafe Foundation.open($0, flags) }
        self.place = place
        var status = stat()
        guard descriptor >= 0, unsafe fstat(descriptor, &status) == 0 else {
            let cause = unsafe String(cString: strerror(errno))
            if descriptor >= 0 { close(descriptor) }
            throw VaultError(.inputOutput, "\(place) cannot be opened: \(cause).")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw VaultError(.badInput, "\(place) is neither a file nor a folder.")
        }
        sizeBytes = Int64(status.st_size)
    }

    deinit { close(descriptor) }

    func read(
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
final class MemoryFile: RandomAccess {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var sizeBytes: Int64 { Int64(bytes.count) }

    func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let start = min(max(0, Int(offset)), bytes.count)
        let count = min(buffer.count, bytes.count - start)
        unsafe buffer.copyBytes(from: bytes[start..<start + count])
        return count
    }
}

/// A range of something with random access, read from front to back.
final class RangeSource: ByteSource {
    private let base: any RandomAccess
    private var position: Int64
    private let end: Int64

    /// Reads `range`, or everything.
    init(_ base: any RandomAccess, _ range: Range<Int64>? = nil) {
        self.base = base
        position = range?.lowerBound ?? 0
        end = range?.upperBound ?? base.sizeBytes
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(VaultError) -> Int {
        let count = Int(min(Int64(buffer.count), end - position))
        if count <= 0 { return 0 }
        let got = try unsafe base.read(
            at: position, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
        position += Int64(got)
        return got
    }
}
