import Foundation
import Testing
import Vault
import VaultArchive
import VaultCrypto

/// An insider with the signing key changes records and makes manifests and signatures anew: what is
/// left to notice it are the records themselves.
@Suite("Altered and signed again")
struct ResealTests {
    private let records = "data/native/018f3a10-0000-7000-8000-000000030000.jsonl"

    /// Alters one file, makes all manifests and signatures anew, and verifies.
    private func faults(
        _ file: String, _ change: (inout [String]) -> Void
    ) throws -> [ArchiveFault] {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        let text = String(decoding: try place.read("out/\(file)"), as: UTF8.self)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        change(&lines)
        try place.write("out/\(file)", lines.joined(separator: "\n"))
        try place.reseal("out")
        return try place.verify("out").faults
    }

    @Test("Nothing changed, nothing found")
    func control() throws { #expect(try faults(records) { _ in }.isEmpty) }

    @Test("A dropped last record is noticed")
    func dropped() throws {
        let faults = try faults(records) { $0.remove(at: $0.count - 2) }
        #expect(
            faults.contains(
                ArchiveFault(
                    path: records, fault: "there are 9 messages, and the first line says 10")))
    }

    @Test("A dropped record whose count was corrected is noticed by the totals")
    func droppedAndCounted() throws {
        let faults = try faults(records) { lines in
            lines.remove(at: lines.count - 2)
            lines[0] = lines[0].replacing("\"messages\":10", with: "\"messages\":9")
                .replacing("\"records\":10", with: "\"records\":9")
        }
        #expect(Set(faults.map(\.path)) == ["data/report/summary.csv", "meta/export.json"])
    }

    @Test("Swapped records are noticed")
    func swapped() throws {
        let faults = try faults(records) { $0.swapAt(3, 4) }
        #expect(
            faults.contains(
                ArchiveFault(
                    path: records, fault: "line 5: the records are not in ascending order")))
    }

    @Test("A repeated record is noticed")
    func repeated() throws {
        let faults = try faults(records) { $0.insert($0[3], at: 4) }
        #expect(
            faults.contains(
                ArchiveFault(
                    path: records, fault: "line 5: the records are not in ascending order")))
    }

    @Test("A changed word in a part is noticed")
    func changedPart() throws {
        let faults = try faults(records) { lines in
            lines[2] = lines[2].replacing("still open", with: "never open")
        }
        #expect(
            faults == [
                ArchiveFault(
                    path: records, fault: "line 3: part 1 is not what was committed to")
            ])
    }

    @Test("An attachment that another content was put in place of is noticed")
    func changedAttachment() throws {
        let file = "data/attachments/\(hex(SHA256Digest.hash(Samples.document)))"
        let faults = try faults(file) { $0[0] = $0[0].replacing("draft 3", with: "draft 4") }
        #expect(
            faults.contains(
                ArchiveFault(
                    path: file, fault: "the content is not the one whose SHA-256 is its name")))
    }

    @Test("A changed envelope is noticed")
    func changedEnvelope() throws {
        let faults = try faults(records) { lines in
            lines[2] = lines[2].replacing("\"role\":\"user\"", with: "\"role\":\"tool\"")
        }
        #expect(
            faults == [
                ArchiveFault(
                    path: records, fault: "line 3: the envelope is not what was committed to")
            ])
    }

    @Test("A record of another conversation is noticed")
    func foreign() throws {
        let faults = try faults(records) { lines in
            var stranger = ConversationBuilder(9, title: nil)
            stranger.add(.user, "x")
            let message = stranger.messages[0]
            lines.insert(
                #"{"commitment":"\#(hex(message.commitment))","envelope":\#(message.envelopeLine),"#
                    + #""parts":[\#(message.partLines[0])]}"#, at: lines.count - 1)
        }
        #expect(
            faults.contains(
                ArchiveFault(
                    path: records, fault: "line 12: the message belongs to another conversation")))
    }

    @Test(
        "Records that are not canonical are noticed",
        arguments: [
            ("\"parts\":[", "\"parts\": ["), ("{\"commitment\"", "{ \"commitment\""),
            ("\\n", "\\u000a"), ("?", "\\u003f"), ("\"v\":1", "\"v\":01"),
        ])
    func canonical(old: String, new: String) throws {
        let faults = try faults(records) {
            $0[2] = $0[2].replacing(old, with: new, maxReplacements: 1)
        }
        #expect(faults.map(\.path) == [records])
        #expect(faults.first?.fault == "line 3: this is not a record in canonical form")
    }

    @Test("A missing last line end is noticed")
    func noLineEnd() throws {
        let faults = try faults(records) { $0.removeLast() }
        #expect(faults.contains(ArchiveFault(path: records, fault: "the last line has no end")))
    }

    @Test("A missing page, an unnamed attachment and a wrong number are noticed")
    func consistency() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        try place.remove("out/data/html/018f3a10-0000-7000-8000-000000020000.html")
        let stray = Array("stray".utf8)
        let name = "data/attachments/" + hex(SHA256Digest.hash(stray))
        try place.write("out/\(name)", stray)
        try place.reseal("out")
        #expect(
            try place.verify("out").faults.filter { $0.path.hasPrefix("data/") }
                == [
                    ArchiveFault(path: name, fault: "no record names this attachment"),
                    ArchiveFault(
                        path: "data/native/018f3a10-0000-7000-8000-000000020000.jsonl",
                        fault: "the conversation has no page"),
                ].sorted { $0.path < $1.path })
    }

    @Test("A missing attachment is noticed through the record that names it")
    func attachment() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        let name = "data/attachments/" + hex(SHA256Digest.hash(Samples.picture))
        try place.remove("out/\(name)")
        try place.reseal("out")
        let faults = try place.verify("out").faults
        #expect(
            faults.contains(
                ArchiveFault(
                    path: records, fault: "\(name), which it names, is missing")))
    }

    @Test(
        "Manifests that name a file twice, or one that they must not name, are refused",
        arguments: [
            "again", "../x", "data/../x", "data//x", "/etc/passwd", "bagit.txt", "data/a b",
        ])
    func manifests(name: String) throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        var manifest = String(decoding: try place.read("out/manifest-sha256.txt"), as: UTF8.self)
        let line = manifest.prefix { $0 != "\n" }
        manifest += name == "again" ? "\(line)\n" : "\(line.prefix(64))  \(name)\n"
        try place.write("out/manifest-sha256.txt", manifest)
        try place.reseal("out", keepManifests: true)
        let faults = try place.verify("out").faults
        #expect(faults.map(\.path) == ["manifest-sha256.txt"], "\(faults)")
    }
}

extension TemporaryFolder {
    /// Makes the list of `proof/` and its signature anew.
    private func resealProof(_ name: String, _ all: [String]) throws {
        let seal = ["proof/manifest-sha256.txt", "proof/manifest-sha256.txt.sig"]
        let unlisted = seal + ["proof/allowed_signers", "proof/destroyed.jsonl"]
        let lines = try all.filter {
            $0.hasPrefix("proof/") && !unlisted.contains($0)
        }.map { "\(hex(SHA256Digest.hash(try read("\(name)/\($0)"))))  \($0)\n" }
        let content = Array(lines.joined().utf8)
        let signature = try SSHSignature(
            signing: SHA512Digest.hash(content), with: try testKey(7), namespace: "proof@coffer")
        try write("\(name)/\(seal[0])", content)
        try write("\(name)/\(seal[1])", signature.file)
    }

    /// Makes the manifests, the Payload-Oxum and both signatures anew, as an insider could.
    func reseal(
        _ name: String, keepManifests: Bool = false, keepProofSeal: Bool = false
    ) throws {
        let all = try files(name)
        if !keepProofSeal, all.contains("proof/manifest-sha256.txt") {
            try resealProof(name, all)
        }
        let payload = all.filter { $0.hasPrefix("data/") }
        if !keepManifests {
            for (file, digest) in [
                ("manifest-sha256.txt", SHA256Digest.hash),
                ("manifest-sha512.txt", SHA512Digest.hash),
            ] {
                let lines = try payload.map { "\(hex(digest(try read("\(name)/\($0)"))))  \($0)\n" }
                try write("\(name)/\(file)", lines.joined())
            }
        }
        let size = try payload.reduce(0) { $0 + (try read("\(name)/\($1)")).count }
        let info = String(decoding: try read("\(name)/bag-info.txt"), as: UTF8.self)
            .split(separator: "\n").filter { !$0.hasPrefix("Payload-Oxum") }
        try write(
            "\(name)/bag-info.txt",
            (info + ["Payload-Oxum: \(size).\(payload.count)"]).joined(separator: "\n") + "\n")
        let tags = all.filter { !$0.hasPrefix("data/") && !$0.hasPrefix("tagmanifest-") }
        let lines = try tags.map { "\(hex(SHA256Digest.hash(try read("\(name)/\($0)"))))  \($0)\n" }
        let content = Array(lines.joined().utf8)
        try write("\(name)/tagmanifest-sha256.txt", content)
        let key = try testKey(7)
        let ssh = try SSHSignature(
            signing: SHA512Digest.hash(content), with: key, namespace: "export@coffer")
        try write("\(name)/tagmanifest-sha256.txt.sig", ssh.file)
        var digest = BLAKE2bDigest(sizeBytes: 64)
        digest.update(content)
        try write(
            "\(name)/tagmanifest-sha256.txt.minisig",
            try Minisign.sign(
                digest: digest.finalize(), with: key, trustedComment: "x",
                untrustedComment: "signature of an archive's tag manifest"))
    }
}
