import Foundation
import JSONText
import Testing

/// What programs rely on: JSON members, exit codes, and output that acts on nothing.
@Suite struct ShapeTests {
    let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try sandbox.makeFilledVault()
    }

    private func expect(
        _ object: [String: Any], has names: String, _ location: SourceLocation = #_sourceLocation
    ) {
        let missing = names.split(separator: " ").filter { object[String($0)] == nil }
        #expect(missing.isEmpty, "missing: \(missing)", sourceLocation: location)
    }

    @Test func `JSON has the members that are documented`() throws {
        let list = try sandbox.open("list", "--json")
        for row in list.objects {
            expect(row, has: "id title created modified messages origin custodian labels held")
        }
        let id = try #require(list.objects.first?["id"] as? String)
        let shown = try sandbox.open("show", id, "--json").object
        expect(shown, has: "id title custodian origin labels created modified messages")
        let messages = try #require(shown["messages"] as? [[String: Any]])
        #expect(messages.count == 3)
        for message in messages {
            expect(message, has: "id parent role created model provider parts")
            for part in message["parts"] as? [[String: Any]] ?? [] {
                expect(part, has: "type text")
            }
        }
        let search = try sandbox.open("search", "premium", "--json").objects
        #expect(search.count == 2)
        expect(search[0], has: "conversation message title role created score snippet")
        expect(search[1], has: "indexed total unreadable elapsedMilliseconds")
        expect(
            try sandbox.open("status", "--json").object,
            has:
                "vault format generation conversations messages attachments sizeBytes slots locked "
                + "anchor")
        expect(try sandbox.open("doctor", "--json").object, has: "ok faults")
        expect(
            try sandbox.open("export", "--output", "bag", "--json").object,
            has: "archive bag conversations messages payloadBytes checkpoint")
        expect(try sandbox.run("verify", "bag", "--json").object, has: "ok faults")
        expect(
            try sandbox.open("stats", "--json").object,
            has: "months models sources custodians labels")
        expect(try sandbox.open("key", "show", "--json").object, has: "archive log")
    }

    @Test func `An import's JSON has its counts and reasons`() throws {
        try sandbox.write("more.jsonl", Sandbox.chats + "no json\n")
        let report = try sandbox.open("import", "more.jsonl", "--json").object
        for name in ["conversations", "messages"] {
            let counts = try #require(report[name] as? [String: Int])
            #expect(Set(counts.keys) == ["added", "updated", "unchanged", "skipped"])
        }
        #expect((report["attachments"] as? [String: Int])?["added"] == 0)
        let skipped = try #require(report["skipped"] as? [[String: String]])
        #expect(skipped.count == 1)
        #expect(Set(skipped[0].keys) == ["where", "reason"])
    }

    @Test func `status of a locked vault shows the header and no counts`() throws {
        let status = try sandbox.run("status", "--json").object
        #expect(status["locked"] as? Bool == true)
        #expect(status["messages"] is NSNull)
        #expect((status["slots"] as? [[String: Any]])?.first?["weak"] as? Bool == true)
        #expect(try sandbox.run("status").output.contains("locked; type `coffer unlock`"))
    }

    @Test(arguments: [
        (["list", "--passphrase-file", "passphrase"], 0),
        (["import", "nothing-here", "--passphrase-file", "passphrase"], 1),
        (["list", "--passphrase-file", "nothing-here"], 1),
        (["search", "\"open", "--passphrase-file", "passphrase"], 1),
        (["slot", "remove", "passphrase", "--passphrase-file", "passphrase", "--yes"], 3),
        (["list"], 4),
        (["list", "--passphrase-file", "other"], 4),
        (["list", "--vault", "nowhere"], 5),
        (["show", "ffffffff", "--passphrase-file", "passphrase"], 5),
        (["slot", "rotate", "none", "--passphrase-file", "passphrase"], 5),
        (["verify", "nowhere"], 5),
        (["serch"], 64),
        (["list", "--unknown"], 64),
        (["search"], 64),
        (["unlock", "--timeout", "soon"], 64),
        (["list", "--after", "yesterday"], 64),
        (["list", "--identity", "a", "--passphrase-file", "b"], 64),
        (["init", "--recovery", "age1x"], 64),
        (["import", "x", "--format", "nonsense"], 64),
        (["slot", "add", "x"], 64),
    ])
    func `Exit codes say what kind of end it was`(_ arguments: [String], _ status: Int) throws {
        let answer = try sandbox.run(arguments, [:])
        #expect(Int(answer.status) == status, "\(arguments): \(answer.errors)")
        if status != 0 {
            #expect(answer.errors.hasPrefix("coffer: "))
            let asJSON = try sandbox.run(arguments + ["--json"], [:])
            let line = try #require(asJSON.errors.split(separator: "\n").last)
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            let error = try #require(object?["error"] as? [String: Any])
            #expect(error["exit"] as? Int == status)
            #expect(asJSON.output.isEmpty)
        }
    }

    @Test func `No output acts on the terminal`() throws {
        let id = try #require(try sandbox.open("list", "--json").objects.last?["id"] as? String)
        let outputs = [
            try sandbox.open("list"), try sandbox.open("list", "--json"),
            try sandbox.open("show", id), try sandbox.open("show", id, "--json"),
            try sandbox.open("search", "red"), try sandbox.open("search", "red", "--json"),
        ]
        for answer in outputs {
            let acting = (answer.output + answer.errors).unicodeScalars.filter { scalar in
                (scalar.properties.generalCategory == .control && scalar != "\n")
            }
            #expect(acting.isEmpty)
        }
        #expect(!outputs[2].output.unicodeScalars.contains("\u{202E}"))
    }

    @Test func `No line for people is wider than 80 columns`() throws {
        let ids = try sandbox.open("list", "--json").objects.compactMap { $0["id"] as? String }
        var outputs = try ids.map { try sandbox.open("show", $0, "--all").output }
        for arguments in [
            ["list"], ["search", "red"], ["stats"], ["status"], ["doctor"], ["label"],
        ] {
            let answer = try sandbox.run(arguments + ["--passphrase-file", "passphrase"], [:])
            outputs += [answer.output, answer.errors]
        }
        for line in outputs.joined(separator: "\n").split(separator: "\n") {
            #expect(Self.columns(line) <= 80, "\(line)")
        }
    }

    /// An estimate of its own, for what stands in the test's records.
    private static func columns(_ line: Substring) -> Int {
        line.unicodeScalars.reduce(0) { sum, scalar in
            sum + ((0x3000...0x9FFF).contains(scalar.value) ? 2 : 1)
        }
    }

    @Test(arguments: [
        "", "init", "unlock", "lock", "status", "import", "search", "list", "show", "stats",
        "export", "verify", "doctor", "label", "label list", "label add", "label remove", "slot",
        "slot list", "slot add", "slot rotate", "slot remove", "key", "key show", "policy",
        "policy check", "policy show", "retention", "retention list", "retention set",
        "retention remove", "retention lock", "retention explain", "retention simulate",
        "retention event", "retention review", "retention approve", "hold", "hold list",
        "hold place", "hold show", "hold release", "delete", "purge", "audit", "audit clock",
        "archive", "archive attach", "ask", "where", "provider", "provider list", "provider add",
        "provider set", "provider show", "provider check", "provider models", "provider remove",
    ])
    func `The help of every command has an example and fits 80 columns`(_ command: String) throws {
        let answer = try sandbox.run(
            command.split(separator: " ").map(String.init) + ["--help"], [:])
        #expect(answer.status == 0)
        #expect(answer.output.contains("EXAMPLE"))
        #expect(answer.output.contains("  coffer \(command)"))
        for line in answer.lines {
            #expect(line.count <= 80, "\(line)")
            #expect(line.hasPrefix(" ") || !line.contains("  "), "\(line)")
        }
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `Completions are written for every shell`(_ shell: String) throws {
        let answer = try sandbox.run("--generate-completion-script", shell)
        #expect(answer.status == 0)
        #expect(answer.output.contains("passphrase-file"))
    }
}
