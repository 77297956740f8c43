/// Finds documents in which terms stand one behind the other.
final class PhraseCursor {
    let cursors: [TermCursor]
    /// The cursors with their places in the phrase, from the rarest to the most frequent.
    private let order: [(cursor: LentCursor, place: UInt32)]
    private let buffer = PositionBuffer()
    private var starts: [UInt32] = []
    /// What one unit of `tf / (tf + k)` counts; set by whoever ranks.
    var weight: Float = 0
    var bound: Float = 0

    /// `nil` when a term is not in the segment.
    init?(_ terms: [[UInt8]], _ segment: SegmentReader, _ store: ChunkStore) throws {
        var cursors: [TermCursor] = []
        for term in terms {
            guard let entry = try segment.entry(term, store) else { return nil }
            cursors.append(try TermCursor(entry, segment, store))
        }
        self.cursors = cursors
        order = Self.order(cursors)
    }

    /// Works on cursors that somebody else moves.
    init(_ cursors: [TermCursor]) {
        self.cursors = cursors
        order = Self.order(cursors)
    }

    private static func order(
        _ cursors: [TermCursor]
    ) -> [(cursor: LentCursor, place: UInt32)] {
        cursors.indices.sorted { cursors[$0].count < cursors[$1].count }.map {
            (LentCursor(cursors[$0]), UInt32($0))
        }
    }

    private var rarest: LentCursor { order[0].cursor }

    /// The most that the phrase can occur in the present document of all cursors.
    var highestFrequency: UInt32 {
        var lowest = UInt32.max
        for index in 0..<order.count {
            lowest = min(lowest, order[index].cursor.frequency)
        }
        return lowest
    }

    /// How often the phrase is in the document at which all cursors stand.
    func frequency() throws -> UInt32 {
        for index in 0..<order.count {
            let (cursor, place) = order[index]
            try cursor.readPositions(buffer)
            if index == 0 { begin(place) } else { keepThoseThatGoOn(place) }
            if starts.isEmpty { return 0 }
        }
        return UInt32(starts.count)
    }

    /// Where the phrase would begin.
    private func begin(_ offset: UInt32) {
        starts.removeAll(keepingCapacity: true)
        for index in 0..<buffer.count {
            let position = unsafe buffer.values[index]
            if position >= offset { starts.append(position - offset) }
        }
    }

    private func keepThoseThatGoOn(_ offset: UInt32) {
        var kept = 0
        var index = 0
        let count = buffer.count
        let values = unsafe buffer.values
        for start in starts {
            let wanted = start + offset
            while index < count, unsafe values[index] < wanted { index += 1 }
            if index == count { break }
            if unsafe values[index] == wanted {
                starts[kept] = start
                kept += 1
            }
        }
        starts.removeSubrange(kept...)
    }

    /// Moves all cursors to a document; false when one of them is not in it.
    func stand(on document: UInt32) throws -> Bool {
        for index in 0..<order.count {
            if try order[index].cursor.advance(to: document) != document { return false }
        }
        return true
    }

    /// Lends every document with the phrase, and how often it is there.
    func forEachMatch(_ body: (UInt32, UInt32) throws -> Void) throws {
        let lead = rarest
        _ = try lead.advance(to: 0)
        while lead.document != TermCursor.end {
            let document = lead.document
            if try stand(on: document) {
                let frequency = try frequency()
                if frequency > 0 { try body(document, frequency) }
            }
            try lead.next()
        }
    }

    /// Where the phrase begins in the document at which all cursors stand, after `frequency`.
    var places: [UInt32] { starts }
}
