import Foundation
import Testing

/// Holds: what is typed and what is answered.
@Suite struct HoldCommandTests {
    let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try sandbox.makeFilledVault()
    }

    private func log() throws -> [String] {
        try sandbox.open("audit", "log", "--json").objects.compactMap {
            ($0["entry"] as? [String: Any])?["type"] as? String
        }
    }

    @Test func `A hold is placed, listed, shown and released`() throws {
        let placed = try sandbox.open(
            "hold", "place", "Lindqvist merger", "--label", "merger", "--custodian", "ada",
            "--custodian", "bo", "--after", "2024-03", "--before", "2024-03-06")
        #expect(placed.status == 0, "\(placed.errors)")
        #expect(
            placed.lines.prefix(4) == [
                "Placed hold lindqvist-merger.", "  matter   Lindqvist merger",
                "  holds    custodian ada or bo, label merger, a message from 2024-03-01 and",
                "           before 2024-03-06",
            ])
        #expect(placed.lines[4] == "  matches  1 conversation, 3 messages")
        let listed = try sandbox.open("hold")
        #expect(listed.lines.first == "lindqvist-merger: Lindqvist merger")
        let shown = try sandbox.open("hold", "show", "lindqvist-merger", "--conversations")
        #expect(shown.lines.last?.hasSuffix("  Lindqvist merger terms") == true)
        let refused = try sandbox.open("hold", "release", "lindqvist-merger", "--reason", "over")
        #expect(refused.status == 3 && refused.errors.contains("--yes"))
        let released = try sandbox.open(
            "hold", "release", "lindqvist-merger", "--reason", "over", "--yes")
        #expect(released.output == "Released hold lindqvist-merger.\n", "\(released.errors)")
        #expect(released.errors.contains("Nothing was destroyed. What it matched counts as held"))
        let again = try sandbox.open(
            "hold", "release", "lindqvist-merger", "--reason", "over", "--yes")
        #expect(again.status == 5 && again.errors.contains("was released already"))
        #expect(try sandbox.open("hold").errors.contains("1 released hold: --all shows them."))
        #expect(try sandbox.open("hold", "list", "--all").output.contains("(released)"))
        #expect(try log().suffix(2) == ["hold.place", "hold.release"])
    }

    @Test func `JSON of holds has the members that are documented`() throws {
        let names = Set([
            "id", "matter", "scope", "placed", "released", "graceUntil", "conversations",
            "messages", "entry",
        ])
        let placed = try sandbox.open(
            "hold", "place", "Leak", "--query", "premium", "--project", "north", "--json"
        ).object
        #expect(Set(placed.keys) == names)
        let scope = try #require(placed["scope"] as? [String: Any])
        #expect(
            Set(scope.keys) == [
                "custodians", "conversations", "labels", "projects", "after", "before", "query",
            ])
        #expect(scope["query"] as? String == "premium")
        #expect(placed["conversations"] as? Int == 1 && placed["released"] is NSNull)
        #expect(try sandbox.open("hold", "list", "--json").objects.map { Set($0.keys) } == [names])
        let shown = try sandbox.open("hold", "show", "leak", "--conversations", "--json").object
        #expect((shown["ids"] as? [String])?.count == 1)
        let released = try sandbox.open(
            "hold", "release", "leak", "--reason", "over", "--yes", "--json"
        ).object
        #expect(released["graceUntil"] is String)
    }

    @Test func `What is held says so in lists, in itself and in the state of the vault`() throws {
        func held() throws -> [Bool] {
            try sandbox.open("list", "--json").objects.compactMap { $0["held"] as? Bool }
        }
        #expect(try held() == [false, false])
        #expect(try sandbox.open("status", "--json").object["holds"] as? Int == 0)
        _ = try sandbox.open("hold", "place", "Merger", "--label", "merger")
        #expect(try held() == [true, false])
        #expect(try sandbox.open("list").output.contains("merger terms (held) [merger]"))
        #expect(try sandbox.open("status").output.contains("Holds          1 in force"))
        let id = try #require(try sandbox.open("list", "--json").objects.first?["id"] as? String)
        #expect(try sandbox.open("show", id).output.contains("held by merger"))
        let shown = try sandbox.open("show", id, "--json").object
        #expect(shown["held"] as? Bool == true && shown["holds"] as? [String] == ["merger"])
        #expect(try sandbox.open("search", "--ids", "is:held").lines.count == 3)
        try sandbox.write("late.jsonl", Sandbox.chats.replacing("\"c1\"", with: "\"c9\""))
        #expect(try sandbox.open("import", "late.jsonl").status == 0)
        #expect(try held() == [true, true, false])
    }

    @Test func `A hold on everything is meant, and names that nobody has are only noted`() throws {
        let refused = try sandbox.open("hold", "place", "All")
        #expect(refused.status == 64 && refused.errors.contains("--everything"))
        let placed = try sandbox.open("hold", "place", "All", "--everything")
        #expect(placed.lines[3] == "  matches  2 conversations, 4 messages")
        let later = try sandbox.open(
            "hold", "place", "Later", "--label", "zebra", "--custodian", "bo", "--project", "south")
        #expect(later.status == 0)
        let words = later.errors.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(
            words == "Nothing matches yet: the vault knows no label zebra and no project south and "
                + "no custodian bo. The hold is on whatever arrives and matches.")
        #expect(
            try sandbox.open("hold", "place", "Quiet", "--everything", "-q").output == "quiet\n")
    }

    @Test(arguments: [
        (["place", "M", "--query", "\"open"], 1, "quote"),
        (["place", "M", "--query", "is:held"], 1, "is:held"),
        (["place", "M", "--conversation", "ffffffff"], 5, "coffer list"),
        (["place", "M", "--after", "2024", "--before", "2023"], 64, "--before"),
        (["place", "M", "--everything", "--label", "a"], 64, "not both"),
        (["place", "M", "--custodian", ""], 64, "--custodian is empty"),
        (["place", "M", "--query", ""], 64, "--query is empty"),
        (["place"], 64, "matter"), (["show", "none"], 5, "`coffer hold list`"),
        (["release", "none", "--reason", "x", "--yes"], 5, "`coffer hold list`"),
        (["release", "none"], 64, "--reason"), (["release", "none", "--reason", " "], 64, "empty"),
        (["place", "a\u{7}b", "--everything"], 1, "control characters"),
    ])
    func `What cannot be held or released is said, and nothing is logged`(
        _ arguments: [String], _ status: Int, _ words: String
    ) throws {
        let before = try log()
        let answer = try sandbox.run(
            ["hold"] + arguments + ["--passphrase-file", "passphrase"])
        #expect(Int(answer.status) == status, "\(answer.errors)")
        #expect(answer.errors.contains(words), "\(answer.errors)")
        #expect(try log() == before)
    }
}
