import GRDB
import JSONText
import Testing
import VaultCrypto

@testable import Vault

/// What the log keeps of the origins of destroyed conversations.
@Suite("Origins of what was destroyed")
struct DestroyedOriginTests {
    private let time: Int64 = 1_600_000_000_000
    private let governed: GovernedVault
    private let vault: Vault

    init() throws {
        governed = try GovernedVault()
        vault = try governed.create()
        try vault.ingest([conversation("telltale", texts: ["one", "two"], at: time)])
    }

    private func destroyed() throws -> (conversations: DestroyedConversations, marks: OriginMark?) {
        try vault.store.read { db in
            var destroyed = DestroyedConversations()
            try destroyed.read(in: db)
            return (destroyed, try OriginMark.load(in: db))
        }
    }

    @Test("A purge keeps a keyed hash, which knows the origin again and does not tell it")
    func mark() throws {
        let id = try #require(try vault.ids()["telltale"])
        let said = try vault.conversation(id)
        #expect(try destroyed().marks == nil)
        #expect(try vault.purge(.conversations([id])).conversations == 1)
        let (conversations, marks) = try destroyed()
        let mark = try #require(marks).mark(of: said.origin)
        let documents = try vault.store.read { db in
            try String.fetchAll(db, sql: "SELECT line FROM log_document").joined()
        }
        #expect(documents.contains(#""origin":"\#(Hex.text(mark))""#))
        #expect(!documents.contains("telltale"))
        var other = said
        other.origin = Origin(source: said.origin.source, id: "another")
        #expect(conversations.entry(of: said, stored: nil) != nil)
        #expect(conversations.entry(of: other, stored: nil) != nil, "by its id")
        #expect(try #require(marks).mark(of: other.origin) != mark)
    }

    @Test("The key stays the same, and a vault that has lost it restores nothing")
    func key() throws {
        let id = try #require(try vault.ids()["telltale"])
        let origin = try vault.conversation(id).origin
        _ = try vault.purge(.conversations([id]))
        let first = try #require(try destroyed().marks).mark(of: origin)
        try vault.ingest([conversation("b", texts: ["three"], at: time)])
        _ = try vault.purge(.conversations([try #require(try vault.ids()["b"])]))
        #expect(try #require(try destroyed().marks).mark(of: origin) == first)
        try vault.store.write { db in
            try db.execute(sql: "DELETE FROM secret WHERE name = 'origin'")
        }
        let code = #expect(throws: VaultError.self) { _ = try destroyed() }?.code
        #expect(code == .damaged)
    }

    @Test("doctor names a conversation in which a message is above itself")
    func circle() throws {
        func circles() throws -> [String] {
            try vault.examine(repairs: false).faults
                .filter { $0.fault.contains("above itself") }.map(\.path)
        }
        #expect(try circles().isEmpty)
        let id = try #require(try vault.ids()["telltale"])
        try vault.store.write { db in
            try db.execute(
                sql: "UPDATE message SET parent = (SELECT min(num) FROM message) "
                    + "WHERE num = (SELECT max(num) FROM message)")
            try db.execute(
                sql: "UPDATE message SET parent = (SELECT max(num) FROM message) "
                    + "WHERE num = (SELECT min(num) FROM message)")
        }
        #expect(try circles() == ["conversation \(id)"])
    }
}
