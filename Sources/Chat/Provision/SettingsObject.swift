import Foundation
import JSONText
import Providers
import Vault
import VaultCrypto

/// A JSON object of settings that is read strictly: the first member that is wrong ends it, with
/// one sentence that names it and says what to do.
struct SettingsObject {
    let object: JSONObject
    /// The place of the object, as `models[0]`; empty for the settings as a whole.
    let path: String
    /// Whose settings they are, for the sentence.
    let provider: String

    /// - Parameters:
    ///   - value: The settings.
    ///   - path: Their place.
    ///   - provider: Whose they are.
    ///   - keys: The members that there may be.
    ///   - ownKeys: Those that only Coffer writes; nobody is told to write one.
    /// - Throws: `badInput` for another value than an object, and for a member that is not known.
    init(
        _ value: JSON, at path: String, of provider: String, keys: [String],
        ownKeys: [String] = []
    ) throws(VaultError) {
        self.path = path
        self.provider = provider
        guard let object = value.object else {
            self.object = JSONObject()
            throw fault("", "has to be an object, in { }, with \(Self.words(keys))")
        }
        self.object = object
        for member in object.members where !(keys + ownKeys).contains(member.key) {
            throw fault(
                member.key, "is not known there; take it away, or write one of \(Self.words(keys))")
        }
    }

    /// The error about a member.
    func fault(_ key: String, _ what: String) -> VaultError {
        let place = [path, key].filter { !$0.isEmpty }.joined(separator: ".")
        let subject = place.isEmpty ? "Its settings" : place
        return VaultError(
            .badInput, "The provider \(provider) cannot be used. \(subject) \(what).")
    }

    /// `a, b and c`.
    static func words(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " and \(last)"
    }

    // MARK: Values

    /// Text that is not empty; nil where the member is absent.
    func text(_ key: String) throws(VaultError) -> String? {
        guard let value = object[key] else { return nil }
        guard let text = value.string, !text.allSatisfy(\.isWhitespace), text.utf8.count <= 1000,
            text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { throw fault(key, "has to be text on one line, in quotes") }
        return text
    }

    func requiredText(_ key: String, _ remedy: String) throws(VaultError) -> String {
        guard let text = try text(key) else { throw fault(key, "is missing; \(remedy)") }
        return text
    }

    func flag(_ key: String) throws(VaultError) -> Bool {
        guard let value = object[key] else { return false }
        guard let flag = value.bool else {
            throw fault(key, "has to be true or false, without quotes")
        }
        return flag
    }

    /// A whole number within bounds; nil where the member is absent.
    func number(_ key: String, _ bounds: ClosedRange<Int>) throws(VaultError) -> Int? {
        guard let value = object[key] else { return nil }
        guard let number = value.int.flatMap({ Int(exactly: $0) }), bounds.contains(number) else {
            throw fault(
                key,
                "has to be a whole number from \(bounds.lowerBound) to \(bounds.upperBound), "
                    + "without quotes")
        }
        return number
    }

    /// A price: not negative, below a million.
    func price(_ key: String) throws(VaultError) -> Decimal? {
        guard let value = object[key] else { return nil }
        guard case .number(let digits) = value,
            let price = Decimal(string: digits, locale: Locale(identifier: "en_US_POSIX")),
            price >= 0, price < 1_000_000
        else { throw fault(key, "has to be a price per million tokens, a number without quotes") }
        return price
    }

    /// One of the words of a type; nil where the member is absent.
    func word<Word: RawRepresentable<String> & CaseIterable>(
        _ key: String, _ type: Word.Type
    ) throws(VaultError) -> Word? {
        guard let value = object[key] else { return nil }
        guard let word = value.string.flatMap(Word.init) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw fault(key, "has to be one of these words: \(words)")
        }
        return word
    }

    func list(_ key: String) throws(VaultError) -> [JSON] {
        guard let value = object[key] else { return [] }
        guard let list = value.array, list.count <= 1000 else {
            throw fault(key, "has to be a list, in [ ], of at most 1000 elements")
        }
        return list
    }

    func texts(_ key: String) throws(VaultError) -> [String] {
        let list = try list(key)
        let texts = list.compactMap(\.string)
        guard texts.count == list.count, texts.allSatisfy({ !$0.isEmpty }) else {
            throw fault(key, "has to be a list of texts, in quotes")
        }
        return texts
    }

    /// A member that is an object; nil where it is absent.
    func member(_ key: String, keys: [String]) throws(VaultError) -> SettingsObject? {
        guard let value = object[key] else { return nil }
        let place = path.isEmpty ? key : "\(path).\(key)"
        return try SettingsObject(value, at: place, of: provider, keys: keys)
    }

    /// An absolute path.
    func absolutePath(_ key: String) throws(VaultError) -> String? {
        guard let path = try text(key) else { return nil }
        guard path.hasPrefix("/") || path.hasPrefix("~/") else {
            throw fault(key, "has to be a path that begins with /")
        }
        return path
    }

    /// An address with a path.
    func address(_ key: String) throws(VaultError) -> BaseURL? {
        guard let text = try text(key) else { return nil }
        do {
            return try BaseURL(text)
        } catch {
            throw fault(key, error.clause)
        }
    }
}
