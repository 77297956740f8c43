/// What restoring an archive did, for people and for `--json`.
package struct RestoreReport: Sendable, Hashable {
    package struct Counts: Sendable, Hashable {
        package var added = 0
        /// Conversations that got something new; messages that got a later version, which is shown
        /// from then on, before the earlier one, which is kept.
        package var updated = 0
        package var unchanged = 0
        /// What the vault has with other content, which was stored beside it.
        package var conflicts = 0
        package var skipped = 0

        package init() {}
    }

    /// What an archive says otherwise of a conversation that the vault has; nothing of it is taken.
    package struct Difference: Sendable, Hashable {
        /// Its id in the vault.
        package var conversation: RecordID
        package var title: String?
        package var project: String?
        package var custodian: String?
        package var created: Instant?
        /// Labels that the vault's has not.
        package var labels: [String] = []

        init(conversation: RecordID) { self.conversation = conversation }

        var isEmpty: Bool {
            [title, project, custodian, created?.description].allSatisfy { $0 == nil }
                && labels.isEmpty
        }
    }

    package var conversations = Counts()
    package var messages = Counts()
    package var attachmentsAdded = 0
    /// How many conversations of the archive each hold keeps, by the hold's id in the vault.
    package var held: [String: Int] = [:]
    /// What was left out and why; the first `IngestReport.maximumSkipped`.
    package private(set) var skipped: [SkippedRecord] = []

    /// How many conversations have something in the archive that was not taken.
    package private(set) var differing = 0
    /// What that is; of the first `IngestReport.maximumSkipped`.
    package private(set) var notTaken: [Difference] = []
    /// Labels that came with new conversations, and with how many; at most
    /// `IngestReport.maximumSkipped` of them.
    package private(set) var labels: [String: Int] = [:]

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

    mutating func note(_ difference: Difference) {
        guard !difference.isEmpty else { return }
        differing += 1
        if notTaken.count < IngestReport.maximumSkipped { notTaken.append(difference) }
    }

    mutating func noteLabels(_ names: [String]) {
        for name in Set(names) { noteLabel(name, 1) }
    }

    private mutating func noteLabel(_ name: String, _ count: Int) {
        guard labels[name] != nil || labels.count < IngestReport.maximumSkipped else { return }
        labels[name, default: 0] += count
    }

    /// Adds what a batch did.
    mutating func add(_ batch: RestoreReport) {
        conversations.add(batch.conversations)
        messages.add(batch.messages)
        attachmentsAdded += batch.attachmentsAdded
        held.merge(batch.held, uniquingKeysWith: +)
        differing += batch.differing
        notTaken.append(
            contentsOf: batch.notTaken.prefix(IngestReport.maximumSkipped - notTaken.count))
        for (name, count) in batch.labels { noteLabel(name, count) }
        skipped.append(
            contentsOf: batch.skipped.prefix(IngestReport.maximumSkipped - skipped.count))
    }
}

extension RestoreReport.Counts {
    /// Messages that were put into the vault since an earlier count.
    func stored(since earlier: Self) -> Int {
        added + conflicts - earlier.added - earlier.conflicts
    }

    fileprivate mutating func add(_ other: Self) {
        added += other.added
        updated += other.updated
        unchanged += other.unchanged
        conflicts += other.conflicts
        skipped += other.skipped
    }
}
