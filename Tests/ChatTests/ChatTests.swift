import Chat
import Foundation
import JSONText
import Providers
import Testing
import Vault
import VaultCrypto

@Suite("Turns of a chat")
struct ChatTests {
    @Test func `a question is asked, and its answer is a record that says where it went`()
        async throws
    {
        let test = try TestVault()
        let transport = ScriptedTransport(events: [Script.text(["Granite ", "is hard."])])
        let chat = Chat(test, transport)
        let id = try await chat.begin(
            Question("Which stone is hard?\nTell me."), system: "Be brief.")
        let shown = Shown()
        let outcome = try await chat.answer(in: id) { shown.add($0) }
        #expect(outcome.state == .complete && shown.text == "Granite is hard.")
        #expect(shown.news.first == .began(outcome.answer))
        #expect(shown.news.last == .ended(outcome.answer, .complete))
        let messages = try test.vault.messages(of: id)
        #expect(messages.map(\.role) == [.system, .user, .assistant])
        let answer = try #require(messages.last)
        #expect(answer.state == .complete && answer.provider == "work")
        #expect(answer.model == "made-up-1" && answer.host == "scripted.invalid")
        #expect(answer.region == "europe-west4" && answer.stopReason == "end_turn")
        #expect(answer.usage?["outputTokens"]?.int == 2)
        #expect(answer.extra["answerModel"]?.string == "made-up-1-dated")
        #expect(answer.extra["exchange"]?["responseBytes"]?.int == 9)
        let request = try #require(transport.requests.first)
        #expect(request.system == [SystemText("Be brief.")] && request.model == "made-up-1")
        #expect(request.messages == [TurnMessage(.user, [.text("Which stone is hard?\nTell me.")])])
        #expect(try test.vault.conversation(id).title == "Which stone is hard?")
        #expect(try test.vault.verifyAudit().faults == [])
    }

    @Test func `what is shown is in the vault already`() async throws {
        let test = try TestVault()
        let words = (0..<300).map { "word\($0) " }
        let chat = Chat(test, ScriptedTransport(events: [Script.text(words)]))
        let id = try await chat.begin(Question("Say much"))
        let shown = Shown()
        let vault = test.vault
        _ = try await chat.answer(in: id) { news in
            shown.add(news)
            guard case .answer(.text) = news else { return }
            let stored = try? vault.turnsInFlight().first?.draft.parts.first?.text
            #expect(stored?.hasPrefix(shown.text) == true)
        }
        #expect(shown.text == words.joined())
    }

    @Test func `a person stops an answer, keeps what came, and goes on with it`() async throws {
        let test = try TestVault()
        let begun: [ScriptedTransport.Step] = Script.text(["Once ", "upon"]).prefix(4).map {
            .news(.event($0))
        }
        let transport = ScriptedTransport([
            begun + [.hang], Script.text([" a time."]).map { .news(.event($0)) },
        ])
        let chat = Chat(test, transport)
        let id = try await chat.begin(Question("Tell me a story"))
        let shown = Shown()
        let task = Task {
            try await chat.answer(in: id) { shown.add($0) }
        }
        while shown.text != "Once upon" { await Task.yield() }
        task.cancel()
        let outcome = try await task.value
        #expect(outcome.state == .stopped)
        let stopped = try #require(try test.vault.messages(of: id).last)
        #expect(stopped.state == .stopped && stopped.parts[0].text == "Once upon")
        let resumed = try await chat.resume(id) { _ in }
        #expect(resumed.state == .complete)
        let told = transport.requests[1].messages
        #expect(told.map(\.role) == [.user, .assistant, .user])
        #expect(told[1].parts == [.text("Once upon")])
        #expect(told[2].parts == [.text(Chat.resumption)])
        #expect(try test.vault.messages(of: id).map(\.state).last == .complete)
        // What came to its end has no rest.
        await #expect(throws: VaultError.self) { try await chat.resume(id) { _ in } }
    }

    @Test func `an answer of which nothing came is asked for anew`() async throws {
        let test = try TestVault()
        let transport = ScriptedTransport([
            [.fail(ProviderError(.overloaded, status: 529))],
            Script.text(["Now."]).map { .news(.event($0)) },
        ])
        let chat = Chat(test, transport)
        let id = try await chat.begin(Question("When?"))
        let failed = try await chat.answer(in: id) { _ in }
        #expect(failed.state == .failed(ProviderError(.overloaded, status: 529)))
        let first = try #require(try test.vault.messages(of: id).last)
        #expect(first.state == .failed && first.extra["error"]?["kind"]?.string == "overloaded")
        _ = try await chat.resume(id) { _ in }
        let second = try #require(try test.vault.messages(of: id).last)
        #expect(second.parent == first.parent && second.parts[0].text == "Now.")
        #expect(transport.requests[0].messages == transport.requests[1].messages)
    }

    @Test func `a question that has no answer yet is answered when it is gone on with`()
        async throws
    {
        let test = try TestVault()
        let transport = ScriptedTransport(events: [Script.text(["Here."])])
        let chat = Chat(test, transport)
        // What is left where the program was killed before the answer began.
        let id = try await chat.begin(Question("Where?"))
        let outcome = try await chat.resume(id) { _ in }
        #expect(outcome.state == .complete && transport.requests[0].messages.count == 1)
        #expect(try test.vault.messages(of: id).last?.parts[0].text == "Here.")
    }

    @Test func `a deep input of a tool costs nothing of the answer around it`() async throws {
        let test = try TestVault()
        let deep = String(repeating: "[", count: 253) + String(repeating: "]", count: 253)
        let events: [TurnEvent] = [
            .started(id: nil, model: nil), .began(part: 0, .text("Before.")), .ended(part: 0),
            .began(part: 1, .toolUse(id: "t", name: "n", input: nil)), .toolInput(part: 1, deep),
            .ended(part: 1), .began(part: 2, .text("After.")), .ended(part: 2),
            .stopped(.endOfTurn, sequence: nil), .finished,
        ]
        let chat = Chat(test, ScriptedTransport(events: [events]))
        let id = try await chat.begin(Question("Deep?"))
        _ = try await chat.answer(in: id) { _ in }
        let answer = try #require(try test.vault.messages(of: id).last)
        #expect(answer.parts.compactMap(\.text) == ["Before.", "After."])
        #expect(answer.extra["unreadableFromStep"] == nil)
        #expect(answer.parts[1].data?["unfinishedInput"]?.string == deep)
    }

    @Test func `many signatures and citations cost what they are long`() async throws {
        let test = try TestVault()
        let chat = Chat(
            test,
            ScriptedTransport(events: [
                [.started(id: nil, model: nil), .began(part: 0, .thinking("hm", signature: ""))]
                    + (0..<3_000).map { _ in .signature(part: 0, "0123456789") }
                    + [.ended(part: 0), .began(part: 1, .text("So."))]
                    + (0..<3_000).map { .citation(part: 1, .integer(Int64($0))) }
                    + [.ended(part: 1), .stopped(.endOfTurn, sequence: nil), .finished]
            ]))
        let id = try await chat.begin(Question("Why?"))
        _ = try await chat.answer(in: id) { _ in }
        let parts = try #require(try test.vault.messages(of: id).last).parts
        #expect(parts[0].data?["signature"]?.string?.count == 30_000)
        #expect(parts[1].data?["citations"]?.array?.count == 3_000)
        let size = try FileManager.default.subpaths(atPath: test.folder)?.reduce(0) { sum, path in
            let attributes = try FileManager.default.attributesOfItem(
                atPath: "\(test.folder)/\(path)")
            return sum + (attributes[.size] as? Int ?? 0)
        }
        // Each step as a whole would be 45 MB of signatures alone.
        #expect(try #require(size) < 8 << 20)
    }

    @Test func `an answer that breaks off is kept as failed, and a retry is shown`() async throws {
        let test = try TestVault()
        let error = ProviderError(.rateLimited, status: 429)
        let transport = ScriptedTransport([
            [.news(.retrying(because: error, afterMilliseconds: 500))]
                + Script.text(["Half"]).prefix(3).map { .news(.event($0)) } + [.leave]
        ])
        let chat = Chat(test, transport)
        let id = try await chat.begin(Question("All?"))
        let shown = Shown()
        let outcome = try await chat.answer(in: id) { shown.add($0) }
        #expect(outcome.state == .failed(ProviderError(.cut)))
        #expect(shown.news.contains(.retrying(because: error, afterMilliseconds: 500)))
        let answer = try #require(try test.vault.messages(of: id).last)
        #expect(answer.state == .failed && answer.parts[0].text == "Half")
    }

    @Test func `an answer whose conversation is purged meanwhile is not stored`() async throws {
        let test = try TestVault()
        let words: [ScriptedTransport.Step] = Script.text(["a", "b"]).prefix(3).map {
            .news(.event($0))
        }
        let more = ScriptedTransport.Step.news(.event(.text(part: 0, "late")))
        let chat = Chat(test, ScriptedTransport([words + (0..<600).map { _ in more }]))
        let id = try await chat.begin(Question("Gone?"))
        let vault = test.vault
        let error = await #expect(throws: VaultError.self) {
            try await chat.answer(in: id) { news in
                guard news == .answer(.text(part: 0, "a")) else { return }
                _ = try? vault.purgeAskingNoRule([id])
            }
        }
        #expect(error?.code == .notFound)
        #expect(try vault.turnsInFlight().isEmpty && vault.examine(repairs: false).isClean)
    }

    @Test func `editing and asking again make siblings, and the last one is shown`() async throws {
        let test = try TestVault()
        let transport = ScriptedTransport(events: ["a", "b", "c", "d"].map { Script.text([$0]) })
        let chat = Chat(test, transport)
        let id = try await chat.begin(Question("One"))
        let first = try await chat.answer(in: id) { _ in }.answer
        let again = try await chat.regenerate(first, in: id) { _ in }.answer
        let asked = try #require(try test.vault.messages(of: id).first)
        let edited = try await chat.edit(asked.id, to: Question("Two"), in: id) { _ in }.answer
        _ = try await chat.ask(Question("Three"), in: id) { _ in }
        let messages = try test.vault.messages(of: id)
        #expect(messages.filter { $0.parent == asked.id }.map(\.id) == [first, again])
        #expect(messages.filter { $0.parent == nil }.count == 2)
        #expect(transport.requests[1].messages == transport.requests[0].messages)
        #expect(transport.requests[2].messages == [TurnMessage(.user, [.text("Two")])])
        #expect(
            transport.requests[3].messages.map { $0.parts } == [
                [.text("Two")], [.text("c")], [.text("Three")],
            ])
        #expect(messages.last.map(\.id) == (try test.vault.conversation(id).current))
        #expect(
            messages.first { $0.id == edited }?.parent
                == messages.first {
                    $0.parts[0].text == "Two"
                }?.id)
        await #expect(throws: VaultError.self) {
            try await chat.edit(edited, to: Question("no"), in: id) { _ in }
        }
        await #expect(throws: VaultError.self) {
            try await chat.regenerate(asked.id, in: id) { _ in }
        }
    }

    @Test func `files go along, are stored once, and can be read by a tool`() async throws {
        let test = try TestVault()
        let transport = ScriptedTransport(events: [
            Script.tool("read_attachment", #"{"name":"notes.txt","offset":6}"#),
            Script.text(["Read."]),
        ])
        let tools = ToolSet([AttachmentTool()], permissions: ["read_attachment": .allow])
        let chat = Chat(test, transport, tools: tools)
        let files = [
            ImportedFile(name: "notes.txt", mediaType: "text/plain") { () throws(VaultError) in
                BytesSource(Array("first second".utf8))
            },
            ImportedFile(name: "a.png", mediaType: "image/png") { () throws(VaultError) in
                BytesSource([1, 2, 3])
            },
        ]
        let id = try await chat.begin(Question("What does it say?", files: files))
        let shown = Shown()
        let outcome = try await chat.answer(in: id) { shown.add($0) }
        #expect(outcome.state == .complete)
        let parts = try #require(transport.requests[0].messages.first).parts
        #expect(
            parts[0].content == .document(DocumentPart(.text("first second"), title: "notes.txt")))
        #expect(parts[1].content == .image(AttachedFile(mediaType: "image/png", bytes: [1, 2, 3])))
        #expect(transport.requests[0].tools.map(\.name) == ["read_attachment"])
        let result = try #require(transport.requests[1].messages.last).parts[0].content
        #expect(
            result
                == .toolResult(
                    ToolResult(
                        toolUseID: "t1", content: [.text(#"{"sizeBytes":12,"text":"second"}"#)])))
        #expect(
            try test.vault.messages(of: id).map(\.role) == [.user, .assistant, .tool, .assistant])
    }
}

@Suite("Tools of a chat")
struct ToolTests {
    /// Says that it was run.
    private struct Bell: ChatTool {
        let definition = ToolDefinition(
            name: "bell", description: nil, inputSchema: .object(["type": .string("object")]))

        func run(_ input: JSON, in place: ToolPlace) async throws -> ToolResult.Content {
            .text("rang")
        }
    }

    private func outcome(
        _ set: ToolSet, _ script: [TurnEvent]
    ) async throws -> (outcomes: [ToolOutcome], requests: [TurnRequest]) {
        let test = try TestVault()
        let transport = ScriptedTransport(events: [script, Script.text(["Done."])])
        let chat = Chat(test, transport, tools: set)
        let id = try await chat.begin(Question("Ring"))
        let shown = Shown()
        _ = try await chat.answer(in: id) { shown.add($0) }
        let outcomes = shown.news.compactMap { news -> ToolOutcome? in
            if case .tool(_, let outcome) = news { outcome } else { nil }
        }
        return (outcomes, transport.requests)
    }

    @Test(arguments: [
        (ToolPermission.allow, false, ToolOutcome.done), (.ask, true, .done),
        (.ask, false, .denied), (.deny, true, .denied),
    ])
    func `a tool is run where that is allowed, and the model is told`(
        permission: ToolPermission, answer: Bool, wanted: ToolOutcome
    ) async throws {
        let set = ToolSet([Bell()], permissions: ["bell": permission]) { _ in answer }
        let (outcomes, requests) = try await outcome(set, Script.tool("bell", "{}"))
        #expect(outcomes == [wanted])
        #expect(requests[0].tools.isEmpty == (permission == .deny))
        let result = try #require(requests[1].messages.last).parts[0].content
        guard case .toolResult(let told) = result else { throw ProviderError(.malformed) }
        #expect((told.content == [.text("rang")]) == (wanted == .done))
        #expect(told.isError == (wanted == .done ? nil : true))
    }

    @Test func `a tool is asked for where nothing is set, and nobody allows by default`()
        async throws
    {
        let (outcomes, _) = try await outcome(ToolSet([Bell()]), Script.tool("bell", "{}"))
        #expect(outcomes == [.denied])
    }

    @Test func `a tool that is not there is not run`() async throws {
        let set = ToolSet([Bell()], permissions: ["other": .allow])
        let (outcomes, requests) = try await outcome(set, Script.tool("other", "{}"))
        #expect(outcomes == [.unknown] && requests.count == 2)
    }

    @Test func `where a limit of tokens ended the answer no tool is run`() async throws {
        let set = ToolSet([Bell()], permissions: ["bell": .allow])
        let script = Script.tool("bell", "{}", stop: .maximumTokens)
        let (outcomes, requests) = try await outcome(set, script)
        #expect(outcomes.isEmpty && requests.count == 1)
    }

    @Test func `a model that never ends asking is ended`() async throws {
        let test = try TestVault()
        let transport = ScriptedTransport(
            events: (0..<9).map { _ in Script.tool("bell", "{}") })
        var chat = Chat(
            test, transport, tools: ToolSet([Bell()], permissions: ["bell": .allow]))
        chat.settings.mostToolRounds = 3
        let id = try await chat.begin(Question("Ring"))
        let outcome = try await chat.answer(in: id) { _ in }
        #expect(outcome.state == .stopped && transport.requests.count == 4)
        #expect(outcome.toolLimit == 3)
    }

    @Test func `tools of an answer that was left are run when it is gone on with`() async throws {
        let test = try TestVault()
        let transport = ScriptedTransport(
            events: [Script.tool("bell", "{}"), Script.tool("bell", "{}"), Script.text(["Done."])])
        var chat = Chat(
            test, transport, tools: ToolSet([Bell()], permissions: ["bell": .allow]))
        chat.settings.mostToolRounds = 1
        let id = try await chat.begin(Question("Ring"))
        #expect(try await chat.answer(in: id) { _ in }.state == .stopped)
        let outcome = try await chat.resume(id) { _ in }
        #expect(outcome.state == .complete && transport.requests.count == 3)
        #expect(
            try test.vault.messages(of: id).map(\.role)
                == [.user, .assistant, .tool, .assistant, .tool, .assistant])
        await #expect(throws: VaultError.self) { try await chat.resume(id) { _ in } }
    }

    @Test func `of many tools at once some are run, and the model is told of the others`()
        async throws
    {
        let uses = (0..<40).flatMap { number -> [TurnEvent] in
            [
                .began(part: number, .toolUse(id: "t\(number)", name: "bell", input: nil)),
                .toolInput(part: number, "{}"), .ended(part: number),
            ]
        }
        let script = uses + [.stopped(.toolUse, sequence: nil), .finished]
        let set = ToolSet([Bell()], permissions: ["bell": .allow])
        let (outcomes, requests) = try await outcome(set, script)
        #expect(outcomes.filter { $0 == .done }.count == 32 && outcomes.count == 40)
        #expect(requests[1].messages.last?.parts.count == 40)
    }

    @Test func `an input that cannot be read is an answer that failed`() async throws {
        let test = try TestVault()
        let chat = Chat(test, ScriptedTransport(events: [Script.tool("bell", "{\"a\":")]))
        let id = try await chat.begin(Question("Ring"))
        let outcome = try await chat.answer(in: id) { _ in }
        guard case .failed(let error) = outcome.state else {
            Issue.record("it is \(outcome.state)")
            return
        }
        #expect(error.kind == .malformed)
    }

    @Test func `the vault is searched for the model`() async throws {
        let test = try TestVault()
        let earlier = Chat(test, ScriptedTransport(events: []))
        _ = try await earlier.begin(Question("About zanzibarian quarries"))
        let place = ToolPlace(
            vault: test.vault, conversation: RecordID(at: .now), path: try Path([], to: nil))
        let content = try await VaultSearchTool().run(
            .object(["query": .string("zanzibarian")]), in: place)
        guard case .json(let json) = content else { throw ProviderError(.malformed) }
        #expect(json["hits"]?.array?.first?["title"]?.string == "About zanzibarian quarries")
        await #expect(throws: VaultError.self) {
            try await VaultSearchTool().run(.object([:]), in: place)
        }
    }
}
