import CArchive
import VaultCrypto

/// The content of the one entry of a zip or gzip stream, inflated and checked by libarchive.
///
/// Only the format that was asked for is enabled. Every return code but OK and EOF is a refusal,
/// `ARCHIVE_WARN` included.
@safe final class ArchiveSource: ByteSource {
    enum Kind { case zipEntry, gzip }

    private let archive: OpaquePointer
    private let feed: ArchiveFeed
    private let place: String
    /// Bytes that may still come.
    private var room: Int64
    private var isAtEnd = false

    /// Starts reading.
    ///
    /// - Parameters:
    ///   - source: A local header and its data, or a gzip file.
    ///   - kind: Which of the two.
    ///   - place: How messages name the content.
    ///   - sizeBytes: The most that may come out.
    /// - Throws: `.badInput` when it is not of that kind.
    init(
        _ source: any ByteSource, as kind: Kind, place: String,
        sizeBytes: Int64 = ContainerLimits.totalBytes
    ) throws(VaultError) {
        room = sizeBytes
        guard let archive = unsafe archive_read_new() else {
            throw VaultError(.inputOutput, "There is not enough memory to read \(place).")
        }
        unsafe self.archive = archive
        self.place = place
        feed = ArchiveFeed(source)
        switch kind {
        case .zipEntry: unsafe archive_read_support_format_zip_streamable(archive)
        case .gzip:
            unsafe archive_read_support_filter_gzip(archive)
            unsafe archive_read_support_format_raw(archive)
        }
        let client = unsafe Unmanaged.passUnretained(feed).toOpaque()
        let opened = unsafe archive_read_open(archive, client, nil, ArchiveFeed.read, nil)
        guard opened == ARCHIVE_OK else { throw refusal() }
        if kind == .gzip, unsafe archive_filter_count(archive) != 2 { throw refusal() }
        var entry: OpaquePointer?
        switch unsafe archive_read_next_header(archive, &entry) {
        case ARCHIVE_OK: break
        case ARCHIVE_EOF where kind == .gzip: isAtEnd = true
        default: throw refusal()
        }
    }

    deinit { unsafe archive_read_free(archive) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(VaultError) -> Int {
        if isAtEnd { return 0 }
        let got = unsafe archive_read_data(archive, buffer.baseAddress, buffer.count)
        room -= Int64(got)
        if got < 0 || room < 0 { throw refusal() }
        if got == 0 { isAtEnd = true }
        return got
    }

    private func refusal() -> VaultError {
        feed.fault
            ?? VaultError(
                .badInput, "\(place) is damaged or cut off; download or copy the export again.")
    }
}

/// The bytes that libarchive reads, with the error that stopped them.
@safe private final class ArchiveFeed {
    private let source: any ByteSource
    private let buffer: UnsafeMutableRawBufferPointer
    var fault: VaultError?

    init(_ source: any ByteSource) {
        self.source = source
        unsafe buffer = .allocate(byteCount: 1 << 16, alignment: 16)
    }

    deinit { unsafe buffer.deallocate() }

    /// libarchive's read callback; `client` is the feed, which the source keeps alive.
    static let read:
        @Sendable @convention(c) (
            OpaquePointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<UnsafeRawPointer?>?
        ) -> Int = { _, client, block in
            guard let client = unsafe client else { return -1 }
            let feed = unsafe Unmanaged<ArchiveFeed>.fromOpaque(client).takeUnretainedValue()
            unsafe block?.pointee = UnsafeRawPointer(feed.buffer.baseAddress)
            return feed.next()
        }

    private func next() -> Int {
        do throws(VaultError) {
            return try unsafe source.read(into: buffer)
        } catch {
            fault = error
            return -1
        }
    }
}
