import CArchive
import Foundation
import VaultCrypto

/// A bag as a tar, compressed with zstd where the output's name says so.
///
/// Deterministic: the writer's order of files, one fixed time, no owner, one mode, no folders of
/// its own. The file has no name until it is complete, so that a crash leaves nothing behind; where
/// the file system cannot do that, it is a hidden sibling of the output.
@safe final class TarContainer: BagContainer {
    /// 1980-01-01T00:00:00Z, which every tool can show.
    static let entryTime = 315_532_800

    /// `AE_IFREG`, whose definition Swift does not import.
    private static let regularFile: UInt32 = 0o100_000

    private let output: OutputPath
    private let bag: String
    private let archive: OpaquePointer
    private let entry: OpaquePointer
    private let file: OpenFile
    private let isNameless: Bool
    private let stream: ArchiveOutput
    /// What the stream threw, which libarchive cannot carry.
    private var failure: VaultError?
    private var isFinished = false
    /// SHA-256 of the file, where it is encrypted, once it is published.
    private(set) var digest: [UInt8]?

    var folder: String { output.folder }

    init(
        _ output: OutputPath, bag: String, isCompressed: Bool,
        _ encryption: ArchiveEncryption? = nil
    ) throws(VaultError) {
        self.output = output
        self.bag = bag
        if let nameless = NamelessFile.open(in: output.folder) {
            file = nameless
            isNameless = true
        } else {
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
            let descriptor = unsafe open(output.staging, flags, 0o600)
            guard descriptor >= 0 else { throw .file("created") }
            file = OpenFile(descriptor)
            isNameless = false
        }
        guard let archive = unsafe archive_write_new(), let entry = unsafe archive_entry_new()
        else {
            throw .file("created", number: ENOMEM)
        }
        unsafe self.archive = archive
        unsafe self.entry = entry
        do {
            stream = try ArchiveOutput(file, encryption)
        } catch {
            unsafe archive_entry_free(entry)
            unsafe archive_write_free(archive)
            if !isNameless { unsafe unlink(output.staging) }
            throw error
        }
        try configure(isCompressed: isCompressed)
    }

    private func configure(isCompressed: Bool) throws(VaultError) {
        unsafe archive_write_set_format_pax_restricted(archive)
        if isCompressed {
            try check(unsafe archive_write_add_filter_zstd(archive))
            // The same level as `zstd -3`; the frame is the same for any number of threads above 0.
            try check(
                unsafe archive_write_set_filter_option(archive, "zstd", "compression-level", "3"))
            // Only speed hangs on it: a libarchive without threads compresses in this one.
            _ = unsafe archive_write_set_filter_option(archive, "zstd", "threads", "1")
        }
        unsafe archive_write_set_bytes_per_block(archive, 1 << 20)
        unsafe archive_write_set_bytes_in_last_block(archive, 1)
        // Whoever uses the context keeps this alive: the archive is freed with it.
        try check(
            unsafe archive_write_open(
                archive, Unmanaged.passUnretained(self).toOpaque(), nil,
                { _, context, bytes, count in
                    guard let context = unsafe context else { return -1 }
                    let container = unsafe Unmanaged<TarContainer>.fromOpaque(context)
                        .takeUnretainedValue()
                    return unsafe container.pass(
                        UnsafeRawBufferPointer(start: bytes, count: count))
                }, nil))
    }

    /// - Returns: How many bytes were taken; -1 for a failure.
    private func pass(_ bytes: UnsafeRawBufferPointer) -> Int {
        do {
            try unsafe stream.write(bytes)
            return bytes.count
        } catch {
            failure = failure ?? error
            return -1
        }
    }

    private func check(_ result: Int32) throws(VaultError) {
        // A warning of the writer means that the entry is not what was asked for.
        guard result == ARCHIVE_OK else { throw fault }
    }

    private var fault: VaultError {
        failure ?? .file("written", number: unsafe archive_errno(archive))
    }

    func begin(_ path: String, sizeBytes: Int64) throws(VaultError) {
        unsafe archive_entry_clear(entry)
        unsafe archive_entry_set_pathname(entry, "\(bag)/\(path)")
        unsafe archive_entry_set_size(entry, sizeBytes)
        unsafe archive_entry_set_filetype(entry, Self.regularFile)
        unsafe archive_entry_set_perm(entry, 0o644)
        unsafe archive_entry_set_mtime(entry, Self.entryTime, 0)
        try check(unsafe archive_write_header(archive, entry))
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError) {
        guard bytes.count > 0 else { return }
        guard unsafe archive_write_data(archive, bytes.baseAddress, bytes.count) == bytes.count
        else { throw fault }
    }

    func end() throws(VaultError) { try check(unsafe archive_write_finish_entry(archive)) }

    func publish() throws(VaultError) {
        try check(unsafe archive_write_close(archive))
        digest = try stream.finish()
        try file.sync()
        if isNameless {
            try NamelessFile.publish(file, as: output.path)
        } else {
            // A second link fails where the name is taken; a rename would overwrite.
            guard unsafe link(output.staging, output.path) == 0 else {
                throw errno == EEXIST ? .archiveExists : .file("given its name")
            }
            unsafe unlink(output.staging)
        }
        isFinished = true
        try output.syncFolder()
    }

    deinit {
        unsafe archive_entry_free(entry)
        if !isFinished {
            // Closing would write the end of an archive that is not whole.
            unsafe archive_write_fail(archive)
            if !isNameless { unsafe unlink(output.staging) }
        }
        unsafe archive_write_free(archive)
    }
}
