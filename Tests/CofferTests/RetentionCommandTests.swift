import Foundation
import Testing

/// Retention inside a vault: what is typed and what is answered.
@Suite struct RetentionCommandTests {
    let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try sandbox.makeFilledVault()
        try sandbox.write("policy.json", Self.policy(Self.oneYear))
    }

    static let oneYear = """
        { "id": "org-1y", "kind": "retain+delete", "period": "P1Y6M", "start": "created",
          "scope": { "class": "org" }, "basis": "legal" }
        """

    static func policy(_ rules: String...) -> String {
        """
        { "version": 1, "timeZone": "Europe/Zurich",
          "retention": [ \(rules.joined(separator: ", ")) ] }
        """
    }

    private func id(_ index: Int = 0) throws -> String {
        try #require(try sandbox.open("list", "--json").objects[index]["id"] as? String)
    }

    @Test func `A policy is set after what it changes is shown, listed and removed`() throws {
        #expect(try sandbox.open("retention", "list").errors.hasPrefix("There is no policy"))
        let asked = try sandbox.open("retention", "set", "policy.json")
        #expect(asked.status == 3 && asked.errors.contains("--yes"))
        #expect(asked.lines.contains { $0.hasPrefix("  2 from not due to destroyed: ") })
        let set = try sandbox.open("retention", "set", "policy.json", "--yes")
        #expect(set.lines.last == "The policy is in force: 1 rule.", "\(set.errors)")
        let again = try sandbox.open("retention", "set", "policy.json", "--yes")
        #expect(again.output == "This policy is in force already.\n")
        let listed = try sandbox.open("retention")
        #expect(
            listed.lines == [
                "org-1y: keeps 1 year, 6 months from created, then destroys",
                "  everything; legal",
            ])
        #expect(listed.errors == "From the vault's own policy.\n")
        #expect(
            try sandbox.open("policy", "show").lines.prefix(3) == [
                "In force: the vault's own policy", "Time zone: Europe/Zurich",
                "Grace after a hold: 30 days",
            ])
        #expect(
            try sandbox.open("status").output.contains("the vault's own policy, 1 rule"))
        #expect(try sandbox.open("retention", "remove").status == 3)
        let removed = try sandbox.open("retention", "remove", "--yes")
        #expect(removed.lines.last == "The vault has no policy of its own any more.")
        #expect(try sandbox.open("retention", "remove", "--yes").status == 5)
    }

    @Test func `JSON of policies has the members that are documented`() throws {
        let none = try sandbox.open("policy", "show", "--json").object
        #expect(none["source"] as? String == "none" && none["policy"] is NSNull)
        let set = try sandbox.open("retention", "set", "policy.json", "--yes", "--json").object
        #expect(set["changed"] as? Bool == true && set["rules"] as? Int == 1)
        let simulation = try #require(set["simulation"] as? [String: Any])
        #expect(
            Set(simulation.keys) == [
                "at", "conversations", "unchanged", "changes", "purgedEarlier", "purgedLater",
            ])
        let changes = try #require(simulation["changes"] as? [[String: Any]])
        #expect(Set(changes[0].keys) == ["before", "after", "count", "examples"])
        let rule = try sandbox.open("retention", "list", "--json").object
        #expect(rule["id"] as? String == "org-1y" && rule["source"] as? String == "vault")
        let shown = try sandbox.open("policy", "show", "--json").object
        #expect(shown["source"] as? String == "vault" && shown["faults"] as? [String] == [])
        #expect((shown["policy"] as? [String: Any])?["version"] as? Int == 1)
    }

    @Test func `A simulation on the vault changes nothing`() throws {
        let now = try sandbox.open("retention", "simulate", "--policy", "policy.json")
        #expect(now.status == 0, "\(now.errors)")
        let then = try sandbox.open(
            "retention", "simulate", "--policy", "policy.json", "--at", "2025-01", "--json"
        ).object
        #expect(then["conversations"] as? Int == 2 && then["unchanged"] as? Int == 0)
        let changes = try #require(then["changes"] as? [[String: Any]])
        #expect(changes.compactMap { $0["after"] as? String } == ["KEEP_RETAIN", "DESTROY"])
        #expect(try sandbox.open("retention", "list").output.isEmpty)
    }

    @Test func `A lock is typed or accepted, and holds from then on`() throws {
        _ = try sandbox.open("retention", "set", "policy.json", "--yes")
        let asked = try sandbox.open("retention", "lock", "org-1y")
        #expect(asked.status == 3 && asked.errors.contains("--accept-locks"))
        let locked = try sandbox.open("retention", "lock", "org-1y", "--accept-locks")
        #expect(locked.output == "Rule org-1y is locked.\n", "\(locked.errors)")
        let again = try sandbox.open("retention", "lock", "org-1y")
        #expect(again.output == "Rule org-1y is locked already.\n")
        #expect(try sandbox.open("retention", "lock", "other").status == 5)
        #expect(try sandbox.open("retention", "remove", "--yes").status == 3)
        let loosened = try sandbox.open("retention", "set", "policy.json", "--yes")
        #expect(loosened.status == 3 && loosened.errors.contains("cannot be unlocked"))
        let new = Self.oneYear.replacing("org-1y", with: "more")
            .replacing("\"legal\"", with: "\"legal\", \"locked\": true")
        let kept = Self.oneYear.replacing("\"legal\"", with: "\"legal\", \"locked\": true")
        try sandbox.write("policy.json", Self.policy(kept, new))
        let yes = try sandbox.open("retention", "set", "policy.json", "--yes")
        #expect(yes.status == 3 && yes.errors.contains("--accept-locks"))
        let accepted = try sandbox.open("retention", "set", "policy.json", "--accept-locks")
        #expect(accepted.status == 0, "\(accepted.errors)")
        #expect(try sandbox.open("retention", "list").output.contains("everything; legal; locked"))
    }

    @Test func `explain says in a sentence what decides, when and why`() throws {
        _ = try sandbox.open("retention", "set", "policy.json", "--yes")
        let id = try id()
        let due = try sandbox.open("retention", "explain", id)
        #expect(
            due.lines == [
                "Lindqvist merger terms",
                "A schedule destroys it: due since 2025-09-05 by rule org-1y.",
                "  kept until      2025-09-05 09:00", "  deletion due    2025-09-05 09:00",
                "  destroyed from  2025-09-05 09:00",
                "Rule org-1y keeps 1 year, 6 months from created, then destroys; everything;",
                "legal.",
            ])
        let past = try sandbox.open("retention", "explain", id, "--at", "2025-01")
        #expect(past.lines[1] == "A schedule keeps it: kept until 2025-09-05 by rule org-1y.")
        let erase = try sandbox.open(
            "retention", "explain", id, "--at", "2025-01", "--operation", "erase", "--json"
        ).object
        #expect(erase["outcome"] as? String == "DEFER_RESTRICT")
        #expect(
            Set(erase.keys) == [
                "id", "outcome", "retainUntil", "deleteAt", "purgeAt", "why", "operation", "at",
                "sentence", "holds", "graceUntil", "approved", "faults",
            ])
        _ = try sandbox.open("hold", "place", "M", "--label", "merger")
        let held = try sandbox.open("retention", "explain", id)
        #expect(held.lines[1] == "A schedule keeps it: held by m.")
        #expect(!held.output.contains("destroyed from"))
        #expect(try sandbox.open("retention", "explain", "ffffffff").status == 5)
    }

    @Test func `A review waits for an approval with a reason`() throws {
        let rule = Self.oneYear.replacing("\"legal\"", with: "\"legal\", \"review\": true")
        try sandbox.write("policy.json", Self.policy(rule))
        let id = try id()
        let early = try sandbox.open("retention", "approve", id, "--reason", "x")
        #expect(early.status == 1 && early.errors.contains("waits for no review"))
        _ = try sandbox.open("retention", "set", "policy.json", "--yes")
        let waiting = try sandbox.open("retention", "review")
        #expect(waiting.lines.contains("    rule org-1y wants a review first"))
        let rows = try sandbox.open("retention", "review", "--json").objects
        #expect(rows.map { $0["conversation"] as? String }.contains(id))
        #expect(rows.allSatisfy { $0["why"] as? [String] == ["org-1y"] })
        let approved = try sandbox.open("retention", "approve", id, "--reason", "looked")
        #expect(approved.output == "Approved the destruction of 1 conversation.\n")
        #expect(try sandbox.open("retention", "review", "--json").objects.count == 1)
        #expect(try sandbox.open("retention", "explain", id).output.contains(", approved."))
        #expect(try sandbox.open("retention", "approve", id).status == 64)
    }

    @Test func `An event is set and cleared`() throws {
        let rule = Self.oneYear.replacing("\"created\"", with: "\"event\"")
        try sandbox.write("policy.json", Self.policy(rule))
        _ = try sandbox.open("retention", "set", "policy.json", "--yes")
        let id = try id()
        func sentence() throws -> String? {
            try sandbox.open("retention", "explain", id, "--json").object["sentence"] as? String
        }
        #expect(
            try sentence() == "kept for ever by rule org-1y, whose event has not happened")
        let set = try sandbox.open("retention", "event", id, "--at", "2020-02-03")
        #expect(set.output == "Set the event to 2020-02-03 00:00 of 1 conversation.\n")
        #expect(try sentence() == "due since 2021-08-02 by rule org-1y")
        let cleared = try sandbox.open("retention", "event", id, "--clear", "--json").object
        #expect(cleared["changed"] as? Int == 1 && cleared["event"] is NSNull)
        for wrong in [[], ["--clear", "--at", "2020"]] {
            let arguments = ["retention", "event", id] + wrong
            #expect(try sandbox.run(arguments + ["--passphrase-file", "passphrase"]).status == 64)
        }
    }

    @Test func `A policy that cannot be used is not set`() throws {
        try sandbox.write("policy.json", Self.policy(Self.oneYear.replacing("P1Y6M", with: "P0D")))
        let answer = try sandbox.open("retention", "set", "policy.json", "--yes")
        #expect(answer.status == 1 && answer.errors.contains("retention[0].period"))
        #expect(try sandbox.open("retention", "set", "nothing", "--yes").status == 1)
        #expect(try sandbox.open("policy", "show", "--json").object["source"] as? String == "none")
    }
}
