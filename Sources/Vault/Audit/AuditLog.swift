import Foundation
import GRDB
import JSONText
import VaultCrypto

/// The audit log, inside the caller's transaction: append-only, in the transaction of what it
/// records.
///
/// The entries are the leaves of a tree as in RFC 6962, whose root `AuditCheckpoint` signs. An
/// entry is one line of canonical JSON (`JSONWriter`) of at most 64 KiB:
///
/// ```
/// actor     the user of the operating system: "1000:anna"
/// document  64 hex digits: SHA-256 of the document's line; absent without one
/// ends      number of the entry whose intent this is the result of; absent without one
/// figures   whole numbers by name; absent without any
/// messages  {"count":N,"root":"<64 hex>"}: the commitments that the transaction made are the
///           leaves of a tree of their own, in the order of message numbers, then versions
/// previous  64 hex digits: the leaf hash of the entry before it; absent in the first
/// object    what it is about: an id or the name of a slot; absent without one
/// seq       the entry's number, from 0
/// session   8 hex digits, the same for all that one process did
/// time      RFC 3339 in UTC, of the writer's clock
/// type      `AuditEvent`
/// v         1
/// ```
///
/// No entry holds content, nor a hash of it without a salt: a commitment hashes an envelope that
/// has a salt, and words that people chose (labels, scopes, policies) stand in a document, a
/// canonical line with the member `salt` of 32 hex digits, which is kept beside the entry.
///
/// Valid is a log when:
///  (A1) entries are numbered from 0 without a gap, each line is exactly that of its entry, and
///       says which one is before it;
///  (A2) `log_tree` has their number, the peaks of their tree and the highest of their times,
///       from the last `clock.accept` on;
///  (A3) each document is there and has the hash that its entry says;
///  (A4) the root of each entry's commitments is the one that it says, and every message is, in
///       its present version, a leaf of one of them, and no leaf is of a later version;
///  (A5) an entry whose time is before that of an earlier one, from the last `clock.accept` on,
///       is, or follows in its session, an entry `clock`; a `clock.accept` is such an entry and
///       says the highest time before it;
///  (A6) `ends` names an earlier entry of the intent that belongs to it, and no two results end one
///       intent;
///  (A7) each checkpoint that is known of it is of a beginning of its tree;
///  (A8) of each `erase.result` whose document names a certificate, `certificate` has the facts
///       with that hash and a note over them that the log's key signed, and it has no other;
///  (A9) a conversation that is there has a label whose last entry is `label.add`, and has none
///       whose last entry is `label.remove` unless an `ingest` comes behind that;
///  (A10) a conversation that is there is hidden, and has the time of an event, as the last entry
///       about that says, and as none says where there is none;
///  (A11) no conversation that a `purge.result` names is there, and every version of a message that
///       is there and was committed to is kept;
///  (A12) each slot that a `slot.add` or `slot.rotate` of the present generation names is in the
///       header, with none of the recipients that they say were replaced.
struct AuditLog {
    static let version = 1
    static let mostLineBytes = 1 << 16
    /// What entries about the clock call the newest time before them.
    static let newestFigure = "newestMilliseconds"
    /// And the clock's.
    static let nowFigure = "nowMilliseconds"

    let db: Database
    let auditor: Auditor
    let now: Instant
    /// What is known of what is there.
    var memory = AuditMemory()

    /// What is to be logged.
    struct Record {
        var event: AuditEvent
        var object: String?
        var figures: [String: Int64] = [:]
        /// Words that people chose; a salt is added.
        var document: JSONObject?
        var messages: CommittedMessages?
        /// The same, not counted yet.
        var commitments: CommitmentBatch?
        var ends: Int64?

        init(_ event: AuditEvent, object: String? = nil) {
            self.event = event
            self.object = object
        }
    }

    /// Appends an entry.
    ///
    /// - Returns: Its number.
    /// - Throws: `noSpace` for one that is too large; what the database reports.
    @discardableResult
    func append(_ record: Record) throws -> Int64 {
        var tree = try AuditTree(in: db)
        if now < tree.newest, record.event != .clock { tree = try noteClock(tree) }
        tree = try noteState(tree)
        var entry = entry(record.event, behind: tree)
        entry.object = record.object
        entry.figures = record.figures.merging(auditor.uses?.figures() ?? [:]) { own, _ in own }
        entry.messages =
            try record.commitments?.settle(under: entry.index, in: CommitmentLeaves(db: db))
            ?? record.messages
        entry.ends = record.ends
        if let document = record.document {
            entry.document = try store(document, of: entry.index)
        }
        if record.event.governs { try requireConsistency(of: entry, record.document) }
        try append(entry, to: &tree)
        return entry.index
    }

    /// An entry that contradicts those before it would make the log unreadable for good.
    ///
    /// - Throws: `busy`: another process was faster.
    private func requireConsistency(of entry: AuditEntry, _ document: JSONObject?) throws {
        var state = try memory.state(in: db).governing
        do {
            try state.apply(entry) { AuditState.conversations(document) }
        } catch {
            throw VaultError(
                .busy, "Another process changed the same just now; look again and repeat this.")
        }
    }

    private func entry(_ event: AuditEvent, behind tree: AuditTree) -> AuditEntry {
        AuditEntry(
            index: Int64(tree.frontier.count), previous: tree.last, event: event, time: now,
            actor: auditor.actor, session: auditor.session)
    }

    /// Appends the `state` entry whose turn it is.
    private func noteState(_ tree: AuditTree) throws -> AuditTree {
        let size = tree.frontier.count
        guard size > 0, size % AuditState.stretch == 0 else { return tree }
        var tree = tree
        var entry = entry(.state, behind: tree)
        entry.document = try store(try memory.state(in: db).document, of: entry.index)
        try append(entry, to: &tree)
        return tree
    }

    private func append(_ entry: AuditEntry, to tree: inout AuditTree) throws {
        let line = entry.line
        guard line.utf8.count <= Self.mostLineBytes else {
            throw VaultError(.noSpace, "An entry of the audit log has at most 64 KiB; say less.")
        }
        try db.cachedStatement(sql: "INSERT INTO log_entry VALUES (?, ?)")
            .execute(arguments: [entry.index, line])
        tree.append(line, of: entry)
        try tree.store(in: db)
    }

    private func store(_ document: JSONObject, of entry: Int64) throws -> [UInt8] {
        var salted = document
        salted["salt"] = .string(Hex.text(Randomness.bytes(16)))
        let line = String(decoding: JSONWriter.canonical(.object(salted)), as: UTF8.self)
        try db.cachedStatement(sql: "INSERT INTO log_document VALUES (?, ?)")
            .execute(arguments: [entry, line])
        return SHA256Digest.hash(utf8: line)
    }

    /// Says that the clock is behind the newest entry, once for each session.
    private func noteClock(_ tree: AuditTree) throws -> AuditTree {
        let known = try AuditReader(db: db).last {
            $0.session == auditor.session && $0.event == .clock
        }
        guard known == nil else { return tree }
        var record = Record(.clock)
        record.figures = [
            Self.newestFigure: tree.newest.milliseconds, Self.nowFigure: now.milliseconds,
        ]
        try append(record)
        return try AuditTree(in: db)
    }
}

/// The state of the log's tree (`log_tree`).
struct AuditTree {
    private(set) var frontier: MerkleFrontier
    /// The leaf hash of the last entry; empty without one.
    private(set) var last: [UInt8]
    /// The highest time of an entry (`AuditEntry.newest`).
    private(set) var newest: Instant

    /// - Throws: `damaged` when the row breaks the format.
    init(in db: Database) throws {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT size, peaks, last, newest FROM log_tree"))
        guard let row, let peaks = row.bytes("peaks"), peaks.count % MerkleTree.hashBytes == 0
        else {
            throw VaultError(
                .damaged, "The audit log has lost its tree; run `coffer audit verify`.")
        }
        frontier = try MerkleFrontier(
            count: row["size"],
            peaks: stride(from: 0, to: peaks.count, by: MerkleTree.hashBytes).map {
                Array(peaks[$0..<$0 + MerkleTree.hashBytes])
            })
        last = row.bytes("last") ?? []
        newest = Instant(milliseconds: row["newest"])
    }

    mutating func append(_ line: String, of entry: AuditEntry) {
        last = MerkleTree.leafHash(Array(line.utf8))
        frontier.append(leafHash: last)
        newest = entry.newest(after: newest)
    }

    func store(in db: Database) throws {
        try db.cachedStatement(sql: "UPDATE log_tree SET size = ?, peaks = ?, last = ?, newest = ?")
            .execute(arguments: [
                frontier.count, Data(frontier.peaks.joined()), Data(last),
                newest.milliseconds,
            ])
    }
}
