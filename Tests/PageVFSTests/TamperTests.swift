import CPageVFS
import Foundation
import Testing
import Vault
import VaultCrypto

@Suite("A changed vault gives errors, never other content")
struct TamperTests {
    private static let query = "SELECT id, body FROM t ORDER BY id"

    /// A vault of few pages, closed, and what it holds.
    private func smallVault(rows: Int = 12) throws -> (TemporaryVault, RawConnection.Answer) {
        let vault = try TemporaryVault()
        let connection = RawConnection(vault.path)
        connection.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
        connection.run("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)")
        for row in 1...rows {
            connection.run("INSERT INTO t VALUES (\(row), hex(randomblob(\(100 + row * 7))))")
        }
        connection.run("INSERT INTO t VALUES (1000, hex(randomblob(3000)))")  // overflow pages
        let content = connection.rows(Self.query)
        connection.close()
        return (vault, content)
    }

    /// Opens the vault and reads everything.
    private func read(_ vault: TemporaryVault, _ name: String = "vault.db") -> RawConnection.Answer
    {
        let connection = RawConnection(vault.path(of: name))
        guard connection.openCode == SQLITE_OK else { return .failed(connection.openCode) }
        return connection.rows(Self.query)
    }

    @Test("Each flipped byte of a database is reported by the check and never read as content")
    func everyByteOfTheDatabase() throws {
        let (vault, content) = try smallVault()
        let size = try vault.bytes().count
        #expect(size <= 8 * 4096 && size % 4096 == 0)
        var unnoticed: [Int] = []
        var misread: [Int] = []
        for offset in 0..<size {
            try vault.flip(offset)
            if vault.faults().isEmpty { unnoticed.append(offset) }
            if offset % 5 == 0 || offset < 200 {
                let found = read(vault)
                if found.code == SQLITE_OK && found != content { misread.append(offset) }
                if found == content { misread.append(offset) }
            }
            try vault.flip(offset)
        }
        #expect(unnoticed == [])
        #expect(misread == [])
        #expect(read(vault) == content)
        #expect(vault.faults() == [])
    }

    @Test("Damage reads as an I/O error of its own kind, and a page names its number")
    func codes() throws {
        let (vault, _) = try smallVault()
        try vault.flip(4096 + 17)
        #expect(read(vault).code == ioErrorData)
        #expect(
            vault.faults()
                == [PageEncryption.Fault(place: "database page", number: 2, code: ioErrorData)])
    }

    @Test("Pages that were swapped, doubled, zeroed, cut off or added are reported")
    func wholePages() throws {
        let (vault, content) = try smallVault(rows: 60)
        let intact = try vault.bytes()
        let pages = intact.count / 4096
        func page(_ index: Int) -> ArraySlice<UInt8> { intact[index * 4096..<(index + 1) * 4096] }
        func trial(_ label: String, readable: Bool = false, _ change: (inout [UInt8]) -> Void)
            throws
        {
            var bytes = intact
            change(&bytes)
            try vault.write(bytes)
            #expect(!vault.faults().isEmpty, "\(label)")
            let found = read(vault)
            #expect(
                readable ? found == content : found.code != SQLITE_OK, "\(label): \(found.code)")
        }
        for index in 1..<pages - 1 {
            try trial("swapped \(index)") {
                $0.replaceSubrange(index * 4096..<(index + 1) * 4096, with: page(index + 1))
                $0.replaceSubrange((index + 1) * 4096..<(index + 2) * 4096, with: page(index))
            }
            try trial("doubled \(index)") {
                $0.replaceSubrange((index + 1) * 4096..<(index + 2) * 4096, with: page(index))
            }
        }
        for index in 0..<pages {
            try trial("zeroed \(index)") { bytes in
                for offset in index * 4096..<(index + 1) * 4096 { bytes[offset] = 0 }
            }
            try trial("cut at \(index)") { $0.removeSubrange((index * 4096 + 300)...) }
        }
        try trial("bytes added", readable: true) { $0 += [1, 2, 3] }
        try trial("page added", readable: true) { $0 += page(1) }
        try vault.write(intact)
        #expect(read(vault) == content && vault.faults() == [])
    }

    @Test("A page of another vault under the same key does not fit")
    func pagesOfAnotherVault() throws {
        let (vault, _) = try smallVault()
        try PageEncryption.addKey(vault.key, forDatabaseAt: vault.path(of: "twin.db"))
        RawConnection(vault.path).run("VACUUM INTO '\(vault.path(of: "twin.db"))'")
        let twin = try vault.bytes(of: "twin.db")
        var bytes = try vault.bytes()
        bytes.replaceSubrange(4096..<8192, with: twin[4096..<8192])
        try vault.write(bytes)
        #expect(read(vault).code == ioErrorData)
        #expect(vault.faults().map(\.number) == [2])
    }

    @Test("A torn first page is healed by the log, as a power loss needs")
    func tornFirstPage() throws {
        let vault = try TemporaryVault()
        let connection = RawConnection(vault.path)
        connection.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
        connection.run("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)")
        connection.run("INSERT INTO t(body) VALUES ('kept')")
        try vault.crashCopy()
        for offset in stride(from: 512, to: 4096, by: 512) {
            var bytes = try vault.bytes(of: "vault.db")
            for place in offset..<4096 { bytes[place] = UInt8(truncatingIfNeeded: place) }
            try vault.write(bytes, to: "crashed.db")
            try vault.write(try vault.bytes(of: "vault.db-wal"), to: "crashed.db-wal")
            #expect(vault.faults("crashed.db") == [], "the log has the page")
            #expect(read(vault, "crashed.db") == .rows(["1|kept"]))
            #expect(vault.faults("crashed.db") == [])
        }
    }

    // MARK: - The log

    /// A vault whose log holds four transactions that are not in the database, and what it holds
    /// after each of them.
    private func vaultWithLog() throws -> (TemporaryVault, RawConnection, [RawConnection.Answer]) {
        let vault = try TemporaryVault()
        let connection = RawConnection(vault.path)
        connection.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
        connection.run("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)")
        connection.run("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA wal_autocheckpoint=0")
        var states = [connection.rows(Self.query)]
        for number in 1...4 {
            connection.run("INSERT INTO t VALUES (\(number), hex(zeroblob(\(number * 700))))")
            states.append(connection.rows(Self.query))
        }
        return (vault, connection, states)
    }

    @Test("Each flipped byte of the log is an error, or takes back the last transaction")
    func everyByteOfTheLog() throws {
        let (vault, connection, states) = try vaultWithLog()
        defer { connection.close() }
        try vault.crashCopy()
        let log = try vault.bytes(of: "crashed.db-wal")
        let database = try vault.bytes(of: "crashed.db")
        #expect(read(vault, "crashed.db") == states[4])
        let frames = (log.count - 32) / 4120
        #expect(frames >= 4)
        var wrong: [Int] = []
        var silentlyOlder: Set<Int> = []
        for offset in 0..<log.count {
            // All bytes of headers and seals, and a sample of each frame's ciphertext.
            let within = (offset - 32) % 4120
            if offset >= 32 && within >= 24 && within < 4080 && offset % 11 != 0 { continue }
            try vault.write(database, to: "crashed.db")
            try vault.write(log, to: "crashed.db-wal")
            try vault.flip(offset, in: "crashed.db-wal")
            let found = read(vault, "crashed.db")
            if found.code != SQLITE_OK || found == states[4] { continue }
            guard let state = states.firstIndex(of: found) else {
                wrong.append(offset)
                continue
            }
            silentlyOlder.insert(state)
        }
        #expect(wrong == [])
        // Nothing was written after the last transaction that could vouch for it.
        #expect(silentlyOlder.isSubset(of: [3]))
    }

    @Test("Damage in an earlier transaction of the log is an error and a fault, not an end")
    func lookAhead() throws {
        let (vault, connection, _) = try vaultWithLog()
        defer { connection.close() }
        try vault.crashCopy()
        try vault.flip(32 + 100, in: "crashed.db-wal")
        let fault = PageEncryption.Fault(place: "log frame", number: 1, code: ioErrorData)
        #expect(vault.faults("crashed.db") == [fault])
        #expect(read(vault, "crashed.db").code == ioErrorData)
        try vault.crashCopy()
        try vault.flip(17, in: "crashed.db-wal")
        #expect(vault.faults("crashed.db").map(\.place) == ["log header"])
        #expect(read(vault, "crashed.db").code == ioErrorData)
    }

    @Test("A flipped byte under an open connection is an error at the read and at the checkpoint")
    func liveLog() throws {
        let (vault, connection, states) = try vaultWithLog()
        let reader = RawConnection(vault.path)
        #expect(reader.rows("SELECT count(*) FROM t") == .rows(["4"]))
        let frames = (try vault.bytes(of: "vault.db-wal").count - 32) / 4120
        for frame in 0..<frames {
            try vault.flip(32 + frame * 4120 + 2000, in: "vault.db-wal")
            let late = RawConnection(vault.path)
            let found = late.rows(Self.query)
            #expect(found.code == ioErrorData || found == states[4])
            try vault.flip(32 + frame * 4120 + 2000, in: "vault.db-wal")
        }
        let last = 32 + (frames - 1) * 4120 + 2000
        try vault.flip(last, in: "vault.db-wal")
        #expect(connection.run("PRAGMA wal_checkpoint(TRUNCATE)") == ioErrorData)
        try vault.flip(last, in: "vault.db-wal")
        #expect(connection.run("PRAGMA wal_checkpoint(TRUNCATE)") == SQLITE_OK)
        #expect(connection.rows(Self.query) == states[4])
    }

    @Test("Frames that were swapped or taken from another log end the log or are errors")
    func swappedFrames() throws {
        let (vault, connection, states) = try vaultWithLog()
        defer { connection.close() }
        try vault.crashCopy()
        let log = try vault.bytes(of: "crashed.db-wal")
        let database = try vault.bytes(of: "crashed.db")
        let frames = (log.count - 32) / 4120
        func range(_ frame: Int) -> Range<Int> { 32 + frame * 4120..<32 + (frame + 1) * 4120 }
        for frame in 0..<frames - 1 {
            var bytes = log
            bytes.replaceSubrange(range(frame), with: log[range(frame + 1)])
            bytes.replaceSubrange(range(frame + 1), with: log[range(frame)])
            try vault.write(database, to: "crashed.db")
            try vault.write(bytes, to: "crashed.db-wal")
            let found = read(vault, "crashed.db")
            #expect(found.code != SQLITE_OK || states.contains(found), "frame \(frame)")
        }
    }
}
