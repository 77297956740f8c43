import JSONText
import Policy
import Testing

/// A policy's text: what is taken, what is refused, and the sentences that say why.
@Suite struct DocumentTests {
    private static let sample = """
        {
          "version": 1,
          "timeZone": "Europe/Zurich",
          "holdReleaseGrace": "P30D",
          "retention": [
            { "id": "org-5y", "kind": "retain+delete", "period": "P5Y", "start": "created",
              "scope": { "class": "org" }, "basis": "legal", "review": false, "locked": false },
            { "id": "deal-7y", "kind": "retain", "period": "P7Y", "start": "modified",
              "scope": { "class": "scoped", "projects": ["Lindqvist"], "custodians": [],
                         "origins": [], "labels": [] }, "basis": "legal" },
            { "id": "draft-30d", "kind": "delete", "period": "P30D", "start": "labelled",
              "scope": { "class": "label", "labels": ["draft"] }, "basis": "business" }
          ],
          "residency": { "allow": [ { "provider": "bedrock", "regions": ["eu-central-1"] } ] }
        }
        """

    private func read(_ text: String) throws -> PolicyDocument {
        try PolicyDocument.read(Array(text.utf8), timeZoneFile: Sample.zoneFile)
    }

    private func faults(_ text: String) -> [String] {
        do throws(PolicyFaults) {
            _ = try PolicyDocument.read(Array(text.utf8), timeZoneFile: Sample.zoneFile)
            return []
        } catch {
            return error.faults.map(\.description)
        }
    }

    /// The faults of a policy with one rule, in which one member is another.
    private func faults(rule changes: String) throws -> [String] {
        var rule = try #require(
            JSONReader.parse(
                """
                {"id": "a", "kind": "retain", "period": "P1Y", "start": "created",
                 "scope": {"class": "org"}, "basis": "legal"}
                """
            ).object)
        for member in try #require(JSONReader.parse(changes).object).members {
            rule[member.key] = member.value == .null ? nil : member.value
        }
        let text = JSONWriter.line(.object(rule))
        return faults("{\"version\": 1, \"timeZone\": \"UTC\",\n \"retention\": [\(text)]}")
    }

    @Test func `A policy says what its text says`() throws {
        let policy = try read(Self.sample)
        #expect(policy.timeZone.name == "Europe/Zurich")
        #expect(policy.holdReleaseGrace.description == "P30D")
        #expect(policy.retention.map(\.id) == ["org-5y", "deal-7y", "draft-30d"])
        #expect(policy.retention[0].kind == .retainAndDelete)
        #expect(policy.retention[0].scope == RuleScope(.org))
        #expect(policy.retention[1].scope == RuleScope(.scoped, [.projects: ["Lindqvist"]]))
        #expect(policy.retention[2].scope == RuleScope(.label, [.labels: ["draft"]]))
        #expect(policy.retention[2].start == .labelled)
        #expect(policy.residency == [.bedrock(regions: ["eu-central-1"], profiles: [])])
    }

    @Test func `What is left out has its default`() throws {
        let policy = try read(
            """
            {"version":1,"timeZone":"UTC","retention":[{"id":"a","kind":"delete","period":"forever",
            "start":"event","scope":{"class":"default"}}]}
            """)
        #expect(policy.holdReleaseGrace.description == "P30D")
        #expect(policy.residency == nil)
        let rule = policy.retention[0]
        #expect(rule.period == .forever && rule.basis == nil)
        #expect(!rule.needsReview && !rule.isLocked)
    }

    @Test func `The canonical form is read back as the same policy, and stays as it is`() throws {
        let policy = try read(Self.sample)
        let canonical = policy.canonical
        let again = try PolicyDocument.read(canonical, timeZoneFile: Sample.zoneFile)
        #expect(again == policy)
        #expect(again.canonical == canonical)
        #expect(
            String(decoding: canonical, as: UTF8.self).hasPrefix(
                """
                {"holdReleaseGrace":"P30D","residency":{"allow":[{"provider":"bedrock",\
                "regions":["eu-central-1"]}]},"retention":[{"basis":"legal","id":"org-5y",\
                "kind":"retain+delete","locked":false,"period":"P5Y","review":false,\
                "scope":{"class":"org","custodians":[],"labels":[],"origins":[],"projects":[]},\
                "start":"created"},
                """))
    }

    @Test func `Two texts that say the same have one canonical form`() throws {
        let one = """
            {"version":1,"timeZone":"UTC","retention":[{"id":"a","kind":"retain","period":"P12M2W",
            "start":"created","scope":{"class":"scoped","labels":["b","a","b"]},"basis":"legal"}]}
            """
        let other = """
            {"retention":[{"basis":"legal","locked":false,"review":false,"scope":{"projects":[],
            "labels":["a","b"],"class":"scoped"},"start":"created","period":"P1Y14D",
            "kind":"retain","id":"a"}],"holdReleaseGrace":"P30D","timeZone":"UTC","version":1}
            """
        #expect(try read(one).canonical == read(other).canonical)
    }

    // MARK: Faults

    @Test func `Every fault of a text is told, with line, key and remedy`() {
        let text = """
            {
              "version": 2,
              "timeZone": "Mars/Olympus",
              "holdReleaseGrace": "P0D",
              "retention": [
                { "id": "a", "kind": "keep", "period": "P0D",
                  "start": "created", "scope": { "class": "scoped" },
                  "basis": "legal", "lokced": true },
                { "id": "b" }
              ],
              "residency": { "allow": [ { "provider": "", "regions": [] } ] },
              "extra": null
            }
            """
        #expect(
            faults(text) == [
                "line 2, version: has to be 1; what newer versions say needs a newer Coffer.",
                "line 3, timeZone: this machine knows no time zone \"Mars/Olympus\"; write an IANA "
                    + "name such as \"Europe/Zurich\", or install the tz database (tzdata).",
                "line 4, holdReleaseGrace: \"P0D\" is no time at all; give a day at least, as P1D.",
                "line 6, retention[0].kind: has to be \"retain\", \"delete\" or \"retain+delete\".",
                "line 6, retention[0].period: \"P0D\" is no time at all; give a day at least, as "
                    + "P1D.",
                "line 7, retention[0].scope: selects nothing; name labels, projects, custodians or "
                    + "origins, or write class \"org\".",
                "line 8, retention[0].lokced: is not known; take it away, or write one of id, kind, "
                    + "period, start, scope, basis, review and locked.",
                "line 9, retention[1].kind: is missing; write \"retain\", \"delete\" or "
                    + "\"retain+delete\".",
                "line 9, retention[1].period: is missing; write a duration such as \"P5Y\", or "
                    + "\"forever\".",
                "line 9, retention[1].start: is missing; write \"created\", \"modified\", "
                    + "\"labelled\" or \"event\".",
                "line 9, retention[1].scope: is missing; write { \"class\": \"org\" } for "
                    + "everything.",
                "line 11, residency.allow[0].provider: is empty; write what is meant, or take it "
                    + "away.",
                "line 12, extra: is not known; take it away, or write one of version, timeZone, "
                    + "holdReleaseGrace, retention and residency.",
            ])
    }

    @Test(arguments: [
        (#"{"id": 7}"#, "id: has to be text, in quotes."),
        (#"{"id": " "}"#, "id: is empty; write what is meant, or take it away."),
        (#"{"id": null}"#, "id: is missing; give the rule a name, as \"org-5y\"."),
        (
            #"{"id": "grace"}"#,
            "id: \"grace\" is a word that Coffer's own reasons use; choose another."
        ),
        (#"{"period": 5}"#, "period: has to be text, in quotes."),
        (
            #"{"period": "5 years"}"#,
            "period: \"5 years\" is no duration; give an ISO 8601 duration such as P5Y, P1Y6M, P2W "
                + "or P30D."
        ),
        (
            #"{"period": "PT1H"}"#,
            "period: \"PT1H\" has hours, minutes or seconds; give an ISO 8601 duration such as P5Y, "
                + "P1Y6M, P2W or P30D, in whole days."
        ),
        (
            #"{"start": "opened"}"#,
            "start: has to be \"created\", \"modified\", \"labelled\" or \"event\"."
        ),
        (#"{"basis": "moral"}"#, "basis: has to be \"legal\" or \"business\"."),
        (
            #"{"basis": null}"#,
            "basis: is missing; write \"legal\" for a duty to keep, which bars a data subject's "
                + "erasure, or \"business\"."
        ),
        (#"{"review": "yes"}"#, "review: has to be true or false, without quotes."),
        (#"{"locked": 1}"#, "locked: has to be true or false, without quotes."),
        (
            #"{"scope": "org"}"#,
            "scope: has to be an object, in { }, with class, labels, projects, custodians and "
                + "origins."
        ),
        (
            #"{"scope": {}}"#,
            "scope.class: is missing; write \"label\", \"scoped\", \"org\" or \"default\"."
        ),
        (
            #"{"scope": {"class": "all"}}"#,
            "scope.class: has to be \"label\", \"scoped\", \"org\" or \"default\"."
        ),
        (
            #"{"scope": {"class": "label"}}"#,
            "scope.labels: is empty; name the labels that the rule is for."
        ),
        (
            #"{"scope": {"class": "label", "labels": ["a"], "projects": ["p"]}}"#,
            "scope.projects: does not go with class \"label\"; take it away, or write class "
                + "\"scoped\"."
        ),
        (
            #"{"scope": {"class": "org", "labels": ["a"]}}"#,
            "scope.labels: does not go with class \"org\"; take it away, or write class \"scoped\"."
        ),
        (
            #"{"scope": {"class": "default", "custodians": ["a"]}}"#,
            "scope.custodians: does not go with class \"default\"; take it away, or write class "
                + "\"scoped\"."
        ),
        (
            #"{"scope": {"class": "scoped", "labels": "a"}}"#,
            "scope.labels: has to be a list of labels, in [ ]."
        ),
        (
            #"{"scope": {"class": "scoped", "labels": ["a", ""]}}"#,
            "scope.labels[1]: is empty; write what is meant, or take it away."
        ),
        (
            #"{"scope": {"class": "scoped", "conversations": ["a"]}}"#,
            "scope.conversations: is not known; take it away, or write one of class, labels, "
                + "projects, custodians and origins."
        ),
    ])
    func `A rule that is not as it has to be says why`(_ change: String, _ fault: String) throws {
        let found = try faults(rule: change)
        #expect(found.first == "line 2, retention[0].\(fault)")
    }

    @Test(arguments: [
        (
            "[]",
            "line 1: has to be an object, in { }, with version, timeZone, holdReleaseGrace, "
                + "retention and residency."
        ),
        (
            "",
            "line 1: the JSON text ends too early (at byte 0); look there for a comma, a quote or a "
                + "bracket too many or too few."
        ),
        (
            "{\n\"version\": 1,\n}",
            "line 3: the JSON text is malformed (at byte 16); look there for a "
                + "comma, a quote or a bracket too many or too few."
        ),
        ("{\"a\":1,\n\"a\":2}", "line 2, a: stands twice; leave one of them."),
    ])
    func `A text that is no policy at all says why`(_ text: String, _ fault: String) {
        #expect(faults(text) == [fault])
    }

    @Test func `Ids that stand twice name each other`() {
        let rule = """
            {"id":"a","kind":"delete","period":"P1Y","start":"created","scope":{"class":"org"}}
            """
        #expect(
            faults("{\"version\":1,\"timeZone\":\"UTC\",\"retention\":[\n\(rule),\n\(rule)]}") == [
                "line 3, retention[1].id: \"a\" is also the id of retention[0]; give each rule one "
                    + "of its own."
            ])
    }

    @Test func `Without a tz database no policy can be read`() {
        #expect {
            try PolicyDocument.read(Array(Self.sample.utf8), timeZoneFile: { _ in nil })
        } throws: { error in
            let text = "\(error)"
            return text.hasPrefix("line 3, timeZone: this machine knows no time zone")
        }
        #expect {
            try PolicyDocument.read(Array(Self.sample.utf8), timeZoneFile: { _ in [1, 2, 3] })
        } throws: { error in
            "\(error)".hasPrefix("line 3, timeZone: this machine's file of the time zone")
        }
    }

    @Test func `A name that leads out of the tz database is not looked up`() {
        var asked: [String] = []
        let text = Self.sample.replacing("Europe/Zurich", with: "../../../etc/passwd")
        #expect(throws: PolicyFaults.self) {
            try PolicyDocument.read(Array(text.utf8)) { name in
                asked.append(name)
                return nil
            }
        }
        #expect(asked.isEmpty)
    }

    @Test func `More rules than a policy may have are refused`() {
        let rule = """
            {"id":"r","kind":"delete","period":"P1Y","start":"created","scope":{"class":"org"}}
            """
        let rules = Array(repeating: rule, count: 1001).joined(separator: ",")
        #expect(
            faults("{\"version\":1,\"timeZone\":\"UTC\",\"retention\":[\(rules)]}") == [
                "line 1, retention: has 1001 rules; leave at most 1000."
            ])
    }

    @Test func `A text that is cut or damaged anywhere is a fault or a policy, and never a trap`() {
        let whole = Array(Self.sample.utf8)
        for count in 0..<whole.count {
            #expect(!faults(String(decoding: whole[..<count], as: UTF8.self)).isEmpty)
        }
        for index in whole.indices {
            var text = whole
            for byte in "\"{],\\".utf8 {
                text[index] = byte
                _ = faults(String(decoding: text, as: UTF8.self))
            }
        }
    }
}
