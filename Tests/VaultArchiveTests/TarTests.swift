import Foundation
import Testing
import Vault
import VaultArchive

@Suite("Hostile tars")
struct TarTests {
    /// One entry of a tar (POSIX.1-1988 ustar), with its content filled up to whole blocks.
    private func entry(
        _ name: String, _ content: [UInt8] = [], type: Character = "0", link: String = ""
    ) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        put(name, at: 0)
        put("0000644\0", at: 100)
        put("0000000\0", at: 108)
        put("0000000\0", at: 116)
        let size = String(content.count, radix: 8)
        put(String(repeating: "0", count: 11 - size.count) + size + "\0", at: 124)
        put("00000000000\0", at: 136)
        put("        ", at: 148)
        put(String(type), at: 156)
        put(link, at: 157)
        put("ustar\u{0}00", at: 257)
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.count) + sum + "\0 ", at: 148)
        let padding = [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
        return header + content + padding
    }

    /// Puts an entry in front of a good archive's.
    private func faults(_ entries: [UInt8]) throws -> [ArchiveFault] {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out.tar")
        try place.write("bad.tar", entries + (try place.read("out.tar")))
        return try place.verify("bad.tar").faults
    }

    private let bag = "EXPORT-Lindqvist-merger-20260301T090000Z-00000063"

    @Test(
        "Names that leave the bag are refused",
        arguments: [
            "../evil", "/etc/cron.d/evil", "EXPORT-x/../evil", "./evil", "evil", "a//b", "a\\b/c",
            "EXPORT-Lindqvist-merger-20260301T090000Z-00000063/../x",
            "EXPORT-Lindqvist-merger-20260301T090000Z-00000063/./x",
        ])
    func escaping(name: String) throws {
        let faults = try faults(entry(name, [1]))
        #expect(!faults.isEmpty)
        #expect(
            faults.contains { $0.fault == "the name is not allowed in an archive" }, "\(faults)")
    }

    @Test("Links, devices and pipes are refused", arguments: ["1", "2", "3", "4", "6"])
    func special(type: String) throws {
        let faults = try faults(
            entry("\(bag)/x", type: type.first ?? "1", link: type < "3" ? "\(bag)/bagit.txt" : ""))
        #expect(faults.map(\.path) == ["\(bag)/x"], "\(faults)")
    }

    @Test("A file that occurs twice is refused, also when only its case differs")
    func duplicates() throws {
        let content = Array("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n".utf8)
        #expect(
            try faults(entry("\(bag)/bagit.txt", content)) == [
                ArchiveFault(path: "bagit.txt", fault: "the file occurs twice")
            ])
        #expect(
            try faults(entry("\(bag)/Bagit.txt", content)).map(\.path) == ["Bagit.txt"])
    }

    @Test("Folders of the bag are allowed")
    func folders() throws {
        #expect(try faults(entry("\(bag)/", type: "5") + entry("\(bag)/data/", type: "5")).isEmpty)
    }

    @Test("A second archive after the first one is refused")
    func trailing() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out.tar")
        let good = try place.read("out.tar")
        let zeros = [1, 512, 10_240].map { [UInt8](repeating: 0, count: $0) }
        for tail in [good, [1], Array("x".utf8) + [UInt8](repeating: 0, count: 600)] + zeros {
            try place.write("bad.tar", good + tail)
            let faults = try place.verify("bad.tar").faults
            #expect(
                faults == [ArchiveFault(path: "", fault: "something follows the end of the tar")])
        }
        // As tar writers fill the last record.
        let filling = [UInt8](repeating: 0, count: 10_240 - good.count % 10_240)
        try place.write("padded.tar", good + filling)
        #expect(try place.verify("padded.tar").faults.isEmpty)
    }

    @Test("Bytes after the compressed archive are refused")
    func trailingAfterCompression() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out.tar.zst")
        let good = try place.read("out.tar.zst")
        for tail in [[1, 2, 3, 4, 5], good] {
            try place.write("bad.tar.zst", good + tail)
            #expect(try !place.verify("bad.tar.zst").faults.isEmpty, "\(tail.count)")
        }
    }

    @Test("An archive cut anywhere is refused", arguments: ["out.tar", "out.tar.zst"])
    func truncation(name: String) throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, name)
        let good = try place.read(name)
        // 1,024 zeros end a tar; without them it could be cut between two files.
        var cuts = stride(from: 0, to: good.count, by: max(1, good.count / 40)).map { $0 }
        cuts += [good.count - 1, good.count - 512, good.count - 1024, good.count - 1025]
        for cut in cuts where cut > 0 {
            try place.write("cut-\(name)", Array(good[..<cut]))
            #expect(try !place.verify("cut-\(name)").faults.isEmpty, "cut at \(cut)")
        }
    }

    @Test("A flipped byte of a packed archive is noticed", arguments: ["out.tar", "out.tar.zst"])
    func flipped(name: String) throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, name)
        let good = try place.read(name)
        for position in stride(from: 0, to: good.count, by: max(1, good.count / 150)) {
            var bad = good
            bad[position] ^= 0x10
            try place.write("bad-\(name)", bad)
            let result = try place.verify("bad-\(name)")
            // Fields such as an entry's time and the fill of blocks carry nothing.
            if name == "out.tar.zst" { #expect(!result.faults.isEmpty, "byte \(position)") }
        }
    }

    @Test("What is no archive is said to be none")
    func nonsense() throws {
        let place = try TemporaryFolder()
        for (number, content) in [[], [0], Array("hello".utf8), [UInt8](repeating: 0, count: 2048)]
            .enumerated()
        {
            try place.write("x\(number)", content)
            let faults = try place.verify("x\(number)").faults
            #expect(faults.contains { $0.path.isEmpty }, "\(number)")
        }
    }

    @Test("More files or bytes than allowed end the reading")
    func bounds() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out.tar")
        var limits = ArchiveVerifier.Limits()
        limits.entries = 5
        let few = try ArchiveVerifier.verify("\(place.path)/out.tar", limits: limits)
        #expect(few.faults.contains { $0.fault == "there are more than 5 files" })
        limits.entries = 100
        limits.bytes = 1000
        let small = try ArchiveVerifier.verify("\(place.path)/out.tar", limits: limits)
        #expect(small.faults.contains { $0.fault == "the archive unpacks to more than 1000 bytes" })
        limits.bytes = 1 << 40
        limits.lineBytes = 100
        let lines = try ArchiveVerifier.verify("\(place.path)/out.tar", limits: limits)
        #expect(lines.faults.contains { $0.fault.hasSuffix("is longer than 100 bytes") })
    }
}
