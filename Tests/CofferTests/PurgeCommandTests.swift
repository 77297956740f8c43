import Foundation
import Testing
import VaultCrypto

/// Hiding and destroying: what is typed and what is answered.
@Suite struct PurgeCommandTests {
    let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try sandbox.makeFilledVault()
    }

    private func setPolicy(_ rule: String = RetentionCommandTests.oneYear) throws {
        try sandbox.write("policy.json", RetentionCommandTests.policy(rule))
        let answer = try sandbox.open("retention", "set", "policy.json", "--yes")
        #expect(answer.status == 0, "\(answer.errors)")
    }

    private func ids() throws -> [String] {
        try sandbox.open("list", "--json", "--include-hidden").objects.compactMap {
            $0["id"] as? String
        }
    }

    private func log() throws -> [String] {
        try sandbox.open("audit", "log", "--json").objects.compactMap {
            ($0["entry"] as? [String: Any])?["type"] as? String
        }
    }

    @Test func `delete hides, says what keeps it, and takes it back`() throws {
        let id = try #require(try ids().first)
        let hidden = try sandbox.open("delete", id)
        #expect(hidden.lines.first == "Hid 1 conversation.")
        #expect(
            hidden.lines.last == "    no rule and no hold keeps it; `coffer purge` can destroy it")
        #expect(hidden.errors.hasPrefix("Nothing is destroyed"))
        #expect(try sandbox.open("list", "--json").lines.count == 1)
        #expect(try sandbox.open("search", "--ids", "merger").lines.isEmpty)
        let listed = try sandbox.open("list", "--hidden")
        #expect(listed.lines.count == 2 && listed.lines[1].contains("(hidden) [merger]"))
        let again = try sandbox.open("delete", id, "--json").object
        #expect(again["changed"] as? Int == 0 && again["unchanged"] as? Int == 1)
        let row = try #require((again["conversations"] as? [[String: Any]])?.first)
        #expect(Set(row.keys) == ["conversation", "hidden", "outcome", "retainUntil", "why"])
        #expect(try sandbox.open("delete", id, "--undo").output == "Showed 1 conversation.\n")
        #expect(try sandbox.open("list", "--json").lines.count == 2)
        _ = try sandbox.open("hold", "place", "M", "--everything")
        #expect(try sandbox.open("delete", id).lines.last == "    held by m")
        #expect(try sandbox.open("delete", "ffffffff").status == 5)
    }

    @Test func `Where nobody can be asked a purge is a dry run that says so`() throws {
        try setPolicy()
        let answer = try sandbox.open("purge")
        #expect(answer.status == 0)
        #expect(answer.lines.first == "To be destroyed: 2 conversations with 4 messages.")
        #expect(answer.lines.contains("    due since 2025-09-05 by rule org-1y"))
        #expect(answer.errors.contains("--yes"))
        let json = try sandbox.open("purge", "--json").object
        #expect(json["dryRun"] as? Bool == true && json["conversations"] as? Int == 2)
        #expect(try ids().count == 2)
        #expect(try !log().contains("purge.intent"))
    }

    @Test func `A purge destroys what is due and says so in numbers`() throws {
        try setPolicy()
        _ = try sandbox.open("hold", "place", "M", "--label", "merger")
        let json = try sandbox.open("purge", "--yes", "--json", "--certificate", "cert")
        #expect(json.status == 0, "\(json.errors)")
        let object = json.object
        #expect(
            Set(object.keys) == [
                "dryRun", "conversations", "messages", "erased", "certificate", "destroyed",
                "kept", "deferred", "notDue", "entry", "faults",
            ])
        #expect(object["conversations"] as? Int == 1 && object["messages"] as? Int == 1)
        #expect(object["dryRun"] as? Bool == false && object["erased"] as? Bool == true)
        #expect((object["certificate"] as? String)?.hasSuffix("/cert") == true)
        let kept = try #require(object["kept"] as? [[String: Any]])
        #expect(kept.count == 1 && kept[0]["why"] as? [String] == ["m"])
        #expect(kept[0]["conversation"] as? String == (try ids().first))
        #expect(try sandbox.open("search", "--ids", "reversed").lines.isEmpty)
        #expect(
            try log().suffix(4) == [
                "purge.intent", "purge.result", "erase.intent", "erase.result",
            ])
        #expect(try sandbox.open("audit", "verify").status == 0)
        #expect(try sandbox.open("doctor").status == 0)
        #expect(try sandbox.open("purge", "--yes").lines.first == "Nothing is due.")
    }

    @Test func `An erasure that was put off is made up for, and its certificate is there later`()
        throws
    {
        try setPolicy()
        let batch = try sandbox.open("purge", "--yes", "--json", "--batch").object
        #expect(batch["erased"] as? Bool == false && batch["certificate"] is NSNull)
        #expect(try sandbox.open("audit", "certificate").output.isEmpty)
        func isPending() throws -> Bool? {
            try sandbox.open("status", "--json").object["erasurePending"] as? Bool
        }
        #expect(try isPending() == true && sandbox.open("status").output.contains("pending"))
        let later = try sandbox.open("purge", "--yes")
        #expect(later.status == 0 && later.errors.contains("Erased: the vault has a new key"))
        #expect(try isPending() == false)
        let list = try sandbox.open("audit", "certificate", "--json").objects
        #expect(list.count == 1 && list[0]["facts"] is [String: Any])
        let written = try sandbox.open("audit", "certificate", "--out", "cert")
        #expect(written.status == 0)
        #expect(try sandbox.open("audit", "certificate", "--out", "cert").status == 1)
        #expect(try sandbox.open("audit", "certificate", "1").status == 5)
        #expect(try sandbox.open("purge", "--yes", "--certificate", "cert").status == 1)
        #expect(
            try sandbox.open("purge", "--yes", "--batch", "--certificate", "x").status == 64)
    }

    @Test func `What a hold matched is proved, and a hold that is not there cannot be`() throws {
        _ = try sandbox.open("hold", "place", "M", "--everything")
        let answer = try sandbox.open("hold", "prove", "m", "--json", "--out", "kept").object
        #expect(answer["ok"] as? Bool == true && answer["matched"] as? Int == 4)
        #expect(try sandbox.open("hold", "prove", "other").status == 5)
    }

    @Test func `A selection is destroyed for a reason, and one that is kept whole is refused`()
        throws
    {
        let (first, last) = (try ids()[0], try ids()[1])
        let destroyed = try sandbox.open("purge", last, "--reason", "private", "--yes")
        #expect(destroyed.lines[0] == "To be destroyed: 1 conversation with 1 message.")
        #expect(destroyed.lines[2] == "    chosen, and nothing bars it")
        #expect(
            destroyed.lines.last?.hasPrefix("Destroyed 1 conversation with 1 message (") == true)
        _ = try sandbox.open("hold", "place", "M", "--everything")
        for selection in [
            [first], ["--label", "merger"], ["--query", "premium"], ["--project", "north"],
            ["--custodian", "ada"], ["--from", "jsonl"], ["--after", "2024", "--before", "2025"],
        ] {
            let refused = try sandbox.run(
                ["purge"] + selection
                    + ["--reason", "x", "--yes", "--json", "--passphrase-file", "passphrase"])
            #expect(refused.status == 3, "\(selection): \(refused.errors)")
            #expect((refused.object["kept"] as? [[String: Any]])?.count == 1, "\(selection)")
            #expect(refused.errors.contains(#""code":"refused""#))
        }
        #expect(try sandbox.open("purge", first, "--dry-run").status == 3)
        #expect(try ids() == [first])
        #expect(try log().last == "refused")
    }

    @Test func `A data subject's erasure waits for a hold and is hidden until then`() throws {
        _ = try sandbox.open("hold", "place", "M", "--label", "merger")
        let plan = try sandbox.open("purge", "--subject", "ada", "--dry-run", "--json").object
        #expect((plan["deferred"] as? [String])?.count == 1)
        let done = try sandbox.open(
            "purge", "--subject", "ada", "--reason", "request", "--yes", "--json"
        ).object
        #expect(done["conversations"] as? Int == 1)
        #expect((done["deferred"] as? [String]) == (try ids()))
        #expect(try sandbox.open("list", "--json").lines.isEmpty)
        let shown = try sandbox.open("delete", try ids()[0], "--undo")
        #expect(shown.status == 3 && shown.errors.contains("asked for"))
        let unknown = try sandbox.open("purge", "--subject", "bo", "--reason", "x", "--yes")
        #expect(unknown.status == 5 && unknown.errors.contains("no conversations of bo"))
    }

    @Test(arguments: [
        (["ffffffff", "--reason", "x"], 5, "coffer list"),
        (["--label", "zebra", "--reason", "x"], 5, "nothing was destroyed"),
        (["--label", "merger"], 64, "--reason"),
        (["--label", "a", "--reason", ""], 64, "--reason"),
        (["--subject", "ada", "--label", "a", "--reason", "x"], 64, "not several"),
        (["--dry-run", "--yes"], 64, "not both"),
        (["--query", "\"open", "--reason", "x"], 1, "quote"),
    ])
    func `A purge that is not understood destroys nothing`(
        _ arguments: [String], _ status: Int, _ words: String
    ) throws {
        let answer = try sandbox.run(
            ["purge"] + arguments + ["--passphrase-file", "passphrase"])
        #expect(Int(answer.status) == status, "\(answer.errors)")
        #expect(answer.errors.contains(words), "\(answer.errors)")
        #expect(try ids().count == 2)
    }

    @Test func `No line about governance is wider than 80 columns or acts on the terminal`() throws
    {
        try setPolicy()
        let long = String(repeating: "very ", count: 30) + "long \u{202E} matter"
        _ = try sandbox.open("hold", "place", long, "--query", "premium", "--label", "merger")
        let (first, last) = (try ids()[0], try ids()[1])
        for arguments in [
            ["hold"], ["hold", "list", "--all"],
            ["hold", "show", "very-very-very-very-very-very-very-very"],
            ["retention"], ["retention", "explain", last], ["retention", "explain", first],
            ["retention", "simulate", "--policy", "policy.json", "--at", "2024"],
            ["retention", "review"], ["policy", "show"], ["purge"], ["delete", first, last],
            ["list", "--hidden"], ["status"],
        ] {
            let answer = try sandbox.run(arguments + ["--passphrase-file", "passphrase"])
            #expect(answer.status == 0, "\(arguments): \(answer.errors)")
            for line in (answer.output + answer.errors).split(separator: "\n") {
                let wide = line.unicodeScalars.count { (0x3000...0x9FFF).contains($0.value) }
                #expect(line.unicodeScalars.count + wide <= 80, "\(arguments): \(line)")
                #expect(!line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
            }
        }
    }

    @Test func `Exports and unlocking leave entries with figures and without words`() throws {
        let exported = try sandbox.open(
            "export", "--output", "secret-case", "--label", "merger", "--reason", "asked")
        #expect(exported.status == 0, "\(exported.errors)")
        _ = try sandbox.open("export", "--output", "none", "--label", "zebra")
        let entries = try sandbox.open("audit", "log", "--type", "export.end", "--json").objects
        let figures = entries.compactMap {
            ($0["entry"] as? [String: Any])?["figures"] as? [String: Int]
        }
        #expect(
            figures == [
                ["attachments": 0, "conversations": 1, "messages": 3],
                ["conversations": 0, "messages": 0],
            ])
        // The log names the archive by what stands for all of it.
        let manifest = URL(filePath: "\(sandbox.home)/secret-case/tagmanifest-sha256.txt")
        let ended = try #require(entries.first?["document"] as? [String: Any])
        #expect(
            ended["tagManifest"] as? String
                == Hex.text(SHA256Digest.hash([UInt8](try Data(contentsOf: manifest)))))
        let begun = try sandbox.open("audit", "log", "--type", "export.begin", "--json").objects
        let document = try #require(begun.first?["document"] as? [String: Any])
        #expect(document["output"] as? String == "secret-case")
        #expect(
            (document["selection"] as? [String: Any])?["labels"] as? [String] == ["merger"])
        #expect(try !sandbox.open("audit", "log").output.contains("secret"))
        #expect(try sandbox.open("audit", "verify").status == 0)
    }

    /// Runs lines of a shell where `/etc` has this policy, which root owns.
    private func managed(_ policy: String, mode: String, _ script: String) throws -> Sandbox.Answer
    {
        try sandbox.write("managed.json", policy)
        let lines = """
            coffer() { '\(Sandbox.program)' "$@" --passphrase-file passphrase; }
            mount -t tmpfs tmpfs /etc && mkdir -m 755 /etc/coffer || exit 77
            cp managed.json /etc/coffer/policy.json && chmod \(mode) /etc/coffer/policy.json
            \(script)
            """
        return try sandbox.run(program: "/usr/bin/unshare", ["-Urm", "sh", "-uc", lines])
    }

    @Test(.enabled(if: Sandbox.hasNamespaces, "this system forbids user namespaces"))
    func `A managed policy prevails, and one that others can write destroys nothing`() throws {
        try sandbox.write("policy.json", RetentionCommandTests.policy())
        let script = """
            coffer policy show --json; echo $?
            coffer retention set policy.json --yes; echo $?
            coffer purge --yes --json; echo $?
            """
        let open = try managed(
            RetentionCommandTests.policy(RetentionCommandTests.oneYear), mode: "666", script)
        #expect(open.lines.compactMap { Int($0) } == [2, 3, 3], "\(open.errors)")
        #expect(open.errors.contains("can be written by others"))
        #expect(open.errors.contains("Nothing was destroyed."))
        #expect(try sandbox.open("list", "--json").lines.count == 2)
        let sound = try managed(
            RetentionCommandTests.policy(RetentionCommandTests.oneYear), mode: "644",
            "coffer purge --dry-run; echo $?\n" + script)
        #expect(sound.lines.compactMap { Int($0) } == [0, 0, 3, 0], "\(sound.errors)")
        #expect(sound.errors.contains("This device has a managed policy"))
        #expect(try sandbox.open("list", "--json").lines.isEmpty)
    }
}
