import JSONText
import Vault
import VaultCrypto

/// Takes out of conversations what is withheld.
///
/// Of a message, one part may go, or what matches in it, with a copy that is marked; all of it goes
/// where a rule says so or where its envelope repeats what is withheld. Earlier versions of a
/// message of which anything is withheld go whole, because they may say the same. The title and
/// `extra` of a conversation of which a record or a part goes are gone too, and its id at the
/// source: tools make titles of what was said first, and some make ids of what was said. Of what
/// else is said of a conversation, rules mask title, project, labels and custodian, and take id and
/// `extra` whole. Source, dates and our own ids stay.
struct Redactor {
    /// Messages that are named, with the parts in question; `nil` for all.
    var messages: [RecordID: [Named]] = [:]
    /// Conversations that are named, and why.
    var conversations: [RecordID: String] = [:]
    var search = TextSearch(rules: [])
    /// Whether rules mask the names of custodians; where an archive is for one, the mask leaves
    /// that one's name alone.
    var masksCustodian = true

    private var rules: [RedactionRules.TextRule] { search.rules }

    struct Named: Sendable {
        var part: Int?
        var reason: String
    }

    /// A conversation without what is withheld of it.
    ///
    /// - Throws: `badInput` for a rule that cannot be looked for to the end, `cancelled`.
    func redact(_ given: ArchivedConversation) throws(VaultError) -> ArchivedConversation {
        var archived = given
        for index in archived.messages.indices { try redact(&archived, messageAt: index) }
        for index in archived.earlierVersions.indices { try redact(&archived, versionAt: index) }
        try redactFields(&archived, of: given)
        return archived
    }

    // MARK: Messages

    private func redact(
        _ archived: inout ArchivedConversation, messageAt index: Int
    ) throws(VaultError) {
        let message = archived.messages[index]
        let prior = archived.withheld[message.id]
        if case .record = prior { return }
        if let reason = try wholeReason(message) {
            return withhold(message, at: index, reason, in: &archived)
        }
        let stubs = try stubs(of: message)
        guard !stubs.isEmpty else { return }
        if let reason = reasonOfRepetition(in: message, stubs) {
            return withhold(message, at: index, reason, in: &archived)
        }
        var notices: [Int: Withheld.Notice] = [:]
        if case .parts(let known) = prior { notices = known }
        for (place, stub) in stubs {
            archived.messages[index].partLines[place] = stub.line
            archived.messages[index].parts[place] = stub.shown
            notices[place] = Withheld.Notice(reason: stub.reason, hasCopy: stub.copy != nil)
        }
        archived.withheld[message.id] = .parts(notices)
    }

    private func withhold(
        _ message: Message, at index: Int, _ reason: String,
        in archived: inout ArchivedConversation
    ) {
        let stub = WithheldRecord(message, reason: reason)
        archived.messages[index] = stub.message(of: message.conversation)
        archived.withheld[message.id] = .record(line: stub.line, reason: reason)
    }

    /// Why a message goes as a whole, if it does.
    private func wholeReason(_ message: Message) throws(VaultError) -> String? {
        if let reason = conversations[message.conversation] { return reason }
        if let named = messages[message.id]?.first(where: { $0.part == nil }) {
            return named.reason
        }
        guard !rules.isEmpty else { return nil }
        let envelope = Self.searchedEnvelope(message).map(SearchedText.init)
        let all = envelope + message.partLines.flatMap(Self.strings).map(SearchedText.init)
        for rule in rules
        where try search.matches(rule, rule.extent == .message ? all : envelope) {
            return rule.reason
        }
        return nil
    }

    /// What the envelope says besides who, when and where.
    static func envelopeStrings(_ message: Message) -> [String] {
        var strings: [String] = []
        collect(.object(message.extra), into: &strings)
        if let usage = message.usage { collect(.object(usage), into: &strings) }
        return strings + [message.stopReason, message.originID].compactMap { $0 }
    }

    /// The same with the names of what answered and where.
    private static func searchedEnvelope(_ message: Message) -> [String] {
        envelopeStrings(message)
            + [message.model, message.provider, message.host, message.region].compactMap { $0 }
    }

    /// All that a person could read in a part's line, the names of members in `data` too.
    static func strings(_ line: String) -> [String] {
        guard let value = try? JSONReader.parse(line) else { return [] }
        let object = value["withheld"]?["copy"]?.object ?? value.object
        var strings = [object?["text"]?.string, object?["name"]?.string].compactMap { $0 }
        if let data = object?["data"] { collect(data, into: &strings) }
        if let name = object?["attachment"]?["name"]?.string { strings.append(name) }
        return strings
    }

    static func collect(_ value: JSON, into strings: inout [String]) {
        switch value {
        case .string(let text): strings.append(text)
        case .array(let elements): for element in elements { collect(element, into: &strings) }
        case .object(let object):
            for member in object.members {
                strings.append(member.key)
                collect(member.value, into: &strings)
            }
        case .number(let digits): strings.append(digits)
        case .null, .bool: break
        }
    }

    // MARK: Parts

    /// The parts that are withheld anew, or more than before.
    private func stubs(of message: Message) throws(VaultError) -> [Int: WithheldPart] {
        var stubs: [Int: WithheldPart] = [:]
        for (place, line) in message.partLines.enumerated() {
            guard let value = try? JSONReader.parse(line) else { continue }
            if let stub = try stub(for: value, named: name(of: place, in: message)) {
                stubs[place] = stub
            }
        }
        return stubs
    }

    private func name(of part: Int, in message: Message) -> Named? {
        messages[message.id]?.first { $0.part == part }
    }

    private func stub(
        for value: JSON, named: Named?
    ) throws(VaultError) -> WithheldPart? {
        let prior = WithheldPart(value)
        guard let object = prior == nil ? value.object : prior?.copy,
            let type = prior?.type ?? value["type"]?.string.flatMap(Part.Kind.init)
        else { return nil }
        if let named { return WithheldPart(type, reason: named.reason, copy: nil) }
        let texts = Self.strings(JSONWriter.line(.object(object))).map(SearchedText.init)
        let whole = rules.filter { $0.extent == .part }
        if let rule = try search.firstRule(of: whole, matching: texts) {
            return WithheldPart(type, reason: rule.reason, copy: nil)
        }
        var spans: [RedactionRules.TextRule] = []
        for rule in rules where rule.extent == .span {
            if try search.matches(rule, texts) { spans.append(rule) }
        }
        guard !spans.isEmpty else { return nil }
        let reasons = ([prior?.reason].compactMap { $0 } + spans.map(\.reason))
            .reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let copy = try PartMask(search: search, rules: spans).copy(of: object)
        return WithheldPart(type, reason: reasons.joined(separator: "; "), copy: copy)
    }

    /// Why a message goes as a whole although parts alone are named: its envelope, which stays as
    /// it was committed to, tells of a text of theirs.
    private func reasonOfRepetition(
        in message: Message, _ stubs: [Int: WithheldPart]
    ) -> String? {
        let traces = EnvelopeTraces(Self.envelopeStrings(message))
        for (place, stub) in stubs.sorted(by: { $0.key < $1.key }) where stub.copy == nil {
            if traces.tell(of: Self.strings(message.partLines[place])) { return stub.reason }
        }
        return traces.haveHash ? stubs.min { $0.key < $1.key }?.value.reason : nil
    }

    // MARK: Earlier versions and the conversation

    private func redact(
        _ archived: inout ArchivedConversation, versionAt index: Int
    ) throws(VaultError) {
        let version = archived.earlierVersions[index]
        guard let message = RecordFile.message(version.record) else { return }
        let texts = Self.searchedEnvelope(message) + message.partLines.flatMap(Self.strings)
        var reason = archived.withheld[version.message]?.reasons.joined(separator: "; ")
        if reason == nil {
            reason = try search.firstRule(of: rules, matching: texts.map(SearchedText.init))?.reason
        }
        guard let reason else { return }
        archived.earlierVersions[index].record = WithheldRecord(message, reason: reason).line
    }

    private func redactFields(
        _ archived: inout ArchivedConversation, of given: ArchivedConversation
    ) throws(VaultError) {
        let before = archived.conversation
        var after = before
        after.title = try before.title.map { (title) throws(VaultError) in
            try hidesTitle(title, archived, given) ? WithheldPart.mark : search.masked(title)
        }
        after.project = try after.project.map { (text) throws(VaultError) in
            try archived.isWithheldWhole ? WithheldPart.mark : search.masked(text)
        }
        after.labels = try after.labels.map { (text) throws(VaultError) in
            try search.masked(text)
        }
        if archived.isWithheldWhole { after.labels = [] }
        let hidesOrigin =
            try search.firstRule(of: rules, matching: [SearchedText(before.origin.id)]) != nil
        if archived.hasWithheldContent { after.extra = JSONObject() }
        if archived.hasWithheldContent || hidesOrigin { after.origin.id = WithheldPart.mark }
        if masksCustodian { after.custodian = try search.masked(before.custodian) }
        var strings: [String] = []
        Self.collect(.object(after.extra), into: &strings)
        if try search.firstRule(of: rules, matching: strings.map(SearchedText.init)) != nil {
            after.extra = JSONObject()
        }
        if after.title != before.title { archived.withheldMembers.insert("title") }
        if after.project != before.project { archived.withheldMembers.insert("project") }
        if after.labels != before.labels { archived.withheldMembers.insert("labels") }
        if after.custodian != before.custodian { archived.withheldMembers.insert("custodian") }
        if after.origin != before.origin { archived.withheldMembers.insert("origin") }
        if after.extra != before.extra { archived.withheldMembers.insert("extra") }
        archived.conversation = after
    }

    /// Whether a title goes as a whole: tools cut titles out of what was said, and what is cut
    /// within a text that is masked no longer matches.
    private func hidesTitle(
        _ title: String, _ archived: ArchivedConversation, _ given: ArchivedConversation
    ) throws(VaultError) -> Bool {
        guard archived.hasWithheldContent else { return false }
        guard archived.isMarkedOnly else { return true }
        if try search.firstRule(of: rules, matching: [SearchedText(title)]) != nil { return true }
        let runs = SharedRuns(of: title, length: 8)
        return Self.withheldTexts(of: given, archived).contains { runs.areShared(with: $0) }
    }

    /// All texts of parts and versions of which anything is withheld.
    private static func withheldTexts(
        of given: ArchivedConversation, _ archived: ArchivedConversation
    ) -> [String] {
        var lines: [String] = []
        for (before, after) in zip(given.messages, archived.messages)
        where before.partLines != after.partLines {
            let kept = Set(after.partLines)
            lines += before.partLines.filter { !kept.contains($0) }
        }
        for (before, after) in zip(given.earlierVersions, archived.earlierVersions)
        where before.record != after.record {
            lines += RecordFile.message(before.record)?.partLines ?? []
        }
        return lines.flatMap(strings)
    }
}

extension ArchivedConversation {
    /// Whether a record or a part of one is withheld.
    var hasWithheldContent: Bool {
        !withheld.isEmpty || earlierVersions.contains { WithheldRecord(line: $0.record) != nil }
    }

    /// Whether every message is withheld as a whole.
    fileprivate var isWithheldWhole: Bool {
        !messages.isEmpty
            && messages.allSatisfy { message in
                if case .record = withheld[message.id] { true } else { false }
            }
    }

    /// Whether all that is withheld is given as copies with marks.
    fileprivate var isMarkedOnly: Bool {
        withheld.values.allSatisfy { withheld in
            guard case .parts(let parts) = withheld else { return false }
            return parts.values.allSatisfy(\.hasCopy)
        }
    }
}
