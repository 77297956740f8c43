import CPageVFS
import Foundation
import GRDB
import Synchronization
import Testing
import VaultCrypto

@testable import Vault

@Suite("Writing a database anew under another key")
struct RewriteTests {
    /// A closed database of some hundred pages, some of them free.
    private func filled() throws -> TemporaryVault {
        let vault = try TemporaryVault()
        let pool = try vault.pool()
        try pool.write { db in
            try db.execute(sql: "CREATE TABLE t(id INTEGER PRIMARY KEY, body BLOB)")
            for _ in 0..<300 {
                try db.execute(sql: "INSERT INTO t(body) VALUES (randomblob(9000))")
            }
            try db.execute(sql: "DELETE FROM t WHERE id % 10 = 0")
        }
        try pool.close()
        return vault
    }

    private func rewrite(
        _ vault: TemporaryVault, key: borrowing SecretBytes, threads: Int,
        _ look: @escaping @Sendable (Int64, [UInt8]) -> Bool = { _, _ in true }
    ) throws(VaultError) -> Int64 {
        let target = vault.path(of: "copy.db")
        try? FileManager.default.removeItem(atPath: target)
        try DurableFile.create(target, content: [])
        return try unsafe PageEncryption.rewrite(
            databaseAt: vault.path, key: vault.key, to: target, targetKey: key, threads: threads
        ) {
            { number, bytes in unsafe look(number, Array(bytes)) }
        }
    }

    private func pages(_ path: String, _ key: borrowing SecretBytes) throws -> [Int64: [UInt8]] {
        var pages: [Int64: [UInt8]] = [:]
        _ = unsafe try PageEncryption.readAll(databaseAt: path, key: key) { _, number, bytes in
            pages[number] = unsafe Array(bytes)
        }
        return pages
    }

    @Test("The copy has the same pages, and only the new key opens it", arguments: [1, 3])
    func copy(threads: Int) throws {
        let vault = try filled()
        let key = SecretBytes.random(count: 32)
        let seen = Mutex<[Int64: [UInt8]]>([:])
        let count = try rewrite(vault, key: key, threads: threads) { number, bytes in
            seen.withLock { $0[number] = bytes }
            return true
        }
        let before = try pages(vault.path, vault.key)
        let target = vault.path(of: "copy.db")
        #expect(before.count > 600 && count == before.count)
        let after = try pages(target, key)
        #expect(seen.withLock { $0 } == after)
        // What differs is zeros, where no row uses it.
        for (number, page) in before {
            let copy = after[number] ?? []
            #expect(zip(page, copy).allSatisfy { $0 == $1 || $1 == 0 }, "page \(number)")
        }
        #expect(try PageEncryption.probe(databaseAt: target, key: key) == .opens)
        #expect(try PageEncryption.probe(databaseAt: target, key: vault.key) == .wrongKey)
        // No byte of a page is where it was: each is sealed anew.
        let (old, new) = (try vault.bytes(), try vault.bytes(of: "copy.db"))
        let same = stride(from: 4096, to: old.count, by: 64).count {
            old[$0..<$0 + 16] == new[$0..<$0 + 16]
        }
        #expect(old.count == new.count && same == 0)
        try PageEncryption.addKey(key, forDatabaseAt: target)
        defer { PageEncryption.removeKey(forDatabaseAt: target) }
        let pool = try vault.pool("copy.db")
        let (rows, check) = try pool.read { db in
            (
                try Int.fetchOne(db, sql: "SELECT count(*) FROM t"),
                try String.fetchOne(db, sql: "PRAGMA integrity_check")
            )
        }
        #expect(rows == 270 && check == "ok")
        try pool.close()
    }

    @Test("What SQLite leaves between the cells of a page does not come along")
    func unused() throws {
        let vault = try TemporaryVault()
        let pool = try vault.pool()
        try pool.write { db in
            try db.execute(sql: "PRAGMA secure_delete = ON")
            try db.execute(sql: "CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)")
            try db.execute(sql: "CREATE INDEX by_body ON t(body)")
            // Rows of many lengths, of which two of three go in their order: pages are arranged
            // anew with what is left of their neighbours.
            for number in 0..<600 {
                let filling = String(repeating: "x", count: 50 + number * 7919 % 550)
                try db.execute(
                    sql: "INSERT INTO t(body) VALUES (?)",
                    arguments: ["marked \(number) " + filling])
            }
            for number in 0..<600 where number % 3 != 0 {
                try db.execute(sql: "DELETE FROM t WHERE id = ?", arguments: [number + 1])
            }
        }
        try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        let kept = try pool.read { db in
            try String.fetchSet(db, sql: "SELECT body FROM t WHERE body LIKE 'marked%'")
        }
        func left(_ pages: [Int64: [UInt8]]) -> Set<Int> {
            let texts = pages.values.map { String(decoding: $0, as: UTF8.self) }
            return Set(
                (0..<600).filter { number in
                    !kept.contains { $0.hasPrefix("marked \(number) ") }
                        && texts.contains { $0.contains("marked \(number) x") }
                })
        }
        let key = SecretBytes.random(count: 32)
        _ = try rewrite(vault, key: key, threads: 2)
        try pool.close()
        #expect(left(try pages(vault.path, vault.key)).count > 0)
        #expect(left(try pages(vault.path(of: "copy.db"), key)) == [])
        try PageEncryption.addKey(key, forDatabaseAt: vault.path(of: "copy.db"))
        defer { PageEncryption.removeKey(forDatabaseAt: vault.path(of: "copy.db")) }
        let copy = try vault.pool("copy.db")
        let found = try copy.read { db in
            (
                try String.fetchSet(db, sql: "SELECT body FROM t WHERE body LIKE 'marked%'"),
                try String.fetchOne(db, sql: "PRAGMA integrity_check")
            )
        }
        #expect(found.0 == kept && found.1 == "ok")
        try copy.close()
    }

    @Test("Whoever looks can end it")
    func ended() throws {
        let vault = try filled()
        let seen = Atomic<Int>(0)
        let error = #expect(throws: VaultError.self) {
            try rewrite(vault, key: SecretBytes.random(count: 32), threads: 2) { _, _ in
                seen.add(1, ordering: .relaxed).newValue < 50
            }
        }
        #expect(error?.code == .cancelled && seen.load(ordering: .relaxed) < 53)
    }

    @Test("A damaged page, another key and a log with something in it end it")
    func refused() throws {
        let vault = try filled()
        let key = SecretBytes.random(count: 32)
        try vault.flip(500 * 4096 + 99)
        var error = #expect(throws: VaultError.self) { try rewrite(vault, key: key, threads: 2) }
        #expect(error?.code == .damaged)
        try vault.flip(500 * 4096 + 99)
        #expect(try rewrite(vault, key: key, threads: 2) > 600)
        let pool = try vault.pool()
        try pool.write { try $0.execute(sql: "INSERT INTO t(body) VALUES (x'00')") }
        error = #expect(throws: VaultError.self) { try rewrite(vault, key: key, threads: 2) }
        #expect(error?.code == .busy)
        try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        #expect(try rewrite(vault, key: key, threads: 2) > 600)
        try pool.close()
        try vault.write([UInt8](repeating: 1, count: 8192))
        error = #expect(throws: VaultError.self) { try rewrite(vault, key: key, threads: 2) }
        #expect(error?.code == .damaged)
    }
}
