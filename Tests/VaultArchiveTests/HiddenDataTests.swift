import Foundation
import Testing
import Vault
import VaultArchive

/// What could travel with an archive unseen: beside the tar, in its headers, in names of folders.
@Suite("Hidden data")
struct HiddenDataTests {
    private let bag = "EXPORT-Lindqvist-merger-20260301T090000Z-00000063"

    private func skippable(_ text: String) -> [UInt8] {
        [0x55, 0x2A, 0x4D, 0x18, UInt8(text.utf8.count), 0, 0, 0] + Array(text.utf8)
    }

    /// One zstd frame that holds so many zeros as one block (RFC 8878).
    private func frame(zeros count: UInt8) -> [UInt8] {
        [0x28, 0xB5, 0x2F, 0xFD, 0x20, count, 3 | count << 3, count >> 5, 0, 0]
    }

    @Test("Frames beside the one that holds the tar are refused by name")
    func frames() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out.tar.zst")
        let good = try place.read("out.tar.zst")
        let cases: [([UInt8], String)] = [
            (good + skippable("hidden"), "a hidden frame follows the compressed archive"),
            (skippable("hidden") + good, "a hidden frame stands before the compressed archive"),
            (good + frame(zeros: 8), "a second frame follows the compressed archive"),
            (good + [0], "something follows the archive"),
            (good + Array("JUNKJUNK".utf8), "something follows the archive"),
        ]
        for (content, fault) in cases {
            try place.write("bad.tar.zst", content)
            let faults = try place.verify("bad.tar.zst").faults
            #expect(faults.contains(ArchiveFault(path: "", fault: fault)), "\(faults)")
        }
    }

    /// Makes the tar anew with one more entry at its head or with other headers, and verifies it.
    private func faults(
        _ change: (inout Ustar) -> Void, before: (inout Ustar) -> [UInt8] = { _ in [] }
    ) throws -> [ArchiveFault] {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        var tar: [UInt8] = []
        for file in try place.files("out") {
            var entry = Ustar("\(bag)/\(file)", try place.read("out/\(file)"))
            if file == "bagit.txt" {
                tar += before(&entry)
                change(&entry)
            }
            tar += entry.bytes
        }
        try place.write("made.tar", tar + [UInt8](repeating: 0, count: 1024))
        return try place.verify("made.tar").faults
    }

    @Test("A tar that was made anew with plain headers is whole")
    func control() throws { #expect(try faults { _ in }.isEmpty) }

    @Test(
        "Modes, owners and unused bytes of headers are refused by name",
        arguments: [
            (100, "0006755\0", "it has a special mode"),
            (100, "0001644\0", "it has a special mode"),
            (108, "0001750\0", "it has an owner"), (116, "0001750\0", "it has an owner"),
            (265, "mallory\0", "it has an owner"), (297, "mallory\0", "it has an owner"),
            (300, "x", "something stands in the unused bytes of its header"),
            (157, "hidden", "something stands in the unused bytes of its header"),
            (505, "hidden", "something stands in the unused bytes of its header"),
        ])
    func headers(offset: Int, text: String, fault: String) throws {
        let faults = try faults { $0.fields.append((offset, text)) }
        #expect(faults.map(\.path) == ["bagit.txt"], "\(faults)")
        #expect(faults.first?.fault.hasPrefix(fault) == true, "\(faults)")
    }

    @Test("Bytes that fill a file's last block are refused unless they are zeros")
    func filling() throws {
        let faults = try faults { $0.filling = 0x41 }
        #expect(
            faults == [
                ArchiveFault(
                    path: "bagit.txt",
                    fault: "something stands in the bytes that fill its last block")
            ])
    }

    @Test(
        "Fields of pax headers besides path and size are refused by name",
        arguments: ["comment", "SCHILY.xattr.user.hidden", "mtime", "LIBARCHIVE.xattr.a"])
    func paxFields(key: String) throws {
        let faults = try faults({ _ in }) { _ in
            let body = " \(key)=hidden words\n"
            let length = body.utf8.count + 2
            return Ustar("\(bag)/PaxHeader", Array("\(length)\(body)".utf8), type: "x").bytes
        }
        #expect(
            faults == [
                ArchiveFault(
                    path: "bagit.txt", fault: "a pax header gives it the field \(key)")
            ])
    }

    @Test("A pax header for the whole tar is refused")
    func globalHeader() throws {
        let faults = try faults({ _ in }) { _ in
            Ustar("global", Array("22 comment=hidden ab\n".utf8), type: "g").bytes
        }
        #expect(faults.contains { $0.fault == "an archive's tar has no entry of kind g" })
    }

    @Test(
        "Folders of a tar without a file of the archive are refused",
        arguments: ["data/empty/", "empty/", "data/native/x/", "proof/"])
    func strayFolderEntries(name: String) throws {
        let faults = try faults({ _ in }) { _ in Ustar("\(bag)/\(name)", [], type: "5").bytes }
        #expect(
            faults == [
                ArchiveFault(
                    path: String(name.dropLast()), fault: "no file of the archive is in this folder"
                )
            ])
    }

    @Test(
        "Names of folders and empty folders are refused in a folder as in a tar",
        arguments: [
            ("data/empty", "data/empty", "no file of the archive is in this folder"),
            ("data/a b", "data/a b", "the name is not allowed in an archive"),
            ("r\u{E4}ksm", "r\\xc3\\xa4ksm", "the name is not allowed in an archive"),
        ])
    func folderNames(name: String, path: String, fault: String) throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        try FileManager.default.createDirectory(
            atPath: "\(place.path)/out/\(name)", withIntermediateDirectories: true)
        #expect(try place.verify("out").faults == [ArchiveFault(path: path, fault: fault)])
    }

    @Test(
        "Files that no archive has are refused although a signature covers them",
        arguments: [
            "fetch.txt", "evil.sh", "manifest-md5.txt", "tagmanifest-sha512.txt", "data/evil.exe",
            "data/report/more.csv",
        ])
    func unknownFiles(name: String) throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        try place.write("out/\(name)", "hidden")
        try place.reseal("out")
        let faults = try place.verify("out").faults.filter { $0.path == name }
        #expect(faults.count == 1, "\(faults)")
        #expect(faults.first?.fault.hasPrefix("an archive") == true, "\(faults)")
    }

    @Test("A time stamp is named as not checked, and other content in its place refused")
    func timeStamp() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        #expect(try place.verify("out").notChecked.isEmpty)
        let name = "tagmanifest-sha256.txt.tsr"
        try place.write("out/\(name)", try MadeReply(of: place, "out").file)
        #expect(try place.verify("out").faults.isEmpty)
        #expect(try place.verify("out").notChecked == [name])
        try place.write("out/\(name)", "hidden")
        #expect(
            try place.verify("out").faults == [
                ArchiveFault(path: name, fault: "this is no time stamp in DER")
            ])
        try place.write("out/\(name)", [UInt8](repeating: 1, count: 65_537))
        #expect(
            try place.verify("out").faults == [
                ArchiveFault(path: name, fault: "it is longer than 65536 bytes")
            ])
    }
}

/// One entry of a tar (POSIX.1-1988 ustar), with any field replaced.
struct Ustar {
    var name: String
    var content: [UInt8]
    var type: Character
    /// Texts and where they stand in the header.
    var fields: [(offset: Int, text: String)] = []
    var filling: UInt8 = 0
    /// What the header says in place of the content's size.
    var statedBytes: Int?

    init(_ name: String, _ content: [UInt8], type: Character = "0") {
        self.name = name
        self.content = content
        self.type = type
    }

    var bytes: [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        func number(_ value: Int, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: digits - text.count) + text
        }
        // A long name stands in two fields, cut at a slash.
        let cut = name.utf8.count > 100 ? name.prefix(100).lastIndex(of: "/") : nil
        put(String(cut.map { name[name.index(after: $0)...] } ?? name[...]), at: 0)
        if let cut { put(String(name[..<cut]), at: 345) }
        put("0000644\0", at: 100)
        put("0000000\0", at: 108)
        put("0000000\0", at: 116)
        put(number(statedBytes ?? content.count, 11) + "\0", at: 124)
        put("00000000000\0", at: 136)
        put("        ", at: 148)
        put(String(type), at: 156)
        put("ustar\u{0}00", at: 257)
        for field in fields { put(field.text, at: field.offset) }
        put(number(header.reduce(0) { $0 + Int($1) }, 6) + "\0 ", at: 148)
        let filled = [UInt8](repeating: filling, count: (512 - content.count % 512) % 512)
        return header + content + filled
    }
}
