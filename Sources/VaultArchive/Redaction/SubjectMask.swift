import JSONText
package import VaultCrypto

/// What is masked in an archive for the person whose data it holds: names and addresses of others.
///
/// Masked are
/// 1. mail addresses but the person's own, with what is in front of one in brackets, with a
///    host without a dot (`bob@localhost`, and so `npm@latest` too), and spelled: `bob [at] x.ch`,
///    `bob at x dot ch` (`AddressScan`);
/// 2. telephone numbers in international form;
/// 3. the names of the vault's other custodians (`PersonNames`), unless a word belongs to the
///    person's own name;
/// 4. what the caller lists, as `WordPattern` finds names.
///
/// All of it in the forms of `SearchedText`, and each by going through a text once: no text is too
/// costly. What else may tell of others (a name that nobody listed, a number without a
/// country's code, a description, a face) is not found: somebody has to read the archive.
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

    /// The rules that mask.
    ///
    /// - Throws: `badInput` for what is listed and empty.
    package func rules() throws(VaultError) -> RedactionRules {
        let own = owned
        let names = PersonNames(own: [subject] + ownAddresses)
        var words: [WordPattern] = []
        for name in others where name != subject && !own.contains(name.lowercased()) {
            words += try names.patterns(for: name)
        }
        for text in listed { words.append(try WordPattern(text, isName: true)) }
        var rules = RedactionRules()
        try rules.add(
            words, [], addresses: AddressScan(own: own), .span, because: Self.reason,
            named: "The mask")
        return rules
    }

    /// The person's own addresses, in small letters.
    private var owned: Set<String> {
        var own = ownAddresses
        if let address = MailAddress.find(in: subject) { own.append(address) }
        if subject.contains("@") { own.append(subject) }
        return Set(own.map { $0.lowercased() })
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
