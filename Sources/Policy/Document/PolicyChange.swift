/// A change of policy that a lock does not allow.
package struct LockRefusal: Sendable, Equatable, CustomStringConvertible {
    /// The id of the rule.
    package let rule: String
    /// What is not allowed, and what is; without a full stop.
    package let fault: String

    package var description: String { "rule \(rule): \(fault)." }
}

/// The lock's ratchet (R11): what a policy with locked rules may become.
///
/// A locked rule may get a longer period, a wider scope, a legal basis, a review, and retention
/// beside its deletion. It may not be removed, unlocked, shortened, narrowed or otherwise changed.
/// While a rule is locked the time zone stays, because it moves every end. Other rules may come and
/// go, with one exception: where a default rule is locked, no other rule may begin to apply to what
/// it alone applies to. Whether a period is longer is compared over the whole calendar.
package enum PolicyChange {
    /// All that is not allowed in going from one policy to another, rule by rule; empty when it is
    /// allowed.
    package static func refusals(
        from old: PolicyDocument, to new: PolicyDocument
    ) -> [LockRefusal] {
        let locked = old.retention.filter(\.isLocked)
        var refusals: [LockRefusal] = []
        if let first = locked.first, old.timeZone.name != new.timeZone.name {
            refusals.append(
                LockRefusal(
                    rule: first.id,
                    fault: "is locked, so that the time zone cannot change; keep "
                        + "\"\(old.timeZone.name)\""))
        }
        if let first = locked.first, !new.holdReleaseGrace.covers(old.holdReleaseGrace) {
            refusals.append(
                LockRefusal(
                    rule: first.id,
                    fault: "is locked, so that the grace after a hold cannot become shorter; keep "
                        + "\"\(old.holdReleaseGrace)\""))
        }
        for rule in locked {
            guard let next = new.retention.first(where: { $0.id == rule.id }) else {
                refusals.append(
                    LockRefusal(rule: rule.id, fault: "is locked and cannot be removed; keep it"))
                continue
            }
            refusals += faults(from: rule, to: next).map {
                LockRefusal(rule: rule.id, fault: "is locked; \($0)")
            }
        }
        if let rule = locked.first(where: { $0.scope.scopeClass == .default }) {
            refusals += displacements(of: rule, from: old, to: new)
        }
        return refusals
    }

    private static func faults(from old: RetentionRule, to new: RetentionRule) -> [String] {
        var faults: [String] = []
        if !new.isLocked { faults.append("it cannot be unlocked, so keep \"locked\": true") }
        if new.kind != old.kind, !(old.kind == .delete && new.kind == .retainAndDelete) {
            faults.append("its kind cannot change, so keep \"\(old.kind.rawValue)\"")
        }
        if !new.period.covers(old.period) {
            faults.append(
                "its period cannot become shorter, not even in one year, so give \(old.period) or "
                    + "longer")
        }
        if new.start != old.start {
            faults.append("its start cannot change, so keep \"\(old.start)\"")
        }
        if new.scope.scopeClass != old.scope.scopeClass {
            faults.append("its class cannot change, so keep \"\(old.scope.scopeClass)\"")
        }
        if !new.scope.covers(old.scope) {
            faults.append("its scope cannot become narrower, so keep all values and add no list")
        }
        if old.basis == .legal, new.basis != .legal {
            faults.append("its basis cannot become weaker, so keep \"legal\"")
        }
        if old.needsReview, !new.needsReview {
            faults.append("its review cannot be dropped, so keep \"review\": true")
        }
        return faults
    }

    /// Rules that would apply where so far a locked default rule did.
    private static func displacements(
        of locked: RetentionRule, from old: PolicyDocument, to new: PolicyDocument
    ) -> [LockRefusal] {
        let others = old.retention.filter { $0.scope.scopeClass != .default }
        let newcomers = new.retention.filter { rule in
            rule.scope.scopeClass != .default && !others.contains { $0.scope.covers(rule.scope) }
        }
        return newcomers.map { rule in
            LockRefusal(
                rule: rule.id,
                fault:
                    "would displace the locked default rule \(locked.id) where it applies; leave "
                    + "it out, or give it a scope that another rule has already")
        }
    }
}
