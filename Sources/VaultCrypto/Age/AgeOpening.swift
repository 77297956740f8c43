/// How an age file was opened.
package struct AgeOpening: Sendable, Hashable {
    /// Whose identity opened it; `nil` where a passphrase did.
    package var recipient: AgeRecipient?
    /// For how many recipients its header has a stanza, of whatever kind.
    package var stanzas: Int

    package init(recipient: AgeRecipient?, stanzas: Int) {
        self.recipient = recipient
        self.stanzas = stanzas
    }
}
