import CPageVFS
import Foundation
import GRDB
import Testing
import Vault
import VaultCrypto

@Suite("A sealed vault works like a database")
struct WorkingVaultTests {
    @Test(
        "A pool creates, writes, searches and checkpoints a vault, and no plaintext is on the disk")
    func noPlaintext() throws {
        let vault = try TemporaryVault()
        let marker = "Lindqvistfusion"
        let pool = try vault.pool()
        try pool.write { db in
            try db.execute(sql: "CREATE TABLE message (id INTEGER PRIMARY KEY, body TEXT)")
            try db.create(virtualTable: "search", using: FTS5()) { table in
                table.tokenizer = .porter(wrapping: .unicode61())
                table.column("body")
            }
            for number in 0..<500 {
                let body = "message \(number) on the \(marker) case"
                try db.execute(sql: "INSERT INTO message (body) VALUES (?)", arguments: [body])
                try db.execute(sql: "INSERT INTO search (body) VALUES (?)", arguments: [body])
            }
        }
        #expect(try pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM message") } == 500)
        let hits = try pool.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM search WHERE search MATCH '499 case'")
        }
        #expect(hits == 1)
        for name in try FileManager.default.contentsOfDirectory(atPath: vault.folder.path) {
            #expect(!file(vault.path(of: name), contains: marker), "\(name)")
            #expect(!file(vault.path(of: name), contains: "CREATE TABLE"), "\(name)")
            #expect(!file(vault.path(of: name), contains: "SQLite format"), "\(name)")
        }
        #expect(vault.faults() == [])
        try pool.writeWithoutTransaction { db in
            _ = try db.checkpoint(.truncate)
            #expect(try String.fetchAll(db, sql: "PRAGMA integrity_check") == ["ok"])
            #expect(try String.fetchOne(db, sql: "PRAGMA journal_mode") == "wal")
        }
        try pool.close()
        #expect(vault.faults() == [])
        #expect(!file(vault.path, contains: marker))
        #expect(try PageEncryption.probe(databaseAt: vault.path, key: vault.key) == .opens)
        let reopened = try vault.pool()
        #expect(
            try reopened.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM search") } == 500)
    }
}

@Suite("A sealed vault under load")
struct LoadedVaultTests {
    private func makeMessages(_ pool: DatabasePool) throws {
        try pool.write { db in
            try db.execute(sql: "CREATE TABLE message (id INTEGER PRIMARY KEY, body TEXT)")
        }
    }

    @Test("Readers see whole transactions while a writer commits and checkpoints")
    func readersDuringWrites() async throws {
        let vault = try TemporaryVault()
        let pool = try vault.pool(readers: 4)
        try makeMessages(pool)
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for round in 0..<120 {
                    try await pool.write { db in
                        for _ in 0..<10 {
                            try db.execute(
                                sql: "INSERT INTO message (body) VALUES (hex(randomblob(300)))")
                        }
                    }
                    if round % 20 == 0 {
                        try await pool.writeWithoutTransaction { _ = try $0.checkpoint(.passive) }
                    }
                }
            }
            for _ in 0..<3 {
                group.addTask {
                    for _ in 0..<150 {
                        let count = try await pool.read { db in
                            try Int.fetchOne(
                                db, sql: "SELECT count(*) FROM message WHERE length(body) = 600")
                        }
                        #expect((count ?? -1) % 10 == 0)
                    }
                }
            }
            while let result = await group.nextResult() {
                #expect(throws: Never.self) { try result.get() }
            }
        }
        let total = try await pool.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM message")
        }
        #expect(total == 1200)
        try pool.close()
        #expect(vault.faults() == [])
    }

    @Test("A transaction that outgrows a cache of five pages is right after a crash, too")
    func spill() throws {
        let vault = try TemporaryVault()
        let connection = RawConnection(vault.path)
        connection.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=5")
        connection.run("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)")
        let fill = """
            BEGIN; WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 4000)
            INSERT INTO t SELECT i, hex(randomblob(100)) FROM c;
            UPDATE t SET body = body || 'x' WHERE id % 3 = 0;
            SAVEPOINT s; DELETE FROM t WHERE id % 5 = 0; ROLLBACK TO s; COMMIT
            """
        #expect(connection.run(fill) == SQLITE_OK)
        try vault.crashCopy()
        let copy = RawConnection(vault.path(of: "crashed.db"))
        #expect(copy.rows("PRAGMA integrity_check") == .rows(["ok"]))
        #expect(copy.rows("SELECT * FROM t") == connection.rows("SELECT * FROM t"))
        #expect(vault.faults("crashed.db") == [])
    }

    @Test("VACUUM INTO writes the copy under the copy's own key")
    func vacuumInto() throws {
        let vault = try TemporaryVault()
        let copy = vault.path(of: "copy.db")
        let copyKey = SecretBytes.random(count: 32)
        let pool = try vault.pool()
        try makeMessages(pool)
        try pool.write { db in
            for _ in 0..<300 {
                try db.execute(sql: "INSERT INTO message (body) VALUES (hex(randomblob(300)))")
            }
        }
        try PageEncryption.addKey(copyKey, forDatabaseAt: copy)
        try pool.vacuum(into: copy)
        #expect(try PageEncryption.probe(databaseAt: copy, key: copyKey) == .opens)
        #expect(try PageEncryption.probe(databaseAt: copy, key: vault.key) == .wrongKey)
        var faults: [PageEncryption.Fault] = []
        try PageEncryption.check(databaseAt: copy, key: copyKey) { faults.append($0) }
        #expect(faults == [])
        let copied = try vault.pool("copy.db")
        #expect(
            try copied.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM message") } == 300)
        try copied.close()
        try PageEncryption.addKey(vault.key, forDatabaseAt: copy)
        #expect(throws: DatabaseError.self) { try DatabaseQueue(path: copy) }
    }

    @Test("A copy that was cut short has no meaning")
    func interruptedCopy() throws {
        let vault = try TemporaryVault()
        let connection = RawConnection(vault.path)
        connection.run("PRAGMA journal_mode=WAL; CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)")
        connection.run("INSERT INTO t(body) VALUES ('Lindqvistfusion')")
        try PageEncryption.addKey(vault.key, forDatabaseAt: vault.path(of: "copy.db"))
        connection.run("VACUUM INTO '\(vault.path(of: "copy.db"))'")
        let whole = try vault.bytes(of: "copy.db")
        #expect(whole.count == 8192)
        for count in stride(from: 1, to: whole.count, by: 509) {
            try vault.write(Array(whole.prefix(count)), to: "copy.db")
            #expect(!vault.faults("copy.db").isEmpty, "\(count)")
            let cut = RawConnection(vault.path(of: "copy.db"))
            #expect(cut.openCode != SQLITE_OK || cut.rows("SELECT * FROM t").code != SQLITE_OK)
        }
    }

    @Test("The backup interface copies into a vault of another key, free pages included")
    func backup() throws {
        let vault = try TemporaryVault()
        let source = RawConnection(vault.path)
        source.run("PRAGMA journal_mode=WAL; CREATE TABLE t(x); CREATE TABLE u(x)")
        source.run("INSERT INTO u VALUES (hex(zeroblob(100000))); DELETE FROM u")
        source.run("INSERT INTO t VALUES ('kept')")
        try PageEncryption.addKey(
            SecretBytes.random(count: 32), forDatabaseAt: vault.path(of: "b.db"))
        let target = RawConnection(vault.path(of: "b.db"))
        let backup = sqlite3_backup_init(target.handle, "main", source.handle, "main")
        #expect(sqlite3_backup_step(backup, -1) == SQLITE_DONE)
        #expect(sqlite3_backup_finish(backup) == SQLITE_OK)
        #expect(target.rows("SELECT x FROM t") == .rows(["kept"]))
        #expect(target.rows("PRAGMA integrity_check") == .rows(["ok"]))
    }

    @Test("Sealing the same page twice gives different bytes")
    func noncesDiffer() throws {
        let vault = try TemporaryVault()
        let connection = RawConnection(vault.path)
        connection.run("PRAGMA journal_mode=WAL; CREATE TABLE t(id INTEGER PRIMARY KEY, n)")
        var seen: Set<[UInt8]> = []
        var written = 0
        for number in 1...50 {
            connection.run("INSERT OR REPLACE INTO t VALUES (1, \(number % 2))")
            let log = try vault.bytes(of: "vault.db-wal")
            for frame in stride(from: 32, to: log.count, by: 4120) {
                seen.insert(Array(log[frame + 4080..<frame + 4104]))
            }
            written = (log.count - 32) / 4120
        }
        #expect(written >= 50 && seen.count == written)
    }
}
