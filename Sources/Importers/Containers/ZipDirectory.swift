import VaultCrypto

/// One file of a zip, as the central directory describes it.
struct ZipEntry: Sendable {
    var name: String
    var flags: UInt16
    var method: UInt16
    var checksum: UInt32
    var packedBytes: Int64
    var sizeBytes: Int64
    var headerOffset: Int64
    /// Where its data lies; set when the local header was read.
    var data: Range<Int64> = 0..<0

    var isFolder: Bool { name.hasSuffix("/") }
}

/// The central directory of a zip file (APPNOTE 6.3.10, sections 4.3.12 to 4.3.16), read strictly.
///
/// 1. The end record closes the file; its comment ends with the last byte.
/// 2. The directory ends where the end record (or its zip64 form) begins; there is one disk.
/// 3. Every entry is a regular file or folder, stored or deflated, not encrypted.
/// 4. Names obey `ZipName`; no two are equal after case folding and composition.
/// 5. Local headers agree with the directory in name and method, and entries do not overlap.
/// 6. The first entry begins the file.
struct ZipDirectory {
    private(set) var entries: [ZipEntry] = []
    private let file: any RandomAccess
    private let place: String

    /// Reads and checks the directory.
    ///
    /// - Parameters:
    ///   - file: The zip.
    ///   - place: How messages name it.
    /// - Throws: `.badInput` when one of the conditions does not hold.
    init(_ file: any RandomAccess, place: String) throws(VaultError) {
        self.file = file
        self.place = place
        let end = try endRecord()
        try readEntries(end)
        try checkNames()
        try locateData(directoryStart: end.start)
    }

    private func fault(_ what: String) -> VaultError {
        VaultError(.badInput, "\(place) \(what).")
    }

    private struct EndRecord {
        var start: Int64
        var sizeBytes: Int64
        var count: Int64
    }

    private func endRecord() throws(VaultError) -> EndRecord {
        let tailCount = Int(min(file.sizeBytes, 22 + 65_535))
        let base = file.sizeBytes - Int64(tailCount)
        let tail = try file.bytes(at: base, count: tailCount, of: place)
        let cutOff = "is not a complete zip file; download or copy it again"
        var position = tailCount - 22
        while position >= 0 {
            if tail.number(position, 4) == 0x0605_4B50,
                position + 22 + Int(tail.number(position + 20, 2)) == tailCount
            {
                break
            }
            position -= 1
        }
        guard position >= 0 else { throw fault(cutOff) }
        var end = EndRecord(
            start: Int64(tail.number(position + 16, 4)),
            sizeBytes: Int64(tail.number(position + 12, 4)),
            count: Int64(tail.number(position + 10, 2)))
        var endOfDirectory = base + Int64(position)
        if end.start == 0xFFFF_FFFF || end.sizeBytes == 0xFFFF_FFFF || end.count == 0xFFFF {
            (end, endOfDirectory) = try wideEndRecord(before: endOfDirectory)
        } else if tail.number(position + 4, 4) != 0
            || tail.number(position + 8, 2) != tail.number(position + 10, 2)
        {
            throw fault("is one part of a zip in several parts; join them first")
        }
        guard end.start >= 0, end.sizeBytes >= 0, end.count >= 0, end.start <= file.sizeBytes,
            end.sizeBytes <= file.sizeBytes, end.start + end.sizeBytes == endOfDirectory
        else { throw fault(cutOff) }
        return end
    }

    /// The zip64 end record, found through its locator of 20 bytes before the end record.
    private func wideEndRecord(before end: Int64) throws(VaultError) -> (EndRecord, Int64) {
        guard end >= 20 + 56 else { throw fault("is not a complete zip file") }
        let locator = try file.bytes(at: end - 20, count: 20, of: place)
        let offset = Int64(bitPattern: locator.number(8, 8))
        guard locator.number(0, 4) == 0x0706_4B50, offset >= 0, offset <= end - 20 - 56 else {
            throw fault("has a malformed directory")
        }
        let record = try file.bytes(at: offset, count: 56, of: place)
        guard record.number(0, 4) == 0x0606_4B50, record.number(16, 8) == 0 else {
            throw fault("has a malformed directory")
        }
        let wide = EndRecord(
            start: Int64(bitPattern: record.number(48, 8)),
            sizeBytes: Int64(bitPattern: record.number(40, 8)),
            count: Int64(bitPattern: record.number(32, 8)))
        return (wide, offset)
    }

    private mutating func readEntries(_ end: EndRecord) throws(VaultError) {
        guard end.count <= ContainerLimits.entries else {
            throw fault("holds more than \(ContainerLimits.entries) files and was refused")
        }
        guard end.sizeBytes <= ContainerLimits.directoryBytes else {
            throw fault("has a directory that is too large and was refused")
        }
        let bytes = try file.bytes(at: end.start, count: Int(end.sizeBytes), of: place)
        var position = 0
        var total: Int64 = 0
        for _ in 0..<end.count {
            guard position + 46 <= bytes.count, bytes.number(position, 4) == 0x0201_4B50 else {
                throw fault("has a malformed directory")
            }
            let entry = try readEntry(bytes, at: position)
            total += entry.sizeBytes
            guard total <= ContainerLimits.totalBytes else {
                throw fault("unpacks to more than 64 GiB and was refused")
            }
            entries.append(entry)
            position +=
                46 + Int(bytes.number(position + 28, 2)) + Int(bytes.number(position + 30, 2))
                + Int(bytes.number(position + 32, 2))
        }
        guard position == bytes.count else { throw fault("has a malformed directory") }
    }

    private func readEntry(_ bytes: [UInt8], at start: Int) throws(VaultError) -> ZipEntry {
        let nameCount = Int(bytes.number(start + 28, 2))
        let extraCount = Int(bytes.number(start + 30, 2))
        let nameEnd = start + 46 + nameCount
        guard nameEnd + extraCount <= bytes.count else { throw fault("has a malformed directory") }
        guard let name = String(validating: bytes[start + 46..<nameEnd], as: UTF8.self) else {
            throw fault("holds a file whose name is not UTF-8; unpack it and import the folder")
        }
        if let flaw = ZipName.flaw(of: name) {
            throw fault("holds \(ZipName.quoted(name)), \(flaw), and was refused")
        }
        var entry = ZipEntry(
            name: name, flags: UInt16(bytes.number(start + 8, 2)),
            method: UInt16(bytes.number(start + 10, 2)),
            checksum: UInt32(bytes.number(start + 16, 4)),
            packedBytes: Int64(bytes.number(start + 20, 4)),
            sizeBytes: Int64(bytes.number(start + 24, 4)),
            headerOffset: Int64(bytes.number(start + 42, 4)))
        try widen(&entry, extra: bytes[nameEnd..<nameEnd + extraCount])
        try check(entry, system: bytes[start + 5], attributes: bytes.number(start + 38, 4))
        return entry
    }

    /// Takes the 64-bit sizes from the extra field where the 32-bit ones are all ones.
    private func widen(_ entry: inout ZipEntry, extra: ArraySlice<UInt8>) throws(VaultError) {
        let extra = Array(extra)
        var position = 0
        while position + 4 <= extra.count {
            let count = Int(extra.number(position + 2, 2))
            let end = position + 4 + count
            guard end <= extra.count else { return }
            if extra.number(position, 2) == 1 {
                var field = position + 4
                for path in [\ZipEntry.sizeBytes, \.packedBytes, \.headerOffset]
                where entry[keyPath: path] == 0xFFFF_FFFF {
                    guard field + 8 <= end else { throw fault("has a malformed directory") }
                    entry[keyPath: path] = Int64(bitPattern: extra.number(field, 8))
                    field += 8
                }
                return
            }
            position = end
        }
    }

    private func check(
        _ entry: ZipEntry, system: UInt8, attributes: UInt64
    ) throws(VaultError) {
        let name = ZipName.quoted(entry.name)
        if entry.flags & 0x2041 != 0 {
            throw fault("holds \(name), which is encrypted; unpack it with its password first")
        }
        let kind = system == 3 || system == 19 ? attributes >> 16 & 0xF000 : 0
        guard kind == 0 || kind == 0x8000 || kind == 0x4000 else {
            throw fault("holds \(name), a link or device, and was refused")
        }
        guard entry.isFolder == (kind == 0x4000) || kind == 0 else {
            throw fault("holds \(name), a folder without its slash, and was refused")
        }
        guard entry.method == 0 || entry.method == 8 else {
            throw fault("holds \(name), packed by a method other than deflate; unpack it first")
        }
        guard entry.sizeBytes >= 0, entry.packedBytes >= 0, entry.headerOffset >= 0,
            entry.packedBytes <= file.sizeBytes, entry.headerOffset <= file.sizeBytes,
            entry.method == 8 || entry.sizeBytes == entry.packedBytes,
            !entry.isFolder || entry.sizeBytes == 0
        else { throw fault("holds \(name) with sizes that cannot be true") }
        try ContainerLimits.check(
            inflated: entry.sizeBytes, packed: entry.packedBytes, place: "\(place)/\(entry.name)")
    }

    private func checkNames() throws(VaultError) {
        var seen: Set<String> = []
        for entry in entries where !seen.insert(ZipName.folded(entry.name)).inserted {
            throw fault("holds \(ZipName.quoted(entry.name)) twice and was refused")
        }
    }

    /// Reads the local headers and sets each entry's data range.
    private mutating func locateData(directoryStart: Int64) throws(VaultError) {
        let order = entries.indices.sorted { entries[$0].headerOffset < entries[$1].headerOffset }
        var end: Int64 = 0
        for (rank, index) in order.enumerated() {
            let entry = entries[index]
            let name = ZipName.quoted(entry.name)
            guard entry.headerOffset >= end, rank > 0 || entry.headerOffset == 0 else {
                throw fault("has bytes before or inside \(name) that belong to nothing")
            }
            guard entry.headerOffset + 30 <= directoryStart else {
                throw fault("holds \(name), which lies outside the file")
            }
            let header = try file.bytes(at: entry.headerOffset, count: 30, of: place)
            let nameCount = Int(header.number(26, 2))
            let start = entry.headerOffset + 30 + Int64(nameCount) + Int64(header.number(28, 2))
            guard header.number(0, 4) == 0x0403_4B50, start + entry.packedBytes <= directoryStart,
                header.number(8, 2) == UInt64(entry.method), header.number(6, 2) & 0x2041 == 0,
                try file.bytes(at: entry.headerOffset + 30, count: nameCount, of: place)
                    == Array(entry.name.utf8)
            else { throw fault("describes \(name) in two different ways") }
            end = start + entry.packedBytes
            entries[index].data = start..<end
        }
    }

    /// The content of an entry, its length and checksum verified at its end.
    func open(_ entry: ZipEntry) throws(VaultError) -> any ByteSource {
        let source = RangeSource(file, entry.data)
        let place = "\(place)/\(entry.name)"
        return try ArchiveSource(
            HeadedSource(Self.header(of: entry), then: source), as: .zipEntry, place: place,
            sizeBytes: entry.sizeBytes)
    }

    /// A local header with what the central directory says, under a plain name: libarchive then
    /// checks the data against the directory, and names never reach its locale conversion.
    private static func header(of entry: ZipEntry) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(0x0403_4B50, 4)
        bytes.append(45, 2)
        bytes.append(0, 2)
        bytes.append(UInt64(entry.method), 2)
        bytes.append(0, 4)
        bytes.append(UInt64(entry.checksum), 4)
        bytes.append(0xFFFF_FFFF, 4)
        bytes.append(0xFFFF_FFFF, 4)
        bytes.append(1, 2)
        bytes.append(20, 2)
        bytes.append(UInt8(ascii: "x"))
        bytes.append(1, 2)
        bytes.append(16, 2)
        bytes.append(UInt64(entry.sizeBytes), 8)
        bytes.append(UInt64(entry.packedBytes), 8)
        return bytes
    }
}

/// Some bytes, then a stream.
private final class HeadedSource: ByteSource {
    private var head: ArraySlice<UInt8>
    private let rest: any ByteSource

    init(_ head: [UInt8], then rest: any ByteSource) {
        self.head = head[...]
        self.rest = rest
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(VaultError) -> Int {
        if head.isEmpty { return try unsafe rest.read(into: buffer) }
        let count = min(buffer.count, head.count)
        unsafe buffer.copyBytes(from: head.prefix(count))
        head = head.dropFirst(count)
        return count
    }
}

extension [UInt8] {
    /// A little-endian number of `count` bytes.
    fileprivate func number(_ offset: Int, _ count: Int) -> UInt64 {
        (0..<count).reduce(0) { $0 | UInt64(self[offset + $1]) << (8 * UInt64($1)) }
    }

    /// Appends the lowest `count` bytes, little end first.
    fileprivate mutating func append(_ value: UInt64, _ count: Int) {
        for index in 0..<count { append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))) }
    }
}
