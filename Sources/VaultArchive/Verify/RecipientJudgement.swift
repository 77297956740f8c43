import JSONText
import VaultCrypto

// For whom an encrypted archive is, as the signed part says.
//
// Whoever opens an archive can encrypt it anew to others, unseen by its signatures. What can be
// seen of it is compared:
//
// 1. the identity that opened it is that of a recipient whom `meta/export.json` names; a passphrase
//    opens only what was encrypted under one;
// 2. there are as many recipients as it names;
// 3. those with SSH keys are the same, as the tags of 4 bytes say that stanzas for such keys have.
//
// An X25519 stanza says nothing of its recipient: somebody who opened an archive can put another
// X25519 recipient into the place of one whom it names, and that is not found. An archive that was
// made in the clear names nobody, and one that somebody decrypted is as it was signed: neither is
// wrong.
extension BagChecker {
    /// Whom `meta/export.json` names, when it is as it was signed: `age1…`, `ssh-…`, `passphrase`.
    var recipients: [String] {
        guard isIntact(ArchiveName.export), let said = export?["recipients"] else { return [] }
        return said.string.map { [$0] } ?? (said.array ?? []).compactMap(\.string)
    }

    mutating func checkRecipients() {
        guard let opening, isIntact(ArchiveName.export), export?["recipients"] != nil else {
            return
        }
        let named = recipients
        guard let recipient = opening.recipient else {
            if named != ["passphrase"] {
                faults.add("", "a passphrase opens it, and meta/export.json names recipients")
            }
            return
        }
        let tags = named.compactMap { (try? AgeAddressee($0))?.tag }
        if !named.contains(recipient.description) {
            faults.add("", "it is encrypted to somebody whom meta/export.json does not name")
        } else if named.count != opening.stanzas {
            faults.add(
                "",
                "it is encrypted to \(opening.stanzas.counted("recipient")), and meta/export.json "
                    + "names \(named.count.grouped)")
        } else if tags.sorted() != opening.sshTags.sorted() {
            faults.add("", "it is encrypted to other SSH keys than meta/export.json names")
        }
    }
}
