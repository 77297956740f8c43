import CArchive
import Foundation
import VaultCrypto

/// Reads the files of a packed bag with libarchive, which may see nothing but tar and zstd.
///
/// Two readers: the lower one undoes the compression, the upper one reads the tar out of the lower
/// one's bytes. So it is known where the tar ended, and that nothing but zeros follows.
@safe final class TarEntries {
    /// What may follow the end of a tar: zeros that fill its last block.
    private static let maximumPaddingBytes = 1 << 20
    /// `AE_IFMT`, `AE_IFREG` and `AE_IFDIR`, whose definitions Swift does not import.
    private static let typeMask: UInt32 = 0o170_000
    private static let regularFile: UInt32 = 0o100_000
    private static let folder: UInt32 = 0o040_000

    private let lower: OpaquePointer
    private let upper: OpaquePointer
    private let file: OpenFile
    private let sizeBytes: Int64
    private let limits: ArchiveVerifier.Limits
    private var headers = TarHeaders()
    /// Bytes that the upper reader was given, and the last of them.
    private var given: Int64 = 0
    private var block: UnsafeRawBufferPointer?
    private var lowerFault: String?
    private var isBeyondLimit = false
    private(set) var bag: [UInt8]?
    /// Whether every entry was read.
    private(set) var isComplete = false

    init(_ path: String, limits: ArchiveVerifier.Limits) throws(VaultError) {
        guard let lower = unsafe archive_read_new(), let upper = unsafe archive_read_new() else {
            throw .file("read", number: ENOMEM)
        }
        unsafe self.lower = lower
        unsafe self.upper = upper
        self.limits = limits
        unsafe archive_read_support_filter_zstd(lower)
        unsafe archive_read_support_format_raw(lower)
        unsafe archive_read_support_format_tar(upper)
        let descriptor = unsafe Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file("read") }
        file = OpenFile(descriptor)
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .file("read") }
        sizeBytes = Int64(status.st_size)
    }

    deinit {
        unsafe archive_read_free(upper)
        unsafe archive_read_free(lower)
    }

    /// Visits every file in the order of the tar.
    func forEach(
        _ fault: (String, String) -> Void, _ body: (ArchiveEntry) throws(VaultError) -> Void
    ) throws(VaultError) {
        if let problem = ZstdFrame.fault(in: file, sizeBytes: sizeBytes) { fault("", problem) }
        try readEntries(fault, body)
        let folder = bag.map { printable($0) + "/" } ?? ""
        for problem in headers.faults {
            let isInside = problem.path.hasPrefix(folder)
            fault(
                isInside ? String(problem.path.dropFirst(folder.count)) : problem.path,
                problem.fault)
        }
    }

    private func readEntries(
        _ fault: (String, String) -> Void, _ body: (ArchiveEntry) throws(VaultError) -> Void
    ) throws(VaultError) {
        guard open() else { return fault("", lowerFault ?? Self.foreign) }
        var count = 0
        while true {
            var entry: OpaquePointer?
            let before = unsafe archive_filter_bytes(upper, 0)
            let result = unsafe archive_read_next_header(upper, &entry)
            if result == ARCHIVE_EOF { return checkEnd(after: before, count, fault) }
            guard result == ARCHIVE_OK, let entry = unsafe entry else {
                return fault(
                    "", count == 0 && lowerFault == nil ? Self.foreign : damage)
            }
            count += 1
            guard count <= limits.entries else {
                return fault("", "there are more than \(limits.entries) files")
            }
            guard try unsafe visit(entry, fault, body) else { return }
        }
    }

    private func open() -> Bool {
        var entry: OpaquePointer?
        // Opening reads the first block already, so that its failure is one of the content.
        guard unsafe archive_read_open_fd(lower, file.descriptor, 1 << 18) == ARCHIVE_OK,
            unsafe archive_read_next_header(lower, &entry) == ARCHIVE_OK
        else {
            lowerFault = "\(Self.foreign) (\(unsafe text(lower)))"
            return false
        }
        // The compression and the file itself.
        guard unsafe archive_filter_count(lower) <= 2 else {
            lowerFault = "the file is compressed more than once"
            return false
        }
        let client = unsafe Unmanaged.passUnretained(self).toOpaque()
        return unsafe archive_read_open(upper, client, nil, readBlock, nil) == ARCHIVE_OK
    }

    /// The lower reader's next block; 0 bytes at its end, -1 on failure.
    fileprivate func nextBlock(_ buffer: UnsafeMutablePointer<UnsafeRawPointer?>?) -> Int {
        var start: UnsafeRawPointer?
        var size = 0
        var offset: Int64 = 0
        let result = unsafe archive_read_data_block(lower, &start, &size, &offset)
        if result == ARCHIVE_EOF { return 0 }
        guard result == ARCHIVE_OK else {
            lowerFault = "the file cannot be unpacked: \(unsafe text(lower))"
            return -1
        }
        given += Int64(size)
        guard given <= limits.bytes else {
            isBeyondLimit = true
            lowerFault = "the archive unpacks to more than \(limits.bytes) bytes"
            return -1
        }
        unsafe buffer?.pointee = start
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: size)
        unsafe headers.take(bytes)
        unsafe block = bytes
        return size
    }

    private static let foreign = "this is neither a tar nor a tar.zst"

    private var damage: String {
        if isBeyondLimit, let lowerFault { return lowerFault }
        return "the tar is damaged: \(lowerFault ?? (unsafe text(upper)))"
    }

    /// What a file of this size can hold: text shrinks to a tenth, and even text that repeats
    /// itself all the time not to a thousandth.
    private var plausibleBytes: Int64 { (1 << 30) + min(sizeBytes, 1 << 50) * 1000 }

    private func text(_ archive: OpaquePointer) -> String {
        guard let text = unsafe archive_error_string(archive) else { return "it ends too early" }
        return printable(unsafe String(cString: text).utf8)
    }

    /// Reads one entry; `false` when nothing after it can be read.
    private func visit(
        _ entry: OpaquePointer, _ fault: (String, String) -> Void,
        _ body: (ArchiveEntry) throws(VaultError) -> Void
    ) throws(VaultError) -> Bool {
        guard let name = unsafe archive_entry_pathname(entry) else {
            fault("", "a file has a name that cannot be read")
            return true
        }
        let full = unsafe Array(UnsafeBufferPointer(start: name, count: strlen(name))).map {
            UInt8(bitPattern: $0)
        }
        if let problem = unsafe problem(of: entry) {
            fault(printable(full), problem)
            return true
        }
        let isFolder = unsafe archive_entry_filetype(entry) & Self.typeMask == Self.folder
        guard let path = strip(full, isFolder: isFolder) else {
            fault(printable(full), "the name is not allowed in an archive")
            return true
        }
        if isFolder {
            if !path.isEmpty { try body(.folder(path)) }
            return true
        }
        var isIntact = true
        let size = unsafe archive_entry_size(entry)
        let (sum, isOver) = given.addingReportingOverflow(size)
        guard !isOver, sum <= plausibleBytes else {
            fault(
                printable(path),
                "its \(size) bytes are not plausible in a file of \(sizeBytes); if you trust where "
                    + "it comes from, unpack it and verify the folder")
            return false
        }
        try body(
            unsafe ArchiveEntry(path: path, sizeBytes: size) { (take) throws(VaultError) in
                isIntact = try unsafe self.content(sizeBytes: size, take)
            })
        if !isIntact { fault(isBeyondLimit ? "" : printable(path), damage) }
        return isIntact
    }

    private func problem(of entry: OpaquePointer) -> String? {
        if unsafe archive_entry_hardlink(entry) != nil { return "this is a link" }
        switch unsafe archive_entry_filetype(entry) & Self.typeMask {
        case Self.regularFile: break
        case Self.folder: return nil
        case 0o120_000: return "this is a symbolic link"
        default: return "this is neither a file nor a folder"
        }
        if unsafe archive_entry_sparse_count(entry) > 0 { return "the file is sparse" }
        if unsafe archive_entry_size_is_set(entry) == 0 || archive_entry_size(entry) < 0 {
            return "the file's size is not known"
        }
        return nil
    }

    /// The path below the one folder that holds the bag; `nil` when the name is not allowed.
    private func strip(_ full: [UInt8], isFolder: Bool) -> [UInt8]? {
        let name = isFolder && full.last == UInt8(ascii: "/") ? Array(full.dropLast()) : full
        guard ArchiveName.isSafe(name) else { return nil }
        let pieces = name.split(separator: UInt8(ascii: "/"), maxSplits: 1)
        let top = Array(pieces[0])
        guard bag == nil || bag == top, pieces.count == 2 || isFolder else { return nil }
        bag = top
        return pieces.count == 2 ? Array(pieces[1]) : []
    }

    private func content(
        sizeBytes: Int64, _ take: (UnsafeRawBufferPointer) throws(VaultError) -> Void
    ) throws(VaultError) -> Bool {
        var total: Int64 = 0
        while true {
            var start: UnsafeRawPointer?
            var size = 0
            var offset: Int64 = 0
            let result = unsafe archive_read_data_block(upper, &start, &size, &offset)
            if result == ARCHIVE_EOF { return total == sizeBytes }
            guard result == ARCHIVE_OK, offset == total else { return false }
            total += Int64(size)
            try unsafe take(UnsafeRawBufferPointer(start: start, count: size))
        }
    }

    /// The two zero blocks that end a tar must be there, and nothing but zeros may follow.
    private func checkEnd(after before: Int64, _ count: Int, _ fault: (String, String) -> Void) {
        let end = unsafe archive_filter_bytes(upper, 0)
        guard bag != nil else {
            return fault(
                "", count == 0 ? "the tar is empty" : "no name in the tar is allowed in an archive")
        }
        guard end - before >= 1024 else { return fault("", "the tar ends without its end mark") }
        isComplete = true
        var rest = unsafe block.map { block in
            unsafe UnsafeRawBufferPointer(rebasing: block.suffix(Int(max(0, given - end))))
        }
        var padding = 0
        while let bytes = unsafe rest {
            padding += bytes.count
            guard unsafe bytes.allSatisfy({ $0 == 0 }), padding <= Self.maximumPaddingBytes else {
                return fault("", "something follows the end of the tar")
            }
            let count = unsafe nextBlock(nil)
            if count < 0 { return fault("", lowerFault ?? "the file cannot be unpacked") }
            unsafe rest = count > 0 ? block : nil
        }
    }
}

/// libarchive's callback: hands the lower reader's next block to the upper one.
private func readBlock(
    _ archive: OpaquePointer?, _ client: UnsafeMutableRawPointer?,
    _ buffer: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> Int {
    guard let client = unsafe client else { return -1 }
    return unsafe Unmanaged<TarEntries>.fromOpaque(client).takeUnretainedValue().nextBlock(buffer)
}
