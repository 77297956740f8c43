import JSONText
import Policy
import Testing
import VaultCrypto

@testable import Vault
@testable import VaultArchive

/// Two vaults that have some of the same conversations, in either direction.
@Suite("Merging archives")
struct RestoreMergeTests {
    let world: RestoreWorld
    let ada: Vault
    let bob: Vault

    init() throws {
        world = try RestoreWorld()
        ada = try world.vault("ada")
        bob = try world.vault("bob", trusting: [ada])
        _ = try ada.trust(bob.ownFingerprint(), name: "Bob")
    }

    /// Both vaults have the same conversation.
    private func share() throws {
        try ada.ingest("c1", title: "Terms", [("a", "first words"), ("b", "second words")])
        try world.restore(world.export(ada, "shared"), into: bob)
    }

    private func exchange() throws -> (intoBob: RestoreReport, intoAda: RestoreReport) {
        let (first, second) = (try world.export(ada, "ada"), try world.export(bob, "bob"))
        return (try world.restore(first, into: bob), try world.restore(second, into: ada))
    }

    private func expectSound() throws {
        for vault in [ada, bob] {
            #expect(try vault.verifyAudit().faults == [])
            let index = try vault.searchCompleteness()
            #expect(index.indexed == index.total && index.unreadable == 0)
        }
    }

    @Test("A later version of the vault itself goes behind the one that is there, which is kept")
    func later() throws {
        try share()
        try ada.ingest("c1", modified: 1, [("a", "first words"), ("b", "second words, better")])
        try ada.ingest("c1", modified: 2, [("a", "first words"), ("b", "second words, best")])
        let path = try world.export(ada, "ada")
        let report = try world.restore(path, into: bob, by: bob.ownFingerprint())
        #expect(report.messages.updated == 1 && report.messages.conflicts == 0)
        #expect(report.conversations.updated == 1)
        #expect(try world.restore(path, into: bob).messages.unchanged == 2)
        #expect(try bob.texts() == ["first words", "second words, best"])
        try world.export(bob, "again")
        let id = try #require(try ada.conversationIDs().first)
        // Three versions, byte for byte; only what is said of the conversation may differ.
        let lines = try ["ada", "again"].map { name in
            try world.place.read("\(name)/data/native/\(id).jsonl").split(separator: 0x0A)
                .dropFirst().map { Array($0) }
        }
        #expect(lines[0].count == 4 && lines[0] == lines[1])
        #expect(try bob.found("best") == 1 && bob.found("better") == 0)
        try expectSound()
    }

    @Test("A later version of another vault stands beside the one that is there, which is shown")
    func laterElsewhere() throws {
        try share()
        try ada.ingest("c1", modified: 1, [("a", "first words"), ("b", "what never was said")])
        let reports = try exchange()
        #expect(reports.intoBob.messages.updated == 0 && reports.intoBob.messages.conflicts == 1)
        #expect(reports.intoAda.messages.unchanged == 2)
        let id = try #require(try bob.conversationIDs().first)
        let own = try #require(try bob.messages(of: id).first { $0.originID == "b" })
        #expect(own.parts.compactMap(\.text) == ["second words"] && own.version == 1)
        #expect(try bob.conversation(id).current == own.id)
        #expect(try bob.texts() == ["first words", "second words", "what never was said"])
        let again = try exchange()
        #expect(again.intoBob.messages.unchanged == 2 && again.intoAda.messages.unchanged == 3)
        try expectSound()
    }

    @Test("What differs stands side by side in both, once, however often it is restored")
    func conflict() throws {
        try share()
        try ada.ingest("c1", modified: 1, [("a", "first words"), ("b", "what Ada has")])
        try bob.ingest("c1", modified: 2, [("a", "first words"), ("b", "what Bob has")])
        let reports = try exchange()
        #expect(reports.intoBob.messages.conflicts == 1 && reports.intoAda.messages.conflicts == 1)
        #expect(reports.intoBob.conversations.conflicts == 1)
        let both = ["first words", "what Ada has", "what Bob has"]
        #expect(try ada.texts() == both && bob.texts() == both)
        for _ in 0..<2 {
            let again = try exchange()
            for report in [again.intoBob, again.intoAda] {
                #expect(report.messages.conflicts + report.messages.added == 0)
                #expect(report.messages.updated == 0 && report.messages.unchanged == 3)
            }
        }
        #expect(try ada.texts() == both && bob.texts() == both)
        for vault in [ada, bob] {
            let id = try #require(try vault.conversationIDs().first)
            let messages = try vault.messages(of: id)
            // Beside each other: children of the same question, the own one under the first id.
            #expect(Set(messages.dropFirst().map(\.parent)) == [messages[0].id])
            let copy = try #require(messages.first { $0.extra["conflict"] != nil })
            #expect(copy.originID == nil)
            #expect(copy.extra["conflict"]?["message"]?.string == messages[1].id.description)
            #expect(try vault.found("what") == 2)
        }
        // A third vault gets the same copies from both.
        let third = try world.vault("third", trusting: [ada, bob])
        try world.restore(world.export(ada, "ada"), into: third)
        let last = try world.restore(world.export(bob, "bob"), into: third)
        #expect(last.messages.conflicts == 0 && last.messages.unchanged == 3)
        #expect(try third.texts() == both)
        try expectSound()
    }

    @Test("An import after a conflict finds the message and not its copy")
    func importAfterwards() throws {
        try share()
        try ada.ingest("c1", modified: 1, [("a", "first words"), ("b", "what Ada has")])
        try bob.ingest("c1", modified: 2, [("a", "first words"), ("b", "what Bob has")])
        _ = try exchange()
        try bob.ingest("c1", modified: 3, [("a", "first words"), ("b", "what Bob has now")])
        #expect(try bob.texts() == ["first words", "what Ada has", "what Bob has now"])
        try expectSound()
    }

    @Test("One conversation that both imported is one, and what is new of it is added once")
    func sameOrigin() throws {
        try ada.ingest("c1", title: "Terms", [("a", "one"), ("b", "two"), ("c", "ada alone")])
        try bob.ingest("c1", title: "Terms", [("a", "one"), ("b", "two, by Bob")])
        let report = try world.restore(world.export(ada, "bag"), into: bob)
        #expect(report.conversations.conflicts == 1 && report.conversations.added == 0)
        #expect(report.messages.unchanged == 1 && report.messages.added == 1)
        #expect(report.messages.conflicts == 1)
        let all = ["ada alone", "one", "two", "two, by Bob"]
        #expect(try bob.texts() == all)
        let again = try world.restore(world.export(ada, "bag"), into: bob)
        #expect(again.messages.unchanged == 3 && again.conversations.unchanged == 1)
        #expect(try bob.texts() == all)
        let id = try #require(try bob.conversationIDs().first)
        let messages = try bob.messages(of: id)
        #expect(messages.allSatisfy { $0.conversation == id })
        let answer = try #require(messages.first { $0.originID == "b" })
        #expect(messages.first { $0.originID == "c" }?.parent == answer.id)
        try expectSound()
    }

    @Test("What a vault says of its conversation stays; what an archive says otherwise is told")
    func fields() throws {
        try share()
        try ada.ingest("c1", title: "Ada's title", modified: 9, project: "Nord", labels: ["x"], [])
        try bob.ingest("c1", title: "Bob's title", modified: 1, labels: ["y"], [])
        let reports = try exchange()
        let id = try #require(try bob.conversationIDs().first)
        let told = try #require(reports.intoBob.notTaken.first)
        #expect(reports.intoBob.differing == 1 && told.conversation == id)
        #expect(told.title == "Ada's title" && told.project == "Nord" && told.labels == ["x"])
        #expect(told.custodian == nil && told.created == nil)
        #expect(reports.intoAda.notTaken.first?.title == "Bob's title")
        #expect(reports.intoAda.notTaken.first?.labels == ["y"])
        for (vault, owner, project, label) in [
            (ada, "Ada", "Nord" as String?, "x"), (bob, "Bob", nil, "y"),
        ] {
            let conversation = try vault.conversation(id)
            #expect(conversation.title == "\(owner)'s title" && conversation.project == project)
            #expect(conversation.labels == [label])
            #expect(conversation.modified == testTime(owner == "Ada" ? 9 : 1))
        }
        #expect(reports.intoBob.conversations.unchanged == 1)
        #expect(reports.intoBob.labels.isEmpty)
        try expectSound()
    }

    @Test("New conversations come with their labels, and the report says which")
    func labels() throws {
        try ada.ingest("c1", labels: ["draft", "x"], [("a", "one")])
        try ada.ingest("c2", labels: ["draft"], [("a", "two")])
        let report = try world.restore(world.export(ada, "bag"), into: bob)
        #expect(report.labels == ["draft": 2, "x": 1] && report.notTaken.isEmpty)
        let again = try world.restore(world.export(ada, "bag"), into: bob)
        #expect(again.labels.isEmpty && again.notTaken.isEmpty)
    }

    @Test("An archive's label brings none of the vault's own conversations under a rule")
    func labelled() throws {
        try share()
        let rule =
            #"{"id":"drafts","kind":"delete","period":"P1D","start":"created","basis":"business","#
            + #""scope":{"class":"label","labels":["draft"]}}"#
        try setPolicy(rule, of: bob)
        try ada.ingest("c1", labels: ["draft"], [])
        try world.restore(world.export(ada, "bag"), into: bob)
        let id = try #require(try bob.conversationIDs().first)
        #expect(try bob.conversation(id).labels.isEmpty)
        try expectSound()
    }

    private func setPolicy(_ rule: String, of vault: Vault) throws {
        let text =
            #"{"version":1,"timeZone":"UTC","holdReleaseGrace":"P30D","retention":["#
            + rule + "]}"
        try vault.setPolicy(
            PolicyDocument.read(Array(text.utf8), timeZoneFile: TimeZoneFolder.file))
    }

    @Test("An archive that turns a message and its answer around makes no circle")
    func circle() throws {
        try share()
        let path = try world.export(ada, "bag")
        for signer in [try bob.ownFingerprint(), try ada.ownFingerprint()] {
            _ = try world.restore(path, into: bob, by: signer) { records in
                let (question, answer) = (records[0], records[1])
                records[1] = question.sealed { envelope in
                    envelope.version = 2
                    envelope.parent = answer.id
                }
                records.append(answer.sealed { $0.parent = nil })
            }
        }
        let id = try #require(try bob.conversationIDs().first)
        let messages = try bob.messages(of: id)
        #expect(messages.count == 4)
        let own = messages.filter { $0.originID != nil }
        #expect(own.map(\.parent) == [nil, own.first?.id] && own.map(\.version) == [1, 1])
        // What it says now goes into another vault.
        let third = try world.vault("third", trusting: [bob])
        let again = try world.restore(world.export(bob, "circle"), into: third)
        #expect(again.messages.added == 4)
        try expectSound()
    }

    @Test("What a vault destroyed is not brought back")
    func destroyed() throws {
        try ada.ingest("c1", [("a", "to be destroyed")])
        try ada.ingest("c2", [("a", "to be kept")])
        let path = try world.export(ada, "bag")
        let id = try #require(
            try ada.conversationIDs().first { try ada.conversation($0).origin.id == "c1" })
        let request = DisposalRequest(.conversations([id]), reason: "a test")
        _ = try ada.dispose(try ada.planDisposal(request), of: request)
        let report = try world.restore(path, into: ada)
        #expect(report.conversations.skipped == 1 && report.conversations.unchanged == 1)
        #expect(report.skipped.first?.reason.contains("destroyed it") == true)
        #expect(try ada.texts() == ["to be kept"])
        try expectSound()
    }

    @Test("What a vault destroyed is not brought back under another id; a person may import it")
    func destroyedElsewhere() throws {
        try ada.ingest("c1", [("a", "to be destroyed")])
        try bob.ingest("c1", [("a", "to be destroyed")])
        try bob.ingest("c2", [("a", "to be taken")])
        let path = try world.export(bob, "bag")
        let request = DisposalRequest(.conversations(try ada.conversationIDs()), reason: "a test")
        _ = try ada.dispose(try ada.planDisposal(request), of: request)
        let report = try world.restore(path, into: ada)
        #expect(report.conversations.skipped == 1 && report.conversations.added == 1)
        #expect(report.skipped.first?.reason.contains("destroyed it") == true)
        #expect(try ada.texts() == ["to be taken"])
        try ada.ingest("c1", [("a", "imported by hand")])
        #expect(try ada.texts() == ["imported by hand", "to be taken"])
        let own = try world.export(ada, "own")
        #expect(try world.restore(own, into: ada).conversations.unchanged == 2)
        #expect(try world.restore(path, into: ada).conversations.skipped == 1)
        #expect(try ada.texts() == ["imported by hand", "to be taken"])
        try expectSound()
    }

    @Test("What a vault destroyed is not brought back under the id of another conversation of it")
    func destroyedUnderAnotherID() throws {
        for vault in [ada, bob] { try vault.ingest("c1", [("a", "to be destroyed")]) }
        try ada.ingest("c2", [("a", "to be kept")])
        let ids = try ada.conversationIDs()
        let gone = try #require(try ids.first { try ada.conversation($0).origin.id == "c1" })
        let kept = try #require(ids.first { $0 != gone })
        let request = DisposalRequest(.conversations([gone]), reason: "a test")
        _ = try ada.dispose(try ada.planDisposal(request), of: request)
        try world.export(bob, "bag")
        let old = try #require(try bob.conversationIDs().first)
        let lines = try world.place.read("bag/data/native/\(old).jsonl").split(separator: 0x0A)
            .map { String(decoding: $0, as: UTF8.self) }
        var forged = try RestoredConversation(
            header: lines[0].replacing(old.description, with: kept.description))
        for line in lines.dropFirst() {
            forged.add(try RestoredRecord(parsing: line).sealed { $0.conversation = kept })
        }
        try forged.requireStorable()
        let source = RestoreSource(
            bag: "bag", vault: nil, signer: try bob.ownFingerprint(), tagManifest: [])
        let restoration = try ada.beginRestoration(of: source, isDryRun: false) {
            (_) throws(VaultError) in nil
        }
        try restoration.add(forged)
        try restoration.finish()
        #expect(restoration.report.conversations.skipped == 1)
        #expect(try ada.texts() == ["to be kept"])
        try expectSound()
    }

    // MARK: Dates

    private func item(_ vault: Vault) throws -> RetentionItem {
        let id = try #require(try vault.conversationIDs().first)
        return try #require(
            try vault.store.read { db in try FactsReader(db: db).conversation(id)?.item })
    }

    /// Adds a message to the archive's conversation, and says that it was at another time.
    private func add(_ date: Instant?, by signer: String) throws -> RestoreReport {
        let texts = [("a", "first words"), ("b", "second words"), ("c", "added words")]
        try ada.ingest("c1", modified: 1, texts)
        return try world.restore(world.export(ada, "bag"), into: bob, by: signer) { records in
            guard let place = records.firstIndex(where: { $0.envelope.originID == "c" }) else {
                return
            }
            records[place] = records[place].sealed { $0.created = date }
        }
    }

    @Test(
        "What another vault's archive adds puts off no deletion, whatever its date",
        arguments: ["2199-01-01T00:00:00Z", "1991-01-01T00:00:00Z", nil] as [String?])
    func addedDates(date: String?) throws {
        try share()
        let before = try item(bob)
        let date = date.flatMap { Instant($0) }
        #expect(try add(date, by: ada.ownFingerprint()).messages.added == 1)
        let after = try item(bob)
        #expect(after.created == before.created && after.modified == before.modified)
        // Rules that retain count from it, at the latest from the moment of the restoration.
        let now = testTime(0).milliseconds
        #expect(before.added == nil && after.added == min(date?.milliseconds ?? now, now))
        // An import that has the message counts as it always does.
        let texts = [("a", "first words"), ("b", "second words"), ("c", "added words")]
        try bob.ingest("c1", modified: 3, texts)
        #expect(try item(bob).created == testTime(2).milliseconds)
        try expectSound()
    }

    @Test("An older import of what was added makes its own date count, and no later one")
    func olderImport() throws {
        try share()
        try bob.ingest("c1", modified: 5, [("a", "first words"), ("b", "second words")])
        _ = try add(Instant("2199-01-01T00:00:00Z"), by: ada.ownFingerprint())
        let texts = [("a", "first words"), ("b", "second words"), ("c", "other words")]
        try bob.ingest("c1", modified: 2, texts)
        #expect(try item(bob).created == testTime(2).milliseconds)
        try expectSound()
    }

    @Test("What the vault's own archive adds counts as it did before")
    func ownDates() throws {
        try share()
        let date = try #require(Instant("2027-01-01T00:00:00Z"))
        _ = try add(date, by: bob.ownFingerprint())
        #expect(try item(bob).created == date.milliseconds)
        #expect(try item(bob).added == nil)
    }

    @Test("What was added goes with its conversation")
    func addedPurged() throws {
        try share()
        _ = try add(Instant("2199-01-01T00:00:00Z"), by: ada.ownFingerprint())
        let request = DisposalRequest(.conversations(try bob.conversationIDs()), reason: "a test")
        _ = try bob.dispose(try bob.planDisposal(request), of: request)
        // A mark that stayed would refer to a message that is gone, which the database refuses.
        #expect(try bob.conversationIDs().isEmpty)
        try expectSound()
    }

    // MARK: Holds

    private func hold(_ vault: Vault, _ matter: String) throws -> HoldSummary {
        var scope = HoldScope()
        scope.labels = ["held"]
        return try vault.placeHold(matter: matter, scope: scope)
    }

    @Test("What was held where the archive was made is held where it is restored, and no more")
    func holds() throws {
        try ada.ingest("c1", labels: ["held"], [("a", "held")])
        try ada.ingest("c2", [("a", "free")])
        let ids = try ada.conversationIDs()
        let held = try #require(try ids.first { try ada.conversation($0).origin.id == "c1" })
        _ = try hold(ada, "Leak in Malmö")
        let path = try world.export(ada, "bag")
        let report = try world.restore(path, into: bob)
        #expect(report.held == ["leak-in-malm": 1])
        #expect(try bob.heldConversations() == [held])
        let request = DisposalRequest(.conversations(ids), reason: "a test")
        let plan = try bob.planDisposal(request)
        _ = try bob.dispose(plan, of: request)
        #expect(try bob.conversationIDs() == [held])
        #expect(try world.restore(path, into: bob).held == ["leak-in-malm": 1])
        #expect(try bob.holds().count == 1)
        // A hold of that name takes what comes with later archives.
        try ada.ingest("c3", labels: ["held"], [("a", "held too")])
        let third = try #require(
            try ada.conversationIDs().first { try ada.conversation($0).origin.id == "c3" })
        var onlyThird = ConversationFilter()
        onlyThird.labels = ["held"]
        let later = try world.restore(world.export(ada, "later") { $0 = onlyThird }, into: bob)
        #expect(later.held == ["leak-in-malm": 2] && later.conversations.added == 1)
        #expect(try bob.holds().count == 1)
        #expect(try bob.heldConversations() == [held, third])
        #expect(try bob.proveHold("leak-in-malm", tool: "test").isWhole)
        try expectSound()
    }

    @Test("A hold of an archive stays apart from one of the vault that has its name")
    func apart() throws {
        try bob.ingest("own", labels: ["held"], [("a", "Bob's")])
        let own = try hold(bob, "Leak")
        try ada.ingest("c1", labels: ["held too"], [("a", "held")])
        var scope = HoldScope()
        scope.labels = ["held too"]
        let theirs = try ada.placeHold(matter: "Leak", scope: scope)
        #expect(own.id == theirs.id)
        let path = try world.export(ada, "bag")
        #expect(try world.restore(path, into: bob).held == ["leak-2": 1])
        let placed = try bob.hold("leak-2")
        #expect(placed.matter.hasPrefix("leak, of ") && placed.conversations == 1)
        #expect(try bob.hold(own.id).conversations == 1)
        _ = try bob.releaseHold(own.id, reason: "settled")
        let id = try #require(try ada.conversationIDs().first)
        #expect(try bob.heldConversations() == [id])
        #expect(try world.restore(path, into: bob).held == ["leak-2": 1])
        #expect(try bob.holds().count == 2)
        try expectSound()
    }

    @Test("A hold of the vault covers by its conditions what an archive brings")
    func conditions() throws {
        var scope = HoldScope()
        scope.labels = ["held"]
        _ = try bob.placeHold(matter: "Bob's", scope: scope)
        try ada.ingest("c1", labels: ["held"], [("a", "one")])
        try ada.ingest("c2", [("a", "two")])
        let report = try world.restore(world.export(ada, "bag"), into: bob)
        #expect(report.held.isEmpty)
        let ids = try bob.conversationIDs()
        let held = try #require(try ids.first { try bob.conversation($0).labels == ["held"] })
        #expect(try bob.heldConversations() == [held])
        let request = DisposalRequest(.conversations(ids), reason: "a test")
        _ = try bob.dispose(try bob.planDisposal(request), of: request)
        #expect(try bob.conversationIDs() == [held])
        try expectSound()
    }

    @Test("What a rule keeps because of its project stays kept when an archive says another one")
    func retention() throws {
        try share()
        try bob.ingest("c1", modified: 1, project: "kept", [])
        let rule =
            #"{"id":"keep","kind":"retain","period":"P90Y","start":"created","#
            + #""basis":"legal","scope":{"class":"scoped","projects":["kept"]}}"#
        try setPolicy(rule, of: bob)
        let id = try #require(try bob.conversationIDs().first)
        let request = DisposalRequest(.conversations([id]), reason: "a test")
        #expect(try bob.planDisposal(request).destroyed.isEmpty)
        try ada.ingest("c1", modified: 2, project: "free", [])
        try world.restore(world.export(ada, "bag"), into: bob)
        #expect(try bob.conversation(id).project == "kept")
        _ = try bob.dispose(try bob.planDisposal(request), of: request)
        #expect(try bob.conversationIDs() == [id])
        try expectSound()
    }

    @Test("A hold that the vault itself released is not placed again by an old archive")
    func ownHold() throws {
        try ada.ingest("c1", labels: ["held"], [("a", "held")])
        let placed = try hold(ada, "Leak")
        let path = try world.export(ada, "bag")
        _ = try ada.releaseHold(placed.id, reason: "settled")
        #expect(try world.restore(path, into: ada).held.isEmpty)
        #expect(try ada.heldConversations().isEmpty)
        #expect(try world.restore(path, into: bob).held == ["leak": 1])
        try expectSound()
    }
}
