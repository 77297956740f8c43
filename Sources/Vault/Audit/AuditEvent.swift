/// What an entry of the audit log records; the raw value is the word in its line.
package enum AuditEvent: String, Sendable, CaseIterable {
    /// The log begins; it covers the messages that the vault had by then.
    case begin
    /// A digest of all that governs, so that opening a vault reads few entries.
    case state
    /// Messages were stored or changed by an import.
    case ingest
    case hide, restore
    /// Somebody named a conversation.
    case titled = "title.set"
    case labelAdded = "label.add"
    case labelRemoved = "label.remove"
    case policySet = "policy.set"
    case policyRemoved = "policy.remove"
    /// When the event happened that rules of start `event` wait for.
    case eventSet = "event.set"
    /// A person approved the destruction of a conversation.
    case approved = "review.approve"
    /// A data subject's erasure waits until nothing bars it.
    case erasureDeferred = "erase.defer"
    case holdPlaced = "hold.place"
    /// What came after its placing matched a hold. Its document names the conversations, and also
    /// those of as many `hold.match` documents before it as the figure `replaces` says.
    case holdMatched = "hold.match"
    case holdReleased = "hold.release"
    case holdProved = "hold.prove"
    case search, read
    case exportBegun = "export.begin"
    case exportEnded = "export.end"
    /// Records of an archive are about to be stored; `ingest` entries of the same session follow.
    case restoreBegun = "restore.begin"
    case restoreEnded = "restore.end"
    /// Archives that a key signed may be restored, or may not any more.
    case trustAdded = "trust.add"
    case trustRemoved = "trust.remove"
    case purgeIntended = "purge.intent"
    case purgeDone = "purge.result"
    case eraseIntended = "erase.intent"
    case eraseDone = "erase.result"
    case slotAdded = "slot.add"
    case slotRotated = "slot.rotate"
    case slotRemoved = "slot.remove"
    case unlock
    /// The log was verified and found whole; the figure `anchored` says with a checkpoint of how
    /// many entries.
    case verify
    /// A checkpoint left the vault.
    case anchor
    case providerSet = "provider.set"
    case providerRemoved = "provider.remove"
    /// A secret that a provider asks for was stored; the log names it and does not say it.
    case providerSecretSet = "provider.secret"
    /// A policy kept a turn from going to a model: which provider and host it was, and which rule.
    case turnRefused = "turn.refused"
    /// The clock was behind the newest entry.
    case clock
    /// A clock that is behind the newest entry was accepted as right: `Vault.acceptClock`.
    case clockAccepted = "clock.accept"
    /// Something was refused by policy or hold.
    case refused

    /// Whether it changes what governs.
    var governs: Bool {
        switch self {
        case .policySet, .policyRemoved, .holdPlaced, .holdMatched, .holdReleased, .purgeIntended,
            .purgeDone, .eraseIntended, .eraseDone, .approved, .erasureDeferred, .clockAccepted,
            .trustAdded, .trustRemoved:
            true
        case .begin, .state, .ingest, .hide, .restore, .titled, .labelAdded, .labelRemoved,
            .eventSet, .holdProved, .search, .read, .exportBegun, .exportEnded, .restoreBegun,
            .restoreEnded, .slotAdded, .slotRotated, .slotRemoved, .providerSet, .providerRemoved,
            .providerSecretSet, .turnRefused, .unlock, .verify, .anchor, .clock, .refused:
            false
        }
    }
}
