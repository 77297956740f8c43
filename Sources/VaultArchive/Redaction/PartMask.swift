import JSONText
import Vault
import VaultCrypto

/// Makes the copy of a part in which texts are masked.
struct PartMask {
    private let search: TextSearch

    /// - Parameters:
    ///   - search: How texts are searched.
    ///   - rules: The rules that match the part.
    init(search: TextSearch, rules: [RedactionRules.TextRule]) {
        var search = search
        search.rules = rules
        self.search = search
    }

    /// The part without salt and without what matches; `nil` where a mark would not be enough.
    func copy(of part: JSONObject) throws(VaultError) -> JSONObject? {
        // What a file says cannot be masked here.
        guard part["attachment"] == nil else { return nil }
        let bare = part.without(["salt"])
        var copy = bare
        for member in ["data", "name", "text"] {
            guard let value = copy[member] else { continue }
            guard let masked = try masked(value) else { return nil }
            copy[member] = masked
        }
        return copy == bare ? nil : copy
    }

    /// The value with marks in its strings; `nil` where a number or a member's name matches, or a
    /// string has to go as a whole.
    private func masked(_ value: JSON) throws(VaultError) -> JSON? {
        switch value {
        case .null, .bool: return value
        case .string(let text):
            switch try search.mask(text) {
            case .unchanged: return value
            case .marked(let marked): return .string(marked)
            case .whole: return nil
            }
        case .number(let digits):
            return try search.mask(digits) == .unchanged ? value : nil
        case .array(let elements):
            var result: [JSON] = []
            for element in elements {
                guard let masked = try masked(element) else { return nil }
                result.append(masked)
            }
            return .array(result)
        case .object(let object):
            var result = JSONObject()
            for member in object.members {
                guard try search.mask(member.key) == .unchanged,
                    let masked = try masked(member.value)
                else { return nil }
                result[member.key] = masked
            }
            return .object(result)
        }
    }
}
