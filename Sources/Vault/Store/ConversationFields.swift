import JSONText
import VaultCrypto

/// What is said of a conversation beside its messages, and how two imports of it are one.
///
/// The newer export wins field by field, and nothing is dropped. What another import said stays in
/// `extra.earlier`, a list of `{"created","custodian","extra","imported","modified","project",
/// "title"}`, absent members left out: `imported` is the time of the import that said or replaced
/// these values, `modified` the time of the state that they belong to. No value is there twice.
struct ConversationFields {
    var title: String?
    var custodian: String?
    var project: String?
    var created: Instant?
    var modified: Instant?
    var extra: JSONObject

    /// Members of `extra` that grow: lists of which every import brings some elements.
    private static let growing: Set<String> = ["earlier", "lines"]

    /// These fields, which are stored, together with those of another import.
    ///
    /// Custodian and time of creation stay as they were first stored.
    ///
    /// - Parameters:
    ///   - other: What the import says.
    ///   - isOlder: Whether it shows an earlier state than the stored one.
    ///   - now: The time of the import.
    /// - Returns: What is to be stored.
    func merged(with other: ConversationFields, isOlder: Bool, now: Instant) -> ConversationFields {
        let (newer, older) = isOlder ? (self, other) : (other, self)
        var merged = self
        merged.title = newer.title ?? older.title
        merged.project = newer.project ?? older.project
        merged.created = created ?? other.created
        merged.custodian = custodian ?? other.custodian
        merged.modified = [modified, other.modified].compactMap { $0 }.max()
        var replaced = JSONObject()
        replaced["title"] = Self.text(older.title, unless: merged.title)
        replaced["project"] = Self.text(older.project, unless: merged.project)
        let (extra, hidden) = Self.merge(older.extra, into: newer.extra, isOlder: isOlder)
        merged.extra = extra
        replaced["extra"] = hidden.isEmpty ? nil : .object(hidden)
        merged.setAside(replaced, modified: older.modified, now: now)
        var passedOver = JSONObject()
        passedOver["custodian"] = Self.text(other.custodian, unless: merged.custodian)
        if other.created != merged.created {
            passedOver["created"] = (other.created?.description).map(JSON.string)
        }
        merged.setAside(passedOver, modified: other.modified, now: now)
        return merged
    }

    /// `extra` as canonical text.
    var extraText: String {
        String(decoding: JSONWriter.canonical(.object(extra)), as: UTF8.self)
    }

    // Strings of Swift are also equal when only their Unicode form differs; these compare bytes.

    /// Whether nothing differs.
    func isSame(as other: ConversationFields) -> Bool {
        func bytes(_ fields: ConversationFields) -> [[UInt8]?] {
            [fields.custodian, fields.project, fields.extraText].map { $0.map { Array($0.utf8) } }
        }
        return hasTitle(of: other) && bytes(self) == bytes(other) && created == other.created
            && modified == other.modified
    }

    func hasTitle(of other: ConversationFields) -> Bool {
        title.map { Array($0.utf8) } == other.title.map { Array($0.utf8) }
    }

    private static func text(_ text: String?, unless shown: String?) -> JSON? {
        guard let text, shown.map({ $0.utf8.elementsEqual(text.utf8) }) != true else { return nil }
        return .string(text)
    }

    /// Members of both objects, and those of the older one that the newer one's hide.
    private static func merge(
        _ older: JSONObject, into newer: JSONObject, isOlder: Bool
    ) -> (members: JSONObject, hidden: JSONObject) {
        var members = newer.members
        var hidden: [JSONObject.Member] = []
        var places: [String: Int] = [:]
        for (place, member) in members.enumerated() { places[member.key] = place }
        for member in older.members {
            guard let place = places[member.key] else {
                members.append(member)
                continue
            }
            if growing.contains(member.key) {
                // What is stored keeps its order.
                members[place].value =
                    isOlder
                    ? union(members[place].value, member.value)
                    : union(member.value, members[place].value)
            } else if !isContained(member.value, in: members[place].value) {
                hidden.append(member)
            }
        }
        return (JSONObject(uncheckedMembers: members), JSONObject(uncheckedMembers: hidden))
    }

    /// The elements of both lists: each as often as in the one that has it more often.
    private static func union(_ first: JSON, _ second: JSON) -> JSON {
        var elements = first.array ?? [first]
        var count: [[UInt8]: Int] = [:]
        for element in elements { count[JSONWriter.canonical(element), default: 0] += 1 }
        for element in second.array ?? [second] {
            let line = JSONWriter.canonical(element)
            if let left = count[line], left > 0 {
                count[line] = left - 1
            } else {
                elements.append(element)
            }
        }
        return elements.count == 1 ? first : .array(elements)
    }

    /// Whether a value says nothing that another one does not say: the same, a list that has grown
    /// at its end, an object that has more members.
    private static func isContained(_ value: JSON, in other: JSON) -> Bool {
        switch (value, other) {
        case (.array(let elements), .array(let others)):
            return elements.count <= others.count
                && zip(elements, others).allSatisfy { isSame($0, $1) }
        case (.object(let object), .object(let other)):
            var values: [String: JSON] = [:]
            for member in other.members { values[member.key] = member.value }
            return object.members.allSatisfy { member in
                values[member.key].map { isContained(member.value, in: $0) } ?? false
            }
        default: return isSame(value, other)
        }
    }

    private static func isSame(_ value: JSON, _ other: JSON) -> Bool {
        JSONWriter.canonical(value) == JSONWriter.canonical(other)
    }

    /// Notes values in `extra.earlier` that do not stand there yet.
    private mutating func setAside(_ values: JSONObject, modified: Instant?, now: Instant) {
        var values = values
        let known = extra["earlier"].map { $0.array ?? [$0] } ?? []
        for entry in known {
            for member in values.members where member.key != "extra" {
                if let value = entry[member.key], Self.isSame(value, member.value) {
                    values[member.key] = nil
                }
            }
            guard let hidden = values["extra"]?.object else { continue }
            let rest = hidden.members.filter { member in
                entry["extra"]?[member.key].map { !Self.isContained(member.value, in: $0) } ?? true
            }
            values["extra"] =
                rest.isEmpty ? nil : .object(JSONObject(uncheckedMembers: rest))
        }
        guard !values.isEmpty else { return }
        values["imported"] = .string(now.description)
        values["modified"] = (modified?.description).map(JSON.string)
        extra["earlier"] = .array(known + [.object(values)])
    }
}
