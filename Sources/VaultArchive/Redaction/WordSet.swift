/// Words that are looked for together: a text is gone through once for all of them.
struct WordSet: Sendable {
    private(set) var patterns: [WordPattern] = []
    /// Patterns by what they begin with.
    private var index: [UInt32: [Int]] = [:]

    init(_ patterns: [WordPattern] = []) {
        for pattern in patterns { add(pattern) }
    }

    var isEmpty: Bool { patterns.isEmpty }

    mutating func add(_ pattern: WordPattern) {
        index[pattern.firstValue, default: []].append(patterns.count)
        patterns.append(pattern)
    }

    /// Where any of the words is; ranges may overlap.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - isFirstEnough: Whether to stop at the first.
    /// - Returns: Ranges of offsets in the UTF-8 of what was folded.
    func ranges(in text: FoldedText, isFirstEnough: Bool) -> [Range<Int32>] {
        guard !patterns.isEmpty else { return [] }
        var found: [Range<Int32>] = []
        let elements = text.elements
        for place in elements.indices {
            guard let candidates = index[elements[place].value] else { continue }
            for candidate in candidates {
                guard let range = patterns[candidate].range(in: text, at: place) else {
                    continue
                }
                found.append(range)
                if isFirstEnough { return found }
            }
        }
        return found
    }
}
