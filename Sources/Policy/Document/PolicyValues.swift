import JSONText

/// Takes values out of a policy's JSON, and collects what is wrong with them.
///
/// Each function answers `nil` where it has noted a fault, so that reading goes on and one pass
/// finds all of them.
struct PolicyValues {
    static let mostElements = 10_000
    static let longestTextCharacters = 200

    private let places: JSONPlaces
    private var collected: [PolicyFault] = []

    init(_ places: JSONPlaces) { self.places = places }

    /// In the order of the text.
    var faults: [PolicyFault] {
        collected.enumerated()
            .sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }
            .map(\.element)
    }

    /// Notes a fault at a value, or at the nearest one around it that is there.
    mutating func note(_ path: String, _ fault: String) {
        collected.append(PolicyFault(line: places.line(of: path), path: path, fault: fault))
    }

    /// An object with no other members than these.
    mutating func object(_ value: JSON, _ path: String, keys: [String]) -> JSONObject? {
        guard let object = value.object else {
            note(path, "has to be an object, in { }, with \(Self.list(keys, "and"))")
            return nil
        }
        for member in object.members where !keys.contains(member.key) {
            note(
                JSONPlaces.path(path, member.key),
                "is not known; take it away, or write one of \(Self.list(keys, "and"))")
        }
        return object
    }

    /// A member that has to be there.
    mutating func required(
        _ object: JSONObject, _ key: String, _ path: String, _ remedy: String
    ) -> JSON? {
        if let value = object[key] { return value }
        note(JSONPlaces.path(path, key), "is missing; \(remedy)")
        return nil
    }

    mutating func elements(_ value: JSON, _ path: String, of things: String) -> [JSON]? {
        guard let elements = value.array else {
            note(path, "has to be a list of \(things), in [ ]")
            return nil
        }
        guard elements.count <= Self.mostElements else {
            note(path, "has \(elements.count) \(things); leave at most \(Self.mostElements)")
            return nil
        }
        return elements
    }

    /// Text that is not empty.
    mutating func text(_ value: JSON, _ path: String) -> String? {
        guard let text = value.string else {
            note(path, "has to be text, in quotes")
            return nil
        }
        guard !text.allSatisfy(\.isWhitespace) else {
            note(path, "is empty; write what is meant, or take it away")
            return nil
        }
        guard text.count <= Self.longestTextCharacters else {
            note(path, "is longer than \(Self.longestTextCharacters) characters; shorten it")
            return nil
        }
        return text
    }

    /// A list of such texts; empty where the member is absent.
    mutating func texts(_ object: JSONObject, _ key: String, _ path: String) -> [String]? {
        guard let value = object[key] else { return [] }
        let path = JSONPlaces.path(path, key)
        guard let elements = elements(value, path, of: key) else { return nil }
        let texts = elements.enumerated().map { text($0.element, "\(path)[\($0.offset)]") }
        return texts.contains(nil) ? nil : texts.compactMap(\.self)
    }

    /// `true` or `false`; the latter where the member is absent.
    mutating func flag(_ object: JSONObject, _ key: String, _ path: String) -> Bool? {
        guard let value = object[key] else { return false }
        if let flag = value.bool { return flag }
        note(JSONPlaces.path(path, key), "has to be true or false, without quotes")
        return nil
    }

    /// One of the words of a type.
    mutating func word<Word: RawRepresentable<String> & CaseIterable>(
        _ value: JSON, _ path: String, _ type: Word.Type
    ) -> Word? {
        if let word = value.string.flatMap(Word.init) { return word }
        note(path, "has to be \(Self.list(Word.allCases.map { "\"\($0.rawValue)\"" }, "or"))")
        return nil
    }

    /// A duration.
    mutating func span(_ value: JSON, _ path: String) -> CalendarSpan? {
        guard let text = text(value, path) else { return nil }
        do {
            return try CalendarSpan(text)
        } catch {
            note(path, "\(Self.quoted(text)) \(error.sentence)")
            return nil
        }
    }

    /// What somebody wrote, cut where it is long.
    static func quoted(_ text: String) -> String {
        text.count <= 40 ? "\"\(text)\"" : "\"\(text.prefix(40))…\""
    }

    /// `a, b and c`.
    static func list(_ words: [String], _ conjunction: String) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " \(conjunction) \(last)"
    }
}
