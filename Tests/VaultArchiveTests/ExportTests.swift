import Foundation
import Testing
import Vault
import VaultArchive
import VaultCrypto

@Suite("Export")
struct ExportTests {
    @Test("An export holds exactly the files of the layout")
    func listing() throws {
        let place = try TemporaryFolder()
        let result = try place.export(Samples.source, "out")
        #expect(result.conversations == 3)
        #expect(result.messages == 14)
        #expect(result.attachments == 2)
        #expect(result.bag == "EXPORT-Lindqvist-merger-20260301T090000Z-00000063")
        let folder = "018f3a10-0000-7000-8000-0000000"
        #expect(
            try place.files("out")
                == [
                    "README.txt", "allowed_signers", "bag-info.txt", "bagit.txt",
                    "data/attachments/" + hex(SHA256Digest.hash(Samples.document)),
                    "data/attachments/" + hex(SHA256Digest.hash(Samples.picture)),
                    "data/html/\(folder)20000.html", "data/html/\(folder)30000.html",
                    "data/html/\(folder)40000.html", "data/html/index.html",
                    "data/native/\(folder)20000.jsonl", "data/native/\(folder)30000.jsonl",
                    "data/native/\(folder)40000.jsonl", "data/report/errors.csv",
                    "data/report/items.csv", "data/report/locations.csv",
                    "data/report/settings.csv", "data/report/summary.csv", "manifest-sha256.txt",
                    "index.html",
                    "manifest-sha512.txt", "meta/certification-902-14.txt", "meta/export.json",
                    "signer.minisign.pub",
                    "signer.ssh.pub",
                    "tagmanifest-sha256.txt", "tagmanifest-sha256.txt.minisig",
                    "tagmanifest-sha256.txt.sig",
                ].sorted())
    }

    @Test("Two exports of the same state have the same payload and the same manifests")
    func determinism() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "a")
        try place.export(Samples.source, "b") {
            $0.time = testTime(5000)
            $0.bag = testID(77)
            $0.matter = "another"
        }
        let files = try place.files("a")
        #expect(try files == place.files("b"))
        for file in files where file.hasPrefix("data/") || file.hasPrefix("manifest-") {
            #expect(try place.read("a/\(file)") == place.read("b/\(file)"), "\(file)")
        }
        #expect(try place.read("a/bag-info.txt") != place.read("b/bag-info.txt"))
    }

    @Test("A packed export is the same for the same request", arguments: ["tar", "tar.zst"])
    func packedDeterminism(ending: String) throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "a.\(ending)")
        try place.export(Samples.source, "b.\(ending)")
        #expect(try place.read("a.\(ending)") == place.read("b.\(ending)"))
    }

    @Test("An export never overwrites", arguments: ["out", "out.tar", "out.tar.zst"])
    func overwriting(name: String) throws {
        let place = try TemporaryFolder()
        try place.write(name, [1, 2, 3])
        let error = #expect(throws: VaultError.self) { try place.export(Samples.source, name) }
        #expect(error?.code == .exists)
        #expect(try place.read(name) == [1, 2, 3])
    }

    @Test("A stopped export leaves nothing behind", arguments: ["out", "out.tar", "out.tar.zst"])
    func cancellation(name: String) throws {
        let place = try TemporaryFolder()
        let hooks = ArchiveExport.Hooks(isCancelled: { true })
        let request = place.request(name)
        let error = #expect(throws: VaultError.self) {
            try ArchiveExport.run(Samples.source, request, hooks: hooks)
        }
        #expect(error?.code == .cancelled)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).isEmpty)
    }

    @Test("A message that disagrees with its commitment stops the export")
    func damagedMessage() throws {
        let place = try TemporaryFolder()
        var source = Samples.source
        source.conversations[0].messages[1].partLines[0] += " "
        let error = #expect(throws: VaultError.self) { try place.export(source, "out.tar") }
        #expect(error?.code == .damaged)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).isEmpty)
    }

    @Test("An attachment that is not what its name says stops the export")
    func damagedAttachment() throws {
        let place = try TemporaryFolder()
        var source = Samples.source
        source.attachments[SHA256Digest.hash(Samples.document)]?[3] ^= 1
        let error = #expect(throws: VaultError.self) { try place.export(source, "out") }
        #expect(error?.code == .damaged)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).isEmpty)
    }

    @Test("An attachment that the vault does not hold is reported and the rest exported")
    func missingAttachment() throws {
        let place = try TemporaryFolder()
        var source = Samples.source
        source.attachments[SHA256Digest.hash(Samples.document)] = nil
        let result = try place.export(source, "out")
        #expect(result.errors == 1)
        let report = String(decoding: try place.read("out/data/report/errors.csv"), as: UTF8.self)
        #expect(report.contains("data/attachments/" + hex(SHA256Digest.hash(Samples.document))))
        #expect(try place.verify("out").faults.isEmpty)
    }

    @Test("Cells of reports are quoted and never formulas")
    func reports() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        let items = String(decoding: try place.read("out/data/report/items.csv"), as: UTF8.self)
        #expect(items.contains(#","'=HYPERLINK(""http://x""), ""quoted""","Björn, Öst",jsonl,c4,"#))
        #expect(!items.contains(",="))
        let summary = String(decoding: try place.read("out/data/report/summary.csv"), as: UTF8.self)
        #expect(summary.contains("conversations,3\nmessages,14\nrecords,16\nattachments,2\n"))
    }

    @Test("Only words go into the archive's name")
    func names() throws {
        let place = try TemporaryFolder()
        for (number, matter) in [
            "", "../../etc", "Räksmörgås / 9", "....", String(repeating: "x", count: 99),
        ].enumerated() {
            let result = try place.export(Samples.source, "o\(number)") { $0.matter = matter }
            #expect(result.bag.utf8.allSatisfy { $0 < 0x80 && $0 != 0x2F && $0 > 0x20 })
            #expect(!result.bag.contains(".."))
            #expect(result.bag.utf8.count <= 100)
            #expect(try place.verify("o\(number)").faults.isEmpty)
        }
    }
}
