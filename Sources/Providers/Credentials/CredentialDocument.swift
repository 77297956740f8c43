import Foundation
import JSONText

/// A JSON object of a file, an answer or a program, with one sentence for whatever is wrong with
/// it.
struct CredentialDocument {
    let object: JSONObject
    /// Subject of the sentences: `The file …` or `The answer of …`.
    let name: String

    /// Reads an object.
    ///
    /// - Parameters:
    ///   - bytes: JSON text.
    ///   - name: Where it comes from.
    /// - Throws: `malformed`.
    init(_ bytes: [UInt8], _ name: String) throws(CredentialError) {
        guard let value = try? JSONReader.parse(bytes) else {
            throw CredentialError(.malformed, "\(name) is not JSON; get a new one.")
        }
        guard let object = value.object else {
            throw CredentialError(.malformed, "\(name) is not a JSON object; get a new one.")
        }
        self.init(object, name)
    }

    init(_ object: JSONObject, _ name: String) {
        self.object = object
        self.name = name
    }

    private func fault(_ key: String, _ what: String) -> CredentialError {
        CredentialError(.malformed, "\(name) has no \(what) \"\(key)\"; get a new one.")
    }

    /// A text that must be there.
    func text(_ key: String) throws(CredentialError) -> String {
        guard let text = try optional(key) else { throw fault(key, "text") }
        return text
    }

    /// A text that may be absent, null or empty.
    func optional(_ key: String) throws(CredentialError) -> String? {
        guard let value = object[key], !value.isNull else { return nil }
        guard let text = value.string, text.utf8.count <= 65_536,
            !text.utf8.contains(where: { $0 == 0 })
        else { throw fault(key, "plain text") }
        return text.isEmpty ? nil : text
    }

    /// A secret that must be there and fit into a header.
    func secret(_ key: String) throws(CredentialError) -> Secret {
        let secret = Secret(try text(key))
        guard secret.fitsHeader else { throw fault(key, "token") }
        return secret
    }

    /// A name that goes into a header, and may be absent.
    func word(_ key: String) throws(CredentialError) -> String? {
        guard let text = try optional(key) else { return nil }
        guard text.utf8.count <= 256, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw fault(key, "word")
        }
        return text
    }

    func optionalSecret(_ key: String) throws(CredentialError) -> Secret? {
        try optional(key) == nil ? nil : try secret(key)
    }

    /// A whole number, also where it is written as a text, as Azure does.
    func integer(_ key: String) throws(CredentialError) -> Int64? {
        guard let value = object[key], !value.isNull else { return nil }
        guard let number = value.int ?? value.string.flatMap({ Int64($0) }) else {
            throw fault(key, "whole number")
        }
        return number
    }

    /// A moment, RFC 3339.
    func moment(_ key: String) throws(CredentialError) -> Date? {
        guard let text = try optional(key) else { return nil }
        guard let date = CredentialTime.date(text) else { throw fault(key, "time") }
        return date
    }

    /// A member that is an object.
    func member(_ key: String) throws(CredentialError) -> CredentialDocument? {
        guard let value = object[key], !value.isNull else { return nil }
        guard let object = value.object else { throw fault(key, "object") }
        return CredentialDocument(
            object,
            "\"\(key)\" of \(name.prefix(1).lowercased())"
                + name.dropFirst())
    }

    /// An object of texts, such as headers.
    func texts(_ key: String) throws(CredentialError) -> [(name: String, value: String)] {
        guard let document = try member(key) else { return [] }
        var result: [(name: String, value: String)] = []
        for member in document.object.members {
            result.append((member.key, try document.text(member.key)))
        }
        return result
    }
}

extension Surroundings {
    /// A file of settings or of a credential is never longer.
    static let fileLimitBytes = 1 << 20

    /// The bytes of a file.
    ///
    /// - Parameter path: Its path; `~/` is the home directory.
    /// - Returns: All of them.
    /// - Throws: `unreadable`, or `absent` where there is no such file.
    func file(_ path: String) throws(CredentialError) -> [UInt8] {
        do {
            return try files.read(environment.resolved(path), maximumBytes: Self.fileLimitBytes)
        } catch {
            let kind: CredentialError.Kind = error == .missing ? .absent : .unreadable
            throw CredentialError(kind, "The file \(path) \(error.clause).")
        }
    }

    /// The same; nil where there is no such file.
    func fileIfPresent(_ path: String) throws(CredentialError) -> [UInt8]? {
        do {
            return try file(path)
        } catch  where error.kind == .absent {
            return nil
        }
    }

    /// A file with a JSON object.
    func document(_ path: String) throws(CredentialError) -> CredentialDocument {
        try CredentialDocument(try file(path), "The file \(path)")
    }

    /// A file that holds a token and white space around it.
    func token(_ path: String) throws(CredentialError) -> Secret {
        try Secret.token(try file(path), "The file \(path)")
    }

    /// What a program printed.
    func output(of call: ProgramCall) async throws(CredentialError) -> [UInt8] {
        do {
            return try await programs.run(call)
        } catch {
            throw CredentialError(.unreadable, "The program \(call.path) \(error.clause).")
        }
    }
}

extension Secret {
    /// A token with white space around it.
    ///
    /// - Parameters:
    ///   - bytes: What was read.
    ///   - name: Where it comes from; the subject of a sentence.
    /// - Returns: The token.
    /// - Throws: `malformed`.
    static func token(_ bytes: [UInt8], _ name: String) throws(CredentialError) -> Secret {
        let text = String(decoding: bytes, as: UTF8.self)
        let token = Secret(text.trimmingCharacters(in: .whitespacesAndNewlines))
        guard token.isToken else {
            throw CredentialError(.malformed, "\(name) does not hold one token; get a new one.")
        }
        return token
    }
}

/// Moments as credentials write them: RFC 3339, and `UTC` for `Z`, as older tools of AWS do.
enum CredentialTime {
    static func date(_ text: String) -> Date? {
        let utf8 = Array(text.utf8)
        guard utf8.count >= 20, utf8[4] == 0x2D, utf8[7] == 0x2D, utf8[13] == 0x3A,
            utf8[16] == 0x3A, utf8[10] == 0x54 || utf8[10] == 0x20
        else { return nil }
        let places = [0..<4, 5..<7, 8..<10, 11..<13, 14..<16, 17..<19]
        let numbers = places.compactMap { digits(utf8[$0]) }
        guard numbers.count == 6, (1...12).contains(numbers[1]), (1...31).contains(numbers[2]),
            numbers[3] < 24, numbers[4] < 60, numbers[5] <= 60
        else { return nil }
        var rest = utf8[19...]
        if rest.first == 0x2E { rest = rest.dropFirst().drop { (0x30...0x39).contains($0) } }
        guard let offset = offsetSeconds(String(decoding: rest, as: UTF8.self)) else { return nil }
        let day = days(numbers[0], numbers[1], numbers[2])
        let seconds = day * 86_400 + numbers[3] * 3600 + numbers[4] * 60 + numbers[5]
        return Date(timeIntervalSince1970: Double(seconds - offset))
    }

    private static func digits(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(String(decoding: bytes, as: UTF8.self))
    }

    private static func offsetSeconds(_ text: String) -> Int? {
        if ["Z", "z", "UTC"].contains(text) { return 0 }
        let plain = text.filter { $0 != ":" }
        guard plain.count == 5, let sign = plain.first, "+-".contains(sign),
            let number = digits(Array(plain.utf8)[1...]), number % 100 < 60, number < 2400
        else { return nil }
        return (number / 100 * 3600 + number % 100 * 60) * (sign == "-" ? -1 : 1)
    }

    /// Days since 1970-01-01 of the Gregorian calendar.
    ///
    /// Source: Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let ofEra = year % 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return year / 400 * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }
}
