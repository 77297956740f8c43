/// One thing that is wrong with an archive.
package struct ArchiveFault: Sendable, Hashable {
    /// The file in question, relative to the bag; empty for the archive as a whole.
    package var path: String
    /// A sentence without content of the records.
    package var fault: String

    package init(path: String, fault: String) {
        self.path = path
        self.fault = fault
    }
}

/// Collects faults, up to a bound: a hostile archive must not fill the memory with them.
struct FaultList {
    static let maximum = 10_000

    private(set) var faults: [ArchiveFault] = []
    /// How many more there were.
    private(set) var omitted = 0
    private var paths: Set<String> = []
    /// The folders, with their slash, that these paths lie in.
    private var folders: Set<Substring> = []

    mutating func add(_ path: String, _ fault: String) {
        guard faults.count < Self.maximum else { return omitted += 1 }
        faults.append(ArchiveFault(path: path, fault: fault))
        guard paths.insert(path).inserted else { return }
        var rest = path[...]
        while let slash = rest.lastIndex(of: "/") {
            guard folders.insert(rest[...slash]).inserted else { break }
            rest = rest[..<slash]
        }
    }

    /// Adds what another list holds.
    mutating func add(_ other: FaultList) {
        for fault in other.faults { add(fault.path, fault.fault) }
        omitted += other.omitted
    }

    /// Whether a fault of this file is known, so that its consequences need not be told.
    func names(_ path: String) -> Bool { paths.contains(path) }

    /// Whether a fault of any file below this folder, which ends with a slash, is known.
    func namesAny(below folder: String) -> Bool { omitted > 0 || folders.contains(folder[...]) }

    /// By path; the faults of one file as a person sorts them, line 9 before line 10.
    var sorted: [ArchiveFault] {
        faults.sorted { first, second in
            guard first.path == second.path else { return first.path < second.path }
            return Self.precedes(Array(first.fault.utf8), Array(second.fault.utf8))
        }
    }

    /// Compares byte by byte, and runs of digits by their value.
    private static func precedes(_ first: [UInt8], _ second: [UInt8]) -> Bool {
        var (left, right) = (first[...], second[...])
        while let a = left.first, let b = right.first {
            guard isDigit(a), isDigit(b) else {
                if a != b { return a < b }
                left.removeFirst()
                right.removeFirst()
                continue
            }
            let one = left.prefix(while: isDigit).drop { $0 == 0x30 }
            let other = right.prefix(while: isDigit).drop { $0 == 0x30 }
            if one.count != other.count { return one.count < other.count }
            if one != other { return one.lexicographicallyPrecedes(other) }
            left = left.drop(while: isDigit)
            right = right.drop(while: isDigit)
        }
        return left.isEmpty && (!right.isEmpty || first.lexicographicallyPrecedes(second))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// Replaces everything by one fault of the whole archive.
    mutating func replace(by fault: String) {
        self = FaultList()
        add("", fault)
    }
}
