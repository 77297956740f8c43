/// Where a piece was found.
struct PiecePlace: Equatable, ExpressibleByStringInterpolation {
    let words: String
    /// The numbers of the first and the last row of the page, where it is a leaf of a table: the
    /// record that has the piece is among them, if there is one.
    let rows: ClosedRange<Int64>?

    init(stringLiteral words: String) {
        self.words = words
        rows = nil
    }

    /// - Parameters:
    ///   - number: The page's number in the database.
    ///   - bytes: The page in the clear.
    init(page number: Int64, _ bytes: UnsafeRawBufferPointer) {
        words = "page \(number)"
        rows = unsafe TableLeaf(bytes, isFirst: number == 1).rows
    }
}

/// A leaf page of a table, as much as tells its rows; see SQLite's file format, "B-tree Pages".
private struct TableLeaf {
    let rows: ClosedRange<Int64>?

    init(_ bytes: UnsafeRawBufferPointer, isFirst: Bool) {
        rows = unsafe Self.rows(bytes, header: isFirst ? 100 : 0)
    }

    private static func rows(
        _ bytes: UnsafeRawBufferPointer, header: Int
    ) -> ClosedRange<Int64>? {
        guard header + 8 <= bytes.count, unsafe bytes[header] == 0x0D else { return nil }
        let count = unsafe word(bytes, header + 3)
        guard count > 0, header + 8 + 2 * count <= bytes.count else { return nil }
        guard let first = unsafe row(bytes, word(bytes, header + 8)),
            let last = unsafe row(bytes, word(bytes, header + 8 + 2 * (count - 1))), first <= last
        else { return nil }
        return first...last
    }

    private static func word(_ bytes: UnsafeRawBufferPointer, _ place: Int) -> Int {
        unsafe Int(bytes[place]) << 8 | Int(bytes[place + 1])
    }

    /// The row number of a cell: the second of the two varints that it begins with.
    private static func row(_ bytes: UnsafeRawBufferPointer, _ cell: Int) -> Int64? {
        var place = cell
        for _ in 0..<9 {
            guard place < bytes.count else { return nil }
            place += 1
            if unsafe bytes[place - 1] < 0x80 { break }
        }
        var value: UInt64 = 0
        for index in 0..<9 {
            guard place + index < bytes.count else { return nil }
            let byte = unsafe UInt64(bytes[place + index])
            if index == 8 { return Int64(bitPattern: value << 8 | byte) }
            value = value << 7 | byte & 0x7F
            if byte < 0x80 { break }
        }
        return Int64(bitPattern: value)
    }
}
