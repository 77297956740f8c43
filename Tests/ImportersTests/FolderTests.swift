import Foundation
import Importers
import Testing
import Vault
import VaultCrypto

/// What lies in a folder beside ordinary files, and files under any name.
@Suite struct Folders {
    static func line(_ id: String) -> String {
        #"{"id":"\#(id)","messages":[{"role":"user","text":"hello \#(id)"}]}"# + "\n"
    }

    private func refusal(_ path: String) -> String {
        do throws(VaultError) {
            _ = try Outcome(path)
            return "nothing was refused"
        } catch {
            return error.message
        }
    }

    @Test("a folder that is named by a link is read")
    func rootLink() throws {
        let scratch = try Scratch()
        _ = try scratch.write("real/a.jsonl", Self.line("a"))
        try FileManager.default.createSymbolicLink(
            atPath: scratch.path + "/link", withDestinationPath: scratch.path + "/real")
        #expect(try Outcome(scratch.path + "/link").conversations.map(\.origin.id) == ["a"])
    }

    @Test("links, pipes and names that are not UTF-8 are reported, not dropped")
    func strange() throws {
        let scratch = try Scratch()
        try scratch.python(
            """
            import os, sys
            os.makedirs("in/sub")
            line = sys.argv[1].encode()
            open("in/a.jsonl", "wb").write(line)
            os.symlink("a.jsonl", "in/link.jsonl")
            os.symlink("nowhere", "in/sub/dangling")
            os.symlink(".", "in/round")
            os.mkfifo("in/pipe.json")
            open(b"in/caf\\xe9.jsonl", "wb").write(line)
            """, Self.line("a"))
        let outcome = try Outcome(scratch.path + "/in")
        #expect(outcome.conversations.map(\.origin.id) == ["a"])
        #expect(
            outcome.skipped.map { "\($0.place): \($0.reason)" } == [
                "caf\u{FFFD}.jsonl: Its name is not UTF-8; rename it and import it again.",
                "link.jsonl: It is a link, and links are not followed; import what it leads to.",
                "pipe.json: It is neither a file nor a folder.",
                "round: It is a link, and links are not followed; import what it leads to.",
                "sub/dangling: It is a link, and links are not followed; import what it leads to.",
            ])
    }

    @Test("a folder of nothing but such entries is refused with their reason")
    func reason() throws {
        let scratch = try Scratch()
        try scratch.python(
            "import os; os.mkdir('in'); open(b'in/caf\\xe9.jsonl', 'wb').write(b'{}')")
        let message = refusal(scratch.path + "/in")
        #expect(message.contains("not UTF-8"), "\(message)")
        #expect(!message.contains("holds no conversations"))
    }

    @Test(
        "files and folders without permission are faults",
        .enabled(if: geteuid() != 0, "the superuser reads everything"))
    func permission() throws {
        let scratch = try Scratch()
        _ = try scratch.write("in/a.jsonl", Self.line("a"))
        let file = try scratch.write("in/b.jsonl", Self.line("b"))
        _ = try scratch.write("in/locked/c.jsonl", Self.line("c"))
        let folder = scratch.path + "/in/locked"
        for path in [file, folder] { #expect(chmod(path, 0) == 0) }
        defer { chmod(folder, 0o700) }
        let outcome = try Outcome(scratch.path + "/in")
        #expect(outcome.conversations.map(\.origin.id) == ["a"])
        #expect(outcome.skipped.map(\.place).sorted() == ["b.jsonl", "locked"])
        try FileManager.default.removeItem(atPath: scratch.path + "/in/a.jsonl")
        #expect(refusal(scratch.path + "/in").contains("Permission denied"))
    }

    @Test("what a file is called decides nothing, in a folder and in a zip")
    func names() throws {
        let scratch = try Scratch()
        _ = try scratch.write("in/conversations.txt", Self.line("txt"))
        _ = try scratch.write("in/conversations.json (1)", "\u{FEFF} \n" + Self.line("again"))
        _ = try scratch.write("in/photo.jpeg", "no JSON")
        _ = try scratch.write("one/talk", Self.line("zipped"))
        _ = try scratch.zip(scratch.path + "/one", as: "in/export")
        try scratch.python(
            "import gzip, sys; open('in/packed', 'wb').write(gzip.compress(sys.argv[1].encode()))",
            Self.line("gzip"))
        let found: Set = ["txt", "again", "zipped", "gzip"]
        for path in [scratch.path + "/in", try scratch.zip(scratch.path + "/in")] {
            let outcome = try Outcome(path)
            #expect(Set(outcome.conversations.map(\.origin.id)) == found)
            #expect(outcome.passedOver.map { $0.hasSuffix("photo.jpeg") } == [true])
        }
    }

    @Test("a database under any name is found")
    func database() throws {
        let scratch = try Scratch()
        try scratch.python(
            """
            import os, sqlite3, sys
            os.mkdir("in")
            c = sqlite3.connect("in/notes"); c.executescript(open(sys.argv[1]).read()); c.commit()
            """, FixtureCase.root + "/llm/responses.sql")
        #expect(try Outcome(scratch.path + "/in").conversations.count == 2)
    }

    @Test("office documents and configuration files in a folder are no faults")
    func strangers() throws {
        let scratch = try Scratch()
        _ = try scratch.write("in/a.jsonl", Self.line("a"))
        _ = try scratch.write("in/report.docx", "PK\u{3}\u{4}broken")
        _ = try scratch.write("in/config", "[user]\nname = \"x")
        _ = try scratch.write("in/magic", [0x1F, 0x8B, 0, 0, 1])
        let outcome = try Outcome(scratch.path + "/in")
        #expect(outcome.skipped.isEmpty)
        #expect(outcome.passedOver == ["config", "magic", "report.docx"])
    }

    @Test("a damaged photograph in a zip does not stop the other files of a folder")
    func damagedPhotograph() throws {
        let scratch = try Scratch()
        _ = try scratch.write("zip/a.jsonl", Self.line("a"))
        _ = try scratch.write("zip/b.jpeg", "some bytes")
        _ = try scratch.write("in/c.jsonl", Self.line("c"))
        try scratch.python(
            """
            import zipfile
            with zipfile.ZipFile("in/x.zip", "w") as z:
                for n in ("a.jsonl", "b.jpeg"): z.write("zip/" + n, n)
            data = open("in/x.zip", "rb").read().replace(b"some bytes", b"same bytes")
            open("in/x.zip", "wb").write(data)
            """)
        let outcome = try Outcome(scratch.path + "/in")
        #expect(Set(outcome.conversations.map(\.origin.id)) == ["a", "c"])
    }

    @Test("a zip that is refused half way leaves none of its files in a folder's import")
    func halfZip() throws {
        let scratch = try Scratch()
        _ = try scratch.write("in/c.jsonl", Self.line("c"))
        _ = try scratch.write("zip/a.jsonl", Self.line("a"))
        _ = try scratch.write("zip/z.zip", "PK\u{3}\u{4}broken")
        _ = try scratch.zip(scratch.path + "/zip", as: "in/x.zip")
        let outcome = try Outcome(scratch.path + "/in")
        #expect(outcome.conversations.map(\.origin.id) == ["c"])
        #expect(outcome.skipped.map(\.place) == ["x.zip"])
    }
}
