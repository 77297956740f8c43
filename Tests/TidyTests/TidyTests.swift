import Foundation
import Testing

/// Reads the repository and refuses what its documents promise not to contain.
@Suite struct TidyTests {
    private let repository = Repository.here

    private func expectNone(
        _ findings: [Finding], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for finding in findings.sorted() {
            Issue.record(Comment(rawValue: finding.description), sourceLocation: sourceLocation)
        }
    }

    private func document(_ path: String) throws -> TextFile {
        try #require(repository.file(path), "\(path) is missing.")
    }

    @Test func `the repository is found and has sources`() {
        #expect(repository.files.count > 20)
        #expect(repository.files.contains { $0.path.hasPrefix("Sources/Vault/") })
    }

    @Test func `every import stands in the import table`() throws {
        let rule = ImportRule(try document(ImportRule.document))
        #expect(rule.allowed.count > 5)
        expectNone(rule.check(repository.files))
    }

    @Test func `the import table and the manifest name the same targets`() throws {
        let manifest = Manifest(try document("Package.swift"))
        #expect(manifest.targets.count > 10)
        expectNone(ImportRule(try document(ImportRule.document)).check(manifest))
    }

    @Test func `every target of the manifest has source files`() throws {
        for target in Manifest(try document("Package.swift")).targets {
            let files = repository.files.filter { $0.path.hasPrefix(target.folder + "/") }
            #expect(!files.isEmpty, "Package.swift:1: \(target.folder) is empty.")
        }
    }

    @Test func `no target says a word that belongs to another`() {
        expectNone(WordRule.architecture.flatMap { $0.check(repository.files) })
    }

    @Test func `no file claims what only others can`() {
        let findings = WordRule.claims.check(repository.files)
        expectNone(findings.filter { !WordRule.isCitation($0, in: repository.files) })
    }

    @Test func `no file speaks of the place where it was written`() {
        expectNone(WordRule.traces.check(repository.files))
    }

    @Test func `files, lines and functions keep their limits`() {
        expectNone(SizeRules.check(repository.files))
    }

    @Test func `no file and no type is a drawer`() {
        expectNone(NameRules.check(paths: repository.paths))
        expectNone(NameRules.check(repository.files))
    }

    @Test func `escape hatches are as many as the committed numbers say`() {
        expectNone(EscapeHatches.check(repository.files))
    }

    @Test func `every escape hatch has a comment that says why it is true`() {
        expectNone(EscapeHatches.checkReasons(repository.files))
    }

    @Test func `every link and path in the documents resolves`() {
        #expect(repository.files(.markdown).count >= 5)
        expectNone(DocumentRules.check(repository))
    }

    @Test func `the documents that a newcomer expects are there`() throws {
        for name in ["README", "ARCHITECTURE", "SECURITY", "CONTRIBUTING", "CHANGELOG"] {
            _ = try document(name + ".md")
        }
        let lines = try document("README.md").lineCount
        #expect(lines <= 120, "README.md:121: \(lines) lines; two screens are the most.")
    }

    @Test func `migrations are numbered, embedded in order and frozen once released`() {
        #expect(!MigrationRules.migrations(repository).isEmpty)
        expectNone(MigrationRules.check(repository))
    }

    @Test func `scripts stop at the first error and can be executed`() {
        expectNone(ScriptRules.check(repository))
        expectNone(
            ScriptRules.checkModes(repository) { path in
                let file = repository.root.appending(path: path)
                return FileManager.default.isExecutableFile(atPath: file.path)
            })
    }
}

/// Checks that need another program; each is skipped with its name when that program is missing.
@Suite struct TidyToolTests {
    static func exists(_ program: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: program)
    }

    /// Runs a program at the root of the repository; answers its status and what it printed.
    private func run(_ program: String, _ arguments: String...) throws -> (Int32, String) {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.currentDirectoryURL = Repository.here.root
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    @Test(.enabled(if: exists("/usr/bin/sqlite3"), "sqlite3 is not installed"))
    func `schema.sql is the sum of the migrations`() throws {
        let (status, output) = try run("/usr/bin/env", "bash", "tools/make-schema", "--check")
        #expect(status == 0, "migrations/schema.sql:1: \(output)")
    }

    @Test(.enabled(if: exists("/usr/bin/sha256sum"), "sha256sum is not installed"))
    func `released migrations have the bytes that they were released with`() throws {
        let frozen = try #require(Repository.here.file("migrations/frozen.txt"))
        guard frozen.lines.contains(where: { !$0.isEmpty && !$0.hasPrefix("#") }) else { return }
        let (status, output) = try run(
            "/usr/bin/env", "--chdir=migrations", "sha256sum", "--strict", "--check", "--quiet",
            "frozen.txt")
        #expect(status == 0, "migrations/frozen.txt:1: \(output)")
    }

    @Test(.enabled(if: exists("/usr/bin/bash") || exists("/bin/bash"), "bash is not installed"))
    func `every shell script parses`() throws {
        for file in Repository.here.files(.bash) {
            let (status, output) = try run("/usr/bin/env", "bash", "-n", file.path)
            #expect(status == 0, "\(file.path):1: \(output)")
        }
    }
}
