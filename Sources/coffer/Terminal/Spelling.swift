/// What somebody meant to type.
enum Spelling {
    /// The word that takes the fewest changes, if they are few beside its length.
    static func nearest(to word: String, among words: [String]) -> String? {
        let typed = Array(word.lowercased())
        let ranked = words.map { (word: $0, distance: distance(typed, Array($0))) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }),
            best.distance <= max(1, best.word.count / 3)
        else { return nil }
        return best.word
    }

    /// Letters to add, drop, replace or swap with their neighbour (optimal string alignment).
    private static func distance(_ first: [Character], _ second: [Character]) -> Int {
        var before: [Int] = []
        var above = Array(0...second.count)
        for (row, letter) in first.enumerated() {
            var line = [row + 1]
            for (column, other) in second.enumerated() {
                var cost = min(
                    above[column + 1] + 1, line[column] + 1,
                    above[column] + (letter == other ? 0 : 1))
                if row > 0, column > 0, letter == second[column - 1], first[row - 1] == other {
                    cost = min(cost, before[column - 1] + 1)
                }
                line.append(cost)
            }
            (before, above) = (above, line)
        }
        return above[second.count]
    }
}
