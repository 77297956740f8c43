package import VaultCrypto

/// One file of a zip, as the central directory describes it.
package struct ZipEntry: Sendable {
    package var name: String
    var flags: UInt16
    var method: UInt16
    var checksum: UInt32
    package var packedBytes: Int64
    package var sizeBytes: Int64
    var headerOffset: Int64
    /// Where its data lies; set when the local header was read.
    var data: Range<Int64> = 0..<0

    package var isFolder: Bool { name.hasSuffix("/") }
    /// Whether the data is the content itself, so that it can be read at any offset.
    package var isStored: Bool { method == 0 }
    /// Whether its checksum and sizes may stand behind the data and not before it.
    var isStreamed: Bool { flags & 8 != 0 }
}

/// The central directory of a zip file (APPNOTE 6.3.10, sections 4.3.7 to 4.3.16), read strictly.
///
/// 1. One end record closes the file: its comment ends with the last byte, and no other end record
///    could be found from there.
/// 2. The directory ends where the end record (or its zip64 form) begins, and that where its
///    locator begins; there is one disk.
/// 3. Every entry is a regular file or folder, stored or deflated, not encrypted.
/// 4. Names obey `ForeignName`; no two are equal after case folding and composition, and no extra
///    field gives an entry another name.
/// 5. Local headers agree with the directory in name, method, checksum and sizes; checksum and
///    sizes of a streamed entry stand behind its data instead, and agree as well.
/// 6. The first entry begins the file, each other one where the one before ends, and the directory
///    where the last one ends: no byte belongs to nothing, and none to two entries.
/// 7. Sizes and counts are within the limits, each by itself and all together.
package struct ZipDirectory {
    package private(set) var entries: [ZipEntry] = []
    private let file: any RandomAccess
    private let place: String
    private let limits: ArchiveLimits

    /// Reads and checks the directory.
    ///
    /// - Parameters:
    ///   - file: The zip.
    ///   - place: How messages name it.
    ///   - limits: The bounds.
    /// - Throws: `.badInput` when one of the conditions does not hold.
    package init(
        _ file: any RandomAccess, place: String, limits: ArchiveLimits = .export
    ) throws(VaultError) {
        self.file = file
        self.place = place
        self.limits = limits
        let end = try ZipEnd(file, place: place)
        try readEntries(end)
        try checkNames()
        try locateData(directoryStart: end.start)
    }

    private func refusal(_ refusal: Refusal) -> VaultError { refusal.error(at: place) }

    // MARK: The directory

    private mutating func readEntries(_ end: ZipEnd) throws(VaultError) {
        guard end.count <= limits.entries else { throw refusal(.entries(limits.entries)) }
        guard end.sizeBytes <= limits.directoryBytes else { throw refusal(.directoryBytes) }
        let bytes = try file.bytes(at: end.start, count: Int(end.sizeBytes), of: place)
        var position = 0
        var total: Int64 = 0
        for _ in 0..<end.count {
            guard position + 46 <= bytes.count, bytes.number(position, 4) == 0x0201_4B50 else {
                throw refusal(.malformedDirectory)
            }
            let entry = try readEntry(bytes, at: position)
            total += entry.sizeBytes
            guard total <= limits.totalBytes else { throw refusal(.totalBytes(limits.totalBytes)) }
            entries.append(entry)
            position +=
                46 + Int(bytes.number(position + 28, 2)) + Int(bytes.number(position + 30, 2))
                + Int(bytes.number(position + 32, 2))
        }
        guard position == bytes.count else { throw refusal(.malformedDirectory) }
        guard limits.isPlausible(total, from: file.sizeBytes) else {
            throw refusal(.ratio(limits.ratio))
        }
    }

    private func readEntry(_ bytes: [UInt8], at start: Int) throws(VaultError) -> ZipEntry {
        let nameCount = Int(bytes.number(start + 28, 2))
        let extraCount = Int(bytes.number(start + 30, 2))
        let nameEnd = start + 46 + nameCount
        guard nameEnd + extraCount <= bytes.count else { throw refusal(.malformedDirectory) }
        guard let name = String(validating: bytes[start + 46..<nameEnd], as: UTF8.self) else {
            throw refusal(.foreignName)
        }
        if let flaw = ForeignName.flaw(of: name) { throw refusal(.name(name, flaw)) }
        var entry = ZipEntry(
            name: name, flags: UInt16(bytes.number(start + 8, 2)),
            method: UInt16(bytes.number(start + 10, 2)),
            checksum: UInt32(bytes.number(start + 16, 4)),
            packedBytes: Int64(bytes.number(start + 20, 4)),
            sizeBytes: Int64(bytes.number(start + 24, 4)),
            headerOffset: Int64(bytes.number(start + 42, 4)))
        let extra = ZipExtra(bytes[nameEnd..<nameEnd + extraCount])
        guard extra.widen(&entry) else { throw refusal(.malformedDirectory) }
        guard !extra.renames(entry) else { throw refusal(.twoWays(name)) }
        try check(entry, system: bytes[start + 5], attributes: bytes.number(start + 38, 4))
        return entry
    }

    private func check(
        _ entry: ZipEntry, system: UInt8, attributes: UInt64
    ) throws(VaultError) {
        let name = entry.name
        if entry.flags & 0x2041 != 0 { throw refusal(.encrypted(name)) }
        let kind = system == 3 || system == 19 ? attributes >> 16 & 0xF000 : 0
        guard kind == 0 || kind == 0x8000 || kind == 0x4000 else { throw refusal(.special(name)) }
        guard entry.isFolder == (kind == 0x4000) || kind == 0 else {
            throw refusal(.folderWithoutSlash(name))
        }
        guard entry.method == 0 || entry.method == 8 else { throw refusal(.method(name)) }
        guard entry.sizeBytes >= 0, entry.packedBytes >= 0, entry.headerOffset >= 0,
            entry.packedBytes <= file.sizeBytes, entry.headerOffset <= file.sizeBytes,
            entry.method == 8 || entry.sizeBytes == entry.packedBytes,
            !entry.isFolder || entry.sizeBytes == 0
        else { throw refusal(.sizes(name)) }
        do throws(Refusal) {
            try limits.check(unpacked: entry.sizeBytes, packed: entry.packedBytes)
        } catch {
            throw error.error(at: "\(place)/\(name)")
        }
    }

    private func checkNames() throws(VaultError) {
        var seen: Set<String> = []
        for entry in entries where !seen.insert(ForeignName.folded(entry.name)).inserted {
            throw refusal(.twice(entry.name))
        }
    }

    // MARK: Local headers

    /// Reads the local headers and sets each entry's data range.
    private mutating func locateData(directoryStart: Int64) throws(VaultError) {
        let order = entries.indices.sorted { entries[$0].headerOffset < entries[$1].headerOffset }
        var end: Int64 = 0
        for (rank, index) in order.enumerated() {
            let entry = entries[index]
            guard entry.headerOffset == end else { throw refusal(.strayBytes(entry.name)) }
            let start = try dataStart(of: entry, directoryStart: directoryStart)
            entries[index].data = start..<start + entry.packedBytes
            let next = rank + 1 < order.count ? entries[order[rank + 1]].headerOffset : nil
            end = try self.end(of: entries[index], before: next ?? directoryStart)
        }
        guard end == directoryStart else { throw refusal(.malformedDirectory) }
    }

    private func dataStart(
        of entry: ZipEntry, directoryStart: Int64
    ) throws(VaultError) -> Int64 {
        guard entry.headerOffset + 30 <= directoryStart else {
            throw refusal(.outside(entry.name))
        }
        let header = try file.bytes(at: entry.headerOffset, count: 30, of: place)
        let nameCount = Int(header.number(26, 2))
        let extraCount = Int(header.number(28, 2))
        let start = entry.headerOffset + 30 + Int64(nameCount + extraCount)
        guard header.number(0, 4) == 0x0403_4B50, start + entry.packedBytes <= directoryStart else {
            throw refusal(.twoWays(entry.name))
        }
        let rest = try file.bytes(
            at: entry.headerOffset + 30, count: nameCount + extraCount, of: place)
        let extra = ZipExtra(rest[nameCount...])
        var local = ZipEntry(
            name: entry.name, flags: UInt16(header.number(6, 2)),
            method: UInt16(header.number(8, 2)), checksum: UInt32(header.number(14, 4)),
            packedBytes: Int64(header.number(18, 4)), sizeBytes: Int64(header.number(22, 4)),
            headerOffset: 0)
        guard rest[..<nameCount].elementsEqual(entry.name.utf8), extra.widen(&local),
            !extra.renames(entry), local.flags & 0x2041 == 0, local.method == entry.method,
            local.isStreamed == entry.isStreamed, Self.agrees(local, entry)
        else { throw refusal(.twoWays(entry.name)) }
        return start
    }

    /// Whether the numbers of a local header are the directory's, or left open to be said later.
    private static func agrees(_ local: ZipEntry, _ entry: ZipEntry) -> Bool {
        func agrees<Number: Equatable & ExpressibleByIntegerLiteral>(
            _ number: Number, _ other: Number
        ) -> Bool {
            number == other || local.isStreamed && number == 0
        }
        return agrees(local.checksum, entry.checksum) && agrees(local.sizeBytes, entry.sizeBytes)
            && agrees(local.packedBytes, entry.packedBytes)
    }

    /// Where an entry ends: at its data's end, or behind the descriptor that follows it.
    ///
    /// A descriptor has a signature or not, and sizes of four or of eight bytes; which it is shows
    /// by what begins behind it.
    private func end(of entry: ZipEntry, before next: Int64) throws(VaultError) -> Int64 {
        let end = entry.data.upperBound
        if end == next { return end }
        guard next > end else { throw refusal(.strayBytes(entry.name)) }
        guard entry.isStreamed, next - end <= 24 else {
            throw refusal(.strayBytes(after: entry.name))
        }
        let bytes = try file.bytes(at: end, count: Int(next - end), of: place)
        let signature = bytes.count % 8 == 0 ? 4 : 0
        let width = bytes.count > 16 ? 8 : 4
        guard [12, 16, 20, 24].contains(bytes.count),
            signature == 0 || bytes.number(0, 4) == 0x0807_4B50,
            bytes.number(signature, 4) == UInt64(entry.checksum),
            bytes.number(signature + 4, width) == UInt64(entry.packedBytes),
            bytes.number(signature + 4 + width, width) == UInt64(entry.sizeBytes)
        else { throw refusal(.twoWays(entry.name)) }
        return next
    }

    // MARK: Content

    /// The content of an entry, its length and checksum verified at its end.
    package func open(_ entry: ZipEntry) throws(VaultError) -> any ByteSource {
        let source = RangeSource(file, entry.data)
        return try EntrySource(
            HeadedSource(Self.header(of: entry), then: source), as: .zipEntry,
            place: "\(place)/\(entry.name)", sizeBytes: entry.sizeBytes)
    }

    /// The content of a stored entry to be read at any offset; its checksum is not looked at.
    package func window(_ entry: ZipEntry) -> any RandomAccess {
        precondition(entry.isStored, "A deflated entry has no window.")
        return FileWindow(file, entry.data)
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
    func number(_ offset: Int, _ count: Int) -> UInt64 {
        (0..<count).reduce(0) { $0 | UInt64(self[offset + $1]) << (8 * UInt64($1)) }
    }

    /// Appends the lowest `count` bytes, little end first.
    fileprivate mutating func append(_ value: UInt64, _ count: Int) {
        for index in 0..<count { append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))) }
    }
}
