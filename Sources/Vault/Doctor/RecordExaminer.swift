import GRDB
import VaultCrypto

/// Examines what is in the database: structure, every message against its commitment, every
/// attachment against its digest, the totals, the signing keys, and the search index.
struct RecordExaminer {
    let vault: Vault
    let repairs: Bool

    func run(
        _ examination: inout Examination,
        _ progress: (ExaminationProgress) throws(VaultError) -> Void
    ) throws(VaultError) {
        try vault.store.read { db in
            try examineStructure(db, &examination)
            try examineKeys(db, &examination)
            try examineMessages(db, &examination, progress)
            try examineParents(db, &examination)
            try examineAttachments(db, &examination, progress)
            try examineTurns(db, &examination)
        }
        try examineCounters(&examination)
        try progress(ExaminationProgress(stage: .index, done: 0, total: 1))
        try examineIndex(&examination)
    }

    /// `integrity_check` reports an unreadable page as a row, so rows are what counts.
    private func examineStructure(_ db: Database, _ examination: inout Examination) throws {
        for row in try String.fetchAll(db, sql: "PRAGMA integrity_check(100)") where row != "ok" {
            examination.add("database", "breaks SQLite's structure: \(row)")
        }
        for row in try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").prefix(100) {
            let table: String = row["table"]
            examination.add("database, table \(table)", "a row refers to one that is not there")
        }
    }

    private func examineKeys(_ db: Database, _ examination: inout Examination) throws {
        let header = vault.header
        for (secret, expected) in [
            (SigningSecret.log, header.logKey), (.archive, header.archiveKey),
        ] where try secret.load(in: db).publicKey.bytes != expected {
            examination.add("\(secret.rawValue) key", "differs from the one in the header")
        }
    }

    private func examineMessages(
        _ db: Database, _ examination: inout Examination,
        _ progress: (ExaminationProgress) throws(VaultError) -> Void
    ) throws {
        let total = try Int64.fetchOne(db, sql: "SELECT count(*) FROM message") ?? 0
        try MessageReader(db: db).forEach { result in
            if case .failure(let error) = result { examination.add("messages", error.message) }
            examination.messages += 1
            if examination.messages % 1000 == 0 {
                try progress(
                    ExaminationProgress(stage: .records, done: examination.messages, total: total))
            }
        }
        let orphans = try Int64.fetchOne(
            db,
            sql: "SELECT count(*) FROM part WHERE NOT EXISTS "
                + "(SELECT 1 FROM message WHERE message.num = part.num >> 16)")
        if let orphans, orphans > 0 {
            examination.add("database, table part", "\(orphans) parts belong to no message")
        }
    }

    /// Looks for messages that are above themselves.
    ///
    /// What was added later has the greater number: each circle has a message whose parent has no
    /// smaller one, and few others have, so that only these have to be followed.
    private func examineParents(_ db: Database, _ examination: inout Examination) throws {
        let backward = try Int64.fetchAll(db, sql: "SELECT num FROM message WHERE parent >= num")
        let parent = try db.makeStatement(sql: "SELECT parent FROM message WHERE num = ?")
        var done: Set<Int64> = []
        for start in backward where !done.contains(start) {
            var path: Set<Int64> = []
            var next: Int64? = start
            while let num = next, !done.contains(num), path.insert(num).inserted {
                next = try Int64.fetchOne(parent, arguments: [num])
            }
            if let num = next, path.contains(num) {
                let conversation = try Row.fetchOne(
                    db,
                    sql: "SELECT id FROM conversation WHERE num = "
                        + "(SELECT conversation FROM message WHERE num = ?)", arguments: [num])
                let name = conversation?.id("id")?.description ?? "of message row \(num)"
                examination.add(
                    "conversation \(name)",
                    "has a message that is above itself, so that an archive of it cannot be "
                        + "restored; import it anew from its source and purge this one")
            }
            done.formUnion(path)
        }
    }

    private func examineAttachments(
        _ db: Database, _ examination: inout Examination,
        _ progress: (ExaminationProgress) throws(VaultError) -> Void
    ) throws {
        let all = try Row.fetchAll(db, sql: "SELECT sha256 FROM attachment ORDER BY num")
        for row in all {
            let digest = row.bytes("sha256") ?? []
            do {
                try AttachmentStore(db: db).read(digest, into: NullSink())
            } catch let error as VaultError where error.code == .damaged {
                examination.add("attachment \(Hex.text(digest))", error.message)
            }
            examination.attachments += 1
            try progress(
                ExaminationProgress(
                    stage: .attachments, done: examination.attachments, total: Int64(all.count)))
        }
    }

    /// The lines of answers that are being written; one whose process is gone should be a record.
    private func examineTurns(_ db: Database, _ examination: inout Examination) throws {
        let table = TurnTable(db: db)
        for turn in try table.all() {
            let name = "answer \(turn.id)"
            if try !table.draft(of: turn).isWhole {
                examination.add(name, "lacks a step, or has one that cannot be read")
            }
            if !vault.lock.isHeld(turn.lockPlace) {
                examination.add(name, "was cut off and is no record yet; run this again")
            }
        }
        let orphans = try table.orphanCount()
        if orphans > 0 {
            examination.add("database, table turn_line", "\(orphans) steps belong to no answer")
        }
    }

    private func examineCounters(_ examination: inout Examination) throws(VaultError) {
        let truth: [(Counter, String)] = [
            (.conversations, "SELECT count(*) FROM conversation"),
            (.messages, "SELECT count(*) FROM message"),
            (.attachments, "SELECT count(*) FROM attachment"),
            (.attachmentBytes, "SELECT ifnull(sum(size), 0) FROM attachment"),
        ]
        for (counter, sql) in truth {
            func difference(_ db: Database) throws -> Int64 {
                (try Int64.fetchOne(db, sql: sql) ?? 0) - (try counter.value(in: db))
            }
            if try vault.store.read(difference) != 0 {
                if repairs {
                    try vault.store.write { try counter.add(try difference($0), in: $0) }
                }
                examination.add("total of \(counter.rawValue)", "is wrong", isRepaired: repairs)
            }
        }
    }

    /// The words of every message against the index; a rebuild puts every fault right.
    private func examineIndex(_ examination: inout Examination) throws(VaultError) {
        let check = try vault.store.read { db in
            try SearchUpkeep().check(isFull: true, in: db)
        }
        guard !check.isSound else { return }
        if repairs { try vault.rebuildSearchIndex() }
        for fault in check.faults {
            examination.add("search index", fault, isRepaired: repairs)
        }
        let counts = [
            (check.missing.count, "messages are not in it"),
            (check.surplus, "entries are left over"),
            (check.different.count, "messages have other words in it than in their text"),
        ]
        for (count, what) in counts where count > 0 {
            examination.add("search index", "\(count) \(what); rebuild it", isRepaired: repairs)
        }
    }
}

/// Takes bytes and forgets them.
private final class NullSink: ByteSink {
    func write(_ bytes: UnsafeRawBufferPointer) {}
}
