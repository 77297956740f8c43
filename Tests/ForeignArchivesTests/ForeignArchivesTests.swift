import Foundation
import Testing
import VaultCrypto

@testable import ForeignArchives

@Suite struct `Archives of strangers` {
    /// One entry of a tar (POSIX.1-1988 ustar), with its checksum.
    private func entry(
        _ name: String, _ content: [UInt8] = [], type: Character = "0", size: String? = nil
    ) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        let octal = String(content.count, radix: 8)
        let fields: [(Int, String)] = [
            (0, name), (100, "0000644\0"), (108, "0000000\0"), (116, "0000000\0"),
            (124, size ?? String(repeating: "0", count: 11 - octal.count) + octal + "\0"),
            (136, "00000000000\0"), (156, String(type)), (257, "ustar\u{0}00"),
        ]
        for (offset, text) in fields {
            block.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        PlainTar.seal(&block)
        return block + content + [UInt8](repeating: 0, count: -content.count & 511)
    }

    private let end = [UInt8](repeating: 0, count: 1024)

    private func refusals(_ tar: [UInt8]) throws -> [Refusal] {
        let reader = try TarReader(MemoryFile(tar), limits: ArchiveJudge.limits)
        var found: [Refusal] = []
        try reader.forEach({ found.append($1) }) { (entry) throws(VaultError) in
            try entry.read { _ in }
        }
        return found + reader.hidden.map(\.refusal)
    }

    @Test func `A plain tar is read, and another reader finds the same`() throws {
        let tar =
            entry("a/", type: "5") + entry("a/b", Array("hello".utf8))
            + entry("pax", Array("12 path=c/d\n".utf8), type: "x") + entry("c/d", [7]) + end
        #expect(try refusals(tar).isEmpty)
        #expect(ArchiveJudge.judge([2] + tar) == nil)
        #expect(PlainTar.entries(tar)?.map(\.path) == ["a", "a/b", "c/d"].map { Array($0.utf8) })
    }

    @Test func `A header that describes nothing is refused at the end and before another`() throws {
        let header = entry("pax", Array("10 mtime=1\n".utf8.dropLast()), type: "x")
        let time = entry("pax", Array("11 mtime=1\n".utf8), type: "x")
        #expect(try refusals(entry("a") + time + end).contains(.strayHeader))
        #expect(try !refusals(entry("a") + header + end).isEmpty)
        let long = entry("long", Array("b\0".utf8), type: "L")
        #expect(try refusals(entry("a") + time + long + entry("b") + end).contains(.strayHeader))
    }

    @Test func `A size that only one reader can read is refused`() throws {
        for size in ["0000000001x ", "00000000 01 ", "        1 x "] {
            let tar = entry("a") + entry("b", [1], size: size) + end
            #expect(try refusals(tar).contains(.sizeField), "\(size)")
        }
    }

    @Test func `A name that ends with a slash is a folder's or nobody's`() throws {
        #expect(try refusals(entry("a/") + end) == [.twoWays])
    }

    @Test func `A compressed tar has no more entries than its size can hold`() throws {
        var tar: [UInt8] = []
        for number in 0..<60 { tar += entry("file\(number)") }
        // One frame of raw blocks of which each is small; the size of the file counts.
        #expect(try refusals(tar + end).isEmpty)
        var frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0, 0x58]
        let content = tar + end
        let head = content.count << 3 | 1
        frame += (0..<3).map { UInt8(truncatingIfNeeded: head >> (8 * $0)) } + content
        #expect(try refusals(frame).isEmpty)
        var limits = ArchiveJudge.limits
        limits.entryBytes = 1 << 20
        let reader = try TarReader(MemoryFile(frame), limits: limits)
        var found: [Refusal] = []
        try reader.forEach({ found.append($1) }) { _ in }
        #expect(found == [.implausibleEntries(50, in: Int64(frame.count))])
    }

    @Test func `The memory that a zstd frame asks for is read from its head`() {
        func window(_ head: [UInt8]) -> Int64? {
            ZstdFrame(MemoryFile([0x28, 0xB5, 0x2F, 0xFD] + head)).windowBytes
        }
        #expect(window([0x00, 0x58]) == 2 << 20)
        #expect(window([0x00, 0xA8]) == 2 << 30)
        #expect(window([0x20, 0x10]) == 16)
        #expect(window([0x60, 0x00, 0x01]) == 512)
        #expect(window([0xE0, 0, 0, 0, 0, 0, 0, 0, 0x80]) == .max)
        #expect(ZstdFrame(MemoryFile(Array("hello, hello".utf8))).windowBytes == nil)
    }

    @Test func `A budget counts everything inside one file`() throws {
        var budget = ArchiveBudget(packedBytes: 1 << 20)
        try budget.charge(nestedBytes: 100 << 20, place: "a.zip")
        #expect(throws: VaultError.self) {
            try budget.charge(nestedBytes: 100 << 20, place: "b.zip")
        }
    }

    @Test func `A judge finds what a reader misses`() {
        let tar = entry("a", [1, 2, 3]) + end
        var other = tar
        other[512] = 9
        #expect(PlainTar.entries(tar) != PlainTar.entries(other))
    }
}
