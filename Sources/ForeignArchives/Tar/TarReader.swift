import CArchive
import Foundation
package import VaultCrypto

/// Reads the files of a `.tar` or `.tar.zst` with libarchive, which may see nothing else.
///
/// Two readers: the lower one undoes the compression, the upper one reads the tar out of the lower
/// one's bytes. So it is known where the tar ended, and that nothing but zeros follows. A third
/// reads the headers beside them (`TarHeaders`), and must see the same names and sizes.
@safe package final class TarReader {
    /// A file or folder.
    @safe package struct Entry {
        /// The whole name, without a folder's slash; allowed by the caller's rule.
        package let path: [UInt8]
        package let isFolder: Bool
        package let sizeBytes: Int64
        /// Hands over the content; called at most once, and before the next entry is asked for.
        package let read:
            ((UnsafeRawBufferPointer) throws(VaultError) -> Void) throws(VaultError) -> Void
    }

    /// Takes a path, empty for the whole, and why it is refused.
    package typealias Refuse = ([UInt8], Refusal) -> Void

    /// `AE_IFMT`, `AE_IFREG` and `AE_IFDIR`, whose definitions Swift does not import.
    private static let typeMask: UInt32 = 0o170_000
    private static let regularFile: UInt32 = 0o100_000
    private static let folder: UInt32 = 0o040_000

    private let file: any RandomAccess
    private let limits: ArchiveLimits
    private let isAllowed: ([UInt8]) -> Bool
    private let unpacked: UnpackedBytes
    private let upper: ArchiveReader
    private var count = 0
    /// Whether a link or device was refused, behind which the headers' reader says nothing.
    private var hasRefused = false
    /// Whether every entry was read.
    package private(set) var isComplete = false

    /// - Parameters:
    ///   - file: The tar.
    ///   - limits: The bounds.
    ///   - isAllowed: Which names may be; they have no slash at their end.
    /// - Throws: `.inputOutput` without memory.
    package init(
        _ file: any RandomAccess, limits: ArchiveLimits,
        isAllowed: @escaping ([UInt8]) -> Bool = { ForeignName.isAllowed($0) }
    ) throws(VaultError) {
        self.file = file
        self.limits = limits
        self.isAllowed = isAllowed
        let unpacked = try UnpackedBytes(file, limits: limits)
        self.unpacked = unpacked
        upper = try unsafe ArchiveReader(.tar) { () throws(VaultError) in
            try unsafe unpacked.next()
        }
    }

    /// What the headers have that unpacking programs pass over; each kind once, at the first entry.
    package var hidden: [(path: [UInt8], refusal: Refusal)] { unpacked.headers.refusals }

    /// Visits every file in the order of the tar.
    ///
    /// - Parameters:
    ///   - refuse: Told what is refused; the rest is read as far as that is possible.
    ///   - body: Called with every entry that is not refused.
    /// - Throws: What reading the file and `body` throw.
    package func forEach(
        _ refuse: Refuse, _ body: (Entry) throws(VaultError) -> Void
    ) throws(VaultError) {
        let frame = ZstdFrame(file)
        if let refusal = frame.refusal { refuse([], refusal) }
        if let window = frame.windowBytes, window > limits.windowBytes {
            return refuse([], .window(limits.windowBytes))
        }
        try readEntries(refuse, body)
        if let error = unpacked.sourceFault { throw error }
    }

    private func readEntries(
        _ refuse: Refuse, _ body: (Entry) throws(VaultError) -> Void
    ) throws(VaultError) {
        if let refusal = unpacked.open() { return refuse([], refusal) }
        guard upper.open() else { return refuse([], unpacked.refusal ?? .foreign) }
        while true {
            let before = upper.consumedBytes
            switch upper.next() {
            case .end: return checkEnd(after: before, refuse)
            case .broken:
                return refuse([], count == 0 && unpacked.refusal == nil ? .foreign : damage)
            case .entry: break
            }
            count += 1
            if let refusal = countRefusal { return refuse([], refusal) }
            guard try visit(refuse, body) else { return }
        }
    }

    private var countRefusal: Refusal? {
        if count > limits.entries { return .tarEntries(limits.entries) }
        let plausible = Int64(limits.freeEntries) + file.sizeBytes / limits.entryBytes
        return unpacked.isCompressed && Int64(count) > plausible
            ? .implausibleEntries(count - 1, in: file.sizeBytes) : nil
    }

    private var damage: Refusal {
        if let refusal = unpacked.refusal {
            return refusal == .tarBytes(limits.totalBytes) ? refusal : .damagedTar(refusal.text)
        }
        return .damagedTar(upper.reason)
    }

    /// Reads one entry; `false` when nothing after it can be read.
    private func visit(
        _ refuse: Refuse, _ body: (Entry) throws(VaultError) -> Void
    ) throws(VaultError) -> Bool {
        let seen = unpacked.headers.nextEntry()
        guard let entry = unsafe upper.entry, let name = unsafe archive_entry_pathname(entry) else {
            refuse([], .unreadableName)
            return true
        }
        let full = unsafe Array(UnsafeBufferPointer(start: name, count: strlen(name))).map {
            UInt8(bitPattern: $0)
        }
        if let refusal = unsafe Self.refusal(of: entry) {
            refuse(full, refusal)
            hasRefused = true
            return true
        }
        let isFolder = unsafe archive_entry_filetype(entry) & Self.typeMask == Self.folder
        let size = unsafe archive_entry_size(entry)
        let read = TarHeaders.Entry(path: full, isFolder: isFolder, sizeBytes: size)
        guard seen == read || seen == nil && (hasRefused || !hidden.isEmpty) else {
            refuse(full, .twoWays)
            return false
        }
        let path = isFolder && full.last == UInt8(ascii: "/") ? Array(full.dropLast()) : full
        guard isAllowed(path) else {
            refuse(full, .nameNotAllowed)
            return true
        }
        let (sum, isOver) = unpacked.givenBytes.addingReportingOverflow(isFolder ? 0 : size)
        guard !isOver, limits.isPlausible(sum, from: file.sizeBytes) else {
            refuse(full, .implausible(size, in: file.sizeBytes))
            return false
        }
        return try handOver(path, isFolder, size, refuse, body)
    }

    private func handOver(
        _ path: [UInt8], _ isFolder: Bool, _ size: Int64, _ refuse: Refuse,
        _ body: (Entry) throws(VaultError) -> Void
    ) throws(VaultError) -> Bool {
        var isIntact = true
        try body(
            unsafe Entry(path: path, isFolder: isFolder, sizeBytes: isFolder ? 0 : size) {
                (take) throws(VaultError) in
                if !isFolder { isIntact = try unsafe self.content(sizeBytes: size, take) }
            })
        if !isIntact {
            refuse(unpacked.refusal == .tarBytes(limits.totalBytes) ? [] : path, damage)
        }
        return isIntact
    }

    private static func refusal(of entry: OpaquePointer) -> Refusal? {
        if unsafe archive_entry_hardlink(entry) != nil { return .link }
        switch unsafe archive_entry_filetype(entry) & typeMask {
        case regularFile: break
        case folder: return nil
        case 0o120_000: return .symbolicLink
        default: return .notFile
        }
        if unsafe archive_entry_sparse_count(entry) > 0 { return .sparse }
        if unsafe archive_entry_size_is_set(entry) == 0 || archive_entry_size(entry) < 0 {
            return .unknownSize
        }
        return nil
    }

    private func content(
        sizeBytes: Int64, _ take: (UnsafeRawBufferPointer) throws(VaultError) -> Void
    ) throws(VaultError) -> Bool {
        var total: Int64 = 0
        while let block = unsafe upper.block(after: total) {
            if block.count == 0 { return total == sizeBytes }
            total += Int64(block.count)
            try unsafe take(block)
        }
        return false
    }

    /// The two zero blocks that end a tar must be there, and nothing but zeros may follow.
    private func checkEnd(after before: Int64, _ refuse: Refuse) {
        let end = upper.consumedBytes
        guard count > 0 else { return refuse([], .emptyTar) }
        guard end - before >= 1024 else { return refuse([], .noEnd) }
        isComplete = true
        if let refusal = unpacked.checkPadding(after: end) {
            refuse([], refusal)
        }
    }
}

/// What comes out of the lower reader, seen by the headers' reader on its way to the upper one.
@safe private final class UnpackedBytes {
    /// What tar writers fill up to, unless told otherwise.
    private static let recordBytes = 10_240

    private let lower: ArchiveReader
    private let limits: ArchiveLimits
    var headers = TarHeaders()
    /// Bytes that were handed on, and the last of them.
    private(set) var givenBytes: Int64 = 0
    private var block: UnsafeRawBufferPointer?
    /// Why nothing more comes.
    private(set) var refusal: Refusal?

    init(_ file: any RandomAccess, limits: ArchiveLimits) throws(VaultError) {
        self.limits = limits
        let blocks = BlockBuffer(RangeSource(file), blockBytes: 1 << 18)
        lower = try unsafe ArchiveReader(.zstdOrPlain) { () throws(VaultError) in
            try unsafe blocks.next()
        }
    }

    var sourceFault: VaultError? { lower.fault }
    var isCompressed: Bool { lower.filters > 1 }

    /// Recognises the compression; says why there is nothing to read.
    func open() -> Refusal? {
        // Opening reads the first block already, so that its failure is one of the content.
        guard lower.open(), case .entry = lower.next() else { return .foreign(lower.reason) }
        // The compression and the file itself.
        return lower.filters <= 2 ? nil : .severalFilters
    }

    /// The next block; an empty one is the end.
    func next() throws(VaultError) -> UnsafeRawBufferPointer {
        guard let bytes = unsafe lower.block(after: givenBytes) else {
            refusal = .unpacking(lower.reason)
            throw VaultError(.badInput, "The archive cannot be unpacked.")
        }
        givenBytes += Int64(bytes.count)
        guard givenBytes <= limits.totalBytes else {
            refusal = .tarBytes(limits.totalBytes)
            throw VaultError(.badInput, "The archive is too large.")
        }
        unsafe headers.take(bytes)
        unsafe block = bytes
        return unsafe bytes
    }

    /// Reads what follows the end of the tar.
    ///
    /// That is nothing, or the zeros that fill a record of 20 blocks, as tar writers make them; of
    /// others nothing would speak.
    func checkPadding(after end: Int64) -> Refusal? {
        let over = Int(end % Int64(Self.recordBytes))
        let maximum = over == 0 ? 0 : Self.recordBytes - over
        var rest = unsafe block.map { block in
            unsafe UnsafeRawBufferPointer(
                rebasing: block.suffix(Int(max(0, min(givenBytes - end, Int64(block.count))))))
        }
        var padding = 0
        while let bytes = unsafe rest {
            padding += bytes.count
            guard unsafe bytes.allSatisfy({ $0 == 0 }), padding <= maximum else {
                return .trailingTar
            }
            guard let next = try? unsafe self.next() else {
                return refusal ?? .unpacking(lower.reason)
            }
            unsafe rest = next.count > 0 ? next : nil
        }
        return padding == 0 || padding == maximum ? nil : .trailingTar
    }
}
