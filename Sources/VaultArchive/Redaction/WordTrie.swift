/// Tells which of many words may begin at a place by all their letters, so that the time grows with
/// the text and hardly with how many words there are, even those that begin alike.
///
/// A word is here what it begins with and then its letters and digits, but `a` and `e`, which may
/// stand for nothing (`WordPattern`, 4). A text is gone along from a place in the same way, over
/// all that may stand between the letters of a word: signs, blanks, marks and what is not read, of
/// which what is inside is looked at too. What is found may be none of the word; none is left out.
struct WordTrie: Sendable {
    /// The node below one, by its number and a letter.
    private var nodes: [UInt64: Int] = [:]
    /// For each node, the words that end there.
    private var words: [[Int]] = [[]]
    /// By the first letter.
    private var byFirst: [UInt32: [Int]] = [:]
    /// How far apart two letters may be.
    private var reach = 0

    /// What goes beyond this at one place is left to the words themselves.
    private static let mostSteps = 200

    mutating func add(_ pattern: WordPattern, _ number: Int) {
        var node = 0
        for letter in pattern.skeleton {
            let key = UInt64(node) << 32 | UInt64(letter)
            if let next = nodes[key] {
                node = next
            } else {
                nodes[key] = words.count
                node = words.count
                words.append([])
            }
        }
        words[node].append(number)
        byFirst[pattern.firstValue, default: []].append(number)
        // Spaced, with marks, and what may stand between two words.
        reach = max(reach, 3 * pattern.length + pattern.gaps.upperBound + 8)
    }

    /// The words that may begin at a place.
    func candidates(in text: FoldedText, at place: Int) -> [Int] {
        let first = text.elements[place].value
        guard let root = nodes[UInt64(first)] else { return [] }
        var found: [Int] = []
        var open = [(node: root, place: place)]
        var steps = 0
        while let (node, place) = open.popLast() {
            found += words[node]
            steps += 1
            guard steps < Self.mostSteps else { return byFirst[first] ?? [] }
            for next in places(behind: place, text) {
                let key = UInt64(node) << 32 | UInt64(text.elements[next].value)
                if let below = nodes[key] { open.append((below, next)) }
            }
        }
        return found
    }

    /// Whether a folded scalar is one of those that words are told apart by.
    static func isKey(_ value: UInt32) -> Bool {
        value != 0x61 && value != 0x65 && isSolid(FoldTable.shared.kind(of: value).0)
    }

    private static func isSolid(_ kind: FoldedText.Kind) -> Bool {
        switch kind {
        case .letter, .unspaced, .digit: true
        default: false
        }
    }

    // MARK: Going along

    /// Where the next letter of the word may be.
    private func places(behind place: Int, _ text: FoldedText) -> [Int] {
        let elements = text.elements
        var place = place + 1
        let limit = min(elements.count, place + reach)
        while place < limit, Self.isSolid(elements[place].kind) {
            if Self.isKey(elements[place].value) { return [place] }
            place += 1
        }
        let all = next(text, from: place) { _ in true }
        var places = all.map { [$0] } ?? []
        let solid = next(text, from: place) { Self.isSolid($0.kind) }
        if let solid, solid != all { places.append(solid) }
        if text.hidden.hasRuns, let inside = next(text, from: place, isInside: true, { _ in true }),
            !places.contains(inside)
        {
            places.append(inside)
        }
        return places
    }

    /// The next letter that is one for this reading: a sign that became a letter may be either.
    private func next(
        _ text: FoldedText, from start: Int, isInside: Bool = false,
        _ isLetter: (FoldedText.Element) -> Bool
    ) -> Int? {
        let elements = text.elements
        var place = start
        for _ in 0..<reach where place < elements.count {
            let end = isInside ? place : text.hidden.end(ofRunAt: place)
            if end > place {
                place = end
                continue
            }
            if elements[place].kind == .gap { return nil }
            if Self.isKey(elements[place].value), isLetter(elements[place]) { return place }
            place += 1
        }
        return nil
    }
}
