import Foundation
import Testing
import Vault
import VaultCrypto

@testable import VaultArchive

@Suite struct AttachmentTests {
    private let stamp = "tagmanifest-sha256.txt.tsr"
    private let first = "tagmanifest-sha256.txt.cosign-1.sig"
    private let second = "tagmanifest-sha256.txt.cosign-2.sig"

    private func refuses(
        _ code: VaultError.Code, _ sentence: String, _ body: () throws -> Void,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: VaultError.self, sourceLocation: location, performing: body)
        #expect(error?.code == code, "\(error?.message ?? "")", sourceLocation: location)
        #expect(
            error?.message.contains(sentence) == true, "\(error?.message ?? "")",
            sourceLocation: location)
    }

    @Test func `A folder gets one more file for each witness, and nothing else changes`() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        let before = try place.files("out")
        let reply = try MadeReply(of: place, "out").file
        #expect(
            try place.attach(reply, .timeStamp, to: "out")
                == .init(name: stamp, time: "2026-03-01T09:00:00Z"))
        for (seed, name) in [(8, first), (9, second)] as [(UInt8, String)] {
            let signature = try place.cosignature(of: "out", by: seed)
            let added = try place.attach(signature, .cosignature, to: "out")
            #expect(added == .init(name: name, cosigner: try fingerprint(seed)))
            #expect(try place.read("out/\(name)") == signature)
        }
        #expect(try place.read("out/\(stamp)") == reply)
        #expect(try place.files("out") == (before + [stamp, first, second]).sorted())
        let result = try place.verify("out")
        #expect(result.faults.isEmpty)
        #expect(try result.cosigners == [fingerprint(8), fingerprint(9)])
        #expect(result.notChecked == [stamp])
        #expect(result.timeStampFile == reply)
    }

    private func fingerprint(_ seed: UInt8) throws -> String {
        try SSHPublicKey.fingerprint(testKey(seed).publicKey)
    }

    @Test func `What does not fit the archive is refused before anything is written`() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        try place.export(Samples.source, "other") { $0.matter = "another matter" }
        let before = try place.files("out")
        refuses(.badInput, "no time stamp") {
            try place.attach(Array("hello".utf8), .timeStamp, to: "out")
        }
        refuses(.badInput, "something else than this archive") {
            try place.attach(MadeReply(of: place, "other").file, .timeStamp, to: "out")
        }
        refuses(.badInput, "does not fit the archive's tagmanifest") {
            try place.attach(place.cosignature(of: "other", by: 8), .cosignature, to: "out")
        }
        refuses(.badInput, "another purpose") {
            try place.attach(
                place.cosignature(of: "out", by: 8, namespace: "file"), .cosignature, to: "out")
        }
        refuses(.badInput, "by the key that signed the archive") {
            try place.attach(place.cosignature(of: "out", by: 7), .cosignature, to: "out")
        }
        refuses(.damaged, "cannot be read") {
            try place.attach(Array("hello".utf8), .cosignature, to: "out")
        }
        refuses(.badInput, "leave out --output") {
            try place.attach(
                place.cosignature(of: "out", by: 8), .cosignature, to: "out", output: "new")
        }
        #expect(try place.files("out") == before)
    }

    @Test func `Nothing is added twice or over something`() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        let reply = try MadeReply(of: place, "out").file
        let signature = try place.cosignature(of: "out", by: 8)
        try place.attach(reply, .timeStamp, to: "out")
        try place.attach(signature, .cosignature, to: "out")
        refuses(.exists, "has a time stamp already") {
            try place.attach(reply, .timeStamp, to: "out")
        }
        refuses(.exists, "a cosignature by this key already") {
            try place.attach(signature, .cosignature, to: "out")
        }
        try place.write("out/\(first)", "spoiled")
        refuses(.damaged, "that the archive has does not fit") {
            try place.attach(place.cosignature(of: "out", by: 9), .cosignature, to: "out")
        }
        #expect(try !place.files("out").contains(second))
    }

    @Test func `An archive whose own signature does not hold gets nothing`() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        let list = "out/tagmanifest-sha256.txt"
        try place.write(list, place.read(list) + Array("\n".utf8))
        refuses(.damaged, "own signature does not fit") {
            try place.attach(place.cosignature(of: "out", by: 8), .cosignature, to: "out")
        }
        refuses(.damaged, "own signature does not fit") {
            try place.attach(MadeReply(of: place, "out").file, .timeStamp, to: "out")
        }
        try place.write(list, [UInt8](repeating: 65, count: 1 << 20 + 1))
        refuses(.damaged, "longer than such a file") {
            try place.attach(MadeReply(digest: []).file, .timeStamp, to: "out")
        }
        try place.remove(list)
        refuses(.badInput, "no archive") {
            try place.attach(MadeReply(digest: []).file, .timeStamp, to: "out")
        }
        // A link could have somebody sign for a file elsewhere.
        let files = FileManager.default
        try files.createSymbolicLink(
            atPath: "\(place.path)/\(list)", withDestinationPath: "README.txt")
        #expect(throws: VaultError.self) {
            try place.attach(MadeReply(digest: []).file, .timeStamp, to: "out")
        }
    }

    @Test(arguments: ["tar", "tar.zst"])
    func `A packed archive is copied into a new one, always the same`(ending: String) throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "folder")
        try place.export(Samples.source, "out.\(ending)")
        let before = try place.read("out.\(ending)")
        let signature = try place.cosignature(of: "folder", by: 8)
        let reply = try MadeReply(of: place, "folder").file
        for copy in ["a", "b"] {
            try place.attach(
                signature, .cosignature, to: "out.\(ending)", output: "\(copy)1.\(ending)")
            try place.attach(
                reply, .timeStamp, to: "\(copy)1.\(ending)", output: "\(copy)2.\(ending)")
        }
        #expect(try place.read("a2.\(ending)") == place.read("b2.\(ending)"))
        #expect(try place.read("out.\(ending)") == before)
        let result = try place.verify("a2.\(ending)")
        #expect(result.faults.isEmpty)
        #expect(try result.cosigners == [fingerprint(8)])
        #expect(result.notChecked == [stamp])
        refuses(.exists, "exists already") {
            try place.attach(
                reply, .timeStamp, to: "a1.\(ending)", output: "b2.\(ending)")
        }
        refuses(.exists, "has a time stamp already") {
            try place.attach(reply, .timeStamp, to: "a2.\(ending)", output: "new.tar")
        }
    }

    @Test func `A packed archive that cannot be copied as it is leaves nothing`() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "folder")
        try place.export(Samples.source, "out.tar")
        let signature = try place.cosignature(of: "folder", by: 8)
        let whole = try place.read("out.tar")
        try place.write("cut.tar", Array(whole.prefix(whole.count / 2)))
        try place.write("age.tar", Array("age-encryption.org/v1\n".utf8) + whole)
        try place.write("text", "hello")
        let before = try place.files("")
        for (name, output, sentence) in [
            ("out.tar", nil, "name the new one with --output"),
            ("out.tar", "new", "stays packed"), ("out.tar", "new.tar.age", "ends with .age"),
            ("cut.tar", "new.tar", "can be copied as it is"),
            ("text", "new.tar", "can be copied as it is"), ("age.tar", "new.tar", "age -d"),
            ("nothing", "new.tar", "no archive at this path"),
        ] as [(String, String?, String)] {
            let error = #expect(throws: VaultError.self) {
                try place.attach(signature, .cosignature, to: name, output: output)
            }
            #expect(error?.message.contains(sentence) == true, "\(name): \(error?.message ?? "")")
        }
        #expect(throws: VaultError.self) {
            try ArchiveAttachment.attach(
                signature, as: .cosignature, to: "\(place.path)/out.tar",
                output: "\(place.path)/new.tar", isCancelled: { true })
        }
        #expect(try place.files("") == before)
    }

    @Test func `Verification names each cosignature that does not fit`() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        try place.export(Samples.source, "other") { $0.matter = "another matter" }
        func finds(_ fault: String, _ files: [(String, [UInt8])], at path: String) throws {
            for (name, content) in files { try place.write("out/\(name)", content) }
            let result = try place.verify("out")
            #expect(result.faults.map(\.path) == [path], "\(result.faults)")
            #expect(result.faults.first?.fault.contains(fault) == true, "\(result.faults)")
            for (name, _) in files { try place.remove("out/\(name)") }
        }
        let good = try place.cosignature(of: "out", by: 8)
        try finds(
            "does not fit", [(first, place.cosignature(of: "other", by: 8))], at: first)
        try finds("own signer", [(first, place.cosignature(of: "out", by: 7))], at: first)
        try finds(
            "another purpose", [(first, place.cosignature(of: "out", by: 8, namespace: "file"))],
            at: first)
        try finds("lower number", [(first, good), (second, good)], at: second)
        try finds("missing", [(second, good)], at: first)
        try finds("longer than", [(first, good + [UInt8](repeating: 0, count: 9_000))], at: first)
        for stray in ["cosign-0", "cosign-01", "cosign-100", "cosign-", "cosign-x"] {
            let name = "tagmanifest-sha256.txt.\(stray).sig"
            try finds("no such file", [(name, good)], at: name)
        }
    }

    @Test func `Every changed byte of a cosignature is found`() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        let list = try place.read("out/tagmanifest-sha256.txt")
        let signer = try testKey(7).publicKey
        let good = try place.cosignature(of: "out", by: 8)
        for index in good.indices {
            for bit in 0..<8 {
                var changed = good
                changed[index] ^= 1 << UInt8(bit)
                #expect(throws: Cosignature.Fault.self, "byte \(index), bit \(bit)") {
                    try Cosignature.signer(
                        of: changed, over: list, archiveSigner: signer, besides: [])
                }
            }
        }
    }

    @Test func `A tag manifest lists no cosignature`() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        let list = "out/tagmanifest-sha256.txt"
        let zero = String(repeating: "0", count: 64)
        try place.write(list, place.read(list) + Array("\(zero)  \(first)\n".utf8))
        try place.write("\(list).sig", place.cosignature(of: "out", by: 7))
        let faults = try place.verify("out").faults
        #expect(faults.contains { $0.fault.hasSuffix("names a file that it must not name") })
    }
}
