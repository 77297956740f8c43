/// What restoring an archive did, for people and for `--json`.
package struct RestoreReport: Sendable, Hashable {
    package struct Counts: Sendable, Hashable {
        package var added = 0
        /// Conversations that got something new; messages that got a later version.
        package var updated = 0
        package var unchanged = 0
        /// What the vault has with other content, which was stored beside it.
        package var conflicts = 0
        package var skipped = 0

        package init() {}
    }

    package var conversations = Counts()
    package var messages = Counts()
    package var attachmentsAdded = 0
    /// How many conversations of the archive each hold keeps, by the hold's id in the vault.
    package var held: [String: Int] = [:]
    /// What was left out and why; the first `IngestReport.maximumSkipped`.
    package private(set) var skipped: [SkippedRecord] = []

    package init() {}

    /// What changed, in the numbers that the audit log keeps.
    var figures: [String: Int64] {
        let all = [
            "attachmentsAdded": attachmentsAdded, "conversationsAdded": conversations.added,
            "conversationsUpdated": conversations.updated, "messagesAdded": messages.added,
            "messagesInConflict": messages.conflicts, "messagesUpdated": messages.updated,
        ]
        return all.filter { $0.value > 0 }.mapValues(Int64.init)
    }

    mutating func skip(_ record: SkippedRecord, messages count: Int) {
        conversations.skipped += 1
        messages.skipped += count
        if skipped.count < IngestReport.maximumSkipped { skipped.append(record) }
    }

    /// Adds what a batch did.
    mutating func add(_ batch: RestoreReport) {
        conversations.add(batch.conversations)
        messages.add(batch.messages)
        attachmentsAdded += batch.attachmentsAdded
        held.merge(batch.held, uniquingKeysWith: +)
        skipped.append(
            contentsOf: batch.skipped.prefix(IngestReport.maximumSkipped - skipped.count))
    }
}

extension RestoreReport.Counts {
    fileprivate mutating func add(_ other: Self) {
        added += other.added
        updated += other.updated
        unchanged += other.unchanged
        conflicts += other.conflicts
        skipped += other.skipped
    }
}
