import Foundation
import VaultCrypto

/// A text that is looked for in records, as a regular expression of ICU.
struct TextPattern: Sendable {
    private let expression: NSRegularExpression
    /// Matches that are left alone, in lower case: a match itself, or what it has in `<>`.
    var exceptions: Set<String> = []
    /// A text that has none of these has no match, empty where nothing is known.
    var hints: [TextHint] = []
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
        guard hints.isEmpty || hints.contains(where: { $0.isIn(text) }) else { return [] }
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
        let text = (inner ?? match).lowercased()
        // Emphasis in front of an address looks like its beginning.
        return exceptions.contains(text)
            || exceptions.contains(String(text.drop { !$0.isLetter && !$0.isNumber }))
    }
}

/// A piece of ASCII that a text has to have for a pattern to match in it, in whatever case.
struct TextHint: Sendable, ExpressibleByStringLiteral {
    private let bytes: UInt64
    private let mask: UInt64

    /// - Parameter value: At most eight bytes.
    init(stringLiteral value: StaticString) {
        let pieces = value.description.utf8
        precondition(pieces.count <= 8)
        bytes = pieces.reduce(0) { $0 << 8 | UInt64($1 | 0x20) }
        mask = pieces.reduce(0) { mask, _ in mask << 8 | 0xFF }
    }

    func isIn(_ text: String) -> Bool {
        var last: UInt64 = 0
        for byte in text.utf8 {
            last = last << 8 | UInt64(byte | 0x20)
            if last & mask == bytes { return true }
        }
        return false
    }
}
