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

    mutating func add(_ path: String, _ fault: String) {
        guard faults.count < Self.maximum else { return omitted += 1 }
        faults.append(ArchiveFault(path: path, fault: fault))
        paths.insert(path)
    }

    /// Whether a fault of this file is known, so that its consequences need not be told.
    func names(_ path: String) -> Bool { paths.contains(path) }

    /// Whether a fault of any file below this folder is known.
    func namesAny(below prefix: String) -> Bool {
        omitted > 0 || paths.contains { $0.hasPrefix(prefix) }
    }

    var sorted: [ArchiveFault] { faults.sorted { ($0.path, $0.fault) < ($1.path, $1.fault) } }
}

/// A path from an archive that may hold anything, as text that is safe to print.
func printable(_ path: some Sequence<UInt8>) -> String {
    var text = ""
    for byte in path.prefix(200) {
        if (0x20..<0x7F).contains(byte), byte != UInt8(ascii: "\\") {
            text.unicodeScalars.append(Unicode.Scalar(byte))
        } else {
            text += "\\x" + [byte].hex
        }
    }
    return text
}
