import JSONText
package import VaultCrypto

/// A turn that a policy kept from going to a model; it has no word of what was asked.
package struct RefusedTurn: Sendable, Equatable {
    package var provider: String
    package var host: String
    package var model: String
    /// The line of the policy: `residency.allow[1]`.
    package var rule: String
    /// Nil where it was refused before there was one.
    package var conversation: RecordID?

    package init(
        provider: String, host: String, model: String, rule: String, conversation: RecordID?
    ) {
        self.provider = provider
        self.host = host
        self.model = model
        self.rule = rule
        self.conversation = conversation
    }
}

extension Vault {
    /// Says in the audit log that a turn was refused.
    ///
    /// - Throws: What the database reports.
    package func logRefusedTurn(_ turn: RefusedTurn) throws(VaultError) {
        var record = AuditLog.Record(.turnRefused, object: turn.conversation?.description)
        record.document = [
            "host": .string(turn.host), "model": .string(turn.model),
            "provider": .string(turn.provider), "rule": .string(turn.rule),
        ]
        try log(record)
    }
}
