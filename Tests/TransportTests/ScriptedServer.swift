import Foundation
import JSONText
import Testing

/// `tools/scripted-provider` as a child of the tests; it ends with them, because its standard input
/// does.
final class ScriptedServer: Sendable {
    let port: Int
    /// `https://localhost:PORT`, or `http` without TLS.
    let url: String
    /// The file of the authority to trust; nil without TLS.
    let authority: String?
    private let log: URL
    private let input: Pipe

    /// One for all tests that need nothing special of it.
    static let shared = Result { try ScriptedServer() }

    /// - Parameters:
    ///   - isEncrypted: Whether it speaks TLS.
    ///   - arguments: Further ones.
    /// - Throws: What keeps it from starting.
    init(isEncrypted: Bool = true, _ arguments: [String] = []) throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "coffer-scripted-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        log = folder.appending(path: "requests")
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            ["python3", root.appending(path: "tools/scripted-provider").path, "--log", log.path]
            + (isEncrypted ? ["--tls", folder.path] : []) + arguments
        input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = try #require(Self.line(output.fileHandleForReading), "it says nothing")
        let ready = try JSONReader.parse(line)
        port = Int(try #require(ready["port"]?.int))
        url = try #require(ready["url"]?.string)
        authority = ready["authority"]?.string
    }

    deinit {
        try? input.fileHandleForWriting.close()
        try? FileManager.default.removeItem(at: log.deletingLastPathComponent())
    }

    private static func line(_ file: FileHandle) -> [UInt8]? {
        var bytes: [UInt8] = []
        while true {
            let more = file.availableData
            if more.isEmpty { return nil }
            bytes += more
            if let end = bytes.firstIndex(of: 10) { return Array(bytes[..<end]) }
        }
    }

    /// What it noted: requests, and connections that the other side ended.
    func notes() throws -> [JSON] {
        guard let data = try? Data(contentsOf: log) else { return [] }
        return try data.split(separator: 10).map { try JSONReader.parse(Array($0)) }
    }

    /// The requests to paths that begin so.
    func requests(_ prefix: String = "") throws -> [JSON] {
        try notes().filter { $0["path"]?.string?.hasPrefix(prefix) == true }
    }
}
