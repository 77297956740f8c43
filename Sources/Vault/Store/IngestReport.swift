/// What an import did, for people and for `--json`.
package struct IngestReport: Sendable, Hashable {
    package struct Counts: Sendable, Hashable {
        package var added = 0
        package var updated = 0
        package var unchanged = 0
        package var skipped = 0

        package init() {}
    }

    package var conversations = Counts()
    package var messages = Counts()
    package var attachmentsAdded = 0
    /// What was left out and why; the first `maximumSkipped` of them.
    package private(set) var skipped: [SkippedRecord] = []

    /// Beyond this many the counts go on and the list does not.
    package static let maximumSkipped = 10_000

    package init() {}

    /// What changed, in the numbers that the audit log keeps.
    var figures: [String: Int64] {
        let all = [
            "attachmentsAdded": attachmentsAdded, "conversationsAdded": conversations.added,
            "conversationsUpdated": conversations.updated, "messagesAdded": messages.added,
            "messagesUpdated": messages.updated,
        ]
        return all.filter { $0.value > 0 }.mapValues(Int64.init)
    }

    /// Notes a record that was left out.
    package mutating func skip(_ record: SkippedRecord) {
        if record.isConversation { conversations.skipped += 1 } else { messages.skipped += 1 }
        if skipped.count < Self.maximumSkipped { skipped.append(record) }
    }

    /// Adds what a batch did.
    mutating func add(_ batch: IngestReport) {
        conversations.add(batch.conversations)
        messages.add(batch.messages)
        attachmentsAdded += batch.attachmentsAdded
        skipped.append(contentsOf: batch.skipped.prefix(Self.maximumSkipped - skipped.count))
    }
}

extension IngestReport.Counts {
    fileprivate mutating func add(_ other: Self) {
        added += other.added
        updated += other.updated
        unchanged += other.unchanged
        skipped += other.skipped
    }
}
