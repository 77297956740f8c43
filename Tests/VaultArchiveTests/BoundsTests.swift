import ForeignArchives
import Foundation
import Testing
import VaultCrypto

@testable import Vault
@testable import VaultArchive

/// Archives whose lists claim more than is there: a few packed megabytes of such lines once took
/// half a gigabyte and half a minute.
@Suite("Bounds of what is read from an archive")
struct BoundsTests {
    /// A checker that has read files of these names and lines.
    private func checker(
        reading files: [(path: String, lines: Int, line: (Int) -> String)]
    ) throws -> BagChecker {
        var checker = BagChecker(limits: .init(), hooks: .init())
        for (path, count, line) in files {
            let content = (0..<count).map { line($0) + "\n" }.joined()
            let bytes = Array(content.utf8)
            try checker.check(
                ArchiveEntry(path: Array(path.utf8), sizeBytes: Int64(bytes.count)) {
                    (body) throws(VaultError) in
                    try unsafe bytes.lend { (buffer) throws(VaultError) in try unsafe body(buffer) }
                })
        }
        checker.finishReading()
        return checker
    }

    private func faults(of checker: BagChecker, _ path: String) -> [String] {
        checker.faults.faults.filter { $0.path == path }.map(\.fault)
    }

    private static let hash = String(repeating: "0", count: 64)

    @Test("A manifest is read no further than to as many absent files")
    func manifest() throws {
        let path = ArchiveName.manifest256
        let checker = try checker(reading: [
            (path, 210_000, { "\(Self.hash)  data/native/\($0).jsonl" })
        ])
        #expect(checker.ledger.files.count == 200_001)
        #expect(faults(of: checker, path).first?.hasPrefix("it lists more files than") == true)
    }

    @Test("Files that came before their manifest do not count")
    func order() throws {
        let names = (0..<50).map { "data/native/\($0).jsonl" }
        let path = ArchiveName.manifest256
        let checker = try checker(
            reading: names.map { name in (name, 0, { _ in "" }) }
                + [(path, 50, { "\(Self.hash)  data/native/\($0).jsonl" })])
        #expect(checker.ledger.awaited == 0 && faults(of: checker, path).isEmpty)
    }

    @Test(
        "The log and its commitments are read no further than the records can need",
        arguments: [
            (ArchiveName.logLines, #"{"seq":"#, "}"), (ArchiveName.commitments, #"{"entry":"#, "}"),
            (ArchiveName.commitments, #"{"uncovered":""# + String(hash.dropLast(8)), #""}"#),
        ])
    func proof(path: String, head: String, tail: String) throws {
        func line(_ number: Int) -> String {
            head.hasSuffix(":") ? "\(head)\(number)\(tail)" : "\(head)\(10_000_000 + number)\(tail)"
        }
        let long = try checker(reading: [(path, 100_001, line)])
        #expect(faults(of: long, path).first?.hasPrefix("it has more lines than") == true)
        #expect(long.proof.uncoveredCount <= 100_000)
        // Records are worth lines.
        let record: (Int) -> String = { _ in String(repeating: "x", count: 99) }
        let fine = try checker(reading: [("data/native/a.jsonl", 1, record), (path, 100_001, line)])
        #expect(faults(of: fine, path).isEmpty)
    }

    @Test(
        "A file with holes is named and not read to its end",
        arguments: [
            ("data/native/018f3a10-0000-7000-8000-000000020000.jsonl", "longer than all of data/"),
            ("data/report/errors.csv", "longer than all of data/"),
            ("proof/log.jsonl", "a line is too long"), ("meta/custody.jsonl", "a line is too long"),
            ("manifest-sha256.txt", "a line is too long"), ("index.html", "than such a file can"),
            ("meta/other", "than such a file can"),
        ])
    func holes(path: String, sentence: String) throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        let file = "\(place.path)/out/\(path)"
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        if !FileManager.default.fileExists(atPath: file) { try place.write("out/\(path)", "") }
        // Read to its end, it would take hours.
        try #require(truncate(file, 1 << 40) == 0)
        let faults = try place.verify("out").faults
        #expect(
            faults.contains { $0.path == path && $0.fault.contains(sentence) }, "\(faults)")
    }

    @Test("A line that is too long ends the reading of a long file of records")
    func longLine() throws {
        func stop(_ sizeBytes: Int64, mayStop: Bool = true) -> LongLineStop {
            var entry = ArchiveEntry.folder(Array("data/native/a.jsonl".utf8))
            entry = ArchiveEntry(
                path: entry.path, sizeBytes: sizeBytes, read: entry.read, mayStop: mayStop)
            return LongLineStop(entry, maximumBytes: 10)
        }
        func take(_ pieces: [String], _ stop: LongLineStop) -> Bool {
            var stop = stop
            for piece in pieces {
                let bytes = Array(piece.utf8)
                try? bytes.lend { (buffer) throws(VaultError) in
                    try stop.take(buffer, isBroken: false)
                }
            }
            return stop.isStopped
        }
        #expect(take(["12345678", "901"], stop(11)))
        #expect(!take(["12345678", "9\n01", "2345678"], stop(30)))
        #expect(!take(["12345678", "901"], stop(10)))
        #expect(!take(["12345678", "901"], stop(11, mayStop: false)))
    }

    // MARK: Records

    private func entry(_ number: Int, sizeBytes: Int64 = 1, in records: UInt32 = 0) throws
        -> NamedFiles.Entry
    {
        let hash = SHA256Digest.hash(Array("\(number)".utf8))
        return NamedFiles.Entry(
            hash: try #require(FileHash(hash)), sizeBytes: sizeBytes, part: UInt64(number),
            records: records)
    }

    @Test("Files that records name take 56 bytes each, and what is named twice is there once")
    func namedFiles() throws {
        #expect(MemoryLayout<NamedFiles.Entry>.stride == 56)
        var named = NamedFiles()
        let known = try (0..<1000).map { try entry($0) }
        var most = 0
        for number in 0..<140_000 {
            named.add(known[number % 1000])
            most = max(most, named.count)
        }
        #expect(most < 65_536)
        var others = NamedFiles()
        for number in 999..<2000 { others.add(try entry(number, in: 1)) }
        others.add(try entry(3, sizeBytes: 2, in: 1))
        named.add(others)
        let third = try entry(3).hash
        #expect(named.finish().map(\.hash) == [third])
        #expect(named.count == 2000)
        let hashes = named.entries.map(\.hash.bytes)
        #expect(hashes == hashes.sorted { $0.lexicographicallyPrecedes($1) })
        #expect(named.entries.first { $0.hash == third }?.sizeBytes == 1)
        for number in 0..<2000 {
            #expect(named.contains(SHA256Digest.hash(Array("\(number)".utf8))))
        }
        #expect(!named.contains(SHA256Digest.hash(Array("2000".utf8))) && !named.contains([1]))
    }

    @Test("Two records that say different sizes of one file are named, whichever comes first")
    func sizes() throws {
        for order in [[1, 2], [2, 1]] {
            var named = NamedFiles()
            for size in order {
                named.add(try entry(7, sizeBytes: Int64(size), in: UInt32(size)))
            }
            #expect(named.finish().map(\.records) == [2])
            #expect(named.entries.map(\.sizeBytes) == [1])
        }
    }

    @Test("A record with more parts than a vault stores is not gone through")
    func parts() throws {
        func faults(_ parts: Int) throws -> [String] {
            let path = "data/native/018f3a10-0000-7000-8000-000000020000.jsonl"
            let id = "018f3a10-0000-7000-8000-000000020000"
            let list = Array(repeating: "{}", count: parts).joined(separator: ",")
            let lines = [
                #"{"conversation":{"id":"\#(id)","messages":1,"records":1}}"#,
                #"{"commitment":"\#(Self.hash)","envelope":{},"parts":[\#(list)]}"#,
            ]
            let checker = try checker(reading: [(path, 2, { lines[$0] })])
            return self.faults(of: checker, path)
        }
        #expect(RecordPieces.maximumParts == PreparedMessage.maximumParts)
        #expect(try faults(65_537) == ["line 2: the record has more than 65536 parts"])
        #expect(try faults(65_536) == ["line 2: the envelope is not what was committed to"])
    }

    @Test("Prior checkpoints are few and short")
    func prior() throws {
        let folder = ArchiveName.priorCheckpoints
        let line: (Int) -> String = { _ in "x" }
        let many = try checker(
            reading: (0...500).map { ("\(folder)\($0).checkpoint", 1, line) })
        #expect(many.small.count == 500)
        #expect(
            faults(of: many, "\(folder)500.checkpoint") == ["there are more than 500 such files"])
        let long = try checker(reading: [("\(folder)1.checkpoint", 8193, line)])
        #expect(long.small.isEmpty)
        #expect(faults(of: long, "\(folder)1.checkpoint") == ["it is longer than 16384 bytes"])
    }

    @Test("Faults are told up to a number, and how many more there are; folders know of theirs")
    func faultList() {
        var list = FaultList()
        list.add("data/native/a.jsonl", "x")
        list.add("meta", "x")
        #expect(list.namesAny(below: "data/") && list.namesAny(below: "data/native/"))
        #expect(!list.namesAny(below: "data/html/") && !list.namesAny(below: "meta/"))
        var other = FaultList()
        for number in 0..<FaultList.maximum + 5 { other.add("\(number)", "x") }
        #expect(other.omitted == 5)
        list.add(other)
        #expect(list.faults.count == FaultList.maximum && list.omitted == 7)
        #expect(list.namesAny(below: "data/html/"))
    }
}
