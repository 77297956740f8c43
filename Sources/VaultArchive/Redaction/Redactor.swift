import JSONText
import Vault
import VaultCrypto

/// Takes out of conversations what is withheld.
///
/// Of a message, one part may go, or what matches in it, with a copy that is marked; all of it goes
/// where a rule says so or where its envelope repeats what is withheld. Earlier versions of a
/// message of which anything is withheld go whole, because they may say the same. The title and
/// `extra` of a conversation of which a record or a part goes are gone too, and its id at the
/// source: tools make titles of what was said first, and some make ids of what was said. Custodian,
/// source, dates and our own ids stay.
struct Redactor: Sendable {
    /// Messages that are named, with the parts in question; `nil` for all.
    var messages: [RecordID: [Named]] = [:]
    /// Conversations that are named, and why.
    var conversations: [RecordID: String] = [:]
    var rules: [RedactionRules.TextRule] = []

    struct Named: Sendable {
        var part: Int?
        var reason: String
    }

    func redact(_ given: ArchivedConversation) -> ArchivedConversation {
        var archived = given
        for index in archived.messages.indices { redact(&archived, messageAt: index) }
        for index in archived.earlierVersions.indices { redact(&archived, versionAt: index) }
        redactFields(&archived)
        return archived
    }

    // MARK: Messages

    private func redact(_ archived: inout ArchivedConversation, messageAt index: Int) {
        let message = archived.messages[index]
        let prior = archived.withheld[message.id]
        if case .record = prior { return }
        let reason = conversations[message.conversation] ?? wholeReason(message)
        if let reason { return withhold(message, at: index, reason, in: &archived) }
        let stubs = stubs(of: message)
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
    private func wholeReason(_ message: Message) -> String? {
        if let named = messages[message.id]?.first(where: { $0.part == nil }) {
            return named.reason
        }
        let envelope = Self.envelopeStrings(message)
        let all = envelope + message.partLines.flatMap(Self.strings)
        return rules.first { rule in
            rule.matches(rule.extent == .message ? all : envelope)
        }?.reason
    }

    /// What the envelope says besides who, when and where.
    private static func envelopeStrings(_ message: Message) -> [String] {
        var strings: [String] = []
        collect(.object(message.extra), into: &strings)
        if let usage = message.usage { collect(.object(usage), into: &strings) }
        return strings + [message.stopReason, message.originID].compactMap { $0 }
    }

    /// All that a person could read in a part's line, the names of members in `data` too.
    private static func strings(_ line: String) -> [String] {
        guard let value = try? JSONReader.parse(line) else { return [] }
        let object = value["withheld"]?["copy"]?.object ?? value.object
        var strings = [object?["text"]?.string, object?["name"]?.string].compactMap { $0 }
        if let data = object?["data"] { collect(data, into: &strings) }
        if let name = object?["attachment"]?["name"]?.string { strings.append(name) }
        return strings
    }

    private static func collect(_ value: JSON, into strings: inout [String]) {
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
    private func stubs(of message: Message) -> [Int: WithheldPart] {
        var stubs: [Int: WithheldPart] = [:]
        for (place, line) in message.partLines.enumerated() {
            guard let value = try? JSONReader.parse(line) else { continue }
            if let stub = stub(for: value, named: name(of: place, in: message)) {
                stubs[place] = stub
            }
        }
        return stubs
    }

    private func name(of part: Int, in message: Message) -> Named? {
        messages[message.id]?.first { $0.part == part }
    }

    private func stub(for value: JSON, named: Named?) -> WithheldPart? {
        let prior = WithheldPart(value)
        guard let object = prior == nil ? value.object : prior?.copy,
            let type = prior?.type ?? value["type"]?.string.flatMap(Part.Kind.init)
        else { return nil }
        if let named { return WithheldPart(type, reason: named.reason, copy: nil) }
        let strings = Self.strings(JSONWriter.line(.object(object)))
        if let rule = rules.first(where: { $0.extent == .part && $0.matches(strings) }) {
            return WithheldPart(type, reason: rule.reason, copy: nil)
        }
        let spans = rules.filter { $0.extent == .span && $0.matches(strings) }
        guard !spans.isEmpty else { return nil }
        let reasons = ([prior?.reason].compactMap { $0 } + spans.map(\.reason))
            .reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        return WithheldPart(
            type, reason: reasons.joined(separator: "; "), copy: Self.copy(of: object, spans))
    }

    /// The part without salt and without what matches; `nil` where a mark would not be enough.
    private static func copy(
        of part: JSONObject, _ rules: [RedactionRules.TextRule]
    ) -> JSONObject? {
        // What a file says cannot be masked here.
        guard part["attachment"] == nil else { return nil }
        var copy = part.without(["salt"])
        for member in ["name", "text"] {
            if let text = copy[member]?.string { copy[member] = .string(rules.masked(text)) }
        }
        if let data = copy["data"] {
            guard let masked = masked(data, rules) else { return nil }
            copy["data"] = masked
        }
        return copy
    }

    /// The value with marks in its strings; `nil` where a number or a member's name matches.
    private static func masked(_ value: JSON, _ rules: [RedactionRules.TextRule]) -> JSON? {
        switch value {
        case .string(let text): return .string(rules.masked(text))
        case .null, .bool: return value
        case .number(let digits): return rules.contains { $0.matches([digits]) } ? nil : value
        case .array(let elements):
            let masked = elements.compactMap { Self.masked($0, rules) }
            return masked.count == elements.count ? .array(masked) : nil
        case .object(let object):
            var result = JSONObject()
            for member in object.members {
                guard !rules.contains(where: { $0.matches([member.key]) }),
                    let masked = Self.masked(member.value, rules)
                else { return nil }
                result[member.key] = masked
            }
            return .object(result)
        }
    }

    /// Why a message goes as a whole although parts alone are named: its envelope, which stays as
    /// it was committed to, has a text of theirs, or what may be a hash of it.
    private func reasonOfRepetition(
        in message: Message, _ stubs: [Int: WithheldPart]
    ) -> String? {
        let envelope = Self.envelopeStrings(message)
        for (place, stub) in stubs.sorted(by: { $0.key < $1.key }) where stub.copy == nil {
            let texts = Self.strings(message.partLines[place])
            let isRepeated = envelope.contains { said in
                texts.contains { Self.repeats(said, $0) }
            }
            if isRepeated { return stub.reason }
        }
        let carriesHash = envelope.contains(where: Self.hasHash)
        return carriesHash ? stubs.min { $0.key < $1.key }?.value.reason : nil
    }

    /// Whether a text has as many hexadecimal digits in a row as a hash has.
    private static func hasHash(_ text: String) -> Bool {
        var digits = 0
        for byte in text.utf8 {
            let isDigit = byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 6
            digits = isDigit ? digits + 1 : 0
            if digits == 32 { return true }
        }
        return false
    }

    /// Whether what is said has a text, or a line of it that is long enough to mean something.
    private static func repeats(_ said: String, _ text: String) -> Bool {
        let lines = text.split(whereSeparator: \.isNewline).filter { $0.utf8.count >= 12 }
        return said == text || lines.contains { said.contains($0) }
    }

    // MARK: Earlier versions and the conversation

    private func redact(_ archived: inout ArchivedConversation, versionAt index: Int) {
        let version = archived.earlierVersions[index]
        guard let message = RecordFile.message(version.record) else { return }
        let reason =
            archived.withheld[version.message]?.reasons.joined(separator: "; ")
            ?? rules.first { rule in
                rule.matches(
                    Self.envelopeStrings(message) + message.partLines.flatMap(Self.strings))
            }?.reason
        guard let reason else { return }
        archived.earlierVersions[index].record = WithheldRecord(message, reason: reason).line
    }

    private func redactFields(_ archived: inout ArchivedConversation) {
        let before = archived.conversation
        var after = before
        let masks = rules
        after.title = after.title.map(masks.masked)
        after.project = after.project.map(masks.masked)
        after.labels = after.labels.map(masks.masked)
        if archived.hasWithheldContent {
            if !archived.isMarkedOnly, after.title != nil { after.title = WithheldPart.mark }
            after.extra = JSONObject()
            after.origin.id = WithheldPart.mark
        }
        var strings: [String] = []
        Self.collect(.object(after.extra), into: &strings)
        if rules.contains(where: { $0.matches(strings) }) { after.extra = JSONObject() }
        if after.title != before.title { archived.withheldMembers.insert("title") }
        if after.project != before.project { archived.withheldMembers.insert("project") }
        if after.labels != before.labels { archived.withheldMembers.insert("labels") }
        if after.origin != before.origin { archived.withheldMembers.insert("origin") }
        if after.extra != before.extra { archived.withheldMembers.insert("extra") }
        archived.conversation = after
    }
}

extension RedactionRules.TextRule {
    func matches(_ strings: [String]) -> Bool {
        patterns.contains { pattern in strings.contains(where: pattern.matches) }
    }
}

extension [RedactionRules.TextRule] {
    /// The text with marks in place of what any rule matches.
    func masked(_ text: String) -> String {
        lazy.flatMap(\.patterns).reduce(text) { text, pattern in
            pattern.masked(text, mark: WithheldPart.mark) ?? text
        }
    }
}

extension ArchivedConversation {
    /// Whether a record or a part of one is withheld.
    var hasWithheldContent: Bool {
        !withheld.isEmpty || earlierVersions.contains { WithheldRecord(line: $0.record) != nil }
    }

    /// Whether all that is withheld is given as copies with marks.
    fileprivate var isMarkedOnly: Bool {
        withheld.values.allSatisfy { withheld in
            guard case .parts(let parts) = withheld else { return false }
            return parts.values.allSatisfy(\.hasCopy)
        }
    }
}
