import Policy
import Testing

/// The lock's ratchet: K1 to K4, and every way around it.
@Suite struct LockTests {
    private static let scope = RuleScope(.scoped, [.projects: ["P"], .labels: ["L"]])

    private static func locked(
        _ change: (inout RetentionRule) -> Void = { _ in }
    ) -> RetentionRule {
        var rule = Sample.rule(
            "retain", "P5Y", scope, id: "r", basis: .legal, review: true, locked: true)
        change(&rule)
        return rule
    }

    private func refusals(_ old: [RetentionRule], _ new: [RetentionRule]) -> [String] {
        PolicyChange.refusals(from: Sample.policy(old), to: Sample.policy(new)).map(\.description)
    }

    @Test func `K1: a locked rule may be extended and get more scope`() {
        let longer = Self.locked {
            $0.period = Sample.period("P6Y")
            $0.scope = RuleScope(.scoped, [.projects: ["P", "Q"], .labels: ["L", "M"]])
        }
        let wider = Self.locked {
            $0.period = .forever
            $0.scope = RuleScope(.scoped, [.projects: ["P"]])
        }
        #expect(refusals([Self.locked()], [longer]) == [])
        #expect(refusals([Self.locked()], [wider]) == [])
        #expect(refusals([longer], [Self.locked()]).count == 2)
    }

    @Test func `K2: a locked rule is not shortened`() {
        #expect(
            refusals([Self.locked()], [Self.locked { $0.period = Sample.period("P1825D") }]) == [
                "rule r: is locked; its period cannot become shorter, not even in one year, so give "
                    + "P5Y or longer."
            ])
        #expect(
            refusals([Self.locked()], [Self.locked { $0.period = Sample.period("P60M") }]) == [])
        #expect(
            refusals([Self.locked()], [Self.locked { $0.period = Sample.period("P1827D") }]) == [])
    }

    @Test func `K3: a locked rule loses no scope`() {
        let sentence =
            "rule r: is locked; its scope cannot become narrower, so keep all values and add no "
            + "list."
        let narrower = RuleScope(
            .scoped, [.projects: ["P"], .labels: ["L"], .custodians: ["ada"]])
        #expect(refusals([Self.locked()], [Self.locked { $0.scope = narrower }]) == [sentence])
        let other = RuleScope(.scoped, [.projects: ["Q"], .labels: ["L"]])
        #expect(refusals([Self.locked()], [Self.locked { $0.scope = other }]) == [sentence])
    }

    @Test func `K4: a locked rule is not removed`() {
        #expect(
            refusals([Self.locked()], []) == [
                "rule r: is locked and cannot be removed; keep it."
            ])
        #expect(refusals([Self.locked()], [Self.locked { $0.id = "s" }]).count == 1)
    }

    @Test func `Everything else of a locked rule stays as well`() {
        let changes: [((inout RetentionRule) -> Void, String)] = [
            ({ $0.isLocked = false }, "it cannot be unlocked, so keep \"locked\": true"),
            ({ $0.kind = .delete }, "its kind cannot change, so keep \"retain\""),
            ({ $0.kind = .retainAndDelete }, "its kind cannot change, so keep \"retain\""),
            ({ $0.start = .modified }, "its start cannot change, so keep \"created\""),
            (
                { $0.scope = RuleScope(.label, [.labels: ["L"]]) },
                "its class cannot change, so keep \"scoped\""
            ),
            ({ $0.scope = RuleScope(.org) }, "its class cannot change, so keep \"scoped\""),
            ({ $0.basis = .business }, "its basis cannot become weaker, so keep \"legal\""),
            ({ $0.needsReview = false }, "its review cannot be dropped, so keep \"review\": true"),
        ]
        for (change, fault) in changes {
            #expect(
                refusals([Self.locked()], [Self.locked(change)]) == [
                    "rule r: is locked; \(fault)."
                ])
        }
    }

    @Test func `A locked rule may become stronger`() {
        let weak = Sample.rule("delete", "P5Y", id: "r", basis: .business, locked: true)
        let strong = Sample.rule(
            "retain+delete", "P5Y", id: "r", basis: .legal, review: true, locked: true)
        #expect(refusals([weak], [strong]) == [])
        #expect(refusals([strong], [weak]).count == 3)
    }

    @Test func `While a rule is locked the time zone stays`() {
        let here = Sample.policy([Self.locked()], zone: Sample.zurich)
        let there = Sample.policy([Self.locked()], zone: Sample.utc)
        #expect(
            PolicyChange.refusals(from: here, to: there).map(\.description) == [
                "rule r: is locked, so that the time zone cannot change; keep \"Europe/Zurich\"."
            ])
        let free = Sample.policy([Self.locked { $0.isLocked = false }], zone: Sample.zurich)
        #expect(PolicyChange.refusals(from: free, to: there) == [])
    }

    @Test func `Rules that are not locked come and go, and a lock may be set`() {
        let free = Self.locked { $0.isLocked = false }
        let other = Sample.rule("delete", "P1D", id: "s")
        #expect(refusals([free, other], []) == [])
        #expect(refusals([free], [Self.locked()]) == [])
        #expect(refusals([Self.locked(), other], [Self.locked()]) == [])
        #expect(refusals([Self.locked()], [other, Self.locked()]) == [])
    }

    @Test func `No rule takes the place of a locked default rule`() {
        let standard = Sample.rule("retain", "P9Y", RuleScope(.default), id: "d", locked: true)
        let narrow = Sample.rule("delete", "P1D", Sample.scoped, id: "s")
        #expect(
            refusals([standard], [standard, narrow]) == [
                "rule s: would displace the locked default rule d where it applies; leave it out, "
                    + "or give it a scope that another rule has already."
            ])
        let wide = Sample.rule("delete", "P1D", RuleScope(.org), id: "s")
        #expect(refusals([standard, narrow], [standard, wide]).count == 1)
        #expect(refusals([standard, wide], [standard, narrow]) == [])
        #expect(refusals([standard, wide], [standard]) == [])
        let second = Sample.rule("retain", "P1D", RuleScope(.default), id: "e")
        #expect(refusals([standard], [standard, second]) == [])
    }
}
