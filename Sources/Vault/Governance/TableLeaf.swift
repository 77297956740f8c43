/// A leaf page of a table, as far as it tells which rows are where; see SQLite's file format,
/// "B-tree Pages" and "Cell Payload Overflow Pages".
@safe struct TableLeaf {
    /// A row of the page.
    struct Row {
        var number: Int64
        /// The first of the pages that have the rest of it; `nil` when all of it is here.
        var overflow: UInt32?
    }

    private static let usable = PageEncryption.pageSizeBytes - PageEncryption.reservedBytes
    /// More of a row than this is never on the page itself.
    private static let mostLocal = usable - 35
    private static let leastLocal = (usable - 12) * 32 / 255 - 23

    private let bytes: UnsafeRawBufferPointer
    private let header: Int
    let count: Int

    /// `nil` for a page of another kind.
    ///
    /// - Parameters:
    ///   - bytes: The page in the clear; only used while it is lent.
    ///   - isFirst: Whether it is page 1, whose first 100 bytes are the database's header.
    init?(_ bytes: UnsafeRawBufferPointer, isFirst: Bool) {
        unsafe self.bytes = bytes
        header = isFirst ? 100 : 0
        guard header + 8 <= bytes.count, unsafe bytes[header] == 0x0D else { return nil }
        count = unsafe Int(bytes[header + 3]) << 8 | Int(bytes[header + 4])
        guard count > 0, header + 8 + 2 * count <= bytes.count else { return nil }
    }

    /// The numbers of the first and the last row; `nil` when the page is not as it should be.
    var rows: ClosedRange<Int64>? {
        guard let first = self[0]?.number, let last = self[count - 1]?.number, first <= last
        else { return nil }
        return first...last
    }

    /// A row by its place on the page; `nil` when the page is not as it should be.
    subscript(index: Int) -> Row? {
        let place = header + 8 + 2 * index
        var cell = unsafe Int(bytes[place]) << 8 | Int(bytes[place + 1])
        guard let size = varint(&cell), let number = varint(&cell) else { return nil }
        guard size > UInt64(Self.mostLocal) else {
            return Row(number: Int64(bitPattern: number))
        }
        let rest = Int((size - UInt64(Self.leastLocal)) % UInt64(Self.usable - 4))
        let fitting = Self.leastLocal + rest
        cell += fitting <= Self.mostLocal ? fitting : Self.leastLocal
        guard unsafe cell + 4 <= bytes.count else { return nil }
        let overflow = unsafe bytes.loadUnaligned(fromByteOffset: cell, as: UInt32.self)
        return Row(number: Int64(bitPattern: number), overflow: UInt32(bigEndian: overflow))
    }

    private func varint(_ place: inout Int) -> UInt64? {
        var value: UInt64 = 0
        for index in 0..<9 {
            guard unsafe place < bytes.count else { return nil }
            let byte = unsafe UInt64(bytes[place])
            place += 1
            if index == 8 { return value << 8 | byte }
            value = value << 7 | byte & 0x7F
            if byte < 0x80 { break }
        }
        return value
    }
}
