package import VaultCrypto

/// What a foreign archive may hold at most; beyond it is an attack, not an export.
package struct ArchiveLimits: Sendable {
    /// Files and folders.
    package var entries: Int
    /// Bytes after unpacking.
    package var totalBytes: Int64
    /// How many times its own size an archive may unpack to.
    package var ratio: Int64
    /// Below so many unpacked bytes any ratio is harmless.
    package var ratioFreeBytes: Int64
    /// The central directory of a zip is held in memory.
    package var directoryBytes: Int64 = 64 << 20
    /// Compressed zips inside a zip are held in memory, all of them together.
    package var nestedBytes: Int64 = 128 << 20
    /// What a zstd decoder has to keep of the past; it is stock `zstd`'s own limit.
    package var windowBytes: Int64 = 128 << 20
    /// A compressed tar has so many entries for nothing, and one more for every `entryBytes` of it.
    package var freeEntries = 10_000
    package var entryBytes: Int64 = 64

    /// Bounds on a zip or gzip file that somebody exported from a service.
    package static let export = ArchiveLimits(
        entries: 100_000, totalBytes: 64 << 30, ratio: 200, ratioFreeBytes: 10 << 20)

    /// Bounds on a packed bag; its manifests alone have 96 bytes for each file that do not shrink.
    package static func bag(entries: Int, totalBytes: Int64) -> ArchiveLimits {
        ArchiveLimits(
            entries: entries, totalBytes: totalBytes, ratio: 200, ratioFreeBytes: 64 << 20)
    }

    package init(entries: Int, totalBytes: Int64, ratio: Int64, ratioFreeBytes: Int64) {
        self.entries = entries
        self.totalBytes = totalBytes
        self.ratio = ratio
        self.ratioFreeBytes = ratioFreeBytes
    }

    /// Whether so many unpacked bytes can come out of so many packed ones.
    func isPlausible(_ unpacked: Int64, from packed: Int64) -> Bool {
        unpacked <= ratioFreeBytes || unpacked / ratio <= packed
    }

    /// Refuses content that is larger than any, or far larger than what it was made from.
    func check(unpacked: Int64, packed: Int64) throws(Refusal) {
        if unpacked > totalBytes { throw .totalBytes(totalBytes) }
        if !isPlausible(unpacked, from: packed) { throw .ratio(ratio) }
    }
}

/// What one file that the user gave was charged for, with all archives inside it.
///
/// Each zip is judged by itself; many small ones in one could still fill the memory or the day.
package struct ArchiveBudget {
    private let limits: ArchiveLimits
    private let packedBytes: Int64
    private var entries = 0
    private var unpackedBytes: Int64 = 0
    private var nestedBytes: Int64 = 0

    /// - Parameters:
    ///   - packedBytes: The size of the file that was given.
    ///   - limits: The bounds.
    package init(packedBytes: Int64, limits: ArchiveLimits = .export) {
        self.packedBytes = packedBytes
        self.limits = limits
    }

    /// Charges a zip's files.
    package mutating func charge(_ directory: ZipDirectory, place: String) throws(VaultError) {
        do throws(Refusal) {
            entries += directory.entries.count
            unpackedBytes += directory.entries.reduce(0) { $0 + $1.sizeBytes }
            if entries > limits.entries { throw .entries(limits.entries) }
            try limits.check(unpacked: unpackedBytes, packed: packedBytes)
        } catch {
            throw error.error(at: place)
        }
    }

    /// Charges a zip inside a zip that has to be held in memory.
    package mutating func charge(nestedBytes more: Int64, place: String) throws(VaultError) {
        nestedBytes += more
        if nestedBytes > limits.nestedBytes {
            throw Refusal.nestedBytes(limits.nestedBytes).error(at: place)
        }
    }
}
