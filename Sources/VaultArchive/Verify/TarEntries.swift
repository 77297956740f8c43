import ForeignArchives
import VaultCrypto

/// Reads the files of a packed bag: those below the one folder of its tar.
struct TarEntries {
    private let reader: TarReader
    private(set) var bag: [UInt8]?

    init(_ file: any RandomAccess, limits: ArchiveVerifier.Limits) throws(VaultError) {
        let limits = ArchiveLimits.bag(entries: limits.entries, totalBytes: limits.bytes)
        reader = try TarReader(file, limits: limits, isAllowed: ArchiveName.isSafe)
    }

    /// Whether every entry was read.
    var isComplete: Bool { reader.isComplete && bag != nil }

    /// Visits every file in the order of the tar.
    mutating func forEach(
        _ fault: (String, String) -> Void, _ body: (ArchiveEntry) throws(VaultError) -> Void
    ) throws(VaultError) {
        var bag: [UInt8]?
        var hasFolder = false
        func refuse(_ path: [UInt8], _ refusal: Refusal) {
            fault(Self.shown(path, in: bag), refusal.text)
        }
        try reader.forEach(refuse) { (entry) throws(VaultError) in
            let pieces = entry.path.split(separator: UInt8(ascii: "/"), maxSplits: 1)
            let top = Array(pieces[0])
            guard bag == nil || bag == top, pieces.count == 2 || entry.isFolder else {
                return refuse(entry.path, .nameNotAllowed)
            }
            bag = top
            guard pieces.count == 2 else {
                if hasFolder { refuse([], .bagTwice) }
                return hasFolder = true
            }
            let path = Array(pieces[1])
            try body(
                entry.isFolder
                    ? .folder(path)
                    : unsafe ArchiveEntry(
                        path: path, sizeBytes: entry.sizeBytes, read: entry.read))
        }
        if reader.isComplete, bag == nil { refuse([], .noName) }
        for problem in reader.hidden { refuse(problem.path, problem.refusal) }
        self.bag = bag
    }

    /// A path relative to the bag, where it lies in it.
    private static func shown(_ path: [UInt8], in bag: [UInt8]?) -> String {
        guard let bag, path.starts(with: bag + [UInt8(ascii: "/")]) else { return printable(path) }
        return printable(path[(bag.count + 1)...])
    }
}
