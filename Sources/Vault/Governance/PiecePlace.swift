/// Where a piece was found.
struct PiecePlace: Equatable, ExpressibleByStringInterpolation {
    let words: String
    /// The page; 0 for another place.
    let page: Int64
    /// The numbers of the first and the last row of the page, where it is a leaf of a table: the
    /// record that has the piece is among them, if there is one.
    let rows: ClosedRange<Int64>?

    init(stringLiteral words: String) {
        self.words = words
        page = 0
        rows = nil
    }

    /// - Parameters:
    ///   - number: The page's number in the database.
    ///   - bytes: The page in the clear.
    init(page number: Int64, _ bytes: UnsafeRawBufferPointer) {
        words = "page \(number)"
        page = number
        rows = unsafe TableLeaf(bytes, isFirst: number == 1)?.rows
    }
}
