/// Counts of the ways around the compiler's checks, which may only fall.
struct EscapeHatches {
    static let path = "Tests/TidyTests/escape-hatches.txt"

    /// What is counted in `Sources/`.
    static let patterns = [
        "@unchecked Sendable", "nonisolated(unsafe)", "@preconcurrency", "try!", "as!",
        "fatalError(", "unsafeBitCast(",
    ]
    /// What is counted in tests too; it stands in comments and attributes.
    static let patternsInTests = ["swift-format-ignore", ".disabled("]

    /// Compares the repository with the committed numbers: too many is a new hatch, too few is a
    /// number that must come down with it.
    static func check(_ files: [TextFile]) -> [Finding] {
        guard let committed = files.first(where: { $0.path == path }) else {
            return [Finding(path, 1, "The file is missing.")]
        }
        let numbers = read(committed)
        return (patterns + patternsInTests).flatMap { pattern -> [Finding] in
            guard let (line, number) = numbers[pattern] else {
                return [Finding(path, 1, "There is no number for \(pattern).")]
            }
            let places = occurrences(of: pattern, in: files)
            if places.count == number { return [] }
            let verdict =
                places.count > number
                ? "counted \(places.count) of \(pattern), \(number) are allowed: find another way."
                : "counted \(places.count) of \(pattern): lower the number from \(number)."
            let hint = Finding(path, line, verdict)
            return places.count > number ? [hint] + places : [hint]
        }
    }

    /// Every hatch has a comment within the six lines above it, or on its line, that says why.
    static func checkReasons(_ files: [TextFile]) -> [Finding] {
        patterns.flatMap { occurrences(of: $0, in: files) }.filter { finding in
            guard let file = files.first(where: { $0.path == finding.path }) else { return true }
            let lines = file.lines
            let above = lines[max(0, finding.line - 7)..<finding.line]
            return !above.contains { $0.contains("//") }
        }.map { Finding($0.path, $0.line, $0.sentence + " Say in a comment why it is true.") }
    }

    /// Lines `number pattern`; `#` starts a comment.
    private static func read(_ file: TextFile) -> [String: (line: Int, number: Int)] {
        var numbers: [String: (line: Int, number: Int)] = [:]
        for (index, line) in file.lines.enumerated() where !line.hasPrefix("#") {
            let words = line.split(separator: " ", maxSplits: 1)
            guard words.count == 2, let number = Int(words[0]) else { continue }
            numbers[String(words[1])] = (index + 1, number)
        }
        return numbers
    }

    private static func occurrences(of pattern: String, in files: [TextFile]) -> [Finding] {
        let inTests = patternsInTests.contains(pattern)
        let swift = files.filter {
            $0.language == .swift && !$0.path.hasPrefix("Tests/TidyTests/")
                && ($0.isSource || inTests)
        }
        return swift.flatMap { file -> [Finding] in
            let bytes = inTests ? Array(file.text.utf8) : file.masked.code
            return Search.offsets(of: pattern, in: bytes, wholeWords: true).map {
                Finding(file.path, Search.line(of: $0, in: bytes), "`\(pattern)` stands here.")
            }
        }
    }
}
