import Synchronization
import Vault
import VaultCrypto

/// What threads were told of a vault: what was acknowledged must be there, and nothing else.
///
/// Each thing of a conversation is one thread's to change: its messages that of the thread that
/// brings it, a label that of the thread that is named in it. So what was said last holds, however
/// the threads took turns.
final class Ledger: Sendable {
    /// A conversation.
    struct Entry {
        var id: RecordID
        /// By what a message is called in its source.
        var texts: [String: String] = [:]
        var labels: Set<String> = []
        var isHidden = false
        /// A hold on it was asked for.
        var isHolding = false
        /// A hold on it was acknowledged.
        var isHeld = false
        /// Messages are being brought to it; brought after it was destroyed, they would be a new
        /// one.
        var isGrowing = false
        /// It is being destroyed, or that was not answered.
        var isGoing = false
        /// Changes that were not answered.
        var pending = 0
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var gone: Set<String> = []
        var slots: Set<String> = []
        /// Changes of slots that were not answered.
        var pendingSlots = 0
        var counts: [String: Int] = [:]
        var findings: [String] = []
        /// What each thread is doing.
        var doing: [String: String] = [:]
    }

    private let state = Mutex(State())

    // MARK: Counting

    func count(_ what: String) { state.withLock { $0.counts[what, default: 0] += 1 } }

    func find(_ what: String) {
        state.withLock { state in
            if state.findings.count < 50 { state.findings.append(what) }
        }
    }

    func note(_ thread: String, _ what: String) { state.withLock { $0.doing[thread] = what } }

    var doing: String {
        state.withLock { $0.doing.sorted { $0.key < $1.key } }
            .map { "\($0.key): \($0.value)" }.joined(separator: "; ")
    }

    var result: (counts: [String: Int], findings: [String]) {
        state.withLock { ($0.counts, $0.findings) }
    }

    // MARK: Conversations

    /// Forgets all conversations and slots: another vault is begun.
    func begin(slots: Set<String>) {
        state.withLock { state in
            state.entries = [:]
            state.gone = []
            state.slots = slots
        }
    }

    func entry(_ name: String) -> Entry? { state.withLock { $0.entries[name] } }

    /// Any conversation that a thread may choose, by a drawn number.
    func choose(_ draw: inout Draw, where condition: (Entry) -> Bool = { _ in true }) -> String? {
        let names = state.withLock { state in
            state.entries.filter { !$0.value.isGoing && condition($0.value) }.keys.sorted()
        }
        return names.isEmpty ? nil : names[draw.below(names.count)]
    }

    func add(_ name: String, _ entry: Entry) { state.withLock { $0.entries[name] = entry } }

    /// Changes what is known of a conversation, unless it was destroyed meanwhile.
    func change(_ name: String, _ body: (inout Entry) -> Void) {
        state.withLock { state in
            guard var entry = state.entries[name] else { return }
            body(&entry)
            state.entries[name] = entry
        }
    }

    /// Takes a conversation to bring more to it; false when it is being destroyed.
    func grow(_ name: String) -> Bool {
        state.withLock { state in
            guard let entry = state.entries[name], !entry.isGoing else { return false }
            state.entries[name]?.isGrowing = true
            return true
        }
    }

    /// Takes a conversation to destroy it; one thread gets it.
    ///
    /// - Returns: Whether a hold on it was acknowledged before; nil when another thread has it.
    func take(_ name: String) -> (id: RecordID, isHeld: Bool)? {
        state.withLock { state in
            guard let entry = state.entries[name], !entry.isGoing, !entry.isGrowing else {
                return nil
            }
            state.entries[name]?.isGoing = true
            return (entry.id, entry.isHeld)
        }
    }

    func lose(_ name: String) {
        state.withLock { state in
            state.entries[name] = nil
            state.gone.insert(name)
        }
    }

    /// Whether a conversation may be absent: it was destroyed, or is being.
    func mayBeAbsent(_ name: String) -> Bool {
        state.withLock { $0.entries[name]?.isGoing ?? true }
    }

    // MARK: Slots

    /// Changes a slot and notes it once that is acknowledged.
    func changeSlot(_ body: () throws -> Void, _ said: (inout Set<String>) -> Void) rethrows {
        state.withLock { $0.pendingSlots += 1 }
        try body()
        state.withLock { state in
            state.pendingSlots -= 1
            said(&state.slots)
        }
    }

    // MARK: The end

    /// Compares with what is in the vault.
    func compare(with found: [String: Entry], slots: Set<String>) -> [String] {
        let (known, gone) = state.withLock { ($0.entries, $0.gone) }
        let (named, isPending) = state.withLock { ($0.slots, $0.pendingSlots > 0) }
        var wrong = gone.filter { found[$0] != nil }.map { "\($0) was destroyed and is there" }
        if slots != named, !isPending {
            wrong.append("slots \(slots.sorted()), not \(named.sorted())")
        }
        for (name, entry) in known {
            guard let actual = found[name] else {
                if !entry.isGoing { wrong.append("\(name) is missing") }
                continue
            }
            wrong += differences(name, entry, actual)
        }
        // What was being brought when the vault was closed is there or is not, but whole.
        let extra = found.filter { known[$0.key] == nil && !gone.contains($0.key) }
        wrong += extra.filter { $0.value.texts.count % 2 != 0 && !$0.key.hasPrefix("chat/") }
            .map { "\($0.key) is half there" }
        return wrong
    }

    private func differences(_ name: String, _ known: Entry, _ found: Entry) -> [String] {
        var wrong: [String] = []
        for (message, text) in known.texts where found.texts[message] != text {
            let now = found.texts[message].map { "says \($0.prefix(60))" } ?? "is missing"
            wrong.append("\(name), message \(message) \(now), not \(text.prefix(60))")
        }
        guard known.pending == 0 else { return wrong }
        let surplus = found.texts.keys.filter { known.texts[$0] == nil }
        wrong += surplus.map { "\(name) has the message \($0) that nobody was told of" }
        if known.labels != found.labels {
            wrong.append(
                "\(name) has labels \(found.labels.sorted()), not \(known.labels.sorted())")
        }
        if known.isHidden != found.isHidden { wrong.append("\(name) is hidden: \(found.isHidden)") }
        return wrong
    }

    /// After an opening nothing is under way.
    func settle(_ found: [String: Entry], _ slots: Set<String>) {
        state.withLock { state in
            state.slots = slots
            state.pendingSlots = 0
            for (name, entry) in state.entries where entry.pending > 0 || entry.isGoing {
                guard let actual = found[name] else {
                    state.entries[name] = nil
                    continue
                }
                state.entries[name] = actual
                state.entries[name]?.isHeld = entry.isHeld
                state.entries[name]?.isHolding = entry.isHolding
            }
        }
    }
}
