import Foundation
import Testing

/// `coffer restore` and `coffer trust` as a person types them.
@Suite struct RestoreCommandTests {
    let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try sandbox.makeFilledVault()
        try sandbox.makeVault("--vault", "office")
    }

    private func other(_ words: String...) throws -> Sandbox.Answer {
        try sandbox.run(words + ["--vault", "office", "--passphrase-file", "passphrase"])
    }

    private func fingerprint() throws -> String {
        let keys = try sandbox.open("key", "show", "--json").object
        return try #require((keys["archive"] as? [String: String])?["fingerprint"])
    }

    @Test
    func `An archive is refused until its key is trusted, then tried, restored and unchanged`()
        throws
    {
        #expect(try sandbox.open("export", "--output", "bag").status == 0)
        let refused = try other("restore", "bag")
        #expect(refused.status == 3)
        #expect(refused.errors.contains("coffer trust add \(try fingerprint()) --name NAME"))
        #expect(try other("trust", "add", "bag", "--name", "Ada").status == 0)
        let tried = try other("restore", "bag", "--dry-run")
        #expect(tried.status == 0)
        #expect(tried.errors.contains("Nothing was stored"))
        #expect(try other("list", "--json").objects.isEmpty)
        let done = try other("restore", "bag", "--json").object
        #expect(
            Set(done.keys) == [
                "ok", "dryRun", "archive", "conversations", "messages", "attachments", "group",
                "holds", "labels", "notTaken", "skipped",
            ])
        let messages = try #require(done["messages"] as? [String: Int])
        #expect(
            messages == ["added": 4, "updated": 0, "unchanged": 0, "conflicts": 0, "skipped": 0])
        let again = try other("restore", "bag")
        #expect(
            try #require(again.lines.last).split(separator: " ") == [
                "Messages", "0", "0", "4", "0", "0",
            ])
        #expect(try other("audit", "verify").status == 0)
        #expect(try other("doctor").status == 0)
        #expect(try sandbox.open("restore", "bag").status == 0)
    }

    @Test func `A fault is named with exit 2, what is not there with 5, a locked archive with 4`()
        throws
    {
        #expect(try sandbox.open("export", "--output", "bag").status == 0)
        #expect(
            try sandbox.open(
                "export", "--output", "bag.tar.zst.age", "--archive-passphrase-file", "other"
            ).status == 0)
        #expect(try other("restore", "nothing").status == 5)
        #expect(try other("restore", "bag.tar.zst.age").status == 4)
        #expect(try other("trust", "add", try fingerprint(), "--name", "Ada").status == 0)
        let opened = try other(
            "restore", "bag.tar.zst.age", "--archive-passphrase-file", "other", "--quiet")
        #expect(opened.status == 0, "\(opened.errors)")
        try sandbox.write("bag/README.txt", "other words")
        let faulty = try other("restore", "bag")
        #expect(faulty.status == 2)
        #expect(faulty.output.contains("README.txt: the content is not what"))
        let said = try other("restore", "bag", "--json")
        #expect(said.status == 2 && said.object["ok"] as? Bool == false)
        let distrusted = try other("trust", "add", "bag", "--name", "x")
        #expect(distrusted.status == 2)
    }

    @Test func `Labels come with new conversations alone; what is not taken is said`() throws {
        let id = try #require(
            try sandbox.open("list", "--json").objects.first?["id"] as? String)
        #expect(try sandbox.open("label", "add", "draft", id).status == 0)
        #expect(try sandbox.open("export", "--output", "bag").status == 0)
        #expect(try other("trust", "add", "bag", "--name", "Ada").status == 0)
        let first = try other("restore", "bag")
        #expect(first.output.contains("Labels of new conversations:"))
        #expect(first.output.contains("draft (1)"))
        #expect(try sandbox.open("label", "add", "later", id).status == 0)
        #expect(try sandbox.open("export", "--output", "bag2").status == 0)
        let said = try other("restore", "bag2", "--json").object
        let told = try #require(said["notTaken"] as? [[String: Any]])
        #expect(told.count == 1 && told.first?["conversation"] as? String == id)
        #expect(told.first?["labels"] as? [String] == ["later"])
        #expect(said["labels"] as? [String] == [])
        let shown = try other("restore", "bag2").output
        #expect(shown.contains("conversation \(id): label later"))
        let kept = try other("show", id, "--json").object["labels"] as? [String]
        #expect(kept?.contains("draft") == true && kept?.contains("later") == false)
    }

    @Test func `A redacted copy is refused, and what it was made from is taken`() throws {
        #expect(try sandbox.open("export", "--output", "bag").status == 0)
        let message = try #require(try sandbox.open("search", "premium", "--ids").lines.first)
        let redacted = try sandbox.open(
            "redact", "bag", "--output", "copy", "--withhold", message, "--reason", "privilege")
        #expect(redacted.status == 0, "\(redacted.errors)")
        #expect(try sandbox.run("verify", "copy").status == 0)
        #expect(try other("trust", "add", try fingerprint(), "--name", "Ada").status == 0)
        let refused = try other("restore", "copy")
        #expect(refused.status == 3)
        #expect(refused.errors.contains("This is a redacted copy"))
        #expect(try other("list", "--json").objects.isEmpty)
        #expect(try other("restore", "bag").status == 0)
    }

    @Test func `Keys are trusted by fingerprint and by file, listed, and trusted no more`() throws {
        let keys = try sandbox.open("key", "show", "--json").object
        let archive = try #require(keys["archive"] as? [String: String])
        let fingerprint = try #require(archive["fingerprint"])
        try sandbox.write("key.pub", (archive["ssh"] ?? "") + " ada@laptop\n")
        try sandbox.write("minisign.pub", "untrusted comment: x\n\(archive["minisign"] ?? "")\n")
        for key in ["key.pub", "minisign.pub", fingerprint] {
            let added = try other("trust", "add", key, "--name", "Ada", "--json")
            #expect(added.status == 0, "\(added.errors)")
            #expect(added.object["fingerprint"] as? String == fingerprint)
            #expect(added.object["added"] as? Bool == true)
            let again = try other("trust", "add", key, "--name", "B", "--json").object
            #expect(again["added"] as? Bool == false)
            let listed = try other("trust", "list", "--json").objects
            #expect(listed.count == 1)
            #expect(
                Set(try #require(listed.first).keys) == ["fingerprint", "name", "added", "entry"])
            #expect(try other("trust", "list").output.contains(fingerprint))
            #expect(try other("trust", "remove", fingerprint).status == 0)
            #expect(try other("trust", "remove", fingerprint).status == 5)
        }
        #expect(try other("trust", "add", "SHA256:x", "--name", "x").status == 1)
        #expect(try other("trust", "add", "nothing", "--name", "x").status == 5)
        #expect(try other("trust", "add", "key.pub").status == 64)
    }
}
