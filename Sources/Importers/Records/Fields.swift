import JSONText
import Vault

/// An object whose members are taken out one by one; what nobody took goes into `extra`.
///
/// A member of another type than asked for stays, so that nothing is lost when a field changes
/// its meaning between versions of an export.
struct Fields {
    private var members: [JSONObject.Member]

    init(_ object: JSONObject) { members = object.members }

    init?(_ value: JSON?) {
        guard let object = value?.object else { return nil }
        self.init(object)
    }

    /// Looks without taking.
    subscript(key: String) -> JSON? { members.first { $0.key == key }?.value }

    /// Takes a member whatever it is; JSON null counts as absent.
    mutating func any(_ key: String) -> JSON? { take(key) { $0.isNull ? nil : $0 } }

    mutating func string(_ key: String) -> String? { take(key) { $0.string } }

    /// Takes a string that has content; an empty one is dropped.
    mutating func text(_ key: String) -> String? {
        let value = string(key)
        return value?.isEmpty == true ? nil : value
    }

    mutating func array(_ key: String) -> [JSON]? { take(key) { $0.array } }
    mutating func object(_ key: String) -> JSONObject? { take(key) { $0.object } }
    mutating func bool(_ key: String) -> Bool? { take(key) { $0.bool } }

    /// Takes a time: text, or a number of seconds or milliseconds.
    mutating func instant(_ key: String) -> Instant? { take(key, Instant.init(json:)) }

    /// Puts a member back.
    mutating func put(_ key: String, _ value: JSON?) {
        guard let value else { return }
        members += ([key: value] as JSONObject).members
    }

    /// Drops a member that says nothing but what is known already.
    mutating func drop(_ key: String, where isKnown: (JSON) -> Bool) {
        members.removeAll { $0.key == key && isKnown($0.value) }
    }

    /// What was not taken, without nulls and empty containers, which say nothing.
    var rest: JSONObject {
        JSONObject(uncheckedMembers: members.filter { !$0.value.isVoid })
    }

    /// The rest as a value; `nil` when nothing is left.
    var restValue: JSON? {
        let rest = rest
        return rest.isEmpty ? nil : .object(rest)
    }

    private mutating func take<T>(_ key: String, _ convert: (JSON) -> T?) -> T? {
        guard let index = members.firstIndex(where: { $0.key == key }),
            let value = convert(members[index].value)
        else { return nil }
        members.remove(at: index)
        return value
    }
}

extension JSON {
    /// Null, `[]` or `{}`.
    var isVoid: Bool { isNull || array?.isEmpty == true || object?.isEmpty == true }
}

extension Instant {
    /// A time as exports write it: RFC 3339 text, seconds, or milliseconds.
    ///
    /// Milliseconds are from 1e11 on, which as seconds would be the year 5138. A number that cannot
    /// be true either way is taken for seconds, so that the year 9999 is reported as itself.
    init?(json: JSON) {
        if let text = json.string {
            self.init(text)
        } else if let number = json.double {
            let divided = abs(number) >= 1e11 ? Instant(seconds: number / 1000) : nil
            if let divided, divided.isPlausible {
                self = divided
            } else if let whole = Instant(seconds: number) ?? divided {
                self = whole
            } else {
                return nil
            }
        } else {
            return nil
        }
    }
}

extension Role {
    /// The role that a word of some export means; `nil` for a word that is nobody's.
    init?(word: String) {
        switch word.lowercased() {
        case "user", "human", "prompter", "customer", "client", "usr": self = .user
        case "assistant", "ai", "bot", "model", "gpt", "chatgpt", "claude", "agent", "sys":
            self = .assistant
        case "system", "developer": self = .system
        case "tool", "function", "tool_result": self = .tool
        default: return nil
        }
    }
}
