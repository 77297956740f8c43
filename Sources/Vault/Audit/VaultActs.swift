import Foundation
package import JSONText
package import VaultCrypto

/// How an export ended.
package enum ExportEnd: Sendable {
    /// With SHA-256 of the tag manifest of each archive, which stands for all of it.
    case written(conversations: Int, messages: Int, attachments: Int, tagManifests: [[UInt8]])
    /// Nothing was written, or it was not finished.
    case failed
}

// Acts that change no record and leave an entry in the audit log all the same.
extension Vault {
    /// Says that an archive is about to be written.
    ///
    /// - Parameters:
    ///   - name: The last part of the archive's path.
    ///   - selection: What was asked for, in words that people chose.
    ///   - reason: Why, as somebody said.
    /// - Returns: The entry, which `logExportEnd` ends.
    /// - Throws: What the database reports; then nothing may be written.
    package func logExportBegin(
        _ name: String, of selection: JSONObject, reason: String?
    ) throws(VaultError) -> Int64 {
        var record = AuditLog.Record(.exportBegun)
        var document: JSONObject = ["output": .string(name), "selection": .object(selection)]
        document["reason"] = reason.map(JSON.string)
        record.document = document
        return try log(record)
    }

    /// Says how an export ended.
    package func logExportEnd(_ end: ExportEnd, of begun: Int64) throws(VaultError) {
        var record = AuditLog.Record(.exportEnded)
        record.ends = begun
        switch end {
        case .written(let conversations, let messages, let attachments, let digests):
            record.figures = [
                "attachments": Int64(attachments), "conversations": Int64(conversations),
                "messages": Int64(messages),
            ]
            let texts = digests.map { JSON.string(Hex.text($0)) }
            record.document =
                texts.count == 1 ? ["tagManifest": texts[0]] : ["tagManifests": .array(texts)]
        case .failed: record.figures = ["conversations": 0, "messages": 0]
        }
        try log(record)
    }

    /// Says that the log was verified and found whole.
    package func logVerification(_ findings: AuditFindings) throws(VaultError) {
        var record = AuditLog.Record(.verify)
        record.figures = ["entries": Int64(findings.entries), "messages": findings.messages]
        if case .anchored(let size) = findings.anchor { record.figures["anchored"] = Int64(size) }
        try log(record)
    }

    // MARK: Reading

    /// Whether somebody else than the owner of the vault's folder uses it; also where that cannot
    /// be told.
    var isUsedByAnother: Bool {
        var status = stat()
        guard unsafe lstat(layout.directory, &status) == 0 else { return true }
        return status.st_uid != auditor.user
    }

    /// Logs that a conversation is read; where its reader owns the vault, only counts it.
    package func logRead(of conversation: RecordID) throws(VaultError) {
        guard isUsedByAnother else { return auditor.uses?.note(.read) ?? () }
        try log(AuditLog.Record(.read, object: conversation.description))
    }

    /// Logs a search, its words in the document only; where its owner searches, only counts it.
    package func logSearch(_ query: String) throws(VaultError) {
        guard isUsedByAnother else { return auditor.uses?.note(.search) ?? () }
        var record = AuditLog.Record(.search)
        record.document = ["query": .string(query)]
        try log(record)
    }
}
