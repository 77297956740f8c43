import Foundation
import Testing

/// Files for review as they are asked for on the command line.
@Suite struct ReviewTests {
    let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    @Test(arguments: [
        (["--review", "pst"], "--review knows no format 'pst'; the formats are rsmf, dat, eml,"),
        (["--review", "rsmf,,dat"], "--review knows no format ''"),
        (["--review", "rsmf", "--time-zone", "Europe/Atlantis"], "no time zone 'Europe/Atlantis'"),
        (["--review", "rsmf", "--time-zone", "GMT+5"], "no time zone 'GMT+5'"),
        (["--review", "dat", "--dat-encoding", "latin1"], "--dat-encoding knows no 'latin1'"),
        (["--review", "rsmf", "--dat-encoding", "utf-8"], "--dat-encoding is for --review dat"),
        (["--time-zone", "UTC"], "--time-zone is for the files of --review"),
    ])
    func `What is mistyped is told before a vault is opened`(
        _ words: [String], _ sentence: String
    ) throws {
        let answer = try sandbox.run(["export", "--output", "bag", "--json"] + words)
        #expect(answer.status == 64)
        let error = answer.errors.replacing("\\/", with: "/")
        #expect(error.contains(sentence), "\(error)")
    }

    @Test func `Formats are named together, alone or all at once`() throws {
        try sandbox.makeFilledVault()
        for (bag, words) in [
            ("a", ["--review", "rsmf,dat", "--review", "eml,sessions"]),
            ("b", ["--review", "all"]),
        ] {
            let answer = try sandbox.run(
                ["export", "--output", bag, "--time-zone", "Europe/Zurich"] + words
                    + ["--passphrase-file", "passphrase"])
            #expect(answer.status == 0, "\(answer.errors)")
            #expect(!answer.errors.contains("question mark"))
            #expect(try sandbox.run("verify", bag).status == 0)
            let folders = try FileManager.default.contentsOfDirectory(
                atPath: "\(sandbox.home)/\(bag)/data")
            #expect(Set(["rsmf", "loadfile", "eml", "sessions"]).isSubset(of: folders))
        }
    }

    @Test func `Characters that an encoding lacks are told`() throws {
        try sandbox.makeVault()
        try sandbox.write(
            "chat.jsonl",
            #"{"id":"c","title":"t","messages":[{"id":"1","role":"user","text":"重要 é"}]}"# + "\n")
        #expect(try sandbox.open("import", "chat.jsonl").status == 0)
        let answer = try sandbox.open(
            "export", "--output", "bag", "--review", "dat", "--dat-encoding", "windows-1252")
        #expect(answer.status == 0)
        #expect(
            answer.errors.replacing("\n", with: " ").contains(
                "2 characters of texts are not in the encoding of data/loadfile/export.dat"))
    }
}
