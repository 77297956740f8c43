import Foundation
import Testing

/// A home of its own in which the built program runs, without a terminal and with nothing of the
/// user's environment.
final class Sandbox {
    struct Answer {
        let output: String
        let errors: String
        let status: Int32

        var lines: [String] { output.split(separator: "\n").map(String.init) }

        /// The output as one JSON document.
        var object: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(output.utf8))) as? [String: Any] ?? [:]
        }

        /// The output as JSON lines.
        var objects: [[String: Any]] {
            lines.map {
                (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any] ?? [:]
            }
        }
    }

    let home: String

    init() throws {
        home = NSTemporaryDirectory() + "coffer-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        try write("passphrase", "correct horse\n")
        try write("other", "battery staple\n")
    }

    deinit { try? FileManager.default.removeItem(atPath: home) }

    /// Whether a process may have a user and a mount namespace of its own.
    static let hasNamespaces: Bool = {
        let sandbox = try? Sandbox()
        let answer = try? sandbox?.run(
            program: "/usr/bin/unshare", ["-Urm", "mount", "--bind", "/tmp", "/tmp"])
        return answer?.status == 0
    }()

    /// The program beside the test bundle.
    static let program: String = {
        let bundle = Bundle(for: Sandbox.self).bundlePath
        let beside = (bundle as NSString).deletingLastPathComponent + "/coffer"
        if FileManager.default.isExecutableFile(atPath: beside) { return beside }
        let repository = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return repository.appending(path: ".build/debug/coffer").path
    }()

    @discardableResult
    func write(_ name: String, _ content: String) throws -> String {
        let path = "\(home)/\(name)"
        try Data(content.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        return path
    }

    /// Runs `coffer` in the home folder.
    func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Answer {
        try run(arguments, environment)
    }

    /// The same with the passphrase.
    func open(_ arguments: String...) throws -> Answer {
        try run(arguments + ["--passphrase-file", "passphrase"])
    }

    func run(
        _ arguments: [String], _ environment: [String: String] = [:]
    ) throws -> Answer {
        try run(program: Self.program, arguments, environment)
    }

    /// Runs another program in the home folder.
    func run(
        program: String, _ arguments: [String], _ environment: [String: String] = [:]
    ) throws -> Answer {
        try start(program, arguments, environment)()
    }

    /// Runs `coffer` several times at once.
    func runTogether(_ commands: [[String]]) throws -> [Answer] {
        let running = try commands.map { try start(Self.program, $0, [:]) }
        return try running.map { try $0() }
    }

    /// Starts a program; what this returns waits for its end.
    private func start(
        _ program: String, _ arguments: [String], _ environment: [String: String]
    ) throws -> () throws -> Answer {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: home)
        process.environment = ["HOME": home, "PATH": "/usr/bin:/bin"].merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let files = ["\(home)/.out-\(UUID())", "\(home)/.err-\(UUID())"]
        for file in files { _ = FileManager.default.createFile(atPath: file, contents: nil) }
        process.standardOutput = FileHandle(forWritingAtPath: files[0])
        process.standardError = FileHandle(forWritingAtPath: files[1])
        try process.run()
        return {
            process.waitUntilExit()
            let texts = try files.map { try String(contentsOfFile: $0, encoding: .utf8) }
            return Answer(output: texts[0], errors: texts[1], status: process.terminationStatus)
        }
    }

    /// Two conversations, one with two branches and one whose title tries to act on the terminal.
    func makeFilledVault() throws {
        try makeVault()
        try write("chats.jsonl", Self.chats)
        let answer = try open("import", "chats.jsonl")
        #expect(answer.status == 0, "\(answer.errors)")
    }

    static let chats = """
        {"id":"c1","title":"Lindqvist merger terms","labels":["merger"],"project":"north",\
        "created":"2024-03-05T10:00:00Z","messages":[\
        {"id":"a","role":"user","text":"What are the merger terms?","created":"2024-03-05T10:00:00Z"},\
        {"id":"b","parent":"a","role":"assistant","text":"A premium of 12 %. 日本語の文章。",\
        "model":"model-x","created":"2024-03-05T10:00:10Z"},\
        {"id":"c","parent":"a","role":"assistant","text":"Another answer about the budget.",\
        "model":"model-x","created":"2024-03-05T10:00:20Z"}]}
        {"id":"c2","title":"Evil \\u001b]0;pwned\\u0007 \\u009b31m 日本語日本語日本語日本語日本語日本語日本語日本語日本語",\
        "created":"2023-01-02T00:00:00Z","messages":[\
        {"role":"user","text":"red \\u001b[31m and \\u009b31m and \\u202e reversed"}]}

        """

    /// Makes a vault with a passphrase that is quick to try.
    @discardableResult
    func makeVault(_ more: String...) throws -> Answer {
        try run(
            ["init", "--passphrase-file", "passphrase", "--work-factor", "4"]
                + ["--allow-weak-work-factor", "--custodian", "ada"] + more)
    }
}
