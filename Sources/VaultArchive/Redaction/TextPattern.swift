import Foundation
import VaultCrypto

/// A text that is looked for in records, as a regular expression of ICU.
struct TextPattern: Sendable {
    private let expression: NSRegularExpression
    /// Matches that are left alone, in lower case: a match itself, or what it has in `<>`.
    var exceptions: Set<String> = []

    /// - Parameter pattern: A regular expression; case counts unless it says otherwise.
    /// - Throws: `badInput` for one that cannot be read, and for one that matches nothing at all.
    init(_ pattern: String) throws(VaultError) {
        guard let expression = try? NSRegularExpression(pattern: pattern) else {
            throw VaultError(
                .badInput, "the pattern is not a regular expression that can be read.")
        }
        self.expression = expression
        guard expression.firstMatch(in: "", range: NSRange(location: 0, length: 0)) == nil else {
            throw VaultError(.badInput, "the pattern matches an empty text, and so everything.")
        }
    }

    /// Looks for words as they stand, in any case, in both forms of Unicode, with any white space
    /// where there is some.
    ///
    /// What is a part of a longer word is not matched.
    init(words text: String) throws(VaultError) {
        // Both are one text to Swift, and two to ICU.
        let forms = [
            text.precomposedStringWithCanonicalMapping,
            text.decomposedStringWithCanonicalMapping,
        ]
        let patterns = forms.map { form in
            form.split(whereSeparator: \.isWhitespace)
                .map { NSRegularExpression.escapedPattern(for: String($0)) }
                .joined(separator: "\\s+")
        }
        let letter = "[\\p{L}\\p{M}\\p{N}_]"
        let head = text.first { !$0.isWhitespace }.map(Self.isLetter) == true
        let tail = text.last { !$0.isWhitespace }.map(Self.isLetter) == true
        try self.init(
            "(?i)" + (head ? "(?<!\(letter))" : "") + "(?:\(patterns.joined(separator: "|")))"
                + (tail ? "(?!\(letter))" : ""))
    }

    /// Looks for one word as it is written, case and all.
    init(exactWord word: String) throws(VaultError) {
        let letter = "[\\p{L}\\p{M}\\p{N}_]"
        try self.init(
            "(?<!\(letter))\(NSRegularExpression.escapedPattern(for: word))(?!\(letter))")
    }

    private static func isLetter(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    func matches(_ text: String) -> Bool {
        if exceptions.isEmpty {
            let range = NSRange(location: 0, length: text.utf16.count)
            return expression.firstMatch(in: text, range: range) != nil
        }
        return !ranges(in: text).isEmpty
    }

    private func ranges(in text: String) -> [Range<String.Index>] {
        let all = NSRange(location: 0, length: text.utf16.count)
        return expression.matches(in: text, range: all).compactMap { match in
            guard let range = Range(match.range, in: text), !range.isEmpty,
                exceptions.isEmpty || !isException(text[range])
            else { return nil }
            return range
        }
    }

    private func isException(_ match: Substring) -> Bool {
        let inner = match.last == ">" ? match.split(separator: "<").last?.dropLast() : nil
        return exceptions.contains((inner ?? match).lowercased())
    }

    /// The text with a mark in place of what matches; `nil` when nothing does.
    func masked(_ text: String, mark: String) -> String? {
        let ranges = ranges(in: text)
        guard !ranges.isEmpty else { return nil }
        var result = ""
        var place = text.startIndex
        for range in ranges where range.lowerBound >= place {
            result += text[place..<range.lowerBound] + mark
            place = range.upperBound
        }
        return result + text[place...]
    }
}
