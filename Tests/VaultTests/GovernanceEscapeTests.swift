import Foundation
import GRDB
import JSONText
import Policy
import Synchronization
import Testing
import VaultCrypto

@testable import Vault

/// Ways around holds and retention that were open once.
@Suite("Ways around governance")
struct GovernanceEscapeTests {
    private let time: Int64 = 1_600_000_000_000

    private func attached(_ id: String, _ content: String, text: String = "look", modified: Int64)
        -> ImportedConversation
    {
        var entry = conversation(id, texts: [text], at: time)
        entry.modified = Instant(milliseconds: modified)
        let bytes = Array(content.utf8)
        let file = ImportedFile(name: "plan.txt", mediaType: nil) { () throws(VaultError) in
            BytesSource(bytes)
        }
        entry.messages[0].parts.append(ImportedPart(Part(.document), file: file))
        return entry
    }

    @Test("A file that only an earlier version of a held conversation has stays, and goes with it")
    func earlierAttachment() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        let old = Array("zanzibarian quicksilver".utf8)
        let file = String(decoding: old, as: UTF8.self)
        try vault.ingest([
            attached("a", file, modified: time), attached("b", file, modified: time),
        ])
        try vault.ingest([attached("b", "another file", modified: time + 1)])
        let ids = try vault.ids()
        let (first, second) = (try #require(ids["a"]), try #require(ids["b"]))
        try vault.purge(.conversations([first]))
        let sink = BytesSink()
        try vault.readAttachment(SHA256Digest.hash(old), into: sink)
        #expect(sink.bytes == old)
        try vault.purge(.conversations([second]))
        #expect(throws: VaultError.self) {
            try vault.readAttachment(SHA256Digest.hash(old), into: BytesSink())
        }
        #expect(try vault.examine(repairs: false).faults == [])
    }

    @Test("A clock that was set back for a release cuts no grace")
    func clockAtRelease() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.setPolicy(policy("one delete P1Y created org"))
        let hold = try vault.placeHold(matter: "M", scope: HoldScope())
        governed.turn(to: "2029-10-01T00:00:00Z")
        _ = try vault.releaseHold(hold.id, reason: "over")
        governed.turn(to: "2030-01-02T00:00:00Z")
        #expect(try vault.purge().conversations == 0)
        governed.turn(to: "2030-02-02T00:00:00Z")
        #expect(try vault.purge().conversations == 2)
    }

    @Test("A label that was given later and taken away again leaves the hold as it is")
    func laterLabel() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.setPolicy(policy("one delete P1Y created org"))
        var scope = HoldScope()
        scope.query = "label:deal"
        let hold = try vault.placeHold(matter: "M", scope: scope)
        let old = try #require(try vault.ids()["old"])
        _ = try vault.addLabel("deal", to: [old])
        _ = try vault.removeLabel("deal", from: [old])
        #expect(try vault.outcomes()["old"] == "KEEP_HELD")
        _ = try vault.releaseHold(hold.id, reason: "over")
        #expect(try vault.outcomes()["old"] == "KEEP_GRACE")
    }

    @Test("A label by which a rule retains stays as long as it does")
    func retainingLabel() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.setPolicy(
            policy("deal retain P20Y created label deal", "one delete P1Y created org"))
        let old = try #require(try vault.ids()["old"])
        _ = try vault.addLabel("deal", to: [old])
        let error = #expect(throws: VaultError.self) { try vault.removeLabel("deal", from: [old]) }
        #expect(error?.code == .refused)
        #expect(try vault.outcomes()["old"] == "KEEP_RETAIN")
    }

    @Test("A hold that is placed while an import runs notes what the import brings")
    func holdDuringImport() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.setPolicy(policy("one delete P1Y created org"))
        let ingestion = try vault.beginIngestion()
        var scope = HoldScope()
        scope.projects = ["Deal"]
        _ = try vault.placeHold(matter: "M", scope: scope)
        var entry = conversation("a", texts: ["harbour"], at: time)
        entry.project = "Deal"
        try ingestion.add(entry)
        _ = try ingestion.finish()
        entry.project = "Other"
        entry.modified = Instant(milliseconds: time + 5000)
        try vault.ingest([entry])
        #expect(try vault.outcomes()["a"] == "KEEP_HELD")
    }

    @Test("A managed policy that vanishes, or whose place cannot be looked into, frees nothing")
    func managedPlace() throws {
        let governed = try GovernedVault()
        try governed.manage(policyText(["keep retain P20Y created org"]))
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try FileManager.default.removeItem(atPath: governed.place.path)
        try vault.setPolicy(policy("one delete P1Y created org"))
        #expect(try vault.outcomes()["old"] == "KEEP_GRACE")
        governed.turn(to: "2030-03-01T00:00:00Z")
        #expect(try vault.outcomes()["old"] == "DESTROY")
        let folder = (governed.place.path as NSString).deletingLastPathComponent
        try FileManager.default.removeItem(atPath: folder)
        try Data("x".utf8).write(to: URL(filePath: folder))
        let error = #expect(throws: VaultError.self) { try vault.purge() }
        #expect(error?.message.contains("cannot be looked into") == true)
    }

    @Test("An import with an earlier date does not end what the later one began")
    func earlierDate() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.setPolicy(policy("five retain+delete P5Y created org"))
        var entry = conversation("a", texts: ["harbour"], at: 1_880_000_000_000)
        entry.modified = Instant(milliseconds: 1_880_000_000_000)
        try vault.ingest([entry])
        var older = conversation("a", texts: ["harbour"], at: time)
        older.modified = Instant(milliseconds: 1_880_000_001_000)
        try vault.ingest([older])
        #expect(try vault.outcomes()["a"] == "KEEP_RETAIN")
    }

    @Test("A grace that began does not become shorter")
    func shorterGrace() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.setPolicy(policy("one delete P1Y created org", grace: "P90D"))
        let hold = try vault.placeHold(matter: "M", scope: HoldScope())
        _ = try vault.releaseHold(hold.id, reason: "over")
        try vault.setPolicy(policy("one delete P1Y created org", grace: "P1D"))
        governed.turn(to: "2030-01-20T00:00:00Z")
        #expect(try vault.purge().conversations == 0)
        governed.turn(to: "2030-04-05T00:00:00Z")
        #expect(try vault.purge().conversations == 2)
    }

    @Test("A grace after lost coverage does not become shorter by another policy")
    func shorterGraceOfLostCoverage() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.setPolicy(policy("keep retain P10Y created org", grace: "P90D"))
        try vault.setPolicy(policy("one delete P1Y created org", grace: "P90D"))
        try vault.setPolicy(policy("one delete P1Y created org", grace: "P1D"))
        governed.turn(to: "2030-02-15T00:00:00Z")
        #expect(try vault.purge().conversations == 0)
        governed.turn(to: "2030-04-05T00:00:00Z")
        #expect(try vault.purge().conversations == 2)
    }

    @Test("A grace that began without a policy does not become shorter by the first one")
    func graceBeforePolicy() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        let hold = try vault.placeHold(matter: "M", scope: HoldScope())
        _ = try vault.releaseHold(hold.id, reason: "over")
        try vault.setPolicy(policy("one delete P1Y created org", grace: "P1D"))
        governed.turn(to: "2030-01-20T00:00:00Z")
        #expect(try vault.purge().conversations == 0)
        #expect(try vault.hold(hold.id).graceUntil?.description.hasPrefix("2030-01-31") == true)
        governed.turn(to: "2030-02-02T00:00:00Z")
        #expect(try vault.purge().conversations == 2)
    }

    @Test("A hold sees each of two states of a conversation that one import brings")
    func twoStates() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        var scope = HoldScope()
        scope.projects = ["Deal"]
        _ = try vault.placeHold(matter: "M", scope: scope)
        var first = conversation("a", texts: ["harbour"], at: time)
        first.project = "Deal"
        first.modified = Instant(milliseconds: time)
        var second = first
        second.project = "Other"
        second.modified = Instant(milliseconds: time + 5000)
        let report = try vault.ingest([first, first, second])
        #expect(report.conversations.added == 1 && report.conversations.updated == 1)
        #expect(try vault.conversation(try #require(try vault.ids()["a"])).project == "Other")
        #expect(try vault.outcomes()["a"] == "KEEP_HELD")
        #expect(try vault.verifyAudit().faults == [])
    }

    @Test("A hold on an id in capitals holds")
    func capitals() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        var scope = HoldScope()
        scope.conversations = [try #require(try vault.ids()["old"]).description.uppercased()]
        #expect(try vault.placeHold(matter: "M", scope: scope).conversations == 1)
    }

    @Test("A message that is changed twice by one import is committed to in all versions")
    func changedTwice() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.ingest([conversation("a", texts: ["one"])])
        try vault.ingest([
            conversation("a", texts: ["two"]), conversation("a", texts: ["three"]),
        ])
        #expect(try vault.verifyAudit().faults == [])
    }

    @Test("Words of a document that was removed and is still in the index stop an erasure")
    func removedDocument() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.ingest([conversation("b", texts: ["zebrafinch quokka"], at: time)])
        let gone = try #require(try vault.ids()["b"])
        try vault.purge(.conversations([gone]))
        // As if its segment had not been rewritten: a document with the word, marked as removed.
        try vault.ingest([conversation("c", texts: ["zebrafinch quokka"], at: time)])
        try vault.store.write { db in
            let num = try Int64.fetchOne(db, sql: "SELECT max(num) FROM message") ?? 0
            try SearchWriter().remove([num], in: db)
        }
        let key = vault.state.withLock { $0.key.clone() }
        let scan = try DestructionScan(of: vault.store, vaultKey: key)
        let terms = try vault.store.read { try scan.termsLeft(in: $0) }
        #expect(terms == 2)
    }

    @Test("A kept attachment with the same text explains pieces of it")
    func explainedByAttachment() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        let text = (0..<400).map { "line \($0) of the pasted sheet; " }.joined()
        try vault.ingest([
            attached("a", text, modified: time), conversation("b", texts: [text], at: time),
        ])
        try vault.purge(.conversations([try #require(try vault.ids()["b"])]))
        guard case .done = try vault.erase(tool: "Test 1") else {
            throw VaultError(.internalFault, "not erased")
        }
    }

    @Test("What two columns of a kept record have side by side is no trace")
    func neighbouringColumns() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        var gone = conversation("gone", texts: ["one"], at: time)
        gone.title = "ABCDEFGHIJKLMNOPQRSTUVWX"
        var kept = conversation("ABCDEFGHIJKL", texts: ["two"], at: time)
        kept.title = "MNOPQRSTUVWX"
        try vault.ingest([gone, kept])
        try vault.purge(.conversations([try #require(try vault.ids()["gone"])]))
        guard case .done = try vault.erase(tool: "Test 1") else {
            throw VaultError(.internalFault, "not erased")
        }
    }

    @Test("Edited texts and attachments leave traces that are looked for")
    func tracesOfEditsAndAttachments() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        let sheet = (0..<900).map { "row \($0) of the sheet; " }.joined()
        try vault.ingest([attached("a", sheet, modified: time)])
        try vault.ingest([conversation("b", texts: ["an earlier text of forty letters, no less"])])
        try vault.ingest([conversation("b", texts: ["another text came in its place later on"])])
        let line = try vault.store.read { db in
            try String.fetchOne(db, sql: "SELECT record FROM version") ?? ""
        }
        let ids = try vault.ids()
        try vault.purge(.conversations([try #require(ids["a"]), try #require(ids["b"])]))
        let key = vault.state.withLock { $0.key.clone() }
        let pieces = try DestructionScan(of: vault.store, vaultKey: key).pieces
        let texts = pieces.map { String(decoding: $0, as: UTF8.self) }
        #expect(texts.contains { sheet.hasPrefix($0) })
        #expect(texts.count { sheet.contains($0) } >= 4)
        // The salt of the part as it was before, which its record has further behind.
        let salts = line.components(separatedBy: #""salt":""#).dropFirst().map { $0.prefix(24) }
        #expect(salts.count >= 2)
        for salt in salts { #expect(texts.contains(String(salt))) }
    }

    @Test("Another project in an import, and another time of an event, end retention with a grace")
    func lostCoverage() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        var entry = conversation("a", texts: ["harbour"], at: time)
        entry.project = "X"
        entry.modified = Instant(milliseconds: time)
        try vault.ingest([entry, conversation("b", texts: ["ledger"], at: time)])
        let text = policyText(
            [
                "ten retain P10Y created scoped X", "event retain P10Y event label e",
                "one delete P1Y created org",
            ], grace: "P30D"
        ).replacing(#""labels": ["X"]"#, with: #""projects": ["X"]"#)
        try vault.setPolicy(
            PolicyDocument.read(Array(text.utf8), timeZoneFile: TimeZoneFolder.file))
        let ids = try vault.ids()
        let (a, b) = (try #require(ids["a"]), try #require(ids["b"]))
        _ = try vault.addLabel("e", to: [b])
        _ = try vault.setEvent(governed.now(), of: [b])
        #expect(try vault.outcomes() == ["a": "KEEP_RETAIN", "b": "KEEP_RETAIN"])
        entry.project = "Y"
        entry.modified = Instant(milliseconds: time + 1000)
        try vault.ingest([entry])
        // In two steps as well.
        _ = try vault.setEvent(nil, of: [b])
        _ = try vault.setEvent(Instant("2001-01-01T00:00:00Z"), of: [b])
        #expect(try vault.conversation(a).project == "Y")
        #expect(try vault.outcomes() == ["a": "KEEP_GRACE", "b": "KEEP_GRACE"])
        governed.advance(days: 32)
        #expect(try vault.outcomes() == ["a": "DESTROY", "b": "DESTROY"])
        #expect(try vault.verifyAudit().faults == [])
    }

    @Test("A label and a date in an import end retention with a grace")
    func lostDefault() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        var labelled = conversation("a", texts: ["harbour"], at: time)
        labelled.modified = Instant(milliseconds: time)
        var undated = conversation("b", texts: ["ledger"], at: time)
        (undated.created, undated.messages[0].created) = (nil, nil)
        undated.labels = ["u"]
        try vault.ingest([labelled, undated])
        try vault.setPolicy(
            policy(
                "usual retain forever created default", "l retain+delete P1D created label l",
                "u retain+delete P5Y created label u"))
        #expect(try vault.outcomes() == ["a": "KEEP_RETAIN", "b": "KEEP_RETAIN"])
        labelled.labels = ["l"]
        labelled.modified = Instant(milliseconds: time + 1000)
        undated.messages[0].created = Instant(milliseconds: time)
        undated.created = Instant(milliseconds: time)
        try vault.ingest([labelled, undated])
        #expect(try vault.outcomes() == ["a": "KEEP_GRACE", "b": "KEEP_GRACE"])
        governed.advance(days: 32)
        #expect(try vault.outcomes() == ["a": "DESTROY", "b": "DESTROY"])
    }

    @Test("An import while the managed policy cannot be read ends its retention with a grace")
    func lostUnreadable() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        let text = policyText(
            ["ten retain P50Y created scoped X", "one delete P1Y created org"], grace: "P30D"
        ).replacing(#""labels": ["X"]"#, with: #""projects": ["X"]"#)
        try governed.manage(text)
        var entry = conversation("a", texts: ["harbour"], at: time)
        entry.project = "X"
        entry.modified = Instant(milliseconds: time)
        try vault.ingest([entry])
        #expect(try vault.outcomes() == ["a": "KEEP_RETAIN"])
        try governed.manage(text, mode: 0o666)
        entry.project = "Y"
        entry.modified = Instant(milliseconds: time + 1000)
        try vault.ingest([entry])
        try governed.manage(text)
        #expect(try vault.outcomes() == ["a": "KEEP_GRACE"])
        governed.advance(days: 32)
        #expect(try vault.outcomes() == ["a": "DESTROY"])
    }

    @Test("An attachment of zeros leaves no trace that is met everywhere")
    func runs() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        let zeros = String(repeating: "\0", count: 40_000)
        try vault.ingest([
            attached("a", zeros, modified: time), conversation("b", texts: ["harbour"], at: time),
        ])
        try vault.purge(.conversations([try #require(try vault.ids()["a"])]))
        guard case .done = try vault.erase(tool: "Test 1") else {
            throw VaultError(.internalFault, "not erased")
        }
    }

    @Test("A policy of before that cannot be read stops destruction, as its grace is not known")
    func lostPolicy() throws {
        let governed = try GovernedVault()
        var vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.setPolicy(policy("ten retain P10Y created org"))
        try vault.removePolicy()
        let old = try #require(try vault.ids()["old"])
        #expect(try vault.purge(.conversations([old])).conversations == 0)
        try vault.store.write { db in
            try db.execute(sql: "DELETE FROM log_document WHERE line LIKE '%retention%'")
        }
        try vault.close()
        vault = try governed.open()
        let error = #expect(throws: VaultError.self) { try vault.purge(.conversations([old])) }
        #expect(error?.code == .refused)
        #expect(try vault.ids()["old"] == old)
        // When its grace would be over at the latest, it does not matter any more.
        governed.advance(days: 40)
        #expect(try vault.purge(.conversations([old])).conversations == 1)
    }

    @Test("A time that the log says as well is no trace")
    func timeInLog() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        var entry = conversation("b", texts: ["zebrafinch quokka"], at: time)
        // The middle of the line, from which a piece is taken, is that of an entry's time.
        entry.extra = ["time": .string("2030-01-01T00:00:00.0")]
        try vault.ingest([entry])
        try vault.purge(.conversations([try #require(try vault.ids()["b"])]))
        guard case .done = try vault.erase(tool: "Test 1") else {
            throw VaultError(.internalFault, "not erased")
        }
    }

    @Test(
        "What the log claims and nobody wrote is named",
        arguments: [
            ("UPDATE log_tree SET newest = 0", "audit log"),
            ("INSERT INTO log_batch VALUES (900, 901, 99999)", "audit log"),
            ("INSERT INTO log_leaf VALUES (1, 9, 0, zeroblob(32))", "audit log"),
            ("UPDATE log_document SET line = replace(line, 'one', 'two')", "audit log, entry 4"),
            ("DELETE FROM log_document", "audit log, entry 4"),
        ])
    func forged(sql: String, path: String) throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.setPolicy(policy("one delete P1Y created org"))
        #expect(try vault.verifyAudit().faults == [])
        try vault.store.write { try $0.execute(sql: sql) }
        #expect(try vault.verifyAudit().faults.map(\.path).contains(path))
    }
}
