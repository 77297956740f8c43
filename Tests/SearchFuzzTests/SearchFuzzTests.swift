import GRDB
import Testing

@testable import Vault

@Suite("A damaged search index")
struct SearchFuzzTests {
    private let world: FuzzWorld

    init() throws { world = try FuzzWorld() }

    /// What is wrong when chunks or rows are changed so, and all questions asked.
    private func verdict(
        _ changes: FuzzInput.Change..., family: Int64 = 0, work: FuzzInput.Work = .merge
    ) throws -> String? {
        try FuzzRun(world: world, input: FuzzInput(family: family, work: work, changes)).judge()
    }

    private func place(_ segment: Int64, _ stream: SegmentStream) -> FuzzPlace {
        .chunk(row: SegmentStream.row(segment, stream, 0))
    }

    private func change(
        _ place: FuzzPlace, at offset: Int = 0, by kind: FuzzInput.Change.Kind = .replace,
        _ bytes: [UInt8]
    ) -> FuzzInput.Change {
        FuzzInput.Change(place: place, offset: offset, kind: kind, bytes: bytes)
    }

    @Test("An index that nobody changed answers, merges and removes")
    func unchanged() throws {
        for family in [Int64(0), 1] {
            let isDamaged = world.answers[Int(family)].contains(.damaged)
            #expect(!isDamaged, "terms that all of 4,300 documents have take no bytes of postings")
            for work in [FuzzInput.Work.nothing, .merge, .forget, .removal, .discard] {
                #expect(try verdict(family: family, work: work) == nil)
            }
        }
    }

    @Test("A first time before all times does not overflow")
    func earlyGroup() throws {
        #expect(try verdict(change(place(1, .groups), [0, 0, 0, 0, 0, 0, 0, 0x80])) == nil)
        let late = [UInt8](repeating: 0xFF, count: 7) + [0x7F]
        #expect(try verdict(change(place(1, .groups), at: 8, late)) == nil)
    }

    @Test("Documents that are out of order do not merge")
    func disorder() throws {
        for offset in stride(from: 0, to: 300, by: 7) {
            #expect(try verdict(change(place(1, .documents), at: offset, by: .flip, [0xFF])) == nil)
        }
    }

    /// A dictionary chunk of one block of terms that are in one document each.
    private func dictionary(
        _ terms: [(shared: UInt8, more: String, frequency: UInt32)]
    ) -> [UInt8] {
        var chunk: [UInt8] = [UInt8(terms.count), 0, 0, 0]
        for term in terms {
            chunk += [term.shared, UInt8(term.more.utf8.count)] + Array(term.more.utf8) + [1, 0]
            VariableInteger.append(term.frequency, to: &chunk)
            chunk += [3, 0]
        }
        return chunk + [0, 0, 1, 0]
    }

    /// The verdict on another dictionary, whose first term the row of the segment names.
    private func verdict(_ chunk: [UInt8], first: String) throws -> String? {
        let firsts = FuzzPlace.bytes(table: "search_segment", column: "firsts", row: 2)
        let all = [UInt8](repeating: 0, count: 1 << 14)
        return try verdict(
            change(firsts, by: .cut, all), change(firsts, TermList.encode([Array(first.utf8)])),
            change(place(2, .dictionary), by: .cut, all), change(place(2, .dictionary), chunk))
    }

    @Test("A term of more than 255 bytes is not written again")
    func longTerm() throws {
        let first = String(repeating: "a", count: 200)
        let chunk = dictionary([
            (0, first, 1), (200, String(repeating: "b", count: 100), 1),
        ])
        #expect(try verdict(chunk, first: first) == nil)
    }

    @Test("A term that shares more than there is stands for no other")
    func sharedTooMuch() throws {
        #expect(try verdict(dictionary([(7, "only", 1)]), first: "only") == nil)
    }

    @Test("A frequency of four billion neither overflows nor asks for memory")
    func frequency() throws {
        for frequency in [UInt32.max, UInt32.max - 1, 1 << 28] {
            #expect(try verdict(dictionary([(0, "only7", frequency)]), first: "only7") == nil)
        }
    }

    @Test("Positions beyond 32 bits do not overflow")
    func positions() throws {
        let group = [32] + [UInt8](repeating: 0xFF, count: 60)
        for offset in stride(from: 0, to: 400, by: 3) {
            #expect(try verdict(change(place(1, .positions), at: offset, group)) == nil)
        }
    }

    @Test("A chunk of skip entries that is cut in the middle of a term is not read beyond its end")
    func cutSkips() throws {
        let skips = change(
            place(5, .skips), at: 15_000, by: .cut, [UInt8](repeating: 0, count: 1_071))
        #expect(try verdict(skips, family: 1, work: .nothing) == nil)
    }

    @Test("No number in a row of a segment or merge overflows")
    func rows() throws {
        for place in world.places[0] where place.segment == nil {
            for number in [Int64.min, -1, .max] {
                var bytes: [UInt8] = []
                for _ in 0..<8 { bytes.append(littleEndian: number) }
                let input = FuzzInput(family: 0, work: .merge, part: 0, [change(place, bytes)])
                #expect(try FuzzRun(world: world, input: input).judge() == nil, "\(place)")
            }
        }
    }

    @Test("A flipped chunk with the checksum of before gives an error or what is right")
    func checksum() throws {
        var random = SystemRandomNumberGenerator()
        for place in world.places[0] where place.segment != nil {
            let offset = Int.random(in: 0..<1 << 14, using: &random)
            var input = FuzzInput(
                family: 0, work: .merge, [change(place, at: offset, by: .flip, [0x10])])
            input.isSealed = false
            #expect(try FuzzRun(world: world, input: input).judge() == nil, "\(place) \(offset)")
        }
    }

    @Test("A verdict is wrong when an answer is")
    func control() throws {
        var input = FuzzInput(
            family: 0, work: .nothing,
            [
                change(
                    .number(table: "search_segment", column: "family", row: 3, isReal: false), [1])
            ])
        input.isSealed = false
        #expect(try FuzzRun(world: world, input: input).judge() != nil)
    }
}
