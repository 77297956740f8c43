import Vault

/// What an archive's first page says about its records, gathered while they pass.
///
/// Memory is bounded: a count for each day from 1990 to 2199 at most, a bounded number of names of
/// bounded length, and the rows of one page of the list.
struct ArchiveOverview {
    /// Messages by day, in days since 1970-01-01 UTC.
    private(set) var days: [Int64: Int] = [:]
    /// Messages without a date, or with one that cannot be true.
    private(set) var undatedMessages = 0
    private(set) var custodians = Names()
    /// By the model that a message names; answers that name none are under the empty name.
    private(set) var models = Names()
    private(set) var sources = Names()
    /// Conversations that their user had hidden.
    private(set) var hidden = 0
    /// The rows of the first conversations, seen from the top of the archive.
    private(set) var rows = HTMLBuffer()
    private(set) var listed = 0

    mutating func add(_ archived: ArchivedConversation) {
        let conversation = archived.conversation
        let amount = Amount(conversations: 1, messages: archived.messages.count)
        custodians.add(conversation.custodian, amount)
        sources.add(conversation.origin.source, amount)
        if conversation.isHidden { hidden += 1 }
        var byModel: [String: Int] = [:]
        for message in archived.messages {
            if let created = message.created, created.isPlausible {
                days[created.day, default: 0] += 1
            } else {
                undatedMessages += 1
            }
            if message.role == .assistant || message.model != nil {
                byModel[message.model ?? "", default: 0] += 1
            }
        }
        for (model, messages) in byModel.sorted(by: { $0.key < $1.key }) {
            models.add(model, Amount(conversations: 1, messages: messages))
        }
        guard listed < ListPages.rowsPerPage else { return }
        listed += 1
        ListPages.row(
            conversation, messages: archived.messages.count, folder: ArchiveName.pages, into: &rows)
    }

    /// How many conversations and messages have something in common.
    struct Amount: Equatable {
        var conversations = 0
        var messages = 0

        static func += (left: inout Amount, right: Amount) {
            left.conversations += right.conversations
            left.messages += right.messages
        }
    }

    /// Amounts by name.
    struct Names {
        /// No list that a person reads is longer, and no hostile one fills the memory.
        static let maximum = 10_000
        private static let maximumBytes = 300

        private(set) var amounts: [String: Amount] = [:]
        /// What came under names beyond the bound.
        private(set) var beyond = Amount()

        mutating func add(_ name: String, _ amount: Amount) {
            let name = Self.head(of: name)
            guard amounts.count < Self.maximum || amounts[name] != nil else {
                return beyond += amount
            }
            amounts[name, default: Amount()] += amount
        }

        /// As much of a name as is kept: whole code points of at most 300 bytes.
        private static func head(of name: String) -> String {
            guard name.utf8.count > maximumBytes else { return name }
            var head = String.UnicodeScalarView()
            var count = 0
            for scalar in name.unicodeScalars {
                count += scalar.utf8.count
                if count > maximumBytes { break }
                head.append(scalar)
            }
            return String(head) + "…"
        }

        /// The names with most messages, and what all others have together.
        func ranked(most count: Int) -> (names: [(name: String, amount: Amount)], rest: Amount) {
            let sorted = amounts.sorted { first, second in
                let (one, other) = (first.value.messages, second.value.messages)
                return one == other ? first.key < second.key : one > other
            }
            var rest = beyond
            for (_, amount) in sorted.dropFirst(count) { rest += amount }
            return (sorted.prefix(count).map { ($0.key, $0.value) }, rest)
        }
    }
}

extension Instant {
    private static let dayMilliseconds: Int64 = 86_400_000

    /// The day since 1970-01-01 in UTC; only for plausible times, which are later.
    var day: Int64 { milliseconds / Self.dayMilliseconds }

    /// The beginning of a day.
    init(day: Int64) { self.init(milliseconds: day * Self.dayMilliseconds) }
}
