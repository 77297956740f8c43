import JSONText
import VaultCrypto

/// All that governs a vault, as the entries of its audit log say it: holds, the policy in force and
/// those before it, and destructions that were begun.
///
/// No table has it: a page that was put back would otherwise make a hold disappear. Whoever needs
/// it folds the entries from the last `state` entry on (`AuditState`).
struct GovernanceState: Equatable {
    /// A legal hold from its placing on.
    struct Hold: Equatable {
        var id: String
        /// The entry that placed it.
        var entry: Int64
        var placed: Instant
        /// Its matter and scope.
        var document: JSONObject
        /// Ids of conversations that came after its placing and matched.
        var matchedLater: Set<String> = []
        /// `nil` while it is in force.
        var released: Instant?
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
        var document: JSONObject?
    }

    private(set) var holds: [Hold] = []
    /// The highest time of an entry: what was done while the clock was behind was done then.
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

    /// The last policy of a source; `nil` where there was none or it was taken away.
    func policy(of source: PolicyEpoch.Source) -> PolicyEpoch? {
        policies.last { $0.source == source }.flatMap { $0.document == nil ? nil : $0 }
    }

    /// The policies that were in force, each from a time on; `nil` is none.
    var epochs: [(from: Instant, document: JSONObject?)] {
        var current: [PolicyEpoch.Source: JSONObject] = [:]
        return policies.map { epoch in
            current[epoch.source] = epoch.document
            return (epoch.set, current[.managed] ?? current[.vault])
        }
    }

    /// Takes the next entry into account.
    ///
    /// - Throws: `damaged` when it contradicts those before it.
    mutating func apply(_ entry: AuditEntry, document: JSONObject?) throws(VaultError) {
        newest = max(newest, entry.time)
        switch entry.event {
        case .holdPlaced:
            guard let id = entry.object, let document, !holds.contains(where: { $0.id == id })
            else { throw Self.contradiction(entry) }
            holds.append(
                Hold(id: id, entry: entry.index, placed: newest, document: document))
        case .holdMatched:
            guard
                let index = holds.firstIndex(where: { $0.id == entry.object && $0.released == nil })
            else { throw Self.contradiction(entry) }
            holds[index].matchedLater.formUnion(
                document?["conversations"]?.array?.compactMap(\.string) ?? [])
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
                    document: document?["policy"]?.object))
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
            for id in document?["conversations"]?.array?.compactMap(\.string) ?? [] {
                approvals[id] = nil
                deferrals[id] = nil
            }
        case .begin, .state, .ingest, .hide, .restore, .labelAdded, .labelRemoved, .eventSet,
            .holdProved,
            .search, .read, .exportBegun, .exportEnded, .slotAdded, .slotRotated, .slotRemoved,
            .unlock, .anchor, .clock, .refused:
            break
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
                    "document": .object(hold.document), "entry": .integer(hold.entry),
                    "id": .string(hold.id), "placed": .integer(hold.placed.milliseconds),
                ]
                if !hold.matchedLater.isEmpty {
                    member["matchedLater"] = .array(hold.matchedLater.sorted().map(JSON.string))
                }
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
                member["document"] = policy.document.map(JSON.object)
                return .object(member)
            })
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
                let placed = time(member["placed"]), let document = member["document"]?.object
            else { return nil }
            holds.append(
                Hold(
                    id: id, entry: entry, placed: placed, document: document,
                    matchedLater: Set(
                        member["matchedLater"]?.array?.compactMap(\.string) ?? []),
                    released: time(member["released"])))
        }
        for member in json["policies"]?.array ?? [] {
            guard let entry = member["entry"]?.int, let set = time(member["set"]),
                let source = member["source"]?.string.flatMap(PolicyEpoch.Source.init)
            else { return nil }
            policies.append(
                PolicyEpoch(
                    entry: entry, set: set, source: source,
                    document: member["document"]?.object))
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
