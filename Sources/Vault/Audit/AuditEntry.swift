import JSONText
package import VaultCrypto

/// The commitments that a transaction made: leaves of a tree of their own.
package struct CommittedMessages: Sendable, Equatable {
    package var count: Int
    /// RFC 6962 root over the commitments in the order of message numbers and versions.
    package var root: [UInt8]

    package init(count: Int, root: [UInt8]) {
        self.count = count
        self.root = root
    }
}

/// An entry of the audit log; `AuditLog` has the format of its line.
package struct AuditEntry: Sendable, Equatable {
    package var index: Int64
    /// The leaf hash of the entry before it; empty for the first.
    package var previous: [UInt8]
    package var event: AuditEvent
    package var time: Instant
    package var actor: String
    package var session: String
    /// What it is about: the id of a conversation, a hold, an export or a slot.
    package var object: String?
    package var messages: CommittedMessages?
    /// SHA-256 of the document's line.
    package var document: [UInt8]?
    /// Whole numbers, such as how many conversations.
    package var figures: [String: Int64] = [:]
    /// The entry that this one ends: the intent of a result.
    package var ends: Int64?

    /// The newest time of the log with this entry: the highest time of an entry, from the last
    /// `clock.accept` on.
    ///
    /// - Parameter earlier: The newest time before it.
    /// - Returns: The newest time with it.
    func newest(after earlier: Instant) -> Instant {
        event == .clockAccepted ? time : max(earlier, time)
    }

    /// The canonical line, without a line end.
    package var line: String {
        var object = JSONObject()
        object["actor"] = .string(actor)
        object["document"] = document.map { .string(Hex.text($0)) }
        object["ends"] = ends.map { .integer($0) }
        if !figures.isEmpty {
            var members = JSONObject()
            for (name, value) in figures { members[name] = .integer(value) }
            object["figures"] = .object(members)
        }
        object["messages"] = messages.map { messages in
            .object(["count": .integer(messages.count), "root": .string(Hex.text(messages.root))])
        }
        object["object"] = self.object.map(JSON.string)
        object["previous"] = previous.isEmpty ? nil : .string(Hex.text(previous))
        object["seq"] = .integer(index)
        object["session"] = .string(session)
        object["time"] = .string(time.description)
        object["type"] = .string(event.rawValue)
        object["v"] = .integer(AuditLog.version)
        return String(decoding: JSONWriter.canonical(.object(object)), as: UTF8.self)
    }

    /// Reads a line back.
    ///
    /// - Parameters:
    ///   - line: As `line` gives it.
    ///   - index: The number under which it is stored.
    /// - Throws: `damaged` unless the line is exactly the one that its entry has.
    package init(parsing line: String, at index: Int64) throws(VaultError) {
        guard let entry = Self.entry(line), entry.index == index, entry.line == line else {
            throw VaultError(
                .damaged, "Entry \(index) of the audit log is damaged; run `coffer audit verify`.")
        }
        self = entry
    }

    private static func entry(_ line: String) -> AuditEntry? {
        guard let object = (try? JSONReader.parse(line))?.object,
            object["v"]?.int == Int64(AuditLog.version), let index = object["seq"]?.int,
            let event = object["type"]?.string.flatMap(AuditEvent.init(rawValue:)),
            let time = object["time"]?.string.flatMap(Instant.init),
            let actor = object["actor"]?.string, let session = object["session"]?.string
        else { return nil }
        var entry = AuditEntry(
            index: index, previous: object["previous"]?.string.flatMap(Hex.bytes) ?? [],
            event: event, time: time, actor: actor, session: session)
        entry.object = object["object"]?.string
        entry.document = object["document"]?.string.flatMap(Hex.bytes)
        entry.ends = object["ends"]?.int
        for member in object["figures"]?.object?.members ?? [] {
            entry.figures[member.key] = member.value.int
        }
        if let messages = object["messages"] {
            guard let count = messages["count"]?.int,
                let root = messages["root"]?.string.flatMap(Hex.bytes)
            else { return nil }
            entry.messages = CommittedMessages(count: Int(count), root: root)
        }
        return entry
    }

    init(
        index: Int64, previous: [UInt8], event: AuditEvent, time: Instant, actor: String,
        session: String
    ) {
        self.index = index
        self.previous = previous
        self.event = event
        self.time = time
        self.actor = actor
        self.session = session
    }
}
