import Foundation
import VaultCrypto

/// A text that is looked for in records, as a regular expression of ICU.
struct TextPattern: Sendable {
    private let expression: NSRegularExpression
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
        return found
    }
}
