import JSONText
import VaultCrypto

// For whom an encrypted archive is, as the signed part says.
//
// Whoever opens an archive can encrypt it anew to others, unseen by its signatures. So the identity
// that opened it has to be that of a recipient whom `meta/export.json` names, and there are as many
// recipients as it names; a passphrase opens only what was encrypted under one. An archive that was
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
        if !named.contains(recipient.description) {
            faults.add("", "it is encrypted to somebody whom meta/export.json does not name")
        } else if named.count != opening.stanzas {
            faults.add(
                "",
                "it is encrypted to \(opening.stanzas.counted("recipient")), and meta/export.json "
                    + "names \(named.count.grouped)")
        }
    }
}
