import JSONText
package import Vault

/// Says of an archive that it is one of several, into which one export was split.
///
/// `meta/export.json` has it as `group`, and `bag-info.txt` as BagIt says (RFC 8493, 2.2.2):
/// `Bag-Group-Identifier` and `Bag-Count`. Each conversation is in one archive of the group, whole;
/// the conversations of archive N come before those of archive N + 1.
package struct ArchiveGroup: Sendable, Hashable {
    /// More archives than this are not made: somebody has to handle them.
    package static let maximumCount = 999

    package let id: RecordID
    /// From 1.
    package let number: Int
    /// How many archives there are.
    package let count: Int
    /// Of all of them together.
    package let conversations: Int
    /// Of all of them together.
    package let messages: Int

    package init(id: RecordID, number: Int, count: Int, conversations: Int, messages: Int) {
        self.id = id
        self.number = number
        self.count = count
        self.conversations = conversations
        self.messages = messages
    }

    /// - Returns: `nil` for what cannot be.
    init?(_ json: JSON) {
        guard let id = json["id"]?.string.flatMap({ RecordID($0) }),
            let number = json["number"]?.int, let count = json["count"]?.int,
            let conversations = json["conversations"]?.int, let messages = json["messages"]?.int,
            (1...Int64(Self.maximumCount)).contains(count), (1...count).contains(number),
            conversations >= 0, messages >= 0
        else { return nil }
        self.init(
            id: id, number: Int(number), count: Int(count), conversations: Int(conversations),
            messages: Int(messages))
    }

    var json: JSON {
        .object([
            "id": .string(id.description), "number": .integer(number), "count": .integer(count),
            "conversations": .integer(conversations), "messages": .integer(messages),
        ])
    }

    /// The value of `Bag-Count`.
    package var place: String { "\(number) of \(count)" }

    /// What a copy of one of its archives says of the others; `archive 2 of 3 of one export`
    /// stands before it.
    package var othersMissing: String {
        let rest = count - 1
        return "the other \(rest == 1 ? "archive is" : "\(rest) archives are") not in this copy"
    }

    /// Its lines of `bag-info.txt`.
    var bagInfo: [String] {
        ["Bag-Group-Identifier: \(id)", "Bag-Count: \(place)"]
    }

    /// What tells the names of its archives apart: `-002-of-014`.
    var suffix: String { Self.suffix(number, of: count) }

    /// How the names of its other archives end, for people: `-001-of-003 and -003-of-003`.
    var otherSuffixes: String {
        let others = (1...count).filter { $0 != number }.map { Self.suffix($0, of: count) }
        guard others.count > 2 else { return others.joined(separator: " and ") }
        return "\(Self.suffix(1, of: count)) to \(Self.suffix(count, of: count))"
    }

    static func suffix(_ number: Int, of count: Int) -> String {
        func digits(_ value: Int) -> String {
            String(repeating: "0", count: max(0, 3 - String(value).count)) + String(value)
        }
        return "-\(digits(number))-of-\(digits(count))"
    }
}
