import Foundation
import JSONText
import Policy
import VaultCrypto

@testable import Vault

/// A conversation as one import says it.
struct SaidConversation: Equatable {
    struct Message: Equatable {
        var time: Int64?
        var text: String
    }

    var name: String
    var project: String?
    /// The vault's own, ada, where the import does not say.
    var custodian: String?
    var labels: Set<String> = []
    var created: Int64?
    var modified: Int64?
    /// Each by its place, which is its id in the source.
    var messages: [Message] = []

    var imported: ImportedConversation {
        var entry = conversation(name, texts: messages.map(\.text))
        entry.project = project
        entry.custodian = custodian
        entry.labels = labels.sorted()
        entry.created = created.map(Instant.init(milliseconds:))
        entry.modified = modified.map(Instant.init(milliseconds:))
        for (place, message) in messages.enumerated() {
            entry.messages[place].created = message.time.map(Instant.init(milliseconds:))
        }
        return entry
    }
}

/// A conversation as the model knows it.
struct ModelConversation {
    let id: RecordID
    var commitments: Set<String> = []
    var project: String?
    let custodian: String
    /// For whom imports said that it is, its custodian among them: holds know all of them.
    var custodians: Set<String> = []
    var labels: Set<String> = []
    var messages: [SaidConversation.Message] = []
    /// Times of the messages that later ones took the place of.
    var pastTimes: [Int64] = []
    var began: Int64?
    /// The time of the state that it is in.
    var state: Int64?
    /// Until when locked rules keep it, by what it was when they were set or it came.
    var floor = Int64.min
    /// Whether its custodian asked for an erasure that was barred then.
    var isDeferred = false
    private var imports: [SaidConversation] = []

    init(id: RecordID, _ said: SaidConversation) {
        self.id = id
        custodian = said.custodian ?? "ada"
        custodians = [custodian]
        take(said)
    }

    /// An import that was there before changes nothing; an older one adds what is missing.
    mutating func take(_ said: SaidConversation) {
        guard !imports.contains(said) else { return }
        imports.append(said)
        let times = said.messages.compactMap(\.time)
        let begun = said.created ?? times.min() ?? said.modified
        let reached = [said.modified ?? times.max(), begun].compactMap(\.self).max()
        var isOlder = false
        if let state, let reached { isOlder = reached < state }
        project = isOlder ? project ?? said.project : said.project ?? project
        labels.formUnion(said.labels)
        if let other = said.custodian { custodians.insert(other) }
        began = began ?? begun
        state = [state, reached].compactMap(\.self).max()
        for (place, message) in said.messages.enumerated() {
            if place >= messages.count {
                messages.append(message)
            } else if !isOlder, messages[place] != message {
                if let time = messages[place].time { pastTimes.append(time) }
                messages[place] = message
            }
        }
    }

    /// When the latest of its messages was written; `nil` when one may be of any time.
    var created: Int64? { began.flatMap { ([$0] + pastTimes + messages.compactMap(\.time)).max() } }

    var modified: Int64? { created.map { max($0, state ?? $0) } }

    /// Its messages' times; `nil` when one may be of any time.
    var times: [Int64]? {
        let times = messages.compactMap { $0.time ?? began }
        return times.count == messages.count ? times : nil
    }
}

/// Values of which each kind that is given has to fit.
struct ModelScope {
    var projects: Set<String> = []
    var custodians: Set<String> = []
    var labels: Set<String> = []

    func contains(_ conversation: ModelConversation) -> Bool {
        contains(conversation, of: [conversation.custodian])
    }

    func contains(_ conversation: ModelConversation, of whom: Set<String>) -> Bool {
        (projects.isEmpty || conversation.project.map(projects.contains) ?? false)
            && (custodians.isEmpty || !custodians.isDisjoint(with: whom))
            && (labels.isEmpty || !labels.isDisjoint(with: conversation.labels))
    }
}

struct ModelHold {
    let id: String
    var scope = ModelScope()
    var conversations: Set<RecordID> = []
    var word: String?
    var after: Int64?
    /// What was in its scope at any time while it was in force.
    var matched: Set<RecordID> = []
    var released: Int64?

    func matches(_ conversation: ModelConversation) -> Bool {
        matched.contains(conversation.id) || isInScope(conversation)
    }

    func isInScope(_ conversation: ModelConversation) -> Bool {
        guard scope.contains(conversation, of: conversation.custodians),
            conversations.isEmpty || conversations.contains(conversation.id)
        else { return false }
        if let word {
            let words = conversation.messages.flatMap { $0.text.split(separator: " ") }
            guard words.contains(Substring(word)) else { return false }
        }
        guard let after, let times = conversation.times else { return true }
        return times.contains { $0 >= after }
    }
}

struct ModelRule {
    /// The most particular first.
    enum Class: String, CaseIterable { case label, scoped, org }

    let id: String
    var scopeClass = Class.org
    var scope = ModelScope()
    var retains = false
    var deletes = false
    var years = 1
    var isFromModified = false
    var isLegal = true
    var isLocked = false

    /// When its period is over, where it applies; never for what has no time.
    func end(_ conversation: ModelConversation) -> Int64? {
        guard scope.contains(conversation) else { return nil }
        let start = isFromModified ? conversation.modified : conversation.created
        guard let start else { return .max }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let date = Date(timeIntervalSince1970: Double(start) / 1000)
        let end = calendar.date(byAdding: .year, value: years, to: date) ?? date
        return Int64((end.timeIntervalSince1970 * 1000).rounded())
    }

    var text: String {
        let lists = [
            ("labels", scope.labels), ("projects", scope.projects),
            ("custodians", scope.custodians),
        ]
        let members = lists.filter { !$0.1.isEmpty }.map { name, values in
            let list = values.sorted().map { "\"\($0)\"" }.joined(separator: ",")
            return ", \"\(name)\": [\(list)]"
        }
        let kind = retains ? deletes ? "retain+delete" : "retain" : "delete"
        let basis = retains ? #", "basis": "\#(isLegal ? "legal" : "business")""# : ""
        return #"""
            {"id": "\#(id)", "kind": "\#(kind)", "period": "P\#(years)Y",
            "start": "\#(isFromModified ? "modified" : "created")"\#(basis), "locked": \#(isLocked),
            "scope": {"class": "\#(scopeClass.rawValue)"\#(members.joined())}}
            """#
    }
}

/// A policy from its time on; one without rules is none.
struct ModelPolicy {
    var rules: [ModelRule] = []
    var graceDays: Int64 = 30
    var from = Int64.min

    func retention(_ conversation: ModelConversation, legalOnly: Bool = false) -> Int64 {
        rules.filter { $0.retains && ($0.isLegal || !legalOnly) }
            .compactMap { $0.end(conversation) }.max() ?? .min
    }

    func due(_ conversation: ModelConversation) -> Int64? {
        for scopeClass in ModelRule.Class.allCases {
            let ends = rules.filter { $0.deletes && $0.scopeClass == scopeClass }
                .compactMap { $0.end(conversation) }
            if let first = ends.min() { return first }
        }
        return nil
    }

    var document: PolicyDocument {
        get throws {
            let text = #"""
                {"version": 1, "timeZone": "UTC", "holdReleaseGrace": "P\#(graceDays)D",
                "retention": [\#(rules.map(\.text).joined(separator: ", "))]}
                """#
            return try PolicyDocument.read(Array(text.utf8), timeZoneFile: TimeZoneFolder.file)
        }
    }
}

/// A second judge of what may be destroyed: simpler, and written without looking at the engine.
///
/// What a hold matched once stays held. A rule counts for what a conversation is now, and a locked
/// one also for what it was. What kept it before it was changed does so for a grace. A grace that
/// began does not become shorter.
struct GovernanceModel {
    var conversations: [String: ModelConversation] = [:]
    var holds: [ModelHold] = []
    /// The first is none.
    var policies = [ModelPolicy()]

    var policy: ModelPolicy { policies.last ?? ModelPolicy() }

    // MARK: What happens

    /// What an import says, of a conversation that has or gets this id in the vault.
    mutating func take(_ said: SaidConversation, as id: RecordID, at now: Int64) {
        guard conversations[said.name] != nil else {
            conversations[said.name] = ModelConversation(id: id, said)
            return note(said.name)
        }
        change(said.name, at: now) { $0.take(said) }
    }

    /// A conversation becomes another one: what kept it until now does so for a grace.
    mutating func change(
        _ name: String, at now: Int64, _ body: (inout ModelConversation) -> Void
    ) {
        guard let before = conversations[name] else { return }
        var after = before
        body(&after)
        let kept = policy.retention(before)
        if kept > now, policy.retention(after) < kept {
            after.floor = max(after.floor, min(kept, now + policy.graceDays * 86_400_000))
        }
        // A grace that runs on all the same is none that has to be kept.
        let running = graces(of: after).max() ?? now
        for end in graces(of: before) where end > running { after.floor = max(after.floor, end) }
        conversations[name] = after
        note(name)
    }

    /// What is in the scope of a hold or of a locked rule, after a change.
    mutating func note(_ name: String) {
        guard let conversation = conversations[name] else { return }
        for index in holds.indices
        where holds[index].released == nil && holds[index].isInScope(conversation) {
            holds[index].matched.insert(conversation.id)
        }
        // An end that is not known yet is not promised.
        guard conversation.created != nil else { return }
        let locked = ModelPolicy(rules: policy.rules.filter(\.isLocked))
        conversations[name]?.floor = max(conversation.floor, locked.retention(conversation))
    }

    mutating func noteAll() {
        for name in conversations.keys { note(name) }
    }

    // MARK: Judging

    /// The longest grace of the policies in force at a time and since.
    private func grace(after time: Int64) -> Int64 {
        let before = policies.last { $0.from < time }.map { [$0] } ?? []
        let days = (before + policies.filter { $0.from >= time }).map(\.graceDays).max() ?? 0
        return time + days * 86_400_000
    }

    private func isHeld(_ conversation: ModelConversation) -> Bool {
        holds.contains { $0.released == nil && $0.matches(conversation) }
    }

    /// The ends of the graces of holds that were released, and of policies before the present one
    /// that kept it longer.
    private func graces(of conversation: ModelConversation) -> [Int64] {
        let released = holds.filter { $0.matches(conversation) }.compactMap(\.released)
        let present = policy.retention(conversation)
        let replaced = zip(policies, policies.dropFirst()).filter { earlier, later in
            let kept = earlier.retention(conversation)
            return kept > later.from && kept > present
        }
        return (released + replaced.map(\.1.from)).map(grace(after:))
    }

    /// Whether nothing bars its destruction; for a sweep it must be due as well, or have been asked
    /// for before.
    func mayGo(_ name: String, _ now: Int64, _ operation: RetentionOperation) -> Bool {
        guard let conversation = conversations[name], !isHeld(conversation),
            graces(of: conversation).allSatisfy({ $0 <= now })
        else { return false }
        let isErasure = operation == .erase || operation == .sweep && conversation.isDeferred
        let kept = max(
            conversation.floor, policy.retention(conversation, legalOnly: isErasure))
        guard now >= kept else { return false }
        guard operation == .sweep, !isErasure else { return true }
        return policy.due(conversation).map { $0 <= now } ?? false
    }
}
