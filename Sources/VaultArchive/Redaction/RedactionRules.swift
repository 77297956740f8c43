import JSONText
import Vault
package import VaultCrypto

/// What is withheld from a redacted archive, and why.
///
/// As a file it is one JSON object:
///
/// ```
/// {"reason":"attorney-client privilege",
///  "rules":[
///    {"messages":["018f3a10-0000-7000-8000-000000010002"]},
///    {"messages":["018f3a10-0000-7000-8000-000000010004.2"],"reason":"another client"},
///    {"text":["Project Falcon"],"withhold":"part"},
///    {"pattern":"[A-Z]{2}[0-9]{6}","withhold":"span","reason":"passport numbers"}]}
/// ```
///
/// A rule has one of `messages` (ids of messages or conversations or enough of their beginning,
/// `.2` behind it for the second part alone), `text` (words, in any case and as `WordPattern` finds
/// them; a string or a list) and `pattern` (a regular expression of ICU). `withhold` is
/// `message`, which is what holds without it, `part` or `span`: the message, the part or only the
/// text that matches. The first rule that withholds something gives its reason; a rule without one
/// has the file's.
package struct RedactionRules: Sendable {
    /// How much goes when a text matches.
    package enum Extent: String, Sendable, CaseIterable {
        case message, part, span
    }

    /// Texts that are looked for.
    struct TextRule: Sendable {
        var words: WordSet
        var expressions: [TextPattern]
        /// Addresses, where the rule looks for them.
        var addresses: AddressScan?
        var extent: Extent
        var reason: String
        /// What a message calls it.
        var name: String
    }

    /// Records that somebody names.
    struct NamedRule: Sendable {
        var records: [RecordTarget]
        var reason: String
    }

    private(set) var named: [NamedRule] = []
    private(set) var texts: [TextRule] = []

    package init() {}

    /// Longest reason; it stands in every stub.
    static let maximumReasonBytes = 500

    /// Withholds messages or parts of them.
    ///
    /// - Parameters:
    ///   - records: Ids, or enough of their beginning; `.N` behind one for a part, from 1.
    ///   - reason: Why.
    /// - Throws: `badInput` for what is no id.
    package mutating func withhold(
        _ records: [String], because reason: String
    ) throws(VaultError) {
        let targets = try records.map { (text) throws(VaultError) in try RecordTarget(text) }
        named.append(NamedRule(records: targets, reason: try Self.reason(reason)))
    }

    /// Adds a rule over texts.
    mutating func add(
        _ words: [WordPattern], _ expressions: [TextPattern], addresses: AddressScan? = nil,
        _ extent: Extent, because reason: String, named name: String
    ) throws(VaultError) {
        texts.append(
            TextRule(
                words: WordSet(words), expressions: expressions, addresses: addresses,
                extent: extent, reason: try Self.reason(reason), name: name))
    }

    private static func reason(_ text: String) throws(VaultError) -> String {
        let line = text.singleLine(maximumBytes: maximumReasonBytes)
        guard !line.allSatisfy(\.isWhitespace), text.utf8.count <= maximumReasonBytes else {
            throw VaultError(
                .badInput,
                "A reason for withholding is one line of 1 to \(maximumReasonBytes) bytes; it "
                    + "stands in the archive.")
        }
        return line
    }

    // MARK: The file

    /// Reads a file of rules.
    ///
    /// - Parameters:
    ///   - file: The file's bytes.
    ///   - reason: The reason of rules that have none, where the file has none either.
    /// - Throws: `badInput` with the number of the rule that is at fault.
    package init(file: [UInt8], reason: String?) throws(VaultError) {
        let value: JSON
        do {
            value = try JSONReader.parse(file)
        } catch {
            throw VaultError(.badInput, "The file of rules is not JSON: \(error).")
        }
        guard let object = value.object, let rules = object["rules"]?.array, !rules.isEmpty,
            object.members.allSatisfy({ ["reason", "rules"].contains($0.key) })
        else {
            throw VaultError(
                .badInput,
                "The file of rules needs a list \"rules\" with a rule at least, and may have a "
                    + "\"reason\"; nothing else.")
        }
        let common = object["reason"]?.string ?? reason
        for (index, rule) in rules.enumerated() {
            do throws(VaultError) {
                try add(rule, reason: common, named: "Rule \(index + 1)")
            } catch {
                throw VaultError(error.code, "Rule \(index + 1): \(error.message)")
            }
        }
    }

    private mutating func add(
        _ rule: JSON, reason common: String?, named name: String
    ) throws(VaultError) {
        let keys = Set(rule.object?.members.map(\.key) ?? [])
        let kinds = keys.intersection(["messages", "text", "pattern"])
        guard kinds.count == 1,
            keys.isSubset(of: ["messages", "text", "pattern", "withhold", "reason"])
        else {
            throw VaultError(
                .badInput,
                "a rule has one of messages, text and pattern, and may have withhold and reason.")
        }
        guard let reason = rule["reason"]?.string ?? common else {
            throw VaultError(
                .badInput, "it has no reason; give one in the rule, in the file or with --reason.")
        }
        let extent = try Self.extent(rule["withhold"])
        let words = try Self.words(rule["messages"] ?? rule["text"] ?? rule["pattern"])
        if kinds == ["messages"] {
            guard rule["withhold"] == nil else {
                throw VaultError(
                    .badInput,
                    "withhold goes with text and pattern; name a part as ID.2 instead.")
            }
            return try withhold(words, because: reason)
        }
        if kinds == ["pattern"] {
            let patterns = try words.map { (text) throws(VaultError) in try TextPattern(text) }
            return try add([], patterns, extent, because: reason, named: name)
        }
        let patterns = try words.map { (text) throws(VaultError) in try WordPattern(text) }
        try add(patterns, [], extent, because: reason, named: name)
    }

    private static func extent(_ value: JSON?) throws(VaultError) -> Extent {
        guard let value else { return .message }
        guard let extent = value.string.flatMap(Extent.init) else {
            throw VaultError(.badInput, "withhold is message, part or span.")
        }
        return extent
    }

    private static func words(_ value: JSON?) throws(VaultError) -> [String] {
        let words = value?.string.map { [$0] } ?? value?.array?.compactMap(\.string) ?? []
        guard !words.isEmpty, words.count == value?.array?.count ?? 1,
            words.allSatisfy({ !$0.allSatisfy(\.isWhitespace) })
        else {
            throw VaultError(.badInput, "what it looks for is a text or a list of texts.")
        }
        return words
    }
}

/// A message or a conversation that somebody names by its id, and maybe one part of it.
struct RecordTarget: Sendable, Hashable {
    /// Hexadecimal digits: an id or its beginning.
    let digits: String
    /// From 0.
    let part: Int?
    /// As it was typed.
    let text: String

    private static let minimumDigits = 8

    init(_ text: String) throws(VaultError) {
        let pieces = text.split(separator: ".", omittingEmptySubsequences: false)
        let digits = (pieces.first ?? "").lowercased().filter { $0 != "-" }
        let number = pieces.count == 2 ? Int(pieces[1]) : nil
        guard pieces.count <= 2, pieces.count == 1 || (number ?? 0) > 0,
            (Self.minimumDigits...32).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit })
        else {
            throw VaultError(
                .badInput,
                "\(text.singleLine(maximumBytes: 100)) is not the id of a message; the "
                    + "archive's pages show ids under Record, and ID.2 names a second part.")
        }
        self.digits = digits
        self.text = text
        part = number.map { $0 - 1 }
    }

    func matches(_ id: RecordID) -> Bool {
        id.description.filter { $0 != "-" }.hasPrefix(digits)
    }
}
