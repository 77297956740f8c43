import Foundation

@testable import Vault

/// Something that counts in a query for `ExhaustiveScorer`; words by their numbers.
enum PlainLeaf {
    case word(Int)
    case phrase([Int])
    /// All words of a group, which begin alike.
    case beginning(Int)
}

/// A query that is ranked, as index and scorer both understand it.
struct PlainQuery {
    var leaves: [PlainLeaf]
    /// Whether one leaf is enough.
    var isAny = false
    var times: Range<Int64>?
    var role: Int64?

    var indexQuery: IndexQuery {
        let parts = leaves.map { leaf -> IndexQuery in
            switch leaf {
            case .word(let word): .term(Array(PlainWords.text(word).utf8))
            case .phrase(let words): .phrase(words.map { Array(PlainWords.text($0).utf8) })
            case .beginning(let group): .prefix([Array(PlainWords.beginning(group).utf8)])
            }
        }
        var conditions = isAny ? [.any(parts)] : parts
        if let times { conditions.append(.times(times)) }
        if let role { conditions.append(.facts([IndexFact.role(role).term])) }
        return conditions.count == 1 ? conditions[0] : .all(conditions)
    }
}

/// Invented words in groups of eight that begin with the same four letters.
enum PlainWords {
    /// Words that are drawn, the first of them for every message as well.
    static let usual = 400
    /// With the last group, which a few messages have.
    static let count = 408
    static let groupSize = 8

    static func beginning(_ group: Int) -> String {
        let letters = Array("bcdfghjk")
        return "x\(letters[group / 8 % 8])\(letters[group % 8])q"
    }

    static func text(_ word: Int) -> String {
        beginning(word / groupSize) + String("abcdefgh".dropFirst(word % groupSize).prefix(1))
    }
}

struct PlainDocument {
    var message: Int64
    /// Which segment it was added with.
    var segment: Int
    /// Milliseconds; 0 without.
    var time: Int64
    var role: Int64
    var words: [Int]
    var isRemoved = false
}

/// Scores every message from its words with BM25, without an index and without leaving any out.
///
/// It shares the code of a length with the index and nothing else. Removed messages count for the
/// average length and for how rare words are, as they do until their segment is merged.
final class ExhaustiveScorer {
    let documents: [PlainDocument]
    /// Of each word its count in each message.
    private let counts: [[Int32]]
    private let saturation: [Double]
    private let freshness: [Double]

    init(_ documents: [PlainDocument]) {
        self.documents = documents
        var counts = [[Int32]](
            repeating: [Int32](repeating: 0, count: documents.count), count: PlainWords.count)
        for (index, document) in documents.enumerated() {
            for word in document.words { counts[word][index] += 1 }
        }
        self.counts = counts
        let words = documents.reduce(0) { $0 + $1.words.count }
        let average = Double(words) / Double(documents.count)
        saturation = documents.map { document in
            let length = NormCode.decode(NormCode.encode(document.words.count))
            return 1.2 * (0.25 + 0.75 * Double(length) / average)
        }
        freshness = Self.freshness(documents)
    }

    /// A tenth more for the newest message and half of that for each year before; of 128 messages
    /// of a segment with more than 4,096, in the order of time, the oldest decides.
    private static func freshness(_ documents: [PlainDocument]) -> [Double] {
        var factors = [Double](repeating: 1, count: documents.count)
        let newest = documents.map(\.time).max() ?? 0
        for segment in Dictionary(grouping: documents.indices, by: { documents[$0].segment }) {
            let order = segment.value.sorted {
                (documents[$0].time, documents[$0].message)
                    < (documents[$1].time, documents[$1].message)
            }
            let span = order.count > 4096 ? 128 : 1
            for (place, index) in order.enumerated() {
                let time = documents[order[place / span * span]].time
                guard time > 0 else { continue }
                factors[index] += 0.1 * exp2(-Double(newest - time) / (365 * 86_400_000))
            }
        }
        return factors
    }

    /// The score of every message that matches.
    func scores(_ query: PlainQuery, prefersNewer: Bool) -> [Int64: Double] {
        let leaves = query.leaves.map { (counts: counts(of: $0), weight: weight(of: $0)) }
        var scores: [Int64: Double] = [:]
        for index in documents.indices {
            let document = documents[index]
            if document.isRemoved || query.role ?? document.role != document.role { continue }
            if let times = query.times, !times.contains(document.time) { continue }
            var score = 0.0
            var found = 0
            for leaf in leaves where leaf.counts[index] > 0 {
                let count = Double(leaf.counts[index])
                score += leaf.weight * count / (count + saturation[index])
                found += 1
            }
            guard found == leaves.count || query.isAny && found > 0 else { continue }
            scores[document.message] = prefersNewer ? score * freshness[index] : score
        }
        return scores
    }

    private func counts(of leaf: PlainLeaf) -> [Int32] {
        switch leaf {
        case .word(let word): return counts[word]
        case .beginning(let group):
            let first = group * PlainWords.groupSize
            return (first + 1..<first + PlainWords.groupSize).reduce(counts[first]) { sums, word in
                zip(sums, counts[word]).map { $0 + $1 }
            }
        case .phrase(let words):
            return documents.indices.map { index in
                guard words.allSatisfy({ counts[$0][index] > 0 }) else { return 0 }
                let text = documents[index].words
                return Int32(text.indices.count { text[$0...].starts(with: words) })
            }
        }
    }

    private func weight(of leaf: PlainLeaf) -> Double {
        func weight(_ counts: [Int32]) -> Double {
            let having = Double(counts.count { $0 > 0 })
            return log(1 + (Double(documents.count) - having + 0.5) / (having + 0.5))
        }
        if case .phrase(let words) = leaf {
            return words.reduce(0) { $0 + weight(counts[$1]) }
        }
        return weight(counts(of: leaf))
    }
}
