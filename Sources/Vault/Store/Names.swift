import Foundation
import GRDB

/// The shared words (models, custodians, labels…) by row number, remembered while a writer works.
///
/// Forget it at the end of the transaction: after a rollback, or a purge by another process, its
/// rows may be gone.
struct Names {
    private var known: [String: (text: String, num: Int64)] = [:]

    /// The row of a word, made now if it is new.
    mutating func num(of text: String, in db: Database) throws -> Int64 {
        // Strings of Swift are equal when only their form differs; to the database they are two.
        if let word = known[text], word.text.utf8.elementsEqual(text.utf8) { return word.num }
        let num = try Self.find(text, in: db) ?? Self.insert(text, in: db)
        known[text] = (text, num)
        return num
    }

    mutating func num(ofOptional text: String?, in db: Database) throws -> Int64? {
        guard let text else { return nil }
        return try num(of: text, in: db)
    }

    /// The forms in which a text that is the same to a reader may be stored: as it is, composed and
    /// decomposed.
    static func forms(of text: String) -> [String] {
        let others = [
            text.precomposedStringWithCanonicalMapping, text.decomposedStringWithCanonicalMapping,
        ]
        // Strings of Swift are equal when only their form differs.
        return others.reduce(into: [text]) { forms, other in
            guard !forms.contains(where: { $0.utf8.elementsEqual(other.utf8) }) else { return }
            forms.append(other)
        }
    }

    static func find(_ text: String, in db: Database) throws -> Int64? {
        try Int64.fetchOne(db, sql: "SELECT num FROM name WHERE text = ?", arguments: [text])
    }

    private static func insert(_ text: String, in db: Database) throws -> Int64 {
        try db.execute(sql: "INSERT INTO name (text) VALUES (?)", arguments: [text])
        return db.lastInsertedRowID
    }
}
