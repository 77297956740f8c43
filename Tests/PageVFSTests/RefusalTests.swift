import CPageVFS
import Foundation
import GRDB
import Testing
import Vault
import VaultCrypto

@Suite("What would leave plaintext or trust it is refused")
struct RefusalTests {
    /// A vault with a few rows, closed.
    private func closedVault() throws -> TemporaryVault {
        let vault = try TemporaryVault()
        let connection = RawConnection(vault.path)
        connection.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
        connection.run("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)")
        connection.run("INSERT INTO t(body) VALUES ('one'), ('two'), ('three')")
        connection.close()
        return vault
    }

    @Test("Another key is told from damage")
    func wrongKey() throws {
        let vault = try closedVault()
        let other = SecretBytes.random(count: 32)
        #expect(try PageEncryption.probe(databaseAt: vault.path, key: other) == .wrongKey)
        try PageEncryption.addKey(other, forDatabaseAt: vault.path)
        let connection = RawConnection(vault.path)
        #expect(connection.openCode == SQLITE_NOTADB)
        #expect(throws: VaultError.self) {
            try PageEncryption.check(databaseAt: vault.path, key: other) { _ in }
        }
        do {
            try PageEncryption.check(databaseAt: vault.path, key: other) { _ in }
        } catch {
            #expect(error.code == .wrongKey)
        }
    }

    @Test("A key that is not 32 bytes long is refused")
    func keyLength() throws {
        let vault = try TemporaryVault()
        for count in [0, 16, 31, 33] {
            let key = SecretBytes.random(count: count)
            #expect(throws: VaultError.self) {
                try PageEncryption.addKey(key, forDatabaseAt: vault.path)
            }
        }
    }

    @Test("A database without a key cannot be opened, created or attached")
    func unregistered() throws {
        let vault = try closedVault()
        #expect(RawConnection(vault.path(of: "other.db")).openCode == SQLITE_CANTOPEN)
        #expect(!FileManager.default.fileExists(atPath: vault.path(of: "other.db")))
        let connection = RawConnection(vault.path)
        let attached = connection.run("ATTACH '\(vault.path(of: "other.db"))' AS other")
        #expect(attached & 0xff == SQLITE_CANTOPEN)
        PageEncryption.removeKey(forDatabaseAt: vault.path)
        #expect(
            connection.rows("SELECT count(*) FROM t") == .rows(["3"]), "open files keep their key")
        #expect(RawConnection(vault.path).openCode == SQLITE_CANTOPEN)
    }

    @Test("A relative path and a symbolic link reach the key of the file they mean")
    func pathsAreResolved() throws {
        let vault = try closedVault()
        let link = vault.path(of: "link.db")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: vault.path)
        #expect(RawConnection(link).rows("SELECT count(*) FROM t") == .rows(["3"]))
        let detour = vault.folder.path + "/../" + vault.folder.lastPathComponent + "/./vault.db"
        #expect(RawConnection(detour).rows("SELECT count(*) FROM t") == .rows(["3"]))
    }

    @Test("Temporary tables stay in memory, and one that must spill fails")
    func temporaryFiles() throws {
        let vault = try closedVault()
        let connection = RawConnection(vault.path)
        #expect(connection.rows("PRAGMA temp_store") == .rows(["2"]))
        let fill = """
            CREATE TEMP TABLE big AS WITH RECURSIVE c(i) AS
            (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 3000) SELECT randomblob(1000) FROM c
            """
        #expect(connection.run(fill) == SQLITE_OK)
        connection.run("DROP TABLE big; PRAGMA temp_store=FILE; PRAGMA cache_size=5")
        #expect(connection.run(fill) & 0xff == SQLITE_CANTOPEN)
    }

    @Test("A vault never leaves the write-ahead log")
    func journalModes() throws {
        let vault = try closedVault()
        for mode in ["DELETE", "TRUNCATE", "PERSIST", "MEMORY", "OFF"] {
            let connection = RawConnection(vault.path)
            #expect(connection.run("PRAGMA journal_mode=\(mode)") != SQLITE_OK, "\(mode)")
            connection.close()
            let again = RawConnection(vault.path)
            #expect(again.rows("PRAGMA journal_mode") == .rows(["wal"]), "\(mode)")
            #expect(again.run("INSERT INTO t(body) VALUES ('after \(mode)')") == SQLITE_OK)
        }
        #expect(vault.faults() == [])
    }

    @Test("A planted rollback journal is not read and not even seen")
    func plantedJournal() throws {
        let vault = try closedVault()
        // A well-formed hot journal that would cut the database down to one page of zeros.
        var journal: [UInt8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]
        journal += [0, 0, 0, 1, 1, 2, 3, 4, 0, 0, 0, 1, 0, 0, 2, 0, 0, 0, 0x10, 0]
        journal += [UInt8](repeating: 0, count: 512 - journal.count)
        journal += [0, 0, 0, 2] + [UInt8](repeating: 0, count: 4096) + [1, 2, 3, 4]
        try vault.write(journal, to: "vault.db-journal")
        let before = try vault.bytes()
        let connection = RawConnection(vault.path)
        #expect(connection.rows("SELECT count(*) FROM t") == .rows(["3"]))
        connection.close()
        #expect(try vault.bytes() == before)
        #expect(try vault.bytes(of: "vault.db-journal") == journal)
    }

    @Test("Other page sizes cannot be created")
    func otherShapes() throws {
        let vault = try TemporaryVault()
        for size in [512, 1024, 8192, 65536] {
            let connection = RawConnection(vault.path)
            let code = connection.run("PRAGMA page_size=\(size); CREATE TABLE t(x)")
            #expect(code & 0xff == SQLITE_IOERR, "\(size)")
        }
    }

    @Test("A new vault cannot be made by ATTACH, which reserves nothing")
    func attachNew() throws {
        let vault = try closedVault()
        try PageEncryption.addKey(vault.key, forDatabaseAt: vault.path(of: "new.db"))
        let connection = RawConnection(vault.path)
        #expect(connection.run("ATTACH '\(vault.path(of: "new.db"))' AS new") == SQLITE_OK)
        #expect(connection.run("CREATE TABLE new.t(x)") & 0xff == SQLITE_IOERR)
        #expect(try vault.bytes(of: "new.db").isEmpty)
    }

    @Test("A plaintext database is no vault, and cannot be copied into one page by page")
    func plaintext() throws {
        let vault = try closedVault()
        let plainPath = vault.path(of: "plain.db")
        let plain = RawConnection("file:\(plainPath)?vfs=unix")
        plain.run("CREATE TABLE p(x); INSERT INTO p VALUES (hex(zeroblob(6000)))")
        try PageEncryption.addKey(vault.key, forDatabaseAt: plainPath)
        #expect(try PageEncryption.probe(databaseAt: plainPath, key: vault.key) == .notAVault)
        #expect(RawConnection(plainPath).openCode == SQLITE_NOTADB)
        let connection = RawConnection(vault.path)
        let backup = sqlite3_backup_init(connection.handle, "main", plain.handle, "main")
        #expect(sqlite3_backup_step(backup, -1) != SQLITE_DONE)
        sqlite3_backup_finish(backup)
        connection.close()
        #expect(RawConnection(vault.path).rows("SELECT count(*) FROM t") == .rows(["3"]))
    }

    @Test("An emptied database beside its log is refused instead of begun anew")
    func emptied() throws {
        let vault = try TemporaryVault()
        let connection = RawConnection(vault.path)
        connection.run("PRAGMA journal_mode=WAL; CREATE TABLE t(x)")
        try vault.crashCopy()
        try vault.write([], to: "crashed.db")
        #expect(RawConnection(vault.path(of: "crashed.db")).openCode == SQLITE_CANTOPEN)
        #expect(try !vault.bytes(of: "crashed.db-wal").isEmpty)
    }

    @Test("Probing tells what a file is")
    func probing() throws {
        let vault = try closedVault()
        func probe(_ name: String) throws -> PageEncryption.Probe {
            try PageEncryption.probe(databaseAt: vault.path(of: name), key: vault.key)
        }
        #expect(try probe("vault.db") == .opens)
        #expect(try probe("none.db") == .absent)
        try vault.write([], to: "empty.db")
        #expect(try probe("empty.db") == .notAVault)
        try vault.write(Array("a text that is longer than the front".utf8), to: "text.db")
        #expect(try probe("text.db") == .notAVault)
        try vault.write(Array(try vault.bytes().prefix(2000)), to: "cut.db")
        #expect(try probe("cut.db") == .damaged)
        try vault.flip(100)
        #expect(try probe("vault.db") == .damaged)
    }
}
