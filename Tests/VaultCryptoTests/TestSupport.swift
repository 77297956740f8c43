import Foundation
import Testing
import VaultCrypto

/// Content for tests: bytes that differ from place to place, and secrets made of text.
enum Pattern {
    static func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            for index in 0..<count {
                buffer[index] = UInt8(truncatingIfNeeded: index &* 31 ^ index >> 8)
            }
            filled = count
        }
    }

    static func secret(_ text: String) -> SecretBytes {
        secret(Array(text.utf8))
    }

    static func secret(_ bytes: [UInt8]) -> SecretBytes {
        SecretBytes(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    /// Everything that a source gives, in reads of an odd size.
    static func drain(_ source: any ByteSource, readSize: Int = 10_007) throws(VaultError)
        -> [UInt8]
    {
        let sink = BytesSink()
        var buffer = [UInt8](repeating: 0, count: readSize)
        while true {
            let count = try read(source, &buffer)
            if count == 0 { return sink.bytes }
            try sink.write(Array(buffer[..<count]))
        }
    }

    static func decrypt(_ file: [UInt8], _ identities: [AgeIdentity]) throws(VaultError) -> [UInt8]
    {
        try drain(try AgeDecryptor(input: BytesSource(file), identities: identities))
    }
}

/// Expects an age file to be refused by the given layer, with the given code.
func expectFault(
    _ fault: AgeFault, _ code: VaultError.Code? = nil, _ comment: Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws(VaultError) -> Void
) {
    do {
        try body()
        Issue.record(comment ?? "was accepted", sourceLocation: sourceLocation)
    } catch {
        #expect(error.underlying as? AgeFault == fault, comment, sourceLocation: sourceLocation)
        if let code { #expect(error.code == code, comment, sourceLocation: sourceLocation) }
    }
}

extension Pattern {
    /// One read, with the typed error that `withUnsafeMutableBytes` would lose.
    static func read(_ source: any ByteSource, _ buffer: inout [UInt8]) throws(VaultError) -> Int {
        let result = buffer.withUnsafeMutableBytes { room in
            Result { () throws(VaultError) in try source.read(into: room) }
        }
        return try result.get()
    }

    /// A secret's bytes in the open, because `#expect` cannot hold what cannot be copied.
    static func reveal(_ secret: borrowing SecretBytes) -> [UInt8] {
        secret.withBytes { Array($0) }
    }

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String(format: "%02x", $0) }.joined()
    }

    static func bytes(hex: String) -> [UInt8] {
        let digits = Array(hex.filter { !$0.isWhitespace })
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
    }
}

/// Stock programs that tests run; a test that needs a missing one is skipped.
enum Tool {
    struct Output {
        let status: Int32
        let standardOutput: [UInt8]
        let standardError: String
    }

    static func path(_ name: String) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(
            separator: ":")
        return folders.map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Whether a program is installed; prints the reason for a skip when it is not.
    static func has(_ names: String...) -> Bool {
        for name in names where path(name) == nil {
            print("SKIPPED: \(name) is not installed.")
            return false
        }
        return true
    }

    /// Runs a program to its end; its input and output go through files, so no pipe can fill up.
    static func run(
        _ name: String, _ arguments: [String], input: [UInt8] = [], in folder: TemporaryFolder
    ) throws -> Output {
        let process = Process()
        process.executableURL = URL(filePath: try #require(path(name), "\(name) is not installed"))
        process.arguments = arguments
        process.currentDirectoryURL = folder.url
        let id = UUID().uuidString
        let input = try folder.write("\(id).in", input)
        let output = try folder.write("\(id).out", [])
        let errors = try folder.write("\(id).err", [])
        process.standardInput = try FileHandle(forReadingFrom: input)
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        return Output(
            status: process.terminationStatus,
            standardOutput: Array(try Data(contentsOf: output)),
            standardError: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
    }

    /// Undoes zlib compression, which only the test kit uses.
    static func inflate(_ data: Data) throws -> Data {
        let folder = try TemporaryFolder()
        let script =
            "import sys,zlib;sys.stdout.buffer.write(zlib.decompress(sys.stdin.buffer.read()))"
        let output = try run("python3", ["-c", script], input: Array(data), in: folder)
        try #require(output.status == 0)
        return Data(output.standardOutput)
    }
}

/// A folder that goes away with its owner.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "coffer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8], mode: Int = 0o600) throws -> URL {
        let file = url.appending(path: name)
        try Data(bytes).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        return file
    }

    func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: url.appending(path: name)))
    }

    func path(_ name: String) -> String { url.appending(path: name).path }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }
}
