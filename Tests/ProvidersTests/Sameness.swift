import JSONText

/// JSON values that say the same: members in any order, numbers by their value.
enum Sameness {
    static func holds(_ one: JSON?, _ other: JSON?) -> Bool {
        one.map(form) == other.map(form)
    }

    /// The value in one form.
    static func form(_ value: JSON) -> JSON {
        switch value {
        case .number: return value.double.map { .number("\($0)") } ?? value
        case .array(let elements): return .array(elements.map(form))
        case .object(let object):
            var sorted = JSONObject()
            for member in object.canonicalMembers { sorted[member.key] = form(member.value) }
            return .object(sorted)
        default: return value
        }
    }

    /// Without members that are null, as the official clients print values.
    static func withoutNulls(_ value: JSON) -> JSON {
        switch value {
        case .array(let elements): return .array(elements.map(withoutNulls))
        case .object(let object):
            var kept = JSONObject()
            for member in object.members where !member.value.isNull {
                kept[member.key] = withoutNulls(member.value)
            }
            return .object(kept)
        default: return value
        }
    }
}
