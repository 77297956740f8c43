/// How an age file was opened.
package struct AgeOpening: Sendable, Hashable {
    /// Whose identity opened it; `nil` where a passphrase did.
    package var recipient: AgeRecipient?
    /// For how many recipients its header has a stanza, of whatever kind.
    package var stanzas: Int
    /// The tags of its stanzas for SSH keys (`AgeAddressee.tag`), in the header's order; an X25519
    /// stanza says nothing of its recipient.
    package var sshTags: [String]

    init(recipient: AgeRecipient?, _ header: AgeHeader) {
        self.recipient = recipient
        stanzas = header.stanzas.count
        sshTags = header.stanzas.compactMap(AgeSSH.tag)
    }
}
