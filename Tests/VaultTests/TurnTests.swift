import Foundation
import GRDB
import JSONText
import Policy
import Testing
import VaultCrypto

@testable import Vault

/// A vault with one conversation of ours, a question in it.
private struct AskedVault {
    let test: TestVault
    let vault: Vault
    let conversation: RecordID
    let question: RecordID

    init() throws {
        test = try TestVault()
        vault = try test.create()
        conversation = try vault.beginConversation(title: "About quarries", [Self.user("Why?")])
        question = try #require(try vault.messages(of: conversation).first).id
    }

    static func user(_ text: String) -> ImportedMessage {
        var message = ImportedMessage(originID: "", parent: nil, role: .user)
        message.parts = [ImportedPart(Part(.text, text: text))]
        return message
    }

    /// An answer that has begun and has said some words.
    func begin(_ words: [String]) throws -> TurnJournal {
        var facts = TurnFacts()
        (facts.provider, facts.model, facts.host) = ("work", "made-up-1", "llm.example.org")
        let journal = try vault.beginTurn(in: conversation, below: question, facts)
        for word in words { try journal.append([.text(0, word)]) }
        return journal
    }

    /// What is in the tables of turns.
    func rows() throws -> [Int] {
        try vault.store.read { db in
            try ["turn", "turn_line"].map {
                try Int.fetchOne(db, sql: "SELECT count(*) FROM \($0)") ?? 0
            }
        }
    }

    func isSound() throws -> Bool {
        let faults = try vault.examine(repairs: false).faults + vault.verifyAudit().faults
        return faults.filter { !$0.isRepaired }.isEmpty
    }
}

@Suite("Turns")
struct TurnTests {
    @Test func `an answer is in the vault step by step, and becomes a record at its end`() throws {
        let asked = try AskedVault()
        defer { try? asked.vault.close() }
        let journal = try asked.begin(["Granite ", "is hard"])
        let flying = try #require(try asked.vault.turnsInFlight().first)
        #expect(flying.id == journal.id && flying.conversation == asked.conversation)
        #expect(flying.isAlive && flying.draft.parts == [Part(.text, text: "Granite is hard")])
        #expect(try asked.vault.messages(of: asked.conversation).count == 1)
        #expect(try asked.isSound())
        var last = TurnFacts()
        last.stopReason = "end_turn"
        last.region = "europe-west4"
        last.usage = ["outputTokens": .integer(3)]
        last.extra = ["exchange": .object(["responseBytes": .integer(77)])]
        let id = try journal.finish(.complete, [.text(0, "."), .facts(last)])
        let answer = try #require(try asked.vault.messages(of: asked.conversation).last)
        #expect(id == journal.id && answer.id == id && answer.parent == asked.question)
        #expect(answer.parts == [Part(.text, text: "Granite is hard.")])
        #expect(answer.role == .assistant && answer.state == .complete)
        #expect(answer.model == "made-up-1" && answer.provider == "work")
        #expect(answer.host == "llm.example.org" && answer.region == "europe-west4")
        #expect(answer.stopReason == "end_turn" && answer.usage?["outputTokens"]?.int == 3)
        #expect(answer.extra["exchange"]?["responseBytes"]?.int == 77)
        let conversation = try asked.vault.conversation(asked.conversation)
        #expect(conversation.current == id && conversation.messageCount == 2)
        #expect(conversation.origin.source == "coffer")
        #expect(try asked.rows() == [0, 0])
        #expect(try asked.vault.search(SearchRequest("granite")).hits.count == 1)
        #expect(try asked.isSound())
    }

    @Test func `the answer of a process that is gone is kept as stopped by the next opening`()
        throws
    {
        let asked = try AskedVault()
        defer { try? asked.vault.close() }
        // Nobody keeps it, so that its lock goes as at the end of a process.
        let id = try asked.begin(["What had ", "come"]).id
        let other = try asked.test.open()
        defer { try? other.close() }
        #expect(other.mended.map(\.isRepaired) == [true])
        let answer = try #require(try other.messages(of: asked.conversation).last)
        #expect(answer.id == id && answer.state == .stopped)
        #expect(answer.parts == [Part(.text, text: "What had come")])
        #expect(answer.model == "made-up-1" && answer.parent == asked.question)
        #expect(try asked.rows() == [0, 0] && asked.isSound())
    }

    @Test func `the answer of a process that lives is left alone`() throws {
        let asked = try AskedVault()
        defer { try? asked.vault.close() }
        let journal = try asked.begin(["Still "])
        let other = try asked.test.open()
        defer { try? other.close() }
        #expect(try other.mended.isEmpty && other.turnsInFlight().first?.isAlive == true)
        #expect(try other.examine(repairs: false).isClean)
        try journal.append([.text(0, "going")])
        try journal.finish(.complete)
        let answer = try #require(try other.messages(of: asked.conversation).last)
        #expect(answer.state == .complete && answer.parts[0].text == "Still going")
        #expect(try other.turnsInFlight().isEmpty)
    }

    @Test func `messages follow their parents in the order of ids`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        let conversation = try vault.beginConversation(title: nil, [AskedVault.user("0")])
        var above = try #require(try vault.messages(of: conversation).first).id
        for number in 1..<20 {
            above = try vault.addMessage(
                AskedVault.user("\(number)"), to: conversation, below: above)
        }
        let sorted = try vault.messages(of: conversation).sorted { $0.id < $1.id }
        #expect(sorted.map { $0.parts[0].text } == (0..<20).map { "\($0)" })
        #expect(sorted.dropFirst().map(\.parent) == sorted.dropLast().map(\.id))
        #expect(throws: VaultError.self) {
            try vault.addMessage(
                AskedVault.user("elsewhere"), to: conversation, below: RecordID(at: .now))
        }
    }

    @Test func `a conversation is named, found by its name, and shown on another branch`() throws {
        let asked = try AskedVault()
        defer { try? asked.vault.close() }
        #expect(try asked.vault.setTitle("Zanzibarian granite", of: asked.conversation))
        #expect(try !asked.vault.setTitle("Zanzibarian granite", of: asked.conversation))
        #expect(try asked.vault.search(SearchRequest("zanzibarian")).hits.count == 1)
        #expect(try asked.vault.search(SearchRequest("quarries")).hits.isEmpty)
        try asked.vault.forEachAuditEntry { entry, document in
            #expect(document?.contains("granite") != true && !entry.line.contains("granite"))
        }
        let id = try asked.begin(["one"]).finish(.complete)
        #expect(try asked.vault.conversation(asked.conversation).current == id)
        try asked.vault.showBranch(to: asked.question, of: asked.conversation)
        #expect(try asked.vault.conversation(asked.conversation).current == asked.question)
        #expect(throws: VaultError.self) {
            try asked.vault.showBranch(to: RecordID(at: .now), of: asked.conversation)
        }
        #expect(throws: VaultError.self) {
            try asked.vault.setTitle("", of: asked.conversation)
        }
        #expect(try asked.isSound())
    }
}

/// What governs and destroys knows of answers that are no records yet.
@Suite("Turns that are governed")
struct GovernedTurnTests {
    @Test func `a purge takes an answer along that is being written, and leaves no word`() throws {
        let asked = try AskedVault()
        defer { try? asked.vault.close() }
        let word = "zanzibarianquicksand"
        let journal = try asked.begin([word, String(repeating: " \(word)", count: 900)])
        #expect(try !DecryptedPages(of: asked.vault).words(of: [word]).isEmpty)
        _ = try asked.vault.purgeAskingNoRule([asked.conversation])
        #expect(try DecryptedPages(of: asked.vault).words(of: [word]).isEmpty)
        #expect(try asked.rows() == [0, 0])
        // Its number may be another's by now.
        let next = try asked.vault.beginConversation(title: nil, [AskedVault.user("And?")])
        let second = try asked.vault.beginTurn(in: next, below: nil, TurnFacts())
        let error = #expect(throws: VaultError.self) { try journal.append([.text(0, "late")]) }
        #expect(error?.code == .notFound)
        #expect(throws: VaultError.self) { try journal.finish(.stopped) }
        try second.append([.text(0, "here")])
        #expect(try asked.vault.turnsInFlight().map(\.draft.parts) == [[Part(.text, text: "here")]])
        try second.finish(.complete)
        #expect(try asked.isSound())
    }

    @Test func `a hold on its conversation covers an answer that is being written`() throws {
        let asked = try AskedVault()
        defer { try? asked.vault.close() }
        let journal = try asked.begin(["evidence"])
        var scope = HoldScope()
        scope.conversations = [asked.conversation.description]
        _ = try asked.vault.placeHold(matter: "quarry", scope: scope)
        let request = DisposalRequest(.conversations([asked.conversation]), reason: "a test")
        let plan = try asked.vault.planDisposal(request)
        #expect(try asked.vault.dispose(plan, of: request).conversations == 0)
        #expect(try asked.vault.turnsInFlight().count == 1)
        try journal.finish(.complete)
        #expect(try asked.vault.messages(of: asked.conversation).count == 2)
    }

    @Test func `an erasure takes the traces of an answer, and carries another one over`() throws {
        let asked = try AskedVault()
        defer { try? asked.vault.close() }
        let going = try asked.vault.beginConversation(title: nil, [AskedVault.user("Going")])
        let doomed = try asked.vault.beginTurn(in: going, below: nil, TurnFacts())
        try doomed.append([.text(0, String(repeating: "xylophonical remains ", count: 200))])
        let journal = try asked.begin(["kept over"])
        let request = DisposalRequest(.conversations([going]), reason: "a test")
        let plan = try asked.vault.planDisposal(request)
        #expect(try asked.vault.dispose(plan, of: request).conversations == 1)
        guard case .done(let certificate) = try asked.vault.erase(tool: "Test 1") else {
            throw VaultError(.internalFault, "nothing was erased")
        }
        let facts = try JSONReader.parse(certificate.statement.facts)
        #expect(facts["scan"]?["found"]?.int == 0)
        try journal.append([.text(0, " the change")])
        try journal.finish(.complete)
        let answer = try #require(try asked.vault.messages(of: asked.conversation).last)
        #expect(answer.parts[0].text == "kept over the change")
    }

    @Test func `an answer that is being written is counted where its conversation is selected`()
        throws
    {
        let asked = try AskedVault()
        defer { try? asked.vault.close() }
        let other = try asked.vault.beginConversation(title: nil, [AskedVault.user("And?")])
        let journal = try asked.begin(["on its way"])
        func count(_ only: Set<RecordID>?) throws -> Int {
            try asked.vault.withSnapshot { snapshot in
                try snapshot.unfinishedCount(ConversationFilter(), only: only)
            }
        }
        #expect(try count(nil) == 1 && count([asked.conversation]) == 1 && count([other]) == 0)
        try journal.finish(.complete)
        #expect(try count(nil) == 0)
    }

    @Test func `a step that cannot be read ends the answer and is named`() throws {
        let asked = try AskedVault()
        defer { try? asked.vault.close() }
        let journal = try asked.begin(["one ", "two ", "three"])
        try asked.vault.store.write { db in
            try db.execute(sql: "UPDATE turn_line SET line = '[{}]' WHERE line LIKE '%two%'")
        }
        let faults = try asked.vault.examine(repairs: false).faults
        #expect(faults.map(\.path) == ["answer \(journal.id)"])
        try journal.finish(.stopped)
        let answer = try #require(try asked.vault.messages(of: asked.conversation).last)
        #expect(answer.parts[0].text == "one " && answer.extra["unreadableFromStep"]?.int == 2)
    }
}

@Suite("Lines of turns")
struct TurnLineTests {
    private static let every: [TurnChange] = {
        var facts = TurnFacts()
        (facts.model, facts.provider, facts.host, facts.region) = ("a", "b", "c", "d")
        facts.stopReason = "stop\u{0}\n\""
        facts.usage = ["inputTokens": .integer(1)]
        facts.extra = ["x": .array([.null])]
        let parts = Part.Kind.allCases.enumerated().map { place, kind in
            TurnChange.part(
                place, Part(kind, text: "é\u{2028}", name: "n", data: .object(["k": .bool(true)])))
        }
        var unknown = TurnFacts()
        unknown.decidesRegion = true
        return [.facts(facts), .facts(TurnFacts()), .facts(unknown)] + parts + [
            .part(3, Part(.text))
        ]
            + [.text(3, "😀"), .text(4, ""), .data(2, .object(["signature": .string("s")]))]
    }()

    @Test func `what was foreseen of the region gives way to what turned out`() {
        var facts = TurnFacts()
        facts.region = "eu-central-1"
        facts.update(TurnFacts())
        #expect(facts.region == "eu-central-1")
        var unknown = TurnFacts()
        unknown.decidesRegion = true
        facts.update(unknown)
        #expect(facts.region == nil)
    }

    @Test func `a line gives the steps that it was made of`() {
        #expect(TurnChange.changes(line: TurnChange.line(Self.every)) == Self.every)
        for change in Self.every {
            #expect(TurnChange.changes(line: TurnChange.line([change])) == [change])
        }
    }

    @Test func `pieces that follow each other in a part are one`() {
        let line = TurnChange.line([.text(0, "a"), .text(0, "b"), .text(1, "c"), .text(0, "d")])
        #expect(TurnChange.changes(line: line) == [.text(0, "ab"), .text(1, "c"), .text(0, "d")])
    }

    @Test(arguments: [
        "", "{}", "[1]", "[{}]", #"[{"part":-1,"text":"a"}]"#, #"[{"part":65536,"text":"a"}]"#,
        #"[{"part":0,"set":{"type":"song"}}]"#, #"[{"part":0.5,"text":"a"}]"#,
    ])
    func `what is no line is told`(line: String) {
        #expect(TurnChange.changes(line: line) == nil)
    }

    @Test func `a draft is the same however its steps are cut into lines`() {
        var whole = TurnDraft()
        for change in Self.every { whole.take(change) }
        for size in 1...Self.every.count {
            var draft = TurnDraft()
            for start in stride(from: 0, to: Self.every.count, by: size) {
                let some = Array(Self.every[start..<min(start + size, Self.every.count)])
                for change in TurnChange.changes(line: TurnChange.line(some)) ?? [] {
                    draft.take(change)
                }
            }
            #expect(draft == whole)
        }
        #expect(whole.parts.count == Part.Kind.allCases.count)
    }
}
