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
        nonisolated(unsafe) var pages: [Int64: [UInt8]] = [:]
        _ = unsafe try PageEncryption.readAll(databaseAt: path, key: key) { _, number, bytes in
            unsafe pages[number] = Array(bytes)
        }
        return unsafe pages
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
        #expect(try pages(target, key) == before)
        #expect(seen.withLock { $0 } == before)
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
