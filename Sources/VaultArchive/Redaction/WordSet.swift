/// Words that are looked for together: a text is gone through once for all of them.
struct WordSet: Sendable {
    private(set) var patterns: [WordPattern] = []
    /// Those that are found at the beginning of a word alone, and the others.
    private var atWords = WordTrie()
    private var anywhere = WordTrie()

    /// - Parameter patterns: All of names, or none; people who share a name have it once.
    init(_ patterns: [WordPattern] = []) {
        var seen: Set<WordPattern> = []
        for pattern in patterns where seen.insert(pattern).inserted { add(pattern) }
    }

    var isEmpty: Bool { patterns.isEmpty }

    /// Whether they are compared as names are: with a text that is folded without marks.
    var areNames: Bool { patterns.first?.isName ?? false }

    private mutating func add(_ pattern: WordPattern) {
        if pattern.isAtWord {
            atWords.add(pattern, patterns.count)
        } else {
            anywhere.add(pattern, patterns.count)
        }
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
        // Whether the last that is no mark is a letter.
        var isInside = false
        for place in elements.indices {
            var candidates = anywhere.candidates(in: text, at: place)
            if !isInside { candidates += atWords.candidates(in: text, at: place) }
            for candidate in candidates {
                guard let range = patterns[candidate].range(in: text, at: place) else {
                    continue
                }
                found.append(range)
                if isFirstEnough { return found }
            }
            if elements[place].kind != .mark { isInside = elements[place].kind == .letter }
        }
        return found
    }
}
