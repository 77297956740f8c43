/// A cursor in a loop, without counting references, which would take longer than the search.
///
/// Whoever makes it keeps the cursor alive.
@safe struct LentCursor {
    private let reference: Unmanaged<TermCursor>

    init(_ cursor: TermCursor) { unsafe reference = Unmanaged.passUnretained(cursor) }

    /// Moves to the first document at or behind `target`, and says which it is.
    @inline(__always)
    func advance(to target: UInt32) throws -> UInt32 {
        try unsafe reference._withUnsafeGuaranteedRef { cursor in
            try cursor.advance(to: target)
            return cursor.document
        }
    }

    @inline(__always)
    func next() throws { try unsafe reference._withUnsafeGuaranteedRef { try $0.next() } }

    @inline(__always)
    var document: UInt32 { unsafe reference._withUnsafeGuaranteedRef { $0.document } }

    @inline(__always)
    var frequency: UInt32 { unsafe reference._withUnsafeGuaranteedRef { $0.frequency } }

    @inline(__always)
    func score(_ share: TermShare) throws -> Float {
        try unsafe reference._withUnsafeGuaranteedRef { try $0.score(share) }
    }

    @inline(__always)
    func readPositions(_ buffer: PositionBuffer) throws {
        try unsafe reference._withUnsafeGuaranteedRef { try $0.readPositions(buffer) }
    }

    /// The present block, the cursor's weight, and its place in the block.
    @inline(__always)
    func view() throws -> (view: BlockView, weight: Float, index: Int) {
        try unsafe reference._withUnsafeGuaranteedRef { cursor in
            (try cursor.view(), cursor.weight, cursor.index)
        }
    }

    /// The block that reaches a document, at or behind `from`.
    @inline(__always)
    func block(reaching target: UInt32, from: Int) -> Int {
        unsafe reference._withUnsafeGuaranteedRef { $0.block(reaching: target, from: from) }
    }

    @inline(__always)
    var blocks: Int { unsafe reference._withUnsafeGuaranteedRef { $0.blocks } }

    @inline(__always)
    func last(of block: Int) -> UInt32 {
        unsafe reference._withUnsafeGuaranteedRef { $0.last(of: block) }
    }

    @inline(__always)
    func bound(of block: Int) -> Float {
        unsafe reference._withUnsafeGuaranteedRef { $0.bound(of: block) }
    }
}
