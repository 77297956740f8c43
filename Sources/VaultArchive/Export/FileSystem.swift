import ForeignArchives
import Foundation
import VaultCrypto

/// An open file descriptor that is closed once.
final class OpenFile: Sendable {
    let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Writes all bytes at the current position.
    func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError) {
        var rest = unsafe bytes
        while let start = rest.baseAddress, rest.count > 0 {
            let count = unsafe Foundation.write(descriptor, start, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw .file("written")
            }
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Reads at most as much as the buffer holds; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(VaultError) -> Int {
        guard let start = buffer.baseAddress, buffer.count > 0 else { return 0 }
        while true {
            let count = unsafe Foundation.read(descriptor, start, buffer.count)
            if count >= 0 { return count }
            if errno != EINTR { throw .file("read") }
        }
    }

    /// Lets the system begin to write what it holds; whether that worked shows at `sync`.
    func startWriting() {
        #if os(Linux)
            // Bytes that are not needed in memory any more are the ones to write first.
            _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
        #endif
    }

    func sync() throws(VaultError) {
        if fsync(descriptor) != 0 { throw .file("written to the disk") }
    }

    deinit { close(descriptor) }
}

extension VaultError {
    /// What the operating system said about a file of an archive.
    ///
    /// - Parameters:
    ///   - done: What could not be done to it, as a participle.
    ///   - path: Which file, if that helps.
    ///   - number: The system's error number.
    /// - Returns: The error with what to do next.
    static func file(_ done: String, _ path: [UInt8] = [], number: Int32 = errno) -> VaultError {
        let name = path.isEmpty ? "A file of the archive" : printable(path)
        let cause = POSIXErrorCode(rawValue: number).map { POSIXError($0) }
        switch number {
        case ENOSPC, EDQUOT:
            return VaultError(
                .noSpace,
                "The archive cannot be written: the disk is full. Free some space or choose "
                    + "another place, then try again.", underlying: cause)
        case EACCES, EPERM, EROFS:
            return VaultError(
                .inputOutput,
                "\(name) cannot be \(done): access was refused. Check the "
                    + "folder's permissions or choose another place.", underlying: cause)
        default:
            return VaultError(
                .inputOutput,
                "\(name) cannot be \(done) (system error \(number)). Check "
                    + "the disk and the path, then try again.", underlying: cause)
        }
    }

    static let archiveExists = VaultError(
        .exists,
        "Something of that name exists already, and an export never overwrites. Choose "
            + "another name for --output.")
}

/// A file without a name in a folder: it is gone after a crash, whatever was written to it.
enum NamelessFile {
    /// `O_TMPFILE`, whose definition Swift does not import.
    private static let nameless: Int32 = 0o20_000_000 | O_DIRECTORY

    /// Opens a file for reading and writing that has no name.
    ///
    /// - Parameter folder: The folder on whose disk it lies.
    /// - Returns: `nil` where the file system has no such files.
    static func open(in folder: String) -> OpenFile? {
        #if os(Linux)
            let descriptor = unsafe Foundation.open(folder, nameless | O_RDWR | O_CLOEXEC, 0o600)
            return descriptor >= 0 ? OpenFile(descriptor) : nil
        #else
            return nil
        #endif
    }

    /// Opens a file for what waits on the disk, which is gone with the last that holds it open.
    ///
    /// - Parameter folder: The folder on whose disk it lies.
    /// - Returns: The file, empty.
    /// - Throws: What the disk throws.
    static func scratch(in folder: String) throws(VaultError) -> OpenFile {
        if let file = open(in: folder) { return file }
        var template = Array("\(folder)/.coffer-spool-XXXXXX".utf8CString)
        let descriptor = unsafe mkstemp(&template)
        guard descriptor >= 0 else { throw .file("created") }
        unsafe unlink(template)
        return OpenFile(descriptor)
    }

    /// Gives a nameless file its name; an existing file of that name stays.
    static func publish(_ file: OpenFile, as path: String) throws(VaultError) {
        #if os(Linux)
            let source = "/proc/self/fd/\(file.descriptor)"
            if unsafe linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 { return }
            throw errno == EEXIST ? .archiveExists : .file("given its name")
        #else
            throw .file("given its name", number: ENOTSUP)
        #endif
    }
}

/// Bytes that are collected on disk and read back once, without a name on the disk.
///
/// They are titles and names of records, of an archive that may be encrypted: on the disk they are
/// sealed under a key that only this object has. Each block is its length as 4 bytes, the lowest
/// first, and what `SealedBytes` makes of it.
final class Spool {
    private static let blockBytes = 65_536
    private static let lengthBytes = 4

    private let file: OpenFile
    private let key = SecretBytes.random(count: 32)
    private var pending: [UInt8] = []
    private(set) var sizeBytes: Int64 = 0

    /// Opens an empty spool on the disk that will hold the archive.
    init(in folder: String) throws(VaultError) {
        file = try NamelessFile.scratch(in: folder)
    }

    func write(_ bytes: some Collection<UInt8>) throws(VaultError) {
        pending.append(contentsOf: bytes)
        sizeBytes += Int64(bytes.count)
        if pending.count >= Self.blockBytes { try flush() }
    }

    private func flush() throws(VaultError) {
        guard !pending.isEmpty else { return }
        let sealed = SealedBytes.seal(pending, key: key)
        let length = (0..<Self.lengthBytes).map {
            UInt8(truncatingIfNeeded: sealed.count >> ($0 * 8))
        }
        try unsafe (length + sealed).lend { (bytes) throws(VaultError) in
            try unsafe file.write(bytes)
        }
        pending.removeAll(keepingCapacity: true)
    }

    /// Hands everything over from the start, in pieces of 64 KiB or a little more.
    func drain(_ body: (UnsafeRawBufferPointer) throws(VaultError) -> Void) throws(VaultError) {
        try flush()
        guard lseek(file.descriptor, 0, SEEK_SET) == 0 else { throw .file("read") }
        var rest = sizeBytes
        while rest > 0 {
            let length = try file.bytes(Self.lengthBytes).reversed().reduce(0) { $0 << 8 | Int($1) }
            guard let block = SealedBytes.open(try file.bytes(length), key: key) else {
                throw .file("read", number: EIO)
            }
            rest -= Int64(block.count)
            try unsafe block.lend { (bytes) throws(VaultError) in try unsafe body(bytes) }
        }
    }
}

extension OpenFile {
    /// Reads exactly so many bytes from the current position.
    func bytes(_ count: Int) throws(VaultError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            var span = bytes.mutableSpan
            let got = try unsafe span.withUnsafeMutableBytes { (room) throws(VaultError) -> Int in
                try unsafe read(into: UnsafeMutableRawBufferPointer(rebasing: room[filled...]))
            }
            if got == 0 { throw .file("read", number: EIO) }
            filled += got
        }
        return bytes
    }
}

extension OpenFile {
    /// Reads from the current position to the end, in pieces of at most `pieceBytes`.
    func readAll(
        pieceBytes: Int = 65_536, _ body: (UnsafeRawBufferPointer) throws(VaultError) -> Void
    ) throws(VaultError) {
        var buffer = [UInt8](repeating: 0, count: pieceBytes)
        while true {
            var span = buffer.mutableSpan
            let isAtEnd = try unsafe span.withUnsafeMutableBytes {
                (room) throws(VaultError) -> Bool in
                let count = try unsafe read(into: room)
                if count > 0 { try unsafe body(UnsafeRawBufferPointer(rebasing: room[..<count])) }
                return count == 0
            }
            if isAtEnd { return }
        }
    }
}

extension Array<UInt8> {
    /// Lends the bytes with typed errors.
    func lend<Result>(
        _ body: (UnsafeRawBufferPointer) throws(VaultError) -> Result
    ) throws(VaultError) -> Result {
        try unsafe span.bytes.withUnsafeBytes { (bytes) throws(VaultError) in try unsafe body(bytes)
        }
    }
}
