import Foundation
import VaultCrypto

/// A text that is looked for in records, as a regular expression of ICU.
struct TextPattern: Sendable {
    private let expression: NSRegularExpression
    /// Matches that are left alone, in lower case: a match itself, or what it has in `<>`.
    var exceptions: Set<String> = []
    /// How long one text may take.
    var limit: Duration = .seconds(5)

    /// Why a text could not be searched to its end.
    enum Failure: Error {
        case tooCostly, cancelled
    }

    /// What a pattern that matches no text at all may match in here shows that it does.
    private static let samples = ["", "a", "Some words, 12.5 of them.\nÄ line_two: x=\"y\"\t@z"]

    /// - Parameter pattern: A regular expression; case counts unless it says otherwise.
    /// - Throws: `badInput` for one that cannot be read, and for one that matches nothing at all.
    init(_ pattern: String) throws(VaultError) {
        guard let expression = try? NSRegularExpression(pattern: pattern) else {
            throw VaultError(
                .badInput, "the pattern is not a regular expression that can be read.")
        }
        self.expression = expression
        let matchesNothing = Self.samples.contains { sample in
            let all = NSRange(location: 0, length: sample.utf16.count)
            return expression.matches(in: sample, range: all).contains { $0.range.length == 0 }
        }
        guard !matchesNothing else {
            throw VaultError(
                .badInput,
                "the pattern matches an empty text, so there is nothing that it would withhold.")
        }
    }

    /// Looks for words as they stand, in any case, in both forms of Unicode, with any white space
    /// where there is some.
    ///
    /// What is a part of a longer word is not matched.
    ///
    /// - Parameters:
    ///   - text: The words.
    ///   - separator: The expression for what may stand between two of them.
    /// - Throws: `badInput` for words that are none.
    init(words text: String, separatedBy separator: String = "\\s+") throws(VaultError) {
        // Both are one text to Swift, and two to ICU.
        let forms = [
            text.precomposedStringWithCanonicalMapping,
            text.decomposedStringWithCanonicalMapping,
        ]
        let patterns = forms.map { form in
            form.split(whereSeparator: \.isWhitespace)
                .map { NSRegularExpression.escapedPattern(for: String($0)) }
                .joined(separator: separator)
        }
        let letter = "[\\p{L}\\p{M}\\p{N}_]"
        let head = text.first { !$0.isWhitespace }.map(Self.isLetter) == true
        let tail = text.last { !$0.isWhitespace }.map(Self.isLetter) == true
        try self.init(
            "(?i)" + (head ? "(?<!\(letter))" : "") + "(?:\(patterns.joined(separator: "|")))"
                + (tail ? "(?!\(letter))" : ""))
    }

    /// Looks for one word of a name: as it is written, in capitals, and in any case where the text
    /// is nothing else.
    init(nameWord word: String) throws(VaultError) {
        let letter = "[\\p{L}\\p{M}\\p{N}_]"
        let forms = [word, word.uppercased()].map { NSRegularExpression.escapedPattern(for: $0) }
        try self.init(
            "(?<!\(letter))(?:\(forms.joined(separator: "|")))(?!\(letter))"
                + "|\\A(?i:\(forms[0]))\\z")
    }

    private static func isLetter(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    // MARK: Searching

    /// Where a text matches, in ascending order; empty ranges too.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - isCancelled: Asked as the search goes on.
    /// - Returns: The ranges.
    /// - Throws: `Failure` for a text that was not searched to its end: ICU ran out of memory for
    ///   what it may have to come back to, or the time was up.
    func ranges(
        in text: String, isCancelled: () -> Bool = { false }
    ) throws(Failure) -> [Range<String.Index>] {
        var found: [Range<String.Index>] = []
        var failure: Failure?
        let end = ContinuousClock.now.advanced(by: limit)
        let all = NSRange(location: 0, length: text.utf16.count)
        withoutActuallyEscaping(isCancelled) { isCancelled in
            unsafe expression.enumerateMatches(
                in: text, options: [.reportProgress, .reportCompletion], range: all
            ) { match, flags, stop in
                if let match {
                    found.append(Range(match.range, in: text) ?? text.startIndex..<text.endIndex)
                }
                if flags.contains(.internalError) { failure = .tooCostly }
                if flags.contains(.progress) {
                    if isCancelled() {
                        failure = .cancelled
                    } else if ContinuousClock.now > end {
                        failure = .tooCostly
                    }
                }
                if failure != nil { unsafe stop.pointee = true }
            }
        }
        if let failure { throw failure }
        return exceptions.isEmpty ? found : found.filter { !isException(text[$0]) }
    }

    private func isException(_ match: Substring) -> Bool {
        let inner = match.last == ">" ? match.split(separator: "<").last?.dropLast() : nil
        return exceptions.contains((inner ?? match).lowercased())
    }
}
