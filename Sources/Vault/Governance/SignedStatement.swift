package import VaultCrypto

/// Facts in one line of canonical JSON, and a note of the log's key over them: a C2SP signed note,
/// which `openssl pkeyutl` can check as it checks a checkpoint.
///
/// ```
/// coffer/<vault id>/<kind>
/// <Base64 of the SHA-256 of the facts>
/// <a sentence>
///
/// — coffer/<vault id> <Base64 of key id and signature>
/// ```
package struct SignedStatement: Sendable, Equatable {
    package enum Kind: String, Sendable {
        /// Records were destroyed: `DestructionFacts`.
        case destruction
        /// What a hold matched is still there: `HoldFacts`.
        case hold
    }

    package let kind: Kind
    /// The JSON line, without a line end.
    package let facts: String
    package let note: String

    init(kind: Kind, facts: String, note: String) {
        self.kind = kind
        self.facts = facts
        self.note = note
    }

    init(
        _ kind: Kind, facts: String, sentence: String, vault: RecordID, key: borrowing SigningKey
    ) throws(VaultError) {
        let origin = AuditCheckpoint.origin(of: vault)
        let digest = Base64.string(SHA256Digest.hash(utf8: facts))
        var note = try SignedNote(text: "\(origin)/\(kind.rawValue)\n\(digest)\n\(sentence)\n")
        try note.sign(with: key, name: origin)
        self.kind = kind
        self.facts = facts
        self.note = String(decoding: note.file, as: UTF8.self)
    }

    /// The sentence of the note, when it is signed by a vault's log key and about these facts.
    package func sentence(vault: RecordID, key: VerifyingKey) -> String? {
        let origin = AuditCheckpoint.origin(of: vault)
        guard let name = try? NoteKey(name: origin, key: key),
            let text = try? SignedNote(parsing: Array(note.utf8)).verify(by: [name]).text
        else { return nil }
        let lines = text.split(separator: "\n")
        guard lines.count == 3, lines[0] == "\(origin)/\(kind.rawValue)",
            lines[1] == Base64.string(SHA256Digest.hash(utf8: facts))
        else { return nil }
        return String(lines[2])
    }
}
