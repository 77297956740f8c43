import Foundation
import GRDB
import Testing
import VaultCrypto

@testable import Vault

@Suite struct StoreTests {
    @Test func `commits are synced in full and the log does not fold itself`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        try vault.store.pool.writeWithoutTransaction { db in
            func pragma(_ name: String) throws -> String? {
                try String.fetchOne(db, sql: "PRAGMA \(name)")
            }
            let found = try [
                "synchronous", "wal_autocheckpoint", "journal_mode", "temp_store", "secure_delete",
            ].map(pragma)
            #expect(found == ["2", "0", "wal", "2", "1"])
        }
    }

    @Test func `the log is emptied when it has grown long and is gone after closing`() throws {
        let test = try TestVault()
        let vault = try test.create()
        let log = vault.store.path + "-wal"
        func size() -> Int {
            (try? FileManager.default.attributesOfItem(atPath: log)[.size] as? Int) ?? 0
        }
        var largest = 0
        for round in 0..<30 {
            let text = String(repeating: "some words \(round) ", count: 60_000)
            try vault.ingest([conversation("c\(round)", texts: [text])])
            largest = max(largest, size())
        }
        #expect(largest > 1 << 20)
        #expect(largest < 40 << 20)
        try vault.close()
        #expect(!FileManager.default.fileExists(atPath: log))
    }

    @Test func `a full disk is called so, also where only the log's index found no room`() {
        for code in [ResultCode.SQLITE_FULL, .SQLITE_IOERR_SHMSIZE] {
            #expect(DatabaseFault.vaultError(DatabaseError(resultCode: code)).code == .noSpace)
        }
        let other = DatabaseFault.vaultError(DatabaseError(resultCode: .SQLITE_IOERR_READ))
        #expect(other.code == .inputOutput)
    }

    @Test func `another process in the way is called so, also while it makes the log readable`() {
        // SQLITE_PROTOCOL comes when another process pauses in the middle of that, or is slow.
        for code in [ResultCode.SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL] {
            let error = DatabaseError(resultCode: code)
            #expect(DatabaseFault.vaultError(error).code == .busy)
        }
    }
}
