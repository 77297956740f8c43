import Foundation

/// Where bytes come from: a file, a buffer, a decryptor.
package protocol ByteSource: AnyObject {
    /// Reads at most `buffer.count` bytes and returns how many; 0 means the end, now and forever.
    ///
    /// A read may return fewer bytes than there is room for.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(VaultError) -> Int
}

/// Where bytes go: a file, a buffer, an encryptor.
package protocol ByteSink: AnyObject {
    /// Takes all of `bytes` or throws; after an error the sink's content is undefined.
    func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError)
}

extension ByteSink {
    /// Takes all of `bytes` or throws.
    package func write(_ bytes: [UInt8]) throws(VaultError) {
        try unsafe bytes.withBytes { (buffer) throws(VaultError) in
            try unsafe write(buffer)
        }
    }

    /// Takes all of `secret` without a copy in ordinary memory.
    package func write(_ secret: borrowing SecretBytes) throws(VaultError) {
        try unsafe secret.withBytes { (buffer) throws(VaultError) in
            try unsafe write(buffer)
        }
    }

    /// Takes everything that is left in `source`, 64 KiB at a time.
    ///
    /// - Returns: The number of bytes taken.
    @discardableResult
    package func write(from source: any ByteSource) throws(VaultError) -> Int {
        let scratch = GuardedBuffer(count: 65_536)
        var total = 0
        while true {
            let count = try unsafe scratch.withBytes { (buffer) throws(VaultError) in
                let count = try unsafe source.read(into: buffer)
                try unsafe write(UnsafeRawBufferPointer(buffer).slice(0..<count))
                return count
            }
            if count == 0 { return total }
            total += count
        }
    }
}

extension ByteSource {
    /// Reads until `buffer` is full or the source ends, and returns the number of bytes read.
    package func readFully(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(VaultError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = try unsafe read(into: buffer.slice(filled..<buffer.count))
            if count == 0 { break }
            filled += count
        }
        return filled
    }
}

/// A source over bytes in memory.
package final class BytesSource: ByteSource {
    private let bytes: [UInt8]
    private var position = 0

    /// Reads `bytes` from their beginning.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(VaultError) -> Int {
        let count = min(buffer.count, bytes.count - position)
        unsafe bytes.withBytes { all in
            unsafe buffer.copyMemory(from: all.slice(position..<position + count))
        }
        position += count
        return count
    }
}

/// A sink that collects bytes in memory; for ciphertext and other public bytes.
package final class BytesSink: ByteSink {
    /// What was written so far.
    package private(set) var bytes: [UInt8] = []

    /// An empty collection.
    package init() {}

    package func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError) {
        unsafe self.bytes.append(contentsOf: bytes)
    }
}

/// A source over an open file descriptor, which stays the caller's to close.
package final class FileDescriptorSource: ByteSource {
    private let descriptor: Int32

    /// Reads from the descriptor's current position.
    package init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(VaultError) -> Int {
        guard let start = buffer.baseAddress, buffer.count > 0 else { return 0 }
        while true {
            let count = unsafe Foundation.read(descriptor, start, buffer.count)
            if count >= 0 { return count }
            if errno == EINTR { continue }
            throw .system("A file could not be read; check the disk and try again.")
        }
    }
}

extension SecretBytes {
    /// Reads a source to its end into guarded memory.
    ///
    /// - Returns: What was read; `nil` when it is more than the limit.
    package static func readAll(
        of source: any ByteSource, limitBytes: Int
    ) throws(VaultError) -> SecretBytes? {
        var room = GuardedBuffer(count: min(limitBytes + 1, 4_096))
        var filled = 0
        while true {
            filled += try unsafe room.withBytes { (bytes) throws(VaultError) in
                try unsafe source.readFully(into: bytes.slice(filled..<bytes.count))
            }
            if filled < room.count { return room.secret(0..<filled) }
            if filled > limitBytes { return nil }
            let larger = GuardedBuffer(count: min(limitBytes + 1, room.count * 4))
            unsafe room.withBytes { old in
                unsafe larger.withBytes { unsafe $0.copyMemory(from: UnsafeRawBufferPointer(old)) }
            }
            room = larger
        }
    }
}

/// A sink over an open file descriptor, which stays the caller's to sync and close.
package final class FileDescriptorSink: ByteSink {
    private let descriptor: Int32

    /// Writes at the descriptor's current position.
    package init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError) {
        var rest = unsafe bytes
        while let start = rest.baseAddress, rest.count > 0 {
            let count = unsafe Foundation.write(descriptor, start, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw .system("A file could not be written; check the disk and try again.")
            }
            unsafe rest = rest.slice(count..<rest.count)
        }
    }
}

extension VaultError {
    /// An error of the operating system, from `errno`; a full disk has a code of its own.
    static func system(_ message: String, errorNumber: Int32 = errno) -> VaultError {
        let full = errorNumber == ENOSPC || errorNumber == EDQUOT || errorNumber == EFBIG
        let cause = POSIXErrorCode(rawValue: errorNumber).map { POSIXError($0) }
        if full {
            return VaultError(
                .noSpace, "The disk is full; free some space and try again.", underlying: cause)
        }
        return VaultError(.inputOutput, message, underlying: cause)
    }
}

/// Bytes that can be read at any offset: a file, a part of one, or memory.
package protocol RandomAccess: AnyObject, Sendable {
    var sizeBytes: Int64 { get }
    /// Reads at most as many bytes as the buffer holds; 0 at the end.
    func read(
        at offset: Int64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(VaultError) -> Int
}
