import Dispatch
import GRDB
import Synchronization
package import VaultCrypto

/// A running import: conversations go in one by one, batches of them are committed as they fill.
///
/// The caller's thread reads and prepares; a second thread writes. What `onCommit` reports is
/// durable. Call `finish` to write the rest; without it the last batch is not stored.
package final class Ingestion: Sendable {
    /// Text in one transaction, in bytes; more is faster and needs more memory.
    private static let batchTextBytes = 3 << 20
    private static let batchConversations = 3000

    private struct Batch: Sendable {
        var conversations: [PreparedConversation] = []
        var texts = AnalysedBatch()
        var textBytes = 0
        /// What is said of each conversation; another state of one begins another batch.
        var states: [Origin: [UInt8]] = [:]

        var isFull: Bool {
            textBytes >= Ingestion.batchTextBytes
                || conversations.count >= Ingestion.batchConversations
        }
    }

    private struct Progress {
        var report = IngestReport()
        var failure: VaultError?
    }

    private let store: Store
    private let auditor: Auditor
    private let clock: @Sendable () -> Instant
    private let watch: ArrivalWatch
    private let custodian: (name: String, isSaid: Bool)
    private let now: Instant
    private let analyser: TextAnalyser
    private let onCommit: @Sendable (IngestReport) -> Void
    private let queue = DispatchQueue(label: "coffer.ingest")
    /// Batches that wait or are written; the reader may be ahead by so many.
    private let room = DispatchSemaphore(value: 1)
    private let progress = Mutex(Progress())
    private let writer = Mutex(IngestWriter())
    private let pending = Mutex(Batch())
    /// What was written and is freed by the thread that made it.
    ///
    /// Where another thread frees it, both wait for each other at every piece of memory.
    private let spent = Mutex<[Batch]>([])

    init(
        store: Store, auditor: Auditor, custodian: (name: String, isSaid: Bool),
        analyser: TextAnalyser,
        clock: @escaping @Sendable () -> Instant, watch: ArrivalWatch,
        onCommit: @escaping @Sendable (IngestReport) -> Void
    ) {
        self.store = store
        self.auditor = auditor
        self.clock = clock
        self.watch = watch
        self.custodian = custodian
        now = clock()
        self.analyser = analyser
        self.onCommit = onCommit
    }

    /// Takes a conversation; it is stored with its batch.
    ///
    /// - Throws: The error of an earlier batch; nothing after it is written.
    package func add(_ conversation: ImportedConversation) throws(VaultError) {
        try rethrow()
        for batch in pending.withLock({ take(conversation, into: &$0) }) { submit(batch) }
    }

    /// Puts a conversation into the open batch.
    ///
    /// Holds and locked rules look at each conversation once for each batch, so that two states of
    /// it in one would hide the first from them.
    ///
    /// - Returns: The batches that are to be written.
    private func take(
        _ conversation: ImportedConversation, into batch: inout Batch
    ) -> [Batch] {
        var done: [Batch] = []
        var prepared = PreparedConversation(conversation, now: now, analyser, into: batch.texts)
        if let state = batch.states[conversation.origin], state != prepared.fingerprint {
            done.append(batch)
            batch = Batch()
            prepared = PreparedConversation(conversation, now: now, analyser, into: batch.texts)
        }
        batch.states[conversation.origin] = prepared.fingerprint
        batch.conversations.append(prepared)
        batch.textBytes += prepared.textBytes
        if batch.isFull {
            done.append(batch)
            batch = Batch()
        }
        return done
    }

    /// Notes a record that an importer could not read.
    package func skip(_ record: SkippedRecord) {
        progress.withLock { $0.report.skip(record) }
    }

    /// Writes what is left and waits until all of it is durable.
    package func finish() throws(VaultError) -> IngestReport {
        submit(
            pending.withLock { batch in
                defer { batch = Batch() }
                return batch
            })
        queue.sync {}
        spent.withLock { $0 = [] }
        try rethrow()
        return progress.withLock { $0.report }
    }

    private func rethrow() throws(VaultError) {
        if let failure = progress.withLock({ $0.failure }) { throw failure }
    }

    private func submit(_ batch: Batch) {
        room.wait()
        let before = spent.withLock { spent in
            defer { spent = [] }
            return spent
        }
        defer { withExtendedLifetime(before) {} }
        queue.async { [self] in
            defer {
                spent.withLock { $0.append(batch) }
                room.signal()
            }
            guard progress.withLock({ $0.failure }) == nil else { return }
            do {
                let written = try write(batch)
                let report = progress.withLock { progress in
                    progress.report.add(written)
                    return progress.report
                }
                onCommit(report)
            } catch {
                progress.withLock { $0.failure = DatabaseFault.vaultError(error) }
            }
        }
    }

    private func log(
        _ report: IngestReport, _ commitments: CommitmentBatch, in db: Database
    ) throws {
        var record = AuditLog.Record(.ingest)
        record.commitments = commitments
        record.figures = report.figures
        guard !record.figures.isEmpty else { return }
        try AuditLog(db: db, auditor: auditor, now: clock()).append(record)
    }

    private func write(_ batch: Batch) throws -> IngestReport {
        try writer.withLock { writer in
            try store.write { db in
                let facts = try watch.facts(db)
                let report = try writer.write(
                    batch.conversations, custodian: custodian, now: now, analyser, batch.texts,
                    facts, in: db)
                try log(report, writer.commitments, in: db)
                try watch.stored(writer.touched, writer.before, db)
                return report
            }
        }
    }
}
