package import Policy
import VaultCrypto

/// What a purge is to do: what retention says is due, or what somebody selects.
package struct DisposalRequest: Sendable {
    package enum Selection: Sendable {
        /// Everything, of which goes what is due.
        case due
        case conversations([RecordID])
        /// What a filter and a query select, hidden conversations among them.
        case matching(ConversationFilter, query: String?)
        /// A data subject's request: all conversations of a custodian.
        case subject(String)
    }

    package var selection: Selection
    /// For the log and the certificate.
    package var reason: String?

    package init(_ selection: Selection, reason: String? = nil) {
        self.selection = selection
        self.reason = reason
    }

    /// What the rules of retention call it.
    var operation: RetentionOperation {
        switch selection {
        case .due: .sweep
        case .conversations, .matching: .purge
        case .subject: .erase
        }
    }
}

/// What a purge would do, conversation by conversation; nothing is done yet.
package struct DisposalPlan: Sendable {
    package struct Item: Sendable {
        package var conversation: RecordID
        package var messages: Int
        package var decision: Decision
    }

    /// What is to be destroyed.
    package var destroyed: [Item] = []
    /// What was selected, or is due by a rule, and stays.
    package var kept: [Item] = []
    /// Conversations that no rule makes due, of a sweep.
    package var notDue = 0
    /// Sentences about what cannot be relied on; while there is one, nothing is destroyed.
    package var faults: [String] = []

    package var messages: Int { destroyed.reduce(0) { $0 + $1.messages } }
}

/// What a purge did.
package struct DisposalReport: Sendable {
    package var conversations = 0
    package var messages = 0
    package var attachments = 0
    /// What was planned and stayed, because something changed in between.
    package var kept: [DisposalPlan.Item] = []
    /// Erasures that wait until nothing bars them.
    package var deferred: [RecordID] = []
    /// The entry of the audit log that says what was destroyed; `nil` when nothing was.
    package var entry: Int64?
}
