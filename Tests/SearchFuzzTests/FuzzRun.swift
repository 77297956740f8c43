import GRDB

@testable import Vault

/// One input: changes of the index, and what is done with it then.
///
/// The beginning says what, and a change how:
///
///     0   1  bits 0 to 3: 15 for the large family, else the small one
///            bits 4 to 6: what follows the queries, see `Work`; 5 and more: nothing; in the large
///            family, where it takes long, only with bit 7
///     1   1  bits 0 to 3: which part of the queries
///            bit 4: checksums stay as they were, and only chunks are changed
///     2      changes, each: u8 place, u16 offset, u8 kind and length (bits 6 and 7; the others),
///            then as many bytes
struct FuzzInput {
    enum Work: UInt8 { case nothing, merge, forget, removal, discard }

    struct Change {
        enum Kind: UInt8 { case replace, flip, insert, cut }

        var place: FuzzPlace
        var offset: Int
        var kind: Kind
        var bytes: [UInt8]

        func apply(to bytes: [UInt8]) -> [UInt8] {
            guard !bytes.isEmpty else { return self.bytes }
            var changed = bytes
            let start = offset % bytes.count
            switch kind {
            case .replace, .flip:
                for (index, byte) in self.bytes.enumerated() where start + index < changed.count {
                    changed[start + index] = kind == .flip ? changed[start + index] ^ byte : byte
                }
            case .insert: changed.insert(contentsOf: self.bytes, at: start)
            case .cut:
                changed.removeSubrange(start..<min(start + self.bytes.count + 1, bytes.count))
            }
            return changed
        }
    }

    var family: Int64 = 0
    var work = Work.nothing
    /// Which part of the queries; `nil` for all.
    var part: Int?
    var isSealed = true
    var changes: [Change] = []

    private static let mostChanges = 12

    init(family: Int64, work: Work, part: Int? = nil, _ changes: [Change]) {
        self.family = family
        self.work = work
        self.part = part
        self.changes = changes
    }

    init(_ bytes: UnsafeRawBufferPointer, _ world: FuzzWorld) {
        var rest = bytes[...]
        func next() -> UInt8? { rest.popFirst() }
        guard let flags = next(), let more = next() else { return }
        family = flags & 15 == 15 && !world.isSmallOnly ? 1 : 0
        if family == 0 || flags >> 7 == 1 { work = Work(rawValue: flags >> 4 & 7) ?? .nothing }
        part = Int(more & 15)
        isSealed = more >> 4 & 1 == 0
        let places = world.places[Int(family)]
        while changes.count < Self.mostChanges, let place = next(), let low = next(),
            let high = next(), let head = next()
        {
            let length = min(Int(head & 63), rest.count)
            let chosen = places[Int(place) % places.count]
            defer { rest = rest.dropFirst(length) }
            if !isSealed, chosen.segment == nil { continue }
            changes.append(
                Change(
                    place: chosen, offset: Int(low) | Int(high) << 8,
                    kind: Change.Kind(rawValue: head >> 6) ?? .replace,
                    bytes: Array(rest.prefix(length))))
        }
    }
}

/// Does what an input says, and judges what comes of it.
struct FuzzRun {
    let world: FuzzWorld
    let input: FuzzInput

    /// What is wrong; `nil` when all is as it should be.
    func judge() throws -> String? {
        var verdict: String?
        try world.queue.writeWithoutTransaction { database in
            try database.inSavepoint {
                verdict = try run(in: database)
                return .rollback
            }
        }
        return verdict
    }

    /// The same for one query on the chunks of the small family, which takes little time.
    func judgeOneQuery() throws -> String? {
        try world.queue.writeWithoutTransaction { database in
            try SearchState.set(.live, to: 0, in: database)
            let changes = input.changes.filter { $0.place.segment != nil }
            let places = changes.map(\.place)
            let before = try places.map { try $0.stored(in: database) }
            defer {
                for (place, bytes) in zip(places, before).reversed() {
                    try? place.restore(bytes, in: database)
                }
            }
            for change in changes {
                let bytes = try change.place.read(in: database)
                try change.place.write(
                    change.apply(to: bytes), isSealed: input.isSealed, in: database)
            }
            let question = (input.part ?? 0) + Int(input.work.rawValue) * FuzzQueries.parts
            let (number, answer) = try FuzzQueries(0).answer(to: question, in: database)
            guard !input.isSealed, answer != .damaged, answer != world.answers[0][number] else {
                return nil
            }
            return "question \(number) is answered with another answer"
        }
    }

    private func run(in database: Database) throws -> String? {
        try SearchState.set(.live, to: input.family, in: database)
        for change in input.changes {
            let bytes = try change.place.read(in: database)
            try change.place.write(
                change.apply(to: bytes), isSealed: input.isSealed, in: database)
        }
        let answers = try FuzzQueries(input.family, part: input.part).answers(in: database)
        if !input.isSealed, let wrong = difference(answers) { return wrong }
        do {
            return try work(in: database)
        } catch is SegmentDamage {
            return nil
        }
    }

    /// Where a chunk is not the one that its checksum is of, an answer is right or an error.
    private func difference(_ answers: [FuzzAnswer?]) -> String? {
        let right = world.answers[Int(input.family)]
        for (number, (answer, expected)) in zip(answers, right).enumerated()
        where answer != nil && answer != .damaged && answer != expected {
            return "question \(number) is answered with another answer"
        }
        return nil
    }

    private func work(in database: Database) throws -> String? {
        let index = InvertedIndex(database, family: input.family)
        switch input.work {
        case .nothing: return nil
        case .merge:
            var steps = 0
            while try index.maintenance.step(postings: 1 << 14, aim: .atMost(1)) {
                steps += 1
                if steps > 500 { return "a merge does not end" }
            }
        case .forget:
            var steps = 0
            while try index.maintenance.forgetRemoved(postings: 1 << 14) {
                steps += 1
                if steps > 500 { return "removed documents are never forgotten" }
            }
        case .removal:
            _ = try index.remove([1: [1, 11, 151, 1011], 7: [7, 167, 1017], 5: [155, 156, 165]])
            try index.forEachMessage { _ in }
            _ = try index.fingerprints()
            return nil
        case .discard: return try discard(index, in: database)
        }
        return try judgeMerged(index, in: database)
    }

    /// What a rebuild gives up is dropped without being understood.
    private func discard(_ index: InvertedIndex, in database: Database) throws -> String? {
        let segments = try Int64.fetchAll(
            database, sql: "SELECT num FROM search_segment WHERE family = ?",
            arguments: [input.family])
        try index.clear()
        var steps = 0
        while try index.maintenance.step(postings: 1 << 14) {
            steps += 1
            if steps > 500 { return "an index that was given up is never dropped" }
        }
        let left = try Int64.fetchSet(
            database, sql: "SELECT DISTINCT num >> 24 FROM search_chunk")
        return left.isDisjoint(with: segments)
            ? nil : "chunks of an index that was given up are left"
    }

    /// A merge of chunks that were accepted writes chunks that are accepted.
    private func judgeMerged(_ index: InvertedIndex, in database: Database) throws -> String? {
        let touchesInputs = input.changes.allSatisfy { change in
            change.place.segment.map { $0 <= world.lastSegment } ?? false
        }
        guard touchesInputs else { return nil }
        let store = ChunkStore(database: database, cache: ChunkCache())
        for row in try SegmentTable(database).rows(of: input.family)
        where row.number > world.lastSegment {
            do {
                try walk(SegmentReader(row, live: nil), store)
            } catch let damage as SegmentDamage {
                return "a merge wrote what is not valid: \(damage.what)"
            }
        }
        return nil
    }

    private func walk(_ reader: SegmentReader, _ store: ChunkStore) throws {
        let buffer = PositionBuffer()
        try reader.forEachTerm(store) { _, entry in
            let cursor = try TermCursor(entry, reader, store)
            try cursor.enter(0)
            while cursor.document != TermCursor.end {
                try cursor.readPositions(buffer)
                try cursor.next()
            }
            return true
        }
        for document in 0..<UInt32(reader.count) { _ = try reader.document(document, store) }
    }
}
