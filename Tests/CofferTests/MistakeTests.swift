import Foundation
import Testing

/// What is typed wrongly gets a true sentence, and the right words where they can be guessed.
@Suite struct MistakeTests {
    let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    @Test(arguments: [
        (["serach"], "search"), (["help", "serach"], "search"), (["exprot", "x"], "export"),
        (["labl", "list"], "label"), (["slot", "rotat", "x"], "slot rotate"),
        (["help", "slot", "lits"], "slot list"), (["serach", "--json"], "search"),
    ])
    func `A mistyped command gets a suggestion`(_ arguments: [String], _ meant: String) throws {
        let answer = try sandbox.run(arguments, [:])
        #expect(answer.status == 64)
        #expect(answer.errors.contains("`coffer \(meant)`"), "\(answer.errors)")
        #expect(answer.output.isEmpty)
    }

    @Test func `A command that is like no other gets no suggestion`() throws {
        let answer = try sandbox.run("xylophone")
        #expect(answer.status == 64)
        #expect(!answer.errors.contains("did you mean"))
    }

    @Test func `Help of what there is does not fail`() throws {
        for arguments in [["help"], ["help", "search"], ["help", "slot", "list"], ["--help"]] {
            #expect(try sandbox.run(arguments).status == 0, "\(arguments)")
        }
    }

    @Test(arguments: ["--help", "help", "--version", "list --help"])
    func `Help that cannot be written is an error`(_ words: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "'\(Sandbox.program)' \(words) > /dev/full"]
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let text = String(
            decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 1)
        #expect(text.contains("could not be written"))
    }

    @Test func `A negative limit is called one`() throws {
        try sandbox.makeFilledVault()
        let answer = try sandbox.open("list", "--limit", "-1")
        #expect(answer.status == 64)
        #expect(answer.errors.contains("0 or a positive number"), "\(answer.errors)")
        #expect(try sandbox.open("list", "--limit", "0").status == 0)
    }

    @Test(arguments: ["zzzz", "ffffffff", "no-such-id", "018dfa1e-0000-7000-8000-000000000000"])
    func `An id that names nothing ends with 5, whatever it looks like`(_ id: String) throws {
        try sandbox.makeFilledVault()
        let answer = try sandbox.open("show", id)
        #expect(answer.status == 5)
        #expect(answer.errors.contains("coffer list"), "\(answer.errors)")
    }

    @Test(arguments: [
        "", "init", "unlock", "lock", "status", "import", "search", "list", "show", "stats",
        "export", "verify", "doctor", "label", "slot", "slot add", "slot rotate", "key",
        "hold", "hold place", "retention", "retention set", "policy", "delete", "purge",
        "audit clock",
    ])
    func `Examples can be typed as they stand`(_ command: String) throws {
        let words = command.split(separator: " ").map(String.init) + ["--help"]
        let lines = try sandbox.run(words).output.split(
            separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0.hasPrefix("EXAMPLE") })
        let examples = lines[(start + 1)...].prefix { !$0.isEmpty }
        #expect(!examples.isEmpty)
        for (line, previous) in zip(examples, lines[start...]) {
            #expect(
                line.hasPrefix("  coffer") || previous.hasSuffix("\\"), "\(command): \(line)")
        }
    }
}
