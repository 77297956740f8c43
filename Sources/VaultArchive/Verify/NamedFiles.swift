/// The attached files that records name, with the sizes that are said of them.
///
/// Anybody may have made the records, and name millions of files: an entry takes 56 bytes and
/// nothing beside it. What is said twice is there once: entries are sorted, and the second ones
/// taken out, whenever they have become twice as many as after the last time.
struct NamedFiles {
    struct Entry {
        let hash: FileHash
        let sizeBytes: Int64
        /// The token of the hash of a part that names the file.
        let part: UInt64
        /// The number of the file of records that has this part.
        let records: UInt32
    }

    private static let minimumBound = 65_536

    /// In ascending order once `finish` was called.
    private(set) var entries: ContiguousArray<Entry> = []
    private var bound = Self.minimumBound

    var count: Int { entries.count }

    mutating func add(_ entry: Entry) {
        entries.append(entry)
        shortenIfLong()
    }

    mutating func add(_ other: NamedFiles) {
        if entries.isEmpty {
            // The other one may still be in use: to sort now would copy it.
            self = other
        } else {
            entries.append(contentsOf: other.entries)
            shortenIfLong()
        }
    }

    /// Leaves one entry for each file.
    ///
    /// - Returns: Those that say another size than an earlier file of records.
    mutating func finish() -> [Entry] {
        shorten()
        var others: [Entry] = []
        var kept = 0
        for index in entries.indices {
            let entry = entries[index]
            guard kept > 0, entries[kept - 1].hash == entry.hash else {
                entries[kept] = entry
                kept += 1
                continue
            }
            let known = entries[kept - 1]
            let isEarlier = entry.records < known.records
            others.append(isEarlier ? known : entry)
            if isEarlier { entries[kept - 1] = entry }
        }
        entries.removeLast(entries.count - kept)
        return others
    }

    /// Whether a file is named, once `finish` was called.
    ///
    /// - Parameter sha256: 32 bytes.
    /// - Returns: Whether an entry has this hash.
    func contains(_ sha256: [UInt8]) -> Bool {
        guard let hash = FileHash(sha256) else { return false }
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].hash < hash { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].hash == hash
    }

    private mutating func shortenIfLong() {
        guard entries.count >= bound else { return }
        shorten()
        bound = max(Self.minimumBound, 2 * entries.count)
    }

    private mutating func shorten() {
        entries.sort { first, second in
            if first.hash != second.hash { return first.hash < second.hash }
            return (first.sizeBytes, first.records) < (second.sizeBytes, second.records)
        }
        var kept = 0
        for index in entries.indices {
            let entry = entries[index]
            if kept > 0, entries[kept - 1].hash == entry.hash,
                entries[kept - 1].sizeBytes == entry.sizeBytes
            {
                continue
            }
            entries[kept] = entry
            kept += 1
        }
        entries.removeLast(entries.count - kept)
    }
}

/// A SHA-256 without a place of its own in memory, as four numbers; it sorts as its bytes do.
struct FileHash: Comparable {
    private let first: UInt64
    private let second: UInt64
    private let third: UInt64
    private let fourth: UInt64

    /// - Parameter bytes: 32 of them; `nil` for another number.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        func number(_ place: Int) -> UInt64 {
            bytes[(8 * place)..<(8 * place + 8)].reduce(0) { $0 << 8 | UInt64($1) }
        }
        first = number(0)
        second = number(1)
        third = number(2)
        fourth = number(3)
    }

    /// 32 of them.
    var bytes: [UInt8] {
        [first, second, third, fourth].flatMap { number in
            (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
        }
    }

    static func < (left: Self, right: Self) -> Bool {
        if left.first != right.first { return left.first < right.first }
        if left.second != right.second { return left.second < right.second }
        if left.third != right.third { return left.third < right.third }
        return left.fourth < right.fourth
    }
}
