import Foundation
import Synchronization
import VaultArchive

/// Changes an unpacked archive in every way and shows each change to the verifier, one at a time.
///
/// The faults must name what was changed, added or taken away, and nothing else. What is wrong is
/// printed as it is found; the last line says how many changes of each kind were made.
struct TamperRun {
    /// Two copies of the archive are changed at the same time.
    private static let threads = 2
    /// Bytes and lines that one step looks at.
    private static let stepBytes = 2048

    private let archive: String
    private let changes: ArchiveChanges
    private let seed: String

    /// - Parameters:
    ///   - archive: A folder that verifies.
    ///   - seed: What places and values are drawn by.
    ///   - every: One place of so many is changed in a file that is not small.
    /// - Throws: What reading the archive throws.
    static func start(_ archive: String, seed: String, every: Int) throws {
        let files = try TamperedFolder.contents(of: archive)
        let run = TamperRun(
            archive: archive, changes: ArchiveChanges(files, every: every), seed: seed)
        let steps = files.sorted { $0.key < $1.key }.flatMap { path, content in
            stride(from: 0, through: content.count, by: stepBytes).map {
                (path: path, places: $0..<min($0 + stepBytes, content.count + 1))
            }
        }
        let next = Atomic(0)
        let tally = Mutex(TamperTally())
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            do {
                let copy = try TamperedFolder(copying: files)
                while true {
                    let index = next.add(1, ordering: .relaxed).oldValue
                    guard index < steps.count else { break }
                    let found = try run.judge(steps[index].path, steps[index].places, copy)
                    tally.withLock { $0.add(found) }
                }
            } catch {
                tally.withLock { $0.fault("a thread ended: \(error)") }
            }
        }
        tally.withLock {
            $0.finish(files: files.count, bytes: files.values.reduce(0) { $0 + $1.count })
        }
    }

    /// Makes the changes of one file that begin in a range, and those of the file as a whole with
    /// the first range.
    private func judge(
        _ path: String, _ places: Range<Int>, _ copy: TamperedFolder
    ) throws -> TamperTally {
        var tally = TamperTally()
        var draw = Draw("\(seed)/\(path)/\(places.lowerBound)")
        var drawn = changes.inside(path, places, &draw)
        if places.lowerBound == 0 { drawn += changes.whole(path, &draw) }
        for change in drawn {
            try copy.apply(change.writes)
            let faults = try ArchiveVerifier.verify(copy.path).faults
            try copy.restore(change.writes)
            tally.count(change.kind)
            let named = Set(faults.map(\.path))
            if !named.isSuperset(of: change.named)
                || !named.subtracting(change.named).isSubset(of: change.besides)
            {
                tally.fault(
                    "\(change.kind) in \(path)\(change.place): \(named.sorted()) named, not "
                        + "\(change.named.sorted())")
            }
            for fault in faults where fault.fault.isEmpty || fault.fault.count > 600 {
                tally.fault("\(change.kind) in \(path)\(change.place): no sentence")
            }
        }
        return tally
    }
}

/// How many changes of each kind were made, and what was wrong.
struct TamperTally {
    private var counts: [String: Int] = [:]
    private var faults: [String] = []
    private static let shown = 40

    mutating func count(_ kind: String) { counts[kind, default: 0] += 1 }

    mutating func fault(_ text: String) { faults.append(text) }

    mutating func add(_ other: TamperTally) {
        counts.merge(other.counts) { $0 + $1 }
        for fault in other.faults.prefix(max(0, Self.shown - faults.count)) {
            print("WRONG: \(fault)")
        }
        faults += other.faults
    }

    /// Prints the sums, and ends the process with 1 when something was wrong.
    func finish(files: Int, bytes: Int) {
        for fault in faults.prefix(Self.shown) where fault.hasPrefix("a thread") {
            print("WRONG: \(fault)")
        }
        let kinds = counts.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
        let sum = counts.values.reduce(0, +)
        print(
            "\(sum) changes of \(files) files with \(bytes) bytes, \(faults.count) of them wrong: "
                + kinds.joined(separator: ", "))
        if !faults.isEmpty { exit(1) }
    }
}
