import Foundation
import Importers
import JSONText
import Testing
import Vault
import VaultCrypto

/// What each format's quirks become.
@Suite struct Formats {
    func fixture(_ name: String) throws -> Outcome { try Outcome(FixtureCase.root + "/" + name) }

    func check(_ conversation: ImportedConversation, _ expected: [String]) {
        #expect(conversation.messages.map(\.outline) == expected)
    }

    func bytes(_ file: ImportedFile?) throws -> [UInt8] {
        let source = try #require(file).open()
        var buffer = [UInt8](repeating: 0, count: 1000)
        let count = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
        return Array(buffer[..<count])
    }

    @Test("ChatGPT: order comes from the tree, halves are stopped, the shown leaf is current")
    func chatGPTTree() throws {
        let conversation = try fixture("chatgpt").conversation(
            "11111111-aaaa-4bbb-8ccc-000000000001")
        check(
            conversation,
            [
                "sys <- - system: ",
                "u-2 <- sys user: text Where do I find tide tables?",
                "a-2a <- u-2 assistant stopped: text I do not kn",
                "a-2b <- u-2 assistant: text Tide tables are printed by the harbour office.",
                "u-3 <- a-2b user: text Thank you \u{1F6A4}\u{202F}!",
            ])
        #expect(conversation.current == "u-3")
        #expect(conversation.title == "Tide tables")
        #expect(conversation.created?.description == "2024-03-01T09:59:49.123Z")
        let answer = conversation.messages[3]
        #expect(answer.model == "gpt-4")
        #expect(answer.stopReason == "stop")
        #expect(answer.parts[0].part.data?["citations"]?.array?.count == 1)
        #expect(conversation.messages[0].created == nil)
        #expect(conversation.messages[0].extra["weight"]?.double == 0)
    }

    @Test("ChatGPT: every kind of content becomes parts, files are found by their ids")
    func chatGPTContent() throws {
        let conversation = try fixture("chatgpt").conversation(
            "11111111-aaaa-4bbb-8ccc-000000000002")
        #expect(conversation.created == nil)
        #expect(conversation.extra["id"]?.string == "legacy-id-2")
        check(
            conversation,
            [
                "k1 <- - user: text I repair boats. | text Be brief.",
                "k2 <- k1 user: image(plan.png)+file - | text What does the plan show? | "
                    + "text Spoken: and where is the slipway? | document(contract.pdf)+file -",
                "k3 <- k2 assistant: thinking The slipway is north of the crane.",
                "k4 <- k3 assistant: thinking Thought for 4 seconds",
                "k5 <- k4 assistant: tool_use(python) print(2 ** 5)",
                "k6 <- k5 tool: tool_result(python) 32",
                "k7 <- k6 assistant: tool_use(browser) search(\"slipway crane\")",
                "k8 <- k7 tool: tool_result(browser) # Harbour works",
                "k9 <- k8 tool: tool_result(browser) The crane lifts nine tons.",
                "k10 <- k9 tool: image(file_00abcdef12345678-1b2c.png)+file -",
                "k11 <- k10 tool: tool_result(web) Cranes of the north.",
                "k12 <- k11 tool: tool_result(web) The page did not load.",
                "k13 <- k12 tool: other - | image(file_00abcdef12345678-1b2c.png)+file -",
                "k14 <- k13 user: document - | other -",
                "k15 <- k14 assistant: text open_url(\"https://harbour.example\")",
                "k16 <- k15 assistant: text 1. Repairs boats.",
                "k17 <- k16 assistant stopped: text The slipway lies north【1†works】.",
            ])
        #expect(conversation.messages[4].model == "o4-mini")
        let image = try bytes(conversation.messages[1].parts[0].file)
        #expect(image.starts(with: [0x89, 0x50, 0x4E, 0x47]))
        #expect(conversation.messages[1].parts[0].file?.mediaType == "image/png")
    }

    @Test("ChatGPT: attachments inside a zip are read from it")
    func chatGPTZip() throws {
        let scratch = try Scratch()
        let outcome = try Outcome(try scratch.zip(FixtureCase.root + "/chatgpt"))
        let conversation = try outcome.conversation("11111111-aaaa-4bbb-8ccc-000000000002")
        let contract = try #require(conversation.messages[1].parts.last?.file)
        #expect(try bytes(contract) == Array("%PDF-1.4 not".utf8))
        #expect(try bytes(contract) == Array("%PDF-1.4 not".utf8))
    }

    @Test("ChatGPT: entries without messages or with impossible dates are skipped with a reason")
    func chatGPTSkips() throws {
        let skipped = try fixture("chatgpt").skipped
        #expect(
            skipped.map(\.place) == [
                "conversations.json, conversation 3",
                "conversations.json, conversation 4, message bad",
                "conversations.json, conversation 5",
            ])
        #expect(skipped.map(\.isConversation) == [true, false, true])
        let odd = try fixture("chatgpt").conversation("11111111-aaaa-4bbb-8ccc-000000000004")
        #expect(odd.messages.map(\.originID) == ["u", "v"])
        #expect(odd.messages.last?.parent == "u")
    }

    @Test("Claude.ai: content wins over text, attachments carry text, siblings are branches")
    func claudeAI() throws {
        let outcome = try fixture("claude_ai")
        check(
            try outcome.conversation("c-1"),
            [
                "m-1 <- - user: text May I varnish at 5 degrees? | "
                    + "document(varnish.txt) Apply above ten degrees only. | image(hull.jpeg) -",
                "m-2 <- m-1 assistant: thinking The sheet says ten degrees. | tool_use(artifacts) - | "
                    + "tool_result(artifacts) OK: created | image+file - | "
                    + "text No, wait for warmer days. | other - | other spoken words",
                "m-2b <- m-1 assistant: text It would stay sticky.",
                "m-3 <- m-2b user: document(paste.txt) A long pasted letter to the yard.",
            ])
        #expect(try outcome.conversation("c-1").messages[1].extra["text"] == nil)
        let snapshot = try outcome.conversation("c-2")
        check(
            snapshot,
            [
                "n-1 <- - user: text Is content null here?",
                "n-2 <- n-1 assistant: text Shared snapshots have text alone.",
            ])
        #expect(snapshot.title == nil)
        #expect(snapshot.project == "Spring refit")
        #expect(try outcome.conversation("c-4").created?.description == "2025-04-03T08:00:00Z")
        #expect(outcome.skipped.map(\.place) == ["conversations.json, conversation 3"])
    }

    @Test("Claude.ai: projects and memories become conversations")
    func claudeAIProjects() throws {
        let outcome = try fixture("claude_ai")
        check(
            try outcome.conversation("project:p-1"),
            [
                "instructions <- - system: text Answer as a boat builder.",
                "d-1 <- instructions user: document(rigging.md) # Rigging\nTen shackles.",
            ])
        check(
            try outcome.conversation("memories:acc-1"),
            [
                "conversations <- - assistant: text Owns a wooden boat.",
                "project:p-1 <- conversations assistant: text Refit starts in May.",
            ])
    }

    @Test("Claude Code: one message a line, queued prompts kept, a repeated boundary once")
    func claudeCode() throws {
        let outcome = try fixture("claude_code/projects")
        let conversation = try outcome.conversation("5e55a0aa-0000-4000-8000-000000000001")
        check(
            conversation,
            [
                "l-1 <- - user: text Count the rings in dock.txt",
                "l-2 <- l-1 assistant: thinking I should read the file.",
                "l-3 <- l-2 assistant: text I will look.",
                "l-4 <- l-3 assistant: tool_use(Read) -",
                "l-5 <- l-4 tool: tool_result ring ring ring | image+file -",
                "\(conversation.messages[5].originID) <- l-5 user: text and paint them red",
                "l-5q <- l-5 user: text also the bollards",
                "l-5b <- l-5 assistant failed: text API Error: overloaded",
                "l-6 <- l-5 system: text Conversation compacted",
                "l-7 <- l-6 user: text <command-name>/clear</command-name>",
                "l-8 <- l-7 system: text <local-command-stdout>cleared</local-command-stdout>",
                "l-9 <- l-8 assistant: text Three rings.",
                "l-s1 <- - user: text Side task: look at the crane",
            ])
        #expect(conversation.title == "Rings of the dock")
        #expect(conversation.current == "l-9")
        #expect(conversation.project == "/srv/dock")
        #expect(conversation.extra["lines"]?.array?.count == 5)
        #expect(conversation.messages[2].extra["message"]?["id"]?.string == "msg-1")
        #expect(conversation.messages[2].extra["cwd"] == nil)
        let side = try outcome.conversation("5e55a0aa-0000-4000-8000-000000000001/a1")
        #expect(side.messages.map(\.originID) == ["g-1", "g-2"])
    }

    @Test("Claude Code: a last line that is still being written is skipped with its place")
    func claudeCodeTruncated() throws {
        let scratch = try Scratch()
        let text = #"""
            {"type":"user","uuid":"1","parentUuid":null,"sessionId":"s","message":{"role":"user","content":"a"}}
            {"type":"assistant","uuid":"2","parentUuid":"1","sessionId":"s","message":{"role":"assi
            """#
        let outcome = try Outcome(try scratch.write("live.jsonl", text))
        #expect(try outcome.conversation("s").messages.count == 1)
        #expect(outcome.skipped.map(\.place) == ["live.jsonl, line 2"])
    }

    @Test("Claude Code: a web session is read from its log lines")
    func webSession() throws {
        let conversation = try fixture("claude_code").conversation("session_web_01")
        #expect(conversation.messages.map(\.role) == [.user, .assistant, .tool])
        #expect(conversation.messages.map { $0.parent != nil } == [false, true, true])
    }

    @Test("Claude Desktop: a session takes its transcript, one without is reported")
    func cowork() throws {
        let outcome = try fixture("cowork")
        let conversation = try outcome.conversation("local_77")
        check(
            conversation,
            [
                "w-1 <- - user: text List the sails",
                "w-2 <- w-1 assistant: text Jib, genoa, spinnaker.",
            ])
        #expect(conversation.title == "Sort the sail locker")
        #expect(conversation.modified?.description == "2025-11-03T10:00:00.123Z")
        #expect(outcome.skipped.count == 1)
        #expect(outcome.skipped.first?.reason.contains("missing-transcript.jsonl") == true)
    }

    @Test("Open WebUI: several models are branches, typed output makes the parts")
    func openWebUI() throws {
        let outcome = try fixture("open_webui")
        let conversation = try outcome.conversation("ow-1")
        check(
            conversation,
            [
                "o-1 <- - user: text Which knot holds a boat? | image(cleat.png)+file - | "
                    + "document(knots.pdf) -",
                "o-2 <- o-1 assistant: "
                    + "thinking \n<summary>Thought for 2 seconds</summary>\n> cleat or bowline\n | "
                    + "text \nA cleat hitch.",
                "o-3 <- o-1 assistant stopped: thinking A loop is safer. | tool_use(knot_book) - | "
                    + "tool_result page twelve: bowline | text A bowline.",
            ])
        #expect(conversation.current == "o-3")
        #expect(conversation.labels == ["knots", "boats"])
        #expect(conversation.created?.description == "2024-04-01T19:33:20Z")
        check(
            try outcome.conversation("ow-2"),
            [
                "q-1 <- - user: text Legacy question",
                "q-2 <- q-1 assistant failed: text Legacy answer",
            ])
    }

    @Test("LibreChat: recursive, flat and chatbot-ui exports keep their trees")
    func libreChat() throws {
        let outcome = try fixture("librechat")
        check(
            try outcome.conversation("lc-1"),
            [
                "x-1 <- - user: text How deep is the basin?",
                "x-2 <- x-1 assistant: text Four metres.",
                "x-3 <- x-1 assistant stopped: text Four and a",
                "x-4 <- x-3 user: text At low tide?",
                "x-5 <- x-4 assistant: thinking Low water springs. | text Three metres. | "
                    + "tool_use(tides) - | image(basin.png) -",
            ])
        check(
            try outcome.conversation("lc-2"),
            ["y-2 <- y-1 assistant: text Yes.", "y-1 <- - user: text Is it dredged?"])
        let old = try outcome.conversation("cb-1")
        check(
            old,
            [
                "prompt <- - system: text You are a sailmaker.",
                "1 <- prompt user: text Name a sail", "2 <- 1 assistant: text Genoa",
            ])
        #expect(old.project == "Sails")
        #expect(try outcome.conversation("chatbot-ui:prompts").messages.count == 1)
    }

    @Test("LM Studio: versions are siblings, the next message follows the selected one")
    func lmStudio() throws {
        let conversation = try fixture("lm_studio").conversations[0]
        #expect(conversation.origin.id.hasPrefix("1717000000000-"))
        check(
            conversation,
            [
                "system <- - system: text Speak like a pilot.",
                "1.1 <- system user: text Which buoy is green? | image(1717-buoy.png) -",
                "2.1 <- 1.1 assistant: text Port.",
                "2.2 <- 1.1 assistant: thinking Region A rules. | tool_use(buoys) - | "
                    + "text Starboard, in region A. | other -",
                "3.1 <- 2.2 user: text Thanks",
            ])
        #expect(conversation.messages[2].model == "lmstudio/qwen2.5-7b-instruct")
    }

    @Test("Jan: a thread takes the messages beside it")
    func jan() throws {
        let conversation = try fixture("jan").conversation("jan_1718000000")
        check(
            conversation,
            [
                "jm-1 <- - user: text How far does it shine?",
                "jm-2 <- jm-1 assistant: thinking Height of the lamp. | text Twenty miles. | "
                    + "image+file -",
            ])
        #expect(conversation.title == "Lighthouses")
    }

    @Test("JSON lines: parents, labels and unknown members are kept, names are users")
    func jsonLines() throws {
        let outcome = try fixture("jsonl")
        let own = try outcome.conversation("own-1")
        check(
            own,
            [
                "1 <- - system: text Be exact.", "2 <- 1 user: text How heavy?",
                "3a <- 2 assistant: text Ten kilos.", "3b <- 2 assistant: text Twelve.",
            ])
        #expect(own.custodian == "a.sailor")
        #expect(own.labels == ["gear"])
        #expect(own.messages[3].extra["note"]?.string == "asked again")
        let radio = try outcome.conversation("t-1")
        check(
            radio,
            [
                "1 <- - user: text Entering the basin", "2 <- 1 user: text Berth four is free",
                "3 <- 2 user: ",
            ])
        #expect(radio.messages[1].extra["role"]?.string == "Harbour master")
        #expect(radio.messages[0].created?.description == "2020-06-01T06:00:00Z")
        #expect(radio.extra["license"]?.string == "CC0-1.0")
        #expect(outcome.conversations.contains { $0.origin.id.hasPrefix("sha256:") })
    }
}

/// Cases that fixtures would only make long.
@Suite struct LongFormats {
    /// A session of these lines, each without its session and time.
    private func session(_ lines: String...) throws -> ImportedConversation {
        let scratch = try Scratch()
        let text = lines.enumerated().map { index, line in
            let head = #"{"sessionId":"s","timestamp":"2025-06-01T10:00:0\#(index)Z","#
            return head + line.dropFirst()
        }
        let path = try scratch.write("s.jsonl", text.joined(separator: "\n"))
        return try Outcome(path).conversation("s")
    }

    private static func enqueue(_ content: String, _ operation: String = "enqueue") -> String {
        #"{"type":"queue-operation","operation":"\#(operation)","content":\#(content)}"#
    }

    private static func user(_ id: String, _ content: String) -> String {
        #"{"type":"user","uuid":"\#(id)","message":{"role":"user","content":\#(content)}}"#
    }

    private func texts(_ conversation: ImportedConversation) -> [[String]] {
        conversation.messages.map { $0.parts.map { $0.part.text ?? $0.part.kind.rawValue } }
    }

    @Test("Claude Code: a queued prompt of blocks is a message with all of them")
    func queuedBlocks() throws {
        let image =
            #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}"#
        let found = try session(
            Self.user("1", #""start""#),
            Self.enqueue(#"[{"type":"text","text":"and this"},\#(image)]"#),
            #"{"type":"attachment","uuid":"2","attachment":{"type":"queued_command","prompt":[{"type":"text","text":"and that"}]}}"#
        )
        #expect(texts(found) == [["start"], ["and this", "image"], ["and that"]])
        #expect(found.messages[1].parts[1].file != nil)
        #expect(found.messages.map(\.role) == [.user, .user, .user])
    }

    @Test("Claude Code: what takes a prompt out of the queue is no prompt")
    func queueRemoval() throws {
        let found = try session(
            Self.enqueue(#""one""#), Self.enqueue(#""one""#, "popAll"),
            Self.enqueue(#""two""#, "remove"), Self.enqueue("null", "dequeue"))
        #expect(texts(found) == [["one"]])
        #expect(found.extra["lines"]?.array?.count == 3)
    }

    @Test("Claude Code: a queued prompt that says what another said is a message of its own")
    func queueRepeats() throws {
        let found = try session(
            Self.user("1", #""go on""#), Self.enqueue(#""go on""#), Self.enqueue(#""go on""#),
            Self.user("2", #""go on""#), Self.enqueue(#""a""#), Self.enqueue(#""b""#),
            Self.user("3", #"[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#))
        #expect(texts(found) == [["go on"], ["go on"], ["go on"], ["a", "b"]])
    }

    @Test("Claude.ai: the order in which an export lists messages changes nothing")
    func claudeOrder() throws {
        let scratch = try Scratch()
        let root = "00000000-0000-4000-8000-000000000000"
        let messages = [("m1", root, 1), ("z2", "m1", 1), ("m3", "z2", 1), ("m4", "m1", 2)].map {
            #"{"uuid":"\#($0.0)","sender":"human","text":"\#($0.0)","parent_message_uuid":"\#($0.1)","#
                + #""created_at":"2024-01-01T00:00:0\#($0.2)Z"}"#
        }
        let orders = [messages, messages.reversed()].enumerated().map { index, list in
            (index, #"[{"uuid":"c","chat_messages":[\#(list.joined(separator: ","))]}]"#)
        }
        let outcomes = try orders.map { try Outcome(try scratch.write("\($0.0).json", $0.1)) }
        #expect(outcomes[0].dump == outcomes[1].dump)
        let found = try outcomes[1].conversation("c")
        #expect(found.messages.map(\.originID) == ["m1", "z2", "m3", "m4"])
        #expect(found.current == "m4")
    }

    @Test("LibreChat: a recursive chat of a thousand messages is read")
    func deepLibreChat() throws {
        let scratch = try Scratch()
        var text =
            #"{"conversationId":"deep","title":"a \"children\":[ b","recursive":true,"messages":["#
        for index in 0..<1000 {
            let parent = index == 0 ? "null" : "\"\(index - 1)\""
            text += #"{"messageId":"\#(index)","parentMessageId":\#(parent),"text":"t[\#(index)","#
            text +=
                #""isCreatedByUser":\#(index % 2 == 0),"tags":[{"children":["x"]}],"children":["#
        }
        text += String(repeating: "]}", count: 1000) + "],\"options\":{}}"
        let conversation = try Outcome(try scratch.write("deep.json", text)).conversation("deep")
        #expect(conversation.messages.count == 1000)
        #expect(conversation.title == "a \"children\":[ b")
        #expect(conversation.messages.map(\.originID) == (0..<1000).map(String.init))
        #expect(conversation.messages.last?.parent == "998")
        #expect(conversation.messages.last?.parts.first?.part.text == "t[999")
    }

    @Test("Claude Desktop: one session's file takes the folder beside it")
    func coworkFile() throws {
        let path = FixtureCase.root + "/cowork/local-agent-mode-sessions/org-1/acct-1/local_77.json"
        #expect(try Outcome(path).conversations.map(\.messages.count) == [2])
    }

    @Test("Claude Desktop: the audit log takes the place of a transcript, or adds to it")
    func audit() throws {
        let scratch = try Scratch()
        let session =
            #"{"sessionId":"local_1","cliSessionId":"cli","title":"T","createdAt":1762160400000}"#
        let audit = #"""
            {"type":"user","session_id":"cli","uuid":"a1","message":{"role":"user","content":"from the audit"},"_audit_timestamp":"2025-11-03T09:00:00Z","_audit_hmac":"00"}
            {"type":"result","session_id":"cli","uuid":"a2","result":"done"}

            """#
        let line =
            #"{"type":"user","sessionId":"cli","uuid":"t1","parentUuid":null,"message":{"role":"user","content":"from the transcript"}}"#
        _ = try scratch.write("s/local_1.json", session)
        _ = try scratch.write("s/local_1/audit.jsonl", audit)
        var conversation = try Outcome(scratch.path + "/s").conversation("local_1")
        #expect(conversation.messages.first?.parts.first?.part.text == "from the audit")
        #expect(conversation.messages.first?.created?.description == "2025-11-03T09:00:00Z")
        _ = try scratch.write("s/local_1/.claude/projects/x/cli.jsonl", line)
        let outcome = try Outcome(scratch.path + "/s")
        conversation = try outcome.conversation("local_1")
        #expect(outcome.conversations.count == 1)
        #expect(conversation.messages.map(\.originID) == ["t1"])
        #expect(conversation.extra["audit"]?.array?.map { $0["uuid"]?.string } == ["a1", "a2"])
    }

    @Test("Claude Desktop: lines of an audit log that the transcript has as well are there once")
    func auditRepeats() throws {
        let scratch = try Scratch()
        let session = #"{"sessionId":"local_1","cliSessionId":"cli","title":"T"}"#
        let message = #""message":{"role":"user","content":"hello"}"#
        let audit = [
            #"{"type":"user","session_id":"cli","uuid":"t1",\#(message)}"#,
            #"{"type":"user","session_id":"cli","uuid":"other",\#(message)}"#,
            #"{"type":"system","session_id":"cli","subtype":"init","tools":["Bash"]}"#,
        ]
        let line = #"{"type":"user","sessionId":"cli","uuid":"t1",\#(message)}"#
        _ = try scratch.write("s/local_1.json", session)
        _ = try scratch.write("s/local_1/log.txt", audit.joined(separator: "\n"))
        _ = try scratch.write("s/local_1/.claude/projects/x/cli.jsonl", line)
        let outcome = try Outcome(scratch.path + "/s")
        #expect(outcome.conversations.count == 1)
        let extra = try outcome.conversation("local_1").extra["audit"]?.array
        #expect(extra?.map { $0["subtype"]?.string } == ["init"])
    }

    @Test(
        "Claude Desktop: an audit log alone is known by its content", arguments: ["a.jsonl", "a"])
    func auditAlone(name: String) throws {
        let scratch = try Scratch()
        let text = #"""
            {"type":"user","session_id":"cli","uuid":"a1","message":{"role":"user","content":"hi"}}
            {"type":"result","session_id":"cli","uuid":"a2","result":"done"}
            """#
        let outcome = try Outcome(try scratch.write(name, text))
        #expect(try outcome.conversation("cli").messages.count == 2)
        #expect(outcome.skipped.isEmpty)
    }
}
