/// Finds terms of the index that are spelled almost like a word that is not in it.
struct NearestTerms {
    /// How many letters may differ; a short word has too many neighbours.
    private static func tolerance(_ letters: Int) -> Int { letters < 3 ? 0 : letters < 6 ? 1 : 2 }

    private struct Candidate {
        var text: String
        var distance: Int
        var count: Int
    }

    let search: IndexSearch

    /// The nearest terms, the most frequent of the nearest first.
    ///
    /// - Parameters:
    ///   - word: A term that is not in the index.
    ///   - limit: At most so many.
    /// - Returns: Terms as they are in the index: folded.
    /// - Throws: `SegmentDamage`, and what the database throws.
    func near(_ word: [UInt8], limit: Int) throws -> [String] {
        let wanted = Array(String(decoding: word, as: UTF8.self).unicodeScalars)
        let tolerance = Self.tolerance(wanted.count)
        guard tolerance > 0 else { return [] }
        var found: [[UInt8]: Candidate] = [:]
        for reader in search.state.readers {
            // Facts come before all letters and digits.
            try reader.forEachTerm(from: [0x30], search.store) { term, entry in
                if let known = found[term] {
                    found[term]?.count = known.count + entry.count
                } else if abs(term.count - word.count) <= 4 * tolerance {
                    let text = String(decoding: term, as: UTF8.self)
                    let distance = EditDistance.between(
                        wanted, Array(text.unicodeScalars), limit: tolerance)
                    if let distance {
                        found[term] = Candidate(text: text, distance: distance, count: entry.count)
                    }
                }
                return true
            }
        }
        return found.values.sorted {
            ($0.distance, -$0.count, $0.text) < ($1.distance, -$1.count, $1.text)
        }.prefix(limit).map(\.text)
    }
}

/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours.
enum EditDistance {
    /// `nil` when it is more than `limit`.
    static func between(
        _ first: [Unicode.Scalar], _ second: [Unicode.Scalar], limit: Int
    ) -> Int? {
        guard abs(first.count - second.count) <= limit else { return nil }
        var beforeLast: [Int] = []
        var last = Array(0...second.count)
        for row in 1..<first.count + 1 {
            var current = [row]
            for column in 1..<second.count + 1 {
                let isSame = first[row - 1] == second[column - 1]
                var least = min(last[column] + 1, current[column - 1] + 1)
                least = min(least, last[column - 1] + (isSame ? 0 : 1))
                if row > 1, column > 1, first[row - 1] == second[column - 2],
                    first[row - 2] == second[column - 1]
                {
                    least = min(least, beforeLast[column - 2] + 1)
                }
                current.append(least)
            }
            guard let least = current.min(), least <= limit else { return nil }
            beforeLast = last
            last = current
        }
        return last[second.count] <= limit ? last[second.count] : nil
    }
}
