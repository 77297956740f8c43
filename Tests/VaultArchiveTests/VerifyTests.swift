import Foundation
import Testing
import Vault
import VaultArchive
import VaultCrypto

@Suite("Verification")
struct VerifyTests {
    @Test(
        "A fresh archive has no fault, packed or not", arguments: ["out", "out.tar", "out.tar.zst"])
    func fresh(name: String) throws {
        let place = try TemporaryFolder()
        let made = try place.export(Samples.source, name)
        let result = try place.verify(name)
        #expect(result.faults.isEmpty)
        #expect(result.signer == made.signer)
        #expect(!result.isSignerKnown)
        #expect(result.bag == made.bag)
        #expect(result.conversations == 3)
        #expect(result.messages == 14)
        #expect(result.payloadBytes == made.payloadBytes)
        #expect(
            result.trustedComment
                == "matter=Lindqvist merger bag=\(testID(99)) time=2026-03-01T09:00:00Z")
    }

    @Test("An archive of nothing is valid")
    func empty() throws {
        let place = try TemporaryFolder()
        try place.export(MemorySource(conversations: []), "out.tar.zst")
        #expect(try place.verify("out.tar.zst").faults.isEmpty)
    }

    @Test("The expected signer is compared in each of its forms")
    func expectedSigner() throws {
        let place = try TemporaryFolder()
        let made = try place.export(Samples.source, "out.tar")
        var other = Samples.source
        other.keySeed = 9
        let stranger = try place.export(other, "other.tar")
        let key = try testKey(7).publicKey
        let forms = [
            made.signer, try SSHPublicKey.line(key, comment: "x"), MinisignPublicKey(key).base64,
        ]
        for form in forms {
            let result = try place.verify("out.tar", signer: form)
            #expect(result.faults.isEmpty)
            #expect(result.isSignerKnown)
            #expect(
                try place.verify("other.tar", signer: form).faults == [
                    ArchiveFault(
                        path: "tagmanifest-sha256.txt",
                        fault: "it was not signed by the expected signer")
                ])
        }
        #expect(try place.verify("other.tar", signer: stranger.signer).faults.isEmpty)
        #expect(throws: VaultError.self) { try place.verify("out.tar", signer: "SHA256:short") }
    }

    @Test("One flipped byte anywhere names exactly the file it is in")
    func everyFileFlipped() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        for file in try place.files("out") {
            let original = try place.read("out/\(file)")
            let places = Set([0, original.count / 3, original.count / 2, original.count - 2])
            for position in places.sorted() where position >= 0 {
                var changed = original
                changed[position] ^= 1
                try place.write("out/\(file)", changed)
                let faults = try place.verify("out").faults
                #expect(Set(faults.map(\.path)) == [file], "byte \(position): \(faults)")
            }
            try place.write("out/\(file)", original)
        }
        #expect(try place.verify("out").faults.isEmpty)
    }

    @Test("Every byte of a small archive matters: each flip is a fault")
    func everyByteFlipped() throws {
        let place = try TemporaryFolder()
        try place.export(MemorySource(conversations: [Samples.small.archived]), "out")
        let exempt = ["tagmanifest-sha256.txt.minisig", "README.txt", "index.html"]
        for file in try place.files("out")
        where !file.hasPrefix("data/html") && !exempt.contains(file) {
            let original = try place.read("out/\(file)")
            for position in stride(from: 0, to: original.count, by: 7) {
                var changed = original
                changed[position] ^= 0x20
                try place.write("out/\(file)", changed)
                let faults = try place.verify("out").faults
                #expect(Set(faults.map(\.path)) == [file], "\(file) byte \(position): \(faults)")
            }
            try place.write("out/\(file)", original)
        }
    }

    @Test("A missing file is named, whichever it is")
    func missing() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        for file in try place.files("out") {
            let content = try place.read("out/\(file)")
            try place.remove("out/\(file)")
            let faults = try place.verify("out").faults
            #expect(Set(faults.map(\.path)) == [file], "\(file): \(faults)")
            try place.write("out/\(file)", content)
        }
    }

    @Test("Two files in each other's place are both named, signatures as well")
    func exchangedSignatures() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        let files = ["tagmanifest-sha256.txt.sig", "tagmanifest-sha256.txt.minisig"]
        let contents = try files.map { try place.read("out/\($0)") }
        for (file, content) in zip(files, contents.reversed()) {
            try place.write("out/\(file)", content)
        }
        let faults = try place.verify("out").faults
        #expect(Set(faults.map(\.path)) == Set(files), "\(faults)")
    }

    @Test(
        "An extra file is named, wherever it is",
        arguments: [
            "data/extra.txt", "extra.txt", "data/native/notes.jsonl", "meta/more.json", ".hidden",
            "data/html/extra.html", "proof/x", "TAGMANIFEST-SHA256.TXT", "data/Native",
        ])
    func extra(file: String) throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        if file.hasPrefix("proof/") {
            try FileManager.default.createDirectory(
                atPath: "\(place.path)/out/proof", withIntermediateDirectories: false)
        }
        try place.write("out/\(file)", "hello\n")
        let faults = try place.verify("out").faults
        #expect(Set(faults.map(\.path)) == [file], "\(faults)")
    }

    @Test("Unsafe names, links and pipes are refused")
    func specialFiles() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        let files = FileManager.default
        try files.createSymbolicLink(
            atPath: "\(place.path)/out/data/link", withDestinationPath: "../bagit.txt")
        try place.write("out/a b", "x")
        try place.write("out/r\u{E4}ksm\u{F6}rg\u{E5}s", "x")
        #expect(mkfifo("\(place.path)/out/pipe", 0o600) == 0)
        #expect(
            try place.verify("out").faults.map(\.path) == [
                "a b", "data/link", "pipe", "r\\xc3\\xa4ksm\\xc3\\xb6rg\\xc3\\xa5s",
            ])
    }

    @Test("A file replaced by a link to the same content is refused")
    func linkToContent() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        try place.write("summary", try place.read("out/data/report/summary.csv"))
        try place.remove("out/data/report/summary.csv")
        try FileManager.default.createSymbolicLink(
            atPath: "\(place.path)/out/data/report/summary.csv",
            withDestinationPath: "\(place.path)/summary")
        let faults = try place.verify("out").faults
        #expect(Set(faults.map(\.path)) == ["data/report/summary.csv"])
    }

    @Test("A signature by another key is refused although it is good")
    func mixedSignatures() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        let content = try place.read("out/tagmanifest-sha256.txt")
        let signature = try SSHSignature(
            signing: SHA512Digest.hash(content), with: testKey(9), namespace: "export@coffer")
        try place.write("out/tagmanifest-sha256.txt.sig", signature.file)
        #expect(
            try place.verify("out").faults.map(\.path) == ["tagmanifest-sha256.txt.sig"])
        let wrongPurpose = try SSHSignature(
            signing: SHA512Digest.hash(content), with: testKey(7), namespace: "file")
        try place.write("out/tagmanifest-sha256.txt.sig", wrongPurpose.file)
        #expect(
            try place.verify("out").faults.map(\.path) == ["tagmanifest-sha256.txt.sig"])
    }

    @Test("A time stamp of this archive is allowed, and none of anything else")
    func timeStamp() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        let name = "tagmanifest-sha256.txt.tsr"
        try place.write("out/\(name)", try MadeReply(of: place, "out").file)
        let result = try place.verify("out")
        #expect(result.faults.isEmpty && result.notChecked == [name])
        let other = MadeReply(digest: [UInt8](repeating: 7, count: 32)).file
        for bytes in [[], [1, 2, 3], other] {
            try place.write("out/\(name)", bytes)
            #expect(try place.verify("out").faults.map(\.path) == [name])
        }
    }

    @Test("Files of proofs are covered by the signature")
    func supplements() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out") {
            $0.supplements = [.init(path: "proof/note", content: Array("origin\n".utf8))]
        }
        #expect(try place.verify("out").faults.isEmpty)
        try place.write("out/proof/note", "other\n")
        #expect(try place.verify("out").faults.map(\.path) == ["proof/note"])
        #expect(throws: VaultError.self) {
            try place.export(Samples.source, "bad") {
                $0.supplements = [.init(path: "data/x", content: [])]
            }
        }
    }

    @Test("Nothing at the path is an error, not a fault")
    func absent() throws {
        let place = try TemporaryFolder()
        let error = #expect(throws: VaultError.self) { try place.verify("nothing") }
        #expect(error?.code == .notFound)
    }
}
