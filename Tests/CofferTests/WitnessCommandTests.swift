import Foundation
import Testing

/// Time stamps and cosignatures on the command line.
@Suite struct WitnessCommandTests {
    let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try sandbox.makeFilledVault()
    }

    private func exists(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(sandbox.home)/\(name)")
    }

    @Test func `An export leaves a query, also of an encrypted archive`() throws {
        try sandbox.write("archive-passphrase", "to be told\n")
        for words in [
            ["bag"], ["bag.tar"],
            ["bag.tar.age", "--archive-passphrase-file", "archive-passphrase"],
        ] {
            let answer = try sandbox.run(
                ["export", "--output"] + words
                    + ["--timestamp-query", "\(words[0]).tsq", "--json"]
                    + ["--passphrase-file", "passphrase"])
            #expect(answer.status == 0, "\(answer.errors)")
            let object = answer.object
            #expect((object["timestampQuery"] as? String)?.hasSuffix("/\(words[0]).tsq") == true)
            let digest = try #require(object["tagManifest"] as? String)
            let query = try Data(
                contentsOf: URL(filePath: "\(sandbox.home)/\(words[0]).tsq"))
            let digits = query.map { byte in
                String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
            }.joined()
            #expect(digits.contains("0420\(digest)0208"))
        }
        #expect(try sandbox.run("verify", "bag").status == 0)
    }

    @Test(arguments: [
        ("there", "there exists already"), ("bag/q.tsq", "cannot stand in the archive"),
        ("nowhere/q.tsq", "does not exist"),
        (".local/share/coffer/default.coffer/q", "vault's own"),
    ])
    func `A query that cannot be written is told before an archive is`(
        _ query: String, _ sentence: String
    ) throws {
        try sandbox.write("there", "something")
        let answer = try sandbox.open("export", "--output", "bag", "--timestamp-query", query)
        #expect(answer.status != 0)
        #expect(answer.errors.contains(sentence), "\(answer.errors)")
        #expect(!exists("bag"))
    }

    @Test func `What is attached is one thing at a time, and fits`() throws {
        #expect(try sandbox.open("export", "--output", "bag").status == 0)
        try sandbox.write("text", "hello\n")
        for (words, status, sentence) in [
            ([], 64, "Give --tsr or --cosign"),
            (["--tsr", "text", "--cosign", "text"], 64, "Give --tsr or --cosign"),
            (["--tsr", "text"], 1, "no time stamp (RFC 3161)"),
            (["--cosign", "text"], 1, "SSH signature cannot be read"),
            (["--tsr", "nothing"], 1, "cannot be read; check the path"),
        ] as [([String], Int32, String)] {
            let answer = try sandbox.run(["archive", "attach", "bag"] + words)
            #expect(answer.status == status, "\(words): \(answer.errors)")
            #expect(answer.errors.contains(sentence), "\(answer.errors)")
        }
        #expect(try sandbox.run("archive", "attach", "none", "--tsr", "text").status == 5)
        #expect(try sandbox.run("verify", "bag").status == 0)
    }

    @Test func `verify says what it needs to check a time stamp`() throws {
        #expect(try sandbox.open("export", "--output", "bag").status == 0)
        let json = try sandbox.run("verify", "bag", "--json").object
        #expect(json["timeStamp"] is NSNull)
        #expect((json["cosigners"] as? [String])?.isEmpty == true)
        try sandbox.write("ca.pem", "-----BEGIN CERTIFICATE-----\n")
        try sandbox.write("text", "hello\n")
        let none = try sandbox.run("verify", "bag", "--tsa-ca", "text")
        #expect(none.status == 1)
        #expect(none.errors.contains("holds no certificate in PEM"))
        let without = try sandbox.run(
            "verify", "bag", "--tsa-ca", "ca.pem", environment: ["PATH": "/nowhere"])
        #expect(without.status == 1)
        #expect(without.errors.contains("needs the program openssl"))
        let tool = try sandbox.write("openssl", "#!/bin/sh\nexit 1\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: tool)
        let path = ["PATH": sandbox.home]
        let missing = try sandbox.run("verify", "bag", "--tsa-ca", "ca.pem", environment: path)
        #expect(missing.status == 2)
        #expect(missing.output.contains("tagmanifest-sha256.txt.tsr: the file is missing"))
        try sandbox.write("bag/tagmanifest-sha256.txt.tsr", "anything")
        let other = try sandbox.run("verify", "bag", "--tsa-ca", "ca.pem", environment: path)
        #expect(other.status == 2)
        #expect(other.output.contains("tagmanifest-sha256.txt.tsr: this is no time stamp in DER"))
        try sandbox.write("bag/README.txt", "other words")
        let spoiled = try sandbox.run(
            "verify", "bag", "--tsa-ca", "ca.pem", "--json", environment: path)
        #expect(spoiled.status == 2)
        #expect((spoiled.object["faults"] as? [[String: String]])?.count == 2)
    }
}
