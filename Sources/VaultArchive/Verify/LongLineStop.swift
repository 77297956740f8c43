import VaultCrypto

/// Ends the reading of a very long file whose lines are too long.
///
/// A file that is longer than a line may be can have holes, which take no room on the disk: it is
/// not read to its end for nothing. In a packed archive the next file comes behind it, so that it
/// is read all the same; what that may unpack to is bounded elsewhere.
struct LongLineStop {
    private let maximumBytes: Int
    private let isWatching: Bool
    private let isOfRecords: Bool
    private var lineBytes = 0
    private(set) var isStopped = false

    init(_ entry: ArchiveEntry, maximumBytes: Int) {
        self.maximumBytes = maximumBytes
        isWatching = entry.mayStop && entry.sizeBytes > Int64(maximumBytes)
        isOfRecords = entry.path.starts(with: ArchiveName.native.utf8)
    }

    /// Takes the next bytes of the file.
    ///
    /// - Parameters:
    ///   - bytes: The bytes.
    ///   - isBroken: Whether the reader of another kind of file had enough of its lines.
    /// - Throws: An error that ends the reading; `isStopped` tells it from others.
    mutating func take(_ bytes: UnsafeRawBufferPointer, isBroken: Bool) throws(VaultError) {
        guard isWatching else { return }
        if isOfRecords {
            let end = unsafe bytes.lastIndex(of: 0x0A)
            lineBytes = end.map { bytes.count - $0 - 1 } ?? lineBytes + bytes.count
        }
        guard isBroken || lineBytes > maximumBytes else { return }
        isStopped = true
        throw VaultError(.damaged, "A line of an archive is too long.")
    }
}
