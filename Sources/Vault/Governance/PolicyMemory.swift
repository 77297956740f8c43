import GRDB
import JSONText
import Policy
import Synchronization
import VaultCrypto

/// Policies of the audit log as they were understood, each once for each open vault.
///
/// Entries of the log name a document by its hash, so that what was read under a hash stays true.
final class PolicyMemory: Sendable {
    private let known = Mutex<[AuditDocument: PolicyDocument]>([:])

    /// A policy that the log has.
    ///
    /// - Throws: `damaged` for a document that is missing or another one; `PolicyFaults` for a
    ///   policy that cannot be understood here, which is tried again the next time.
    func policy(_ document: AuditDocument, in db: Database) throws -> PolicyDocument {
        if let policy = known.withLock({ $0[document] }) { return policy }
        let json = JSONWriter.canonical(.object(try document.policy(in: db)))
        let policy = try PolicyDocument.read(json, timeZoneFile: TimeZoneFolder.file)
        known.withLock { $0[document] = policy }
        return policy
    }
}
