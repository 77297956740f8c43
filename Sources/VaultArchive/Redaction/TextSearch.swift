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
    private static let gap = "\u{FFFC}"

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
        for pattern in rule.patterns {
            for form in [text.text] + text.forms(for: pattern)
            where try !ranges(of: pattern, rule, in: form).isEmpty { return true }
        }
        return false
    }

    private func ranges(
        of pattern: TextPattern, _ rule: RedactionRules.TextRule, in text: String
    ) throws(VaultError) -> [Range<String.Index>] {
        do throws(TextPattern.Failure) {
            return try pattern.ranges(in: text, isCancelled: isCancelled)
        } catch {
            switch error {
            case .cancelled:
                throw VaultError(
                    .cancelled, "The redaction was stopped; nothing was left behind.")
            case .tooCostly:
                throw VaultError(
                    .badInput,
                    "\(rule.name) has a pattern that is too costly for a text of the archive, "
                        + "which could not be searched to its end, so nothing was written; write "
                        + "the pattern without one repetition inside another.")
            }
        }
    }

    /// Masks what any of the rules matches in a text.
    func mask(_ text: String) throws(VaultError) -> Masked {
        var found: [Range<String.Index>] = []
        for rule in rules {
            for pattern in rule.patterns {
                found += try ranges(of: pattern, rule, in: text)
            }
        }
        guard !found.contains(where: \.isEmpty) else { return .whole }
        let pieces = Self.pieces(of: text, without: found)
        let rest = SearchedText(pieces.joined(separator: Self.gap))
        for rule in rules where try matches(rule, rest) { return .whole }
        return found.isEmpty ? .unchanged : .marked(pieces.joined(separator: WithheldPart.mark))
    }

    /// A text with marks; the mark alone where they would not be enough.
    func masked(_ text: String) throws(VaultError) -> String {
        switch try mask(text) {
        case .unchanged: text
        case .marked(let marked): marked
        case .whole: WithheldPart.mark
        }
    }

    /// What is left of a text between ranges, which may overlap.
    private static func pieces(
        of text: String, without ranges: [Range<String.Index>]
    ) -> [Substring] {
        var pieces: [Substring] = []
        var place = text.startIndex
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound >= place, pieces.isEmpty || range.lowerBound > place {
                pieces.append(text[place..<range.lowerBound])
            }
            place = max(place, range.upperBound)
        }
        return pieces + [text[place...]]
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
