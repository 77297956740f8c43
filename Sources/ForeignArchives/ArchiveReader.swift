import CArchive
import VaultCrypto

/// One reader of libarchive that may see nothing but what it is made for.
///
/// Only the format and the filter that were asked for are enabled. Every return code but OK and EOF
/// is a refusal, `ARCHIVE_WARN` included. Nothing is ever written to a disk.
@safe final class ArchiveReader {
    /// What may be seen.
    enum Content {
        /// A local header of a zip and its data.
        case zipEntry
        /// One gzip stream.
        case gzip
        /// One zstd stream, or bytes that are not compressed.
        case zstdOrPlain
        /// A tar that is not compressed.
        case tar
    }

    private let archive: OpaquePointer
    private let feed: ArchiveFeed

    /// - Parameters:
    ///   - content: The only thing that is recognised.
    ///   - next: The bytes to read, a block at a time; an empty block is the end. A block stays
    ///     valid until the next one is asked for.
    /// - Throws: `.inputOutput` without memory.
    init(
        _ content: Content, next: @escaping () throws(VaultError) -> UnsafeRawBufferPointer
    ) throws(VaultError) {
        guard let archive = unsafe archive_read_new() else {
            throw VaultError(.inputOutput, "There is not enough memory to read an archive.")
        }
        unsafe self.archive = archive
        feed = unsafe ArchiveFeed(next)
        switch content {
        case .zipEntry: unsafe archive_read_support_format_zip_streamable(archive)
        case .gzip:
            unsafe archive_read_support_filter_gzip(archive)
            unsafe archive_read_support_format_raw(archive)
        case .zstdOrPlain:
            unsafe archive_read_support_filter_zstd(archive)
            unsafe archive_read_support_format_raw(archive)
        case .tar: unsafe archive_read_support_format_tar(archive)
        }
    }

    deinit { unsafe archive_read_free(archive) }

    /// The error that stopped the bytes, when it was not libarchive.
    var fault: VaultError? { feed.fault }

    /// Filters that were recognised, and the file itself.
    var filters: Int { Int(unsafe archive_filter_count(archive)) }

    /// Bytes that the format's reader has taken.
    var consumedBytes: Int64 { unsafe archive_filter_bytes(archive, 0) }

    /// Bytes of the source that belong to what was unpacked; of what follows, none is counted.
    var packedBytes: Int64 { unsafe archive_filter_bytes(archive, -1) }

    /// What libarchive says of its last failure.
    var reason: String {
        guard let text = unsafe archive_error_string(archive) else { return "it ends too early" }
        return printable(unsafe String(cString: text).utf8)
    }

    /// Reads the first bytes and recognises them.
    func open() -> Bool {
        let client = unsafe Unmanaged.passUnretained(feed).toOpaque()
        return unsafe archive_read_open(archive, client, nil, ArchiveFeed.read, nil) == ARCHIVE_OK
    }

    /// What `next` found.
    enum Step { case entry, end, broken }

    /// The entry that `next` found; libarchive's, and valid until the next one.
    private(set) var entry: OpaquePointer?

    /// Goes to the next entry.
    func next() -> Step {
        unsafe entry = nil
        switch unsafe archive_read_next_header(archive, &entry) {
        case ARCHIVE_OK: return unsafe entry == nil ? .broken : .entry
        case ARCHIVE_EOF: return .end
        default: return .broken
        }
    }

    /// Reads content of the entry; 0 at its end, `nil` when it is broken.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        let got = unsafe archive_read_data(archive, buffer.baseAddress, buffer.count)
        return got < 0 ? nil : got
    }

    /// The next block of the entry's content, which must follow the one before.
    ///
    /// - Parameter total: How many bytes came so far.
    /// - Returns: An empty block at the end; `nil` when the content is broken.
    func block(after total: Int64) -> UnsafeRawBufferPointer? {
        var start: UnsafeRawPointer?
        var count = 0
        var offset: Int64 = 0
        let result = unsafe archive_read_data_block(archive, &start, &count, &offset)
        if result == ARCHIVE_EOF { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
        guard result == ARCHIVE_OK, offset == total else { return nil }
        return unsafe UnsafeRawBufferPointer(start: start, count: count)
    }
}

/// The bytes that libarchive reads, with the error that stopped them.
@safe private final class ArchiveFeed {
    private let next: () throws(VaultError) -> UnsafeRawBufferPointer
    private(set) var fault: VaultError?

    init(_ next: @escaping () throws(VaultError) -> UnsafeRawBufferPointer) {
        unsafe self.next = next
    }

    /// libarchive's read callback; `client` is the feed, which the reader keeps alive.
    static let read:
        @Sendable @convention(c) (
            OpaquePointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<UnsafeRawPointer?>?
        ) -> Int = { _, client, block in
            guard let client = unsafe client else { return -1 }
            let feed = unsafe Unmanaged<ArchiveFeed>.fromOpaque(client).takeUnretainedValue()
            do throws(VaultError) {
                let bytes = try unsafe feed.next()
                unsafe block?.pointee = bytes.baseAddress
                return bytes.count
            } catch {
                feed.fault = error
                return -1
            }
        }
}

/// A buffer that is filled from a source, a block at a time.
@safe final class BlockBuffer {
    private let source: any ByteSource
    private let buffer: UnsafeMutableRawBufferPointer

    init(_ source: any ByteSource, blockBytes: Int) {
        self.source = source
        unsafe buffer = .allocate(byteCount: blockBytes, alignment: 16)
    }

    deinit { unsafe buffer.deallocate() }

    /// The next block, empty at the end.
    ///
    /// It stays valid until the next one is asked for.
    func next() throws(VaultError) -> UnsafeRawBufferPointer {
        let count = try unsafe source.read(into: buffer)
        return unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }
}

/// Text from an archive that may hold anything, safe to print; at most 200 bytes of it.
package func printable(_ bytes: some Sequence<UInt8>) -> String {
    var text = ""
    for byte in bytes.prefix(200) {
        if (0x20..<0x7F).contains(byte), byte != UInt8(ascii: "\\") {
            text.unicodeScalars.append(Unicode.Scalar(byte))
        } else {
            let digits = String(byte, radix: 16)
            text += digits.count < 2 ? "\\x0\(digits)" : "\\x\(digits)"
        }
    }
    return text
}
