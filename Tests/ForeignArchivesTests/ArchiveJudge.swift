import VaultCrypto

@testable import ForeignArchives

/// Reads any bytes as an archive and says what is wrong with the reading.
///
/// The first byte chooses the reader; the others are the file. Whatever they are, reading ends in a
/// refusal or in content that keeps the policy: it never crashes, and what comes out is what a
/// reader of a few lines finds in the same bytes.
enum ArchiveJudge {
    /// Small enough that two million inputs take minutes.
    static let limits = {
        var limits = ArchiveLimits(
            entries: 200, totalBytes: 4 << 20, ratio: 200, ratioFreeBytes: 1 << 20)
        limits.windowBytes = 8 << 20
        limits.freeEntries = 50
        return limits
    }()

    /// - Parameter input: One byte and the file.
    /// - Returns: What is wrong; `nil` for a refusal and for sound content.
    static func judge(_ input: [UInt8]) -> String? {
        guard let kind = input.first else { return nil }
        var file = Array(input.dropFirst())
        do throws(VaultError) {
            switch kind % 4 {
            case 0: return try judgeZip(file)
            case 1: return try judgeGzip(file)
            case 2: return try judgeTar(file)
            default:
                PlainTar.seal(&file)
                return try judgeTar(file)
            }
        } catch {
            guard error.code == .badInput else { return "an error of another kind: \(error)" }
            guard error.message.hasSuffix("."), error.message.count < 2000 else {
                return "not a sentence: \(error.message)"
            }
            return nil
        }
    }

    // MARK: Zip

    private static func judgeZip(_ file: [UInt8]) throws(VaultError) -> String? {
        let directory = try ZipDirectory(MemoryFile(file), place: "x.zip", limits: limits)
        var names: Set<String> = []
        var end: Int64 = 0
        for entry in directory.entries.sorted(by: { $0.headerOffset < $1.headerOffset }) {
            if let flaw = ForeignName.flaw(of: entry.name) { return "\(entry.name) is \(flaw)" }
            if !names.insert(ForeignName.folded(entry.name)).inserted { return "a name twice" }
            guard entry.headerOffset >= end, entry.data.lowerBound >= entry.headerOffset + 30,
                entry.data.upperBound <= Int64(file.count)
            else { return "\(entry.name) lies in another entry or outside" }
            end = entry.data.upperBound
        }
        var total: Int64 = 0
        for entry in directory.entries {
            let content = try read(try directory.open(entry))
            total += content.count
            guard content.count == entry.sizeBytes, content.checksum == entry.checksum else {
                return "\(entry.name) is not what the directory says"
            }
        }
        return total <= limits.totalBytes ? nil : "more bytes than are allowed"
    }

    // MARK: Gzip

    private static func judgeGzip(_ file: [UInt8]) throws(VaultError) -> String? {
        let source = RangeSource(MemoryFile(file))
        let content = try read(try GzipSource(source, place: "x.gz", limits: limits))
        guard content.count <= limits.totalBytes else { return "more bytes than are allowed" }
        let stated = file.suffix(8).enumerated().reduce(UInt64(0)) {
            $0 | UInt64($1.element) << (8 * UInt64($1.offset))
        }
        return stated == UInt64(content.checksum) | UInt64(content.count) << 32
            ? nil : "the content is not what the trailer says"
    }

    private static func read(
        _ source: any ByteSource
    ) throws(VaultError) -> (count: Int64, checksum: UInt32) {
        var checksum = CRC32Checksum()
        var count: Int64 = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let got = try buffer.read(from: source, at: 0)
            if got == 0 { return (count, checksum.value) }
            buffer.withUnsafeBytes { bytes in
                checksum.update(UnsafeRawBufferPointer(rebasing: bytes[..<got]))
            }
            count += Int64(got)
        }
    }

    // MARK: Tar

    private static func judgeTar(_ file: [UInt8]) throws(VaultError) -> String? {
        let reader = try TarReader(MemoryFile(file), limits: limits)
        var refusals: [String] = []
        var wrong: String?
        var seen: [PlainTar.Entry] = []
        try reader.forEach({ refusals.append($1.text) }) { (entry) throws(VaultError) in
            if !ForeignName.isAllowed(entry.path) { wrong = "a name that is not allowed" }
            var content: [UInt8] = []
            try entry.read { content.append(contentsOf: $0) }
            seen.append(PlainTar.Entry(path: entry.path, content: content))
        }
        refusals += reader.hidden.map(\.refusal.text)
        if let wrong { return wrong }
        guard refusals.isEmpty else { return nil }
        guard reader.isComplete else { return "neither whole nor refused" }
        guard !file.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) else { return nil }
        return PlainTar.entries(file) == seen ? nil : "another reader finds other files"
    }
}

/// A tar as a reader of a few lines sees it: sizes, names, nothing else.
enum PlainTar {
    struct Entry: Equatable {
        var path: [UInt8]
        var content: [UInt8]
    }

    /// The entries before the first block of zeros; `nil` when something cannot be read.
    static func entries(_ file: [UInt8]) -> [Entry]? {
        var found: [Entry] = []
        var name: [UInt8]?
        var stated: Int?
        var position = 0
        while position + 512 <= file.count {
            let block = Array(file[position..<position + 512])
            if block.allSatisfy({ $0 == 0 }) { return found }
            let type = block[156]
            let isHeader = type == UInt8(ascii: "x") || type == UInt8(ascii: "L")
            guard let size = isHeader ? octal(block[124..<136]) : stated ?? octal(block[124..<136]),
                size <= file.count - position - 512
            else { return nil }
            let content = Array(file[position + 512..<position + 512 + size])
            position += 512 + (size + 511) / 512 * 512
            if type == UInt8(ascii: "L") {
                name = Array(content.prefix { $0 != 0 })
            } else if type == UInt8(ascii: "x") {
                (name, stated) = (value("path", content), value("size", content).flatMap(decimal))
            } else {
                var path = name ?? text(block, 0..<100, prefix: 345..<500)
                if path.last == UInt8(ascii: "/") { path.removeLast() }
                found.append(Entry(path: path, content: content))
                (name, stated) = (nil, nil)
            }
        }
        return nil
    }

    /// Puts the right checksum into whatever looks like a header.
    static func seal(_ file: inout [UInt8]) {
        for start in stride(from: 0, to: file.count - 511, by: 512)
        where file[start + 257..<start + 262].elementsEqual("ustar".utf8) {
            file.replaceSubrange(start + 148..<start + 156, with: "        ".utf8)
            let sum = String(file[start..<start + 512].reduce(0) { $0 + Int($1) }, radix: 8)
            let digits = String(repeating: "0", count: max(0, 6 - sum.count)) + sum + "\0 "
            file.replaceSubrange(start + 148..<start + 156, with: digits.utf8.prefix(8))
        }
    }

    private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
        if field.first == 0x80 {
            return field.dropFirst().reduce(0 as Int?) { value, byte in
                value.flatMap { $0 < 1 << 40 ? $0 << 8 | Int(byte) : nil }
            }
        }
        let digits = field.filter { $0 != 0 && $0 != 0x20 }
        return digits.isEmpty ? 0 : Int(String(decoding: digits, as: UTF8.self), radix: 8)
    }

    private static func decimal(_ text: [UInt8]) -> Int? {
        Int(String(decoding: text, as: UTF8.self))
    }

    private static func text(_ block: [UInt8], _ range: Range<Int>, prefix: Range<Int>) -> [UInt8] {
        let name = Array(block[range].prefix { $0 != 0 })
        guard block[257..<263].elementsEqual("ustar\0".utf8), block[345] != 0 else { return name }
        return block[prefix].prefix { $0 != 0 } + [UInt8(ascii: "/")] + name
    }

    /// A field of a pax header that holds one field of this name.
    private static func value(_ key: String, _ content: [UInt8]) -> [UInt8]? {
        for line in content.split(separator: UInt8(ascii: "\n")) {
            let field = line.drop { $0 != 0x20 }.dropFirst()
            if field.starts(with: "\(key)=".utf8) {
                return Array(field.dropFirst(key.utf8.count + 1))
            }
        }
        return nil
    }
}
