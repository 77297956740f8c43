import ForeignArchives
import Vault
import VaultCrypto

@testable import VaultArchive

/// A small packed archive that any bytes change, and whether verification says so.
///
/// The first byte says whether the checksums of the tar's headers are put right; then changes
/// follow, each of a kind, a place, a length and bytes.
struct TamperedBag {
    let tar: [UInt8]
    private let files: [[UInt8]: [UInt8]]

    init() throws {
        let place = try TemporaryFolder()
        var source = MemorySource(conversations: [Samples.small.archived, Samples.edited.archived])
        var builder = Samples.small
        builder.add(
            .user,
            [
                Part(
                    .document,
                    attachment: Samples.reference(Samples.document, "sheet", "text/plain"))
            ])
        source.conversations[0] = builder.archived
        source.attachments[SHA256Digest.hash(Samples.document)] = Samples.document
        let name = try place.export(source, "out").bag
        try Self.shorten(place)
        tar = try place.files("out").reduce(into: []) { tar, file in
            tar += Ustar("\(name)/\(file)", try place.read("out/\(file)")).bytes
        }
        files = try Self.files(tar)
    }

    /// Makes short pages of those for people, which are most of a small archive, and signs again.
    ///
    /// Nothing in them is compared with anything, and a run costs what has to be hashed.
    private static func shorten(_ place: TemporaryFolder) throws {
        for file in try place.files("out")
        where file.hasSuffix(".html") || file == ArchiveName.readme {
            try place.write("out/\(file)", "A page.\n")
        }
        let payload = try place.files("out").filter { $0.hasPrefix(ArchiveName.payload) }
        let size = try payload.reduce(0) { $0 + (try place.read("out/\($1)").count) }
        let export = String(decoding: try place.read("out/\(ArchiveName.export)"), as: UTF8.self)
        let lines = export.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.contains("\"payloadBytes\"") ? "    \"payloadBytes\": \(size)," : String(line)
        }
        try place.write("out/\(ArchiveName.export)", lines.joined(separator: "\n"))
        try place.reseal("out")
    }

    /// - Parameter input: What is changed.
    /// - Returns: What is wrong with the verification; `nil` when it found a fault, or when the
    ///   files are those that were signed.
    /// - Throws: What reading memory cannot throw.
    func judge(_ input: [UInt8]) throws -> String? {
        let changed = changed(by: input)
        var limits = ArchiveVerifier.Limits()
        limits.lineBytes = 1 << 20
        limits.bytes = 16 << 20
        let result = try ArchiveVerifier.verify(
            MemoryFile(changed), limits: limits, hooks: .init())
        let isSentence = result.faults.allSatisfy { !$0.fault.isEmpty && $0.fault.count < 600 }
        guard isSentence else { return "a fault without a sentence" }
        guard result.isValid else { return nil }
        var seen = try Self.files(changed)
        for path in seen.keys where path.ends(with: ".tsr".utf8) { seen[path] = nil }
        return seen == files ? nil : "changed files are said to be whole"
    }

    private static func files(_ tar: [UInt8]) throws -> [[UInt8]: [UInt8]] {
        var files: [[UInt8]: [UInt8]] = [:]
        let limits = ArchiveLimits.bag(entries: 1000, totalBytes: 16 << 20)
        let reader = try TarReader(MemoryFile(tar), limits: limits)
        try reader.forEach({ _, _ in }) { (entry) throws(VaultError) in
            guard !entry.isFolder else { return }
            var content: [UInt8] = []
            try entry.read { content.append(contentsOf: $0) }
            files[entry.path] = content
        }
        return files
    }

    private func changed(by input: [UInt8]) -> [UInt8] {
        var changed = tar
        var rest = input.dropFirst()
        while rest.count >= 5 {
            let head = Array(rest.prefix(5))
            rest = rest.dropFirst(5)
            var place = (Int(head[1]) << 16 | Int(head[2]) << 8 | Int(head[3])) % changed.count
            if head[0] & 0x80 != 0 { place = place / 512 * 512 + Int(head[0] >> 4 & 7) * 64 }
            place = min(place, changed.count - 1)
            let length = min(Int(head[4] & 15), changed.count - place)
            let bytes = Array(rest.prefix(length))
            switch head[0] & 7 {
            case 0, 1:
                rest = rest.dropFirst(length)
                let end = min(place + bytes.count, changed.count)
                changed.replaceSubrange(place..<end, with: bytes)
            case 2:
                rest = rest.dropFirst(length)
                changed.insert(contentsOf: bytes, at: place)
            case 3: changed.removeSubrange(place..<place + length)
            case 4: changed[place] ^= head[4]
            case 5:
                // Whole blocks again, somewhere else.
                let start = place / 512 * 512
                let end = min(start + 512 * (length + 1), changed.count)
                changed.insert(contentsOf: changed[start..<end], at: start / 1024 * 512)
            case 6:
                let start = place / 512 * 512
                changed.removeSubrange(start..<min(start + 512 * (length + 1), changed.count))
            default: changed.removeSubrange(place...)
            }
            if changed.isEmpty { return [0] }
        }
        if input.first.map({ $0 & 1 == 1 }) ?? false { Self.seal(&changed) }
        return changed
    }

    /// Puts the right checksum into whatever looks like a header.
    private static func seal(_ file: inout [UInt8]) {
        for start in stride(from: 0, to: file.count - 511, by: 512)
        where file[start + 257..<start + 262].elementsEqual("ustar".utf8) {
            file.replaceSubrange(start + 148..<start + 156, with: "        ".utf8)
            let sum = String(file[start..<start + 512].reduce(0) { $0 + Int($1) }, radix: 8)
            let digits = String(repeating: "0", count: max(0, 6 - sum.count)) + sum + "\0 "
            file.replaceSubrange(start + 148..<start + 156, with: digits.utf8.prefix(8))
        }
    }
}

extension Array<UInt8> {
    fileprivate func ends(with other: some Collection<UInt8>) -> Bool {
        suffix(other.count).elementsEqual(other)
    }
}
