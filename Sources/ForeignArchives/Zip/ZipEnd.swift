import VaultCrypto

/// The record at a zip's end, which says where its directory is (APPNOTE 6.3.10, 4.3.14 to 4.3.16).
struct ZipEnd {
    private(set) var start: Int64
    private(set) var sizeBytes: Int64
    private(set) var count: Int64

    /// Finds and checks the record, and its zip64 form where there is one.
    init(_ file: any RandomAccess, place: String) throws(VaultError) {
        let tailCount = Int(min(file.sizeBytes, 22 + 65_535))
        let base = file.sizeBytes - Int64(tailCount)
        let tail = try file.bytes(at: base, count: tailCount, of: place)
        guard let position = Self.ends(in: tail).last else {
            throw Refusal.incomplete.error(at: place)
        }
        guard Self.ends(in: tail).count == 1 else { throw Refusal.severalEnds.error(at: place) }
        start = Int64(tail.number(position + 16, 4))
        sizeBytes = Int64(tail.number(position + 12, 4))
        count = Int64(tail.number(position + 10, 2))
        var endOfDirectory = base + Int64(position)
        if start == 0xFFFF_FFFF || sizeBytes == 0xFFFF_FFFF || count == 0xFFFF {
            endOfDirectory = try widen(file, place: place, before: endOfDirectory)
        } else if tail.number(position + 4, 4) != 0
            || tail.number(position + 8, 2) != tail.number(position + 10, 2)
        {
            throw Refusal.severalDisks.error(at: place)
        }
        guard start >= 0, sizeBytes >= 0, count >= 0, start <= file.sizeBytes,
            sizeBytes <= file.sizeBytes, start + sizeBytes == endOfDirectory
        else { throw Refusal.incomplete.error(at: place) }
    }

    /// Where records begin whose comment ends with the last byte.
    private static func ends(in tail: [UInt8]) -> [Int] {
        guard tail.count >= 22 else { return [] }
        return (0...tail.count - 22).filter { position in
            tail[position] == 0x50 && tail.number(position, 4) == 0x0605_4B50
                && position + 22 + Int(tail.number(position + 20, 2)) == tail.count
        }
    }

    /// Takes the zip64 end record, found through its locator of 20 bytes before the end record.
    ///
    /// - Returns: Where it begins.
    private mutating func widen(
        _ file: any RandomAccess, place: String, before end: Int64
    ) throws(VaultError) -> Int64 {
        guard end >= 20 + 56 else { throw Refusal.incomplete.error(at: place) }
        let locator = try file.bytes(at: end - 20, count: 20, of: place)
        let offset = Int64(bitPattern: locator.number(8, 8))
        guard locator.number(0, 4) == 0x0706_4B50, offset >= 0, offset == end - 20 - 56 else {
            throw Refusal.malformedDirectory.error(at: place)
        }
        let record = try file.bytes(at: offset, count: 56, of: place)
        guard record.number(0, 4) == 0x0606_4B50, record.number(4, 8) == 44,
            record.number(16, 8) == 0, record.number(24, 8) == record.number(32, 8)
        else { throw Refusal.malformedDirectory.error(at: place) }
        start = Int64(bitPattern: record.number(48, 8))
        sizeBytes = Int64(bitPattern: record.number(40, 8))
        count = Int64(bitPattern: record.number(32, 8))
        return offset
    }
}

/// The extra fields of a header (APPNOTE 6.3.10, section 4.5).
struct ZipExtra {
    private let bytes: [UInt8]

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = Array(bytes) }

    /// The place of each field's data with this id; a field that is cut ends the list.
    private func fields(_ id: UInt64) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var position = 0
        while position + 4 <= bytes.count {
            let end = position + 4 + Int(bytes.number(position + 2, 2))
            guard end <= bytes.count else { break }
            if bytes.number(position, 2) == id { found.append(position + 4..<end) }
            position = end
        }
        return found
    }

    /// Takes the 64-bit sizes where the 32-bit ones are all ones.
    ///
    /// - Returns: `false` when they are missing.
    func widen(_ entry: inout ZipEntry) -> Bool {
        let wide = fields(1)
        guard let field = wide.first else { return true }
        guard wide.count == 1 else { return false }
        var position = field.lowerBound
        for path in [\ZipEntry.sizeBytes, \.packedBytes, \.headerOffset]
        where entry[keyPath: path] == 0xFFFF_FFFF {
            guard position + 8 <= field.upperBound else { return false }
            entry[keyPath: path] = Int64(bitPattern: bytes.number(position, 8))
            position += 8
        }
        return true
    }

    /// Whether Info-ZIP's Unicode path (id 0x7075) gives an entry another name.
    func renames(_ entry: ZipEntry) -> Bool {
        fields(0x7075).contains { !bytes[$0].dropFirst(5).elementsEqual(entry.name.utf8) }
    }
}
