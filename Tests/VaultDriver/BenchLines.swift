import Foundation
import Vault

/// A line of the file of queries; other members are for other engines.
struct BenchQuery: Decodable {
    enum Order: String, Decodable {
        case relevance, newest

        var searchOrder: SearchOrder {
            switch self {
            case .relevance: .relevance
            case .newest: .newest
            }
        }
    }

    var `class`: String
    /// In Coffer's grammar.
    var query: String
    var order: Order

    static func read(_ path: String) throws -> [BenchQuery] {
        let decoder = JSONDecoder()
        return try Data(contentsOf: URL(filePath: path)).split(separator: UInt8(ascii: "\n"))
            .map { try decoder.decode(BenchQuery.self, from: $0) }
    }
}

/// The first line of every run.
struct OpeningLine: Encodable {
    /// From the start of unlocking until the vault answers.
    var openMicroseconds: Double
}

/// What all rounds say about one query.
struct QueryLine: Encodable {
    var `class`: String
    var query: String
    /// One for each round.
    var microseconds: [Double] = []
    /// Hits of the answer, or all matches where they are counted.
    var hits = 0
    /// Conversations of the hits, the best first.
    var conversations: [String]?
}

/// What one pass says.
struct PassLine: Encodable {
    var `class`: String
    /// One for each query of the class, in the order of the file.
    var microseconds: [Double]
}

struct SizeLine: Encodable {
    var indexBytes: Int64
    var segments: Int?
    /// Bytes of each stream of the segments.
    var streams: [String: Int64]
}

struct RebuildLine: Encodable {
    var rebuildMicroseconds: Double
}

enum Lines {
    /// Writes one line of JSON at once, because a reader may wait for it.
    static func write(_ line: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var data = try encoder.encode(line)
        data.append(UInt8(ascii: "\n"))
        try FileHandle.standardOutput.write(contentsOf: data)
    }
}

extension Duration {
    var microseconds: Double { self / .microseconds(1) }
}
