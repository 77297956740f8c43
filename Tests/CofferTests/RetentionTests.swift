import Foundation
import Testing

/// Policies and simulations without a vault: what is typed and what is answered.
@Suite struct RetentionTests {
    let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try sandbox.write("policy.json", Self.policy)
        try sandbox.write("records.jsonl", Self.records)
    }

    private static let policy = """
        { "version": 1, "timeZone": "Europe/Zurich",
          "retention": [
            { "id": "org-5y", "kind": "retain+delete", "period": "P5Y", "start": "created",
              "scope": { "class": "org" }, "basis": "legal" },
            { "id": "draft", "kind": "delete", "period": "P30D", "start": "labelled",
              "scope": { "class": "label", "labels": ["draft"] }, "locked": true } ] }
        """

    private static let records = """
        {"id":"a","created":"2020-02-29T10:00:00Z"}

        {"id":"b","created":"2024-02-29T11:00:00+01:00","labels":["draft"],"labelled":{"draft":"2024-03-01T00:00:00Z"}}
        {"id":"c","created":"2020-01-01T00:00:00.5Z","holds":["h"],"graceUntil":null}
        {"id":"d"}

        """

    private func simulate(_ more: String...) throws -> Sandbox.Answer {
        try sandbox.run(
            ["retention", "simulate", "--policy", "policy.json", "--items", "records.jsonl"] + more)
    }

    /// A simulation in which one line is another.
    private func simulate(line: String) throws -> Sandbox.Answer {
        try sandbox.write("records.jsonl", "{\"id\":\"first\"}\n\(line)\n{\"id\":\"last\"}\n")
        return try simulate()
    }

    @Test func `Each record gets a line with its outcome, dates and reasons`() throws {
        let answer = try simulate("--at", "2026-06-01")
        #expect(answer.status == 0)
        #expect(
            answer.lines == [
                #"{"id":"a","outcome":"DESTROY","retainUntil":"2025-02-28T10:00:00Z","deleteAt":"2025-02-28T10:00:00Z","purgeAt":"2025-02-28T10:00:00Z","why":["org-5y"]}"#,
                #"{"id":"b","outcome":"KEEP_RETAIN","retainUntil":"2029-02-28T10:00:00Z","deleteAt":"2024-03-31T00:00:00Z","purgeAt":"2029-02-28T10:00:00Z","why":["org-5y"]}"#,
                #"{"id":"c","outcome":"KEEP_HELD","retainUntil":"2025-01-01T00:00:00.500Z","deleteAt":"2025-01-01T00:00:00.500Z","purgeAt":"2025-01-01T00:00:00.500Z","why":["h"]}"#,
                #"{"id":"d","outcome":"KEEP_RETAIN","retainUntil":"forever","deleteAt":null,"purgeAt":null,"why":["org-5y","undated"]}"#,
            ])
        #expect(answer.errors == "4 records: 1 KEEP_HELD, 2 KEEP_RETAIN, 1 DESTROY.\n")
        #expect(try simulate("--at", "2026-06-01", "--json", "--quiet").lines == answer.lines)
        #expect(try simulate("--quiet").errors.isEmpty)
    }

    @Test(arguments: [
        ("sweep", ["KEEP_RETAIN", "KEEP_RETAIN", "KEEP_HELD", "KEEP_RETAIN"]),
        ("purge", ["KEEP_RETAIN", "KEEP_RETAIN", "KEEP_HELD", "KEEP_RETAIN"]),
        ("user_delete", ["HIDE_KEEP", "HIDE_KEEP", "HIDE_KEEP", "HIDE_KEEP"]),
        ("erase", ["DEFER_RESTRICT", "DEFER_RESTRICT", "DEFER_RESTRICT", "DEFER_RESTRICT"]),
    ])
    func `Every operation is decided`(_ operation: String, _ outcomes: [String]) throws {
        let answer = try simulate("--at", "2024-06-01T00:00:00Z", "--operation", operation)
        #expect(answer.objects.compactMap { $0["outcome"] as? String } == outcomes)
    }

    @Test(arguments: [
        ("{\"id\":\"x\",", "is no JSON: the JSON text ends too early (at byte 10)"),
        ("[1]", "is no object in { }"),
        ("{\"created\":null}", "has no `id`, which is text"),
        ("{\"id\":7}", "has no `id`, which is text"),
        ("{\"id\":\"x\",\"hold\":[\"h\"]}", "has `hold`, which is not known"),
        (
            "{\"id\":\"x\",\"id\":\"y\"}",
            "is no JSON: an object has the same key twice (at byte 19)"
        ),
        (
            "{\"id\":\"x\",\"created\":\"2024-03-01\"}",
            "has a `created` that is no time of RFC 3339, such as 2024-03-01T10:00:00Z"
        ),
        (
            "{\"id\":\"x\",\"event\":\"2024-03-01T10:00:00\"}",
            "has a `event` that is no time of RFC 3339, such as 2024-03-01T10:00:00Z"
        ),
        (
            "{\"id\":\"x\",\"labelled\":{\"a\":5}}",
            "has a `labelled` that is no time of RFC 3339, such as 2024-03-01T10:00:00Z"
        ),
        ("{\"id\":\"x\",\"labels\":\"a\"}", "has `labels` that are no list"),
        ("{\"id\":\"x\",\"holds\":[null]}", "has `holds` with something that is no text"),
        ("{\"id\":\"x\",\"project\":[]}", "has a `project` that is no text"),
        ("{\"id\":\"x\",\"approved\":1}", "has an `approved` that is neither true nor false"),
        ("{\"id\":\"\(String(repeating: "x", count: 1 << 20))\"}", "is longer than 1.0 MB"),
    ])
    func `A line that cannot be read ends the run with its number`(
        _ line: String, _ fault: String
    ) throws {
        let answer = try simulate(line: line)
        #expect(answer.status == 1)
        #expect(answer.lines.count == 1)
        #expect(
            answer.errors
                == "coffer: Line 2 of records.jsonl \(fault); correct it and start again.\n")
    }

    @Test func `A policy that cannot be used decides nothing`() throws {
        try sandbox.write("policy.json", Self.policy.replacing("P5Y", with: "P0D"))
        let answer = try simulate()
        #expect(answer.status == 1)
        #expect(answer.output.isEmpty)
        #expect(
            answer.errors
                == "coffer: The policy in policy.json cannot be used; line 3, retention[0].period: "
                + "\"P0D\" is no time at all; give a day at least, as P1D.\n")
        try sandbox.write(
            "policy.json",
            Self.policy.replacing("\"org\"", with: "\"all\"")
                .replacing("Zurich", with: "Atlantis"))
        #expect(try simulate().errors.contains("`coffer policy check` names the others."))
    }

    @Test(arguments: [
        (["retention", "simulate", "--items", "records.jsonl"], 64),
        (["retention", "simulate", "--policy", "policy.json"], 5),
        (["retention", "simulate", "--policy", "-", "--items", "-"], 64),
        (
            ["retention", "simulate", "--policy", "policy.json", "--items", "records.jsonl"]
                + ["--at", "soon"], 64
        ),
        (
            ["retention", "simulate", "--policy", "policy.json", "--items", "records.jsonl"]
                + ["--operation", "shred"], 64
        ),
        (["retention", "simulate", "--policy", "nothing", "--items", "records.jsonl"], 1),
        (["retention", "simulate", "--policy", "policy.json", "--items", "nothing"], 1),
        (["retention", "simulate", "--policy", ".", "--items", "records.jsonl"], 1),
        (["policy", "check"], 64), (["policy", "check", "nothing"], 1),
        (["policy", "check", "records.jsonl"], 2), (["policy", "chekc", "policy.json"], 64),
    ])
    func `A simulation and a check end as every command does`(
        _ arguments: [String], _ status: Int
    ) throws {
        let answer = try sandbox.run(arguments, [:])
        #expect(Int(answer.status) == status, "\(answer.errors)")
        #expect(status == 2 || answer.errors.hasPrefix("coffer: "))
    }

    @Test func `A sound policy is said to be, with its locks`() throws {
        let answer = try sandbox.run("policy", "check", "policy.json")
        #expect(answer.status == 0)
        #expect(answer.lines == ["The policy is sound: 2 rules, time zone Europe/Zurich"])
        #expect(answer.errors.hasPrefix("1 rule is locked: once in force"))
        let json = try sandbox.run("policy", "check", "policy.json", "--json")
        #expect(json.lines == [#"{"ok":true,"faults":[]}"#])
    }

    @Test func `Everything that is wrong with a policy is named, and the exit says so`() throws {
        try sandbox.write(
            "policy.json",
            Self.policy.replacing("\"org\"", with: "\"all\"")
                .replacing("Europe/Zurich", with: "Atlantis"))
        let answer = try sandbox.run("policy", "check", "policy.json")
        #expect(answer.status == 2)
        #expect(answer.lines.first == "2 faults in the policy:")
        for line in answer.lines { #expect(line.count <= 80) }
        let json = try sandbox.run("policy", "check", "policy.json", "--json")
        #expect(json.status == 2)
        #expect(json.object["ok"] as? Bool == false)
        let faults = try #require(json.object["faults"] as? [[String: Any]])
        #expect(faults.map { $0["path"] as? String } == ["timeZone", "retention[0].scope.class"])
        #expect(faults.map { $0["line"] as? Int } == [1, 4])
        #expect(faults.allSatisfy { $0["fault"] is String })
    }
}
