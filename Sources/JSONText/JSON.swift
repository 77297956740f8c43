/// A JSON value that loses nothing: members keep their order and numbers keep their digits.
///
/// `JSONReader` makes it from bytes, `JSONWriter` turns it into bytes.
package indirect enum JSON: Sendable, Hashable {
    case null
    case bool(Bool)
    /// The number's text as it was read, for instance `1.7e9`.
    case number(String)
    case string(String)
    case array([JSON])
    case object(JSONObject)

    /// A whole number.
    package static func integer(_ value: some BinaryInteger) -> JSON { .number(String(value)) }
}

/// The members of a JSON object in the order of the source; a key occurs once.
package struct JSONObject: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    package struct Member: Sendable, Hashable {
        package var key: String
        package var value: JSON
    }
    package private(set) var members: [Member] = []

    package init() {}

    /// Takes members whose keys are known to differ; `JSONReader` has checked them.
    package init(uncheckedMembers members: [Member]) { self.members = members }

    package init(dictionaryLiteral elements: (String, JSON)...) {
        for (key, value) in elements { self[key] = value }
    }

    package var isEmpty: Bool { members.isEmpty }
    package var count: Int { members.count }

    /// The member's value; setting `nil` removes it, a new key goes to the end.
    ///
    /// Linear in the number of members: for large objects build a dictionary.
    package subscript(key: String) -> JSON? {
        get { members.first { $0.key == key }?.value }
        set {
            let index = members.firstIndex { $0.key == key }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(key: key, value: value))
            case (nil, nil): break
            }
        }
    }

    /// The same members without those named: what is left when the known fields were taken out.
    package func without(_ keys: Set<String>) -> JSONObject {
        JSONObject(uncheckedMembers: members.filter { !keys.contains($0.key) })
    }
}

// Views of a value as one kind; `nil` when it is of another.
extension JSON {
    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
    package var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    package var isNull: Bool { self == .null }
    package var double: Double? { if case .number(let text) = self { Double(text) } else { nil } }
    /// A whole number, also when it is written as `12.0` or `1e3`; `nil` outside `Int64`.
    package var int: Int64? {
        guard case .number(let text) = self else { return nil }
        if let whole = Int64(text) { return whole }
        guard let value = Double(text), value.rounded() == value else { return nil }
        return Int64(exactly: value)
    }
    /// The member of an object.
    package subscript(key: String) -> JSON? { object?[key] }

    /// Whether a value within stands more than so many levels deep; the value itself is level 0.
    package func isNested(deeperThan levels: Int) -> Bool {
        guard levels >= 0 else { return true }
        return switch self {
        case .array(let values): values.contains { $0.isNested(deeperThan: levels - 1) }
        case .object(let object):
            object.members.contains { $0.value.isNested(deeperThan: levels - 1) }
        default: false
        }
    }
}
