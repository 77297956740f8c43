import Foundation
import Providers
import Testing

/// The real files and programs of a machine.
@Suite struct MachineTests {
    private static func folder() throws -> URL {
        let place = FileManager.default.temporaryDirectory
            .appending(path: "credentials-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        return place
    }

    private static func fault(_ path: String) -> FileFault? {
        do throws(FileFault) {
            _ = try MachineFiles().read(path, maximumBytes: 100)
            return nil
        } catch {
            return error
        }
    }

    @Test func `Files are read through links, and what is no small file is refused`() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = { (name: String) in folder.appending(path: name).path }
        try Data("token".utf8).write(to: folder.appending(path: "plain"))
        try Data(count: 101).write(to: folder.appending(path: "large"))
        let manager = FileManager.default
        try manager.createSymbolicLink(atPath: path("link"), withDestinationPath: "plain")
        try manager.createSymbolicLink(atPath: path("loop"), withDestinationPath: "loop")
        #expect(mkfifo(path("pipe"), 0o600) == 0)
        #expect(try MachineFiles().read(path("link"), maximumBytes: 100) == Array("token".utf8))
        #expect(Self.fault(path("none")) == .missing)
        #expect(Self.fault(path("plain") + "/x") == .missing)
        #expect(Self.fault(path("loop")) == .tooManyLinks)
        #expect(Self.fault(path("large")) == .tooLarge)
        #expect(Self.fault(path("pipe")) == .notAFile)
        #expect(Self.fault(folder.path) == .notAFile)
        #expect(Self.fault("/dev/zero") == .notAFile)
    }

    @Test func `A file is replaced at once and is the owner's alone`() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "cache.json").path
        for text in ["one", "two"] {
            try MachineFiles().replace(path, with: Array(text.utf8))
            #expect(try MachineFiles().read(path, maximumBytes: 9) == Array(text.utf8))
        }
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["cache.json"])
        #expect(throws: FileFault.missing) {
            try MachineFiles().replace(folder.path + "/none/x", with: [])
        }
    }

    // MARK: Programs

    private static func run(
        _ script: String, seconds: Int = 20, limit: Int = 1000
    ) async -> Result<String, ProgramFault> {
        let call = ProgramCall(
            path: "sh", arguments: ["-c", script],
            environment: ["PATH": "/usr/bin:/bin", "A": "b"],
            timeLimitSeconds: seconds, outputLimitBytes: limit)
        do throws(ProgramFault) {
            return .success(String(decoding: try await MachinePrograms().run(call), as: UTF8.self))
        } catch {
            return .failure(error)
        }
    }

    @Test func `A program prints, sees what it may, and reads nothing`() async {
        #expect(await Self.run("printf '%s' \"$A$HOME\"; cat") == .success("b"))
        #expect(await Self.run("echo lost >&2; exit 3") == .failure(.failed(status: 3)))
        #expect(await Self.run("kill -9 $$") != .success(""))
    }

    @Test func `A program that does not end or prints too much is ended`() async {
        #expect(await Self.run("while :; do :; done", seconds: 1) == .failure(.tookTooLong))
        let silent = await Self.run("exec >&-; while :; do :; done", seconds: 1)
        #expect(silent == .failure(.tookTooLong))
        #expect(await Self.run("while :; do echo y; done", limit: 100) == .failure(.printedTooMuch))
    }

    @Test func `The children of a program that is ended are ended, too`() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let note = folder.appending(path: "child").path
        let script = "sh -c 'while :; do :; done' & echo $! > '\(note)'; wait"
        #expect(await Self.run(script, seconds: 1) == .failure(.tookTooLong))
        let child = try String(contentsOfFile: note, encoding: .utf8).filter(\.isNumber)
        #expect(!child.isEmpty)
        let deadline = ContinuousClock.now.advanced(by: .seconds(20))
        while Self.isRunning(child), ContinuousClock.now < deadline { await Task.yield() }
        #expect(!Self.isRunning(child))
    }

    /// By `/proc`; one that has ended and was not asked after is in state Z.
    private static func isRunning(_ process: String) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        else { return false }
        return !text.contains(") Z ")
    }

    @Test func `A program that is not there cannot be run`() async {
        for path in ["/nowhere/at/all", "no-such-program-here", "/"] {
            let call = ProgramCall(path: path, environment: [:])
            await #expect(throws: ProgramFault.notStarted) { try await MachinePrograms().run(call) }
        }
    }

    @Test func `Who stops waiting ends the program`() async {
        let task = Task { await Self.run("while :; do :; done", seconds: 100) }
        task.cancel()
        #expect(await task.value == .failure(.cancelled))
    }
}
