/// What the envelope of a message, which stays as it was committed to, may tell of a part that is
/// withheld: a piece of its text, its length, or a hash of it, which has no salt.
struct EnvelopeTraces {
    private let strings: [String]
    private let runs: [SharedRuns]

    /// - Parameter strings: All that the envelope says, numbers too.
    init(_ strings: [String]) {
        self.strings = strings
        runs = strings.filter { $0.utf8.count >= Self.runLength }
            .map { SharedRuns(of: $0, length: Self.runLength) }
    }

    private static let runLength = 12

    /// Whether something tells of texts.
    func tell(of texts: [String]) -> Bool {
        let said = Set(strings)
        return texts.contains { text in
            said.contains(text) || !said.isDisjoint(with: Self.lengths(of: text))
                || runs.contains { $0.areShared(with: text) }
        }
    }

    private static func lengths(of text: String) -> [String] {
        [text.count, text.unicodeScalars.count, text.utf16.count, text.utf8.count].map(String.init)
    }

    /// Whether something may be a hash, in hexadecimal or Base64.
    var haveHash: Bool { strings.contains(where: Self.hasHash) }

    private static func hasHash(_ text: String) -> Bool {
        let pieces = text.split { !($0.isASCII && ($0.isHexDigit)) && $0 != ":" }
        if pieces.contains(where: isHexadecimal) { return true }
        return text.split { !($0.isASCII && ($0.isLetter || $0.isNumber || "+/-_".contains($0))) }
            .contains(where: isBase64)
    }

    /// 16 digits in a row, of which one is a letter; 32 digits; 8 pairs with colons.
    private static func isHexadecimal(_ run: Substring) -> Bool {
        let words = run.split(separator: ":")
        if words.count >= 8, words.allSatisfy({ $0.count == 2 }) { return true }
        return words.contains { word in
            word.count >= 32 || word.count >= 16 && word.contains(where: \.isLetter)
        }
    }

    /// 22 characters, as many as MD5 has, in both cases and with digits.
    ///
    /// The ids that services give to messages look so too, and are told by how they begin.
    private static func isBase64(_ run: Substring) -> Bool {
        run.count >= 22 && !services.contains(where: run.hasPrefix)
            && run.contains(where: \.isUppercase) && run.contains(where: \.isLowercase)
            && run.contains(where: \.isNumber)
    }

    private static let services = [
        "call_", "chatcmpl-", "gen-", "msg_", "req_", "resp_", "rs_", "run_", "toolu_",
    ]
}

/// Runs of letters and digits of a text, which are looked for in others, in any case and whatever
/// stands between them.
struct SharedRuns {
    private let length: Int
    private var hashes: Set<UInt64> = []

    /// Fewer letters and digits than this say nothing.
    private static let minimumLength = 4

    /// - Parameters:
    ///   - text: The text; of one that is shorter than a run, all of it is looked for.
    ///   - length: The length of a run.
    init(of text: String, length: Int) {
        let letters = Self.letters(of: text)
        self.length = min(length, letters.count)
        guard self.length >= Self.minimumLength else { return }
        visit(letters) { hash in
            hashes.insert(hash)
            return false
        }
    }

    /// Whether a text has one of the runs; by their hash, so once in a long while wrongly.
    func areShared(with text: String) -> Bool {
        guard !hashes.isEmpty else { return false }
        var isShared = false
        visit(Self.letters(of: text)) { hash in
            isShared = hashes.contains(hash)
            return isShared
        }
        return isShared
    }

    private static func letters(of text: String) -> [UInt32] {
        text.lowercased().unicodeScalars.filter {
            $0.properties.isAlphabetic || $0.properties.numericType != nil
        }.map(\.value)
    }

    /// Goes through the hashes of all runs, until one is enough.
    private func visit(_ letters: [UInt32], _ body: (UInt64) -> Bool) {
        guard letters.count >= length else { return }
        let base: UInt64 = 0x9E37_79B9_7F4A_7C15
        let first = (0..<length).reduce(into: UInt64(1)) { power, _ in power &*= base }
        var hash: UInt64 = 0
        for (place, letter) in letters.enumerated() {
            hash = hash &* base &+ UInt64(letter)
            if place >= length { hash &-= UInt64(letters[place - length]) &* first }
            if place >= length - 1, body(hash) { return }
        }
    }
}
