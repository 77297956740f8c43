import Foundation

/// One change of an archive: what is written, and what the faults must name.
struct ArchiveChange {
    var kind: String
    /// Where in the file, for people.
    var place = ""
    /// New contents by path; `nil` takes a file away.
    var writes: [String: [UInt8]?]
    var named: Set<String>
    /// What they may name besides.
    var besides: Set<String> = []
}

/// All changes of an archive that are shown to the verifier.
struct ArchiveChanges {
    /// A file of this size or less has every byte changed.
    private static let smallBytes = 1024
    /// One of so many changed bytes is also removed, and one gets another one before it.
    private static let shifts = 32
    /// What stands in no list: here every other value of every byte is tried.
    private static let unlisted = [".sig", ".minisig"]

    /// The signed list of the lists.
    private static let list = "tagmanifest-sha256.txt"

    /// Free in an archive with one: what stands there needs the first one to be there.
    private static let nextCosignature = "tagmanifest-sha256.txt.cosign-2.sig"

    private let files: [String: [UInt8]]
    private let paths: [String]
    private let every: Int

    init(_ files: [String: [UInt8]], every: Int) {
        self.files = files
        self.every = every
        paths = files.keys.sorted()
    }

    // MARK: Inside a file

    /// Changed, removed and added bytes, and removed, repeated and swapped lines.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - places: Those that begin here; the place behind the last byte takes an added one.
    ///   - draw: Where drawn values come from.
    /// - Returns: The changes.
    func inside(_ path: String, _ places: Range<Int>, _ draw: inout Draw) -> [ArchiveChange] {
        guard let content = files[path] else { return [] }
        let step = content.count <= Self.smallBytes ? 1 : every
        var changes: [ArchiveChange] = []
        func add(_ kind: String, _ place: Int, _ change: (inout [UInt8]) -> Void) {
            var changed = content
            change(&changed)
            // A repeated sign may be removed at either place, and two equal lines swapped.
            guard changed != content else { return }
            changes.append(
                ArchiveChange(
                    kind: kind, place: " at byte \(place)", writes: [path: changed], named: [path]))
        }
        for place in places where step == 1 || draw.below(step) == 0 {
            if place < content.count {
                for value in values(path, &draw) {
                    add("changed byte", place) { $0[place] ^= value }
                }
            }
            if draw.below(Self.shifts) == 0, place < content.count {
                add("removed byte", place) { $0.remove(at: place) }
            }
            if draw.below(Self.shifts) == 0 || place == content.count {
                let value = draw.below(2) == 0 ? 0x0A : UInt8(draw.below(256))
                add("added byte", place) { $0.insert(value, at: place) }
            }
        }
        guard String(validating: content, as: UTF8.self) != nil else { return changes }
        for line in lines(content) where places.contains(line.lowerBound) {
            guard step == 1 || draw.below(step) < 16 else { continue }
            let next = lines(Array(content[line.upperBound...])).first
            add("removed line", line.lowerBound) { $0.removeSubrange(line) }
            add("repeated line", line.lowerBound) {
                $0.insert(contentsOf: content[line], at: line.upperBound)
            }
            if let next {
                let end = line.upperBound + next.count
                let swapped = content[line.upperBound..<end] + content[line]
                add("swapped lines", line.lowerBound) {
                    $0.replaceSubrange(line.lowerBound..<end, with: swapped)
                }
            }
        }
        return changes
    }

    private func values(_ path: String, _ draw: inout Draw) -> [UInt8] {
        if every == 1, Self.unlisted.contains(where: path.hasSuffix) { return Array(1...255) }
        return [UInt8(1 + draw.below(255))]
    }

    /// Lines with their ends; what stands behind the last one is none.
    private func lines(_ content: [UInt8]) -> [Range<Int>] {
        var lines: [Range<Int>] = []
        var start = 0
        while let end = content[start...].firstIndex(of: 0x0A) {
            lines.append(start..<end + 1)
            start = end + 1
        }
        return lines
    }

    // MARK: Whole files

    /// The file is emptied, taken away, moved, repeated and changed with others, and others come
    /// beside it.
    func whole(_ path: String, _ draw: inout Draw) -> [ArchiveChange] {
        guard let content = files[path] else { return [] }
        // Cosignatures come later, and nothing that is signed says how many there are: without the
        // last one an archive is whole.
        let isCosignature = path.contains(".cosign-")
        // Without the list of the other files nothing tells which of them are additional.
        let isList = path == Self.list
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
        let name = path.dropFirst(folder.count)
        var changes = [
            ArchiveChange(
                kind: "removed file", writes: [path: nil], named: isCosignature ? [] : [path])
        ]
        if !content.isEmpty {
            changes.append(ArchiveChange(kind: "emptied file", writes: [path: []], named: [path]))
        }
        var others = [
            "\(path).bak", "\(path)~", "\(folder).\(name)", "\(folder)\(name.uppercased())",
            "\(folder)copy of \(name)", "data/\(name)", "meta/\(name)", "proof/\(name)", "\(name)",
            "data/attachments/\(name)", "data/native/\(name)", "extra/\(name)",
            "data/attachments/" + String(repeating: "0", count: 64),
            "data/native/018f3a10-0000-7000-8000-000000000001.jsonl",
            "data/html/index-2.html", "proof/prior-checkpoints/1",
            "tagmanifest-sha256.txt.cosign-1.sig", Self.nextCosignature,
        ]
        others.removeAll { files[$0] != nil || $0 == path }
        for other in others {
            changes.append(
                ArchiveChange(
                    kind: "renamed file", place: " to \(other)",
                    writes: [path: nil, other: content],
                    named: isList || other == Self.nextCosignature
                        ? [path] : isCosignature ? [other] : [path, other],
                    besides: [other]))
            changes.append(
                ArchiveChange(
                    kind: "repeated file", place: " as \(other)", writes: [other: content],
                    named: [other]))
            changes.append(
                ArchiveChange(
                    kind: "added file", place: ": \(other)",
                    writes: [other: (0..<draw.below(64)).map { _ in UInt8(draw.below(256)) }],
                    named: [other]))
        }
        return changes + exchanges(path, content, &draw)
    }

    /// Contents changed with others: every file after this one, or a share of them.
    private func exchanges(
        _ path: String, _ content: [UInt8], _ draw: inout Draw
    ) -> [ArchiveChange] {
        paths.filter { $0 > path && (every == 1 || draw.below(every) == 0) }.compactMap { other in
            guard let there = files[other], there != content else { return nil }
            // Without a list that is signed nobody can say which other file is not as it was.
            let hasList = path != Self.list && other != Self.list
            return ArchiveChange(
                kind: "exchanged files", place: " with \(other)",
                writes: [path: there, other: content],
                named: hasList ? [path, other] : [Self.list], besides: hasList ? [] : Set(paths))
        }
    }
}

/// Numbers from a seed, always the same (SplitMix64 over FNV-1a of a text).
struct Draw {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    init(_ seed: String) {
        for byte in seed.utf8 { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((value ^ (value >> 31)) % UInt64(bound))
    }
}
