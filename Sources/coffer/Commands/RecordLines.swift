import JSONText
import Policy
import Vault
import VaultCrypto

/// Records for retention as JSON lines, one at a time.
///
/// Each line is an object: `id`, and as far as they are known `created`, `modified`, `labels`,
/// `labelled` (one time, or an object with a time for each label), `event`, `project`, `custodian`,
/// `origin`, `holds`, `graceUntil`, `retainFloor`, `approved`. Times are RFC 3339 with a zone; null
/// is not known. Empty lines are passed over. Another member is an error: a misspelt `holds` must
/// not free a record.
struct RecordLines {
    private static let longestLineBytes = 1 << 20

    private let source: BufferedSource
    private let name: String
    private var number = 0

    init(_ source: FileDescriptorSource, _ name: String) {
        self.source = BufferedSource(source)
        self.name = name
    }

    /// The next record; `nil` at the end.
    ///
    /// - Throws: `VaultError` that names the line.
    mutating func next() throws(VaultError) -> RetentionItem? {
        while let line = try source.readLine(limit: Self.longestLineBytes) {
            number += 1
            guard line.bytes.count <= Self.longestLineBytes else {
                throw fault("is longer than \(Figures.bytes(Int64(Self.longestLineBytes)))")
            }
            if line.bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            return try item(line.bytes)
        }
        return nil
    }

    private func fault(_ what: String) -> VaultError {
        VaultError(.badInput, "Line \(number) of \(name) \(what); correct it and start again.")
    }

    private func item(_ line: [UInt8]) throws(VaultError) -> RetentionItem {
        let object: JSONObject?
        do {
            object = try JSONReader.parse(line).object
        } catch {
            throw fault("is no JSON: \(error)")
        }
        guard let object else { throw fault("is no object in { }") }
        guard let id = object["id"]?.string, !id.isEmpty else {
            throw fault("has no `id`, which is text")
        }
        var item = RetentionItem(id: id)
        for member in object.members where !member.value.isNull {
            try take(member.key, member.value, into: &item)
        }
        return item
    }

    private func take(
        _ key: String, _ value: JSON, into item: inout RetentionItem
    ) throws(VaultError) {
        switch key {
        case "id": break
        case "created": item.created = try time(value, key)
        case "modified": item.modified = try time(value, key)
        case "event": item.event = try time(value, key)
        case "graceUntil": item.graceUntil = try time(value, key)
        case "retainFloor":
            let isForever = value == .string(Period.forever.description)
            item.retainFloor = isForever ? .never : .at(try time(value, key))
        case "labels": item.labels = try texts(value, key)
        case "holds": item.holds = try texts(value, key)
        case "labelled": item.labelled = try labelled(value, key)
        case "project": item.project = try text(value, key)
        case "custodian": item.custodian = try text(value, key)
        case "origin": item.origin = try text(value, key)
        case "approved":
            guard let isApproved = value.bool else {
                throw fault("has an `approved` that is neither true nor false")
            }
            item.isApproved = isApproved
        default: throw fault("has `\(key)`, which is not known")
        }
    }

    private func text(_ value: JSON, _ key: String) throws(VaultError) -> String {
        guard let text = value.string else { throw fault("has a `\(key)` that is no text") }
        return text
    }

    private func texts(_ value: JSON, _ key: String) throws(VaultError) -> [String] {
        guard let elements = value.array else { throw fault("has `\(key)` that are no list") }
        let texts = elements.compactMap(\.string)
        guard texts.count == elements.count else {
            throw fault("has `\(key)` with something that is no text")
        }
        return texts
    }

    /// RFC 3339: `Instant` takes more, such as a date alone, which does not say whose midnight.
    private func time(_ value: JSON, _ key: String) throws(VaultError) -> Int64 {
        guard let text = value.string, text.utf8.count >= 20, Self.hasZone(text),
            let instant = Instant(text)
        else {
            throw fault(
                "has a `\(key)` that is no time of RFC 3339, such as 2024-03-01T10:00:00Z")
        }
        return instant.milliseconds
    }

    private static func hasZone(_ text: String) -> Bool {
        let end = text.utf8.suffix(6)
        return end.last == UInt8(ascii: "Z") || end.last == UInt8(ascii: "z")
            || end.first == UInt8(ascii: "+") || end.first == UInt8(ascii: "-")
    }

    private func labelled(
        _ value: JSON, _ key: String
    ) throws(VaultError) -> RetentionItem.Labelled {
        guard let object = value.object else { return .at(try time(value, key)) }
        var times: [String: Int64] = [:]
        for member in object.members where !member.value.isNull {
            times[member.key] = try time(member.value, key)
        }
        return .each(times)
    }
}
