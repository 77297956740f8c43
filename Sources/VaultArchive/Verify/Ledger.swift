/// What is known of every file of a bag: what the manifests claim and what was seen.
///
/// Claims and sights arrive in any order. Memory grows with the number of files, not with their
/// size; a digest is kept only until its counterpart is there.
struct Ledger {
    /// One digest that is claimed by a manifest and computed from the file.
    enum Check {
        case none
        case claimed([UInt8])
        case seen([UInt8])
        case equal
        case different

        mutating func claim(_ digest: [UInt8]) { meet(digest, other: .claimed(digest)) }
        mutating func see(_ digest: [UInt8]) { meet(digest, other: .seen(digest)) }

        private mutating func meet(_ digest: [UInt8], other: Check) {
            switch self {
            case .none: self = other
            case .claimed(let known), .seen(let known): self = known == digest ? .equal : .different
            case .equal, .different: break
            }
        }

        var isClaimed: Bool {
            switch self {
            case .claimed, .equal, .different: true
            case .none, .seen: false
            }
        }
    }

    struct File {
        /// The path as it was first met; the ledger's keys are in lower case.
        var path: String
        var sizeBytes: Int64?
        /// SHA-256, claimed by the payload manifest or, outside `data/`, by the tag manifest.
        var sha256 = Check.none
        var sha512 = Check.none
        var isPresent: Bool { sizeBytes != nil }
    }

    private(set) var files: [String: File] = [:]
    private(set) var payloadBytes: Int64 = 0
    private(set) var payloadFiles: Int64 = 0

    /// The file at a path, if its case agrees as well.
    subscript(path: String) -> File? {
        files[path.lowercased()].flatMap { $0.path == path ? $0 : nil }
    }

    /// Notes that a file is there.
    ///
    /// - Parameters:
    ///   - path: A safe path.
    ///   - sizeBytes: Its size.
    /// - Returns: A fault when a file of that name is there already, up to case. It names the other
    ///   file when this one is a part of every archive.
    mutating func see(_ path: String, sizeBytes: Int64) -> ArchiveFault? {
        let known = file(path)
        var fault: ArchiveFault?
        if known.path != path {
            let isOurs = ArchiveName.required.contains(path)
            fault = ArchiveFault(
                path: isOurs ? known.path : path,
                fault: "the name differs from another one only in case")
            if !isOurs { return fault }
            count(known, times: -1)
            files[path.lowercased()] = File(path: path)
        } else if known.isPresent {
            return ArchiveFault(path: path, fault: "the file occurs twice")
        }
        change(path) { $0.sizeBytes = sizeBytes }
        count(file(path), times: 1)
        return fault
    }

    private mutating func count(_ file: File, times: Int64) {
        guard let size = file.sizeBytes, file.path.hasPrefix(ArchiveName.payload) else { return }
        payloadBytes += times * size
        payloadFiles += times
    }

    /// Notes a line of a manifest.
    ///
    /// - Parameters:
    ///   - path: The path that it names.
    ///   - digest: The digest that it claims.
    ///   - check: Which manifest it is.
    /// - Returns: A fault when the manifest names the file a second time.
    mutating func claim(
        _ path: String, _ digest: [UInt8], _ check: WritableKeyPath<File, Check>
    ) -> String? {
        let known = file(path)
        if known[keyPath: check].isClaimed { return "\(path) is listed twice" }
        if known.path != path { return "\(path) differs from another name only in case" }
        change(path) { $0[keyPath: check].claim(digest) }
        return nil
    }

    mutating func see(
        _ path: String, _ digest: [UInt8], _ check: WritableKeyPath<File, Check>
    ) {
        change(path) { $0[keyPath: check].see(digest) }
    }

    private func file(_ path: String) -> File { files[path.lowercased()] ?? File(path: path) }

    private mutating func change(_ path: String, _ body: (inout File) -> Void) {
        body(&files[path.lowercased(), default: File(path: path)])
    }
}
