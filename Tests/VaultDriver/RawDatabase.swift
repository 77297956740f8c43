import Foundation
import GRDB
import Vault
import VaultCrypto

/// The database of a vault, reached with the vault key alone: without header, slots and engine.
struct RawDatabase: ~Copyable {
    private let path: String
    private let key: SecretBytes

    /// - Throws: What reading the key file reports; `internalFault` without page encryption.
    init(_ options: DriverOptions) throws {
        try PageEncryption.register()
        let bytes = try Data(contentsOf: URL(filePath: options.secret))
        let vaultKey = SecretBytes(count: bytes.count) { $0.copyBytes(from: bytes) }
        path = options.vault
        key = vaultKey.subkey(context: "coffer database")
    }

    func run(_ work: DriverOptions.Work) throws {
        switch work {
        case .pages: try writePages()
        case .probe: try Lines.write("\(PageEncryption.probe(databaseAt: path, key: key))")
        case .rows(let table): try Lines.write(try rows(of: table))
        case .empty(let table):
            try withDatabase { db in
                try db.execute(sql: "DELETE FROM \(table.quotedDatabaseIdentifier)")
            }
        case .plainCopy(let file): try copy(to: file)
        case .plainDelete(let prefix): try delete(prefix)
        default: preconditionFailure("not a work on a database")
        }
    }

    private func writePages() throws {
        var out = Data()
        var failure: (any Error)?
        func flush() {
            do {
                try FileHandle.standardOutput.write(contentsOf: out)
            } catch { failure = failure ?? error }
            out.removeAll(keepingCapacity: true)
        }
        _ = try PageEncryption.readAll(databaseAt: path, key: key) { _, _, page in
            out.append(contentsOf: page)
            if out.count > 1 << 20 { flush() }
        }
        flush()
        if let failure { throw failure }
    }

    private func withDatabase<T>(_ body: (Database) throws -> T) throws -> T {
        try PageEncryption.addKey(key, forDatabaseAt: path)
        let queue = try DatabaseQueue(path: path)
        let result = Result { try queue.writeWithoutTransaction(body) }
        try queue.close()
        return try result.get()
    }

    private func rows(of table: String) throws -> Int {
        try withDatabase { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table.quotedDatabaseIdentifier)") ?? 0
        }
    }

    private func copy(to file: String) throws {
        try withDatabase { db in
            try db.execute(sql: "VACUUM INTO ?", arguments: ["file:\(file)?vfs=unix"])
        }
    }

    /// Freed pages keep what they had, as they do in stock SQLite.
    private func delete(_ prefix: String) throws {
        let messages = """
            SELECT num FROM message WHERE conversation IN
                (SELECT num FROM conversation WHERE source_id GLOB ?1)
            """
        let conversations = "SELECT num FROM conversation WHERE source_id GLOB ?1"
        try withDatabase { db in
            try db.execute(sql: "PRAGMA secure_delete = OFF")
            try db.inTransaction {
                for sql in [
                    "DELETE FROM part WHERE num >> 16 IN (\(messages))",
                    "DELETE FROM attachment_use WHERE message IN (\(messages))",
                    "DELETE FROM version WHERE message IN (\(messages))",
                    "DELETE FROM message WHERE num IN (\(messages))",
                    "DELETE FROM label WHERE conversation IN (\(conversations))",
                    "DELETE FROM conversation WHERE source_id GLOB ?1",
                ] { try db.execute(sql: sql, arguments: [prefix + "*"]) }
                for table in ["attachment_chunk WHERE num >> 24", "attachment WHERE num"] {
                    try db.execute(
                        sql: """
                            DELETE FROM \(table) NOT IN (SELECT attachment FROM attachment_use)
                            """)
                }
                return .commit
            }
        }
    }
}
