import Foundation
import Testing
import Vault
import VaultArchive
import VaultCrypto

@Suite("Stock tools")
struct StockToolTests {
    /// Runs a tool in an unpacked archive and expects its consent.
    private func check(_ place: TemporaryFolder, _ arguments: [String], input: String? = nil) throws
    {
        let content = try input.map { try place.read("out/\($0)") }
        guard let (status, output) = try place.run("out", arguments, input: content) else {
            return print("skipped: \(arguments[0]) is not installed")
        }
        if output.contains("No module named") { return print("skipped: no Python module bagit") }
        #expect(status == 0, "\(arguments): \(output)")
    }

    @Test("sha256sum, sha512sum, ssh-keygen, minisign and bagit-python accept an archive")
    func everyTool() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        try check(
            place, ["sha256sum", "--strict", "-c", "manifest-sha256.txt", "tagmanifest-sha256.txt"])
        try check(place, ["sha512sum", "--strict", "-c", "manifest-sha512.txt"])
        try check(
            place,
            [
                "ssh-keygen", "-Y", "verify", "-f", "allowed_signers", "-I", "archive-signer",
                "-n", "export@coffer", "-s", "tagmanifest-sha256.txt.sig",
            ], input: "tagmanifest-sha256.txt")
        try check(
            place, ["minisign", "-Vm", "tagmanifest-sha256.txt", "-p", "signer.minisign.pub"])
        try check(place, ["python3", "-m", "bagit", "--validate", "."])
    }

    @Test("age opens an encrypted archive with each of its recipients' keys, SSH keys among them")
    func encrypted() throws {
        let place = try TemporaryFolder()
        for make in [
            ["age-keygen", "-o", "identity"],
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "ssh"],
        ] {
            guard let (status, output) = try place.run("", make) else {
                return print("skipped: \(make[0]) is not installed")
            }
            #expect(status == 0, "\(output)")
        }
        guard let (_, recipient) = try place.run("", ["age-keygen", "-y", "identity"]) else {
            return
        }
        let line = String(decoding: try place.read("ssh.pub"), as: UTF8.self)
        let recipients = try [
            AgeAddressee(recipient.split(separator: "\n").last.map(String.init) ?? ""),
            AgeAddressee(line),
        ]
        let result = try place.export(Samples.source, "out.tar.age") {
            $0.encryption = .recipients(recipients)
        }
        try place.export(Samples.source, "plain.tar") { $0.bag = testID(99) }
        #expect(result.fileDigest == SHA256Digest.hash(try place.read("out.tar.age")))
        for identity in ["identity", "ssh"] {
            let opened = try place.run(
                "", ["age", "-d", "-i", identity, "-o", "\(identity).tar", "out.tar.age"])
            #expect(opened?.0 == 0, "\(identity): \(opened?.1 ?? "no age")")
            #expect(try place.verify("\(identity).tar").faults == [])
        }
        let keys = try AgeIdentity.read(at: place.path + "/identity")
        let path = place.path + "/out.tar.age"
        #expect(try ArchiveVerifier.verify(path, key: .identities(keys)).faults == [])
        for (key, code) in [
            (nil, VaultError.Code.locked), (ArchiveKey.identities([.generate()]), .wrongKey),
        ] {
            let error = #expect(throws: VaultError.self) {
                try ArchiveVerifier.verify(path, key: key)
            }
            #expect(error?.code == code)
        }
        var bytes = try place.read("out.tar.age")
        bytes[bytes.count / 2] ^= 1
        for changed in [bytes, Array(bytes.dropLast(1))] {
            try place.write("changed.tar.age", changed)
            let found = try ArchiveVerifier.verify(
                place.path + "/changed.tar.age", key: .identities(keys))
            #expect(found.faults.map(\.path) == [""] && !found.isValid)
        }
        let named = String(decoding: try place.read("identity.tar"), as: UTF8.self)
        for recipient in recipients { #expect(named.contains("\(recipient)")) }
    }

    @Test("Who can open an archive and what its name promises agree")
    func endings() throws {
        let place = try TemporaryFolder()
        let key = AgeAddressee.x25519(AgeIdentity.generate().recipient)
        for (name, encryption) in [
            ("a.tar.age", nil), ("a.tar", ArchiveEncryption.recipients([key])),
            ("a", .recipients([key])), ("a.age", .recipients([key])),
        ] {
            #expect(throws: VaultError.self) {
                try place.export(Samples.source, name) { $0.encryption = encryption }
            }
        }
        #expect(try place.files("").isEmpty)
    }

    @Test("The fingerprint is the one that ssh-keygen shows")
    func fingerprint() throws {
        let place = try TemporaryFolder()
        let result = try place.export(Samples.source, "out")
        guard let (_, output) = try place.run("out", ["ssh-keygen", "-lf", "signer.ssh.pub"]) else {
            return print("skipped: ssh-keygen is not installed")
        }
        #expect(output.contains(result.signer))
        #expect(
            String(decoding: try place.read("out/README.txt"), as: UTF8.self).contains(
                result.signer))
    }

    @Test("tar unpacks an archive to what a folder export writes", arguments: ["tar", "tar.zst"])
    func unpacking(ending: String) throws {
        let place = try TemporaryFolder()
        let result = try place.export(Samples.source, "out.\(ending)")
        try place.export(Samples.source, "folder")
        guard let (status, output) = try place.run("", ["tar", "-xf", "out.\(ending)"]) else {
            return print("skipped: tar is not installed")
        }
        guard status == 0 else { return print("skipped: this tar cannot unpack: \(output)") }
        let files = try place.files("folder")
        #expect(try place.files(result.bag) == files)
        for file in files {
            #expect(
                try place.read("folder/\(file)") == place.read("\(result.bag)/\(file)"), "\(file)")
        }
    }

    @Test("The commands of the README are those that are tested here")
    func readme() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        let text = String(decoding: try place.read("out/README.txt"), as: UTF8.self)
        let commands = text.replacing("\\\n", with: "").split(separator: "\n")
            .map { $0.drop(while: \.isWhitespace) }
            .filter { line in
                ["sha256sum ", "sha512sum ", "ssh-keygen ", "minisign -", "python3 "].contains {
                    line.hasPrefix($0)
                }
            }
        #expect(commands.count == 5)
        for command in commands {
            guard let tool = command.split(separator: " ").first,
                let (found, _) = try place.run("out", ["which", String(tool)]), found == 0
            else {
                print("skipped: \(command)")
                continue
            }
            let (status, output) = try #require(
                try place.run("out", ["sh", "-c", String(command)]))
            if output.contains("No module named") { continue }
            #expect(status == 0, "\(command): \(output)")
        }
    }
}
