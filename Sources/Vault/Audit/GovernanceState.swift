import GRDB
import JSONText
import VaultCrypto

/// All that governs a vault, as the entries of its audit log say it: holds, the policy in force and
/// those before it, destructions that were begun, and whose archives may be restored.
///
/// No table has it: a page that was put back would otherwise make a hold disappear. Whoever needs
/// it folds the entries from the last `state` entry on (`AuditState`).
///
/// What entries say in documents is referred to and not repeated, so that the state stays small
/// whatever a hold matched.
struct GovernanceState: Equatable {
    /// A legal hold from its placing on.
    struct Hold: Equatable {
        var id: String
        /// The entry that placed it.
        var entry: Int64
        var placed: Instant
        /// Its matter and scope, and what it matched then.
        var document: AuditDocument
        /// What came after its placing and matched.
        var later: [Arrivals] = []
        /// `nil` while it is in force.
        var released: Instant?

        /// How many of the last documents of `later` the next one takes the place of.
        ///
        /// Eight of about the same size become one, so that a hold which each new conversation
        /// matches has few of them, and an id is written again only each time their number grows
        /// eightfold. Without that, `state` entries would come to outgrow the vault.
        func documentsReplaced() -> Int {
            var taken = 0
            for tier in 0..<21 {
                let run = later.dropLast(taken).reversed().prefix {
                    $0.conversations < 8 << Int64(3 * tier)
                }
                guard run.count >= 7 else { break }
                taken += run.count
            }
            return taken
        }

        /// Takes an entry `hold.match`.
        ///
        /// - Returns: Whether it fits those before it.
        fileprivate mutating func take(_ entry: AuditEntry, _ document: AuditDocument) -> Bool {
            let replaced = Int(entry.figures["replaces"] ?? 0)
            guard (0...later.count).contains(replaced) else { return false }
            let before = later.suffix(replaced).reduce(0) { $0 + $1.conversations }
            later.removeLast(replaced)
            later.append(
                Arrivals(
                    document: document,
                    conversations: before + (entry.figures["conversations"] ?? 0)))
            return true
        }
    }

    /// Conversations that matched a hold after its placing, as a document names them.
    struct Arrivals: Equatable {
        var document: AuditDocument
        /// How many it names.
        var conversations: Int64
    }

    /// A policy from its setting on.
    struct PolicyEpoch: Equatable {
        enum Source: String {
            /// The vault's own, or that of the managed place, which prevails.
            case vault, managed
        }

        var entry: Int64
        var set: Instant
        var source: Source
        /// `nil` where the entry took the policy away.
        var document: AuditDocument?
    }

    private(set) var holds: [Hold] = []
    /// The highest time of an entry, see `AuditEntry.newest`.
    ///
    /// What was done while the clock was behind was done then. A clock that is accepted changes no
    /// time that stands here already.
    private(set) var newest = Instant(milliseconds: 0)
    /// In the order of time.
    private(set) var policies: [PolicyEpoch] = []
    /// Entries of intents that have no result yet.
    private(set) var intents: [Int64] = []
    /// Entries of purges that destroyed something, whose generation is still the present one.
    private(set) var unerased: [Int64] = []
    /// Conversations whose destruction a person approved, with the entry that says so.
    private(set) var approvals: [String: Int64] = [:]
    /// Conversations whose erasure was asked for and waits, with the entry that says so.
    private(set) var deferrals: [String: Int64] = [:]
    /// Keys whose archives may be restored, in the order of their adding.
    private(set) var trusted: [Trusted] = []

    /// The last policy of a source; `nil` where there was none or it was taken away.
    func policy(of source: PolicyEpoch.Source) -> PolicyEpoch? {
        policies.last { $0.source == source }.flatMap { $0.document == nil ? nil : $0 }
    }

    /// Whether what arrives may have to be looked at: for holds, or for locked rules of a policy.
    var mayGovernArrivals: Bool {
        !policies.isEmpty || holds.contains { $0.released == nil }
    }

    /// The policies that were in force, each from a time on; `nil` is none.
    var epochs: [(from: Instant, document: AuditDocument?)] {
        var current: [PolicyEpoch.Source: AuditDocument] = [:]
        return policies.map { epoch in
            current[epoch.source] = epoch.document
            return (epoch.set, current[.managed] ?? current[.vault])
        }
    }

    /// Takes the next entry into account.
    ///
    /// - Parameters:
    ///   - entry: The entry.
    ///   - conversations: The ids that its document names; asked for only where that matters.
    /// - Throws: `damaged` when it contradicts those before it; what `conversations` throws.
    mutating func apply(_ entry: AuditEntry, conversations: () throws -> [String]) throws {
        let document = entry.document.map { AuditDocument(entry: entry.index, digest: $0) }
        try takeTime(of: entry)
        switch entry.event {
        case .holdPlaced:
            guard let id = entry.object, let document, !holds.contains(where: { $0.id == id })
            else { throw Self.contradiction(entry) }
            holds.append(
                Hold(id: id, entry: entry.index, placed: newest, document: document))
        case .holdMatched:
            guard
                let index = holds.firstIndex(where: { $0.id == entry.object && $0.released == nil }
                ),
                let document, holds[index].take(entry, document)
            else { throw Self.contradiction(entry) }
        case .holdReleased:
            guard
                let index = holds.firstIndex(where: { $0.id == entry.object && $0.released == nil })
            else { throw Self.contradiction(entry) }
            holds[index].released = newest
        case .policySet, .policyRemoved:
            guard let source = entry.object.flatMap(PolicyEpoch.Source.init),
                (entry.event == .policySet) == (document != nil)
            else { throw Self.contradiction(entry) }
            policies.append(
                PolicyEpoch(
                    entry: entry.index, set: newest, source: source,
                    document: document))
        case .approved: approvals[entry.object ?? ""] = entry.index
        case .erasureDeferred: deferrals[entry.object ?? ""] = entry.index
        case .purgeIntended, .eraseIntended: intents.append(entry.index)
        case .purgeDone, .eraseDone:
            guard let intent = intents.firstIndex(where: { $0 == entry.ends }) else {
                throw Self.contradiction(entry)
            }
            intents.remove(at: intent)
            if entry.event == .eraseDone, entry.figures["generation"] != nil { unerased = [] }
            if entry.event == .purgeDone, entry.figures["conversations"] ?? 0 > 0 {
                unerased.append(entry.index)
            }
            guard !approvals.isEmpty || !deferrals.isEmpty else { break }
            for id in try conversations() {
                approvals[id] = nil
                deferrals[id] = nil
            }
        case .trustAdded, .trustRemoved: try changeTrust(by: entry, document)
        case .begin, .state, .ingest, .hide, .restore, .titled, .labelAdded, .labelRemoved,
            .eventSet, .holdProved, .search, .read, .exportBegun, .exportEnded, .restoreBegun,
            .restoreEnded, .slotAdded, .slotRotated, .slotRemoved, .providerSet, .providerRemoved,
            .providerSecretSet, .turnRefused, .unlock, .verify, .anchor, .clock, .clockAccepted,
            .refused:
            break
        }
    }

    private mutating func changeTrust(
        by entry: AuditEntry, _ document: AuditDocument?
    ) throws {
        let index = trusted.firstIndex { $0.fingerprint == entry.object }
        switch (entry.event, index, entry.object, document) {
        case (.trustAdded, nil, let fingerprint?, let document?):
            trusted.append(Trusted(fingerprint: fingerprint, added: newest, document: document))
        case (.trustRemoved, let index?, _, _): trusted.remove(at: index)
        default: throw Self.contradiction(entry)
        }
    }

    /// A clock that was accepted was behind the newest time, and its entry says which that was.
    private mutating func takeTime(of entry: AuditEntry) throws {
        let before = newest
        newest = entry.newest(after: before)
        guard entry.event == .clockAccepted else { return }
        guard newest < before, entry.figures[AuditLog.newestFigure] == before.milliseconds else {
            throw Self.contradiction(entry)
        }
    }

    private static func contradiction(_ entry: AuditEntry) -> VaultError {
        VaultError(
            .damaged,
            "Entry \(entry.index) of the audit log contradicts those before it; run "
                + "`coffer audit verify`.")
    }

    // MARK: As a document

    var json: JSONObject {
        var object = JSONObject()
        object["holds"] = .array(
            holds.map { hold in
                var member: JSONObject = [
                    "document": hold.document.json, "entry": .integer(hold.entry),
                    "id": .string(hold.id), "placed": .integer(hold.placed.milliseconds),
                ]
                if !hold.later.isEmpty { member["later"] = .array(hold.later.map(\.json)) }
                member["released"] = hold.released.map { .integer($0.milliseconds) }
                return .object(member)
            })
        object["newest"] = .integer(newest.milliseconds)
        object["approvals"] = Self.object(approvals)
        object["deferrals"] = Self.object(deferrals)
        object["intents"] = .array(intents.map(JSON.integer))
        object["unerased"] = .array(unerased.map(JSON.integer))
        object["policies"] = .array(
            policies.map { policy in
                var member: JSONObject = [
                    "entry": .integer(policy.entry), "set": .integer(policy.set.milliseconds),
                    "source": .string(policy.source.rawValue),
                ]
                member["document"] = policy.document?.json
                return .object(member)
            })
        // Absent where there is none, so that states of before there were any stay as they are.
        if !trusted.isEmpty { object["trusted"] = .array(trusted.map(\.json)) }
        return object
    }

    private static func object(_ entries: [String: Int64]) -> JSON {
        var object = JSONObject()
        for (id, entry) in entries.sorted(by: { $0.key < $1.key }) {
            object[id] = .integer(entry)
        }
        return .object(object)
    }

    init() {}

    /// `nil` when the object is not a state.
    init?(_ json: JSONObject) {
        func time(_ value: JSON?) -> Instant? { (value?.int).map(Instant.init(milliseconds:)) }
        guard let latest = time(json["newest"]) else { return nil }
        newest = latest
        for member in json["holds"]?.array ?? [] {
            guard let id = member["id"]?.string, let entry = member["entry"]?.int,
                let placed = time(member["placed"]),
                let document = member["document"].flatMap(AuditDocument.init)
            else { return nil }
            let later = (member["later"]?.array ?? []).compactMap(Arrivals.init)
            holds.append(
                Hold(
                    id: id, entry: entry, placed: placed, document: document,
                    later: later,
                    released: time(member["released"])))
        }
        for member in json["policies"]?.array ?? [] {
            guard let entry = member["entry"]?.int, let set = time(member["set"]),
                let source = member["source"]?.string.flatMap(PolicyEpoch.Source.init)
            else { return nil }
            policies.append(
                PolicyEpoch(
                    entry: entry, set: set, source: source,
                    document: member["document"].flatMap(AuditDocument.init)))
        }
        for member in json["trusted"]?.array ?? [] {
            guard let key = Trusted(member) else { return nil }
            trusted.append(key)
        }
        for member in json["approvals"]?.object?.members ?? [] {
            approvals[member.key] = member.value.int
        }
        for member in json["deferrals"]?.object?.members ?? [] {
            deferrals[member.key] = member.value.int
        }
        for (name, list) in [("intents", \Self.intents), ("unerased", \Self.unerased)] {
            for member in json[name]?.array ?? [] {
                guard let entry = member.int else { return nil }
                self[keyPath: list].append(entry)
            }
        }
    }
}

extension GovernanceState.Arrivals {
    init?(_ json: JSON) {
        guard let document = AuditDocument(json), let conversations = json["conversations"]?.int
        else { return nil }
        self.init(document: document, conversations: conversations)
    }

    var json: JSON {
        var object = document.json.object ?? JSONObject()
        object["conversations"] = .integer(conversations)
        return .object(object)
    }
}

/// The document of an entry, by the hash that the entry says.
struct AuditDocument: Hashable {
    let entry: Int64
    /// SHA-256 of its line.
    let digest: [UInt8]

    init(entry: Int64, digest: [UInt8]) {
        self.entry = entry
        self.digest = digest
    }

    init?(_ json: JSON) {
        guard let entry = json["entry"]?.int, let digest = json["digest"]?.string.flatMap(Hex.bytes)
        else { return nil }
        self.init(entry: entry, digest: digest)
    }

    var json: JSON {
        .object(["digest": .string(Hex.text(digest)), "entry": .integer(entry)])
    }

    /// Reads it.
    ///
    /// - Throws: `damaged` when it is missing or another one.
    func load(in db: Database) throws -> JSONObject {
        let line = try String.fetchOne(
            db.cachedStatement(sql: "SELECT line FROM log_document WHERE entry = ?"),
            arguments: [entry])
        guard let line, SHA256Digest.hash(utf8: line) == digest,
            let object = (try? JSONReader.parse(line))?.object
        else {
            throw VaultError(
                .damaged,
                "The document of entry \(entry) of the audit log is damaged; run "
                    + "`coffer audit verify`.")
        }
        return object
    }

    /// The policy in it.
    func policy(in db: Database) throws -> JSONObject {
        guard let policy = try load(in: db)["policy"]?.object else {
            throw VaultError(
                .damaged,
                "Entry \(entry) of the audit log has no policy; run "
                    + "`coffer audit verify`.")
        }
        return policy
    }
}
