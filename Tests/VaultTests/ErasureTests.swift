import Foundation
import GRDB
import JSONText
import Synchronization
import Testing
import VaultCrypto

@testable import Vault

@Suite("Erasure")
struct ErasureTests {
    private func certificate(_ outcome: ErasureOutcome) throws -> DestructionCertificate {
        guard case .done(let certificate) = outcome else {
            throw VaultError(.internalFault, "\(outcome)")
        }
        return certificate
    }

    @Test("A purge ends in a new generation and a certificate that the log's key signed")
    func withCertificate() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        #expect(try !vault.needsErasure())
        try vault.setPolicy(policy("five delete P5Y created org"))
        try vault.purge()
        #expect(try vault.needsErasure())
        let old = vault.layout.database(1)
        let certificate = try certificate(try vault.erase(tool: "Test 1"))
        #expect(try vault.status().generation == 2 && !vault.needsErasure())
        #expect(!FileManager.default.fileExists(atPath: old))
        #expect(try vault.certificates() == [certificate])
        let key = try VerifyingKey(bytes: vault.publicKeys.log)
        #expect(certificate.statement.sentence(vault: vault.id, key: key) != nil)
        let facts = try JSONReader.parse(certificate.statement.facts)
        #expect(facts["scan"]?["found"]?.int == 0 && facts["scan"]?["pieces"]?.int ?? 0 > 2)
        #expect(facts["generation"]?["to"]?.int == 2)
        let records = facts["purges"]?.array?.first?["said"]?["records"]?.array
        #expect(records?.count == 1 && records?[0]["messages"]?.array?.count == 2)
        #expect(records?[0]["rule"]?.array == [.string("five")])
        for word in ["harbour", "ledger"] {
            #expect(!certificate.statement.facts.contains(word))
        }
        #expect(try vault.verifyAudit().faults == [])
        #expect(try vault.examine(repairs: false).faults == [])
        guard case .nothingToDo = try vault.erase(tool: "Test 1") else {
            throw VaultError(.internalFault, "there was something to do")
        }
        try vault.close()
        let again = try governed.open()
        #expect(try again.verifyAudit().faults == [] && again.certificates().count == 1)
        try again.close()
    }

    @Test("Traces that are left stop it: there is no certificate and the old generation holds")
    func traces() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        let line = try vault.store.read {
            try String.fetchOne($0, sql: "SELECT line FROM part ORDER BY num LIMIT 1")
        }
        let old = try #require(try vault.ids()["old"])
        try vault.purge(.conversations([old]))
        // As if a purge had forgotten a place that is no record's.
        try vault.store.write {
            try $0.execute(
                sql: "INSERT INTO setting VALUES ('forgotten', ?)", arguments: [line])
        }
        let error = #expect(throws: VaultError.self) { try vault.erase(tool: "Test 1") }
        #expect(error?.message.hasPrefix("Traces") == true)
        #expect(try vault.status().generation == 1 && vault.certificates().isEmpty)
        #expect(try vault.needsErasure())
        #expect(try vault.verifyAudit().faults == [])
        try vault.store.write {
            try $0.execute(sql: "DELETE FROM setting WHERE key = 'forgotten'")
        }
        let certificate = try certificate(try vault.erase(tool: "Test 1"))
        #expect(try vault.certificates() == [certificate])
        #expect(try vault.verifyAudit().faults == [])
    }

    @Test("A word of theirs that the index still has stops it as well")
    func terms() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        let old = try #require(try vault.ids()["old"])
        try vault.purge(.conversations([old]))
        try vault.store.write {
            var sealed = SealedTraces(vaultKey: vault.state.withLock { $0.key.clone() })
            try sealed.add(Trace(isTerm: true, bytes: Array("amber".utf8)), in: $0)
            try sealed.flush(in: $0)
            try $0.execute(
                sql: "UPDATE part SET line = replace(line, 'amber new', 'other new')")
        }
        let error = #expect(throws: VaultError.self) { try vault.erase(tool: "Test 1") }
        #expect(error?.message.contains("the search index") == true)
        // A record that came later and has the word in its text explains it.
        try vault.store.write {
            try $0.execute(sql: "UPDATE part SET line = replace(line, 'other new', 'amber new')")
        }
        _ = try certificate(try vault.erase(tool: "Test 1"))
    }

    @Test("Traces are on no page in the clear, and go with a slot's removal to the next generation")
    func sealedTraces() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.addPassphraseSlot(
            name: "other", passphrase: TestVault.passphrase("other"), workFactor: 4,
            allowsWeak: true)
        try vault.purge(.conversations([try #require(try vault.ids()["old"])]))
        let first = try scan(vault)
        #expect(first.pieces.count > 2 && first.terms == [Array("old".utf8)])
        try vault.store.foldLog()
        let path = vault.layout.database(1)
        let key = vault.state.withLock { $0.key.clone() }
        try first.look(throughDatabaseAt: path, vaultKey: key)
        let result = try vault.store.read { try first.conclude(in: $0) }
        #expect(result.found == [] && result.pages > 10)
        try vault.removeSlot(name: "other")
        let second = try scan(vault)
        #expect(second.pieces == first.pieces && second.terms == first.terms)
        #expect(try vault.status().generation == 2 && vault.needsErasure())
        let facts = try certificate(try vault.erase(tool: "Test 1")).statement.facts
        #expect(
            try JSONReader.parse(facts)["scan"]?["pieces"]?.int == Int64(first.pieces.count))
        let left = try vault.store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM trace") }
        #expect(left == 0)
    }

    private func scan(_ vault: Vault) throws -> DestructionScan {
        let key = vault.state.withLock { $0.key.clone() }
        return try DestructionScan(of: vault.store, vaultKey: key)
    }

    @Test("An erasure that is stopped leaves the old generation, and the next one makes up for it")
    func stopped() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        let text = (0..<100_000).map { "\($0 * 7919 % 100_003)" }.joined(separator: " ")
        for name in ["a", "b", "c"] {
            try vault.ingest([conversation(name, texts: ["number \(name) " + text])])
        }
        try vault.purge(.conversations([try #require(try vault.ids()["a"])]))
        // So that little is free.
        _ = try certificate(try vault.erase(tool: "Test 1"))
        try vault.ingest([conversation("d", texts: ["harbour"])])
        try vault.purge(.conversations([try #require(try vault.ids()["d"])]))
        let asked = Mutex<[Int64]>([])
        let error = #expect(throws: VaultError.self) {
            try vault.erase(tool: "Test 1") { done, total in
                asked.withLock { $0 += [done, total] }
                return false
            }
        }
        #expect(error?.code == .cancelled)
        let said = asked.withLock { $0 }
        #expect(said.first == 1 << 20 && said.last ?? 0 > 1 << 20)
        #expect(try vault.status().generation == 2 && vault.needsErasure())
        #expect(!FileManager.default.fileExists(atPath: vault.layout.generation(3)))
        _ = try certificate(try vault.erase(tool: "Test 1"))
        #expect(try vault.status().generation == 3 && vault.verifyAudit().faults == [])
    }

    @Test("Where much is free the new generation is small, and otherwise it has the same pages")
    func size() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        for number in 0..<8 {
            let text = (0..<20_000).map { "\($0 * 7919 % 100_003)" }.joined(separator: " ")
            try vault.ingest([conversation("c\(number)", texts: ["number\(number) " + text])])
        }
        try vault.ingest((0..<200).map { conversation("s\($0)", texts: ["harbour"]) })
        func pages() throws -> (all: Int, free: Int) {
            try vault.store.read { db in
                (
                    try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0,
                    try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
                )
            }
        }
        let ids = try vault.ids()
        try vault.addPassphraseSlot(
            name: "other", passphrase: TestVault.passphrase("other"), workFactor: 4,
            allowsWeak: true)
        try vault.purge(.conversations([try #require(ids["c0"])]))
        let wide = try pages()
        #expect(wide.free * 4 > wide.all)
        // SQLite's own copy is ended as well, before there are pages to look at.
        let error = #expect(throws: VaultError.self) {
            try vault.erase(tool: "Test 1") { done, _ in done > 0 }
        }
        #expect(try error?.code == .cancelled && vault.status().generation == 1)
        _ = try certificate(try vault.erase(tool: "Test 1"))
        let narrow = try pages()
        #expect(narrow.all * 3 < wide.all * 2 && narrow.free > 0 && narrow.free < 20)
        try vault.removeSlot(name: "other")
        #expect(try pages() == narrow && vault.status().generation == 3)
        #expect(try vault.verifyAudit().faults == [] && vault.examine(repairs: false).faults == [])
    }

    @Test("Each page says which row it has bytes of, also the last one of a long row")
    func rowsOfPages() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        let marks = (0..<5).map { _ in UUID().uuidString }
        let long = marks[1...].joined(separator: String(repeating: " long", count: 3000))
        try vault.ingest([
            conversation("x", texts: (0..<200).map { "\($0) and \($0)" } + [marks[0], long])
        ])
        try vault.store.foldLog()
        let number = try vault.store.read { db in
            try marks.map { mark in
                try Int64.fetchOne(
                    db, sql: "SELECT num FROM part WHERE line LIKE ?", arguments: ["%\(mark)%"])
            }
        }
        let rows = PageRows()
        var places: [Int: PiecePlace] = [:]
        let key = vault.state.withLock { $0.key.subkey(context: "coffer database") }
        let search = PieceSearch(marks.map { Array($0.utf8.prefix(24)) })
        _ = try PageEncryption.readAll(databaseAt: vault.layout.database(1), key: key) {
            _, page, bytes in
            rows.note(page, bytes)
            search.look(through: bytes, PiecePlace(page: page, bytes))
            places = search.found
        }
        #expect(places.count == 5 && Set(places.values.map(\.page)).count >= 4)
        // A long row begins on the leaf.
        for mark in 0..<2 {
            #expect(try #require(places[mark]?.rows).contains(try #require(number[mark])))
        }
        for mark in 2..<5 {
            let page = try #require(places[mark]?.page)
            #expect(places[mark]?.rows == nil && rows.row(ofPage: page) == number[mark])
        }
        #expect(rows.row(ofPage: 1) == nil && rows.row(ofPage: 1 << 40) == nil)
    }

    @Test("What a kept record has as well is no trace")
    func shared() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        let text = String(repeating: "the very same words in both of them, ", count: 300)
        try vault.ingest([conversation("a", texts: [text]), conversation("b", texts: [text])])
        let first = try #require(try vault.ids()["a"])
        try vault.purge(.conversations([first]))
        _ = try certificate(try vault.erase(tool: "Test 1"))
        #expect(try vault.search(SearchRequest("very same words")).hits.count == 1)
    }

    @Test("A long word that a kept record has in capitals is no trace")
    func folded() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        let word = (0..<7).map { "harbour" + ["ant", "bee", "cow", "dog", "elk", "fox"][$0 % 6] }
            .joined().prefix(78)
        try vault.ingest([
            conversation("a", title: nil, texts: [String(word)]),
            conversation("b", title: nil, texts: [word.uppercased()]),
        ])
        try vault.purge(.conversations([try #require(try vault.ids()["a"])]))
        func write(_ text: String, for other: String) throws {
            try vault.store.write {
                try $0.execute(
                    sql: "UPDATE part SET line = replace(line, ?, ?)", arguments: [other, text])
            }
        }
        // A term whose document does not have it any more explains nothing.
        try write("OTHER", for: word.uppercased())
        let error = #expect(throws: VaultError.self) { try vault.erase(tool: "Test 1") }
        #expect(error?.message.hasPrefix("Traces") == true)
        try write(word.uppercased(), for: "OTHER")
        _ = try certificate(try vault.erase(tool: "Test 1"))
    }

    @Test("Another process that has the vault open puts it off")
    func deferred() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        let old = try #require(try vault.ids()["old"])
        try vault.purge(.conversations([old]))
        let other = try governed.open()
        guard case .deferred = try vault.erase(tool: "Test 1") else {
            throw VaultError(.internalFault, "it was not put off")
        }
        try other.close()
        #expect(try vault.needsErasure())
        _ = try certificate(try vault.erase(tool: "Test 1"))
    }

    @Test("What another thread was told is stored is there after an erasure")
    func concurrentWrites() async throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        try vault.fill()
        let old = try #require(try vault.ids()["old"])
        try vault.purge(.conversations([old]))
        // One import for all: it keeps the store with which it began.
        let stored = Mutex(0)
        let ingestion = try vault.beginIngestion { report in
            stored.withLock { $0 = report.conversations.added }
        }
        let text = String(repeating: "words ", count: 100_000)
        let writer = Task.detached {
            for number in 0..<40 {
                try ingestion.add(conversation("c\(number)", texts: [text + "\(number)"]))
            }
            _ = try ingestion.finish()
        }
        _ = try certificate(try vault.erase(tool: "Test 1"))
        _ = await writer.result
        try vault.close()
        let again = try governed.open()
        defer { try? again.close() }
        #expect(try again.ids().count == 2 + stored.withLock { $0 })
        #expect(try again.verifyAudit().faults == [])
    }

    @Test("Pieces are found wherever they stand, and only whole")
    func pieces() {
        let piece = Array("twenty-four letters long".utf8)
        let near = Array("twenty-four letters lonG".utf8)
        for offset in 0..<40 {
            for behind in 0..<10 {
                let search = PieceSearch([near, piece])
                let bytes =
                    [UInt8](repeating: 7, count: offset) + piece
                    + [UInt8](repeating: 8, count: behind)
                bytes.withUnsafeBytes { search.look(through: $0, "at \(offset)") }
                #expect(search.found == [1: "at \(offset)"])
            }
        }
        // The same one twice, met twice.
        let twice = PieceSearch([piece, near, piece])
        for round in 1...2 {
            (piece + piece).withUnsafeBytes { twice.look(through: $0, "\(round)") }
        }
        #expect(twice.found == [0: "1", 2: "1"])
        near.withUnsafeBytes { twice.look(through: $0, "3") }
        #expect(twice.found == [0: "1", 1: "3", 2: "1"])
        let search = PieceSearch([piece])
        Array(piece.dropLast()).withUnsafeBytes { search.look(through: $0, "") }
        #expect(search.found.isEmpty)
    }
}
