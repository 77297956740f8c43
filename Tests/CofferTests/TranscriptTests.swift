import Foundation
import Testing

/// What a person types from the first minute on, and what they are told.
@Suite struct TranscriptTests {
    let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    @Test func `Without a vault, coffer alone says in three lines what to type`() throws {
        let answer = try sandbox.run()
        #expect(answer.status == 0)
        #expect(answer.lines.count == 3)
        #expect(answer.output.contains("coffer init"))
        #expect(answer.errors.isEmpty)
    }

    @Test func `With a vault, coffer alone shows the help`() throws {
        try sandbox.makeVault()
        let answer = try sandbox.run()
        #expect(answer.status == 0)
        #expect(answer.output.contains("DAILY WORK SUBCOMMANDS:"))
    }

    @Test func `init makes a vault in the data folder, warns and says what is next`() throws {
        let answer = try sandbox.makeVault()
        #expect(answer.status == 0)
        let path = "\(sandbox.home)/.local/share/coffer/default.coffer"
        #expect(
            answer.lines == [
                "Made the vault \(path)", "  passphrase: passphrase, work factor 4 (weak)",
            ])
        #expect(answer.errors.contains("There is no recovery slot: nobody can open this vault"))
        #expect(answer.errors.contains("Next: `coffer unlock`"))
        #expect(FileManager.default.fileExists(atPath: "\(path)/coffer.json"))
    }

    @Test func `The vault's place comes from the option, then COFFER_VAULT, then the data folder`()
        throws
    {
        let variables = ["COFFER_VAULT": "/nowhere/a", "XDG_DATA_HOME": "/nowhere/data"]
        let byOption = try sandbox.run("status", "--vault", "/nowhere/b", environment: variables)
        #expect(byOption.errors.contains("/nowhere/b"))
        let byVariable = try sandbox.run("status", environment: variables)
        #expect(byVariable.errors.contains("/nowhere/a"))
        let byFolder = try sandbox.run("status", environment: ["XDG_DATA_HOME": "/nowhere/data"])
        #expect(byFolder.errors.contains("/nowhere/data/coffer/default.coffer"))
        let before = try sandbox.run("--vault", "/nowhere/b", "status", environment: variables)
        #expect(before.errors.contains("/nowhere/b"))
    }

    @Test func `A vault is never made over something else`() throws {
        try sandbox.makeVault()
        let answer = try sandbox.makeVault()
        #expect(answer.status == 1)
        #expect(answer.errors.contains("exists already"))
    }

    @Test func `Without a terminal a locked vault says how to unlock it`() throws {
        try sandbox.makeVault()
        let answer = try sandbox.run("list")
        #expect(answer.status == 4)
        #expect(
            answer.errors == """
                coffer: The vault is locked; type `coffer unlock`, or give --passphrase-file or \
                --identity.

                """)
    }

    @Test func `A device identity opens the vault, and its file is for the user alone`() throws {
        try sandbox.makeVault("--device")
        #expect(try sandbox.run("list").status == 0)
        let folder = "\(sandbox.home)/.config/coffer/identities"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(files.count == 1)
        for file in files {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(file)")
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            #expect(try sandbox.run("list", "--identity", "\(folder)/\(file)").status == 0)
        }
    }

    @Test func `An import reports in a table, and a second one changes nothing`() throws {
        try sandbox.makeVault()
        try sandbox.write("chats.jsonl", Sandbox.chats + "no json\n")
        let first = try sandbox.open("import", "chats.jsonl")
        #expect(first.status == 0)
        #expect(
            first.lines.prefix(3) == [
                "                       added      updated    unchanged      skipped",
                "Conversations              2            0            0            1",
                "Messages                   4            0            0            0",
            ])
        #expect(first.output.contains("Left out:\n  chats.jsonl, line 3"))
        let second = try sandbox.open("import", "chats.jsonl")
        #expect(
            second.lines[1] == "Conversations              0            0            2            1"
        )
    }

    @Test func `An import of which nothing is good fails with one sentence`() throws {
        try sandbox.makeVault()
        try sandbox.write(
            "bad.jsonl",
            #"{"created":"9999-01-01","messages":[{"role":"user","text":"a"}]}"# + "\n"
        )
        let answer = try sandbox.open("import", "bad.jsonl", "--format", "jsonl")
        #expect(answer.status == 1)
        #expect(answer.errors.contains("coffer: Nothing could be imported"))
    }

    @Test func `A conversation that stands twice in one export is indexed once`() throws {
        try sandbox.makeVault()
        let lines = ["one", "two"].map { text in
            #"{"id":"c","title":"\#(text)","messages":[{"id":"a","role":"user","text":"\#(text)"},"#
                + #"{"id":"\#(text)","parent":"a","role":"assistant","text":"new"}]}"#
        }
        try sandbox.write("twice.jsonl", lines.joined(separator: "\n") + "\n")
        let answer = try sandbox.open("import", "twice.jsonl")
        #expect(
            answer.lines[1] == "Conversations              1            1            0            0"
        )
        let examined = try sandbox.open("doctor")
        #expect(examined.status == 0, "\(examined.output)")
    }

    @Test func `Every batch that is safe is acknowledged when asked`() throws {
        try sandbox.makeVault()
        try sandbox.write("chats.jsonl", Sandbox.chats)
        let answer = try sandbox.open("import", "chats.jsonl", "--acknowledge")
        #expect(answer.lines.first == "stored 2 conversations, 4 messages")
    }

    @Test func `list shows an id that show takes`() throws {
        try sandbox.makeFilledVault()
        let list = try sandbox.open("list")
        #expect(list.lines.count == 3)
        #expect(list.lines[1].contains("2024-03-05         3  Lindqvist merger terms [merger]"))
        let id = String(list.lines[1].prefix { $0 != " " })
        let shown = try sandbox.open("show", id)
        #expect(shown.status == 0)
        #expect(shown.lines.first == "Lindqvist merger terms")
        #expect(shown.output.contains("── User · 2024-03-05 10:00 ──"))
        #expect(shown.output.contains("── Assistant · model-x · 2024-03-05 10:00 · one of 2"))
        #expect(shown.lines.last == "1 message on other branches; --all shows them.")
        #expect(!shown.output.contains("12 %"))
        #expect(try sandbox.open("show", id, "--all").output.contains("12 %"))
    }

    @Test func `list filters`() throws {
        try sandbox.makeFilledVault()
        let cases = [
            (["--label", "merger"], 1), (["--project", "north"], 1), (["--custodian", "ada"], 2),
            (["--custodian", "bob"], 0), (["--from", "jsonl"], 2), (["--after", "2024"], 1),
            (["--before", "2023-02"], 1), (["--limit", "1"], 1),
        ]
        for (filter, count) in cases {
            let answer = try sandbox.open("list", "--json", filter[0], filter[1])
            #expect(answer.lines.count == count, "\(filter)")
        }
    }

    @Test func `search marks what it found and says how complete it is`() throws {
        try sandbox.makeFilledVault()
        let answer = try sandbox.open("search", "premium")
        #expect(answer.status == 0)
        #expect(answer.lines.first?.hasPrefix("Lindqvist merger terms") == true)
        #expect(answer.output.contains("    A [premium] of 12 %."))
        #expect(answer.lines.last == "4 of 4 messages indexed, 0 unreadable")
        #expect(try sandbox.open("search", "nowhere").lines.first == "Nothing found.")
        #expect(try sandbox.open("search", "--ids", "merger").lines.count >= 1)
    }

    @Test func `Labels are added, listed and removed`() throws {
        try sandbox.makeFilledVault()
        let id = try #require(try sandbox.open("list", "--json").objects.last?["id"] as? String)
        #expect(
            try sandbox.open("label", "add", "to review", id).output == "Labelled 1 conversation.\n"
        )
        #expect(
            try sandbox.open("label", "add", "to review", id).output
                == "Labelled 0 conversations; 1 as before.\n")
        #expect(
            try sandbox.open("label", "list").lines == [
                "        1  merger", "        1  to review",
            ])
        #expect(
            try sandbox.open("label", "remove", "to review", id).output
                == "Unlabelled 1 conversation.\n")
        #expect(try sandbox.open("label").lines == ["        1  merger"])
    }

    @Test func `Slots are added, rotated and removed`() throws {
        try sandbox.makeFilledVault()
        let weak = ["--work-factor", "4", "--allow-weak-work-factor"]
        let added = try sandbox.open(
            "slot", "add", "office", "--passphrase", "--new-passphrase-file", "other", weak[0],
            weak[1], weak[2])
        #expect(added.output == "Added slot office.\n", "\(added.errors)")
        #expect(try sandbox.run("list", "--passphrase-file", "other").status == 0)
        try sandbox.write("third", "third one\n")
        let rotated = try sandbox.open(
            "slot", "rotate", "office", "--new-passphrase-file", "third", weak[0], weak[1], weak[2])
        #expect(rotated.output == "Rotated slot office.\n", "\(rotated.errors)")
        #expect(try sandbox.run("list", "--passphrase-file", "other").status == 4)
        #expect(try sandbox.run("list", "--passphrase-file", "third").status == 0)
        #expect(try sandbox.open("slot", "remove", "office").status == 3)
        let removed = try sandbox.open("slot", "remove", "office", "--yes")
        #expect(removed.output == "Removed slot office.\n", "\(removed.errors)")
        #expect(removed.errors.contains("Writing a new generation under a new key"))
        #expect(try sandbox.run("list", "--passphrase-file", "third").status == 4)
        #expect(try sandbox.open("status", "--json").object["generation"] as? Int == 2)
        #expect(try sandbox.open("slot", "remove", "passphrase", "--yes").status == 3)
        #expect(try sandbox.open("list", "--json").lines.count == 2)
    }

    @Test func `A device's slot is rotated and forgotten with its identity`() throws {
        try sandbox.makeVault("--device")
        #expect(try sandbox.run("slot", "rotate", "device").status == 0)
        #expect(try sandbox.run("list").status == 0)
        #expect(try sandbox.run("slot", "remove", "device", "--yes").status == 0)
        let folder = "\(sandbox.home)/.config/coffer/identities"
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        #expect(try sandbox.run("list").status == 4)
    }

    @Test func `doctor finds a sound vault sound and repairs file modes`() throws {
        try sandbox.makeFilledVault()
        let sound = try sandbox.open("doctor")
        #expect(sound.status == 0)
        #expect(sound.lines.last == "The vault is sound.")
        let header = "\(sandbox.home)/.local/share/coffer/default.coffer/coffer.json"
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: header)
        #expect(try sandbox.open("doctor").status == 2)
        #expect(try sandbox.open("doctor", "--repair").status == 0)
        #expect(try sandbox.open("doctor").status == 0)
    }

    @Test func `doctor reports a vault that cannot be opened as a fault`() throws {
        try sandbox.makeVault()
        let header = "\(sandbox.home)/.local/share/coffer/default.coffer/coffer.json"
        try Data("{}".utf8).write(to: URL(filePath: header))
        let answer = try sandbox.open("doctor", "--json")
        #expect(answer.status == 2)
        #expect(answer.object["ok"] as? Bool == false)
        #expect((answer.object["faults"] as? [[String: String]])?.count == 1)
    }

    @Test func `An export verifies, by its signer too, and a changed one does not`() throws {
        try sandbox.makeFilledVault()
        let exported = try sandbox.open("export", "--output", "bag", "--label", "merger", "--json")
        #expect(exported.status == 0, "\(exported.errors)")
        let signer = try #require(exported.object["signer"] as? String)
        #expect(try sandbox.run("verify", "bag").status == 0)
        #expect(try sandbox.run("verify", "bag", "--signer", signer).status == 0)
        #expect(try sandbox.run("verify", "bag", "--signer", "bag/signer.minisign.pub").status == 0)
        let stranger = "SHA256:" + String(repeating: "A", count: 43)
        #expect(try sandbox.run("verify", "bag", "--signer", stranger).status == 2)
        #expect(try sandbox.open("export", "--output", "bag").status == 1)
        try sandbox.write("bag/README.txt", "other words")
        let changed = try sandbox.run("verify", "bag")
        #expect(changed.status == 2)
        #expect(changed.output.contains("README.txt:"))
        #expect(try sandbox.open("key", "show").output.contains(signer))
    }

    @Test func `verify names what is no time stamp, in text and in JSON`() throws {
        try sandbox.makeFilledVault()
        #expect(try sandbox.open("export", "--output", "bag").status == 0)
        #expect(try sandbox.run("verify", "bag", "--json").object["notChecked"] as? [String] == [])
        let name = "tagmanifest-sha256.txt.tsr"
        try sandbox.write("bag/\(name)", "anything")
        let text = try sandbox.run("verify", "bag")
        #expect(text.status == 2)
        #expect(text.output.contains("\(name): this is no time stamp in DER"))
        let json = try sandbox.run("verify", "bag", "--json")
        #expect(json.object["notChecked"] as? [String] == [name])
    }

    @Test func `Statistics and keys are shown`() throws {
        try sandbox.makeFilledVault()
        let stats = try sandbox.open("stats")
        #expect(stats.output.contains("Messages by year\n  2023           1  "))
        let keys = try sandbox.open("key", "show")
        #expect(keys.output.contains("  fingerprint   SHA256:"))
        #expect(keys.output.contains("  minisign id   "))
    }
}
