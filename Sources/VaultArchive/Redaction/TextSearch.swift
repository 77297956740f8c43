import JSONText
import VaultCrypto

/// Looks for what rules match in texts.
///
/// A text that cannot be searched to its end stops the redaction: what was not looked at must not
/// be handed out as if nothing were in it.
struct TextSearch {
    var rules: [RedactionRules.TextRule]
    var isCancelled: () -> Bool = { false }

    /// What becomes of a text.
    enum Masked: Equatable {
        case unchanged
        /// The text with marks in place of what matched.
        case marked(String)
        /// Marks would not be enough.
        case whole
    }

    /// Stands for a mark where the rest of a text is searched once more.
    static let gap: Unicode.Scalar = "\u{FFF9}"

    /// Whether a rule matches one of some texts, in whatever form.
    func matches(
        _ rule: RedactionRules.TextRule, _ texts: [SearchedText]
    ) throws(VaultError) -> Bool {
        for text in texts where try matches(rule, text) { return true }
        return false
    }

    /// The first rule of some that matches one of some texts.
    func firstRule(
        of rules: [RedactionRules.TextRule], matching texts: [SearchedText]
    ) throws(VaultError) -> RedactionRules.TextRule? {
        for rule in rules where try matches(rule, texts) { return rule }
        return nil
    }

    private func matches(
        _ rule: RedactionRules.TextRule, _ text: SearchedText
    ) throws(VaultError) -> Bool {
        try !ranges(of: rule, in: text, isFirstEnough: true).isEmpty
    }

    /// What a rule matches in a text or in a form of it: offsets in the text's UTF-8.
    private func ranges(
        of rule: RedactionRules.TextRule, in text: SearchedText, isFirstEnough: Bool,
        onlyWords: Bool = false
    ) throws(VaultError) -> [Range<Int32>] {
        var found: [Range<Int32>] = []
        if !rule.words.isEmpty {
            let forms = rule.words.areNames ? text.bare : text.folded
            for form in forms where !isFirstEnough || found.isEmpty {
                found += rule.words.ranges(in: form, isFirstEnough: isFirstEnough)
            }
        }
        if !onlyWords {
            for pattern in rule.expressions where !isFirstEnough || found.isEmpty {
                found += try ranges(of: pattern, rule, in: text)
            }
            if let addresses = rule.addresses, !isFirstEnough || found.isEmpty {
                found += try ranges(of: addresses, in: text)
            }
        }
        for run in text.encoded where !isFirstEnough || found.isEmpty {
            let isFound = try !ranges(
                of: rule, in: run.text, isFirstEnough: true, onlyWords: onlyWords || !run.isText
            ).isEmpty
            if isFound { found.append(run.range) }
        }
        return found
    }

    /// The addresses in a text and in the forms of it.
    private func ranges(
        of addresses: AddressScan, in text: SearchedText
    ) throws(VaultError) -> [Range<Int32>] {
        if isCancelled() { throw Self.cancelled }
        // What a form lacks may be of the person's own address.
        let forms = text.forms.filter { addresses.own.isEmpty || !$0.mayLackLetters }
        return addresses.ranges(in: text.scalars)
            + forms.flatMap { addresses.ranges(in: $0.scalars) }
    }

    private static var cancelled: VaultError {
        VaultError(.cancelled, "The redaction was stopped; nothing was left behind.")
    }

    /// What a regular expression matches in a text and in the forms of it.
    private func ranges(
        of pattern: TextPattern, _ rule: RedactionRules.TextRule, in text: SearchedText
    ) throws(VaultError) -> [Range<Int32>] {
        var found = try ranges(of: pattern, rule, in: text.text).map { range in
            let utf8 = text.text.utf8
            let start = utf8.distance(from: utf8.startIndex, to: range.lowerBound)
            let end = utf8.distance(from: utf8.startIndex, to: range.upperBound)
            return Int32(clamping: start)..<Int32(clamping: end)
        }
        for form in text.forms {
            found += try ranges(of: pattern, rule, in: form.text).map(form.source)
        }
        return found
    }

    private func ranges(
        of pattern: TextPattern, _ rule: RedactionRules.TextRule, in text: String
    ) throws(VaultError) -> [Range<String.Index>] {
        do throws(TextPattern.Failure) {
            return try pattern.ranges(in: text, isCancelled: isCancelled)
        } catch {
            switch error {
            case .cancelled: throw Self.cancelled
            case .tooCostly:
                throw VaultError(
                    .badInput,
                    "\(rule.name) has a pattern that is too costly for a text of the archive, "
                        + "which could not be searched to its end, so nothing was written; write "
                        + "the pattern without one repetition inside another.")
            }
        }
    }

    /// Masks what any of the rules matches in a text, or in a form of it.
    func mask(_ text: String) throws(VaultError) -> Masked {
        let searched = SearchedText(text)
        var found: [Range<Int32>] = []
        for rule in rules {
            found += try ranges(of: rule, in: searched, isFirstEnough: false)
        }
        guard !found.isEmpty else { return .unchanged }
        guard !found.contains(where: \.isEmpty) else { return .whole }
        let pieces = Self.pieces(of: text, without: found)
        let rest = SearchedText(pieces.joined(separator: String(Self.gap)))
        for rule in rules where try matches(rule, rest) { return .whole }
        return .marked(pieces.joined(separator: WithheldPart.mark))
    }

    /// A text with marks; the mark alone where they would not be enough.
    func masked(_ text: String) throws(VaultError) -> String {
        switch try mask(text) {
        case .unchanged: text
        case .marked(let marked): marked
        case .whole: WithheldPart.mark
        }
    }

    /// What is left of a text between ranges of its UTF-8, which may overlap.
    private static func pieces(
        of text: String, without ranges: [Range<Int32>]
    ) -> [Substring] {
        var pieces: [Substring] = []
        var place: Int32 = 0
        func piece(_ range: Range<Int32>) -> Substring {
            let start = text.utf8.index(text.startIndex, offsetBy: Int(range.lowerBound))
            return text[
                start..<text.utf8.index(start, offsetBy: Int(range.count))]
        }
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound >= place, pieces.isEmpty || range.lowerBound > place {
                pieces.append(piece(place..<range.lowerBound))
            }
            place = max(place, range.upperBound)
        }
        return pieces + [piece(place..<max(place, Int32(clamping: text.utf8.count)))]
    }
}

extension TextSearch {
    /// A value with all its strings masked; the names of members are the format's and stay.
    func masked(_ value: JSON) throws(VaultError) -> JSON {
        switch value {
        case .null, .bool, .number: return value
        case .string(let text): return .string(try masked(text))
        case .array(let elements):
            return .array(try elements.map { (element) throws(VaultError) in try masked(element) })
        case .object(let object):
            var result = JSONObject()
            for member in object.members { result[member.key] = try masked(member.value) }
            return .object(result)
        }
    }
}
