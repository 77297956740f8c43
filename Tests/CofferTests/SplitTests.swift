import Foundation
import Testing

/// Exports in several archives, and what is told of them.
@Suite struct SplitTests {
    let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    /// Three conversations, of which no two fit into a megabyte.
    private func makeLargeVault(_ beginning: String = "") throws {
        try sandbox.makeVault()
        let lines = (1...3).map { number in
            let text = beginning + String(repeating: "word \(number) and more ", count: 20_000)
            return #"{"id":"c\#(number)","title":"Talk \#(number)","messages":["#
                + #"{"id":"1","role":"user","text":"\#(text)"}]}"#
        }
        try sandbox.write("large.jsonl", lines.joined(separator: "\n") + "\n")
        #expect(try sandbox.open("import", "large.jsonl").status == 0)
    }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: sandbox.home)
            .filter { $0.contains("all") }.sorted()
    }

    @Test func `A large export is split, and the archives are checked alone and together`() throws {
        try makeLargeVault()
        let made = try sandbox.open("export", "--output", "all.tar.zst", "--split-size", "1MB")
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.output.contains("Split 3 conversations, 3 messages into 3 archives of group "))
        let files = (1...3).map { "all-00\($0)-of-003.tar.zst" }
        #expect(try names() == files)
        let one = try sandbox.run("verify", files[1])
        #expect(one.status == 0)
        #expect(one.output.contains("  group    archive 2 of 3 of "))
        #expect(one.errors.contains("This is one of 3 archives of one export"))
        let all = try sandbox.run(["verify"] + files)
        #expect(all.status == 0, "\(all.output)")
        #expect(all.output.hasPrefix("The group is whole: 3 archives, 3 conversations, 3 messages"))
        let some = try sandbox.run("verify", files[0], files[2])
        #expect(some.status == 2)
        #expect(some.output.contains("the group: archive 2 of 3 is missing"))
        let json = try sandbox.run(["verify", "--json"] + files).object
        #expect(json["ok"] as? Bool == true)
        #expect((json["archives"] as? [[String: Any]])?.count == 3)
    }

    @Test func `The log has one export, with the lists of all its archives`() throws {
        try makeLargeVault()
        let made = try sandbox.open(
            "export", "--output", "all", "--split-size", "1000kB", "--json"
        ).object
        let archives = try #require(made["archives"] as? [[String: Any]])
        #expect(archives.count == 3)
        #expect(made["group"] is String)
        let digests = archives.compactMap { $0["tagManifest"] as? String }
        let log = try sandbox.open("audit", "log", "--json").output
        #expect(log.components(separatedBy: "\"export.begin\"").count == 2)
        #expect(log.components(separatedBy: "\"export.end\"").count == 2)
        #expect(digests.count == 3)
        #expect(try sandbox.open("audit", "verify").status == 0)
    }

    @Test(arguments: [
        "0", "0MB", "10", "500kB", "4 parsecs", "-4GB", "1.5GB", "GB", "99999999999999TB",
    ])
    func `A size that cannot be is refused in one sentence`(size: String) throws {
        try sandbox.makeVault()
        let answer = try sandbox.open("export", "--output", "all", "--split-size=\(size)")
        #expect(answer.status == 64)
        #expect(answer.errors.contains("--split-size is "), "\(answer.errors)")
        #expect(try names().isEmpty)
    }

    @Test func `A person's archives with files for review, encrypted, are one group`() throws {
        try makeLargeVault()
        let made = try sandbox.open(
            "export", "--output", "all.tar.zst.age", "--split-size", "2MB", "--subject", "ada",
            "--review", "rsmf,dat", "--archive-passphrase-file", "other", "--json")
        #expect(made.status == 0, "\(made.errors)")
        let files = try names()
        #expect(files.count > 1 && files.allSatisfy { $0.hasSuffix(".tar.zst.age") })
        #expect(try sandbox.run(["verify"] + files).status == 4)
        let all = try sandbox.run(["verify"] + files + ["--passphrase-file", "other"])
        #expect(all.status == 0, "\(all.output)\(all.errors)")
        #expect(all.output.hasPrefix("The group is whole: \(files.count) archives, 3 conv"))
    }

    @Test func `What is withheld and not proved of one archive is said of all together`() throws {
        try makeLargeVault("ask bob@corp.example ")
        let made = try sandbox.open(
            "export", "--output", "all", "--split-size", "1MB", "--subject", "ada")
        #expect(made.status == 0, "\(made.errors)")
        let files = try names()
        #expect(files.count == 3)
        let all = try sandbox.run(["verify"] + files)
        #expect(all.status == 0, "\(all.output)\(all.errors)")
        #expect(all.output.contains("  redacted 0 records and 3 parts are withheld\n"))
        #expect(all.output.contains("  missing  no attached file\n"))
        #expect(all.errors.contains("3 marked copies"))
        let one = try sandbox.run("verify", files[0])
        let log = try #require(one.lines.first { $0.hasPrefix("  log      ") })
        #expect(all.lines.filter { $0.hasPrefix("  log      ") } == [log])
        #expect(!all.errors.contains("No audit log is shown"))
    }

    @Test func `For whom archives are and who cosigned some is said of all together`() throws {
        try makeLargeVault()
        let made = try sandbox.open(
            "export", "--output", "all.tar.age", "--split-size", "1MB",
            "--archive-passphrase-file", "other")
        #expect(made.status == 0, "\(made.errors)")
        let packed = try sandbox.run(["verify"] + names() + ["--passphrase-file", "other"])
        #expect(packed.output.contains("  for      whoever knows its passphrase\n"))
        #expect(try sandbox.open("export", "--output", "all", "--split-size", "1MB").status == 0)
        let files = try names().filter { !$0.hasSuffix(".age") }
        try cosign(files[1])
        let all = try sandbox.run(["verify"] + files)
        #expect(all.status == 0, "\(all.output)\(all.errors)")
        let line = try #require(all.lines.first { $0.hasPrefix("  cosigned SHA256:") })
        #expect(line.hasSuffix(", 1 of 3 archives"))
        #expect(all.errors.contains("Compare the fingerprint of each who cosigned"))
    }

    /// Signs an archive that is a folder as a second person does, with stock `ssh-keygen`.
    private func cosign(_ archive: String) throws {
        let command = """
            ssh-keygen -q -t ed25519 -N '' -f second &&
            ssh-keygen -q -Y sign -n export@coffer -f second \
                < \(archive)/tagmanifest-sha256.txt > second.sig
            """
        let made = try sandbox.run(program: "/bin/sh", ["-c", command])
        #expect(made.status == 0, "\(made.errors)")
        let attached = try sandbox.run("archive", "attach", archive, "--cosign", "second.sig")
        #expect(attached.status == 0, "\(attached.errors)")
    }

    @Test func `A time stamp's query is for one archive`() throws {
        try sandbox.makeVault()
        let answer = try sandbox.open(
            "export", "--output", "all", "--split-size", "1GB", "--timestamp-query", "q")
        #expect(answer.status == 64)
        #expect(answer.errors.contains("--timestamp-query is for one archive"))
    }
}
