import JSONText
import Vault
import VaultCrypto

/// Finds the records that rules name by the beginning of an id.
struct TargetFinder {
    private let rules: RedactionRules
    private let isCancelled: () -> Bool
    private var messages: [RecordTarget: Set<RecordID>] = [:]
    private var conversations: [RecordTarget: Set<RecordID>] = [:]
    /// Targets that name a part which their message has.
    private var hasPart: Set<RecordTarget> = []

    init(_ rules: RedactionRules, isCancelled: @escaping () -> Bool) {
        self.rules = rules
        self.isCancelled = isCancelled
    }

    private var targets: [RecordTarget] { rules.named.flatMap(\.records) }

    mutating func look(through archived: ArchivedConversation) {
        for target in targets {
            if target.matches(archived.conversation.id) {
                conversations[target, default: []].insert(archived.conversation.id)
            }
            for message in archived.messages where target.matches(message.id) {
                messages[target, default: []].insert(message.id)
                if let part = target.part, message.partLines.indices.contains(part) {
                    hasPart.insert(target)
                }
            }
        }
    }

    /// The redactor for what was found.
    ///
    /// - Throws: `notFound` for a target that is not there, `badInput` for one that fits several.
    func redactor() throws(VaultError) -> Redactor {
        var redactor = Redactor(search: TextSearch(rules: rules.texts, isCancelled: isCancelled))
        for rule in rules.named {
            for target in rule.records {
                try resolve(target, rule.reason, in: &redactor)
            }
        }
        return redactor
    }

    private func resolve(
        _ target: RecordTarget, _ reason: String, in redactor: inout Redactor
    ) throws(VaultError) {
        let messages = messages[target] ?? []
        let conversations = conversations[target] ?? []
        guard messages.count + conversations.count <= 1 else {
            throw VaultError(
                .badInput, "Several ids of the archive begin with \(target.text); give more digits."
            )
        }
        if let message = messages.first {
            guard target.part == nil || hasPart.contains(target) else {
                throw VaultError(.notFound, "The message \(message) has no such part.")
            }
            let named = Redactor.Named(part: target.part, reason: reason)
            redactor.messages[message, default: []].append(named)
        } else if let conversation = conversations.first, target.part == nil {
            if redactor.conversations[conversation] == nil {
                redactor.conversations[conversation] = reason
            }
        } else {
            throw VaultError(
                .notFound,
                "The archive has no message with the id \(target.text); its pages show ids under "
                    + "Record.")
        }
    }
}

/// Counts what is withheld, and what of the conversations' own fields.
struct WithheldTally {
    private(set) var counts = WithheldCounts()
    private var members = 0
    private var bytes = 0

    mutating func add(_ archived: ArchivedConversation) {
        members += archived.withheldMembers.count
        counts.records += archived.earlierVersions.count { WithheldRecord(line: $0.record) != nil }
        for message in archived.messages {
            switch archived.withheld[message.id] {
            case .record:
                counts.records += 1
                counts.messages += 1
            case .parts(let parts):
                counts.parts += parts.count
                counts.copies += parts.values.count(where: \.hasCopy)
                bytes += message.partLines.reduce(0) { $0 + $1.utf8.count }
            case nil: break
            }
        }
    }

    /// Whether anything was added to what was withheld before.
    func isMore(than before: WithheldTally) -> Bool {
        counts != before.counts || members != before.members || bytes != before.bytes
    }
}
