import Foundation
import JSONText
import Testing

/// A folder of recorded requests, responses and public vectors that is no part of the repository.
///
/// `COFFER_WIRE` names it; without it the tests over it are skipped, and say so.
enum WireData {
    static let folder = ProcessInfo.processInfo.environment["COFFER_WIRE"]
    static let skipped: Comment = "COFFER_WIRE names no folder of recorded requests"

    static func bytes(_ path: String) throws -> [UInt8] {
        let folder = try #require(folder)
        return try Array(Data(contentsOf: URL(filePath: folder).appending(path: path)))
    }

    static func text(_ path: String) throws -> String {
        String(decoding: try bytes(path), as: UTF8.self)
    }

    static func json(_ path: String) throws -> JSON {
        try JSONReader.parse(try bytes(path))
    }

    /// The names in a folder, sorted.
    static func names(_ path: String) throws -> [String] {
        let folder = try #require(folder)
        let place = URL(filePath: folder).appending(path: path)
        return try FileManager.default.contentsOfDirectory(atPath: place.path).sorted()
    }
}

@Suite struct WireDataTests {
    @Test func `Without recorded requests a reason is printed`() {
        if WireData.folder == nil { print("SKIPPED recorded requests: \(WireData.skipped)") }
    }
}
