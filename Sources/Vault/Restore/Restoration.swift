import GRDB
import JSONText
import Policy
package import VaultCrypto

/// A running restoration: conversations of an archive go in one by one, batches of them are
/// committed as they fill.
///
/// What `report` says is durable. Call `finish` at the end, also after an error: it stores what is
/// left, unless something failed, and says in the audit log how it ended.
package final class Restoration {
    /// Text in one transaction, in bytes.
    private static let batchTextBytes = 3 << 20
    private static let batchConversations = 3000

    /// The content of an attachment; `nil` for one that the archive does not have.
    package typealias Content =
        (AttachmentReference) throws(VaultError) -> (any ByteSource)?

    private let vault: Vault
    private let source: RestoreSource
    private let isDryRun: Bool
    private let isOwn: Bool
    private let content: Content
    private let now: Instant
    /// The entry of the audit log that says that this began; `nil` for a dry run.
    private let begun: Int64?
    private var batch: [RestoredConversation] = []
    private var batchBytes = 0
    private var origins: Set<Origin> = []
    private var destroyed = DestroyedConversations()
    private var hasFailed = false
    private var countedAttachments: Set<[UInt8]> = []
    package private(set) var report = RestoreReport()

    fileprivate init(
        _ vault: Vault, _ source: RestoreSource, isOwn: Bool, isDryRun: Bool, begun: Int64?,
        content: @escaping Content
    ) {
        self.vault = vault
        self.source = source
        self.isOwn = isOwn
        self.isDryRun = isDryRun
        self.begun = begun
        self.content = content
        now = vault.now()
    }

    /// Takes a conversation; it is stored with its batch.
    package func add(_ conversation: RestoredConversation) throws(VaultError) {
        // Two of one origin become one, which a batch must see in its stored state.
        if !origins.insert(conversation.conversation.origin).inserted {
            try flush()
            origins = [conversation.conversation.origin]
        }
        batch.append(conversation)
        batchBytes += conversation.textBytes
        if batchBytes >= Self.batchTextBytes || batch.count >= Self.batchConversations {
            try flush()
        }
    }

    /// Stores what is left and ends the restoration.
    ///
    /// - Throws: What the database reports; what `report` says stays.
    package func finish() throws(VaultError) {
        defer { batch = [] }
        if !hasFailed { try flush() }
        guard let begun else { return }
        var record = AuditLog.Record(.restoreEnded)
        record.ends = begun
        record.figures = [
            "conversations": Int64(report.conversations.stored),
            "messages": Int64(report.messages.stored),
        ].merging(report.figures) { $1 }
        record.document = source.json
        try vault.log(record)
    }

    private func flush() throws(VaultError) {
        guard !batch.isEmpty else { return }
        let waiting = batch
        (batch, batchBytes, origins) = ([], 0, [])
        do {
            report.add(try write(waiting))
        } catch {
            hasFailed = true
            throw error
        }
    }

    /// Writes a batch in one transaction, or says what that would do.
    private func write(_ batch: [RestoredConversation]) throws(VaultError) -> RestoreReport {
        var report: RestoreReport?
        do {
            try vault.store.write { db in
                try destroyed.read(in: db)
                let done = try write(batch, in: db)
                report = done
                if isDryRun { throw VaultError(.cancelled, "This was a dry run.") }
            }
        } catch {
            guard isDryRun, let report else { throw error }
            return report
        }
        return report ?? RestoreReport()
    }

    private func write(
        _ batch: [RestoredConversation], in db: Database
    ) throws -> RestoreReport {
        var writer = try RestoreWriter(
            db: db, now: now, facts: try vault.factsBeforeChange(in: db), destroyed: destroyed,
            isOwn: isOwn, content: content)
        writer.counted = countedAttachments
        try writer.write(batch)
        countedAttachments = writer.counted
        var report = writer.report
        var record = AuditLog.Record(.ingest)
        record.commitments = writer.commitments
        record.figures = report.figures
        if !record.figures.isEmpty { try vault.auditLog(in: db, at: vault.now()).append(record) }
        try noteHidden(writer.hidden, in: db)
        try vault.governArrivals(writer.touched, before: writer.before, in: db)
        report.held = try vault.keepHeld(writer.held, by: source, isOwn: isOwn, in: db)
        return report
    }

    private func noteHidden(_ ids: [RecordID], in db: Database) throws {
        guard !ids.isEmpty else { return }
        var record = AuditLog.Record(.hide)
        if ids.count == 1 { record.object = ids[0].description }
        record.figures = ["conversations": Int64(ids.count)]
        record.document = ["conversations": .array(ids.map { .string($0.description) })]
        try vault.auditLog(in: db, at: vault.now()).append(record)
    }
}

extension RestoreReport.Counts {
    /// Records that are in the vault now.
    package var stored: Int { added + updated + unchanged + conflicts }
}

extension Vault {
    /// Begins to restore an archive and says so in the audit log.
    ///
    /// - Parameters:
    ///   - source: The archive, which was verified and is trusted.
    ///   - isDryRun: Whether everything is only tried, and nothing stored or logged.
    ///   - content: The archive's attachments.
    /// - Returns: The restoration, which writes until it is finished.
    /// - Throws: `refused` for an archive whose signer is not trusted; what the database reports.
    package func beginRestoration(
        of source: RestoreSource, isDryRun: Bool, content: @escaping Restoration.Content
    ) throws(VaultError) -> Restoration {
        try requireTrust(in: source, isDryRun: isDryRun)
        var record = AuditLog.Record(.restoreBegun)
        record.document = source.json
        return Restoration(
            self, source, isOwn: try ownFingerprint() == source.signer, isDryRun: isDryRun,
            begun: isDryRun ? nil : try log(record),
            content: content)
    }

    /// Refuses an archive whose signer is not trusted, and says so in the audit log.
    package func requireTrust(
        in source: RestoreSource, isDryRun: Bool
    ) throws(VaultError) {
        guard try !trusts(source.signer) else { return }
        if !isDryRun { try logRefusal(of: source) }
        throw VaultError(
            .refused,
            "The archive is signed by \(source.signer), which this vault does not trust; compare "
                + "the fingerprint with the one that its maker told you, then type "
                + "`coffer trust add \(source.signer) --name NAME`.")
    }

    private func logRefusal(of source: RestoreSource) throws(VaultError) {
        var record = AuditLog.Record(.refused)
        var document = source.json
        document["what"] = .string("restore")
        record.document = document
        try log(record)
    }

    /// Whether the content of an attachment is stored.
    package func hasAttachment(_ sha256: [UInt8]) throws(VaultError) -> Bool {
        try store.read { db in
            try AttachmentStore(db: db).num(
                of: AttachmentReference(
                    sha256: sha256, sizeBytes: 0, name: nil, mediaType: nil)) != nil
        }
    }
}

// Holds of the vault that an archive comes from.
extension Vault {
    /// Keeps conversations held that a hold in force matched where their archive was made.
    ///
    /// They come under a hold of their own, which is placed on them by their ids, with the archive
    /// as its reason and the name of its origin in its matter. One that an earlier archive of the
    /// same vault brought under this name takes them as well, as if they had come to match it. None
    /// that somebody placed here does, whatever its name: releasing that one would release these.
    ///
    /// A hold that this vault placed itself is not placed again: its log says what became of it.
    ///
    /// - Parameters:
    ///   - wanted: The conversations by the archive's holds.
    ///   - source: The archive.
    ///   - isOwn: Whether this vault signed it itself.
    ///   - db: The connection of the transaction that stores them.
    /// - Returns: How many conversations each hold of this vault keeps of them.
    /// - Throws: What the database reports.
    func keepHeld(
        _ wanted: [String: Set<RecordID>], by source: RestoreSource, isOwn: Bool, in db: Database
    ) throws -> [String: Int] {
        var held: [String: Int] = [:]
        for (name, ids) in wanted.sorted(by: { $0.key < $1.key }) {
            var numbers: [Int64] = []
            for id in ids { numbers.append(try ConversationReader(db: db).conversation(id).num) }
            let governance = try governance(in: db, within: numbers.sorted())
            if isOwn, governance.state.holds.contains(where: { $0.id == name }) { continue }
            let origin = HoldOrigin(hold: name, signer: source.signer, vault: source.vault)
            guard let hold = try brought(by: origin, governance.state, in: db) else {
                let id = try place(origin, on: ids, source, governance.state, in: db)
                held[id, default: 0] += ids.count
                continue
            }
            let reader = GovernedReader(governance: governance)
            let missing = try ids.filter { id in
                try reader.conversation(id)?.item.holds.contains(hold.id) != true
            }
            if !missing.isEmpty { try noteMatched(missing.sorted(), by: hold, in: db) }
            held[hold.id, default: 0] += ids.count
        }
        return held
    }

    /// The hold in force that an earlier archive brought.
    private func brought(
        by origin: HoldOrigin, _ state: GovernanceState, in db: Database
    ) throws -> GovernanceState.Hold? {
        try state.holds.first { hold in
            guard hold.released == nil else { return false }
            return try auditMemory.holds.placing(of: hold, in: db).origin == origin
        }
    }

    /// - Returns: The new hold's id.
    private func place(
        _ origin: HoldOrigin, on ids: Set<RecordID>, _ source: RestoreSource,
        _ state: GovernanceState, in db: Database
    ) throws -> String {
        let maker = try state.trusted.first { $0.fingerprint == source.signer }?
            .document.load(in: db)["name"]?.string
        let matter =
            (try? Label.checked("\(origin.hold), of \(maker ?? "this vault")", "matter"))
            ?? "restored"
        let id = Self.holdID(origin.hold, state.holds.map(\.id))
        var scope = HoldScope()
        scope.conversations = Set(ids.map(\.description))
        var record = AuditLog.Record(.holdPlaced, object: id)
        record.figures = ["conversations": Int64(ids.count)]
        var document = HoldDocument(
            matter: matter, scope: scope, matched: ids,
            messages: HeldMessages.committed(try HeldMessages(db: db).present(ids))
        ).json
        var restored = source.json
        restored["hold"] = .string(origin.hold)
        document["restored"] = .object(restored)
        record.document = document
        try auditLog(in: db, at: now()).append(record)
        return id
    }
}
