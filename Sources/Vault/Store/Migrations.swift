import GRDB
import VaultCrypto

/// Brings a database forward to the newest schema: `migrations/*.sql`, in order, each once.
///
/// `PRAGMA user_version` counts the files that were applied. All that are missing are applied in
/// one transaction. A database with more is a newer version's and is refused.
enum Migrations {
    /// The SQL files, oldest first; `VaultTests` compares the list with the folder.
    static let files: [[UInt8]] = [
        PackageResources._001_vault_sql,
        PackageResources._002_search_sql,
        PackageResources._003_index_sql,
        PackageResources._004_governance_sql,
        PackageResources._005_grace_sql,
        PackageResources._006_turns_sql,
        PackageResources._007_providers_sql,
        PackageResources._008_restored_sql,
        PackageResources._009_brought_sql,
    ]

    static func run(on pool: any DatabaseWriter, isNew: Bool) throws {
        let applied = try pool.read { db in try version(in: db) }
        // An empty file is a new vault only while one is being made; anywhere else it would hide
        // that the old content is gone.
        guard isNew || applied > 0 else {
            throw VaultError(
                .damaged, "The vault's database is empty; restore the vault from a backup.")
        }
        guard applied != files.count else { return }
        try pool.write { db in
            // Another process may have been faster.
            let applied = try version(in: db)
            guard applied <= files.count else {
                throw VaultError(
                    .newerFormat,
                    "This vault's database was written by a newer Coffer; update Coffer to open it."
                )
            }
            for file in files[applied...] {
                try db.execute(sql: String(decoding: file, as: UTF8.self))
            }
            try db.execute(sql: "PRAGMA user_version = \(files.count)")
        }
    }

    private static func version(in db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    }
}
