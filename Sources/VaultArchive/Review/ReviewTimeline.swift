import Vault

/// The messages of a conversation, of all its branches, in the order of time.
///
/// A message that the source gives no time has that of the one before it, else the conversation's.
/// Messages of one time stand in the order of the tree.
struct ReviewTimeline {
    struct Entry {
        /// Its position in the conversation's order.
        var message: Int
        var parent: Int?
        var time: Instant
        /// Where the time is from when the source gives none.
        var undated: String?
    }

    private(set) var entries: [Entry] = []

    init(_ archived: ArchivedConversation) {
        let tree = MessageTree(archived.messages, current: archived.conversation.current)
        var pending = tree.roots.reversed().map { (index: $0, parent: Entry?.none) }
        while let next = pending.popLast() {
            let entry = Self.entry(next.index, archived, parent: next.parent)
            entries.append(entry)
            pending += tree.children[next.index].reversed().map { ($0, entry) }
        }
        entries = entries.enumerated()
            .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
            .map(\.element)
    }

    private static func entry(
        _ index: Int, _ archived: ArchivedConversation, parent: Entry?
    ) -> Entry {
        var entry = Entry(
            message: index, parent: parent?.message, time: archived.conversation.imported)
        let conversation = archived.conversation
        if let created = archived.messages[index].created {
            entry.time = created
        } else if let parent {
            entry.time = parent.time
            entry.undated = "the source gives no time; this is that of the message before it"
        } else if let created = conversation.created {
            entry.time = created
            entry.undated = "the source gives no time; this is when the conversation began"
        } else if let modified = conversation.modified {
            entry.time = modified
            entry.undated = "the source gives no time; this is when the conversation last changed"
        } else {
            entry.undated = "the source gives no time; this is when it came into the vault"
        }
        return entry
    }
}
