import Foundation
import Testing

/// `coffer redact`, and the paths and keys of archives, as a person types them.
@Suite struct RedactCommandTests {
    let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try sandbox.makeFilledVault()
        try sandbox.write("archive-passphrase", "to be told\n")
    }

    private func exists(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(sandbox.home)/\(name)")
    }

    private func message() throws -> String {
        try #require(try sandbox.open("search", "premium", "--ids").lines.first)
    }

    private func redact(
        _ archive: String, to output: String, _ more: String...
    ) throws -> Sandbox.Answer {
        try sandbox.run(
            ["redact", archive, "--output", output, "--withhold", try message()]
                + ["--reason", "privilege", "--passphrase-file", "passphrase"] + more)
    }

    @Test(arguments: [
        "bag/copy", "bag/data/copy.tar", "./bag/copy.tar.zst", "data/../copy", "link/copy",
    ])
    func `A copy in the archive's own folder is refused`(output: String) throws {
        #expect(try sandbox.open("export", "--output", "bag").status == 0)
        for (link, target) in [("link", "bag"), ("data", "bag/data")] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(sandbox.home)/\(link)", withDestinationPath: target)
        }
        let answer = try redact("bag", to: output)
        #expect(answer.status == 3, "\(answer.errors)")
        #expect(answer.errors.contains("The copy cannot stand in the archive"), "\(answer.errors)")
        #expect(try sandbox.run("verify", "bag").status == 0)
    }

    @Test func `A folder that is not there is told in one sentence, and nothing is made`() throws {
        #expect(try sandbox.open("export", "--output", "bag").status == 0)
        let sentence = "The folder that --output names does not exist; create it and try again."
        for output in ["nowhere/copy", "nowhere/copy.tar"] {
            let copy = try redact("bag", to: output)
            #expect(copy.status == 1 && copy.errors.contains(sentence), "\(copy.errors)")
            let export = try sandbox.open("export", "--output", output)
            #expect(export.status == 1 && export.errors.contains(sentence), "\(export.errors)")
        }
        #expect(!exists("nowhere"))
        try sandbox.write("file", "")
        let below = try redact("bag", to: "file/copy")
        #expect(below.status == 1 && below.errors.contains(sentence), "\(below.errors)")
    }

    @Test func `A copy of a copy is made only of the first maker who is expected`() throws {
        let made = try sandbox.open("export", "--output", "bag", "--json").object
        let maker = try #require(made["signer"] as? String)
        #expect(try redact("bag", to: "copy").status == 0)
        let budget = try #require(try sandbox.open("search", "budget", "--ids").lines.first)
        let again = [
            "redact", "copy", "--output", "again", "--withhold", budget, "--reason", "privilege",
            "--original-signer",
        ]
        let stranger = "SHA256:" + String(repeating: "A", count: 43)
        let refused = try sandbox.run(again + [stranger, "--passphrase-file", "passphrase"])
        #expect(refused.status == 2 && !exists("again"), "\(refused.errors)")
        let taken = try sandbox.run(again + [maker, "--passphrase-file", "passphrase"])
        #expect(taken.status == 0 && exists("again"), "\(taken.errors)")
    }

    @Test(arguments: ["", "  "])
    func `A subject without a name is refused`(subject: String) throws {
        let answer = try sandbox.open("export", "--output", "bag", "--subject", subject)
        #expect(answer.status == 64)
        #expect(answer.errors.contains("--subject is empty; name the custodian."))
        #expect(!exists("bag"))
    }

    @Test func `An encrypted archive asks for its own keys, whatever its name says`() throws {
        let made = try sandbox.open(
            "export", "--output", "bag.tar.age", "--archive-passphrase-file", "archive-passphrase")
        #expect(made.status == 0, "\(made.errors)")
        try FileManager.default.copyItem(
            atPath: "\(sandbox.home)/bag.tar.age", toPath: "\(sandbox.home)/plain.tar")
        for archive in ["bag.tar.age", "plain.tar"] {
            for (answer, options) in [
                (
                    try redact(archive, to: "copy"),
                    "give --archive-identity or --open-passphrase-file with"
                ),
                (
                    try sandbox.open("restore", archive),
                    "give --archive-identity or --archive-passphrase-file with"
                ),
                (try sandbox.run("verify", archive), "give --identity or --passphrase-file with"),
            ] {
                #expect(answer.status == 4)
                #expect(
                    answer.errors.contains("The archive is encrypted; \(options)"),
                    "\(archive): \(answer.errors)")
            }
        }
        #expect(!exists("copy"))
    }

    @Test func `An archive under a passphrase is redacted, verified and restored`() throws {
        let secret = ["--archive-passphrase-file", "archive-passphrase"]
        let made = try sandbox.run(
            ["export", "--output", "bag.tar.age", "--passphrase-file", "passphrase"] + secret)
        #expect(made.status == 0, "\(made.errors)")
        let wrong = try redact("bag.tar.age", to: "copy", "--open-passphrase-file", "other")
        #expect(wrong.status == 4, "\(wrong.errors)")
        let plain = try redact(
            "bag.tar.age", to: "copy", "--open-passphrase-file", "archive-passphrase")
        #expect(plain.status == 0, "\(plain.errors)")
        #expect(try sandbox.run("verify", "copy").status == 0)
        let sealed = try redact(
            "bag.tar.age", to: "copy.tar.age", "--open-passphrase-file", "archive-passphrase",
            "--archive-passphrase-file", "other")
        #expect(sealed.status == 0, "\(sealed.errors)")
        #expect(
            try sandbox.run("verify", "copy.tar.age", "--passphrase-file", "other").status == 0)
        #expect(
            try sandbox.run("verify", "bag.tar.age", "--passphrase-file", "archive-passphrase")
                .status == 0)
        #expect(
            try sandbox.run(
                ["restore", "bag.tar.age", "--passphrase-file", "passphrase"] + secret
            ).status == 0)
        let both = try redact(
            "bag.tar.age", to: "x", "--open-passphrase-file", "other", "--archive-identity", "key")
        #expect(both.status == 64)
    }
}
