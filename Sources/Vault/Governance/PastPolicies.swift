import GRDB
import Policy
import VaultCrypto

/// What was in force before the present policy, no policy among it: its coverage still counts for a
/// while (R4), and so does the length of its grace.
struct PastPolicies {
    private struct Epoch {
        let until: Instant
        let evaluator: RetentionEvaluator
    }

    private let known: [Epoch]
    private let present: RetentionEvaluator
    private let now: Instant
    /// Those whose grace after the change lasts, with its end.
    private var lost: [(epoch: Epoch, graceUntil: Int64)] = []
    /// Whether one that cannot be read may have left a grace that lasts.
    private(set) var isUncertain = false

    /// - Parameters:
    ///   - state: What the log says.
    ///   - present: The rules in force.
    ///   - now: The time that counts.
    ///   - memory: Policies that were read before.
    ///   - db: A connection inside a transaction.
    /// - Throws: What reading no policy at all throws.
    init(
        of state: GovernanceState, before present: RetentionEvaluator, now: Instant,
        _ memory: PolicyMemory, in db: Database
    ) throws {
        (self.present, self.now) = (present, now)
        var known: [Epoch] = []
        var unreadable: [Instant] = []
        let nothing = state.policies.isEmpty ? nil : RetentionEvaluator(try Governance.nothing())
        var before = nothing
        for epoch in state.epochs {
            if let before {
                known.append(Epoch(until: epoch.from, evaluator: before))
            } else {
                unreadable.append(epoch.from)
            }
            guard let document = epoch.document else {
                before = nothing
                continue
            }
            before = (try? memory.policy(document, in: db)).map(RetentionEvaluator.init)
        }
        // A managed policy that is not noted yet is in force from now on.
        if let before, before.policy != present.policy {
            known.append(Epoch(until: now, evaluator: before))
        }
        self.known = known
        lost = known.map { ($0, grace(after: $0.until)) }.filter { $0.1 > now.milliseconds }
        isUncertain = unreadable.contains { grace(after: $0) > now.milliseconds }
    }

    /// The end of a grace that began at a time, after the longest of the policies in force then,
    /// the one that was replaced at that time among them, and since: a shorter one that comes later
    /// does not cut it short.
    ///
    /// A time of a clock that was ahead may have been before any change.
    func grace(after time: Instant) -> Int64 {
        struct Length: Hashable {
            let span: CalendarSpan
            let zone: String
        }
        var asked: Set<Length> = []
        var end = Int64.min
        let since = known.filter { time <= $0.until || time > now }.map(\.evaluator) + [present]
        for evaluator in since {
            let policy = evaluator.policy
            let length = Length(span: policy.holdReleaseGrace, zone: policy.timeZone.name)
            guard asked.insert(length).inserted else { continue }
            end = max(end, evaluator.grace(after: time.milliseconds).milliseconds ?? .max)
        }
        return end
    }

    /// The ends of the graces that last because an earlier policy kept a record beyond the time at
    /// which it was replaced, and longer than the present one does.
    ///
    /// A change under a clock that was ahead came before now, whatever its time says.
    func graces(of item: RetentionItem) -> [Int64] {
        guard !lost.isEmpty else { return [] }
        let kept = present.dates(of: item).retainUntil
        return lost.compactMap { epoch, end in
            guard let then = epoch.evaluator.dates(of: item).retainUntil,
                !then.hasPassed(at: min(epoch.until, now).milliseconds),
                kept.map({ $0 < then }) ?? true
            else { return nil }
            return end
        }
    }
}
