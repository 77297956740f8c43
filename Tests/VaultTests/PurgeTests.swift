import Foundation
import GRDB
import JSONText
import Testing
import VaultCrypto

@testable import Vault

/// A vault of which a part is to be purged, and the words that only that part has.
private struct DoomedVault {
    let vault: Vault
    /// In texts, earlier versions, titles, labels and names; sixteen letters by chance each.
    private(set) var words: [String] = []
    private(set) var doomed: [RecordID] = []

    init(_ test: TestVault) throws {
        vault = try test.create()
        var random = SeededRandom(seed: 11)
        for round in 0..<4 {
            let batch = try (0..<20).map { number -> ImportedConversation in
                let isDoomed = number % 3 == 1
                return try entry(round * 100 + number, isDoomed: isDoomed, &random)
            }
            try vault.ingest(batch)
            if round == 2 { try vault.mergeSearchIndex(.atMost(1)) { true } }
        }
        try vault.forEachConversation { conversation in
            if conversation.origin.id.hasPrefix("doomed") { doomed.append(conversation.id) }
        }
        try replaceSomeTexts(&random)
    }

    private mutating func word(_ random: inout SeededRandom) -> String {
        let word = String(
            (0..<16).map { _ in
                Character(Unicode.Scalar(UInt8.random(in: 97...122, using: &random)))
            })
        words.append(word)
        return word
    }

    private mutating func entry(
        _ number: Int, isDoomed: Bool, _ random: inout SeededRandom
    ) throws -> ImportedConversation {
        let kept = "harbour ledger amber number\(number) quarry"
        guard isDoomed else {
            return conversation("kept\(number)", texts: [kept, "lantern \(kept)", "meadow"])
        }
        // Short ones that lie on a page with others, and long ones on pages of their own.
        let long = (0..<(number % 4 == 0 ? 300 : 6)).map { _ in word(&random) }
        var entry = conversation(
            "doomed\(number)", title: "harbour \(word(&random))",
            texts: ["\(kept) \(word(&random))", long.joined(separator: " "), "amber"])
        entry.labels = [word(&random)]
        entry.project = word(&random)
        entry.messages[1].model = word(&random)
        entry.messages[1].extra = ["note": .string(word(&random))]
        entry.extra = ["place": .string(word(&random))]
        return entry
    }

    /// A newer export says something else, so that earlier versions are kept.
    private mutating func replaceSomeTexts(_ random: inout SeededRandom) throws {
        let text = "harbour \(word(&random))"
        let entry = conversation("doomed1", texts: [text, "lantern", "amber"])
        try vault.ingest([entry])
    }

    /// Words that stand somewhere in the files.
    func visible() throws -> Set<String> { try DecryptedPages(of: vault).words(of: words) }

    /// Terms of the dictionaries of all segments.
    func terms() throws -> Set<String> {
        try vault.store.read { database in
            var terms: Set<String> = []
            let store = ChunkStore(database: database, cache: ChunkCache())
            for family in [Int64(0), 1] {
                for row in try SegmentTable(database).rows(of: family) {
                    try SegmentReader(row, live: nil).forEachTerm(store) { term, _ in
                        terms.insert(String(decoding: term, as: UTF8.self))
                        return true
                    }
                }
            }
            return terms
        }
    }
}

@Suite("Purging")
struct PurgeTests {
    @Test("No word that only purged conversations have is left anywhere in the files")
    func forgets() throws {
        let test = try TestVault()
        let doomed = try DoomedVault(test)
        defer { try? doomed.vault.close() }
        let all = Set(doomed.words)
        // In the log, and then in the database.
        #expect(try doomed.visible() == all)
        try doomed.vault.store.foldLog()
        #expect(try doomed.visible() == all)
        let report = try doomed.vault.purgeAskingNoRule(doomed.doomed)
        #expect(report.conversations == 28 && report.messages == 84)
        #expect(try doomed.terms().isDisjoint(with: all))
        #expect(try doomed.visible().isEmpty)
    }

    @Test("Words are seen in the dictionary of a segment that is not rewritten yet")
    func controlOfIndex() throws {
        let test = try TestVault()
        let doomed = try DoomedVault(test)
        defer { try? doomed.vault.close() }
        _ = try doomed.vault.store.write { try RecordPurge(db: $0).run(doomed.doomed) }
        try doomed.vault.store.foldLog()
        let left = try doomed.visible()
        let terms = try doomed.terms()
        #expect(left.count > doomed.words.count * 9 / 10 && left.isSubset(of: terms))
        // What was cut off is completed, step by step.
        var steps = 0
        try doomed.vault.forgetPurged {
            steps += 1
            return steps < 2
        }
        try doomed.vault.forgetPurged { true }
        #expect(try doomed.visible().isEmpty)
    }

    @Test("Words are seen on free pages that were not overwritten")
    func controlOfFreePages() throws {
        let test = try TestVault()
        let doomed = try DoomedVault(test)
        defer { try? doomed.vault.close() }
        try doomed.vault.store.pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA secure_delete = OFF")
        }
        _ = try doomed.vault.purgeAskingNoRule(doomed.doomed)
        #expect(try doomed.terms().isDisjoint(with: doomed.words))
        #expect(try !doomed.visible().isEmpty)
    }

    @Test(
        "New messages after a purge of the newest are indexed once, whatever is under way",
        arguments: [true, false])
    func numbersBehindAWalk(isRebuild: Bool) throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        try vault.ingest((0..<6).map { conversation("old\($0)", texts: ["harbour", "amber"]) })
        let upkeep = SearchUpkeep()
        if isRebuild {
            try vault.rebuildSearchIndex(textBytes: 200) { done, _ in done < 9 }
            while try vault.store.read({ try upkeep.rebuilt(in: $0).done }) < 12 {
                _ = try vault.store.write { try upkeep.continueRebuild(textBytes: 1, in: $0) }
            }
        } else {
            try vault.setStemming(.english)
            _ = try vault.store.write { try upkeep.indexPending(textBytes: 100, in: $0) }
        }
        var newest: [RecordID] = []
        try vault.forEachConversation { conversation in
            if ["old4", "old5"].contains(conversation.origin.id) { newest.append(conversation.id) }
        }
        _ = try vault.purgeAskingNoRule(newest)
        try vault.ingest([conversation("new", texts: ["harbour lantern", "lantern"])])
        try vault.completeSearchIndex { _ in true }
        try vault.rebuildSearchIndex()
        let answer = try vault.search(SearchRequest("lantern"))
        #expect(answer.matched == 2 && answer.indexed == 10 && answer.total == 10)
        #expect(try vault.examine(repairs: false).faults == [])
    }

    @Test("Nothing is left of an index that was given up when its messages are purged")
    func discarded() throws {
        let test = try TestVault()
        let doomed = try DoomedVault(test)
        let vault = doomed.vault
        defer { try? vault.close() }
        try vault.rebuildSearchIndex(textBytes: 200) { done, _ in done < 9 }
        try vault.setStemming(.english)
        func given() throws -> Int {
            try vault.store.read { database in
                try Int.fetchOne(
                    database,
                    sql: """
                        SELECT count(*) FROM search_chunk WHERE num >> 24 NOT IN
                            (SELECT num FROM search_segment WHERE family < 2)
                        """) ?? 0
            }
        }
        #expect(try given() > 0)
        _ = try vault.purgeAskingNoRule(doomed.doomed)
        #expect(try given() == 0)
        try vault.completeSearchIndex { _ in true }
        #expect(try vault.examine(repairs: false).faults.isEmpty)
    }

    @Test("A rebuild that another version began is begun anew")
    func otherVersion() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        try vault.ingest((0..<6).map { conversation("old\($0)", texts: ["harbour", "amber"]) })
        try vault.rebuildSearchIndex(textBytes: 200) { done, _ in done < 9 }
        let upkeep = SearchUpkeep()
        #expect(try vault.store.read { try upkeep.rebuilt(in: $0).done } >= 9)
        try vault.store.write { try upkeep.beginRebuild(in: $0) }
        #expect(try vault.store.read { try upkeep.rebuilt(in: $0).done } >= 9)
        try vault.store.write { try SearchState.set(.rebuiltWith, to: 1, in: $0) }
        try vault.store.write { try upkeep.beginRebuild(in: $0) }
        #expect(try vault.store.read { try upkeep.rebuilt(in: $0).done } == 0)
        try vault.rebuildSearchIndex()
        #expect(try vault.examine(repairs: false).faults == [])
    }

    @Test("What can be left to another process does not wait for it")
    func brief() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        try vault.ingest([conversation("old", texts: ["harbour", "amber"])])
        try vault.setStemming(.english)
        let other = try test.open()
        defer { try? other.close() }
        let start = ContinuousClock.now
        try other.store.write { _ in
            _ = #expect(throws: VaultError.self) {
                try vault.completeSearchIndex(waits: false) { _ in true }
            }
        }
        #expect(ContinuousClock.now - start < .seconds(10))
        try vault.completeSearchIndex(waits: false) { _ in true }
        #expect(try vault.searchCompleteness().pending == 0)
    }

    @Test("What is not purged stays whole, searched and counted")
    func keeps() throws {
        let test = try TestVault()
        let doomed = try DoomedVault(test)
        let vault = doomed.vault
        defer { try? vault.close() }
        _ = try vault.purgeAskingNoRule(doomed.doomed)
        #expect(try vault.purgeAskingNoRule(doomed.doomed) == PurgeReport())
        #expect(try vault.examine(repairs: false).faults.isEmpty)
        let status = try vault.status()
        #expect(status.conversations == 52 && status.messages == 156)
        let answer = try vault.search(SearchRequest("quarry", limit: 500, countsAll: true))
        #expect(answer.matched == 104 && answer.indexed == 156 && answer.total == 156)
        #expect(try vault.labels().isEmpty)
    }

    @Test("References are checked again after a purge, and none dangles")
    func references() throws {
        let test = try TestVault()
        let doomed = try DoomedVault(test)
        let store = doomed.vault.store
        defer { try? doomed.vault.close() }
        _ = try doomed.vault.purgeAskingNoRule(doomed.doomed)
        let dangling = try store.read { try Row.fetchAll($0, sql: "PRAGMA foreign_key_check") }
        #expect(dangling.isEmpty)
        // Names that kept records have stay, and cannot be taken away from them.
        _ = #expect(throws: VaultError.self) {
            try store.write { try $0.execute(sql: "DELETE FROM name") }
        }
        // Nor after one that failed.
        _ = #expect(throws: VaultError.self) {
            try store.purge { _ in throw VaultError(.internalFault, "on purpose") }
        }
        _ = #expect(throws: VaultError.self) {
            try store.write { try $0.execute(sql: "DELETE FROM name") }
        }
    }

    @Test("An attachment goes with the last conversation that has it")
    func attachments() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        let secret = Array("a file's own words: zanzibarian quicksilver".utf8)
        try vault.ingest(
            ["one", "two"].map { id in
                var entry = conversation(id, texts: ["with a file"])
                let file = ImportedFile(name: "plan.txt", mediaType: nil) { () throws(VaultError) in
                    BytesSource(secret)
                }
                entry.messages[0].parts.append(
                    ImportedPart(Part(.document, name: "plan.txt"), file: file))
                return entry
            })
        var ids: [RecordID] = []
        try vault.forEachConversation { ids.append($0.id) }
        #expect(try vault.purgeAskingNoRule([ids[0]]).attachments == 0)
        #expect(try vault.purgeAskingNoRule([ids[1]]).attachments == 1)
        #expect(try DecryptedPages(of: vault).words(of: ["zanzibarianquick"]).isEmpty)
        #expect(try vault.examine(repairs: false).faults.isEmpty)
    }
}
