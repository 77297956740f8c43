import Foundation
import Vault
import VaultArchive
import VaultCrypto

/// A folder that is removed at the end of a test.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "coffer-archive-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func request(_ name: String) -> ArchiveExport.Request {
        var request = ArchiveExport.Request(
            output: "\(path)/\(name)", matter: "Lindqvist merger", time: testTime(0),
            bag: testID(99))
        request.query = "lindqvist after:2026-01-01"
        request.person = "Eva Officer"
        request.organization = "Example AB"
        request.reason = "Demand of 27 February"
        return request
    }

    @discardableResult
    func export(
        _ source: MemorySource, _ name: String,
        change: (inout ArchiveExport.Request) -> Void = { _ in }
    ) throws -> ArchiveExport.Result {
        var request = request(name)
        change(&request)
        return try ArchiveExport.run(source, request)
    }

    func verify(_ name: String, signer: String? = nil) throws -> ArchiveVerifier.Result {
        try ArchiveVerifier.verify("\(path)/\(name)", signer: signer)
    }

    func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
    }

    func write(_ name: String, _ content: [UInt8]) throws {
        try Data(content).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    func write(_ name: String, _ content: String) throws { try write(name, Array(content.utf8)) }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }

    /// The paths of all files below a folder, sorted.
    func files(_ name: String) throws -> [String] {
        let root = "\(path)/\(name)"
        return try FileManager.default.subpathsOfDirectory(atPath: root).filter { sub in
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: "\(root)/\(sub)", isDirectory: &isFolder)
            return !isFolder.boolValue
        }.sorted()
    }

    /// Runs a program in the folder `name`.
    ///
    /// - Returns: Its exit status and all it printed, or `nil` when there is no such program.
    func run(_ name: String, _ arguments: [String], input: [UInt8]? = nil) throws -> (
        Int32, String
    )? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: "\(path)/\(name)")
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        let source = Pipe()
        process.standardInput = source
        try process.run()
        source.fileHandleForWriting.write(Data(input ?? []))
        try source.fileHandleForWriting.close()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 127 ? nil : (process.terminationStatus, text)
    }
}
