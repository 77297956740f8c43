import Foundation
import Testing

/// Providers as they are set, shown and refused, without any server.
@Suite struct ProviderCommandTests {
    private let sandbox: Sandbox
    private static let canary = "KEYCANARY-2f6b1c"

    init() throws {
        sandbox = try Sandbox()
        try sandbox.makeVault()
    }

    @discardableResult
    private func add(_ name: String, _ arguments: String...) throws -> Sandbox.Answer {
        let answer = try sandbox.run(
            ["provider", "add", name, "--no-check", "--passphrase-file", "passphrase"] + arguments)
        #expect(answer.status == 0, "\(answer.errors)")
        return answer
    }

    private func addGateway(_ name: String = "llm") throws {
        try sandbox.write("key", Self.canary + "\n")
        try add(
            name, "--kind", "gateway", "--base-url", "https://llm.example.org", "--model",
            "made-up-1", "--key-file", "key")
    }

    private func setPolicy(_ allow: String) throws {
        try sandbox.write(
            "policy.json",
            """
            {"version":1,"timeZone":"UTC","retention":[],"residency":{"allow":[\(allow)]}}
            """)
        let answer = try sandbox.open("retention", "set", "policy.json", "--yes")
        #expect(answer.status == 0, "\(answer.errors)")
    }

    private func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    // MARK: Settings

    @Test func `A provider is added, listed, shown, changed and removed`() throws {
        let empty = try sandbox.open("provider", "list")
        #expect(empty.output.isEmpty && empty.errors.contains("There is no provider yet"))
        try add(
            "work", "--kind", "vertex", "--project", "p-1", "--region", "europe-west4", "--model",
            "made-up-1", "--model", "made-up-2")
        let listed = try sandbox.open("provider", "list", "--json").object
        #expect(listed["kind"] as? String == "vertex")
        #expect(listed["model"] as? String == "made-up-1")
        #expect(listed["host"] as? String == "europe-west4-aiplatform.googleapis.com")
        #expect(listed["managed"] as? Bool == false && listed["fault"] is NSNull)
        let twice = try sandbox.open(
            "provider", "add", "work", "--kind", "vertex", "--project", "p", "--region", "eu")
        #expect(twice.status == 1 && twice.errors.contains("coffer provider set work"))
        let changed = try sandbox.open(
            "provider", "set", "work", "--region", "eu", "--set", "connection.idleSeconds=60",
            "--model", "made-up-2", "--default")
        #expect(changed.output.contains("aiplatform.eu.rep.googleapis.com"), "\(changed.errors)")
        let shown = try sandbox.open("provider", "show", "work", "--json").object
        let settings = try #require(shown["settings"] as? [String: Any])
        #expect(settings["defaultModel"] as? String == "made-up-2")
        #expect((settings["models"] as? [String]) == ["made-up-1", "made-up-2"])
        #expect((settings["connection"] as? [String: Int]) == ["idleSeconds": 60])
        let wrong = try sandbox.open("provider", "set", "work", "--set", "api=invoke")
        #expect(wrong.status == 1 && wrong.errors.contains("api is not known"))
        let away = try sandbox.open("provider", "set", "work", "--set", "connection=", "--json")
        #expect(away.status == 0)
        let removed = try sandbox.open("provider", "remove", "work")
        #expect(removed.output == "Removed the provider work.\n")
        #expect(try sandbox.open("provider", "show", "work").status == 5)
    }

    @Test func `One provider is the default, and without one several are asked about`() throws {
        try addGateway("a")
        try addGateway("b")
        let which = try sandbox.open("policy", "check", "--provider", "a")
        #expect(which.status == 0)
        let none = try sandbox.open("ask", "hello")
        #expect(none.status == 1 && none.errors.contains("several providers (a, b)"))
        _ = try sandbox.open("provider", "set", "a", "--default")
        _ = try sandbox.open("provider", "set", "b", "--default")
        let rows = try sandbox.open("provider", "list", "--json").objects
        #expect(rows.map { $0["default"] as? Bool } == [false, true])
    }

    @Test func `A key is in no output, and a provider with one is removed only on purpose`() throws
    {
        try addGateway()
        var answers = [
            try sandbox.open("provider", "list"), try sandbox.open("provider", "list", "--json"),
            try sandbox.open("provider", "show", "llm"),
            try sandbox.open("provider", "show", "llm", "--json"),
            try sandbox.open("audit", "log", "--json"),
            try sandbox.open("policy", "check", "--provider", "llm", "--json"),
        ]
        #expect(answers[2].output.contains("secret in the vault: key"))
        let kept = try sandbox.open("provider", "remove", "llm")
        #expect(kept.status == 3 && kept.errors.contains("--yes"))
        answers.append(kept)
        #expect(try sandbox.open("provider", "remove", "llm", "--yes").status == 0)
        for answer in answers {
            #expect(!(answer.output + answer.errors).contains("CANARY"))
        }
        let folder = sandbox.home + "/.local/share/coffer/default.coffer"
        let files = try #require(FileManager.default.subpaths(atPath: folder))
        for file in files {
            let bytes = FileManager.default.contents(atPath: "\(folder)/\(file)") ?? Data()
            #expect(bytes.range(of: Data(Self.canary.utf8)) == nil, "\(file)")
        }
    }

    @Test func `A key stays with the server that it was given for`() throws {
        try addGateway()
        let moved = try sandbox.open(
            "provider", "set", "llm", "--base-url", "https://other.example.org")
        let words = "was given for https://llm.example.org, and the provider now leads to"
        #expect(moved.status == 0)
        #expect(moved.errors.replacing("\n", with: " ").contains(words), "\(moved.errors)")
        for command in [["ask", "hello"], ["provider", "check", "llm"]] {
            let answer = try sandbox.run(command + ["--passphrase-file", "passphrase"])
            #expect(answer.status == 1, "\(answer.errors)")
            let said = (answer.output + answer.errors).replacing("\n", with: " ")
            #expect(said.contains("coffer provider set llm --key-file FILE"), "\(said)")
            #expect(!said.contains("CANARY"))
        }
        let typed = try sandbox.open(
            "provider", "set", "llm", "--set", "keyOrigin=https://other.example.org")
        #expect(typed.status == 1 && typed.errors.contains("give the secret again"))
        // Given again, it is for the new server.
        let again = try sandbox.open("provider", "set", "llm", "--key-file", "key")
        #expect(again.status == 0 && !again.errors.contains("was given for"))
        let shown = try sandbox.open("provider", "show", "llm", "--json").object
        let settings = try #require(shown["settings"] as? [String: Any])
        #expect(settings["keyOrigin"] as? String == "https://other.example.org")
    }

    @Test(arguments: [
        (["--kind", "gateway"], 1, "baseURL is missing"), ([], 64, "--kind"),
        (["--kind", "soap"], 64, "soap"),
        (["--kind", "gateway", "--base-url", "https://a.b", "--key-file", "none"], 1, "none"),
        (["--kind", "gateway", "--base-url", "http://a.b"], 1, "is not encrypted"),
        (["--kind", "vertex", "--project", "p", "--region", "eu", "--set", "x"], 64, "--set"),
        (["--kind", "openai", "--base-url", "https://a.b", "--set", "apiKey=s"], 1, "apiKey"),
        (["--local"], 5, "No model server answers"), (["--port", "1"], 64, "--local"),
    ])
    func `What cannot be is refused in one sentence, and nothing is stored`(
        _ arguments: [String], _ status: Int, _ words: String
    ) throws {
        // A port on which nothing listens.
        let more = arguments == ["--local"] ? ["--port", "9"] : []
        let answer = try sandbox.run(
            ["provider", "add", "x", "--passphrase-file", "passphrase"] + arguments + more)
        #expect(Int(answer.status) == status, "\(answer.errors)")
        #expect(answer.errors.contains(words), "\(answer.errors)")
        let stored = try sandbox.open("provider", "list", "--json").objects
        #expect(stored.isEmpty)
    }

    @Test func `Options name where a credential comes from, and a secret is in no settings`()
        throws
    {
        try sandbox.write("key", Self.canary + "\n")
        try add(
            "azure", "--kind", "foundry", "--resource", "ours", "--model", "m", "--tenant", "t-1",
            "--client", "c-1", "--client-secret-file", "key", "--ca-file", "ca.pem", "--proxy",
            "http://127.0.0.1:3128")
        try add("aws", "--kind", "bedrock", "--region", "eu-central-1", "--profile", "work")
        try add(
            "google", "--kind", "vertex", "--project", "p", "--region", "eu",
            "--credentials-file", "google.json")
        let azure = try sandbox.open("provider", "show", "azure")
        #expect(azure.output.contains(#"{"client":"c-1","tenant":"t-1"}"#), "\(azure.output)")
        #expect(azure.output.contains("secret in the vault: clientSecret"))
        #expect(azure.output.contains("/ca.pem") && azure.output.contains("127.0.0.1:3128"))
        #expect(!azure.output.contains("CANARY"))
        let google = try sandbox.open("provider", "show", "google").output
        #expect(google.contains(sandbox.home + "/google.json"))
        #expect(try sandbox.open("provider", "show", "aws").output.contains(#""profile":"work""#))
        let both = try sandbox.open(
            "provider", "set", "azure", "--key-file", "key", "--client-secret-file", "key")
        #expect(both.status == 64 && both.errors.contains("give one"))
    }

    @Test func `A setting that looks like a secret is said to be none, and what it is is not`()
        throws
    {
        try addGateway()
        let headers = #"headers={"x-tenant":"legal","x-custom":"sk-\#(Self.canary)"}"#
        let set = try sandbox.open(
            "provider", "set", "llm", "--set", headers, "--set", "query=version=2&api_key=x1")
        let words = set.errors.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(set.status == 0, "\(words)")
        #expect(
            words.contains("and these look like secrets: headers.x-custom, query.api_key."))
        #expect(words.contains("--key-file") && !words.contains("CANARY"))
        let shown = try sandbox.open("provider", "show", "llm")
        #expect(shown.output.contains(Self.canary) && shown.errors.contains("Settings are not"))
        try sandbox.write(
            "managed.json",
            """
            {"version":1,"providers":{"llm":{"kind":"gateway","models":["m"],
             "baseURL":"https://managed.example.org","query":"t=Bearer%20x"}}}
            """)
        let managed = try sandbox.open("provider", "show", "llm", "--providers", "managed.json")
        #expect(managed.errors.contains("query.t"), "\(managed.errors)")
        let sound = try sandbox.open(
            "provider", "set", "llm", "--set", #"headers={"x-tenant":"legal"}"#, "--set",
            "query=v=2")
        #expect(sound.status == 0 && sound.errors.isEmpty)
    }

    @Test func `Going on in a hidden conversation is said`() throws {
        try addGateway()
        try setPolicy(#"{"provider":"vertex","regions":["europe-west4"]}"#)
        try sandbox.write("chats.jsonl", Sandbox.chats)
        _ = try sandbox.open("import", "chats.jsonl")
        let rows = try sandbox.open("list", "--json").objects
        let id = try #require(rows.first?["id"] as? String)
        #expect(try sandbox.open("delete", id).status == 0)
        let hidden = try sandbox.open("ask", "hello", "--conversation", id)
        let words = hidden.errors.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(hidden.status == 3 && words.contains("This conversation is hidden"))
        #expect(words.contains("`coffer delete \(id) --undo`"))
        let chat = try sandbox.open("chat", "--conversation", id)
        #expect(chat.errors.contains("This conversation is hidden"))
        #expect(try sandbox.open("delete", id, "--undo").status == 0)
        let shown = try sandbox.open("ask", "hello", "--conversation", id)
        #expect(shown.status == 3 && !shown.errors.contains("hidden"))
    }

    // MARK: Managed

    @Test func `A managed file goes before the vault, and only its key is set here`() throws {
        try addGateway()
        try sandbox.write(
            "managed.json",
            """
            {"version":1,"providers":{"llm":{"kind":"gateway",
             "baseURL":"https://managed.example.org","models":["managed-1"]}}}
            """)
        let listed = try sandbox.open("provider", "list", "--providers", "managed.json")
        #expect(
            listed.output
                == "llm: gateway, managed.example.org, model managed-1, managed\n")
        let change = try sandbox.open(
            "provider", "set", "llm", "--region", "eu", "--providers", "managed.json")
        #expect(change.status == 3 && change.errors.contains("is managed"))
        let key = try sandbox.open(
            "provider", "set", "llm", "--key-file", "key", "--providers", "managed.json")
        #expect(key.status == 0, "\(key.errors)")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o666], ofItemAtPath: sandbox.home + "/managed.json")
        let open = try sandbox.open("provider", "list", "--providers", "managed.json")
        #expect(open.status == 3 && open.errors.contains("can be written by others"))
    }

    // MARK: Residency before anybody types

    @Test func `policy check says what would be decided, by which line, and exits 3 to refuse`()
        throws
    {
        try addGateway()
        try add(
            "work", "--kind", "vertex", "--project", "p", "--region", "europe-west4", "--model",
            "made-up-1")
        let free = try sandbox.open("policy", "check", "--provider", "work", "--json")
        #expect(free.status == 0)
        #expect(free.object["decision"] as? String == "unrestricted")
        #expect(try sandbox.open("status").output.contains("no restriction on where models run"))
        #expect(try sandbox.open("policy", "show").output.contains("Residency: no restriction"))
        try setPolicy(
            """
            {"provider":"vertex","regions":["europe-west4"]},
            {"provider":"gateway","hosts":["other.example.org"],"declared":"EU"}
            """)
        let inside = try sandbox.open("policy", "check", "--provider", "work", "--json").object
        #expect(inside["decision"] as? String == "allowed")
        #expect(inside["basis"] as? String == "verified")
        #expect(inside["rule"] as? String == "residency.allow[0]")
        #expect(inside["region"] as? String == "europe-west4")
        let outside = try sandbox.open("policy", "check", "--provider", "llm", "--json")
        #expect(outside.status == 3)
        #expect(outside.object["decision"] as? String == "refused")
        #expect(outside.object["rule"] as? String == "residency.allow[1]")
        #expect((outside.object["allowed"] as? [String])?.count == 2)
        let words = try sandbox.open("policy", "check", "--provider", "llm")
        #expect(words.status == 3)
        #expect(words.output.contains("residency.allow[1]"))
        #expect(words.output.contains("allowed: gateway: hosts other.example.org"))
        let moved = try sandbox.open(
            "policy", "check", "--provider", "work", "--base-url", "https://evil.example.org")
        #expect(moved.status == 3)
        let declared = try sandbox.open(
            "policy", "check", "--provider", "llm", "--base-url", "https://other.example.org",
            "--json")
        #expect(declared.object["basis"] as? String == "declared")
        #expect(declared.object["declared"] as? String == "EU")
        #expect(try sandbox.open("policy", "show").output.contains("Residency: allowed are"))
        #expect(
            try sandbox.open("status", "--json").object["residency"] as? String == "restricted")
    }

    @Test func `A turn that policy refuses is not sent, is in the log and keeps no word of it`()
        throws
    {
        try addGateway()
        try setPolicy(#"{"provider":"vertex","regions":["europe-west4"]}"#)
        let answer = try sandbox.open("ask", "WORDCANARY")
        #expect(answer.status == 3 && answer.output.isEmpty)
        #expect(
            answer.errors == """
                coffer: Refused: the server llm.example.org is not allowed (residency.allow); \
                allowed is vertex.

                """)
        let asJSON = try sandbox.open("ask", "WORDCANARY", "--json")
        #expect(asJSON.status == 3 && asJSON.errors.contains(#""code":"refused""#))
        let log = try sandbox.open("audit", "log", "--json")
        let refused = log.lines.filter { $0.contains(#""turn.refused""#) }
        #expect(refused.count == 2)
        #expect(!log.output.contains("CANARY"))
        #expect(try sandbox.open("list", "--json").output.isEmpty)
    }

    @Test func `A turn of a check that policy refuses is in the log`() throws {
        try addGateway()
        try setPolicy(#"{"provider":"vertex","regions":["europe-west4"]}"#)
        // The list of models would be no turn.
        #expect(try sandbox.open("provider", "check", "llm").status == 3)
        #expect(try sandbox.open("provider", "check", "llm", "--turn").status == 3)
        let log = try sandbox.open("audit", "log", "--json")
        #expect(log.lines.filter { $0.contains(#""turn.refused""#) }.count == 1)
    }

    @Test func `Help names the default of a setting in its own words`() throws {
        for (command, word) in [("ask", "deny"), ("chat", "ask")] {
            let help = oneLine(try sandbox.run([command, "--help"]).output)
            #expect(help.contains("(default: \(word))") && !help.contains("ToolPermission"))
        }
    }

    @Test func `What is missing or too much is said with what can be done`() throws {
        try add(
            "bare", "--kind", "gateway", "--base-url", "https://llm.example.org", "--model", "m")
        let keyless = try sandbox.open("ask", "hello", "--provider", "bare")
        #expect(keyless.status == 1)
        #expect(
            oneLine(keyless.errors).contains("`coffer provider set NAME --key-file FILE`"))
        let unknown = try sandbox.open("provider", "set", "bare", "--set", "colour=red")
        #expect(oneLine(unknown.errors).contains("colour is not known there"))
        #expect(unknown.errors.contains("baseURL") && !unknown.errors.contains("Origin"))
    }

    // MARK: Where

    @Test func `where says of imported answers that nobody here knows their way`() throws {
        try sandbox.write("chats.jsonl", Sandbox.chats)
        _ = try sandbox.open("import", "chats.jsonl")
        let id = try #require(
            try sandbox.open("list", "--json").objects
                .first { ($0["title"] as? String)?.contains("merger") == true }?["id"] as? String)
        let answer = try sandbox.open("where", id, "--json").object
        let turns = try #require(answer["turns"] as? [[String: Any]])
        #expect(turns.count == 2 && turns.allSatisfy { $0["imported"] as? Bool == true })
        let totals = try #require(answer["totals"] as? [String: Any])
        #expect(totals["imported"] as? Int == 2 && totals["turns"] as? Int == 0)
        let words = try sandbox.open("where", id)
        #expect(words.output.contains("imported: Coffer did not send it"))
        #expect(words.lines.last == "0 turns, 0 B sent, 0 B received; 2 imported answers.")
        #expect(try sandbox.open("where", "ffffffff").status == 5)
    }

    @Test(arguments: [
        ["ask"], ["ask", "a", "--new", "--conversation", "b"], ["ask", "--resume"],
        ["ask", "a", "--thinking", "hard"], ["ask", "a", "--max-tokens", "0"],
        ["ask", "a", "--tools", "maybe"], ["policy", "check"],
        ["policy", "check", "policy.json", "--model", "m"], ["provider", "set", "x"],
    ])
    func `A command line that means nothing ends with 64`(_ arguments: [String]) throws {
        #expect(try sandbox.run(arguments + ["--passphrase-file", "passphrase"]).status == 64)
    }
}
