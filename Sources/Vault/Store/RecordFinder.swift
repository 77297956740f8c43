import GRDB
import VaultCrypto

/// Finds records by what a person types.
struct RecordFinder {
    let db: Database

    /// Shortest beginning of an id that is looked up.
    private static let minimumDigits = 4

    /// Whether a text can be an id or the beginning of one that is long enough.
    static func isBeginning(_ text: String) -> Bool {
        let digits = text.filter { $0 != "-" }
        return (minimumDigits...32).contains(digits.count)
            && digits.utf8.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
    }

    /// The ids that begin with what was typed.
    private func range(_ text: String) throws -> (low: [UInt8], high: [UInt8]) {
        let digits = text.lowercased().filter { $0 != "-" }
        guard digits.count >= Self.minimumDigits, digits.count <= 32,
            let low = Hex.bytes(digits.padding(to: 32, with: "0")),
            let high = Hex.bytes(digits.padding(to: 32, with: "f"))
        else {
            throw VaultError(
                .notFound,
                "\(text) is not an id; give at least \(Self.minimumDigits) digits of one that "
                    + "`coffer list` or `coffer search` shows.")
        }
        return (low, high)
    }

    func message(matching text: String) throws -> RecordID {
        let (low, high) = try range(text)
        let rows = try Row.fetchAll(
            db, sql: "SELECT id FROM message WHERE id BETWEEN ? AND ? LIMIT 2",
            arguments: [low.databaseValue, high.databaseValue])
        guard let id = rows.first?.id("id") else {
            throw VaultError(
                .notFound, "No message has the id \(text); `coffer show` prints them.")
        }
        guard rows.count == 1 else {
            throw VaultError(.badInput, "Several ids begin with \(text); give more digits.")
        }
        return id
    }

    func conversation(matching text: String) throws -> RecordID {
        let (low, high) = try range(text)
        let owners = try owners(from: low, through: high)
        guard let first = owners.first else {
            throw VaultError(
                .notFound, "No conversation or message has the id \(text); `coffer list` shows ids."
            )
        }
        guard owners.count == 1 else {
            throw VaultError(
                .badInput, "Several ids begin with \(text); give more digits.")
        }
        return first
    }

    /// Conversations with their own id or a message's in a range; at most a few, as more than one
    /// is all that is asked.
    private func owners(from low: [UInt8], through high: [UInt8]) throws -> Set<RecordID> {
        let range: StatementArguments = [low.databaseValue, high.databaseValue]
        let own = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT id FROM conversation WHERE id BETWEEN ? AND ? LIMIT 2"),
            arguments: range)
        let nums = try Int64.fetchAll(
            db.cachedStatement(
                sql: "SELECT DISTINCT conversation FROM message WHERE id BETWEEN ? AND ? LIMIT 2"),
            arguments: range)
        var owners = Set(own.compactMap { $0.id("id") })
        for num in nums {
            let row = try Row.fetchOne(
                db.cachedStatement(sql: "SELECT id FROM conversation WHERE num = ?"),
                arguments: [num])
            if let id = row?.id("id") { owners.insert(id) }
        }
        return owners
    }

    /// The beginning of a conversation's id that names it alone: 8 digits, or as many groups of the
    /// UUID and digits of the next as it takes.
    func shortID(of id: RecordID) throws -> String {
        let text = id.description
        for count in [8, 13, 18, 20, 22, 23] {
            let digits = text.prefix(count).filter { $0 != "-" }
            guard let low = Hex.bytes(digits.padding(to: 32, with: "0")),
                let high = Hex.bytes(digits.padding(to: 32, with: "f"))
            else { break }
            if try owners(from: low, through: high).count == 1 { return String(text.prefix(count)) }
        }
        return text
    }
}

extension String {
    fileprivate func padding(to count: Int, with digit: Character) -> String {
        self + String(repeating: digit, count: Swift.max(0, count - self.count))
    }
}
