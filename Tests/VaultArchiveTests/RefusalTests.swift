import Foundation
import Testing
import Vault
@testable import VaultArchive
import VaultCrypto

/// How a refusal is put, and how soon it comes.
@Suite("Refusals")
struct RefusalTests {
    @Test("What is no archive is refused in one sentence")
    func noArchive() throws {
        let place = try TemporaryFolder()
        try place.write("text", "hello, this is a letter\n")
        try place.write("empty", [])
        try place.write("zeros", [UInt8](repeating: 0, count: 10_240))
        try place.write("foreign.tar", Ustar("a/b.txt", [1]).bytes + zeros(1024))
        try place.write("dots.tar", Ustar("./x/bagit.txt", [1]).bytes + zeros(1024))
        let files = FileManager.default
        for folder in ["nothing", "letters", "letters/old"] {
            try files.createDirectory(
                atPath: "\(place.path)/\(folder)", withIntermediateDirectories: false)
        }
        try place.write("letters/old/a.txt", "hello")
        try place.write("letters/b c.txt", "hello")
        for name in ["text", "empty", "zeros", "foreign.tar", "dots.tar", "nothing", "letters"] {
            let faults = try place.verify(name).faults
            #expect(faults.count == 1, "\(name): \(faults)")
            #expect(faults.first?.path.isEmpty == true, "\(name): \(faults)")
        }
    }

    private func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    @Test("A folder around an archive is told from one that holds none")
    func folderAround() throws {
        let place = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: "\(place.path)/around", withIntermediateDirectories: false)
        try place.export(Samples.source, "around/EXPORT-x")
        let faults = try place.verify("around").faults
        #expect(faults.count == 1)
        #expect(faults.first?.fault.contains("EXPORT-x") == true, "\(faults)")
    }

    @Test("An archive that is cut is not said to lack what was behind the cut")
    func cut() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out.tar")
        let good = try place.read("out.tar")
        try place.write("cut.tar", Array(good[..<(good.count / 2)]))
        let faults = try place.verify("cut.tar").faults
        #expect(!faults.isEmpty)
        #expect(!faults.contains { $0.fault.contains("missing") }, "\(faults)")
    }

    @Test("Line 9 stands before line 10 in a list of faults")
    func order() {
        var list = FaultList()
        for fault in ["line 10: b", "line 9: a", "line 100: c", "line 9"] { list.add("x", fault) }
        list.add("a", "z")
        #expect(
            list.sorted.map(\.fault) == ["z", "line 9", "line 9: a", "line 10: b", "line 100: c"])
    }

    @Test("One entry of 8 GB in a small file is refused before it is unpacked")
    func bomb() throws {
        let place = try TemporaryFolder()
        var entry = Ustar("EXPORT-x/data/native/\(testID(1)).jsonl", [])
        entry.statedBytes = 8_000_000_000
        try place.write("bomb.tar", entry.bytes + zeros(4096))
        let faults = try place.verify("bomb.tar").faults
        #expect(faults.count == 1, "\(faults)")
        #expect(
            faults.first?.fault.hasPrefix("its 8000000000 bytes are not plausible") == true,
            "\(faults)")
    }

    @Test("The limit on bytes holds inside an entry too")
    func limitInside() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out.tar")
        let large = Ustar("EXPORT-x/data/native/\(testID(1)).jsonl", zeros(4_000_000))
        try place.write("large.tar", large.bytes + zeros(1024))
        var limits = ArchiveVerifier.Limits()
        limits.bytes = 1_000_000
        var progress: Int64 = 0
        let result = try ArchiveVerifier.verify(
            "\(place.path)/large.tar", limits: limits,
            hooks: .init(progress: { progress = $0.bytes }))
        #expect(
            result.faults.contains {
                $0.fault.contains("the archive unpacks to more than 1000000 bytes")
            })
        #expect(progress < 1_500_000)
    }

    @Test("A small file that is large is refused before it is read")
    func largeSmallFile() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        try place.write("out/README.txt", zeros(2_000_000))
        #expect(
            try place.verify("out").faults == [
                ArchiveFault(
                    path: "README.txt", fault: "the file is longer than such a file can be")
            ])
    }

    @Test("A file of a folder that cannot be read is named", .enabled(if: geteuid() != 0))
    func unreadable() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        let name = "data/report/items.csv"
        #expect(chmod("\(place.path)/out/\(name)", 0) == 0)
        let error = #expect(throws: VaultError.self) { try place.verify("out") }
        #expect(error?.message.contains(name) == true)
    }

    @Test("The README says that pages are not compared with the records")
    func readme() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        let readme = String(decoding: try place.read("out/README.txt"), as: UTF8.self)
        #expect(readme.contains("not compared with the records"))
    }

    @Test("A folder is published when every file and folder is on the disk, and only then")
    func durability() throws {
        let place = try TemporaryFolder()
        var count = 0
        let output = try OutputPath("\(place.path)/out")
        let folder = try FolderContainer(output) { (_) throws(VaultError) in count += 1 }
        for path in ["a", "data/b", "data/c/d"] {
            try folder.begin(path, sizeBytes: 0)
            try folder.end()
        }
        try folder.publish()
        // Three files, three folders, and the one that holds the new name.
        #expect(count == 7)
        let other = try OutputPath("\(place.path)/other")
        let failing = try FolderContainer(other) { (_) throws(VaultError) in
            throw .file("written to the disk", number: EIO)
        }
        try failing.begin("a", sizeBytes: 0)
        try failing.end()
        #expect(throws: VaultError.self) { try failing.publish() }
        #expect(!FileManager.default.fileExists(atPath: "\(place.path)/other"))
    }
}
