import JSONText
package import VaultCrypto

/// What is masked in an archive for the person whose data it holds: names and addresses of others.
///
/// Masked are
/// 1. mail addresses but the person's own, with the name in front of one in angle brackets;
/// 2. telephone numbers in international form;
/// 3. the names of the vault's other custodians, and each word of them that is written as there
///    or in capitals, unless it belongs to the person's own name;
/// 4. what the caller lists.
///
/// What else may tell of others (a name that nobody listed, a description, a face) is not found:
/// somebody has to read the archive.
package struct SubjectMask: Sendable {
    package var subject: String
    /// The person's own mail addresses; one in the name of the custodian is known.
    package var ownAddresses: [String] = []
    /// The other custodians.
    package var others: [String] = []
    /// Names and addresses to mask besides.
    package var listed: [String] = []

    static let reason = "personal data of others"

    package init(subject: String) { self.subject = subject }

    private static let letter = "[\\p{L}\\p{M}\\p{N}]"
    private static let mail =
        "[\\p{L}\\p{N}._%+-]+@[\\p{L}\\p{N}-]+(?:\\.[\\p{L}\\p{N}-]+)+"
    private static let named =
        "(?:\"[^\"\\n]{1,80}\"|\\p{Lu}[\\p{L}\\p{M}'’.-]*(?:[ \\t]+\\p{L}[\\p{L}\\p{M}'’.-]*){0,4})"
        + "[ \\t]*<\(mail)>"
    private static let telephone =
        "(?<![\\w+])(?:\\+|00)[1-9](?:[ \\t().\\/-]{0,2}\\d){6,14}(?!\\d)"

    /// What stands between the words of a name, in the names of files and users too.
    private static let separator = "[\\s._+-]+"

    /// The rules that mask.
    ///
    /// - Throws: `badInput` for what is listed and empty.
    package func rules() throws(VaultError) -> RedactionRules {
        var patterns: [TextPattern] = []
        var own = Set(ownAddresses.map { $0.lowercased() })
        if let address = MailAddress.find(in: subject) { own.insert(address.lowercased()) }
        for text in [Self.named, Self.mail, Self.telephone] {
            var pattern = try TextPattern(text)
            pattern.exceptions = own
            patterns.append(pattern)
        }
        let ownWords = Set(Self.words(of: subject))
        for name in others where name != subject {
            patterns.append(try TextPattern(words: name, separatedBy: Self.separator))
            for word in Self.words(of: name) where !ownWords.contains(word) {
                patterns.append(try TextPattern(nameWord: word))
            }
        }
        for text in listed { patterns.append(try TextPattern(words: text)) }
        var rules = RedactionRules()
        try rules.add(patterns, .span, because: Self.reason, named: "The mask")
        return rules
    }

    /// The words of a name that say who somebody is; not those of an address, which is masked as
    /// one.
    private static func words(of name: String) -> [String] {
        let bare = name.prefix { $0 != "<" }
        guard !bare.contains("@") else { return [] }
        return bare.split { !$0.isLetter && $0 != "-" && $0 != "'" && $0 != "’" }
            .map(String.init).filter { $0.count >= 3 && $0.first?.isUppercase == true }
    }
}

extension ArchiveExport.Request {
    /// Masks what is said of an archive that is for the person whose data it holds.
    ///
    /// Labels in the selection are left out: they are the officers' words.
    ///
    /// - Throws: `badInput` for a mask of nothing.
    package mutating func mask(for mask: SubjectMask) throws(VaultError) {
        let search = TextSearch(rules: try mask.rules().texts)
        matter = try search.masked(matter)
        query = try query.map(search.masked)
        reason = try reason.map(search.masked)
        for member in scope.members where member.key != "subject" {
            scope[member.key] = try search.masked(member.value)
        }
        scope["labels"] = nil
    }

    /// The same, masked; throws as `mask(for:)` does.
    package func masked(for mask: SubjectMask) throws(VaultError) -> Self {
        var request = self
        try request.mask(for: mask)
        return request
    }
}
