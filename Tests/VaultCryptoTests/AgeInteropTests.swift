import Foundation
import Testing
import VaultCrypto

/// What the stock `age` writes we read, and the other way round.
@Suite("age interoperability")
struct AgeInteropTests {
    private static let sizes = [0, 1, 65_535, 65_536, 65_537, 10_000_000]

    private func keygen(_ folder: TemporaryFolder) throws -> AgeIdentity {
        let name = "\(UUID().uuidString).txt"
        let made = try Tool.run("age-keygen", ["-o", name], in: folder)
        try #require(made.status == 0)
        return try #require(AgeIdentity.parse(file: Pattern.secret(folder.read(name))).first)
    }

    @Test(
        "age opens what we write, to one and to several recipients",
        .enabled(if: Tool.has("age")), arguments: sizes, [false, true])
    func weWrite(size: Int, armored: Bool) throws {
        let folder = try TemporaryFolder()
        let content = Pattern.bytes(size)
        let keys = (0..<3).map { _ in AgeIdentity.generate() }
        let sink = BytesSink()
        try keys[1].write(to: sink)
        try folder.write("key.txt", sink.bytes)
        for recipients in [[keys[1]], keys] {
            let file = try Age.encrypt(content, to: recipients.map(\.recipient), armored: armored)
            let opened = try Tool.run("age", ["-d", "-i", "key.txt"], input: file, in: folder)
            #expect(opened.status == 0, "\(opened.standardError)")
            #expect(opened.standardOutput == content)
        }
    }

    @Test(
        "We open what age writes, to one and to several recipients",
        .enabled(if: Tool.has("age", "age-keygen")), arguments: sizes, [false, true])
    func ageWrites(size: Int, armored: Bool) throws {
        let folder = try TemporaryFolder()
        let content = Pattern.bytes(size)
        let mine = try keygen(folder)
        let recipients = [AgeIdentity.generate(), mine].flatMap {
            ["-r", $0.recipient.description]
        }
        let arguments = recipients + (armored ? ["-a"] : [])
        let made = try Tool.run("age", arguments, input: content, in: folder)
        try #require(made.status == 0, "\(made.standardError)")
        #expect(try Pattern.decrypt(made.standardOutput, [mine]) == content)
        expectFault(.noMatch, .wrongKey) { () throws(VaultError) in
            _ = try Age.decrypt(made.standardOutput, with: [.generate()])
        }
    }

    @Test("age-keygen derives the same recipient", .enabled(if: Tool.has("age-keygen")))
    func recipients() throws {
        let folder = try TemporaryFolder()
        let key = AgeIdentity.generate()
        let sink = BytesSink()
        try key.write(to: sink)
        let shown = try Tool.run("age-keygen", ["-y"], input: sink.bytes, in: folder)
        let text = String(decoding: shown.standardOutput, as: UTF8.self)
        #expect(text == key.recipient.description + "\n")
    }

    /// age asks on the controlling terminal only; `script` gives it one and types what is piped in.
    private func ageOnTerminal(
        _ arguments: String, typing text: String, in folder: TemporaryFolder
    ) throws -> Tool.Output {
        try Tool.run(
            "script", ["-qec", "age \(arguments)", "/dev/null"], input: Array(text.utf8), in: folder
        )
    }

    @Test("age opens our passphrase files", .enabled(if: Tool.has("age", "script")))
    func passphraseForAge() throws {
        let folder = try TemporaryFolder()
        let content = Pattern.bytes(70_000)
        let file = try Age.encrypt(
            Pattern.secret(content), passphrase: Pattern.secret("correct horse"), log2N: 12)
        try folder.write("file.age", file)
        let run = try ageOnTerminal("-d -o out file.age", typing: "correct horse\n", in: folder)
        #expect(run.status == 0, "\(String(decoding: run.standardOutput, as: UTF8.self))")
        #expect(try folder.read("out") == content)
    }

    @Test("We open age's passphrase files", .enabled(if: Tool.has("age", "script")))
    func passphraseFromAge() throws {
        let folder = try TemporaryFolder()
        let content = Pattern.bytes(70_000)
        try folder.write("content", content)
        let run = try ageOnTerminal(
            "-p -o file.age content", typing: "correct horse\ncorrect horse\n", in: folder)
        try #require(run.status == 0, "\(String(decoding: run.standardOutput, as: UTF8.self))")
        let file = try folder.read("file.age")
        let opened = try Age.decrypt(file, passphrase: Pattern.secret("correct horse"))
        #expect(Pattern.reveal(opened) == content)
        expectFault(.noMatch, .wrongKey) { () throws(VaultError) in
            _ = try Age.decrypt(file, passphrase: Pattern.secret("correct horsf"))
        }
    }
}
