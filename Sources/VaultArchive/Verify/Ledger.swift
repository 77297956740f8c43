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
        let path: String
        var sizeBytes: Int64?
        /// SHA-256, claimed by the payload manifest or, outside `data/`, by the tag manifest.
        var sha256 = Check.none
        var sha512 = Check.none
        var isPresent: Bool { sizeBytes != nil }
    }

    /// By path, exactly as it is written.
    private(set) var files: [String: File] = [:]
    /// Of paths with capitals the path in lower case, which is that of most files already.
    private var capitals: [String: Set<String>] = [:]
    private(set) var payloadBytes: Int64 = 0
    private(set) var payloadFiles: Int64 = 0
    /// Bytes of the files of records that were seen.
    private(set) var nativeBytes: Int64 = 0
    /// Files that were claimed and not seen yet.
    private(set) var awaited = 0

    subscript(path: String) -> File? { files[path] }

    /// Notes that a file is there.
    ///
    /// - Parameters:
    ///   - path: A safe path.
    ///   - sizeBytes: Its size.
    /// - Returns: A fault when a file of that name is there already.
    mutating func see(_ path: String, sizeBytes: Int64) -> String? {
        if let known = files[path] {
            if known.isPresent { return "the file occurs twice" }
            awaited -= 1
        }
        note(path)
        change(path) { $0.sizeBytes = sizeBytes }
        if path.hasPrefix(ArchiveName.payload) {
            payloadBytes += sizeBytes
            payloadFiles += 1
        }
        if path.hasPrefix(ArchiveName.native) { nativeBytes += sizeBytes }
        return nil
    }

    /// Notes a line of a manifest.
    ///
    /// - Parameters:
    ///   - path: The path that it names.
    ///   - digest: The digest that it claims.
    ///   - check: Which manifest it is.
    /// - Returns: A fault when the manifest names the file a second time, up to case.
    mutating func claim(
        _ path: String, _ digest: [UInt8], _ check: WritableKeyPath<File, Check>
    ) -> String? {
        if files[path]?[keyPath: check].isClaimed == true { return "\(path) is listed twice" }
        if files[path] == nil { awaited += 1 }
        note(path)
        change(path) { $0[keyPath: check].claim(digest) }
        let other = namesakes(of: path).first { files[$0]?[keyPath: check].isClaimed == true }
        return other == nil ? nil : "\(path) differs from another name only in case"
    }

    mutating func see(
        _ path: String, _ digest: [UInt8], _ check: WritableKeyPath<File, Check>
    ) {
        change(path) { $0[keyPath: check].see(digest) }
    }

    /// Files that are there, are in no list, and whose names differ from another file's only in
    /// case: where case does not count, one would take the other's place.
    var unlistedNamesakes: [String] {
        capitals.flatMap { lower, paths in paths.union([lower]) }.filter { path in
            guard let file = files[path], file.isPresent, !file.sha256.isClaimed else {
                return false
            }
            return namesakes(of: path).contains { files[$0]?.isPresent == true }
        }
    }

    private mutating func note(_ path: String) {
        // Cheaper than a copy in lower case for each of a million files.
        guard path.utf8.contains(where: { $0 &- 0x41 < 26 }) else { return }
        capitals[path.lowercased(), default: []].insert(path)
    }

    /// Other paths, seen or claimed, that are the same up to case.
    private func namesakes(of path: String) -> Set<String> {
        guard !capitals.isEmpty else { return [] }
        let lower = path.lowercased()
        return (capitals[lower] ?? []).union([lower]).subtracting([path])
    }

    private mutating func change(_ path: String, _ body: (inout File) -> Void) {
        body(&files[path, default: File(path: path)])
    }
}
