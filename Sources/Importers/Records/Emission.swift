import JSONText
package import Vault
import VaultCrypto

/// What an import yields.
package enum ImportEvent: Sendable {
    case conversation(ImportedConversation)
    case skipped(SkippedRecord)
}

/// Receives what an importer finds.
typealias Emit = (ImportEvent) throws(VaultError) -> Void

/// Checks a conversation before it leaves the importers.
///
/// 1. Dates are plausible, and values are not nested so deep that an archive of them, which puts
///    them into other values, could not be read; a message that has another is left out and its
///    children hang on its parent, a conversation that has it itself is left out.
/// 2. Ids are unique: a second message under the same id gets a number behind it.
/// 3. Parents form no cycle.
struct Emission {
    /// So many levels may a value have; real exports stay below 40.
    static let deepestValue = 200

    private var conversation: ImportedConversation
    private let place: String
    private var skipped: [SkippedRecord] = []

    /// Checks and emits.
    ///
    /// - Parameters:
    ///   - conversation: The conversation.
    ///   - place: Where it was found.
    ///   - emit: Takes the conversation, then what was left out of it.
    /// - Throws: What `emit` throws.
    static func send(
        _ conversation: ImportedConversation, at place: String, _ emit: Emit
    ) throws(VaultError) {
        var emission = Emission(conversation: conversation, place: place)
        if let reason = flaw(of: conversation) {
            return try emit(.skipped(.init(place: place, reason: reason, isConversation: true)))
        }
        let hadMessages = !conversation.messages.isEmpty
        emission.leaveOutFlawed()
        emission.makeUnique()
        emission.breakCycles()
        if hadMessages, emission.conversation.messages.isEmpty {
            let first = emission.skipped.first?.reason ?? ""
            let reason = "None of its messages could be imported. \(first)"
            return try emit(.skipped(.init(place: place, reason: reason, isConversation: true)))
        }
        try emit(.conversation(emission.conversation))
        for record in emission.skipped { try emit(.skipped(record)) }
    }

    // MARK: What cannot be kept

    /// Why a conversation cannot be kept, whatever its messages are.
    private static func flaw(of conversation: ImportedConversation) -> String? {
        flaw(of: [conversation.created, conversation.modified])
            ?? flaw(of: [.object(conversation.extra)])
    }

    private static func flaw(of message: ImportedMessage) -> String? {
        flaw(of: [message.created])
            ?? flaw(of: [.object(message.extra), message.usage.map(JSON.object)])
            ?? message.parts.lazy.compactMap { flaw(of: [$0.part.data]) }.first
    }

    private static func flaw(of dates: [Instant?]) -> String? {
        dates.compactMap(\.self).first { !$0.isPlausible }
            .map { "Its date, \($0), cannot be true." }
    }

    private static func flaw(of values: [JSON?]) -> String? {
        values.compactMap(\.self).contains { $0.isNested(deeperThan: deepestValue) }
            ? "It has values that are nested more than \(deepestValue) levels deep." : nil
    }

    private mutating func leaveOutFlawed() {
        var parents: [String: String?] = [:]
        var places: Set<Int> = []
        for (index, message) in conversation.messages.enumerated() {
            guard let reason = Self.flaw(of: message) else { continue }
            places.insert(index)
            parents[message.originID] = .some(message.parent)
            skipped.append(
                .init(
                    place: "\(place), message \(message.originID)", reason: reason,
                    isConversation: false))
        }
        if parents.isEmpty { return }
        conversation.messages = conversation.messages.enumerated().filter {
            !places.contains($0.offset)
        }.map(\.element)
        // What one message's way led to is that of all on it: a long chain is walked once.
        var ends: [String: String?] = [:]
        func surviving(_ id: String?) -> String? {
            var path: [String] = []
            var next = id
            while let current = next, let parent = parents[current] {
                if let end = ends[current] {
                    next = end
                    break
                }
                // Whoever comes to it again goes round in a circle, which leads nowhere.
                ends[current] = .some(nil)
                path.append(current)
                next = parent
            }
            for passed in path { ends[passed] = .some(next) }
            return next
        }
        for index in conversation.messages.indices {
            conversation.messages[index].parent = surviving(conversation.messages[index].parent)
        }
        conversation.current = surviving(conversation.current)
    }

    private mutating func makeUnique() {
        var seen = Set<String>(minimumCapacity: conversation.messages.count)
        // How often an id was there: to begin anew with each would take the square of the messages.
        var counts: [String: Int] = [:]
        for index in conversation.messages.indices {
            let id = conversation.messages[index].originID
            var candidate = id
            var count = counts[id] ?? 1
            while !seen.insert(candidate).inserted {
                count += 1
                candidate = "\(id)#\(count)"
            }
            counts[id] = count
            if count > 1 { conversation.messages[index].originID = candidate }
        }
        if let current = conversation.current, !seen.contains(current) {
            conversation.extra["current"] = .string(current)
            conversation.current = nil
        }
    }

    private mutating func breakCycles() {
        var indexOf: [String: Int] = [:]
        for (index, message) in conversation.messages.enumerated() {
            indexOf[message.originID] = index
        }
        // 0 not seen, 1 on the path that is being walked, 2 known to end in a root.
        var state = [UInt8](repeating: 0, count: conversation.messages.count)
        for start in conversation.messages.indices where state[start] == 0 {
            var path: [Int] = []
            var next: Int? = start
            while let index = next, state[index] == 0 {
                state[index] = 1
                path.append(index)
                next = conversation.messages[index].parent.flatMap { indexOf[$0] }
            }
            if let index = next, state[index] == 1 { cut(index) }
            for index in path { state[index] = 2 }
        }
    }

    private mutating func cut(_ index: Int) {
        let parent = conversation.messages[index].parent
        conversation.messages[index].extra["parent"] = parent.map(JSON.string)
        conversation.messages[index].parent = nil
    }
}
