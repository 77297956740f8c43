import Foundation
import Vault

/// Says which messages match, by their times in milliseconds, which the caller has made different.
///
/// Each query is answered in three ways that share little: newest first, ranked without a limit,
/// and, where the matches are few, by the walk over all of them that an export takes. They must
/// agree.
struct MatchList {
    /// No walk over more matches: it looks each one up.
    private static let mostWalked = 200

    private let vault: Vault
    /// Times of messages by their number.
    private let times: [Int64: Int64]

    /// Learns the times of all messages, which must have different ones.
    init(_ vault: Vault) throws {
        self.vault = vault
        let all = SearchRequest("after:1971", limit: .max, order: .newest, idsOnly: true)
        let hits = try vault.search(all).hits
        let numbers = try vault.rank(all).map(\.message)
        let found = hits.compactMap { $0.created?.milliseconds }
        guard found.count == numbers.count, Set(found).count == numbers.count else {
            throw Fault("not every message has a time of its own")
        }
        times = Dictionary(uniqueKeysWithValues: zip(numbers, found))
    }

    /// Writes one line for each query: the times, ascending, with blanks between them.
    func write(_ queries: [BenchQuery]) throws {
        var out: [UInt8] = []
        for query in queries {
            let found = try times(of: query.query)
            for time in found {
                out.append(contentsOf: String(time).utf8)
                out.append(UInt8(ascii: " "))
            }
            out.append(UInt8(ascii: "\n"))
            if out.count > 1 << 20 {
                try FileHandle.standardOutput.write(contentsOf: Data(out))
                out.removeAll(keepingCapacity: true)
            }
        }
        try FileHandle.standardOutput.write(contentsOf: Data(out))
    }

    private func times(of query: String) throws -> [Int64] {
        let newest = try numbers(query, .newest)
        let ranked = try numbers(query, .relevance)
        guard newest == ranked else { throw Fault("ranked and newest differ: \(query)") }
        if newest.count <= Self.mostWalked {
            var walked = 0
            _ = try vault.forEachMatch(query) { _ in
                walked += 1
                return true
            }
            guard walked == newest.count else { throw Fault("a walk finds others: \(query)") }
        }
        return newest.compactMap { times[$0] }.sorted()
    }

    private func numbers(_ query: String, _ order: SearchOrder) throws -> [Int64] {
        let request = SearchRequest(query, limit: .max, order: order, idsOnly: true)
        return try vault.rank(request).map(\.message).sorted()
    }
}

/// What this program found wrong.
private struct Fault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
