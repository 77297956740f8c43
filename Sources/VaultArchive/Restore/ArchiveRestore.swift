import JSONText
package import Vault
package import VaultCrypto

/// Brings an archive back into a vault.
///
/// 1. The archive is verified as `ArchiveVerifier` does; its records and the attachments that the
///    vault does not have are kept meanwhile (`KeptFiles`). A fault ends it.
/// 2. The key that signed it must be trusted by the vault.
/// 3. Every record is read and compared with what the vault would give back; a redacted archive, or
///    one that cannot be stored byte for byte, ends it.
/// 4. Conversations are stored in batches, each in one transaction with its entries of the audit
///    log: interrupted, it is repeated, and goes on where it was.
///
/// Nothing is written before step 4. Memory holds one conversation and one batch.
package enum ArchiveRestore {
    package struct Request {
        package var path: String
        /// What opens an encrypted archive.
        package var key: ArchiveKey?
        /// Whether everything is only tried.
        package var isDryRun = false
        package var limits = ArchiveVerifier.Limits()

        package init(_ path: String) { self.path = path }
    }

    package enum Outcome {
        /// The archive has faults; nothing was written.
        case faults(ArchiveVerifier.Result)
        case restored(Restored)
    }

    package struct Restored {
        package var source: RestoreSource
        package var report: RestoreReport
        /// Of which group the archive is one: the others have the rest of the same export.
        package var group: ArchiveGroup?
        /// Attached files that the archive's records name and that it lacks; a vault may have them.
        package var missingFiles: Int
        /// Whether it was stopped before its end; what the report says is stored all the same.
        package var isStopped: Bool
    }

    /// How far the storing is.
    package struct Step {
        /// Messages that were taken, of so many.
        package var messages: Int
        package var total: Int
        /// What is durable.
        package var report: RestoreReport
    }

    /// Restores an archive.
    ///
    /// - Parameters:
    ///   - request: Which one, and how.
    ///   - vault: Where it goes.
    ///   - hooks: Progress and cancellation.
    ///   - onStep: Called after each conversation that was taken.
    /// - Returns: What was found wrong, or what was done.
    /// - Throws: What verifying throws; `refused` for a redacted archive and for a signer that is
    ///   not trusted, `unsupported`, `cancelled` before anything was written, and what the database
    ///   reports.
    package static func run(
        _ request: Request, into vault: Vault, hooks: ArchiveExport.Hooks = .init(),
        onStep: (Step) -> Void = { _ in }
    ) throws(VaultError) -> Outcome {
        let archive = try RestorableArchive(for: vault)
        var result = try verify(request, hooks, archive)
        guard result.isValid, let signer = result.signer, let tagManifest = result.tagManifest
        else { return .faults(result) }
        result.faults = try archive.misnamed()
        guard result.isValid else { return .faults(result) }
        try archive.load()
        let source = RestoreSource(
            bag: result.bag ?? "", vault: archive.source, signer: signer, tagManifest: tagManifest)
        if result.withheld != nil { throw RestoredRecord.redacted }
        try vault.requireTrust(in: source, isDryRun: request.isDryRun)
        try archive.loadMarks()
        try archive.forEach { (_) throws(VaultError) in
            if hooks.isCancelled() {
                throw VaultError(.cancelled, "Stopped before anything was restored.")
            }
        }
        let restoration = try vault.beginRestoration(of: source, isDryRun: request.isDryRun) {
            (reference) throws(VaultError) in try archive.content(of: reference)
        }
        var step = Step(messages: 0, total: result.messages, report: restoration.report)
        let isStopped = try store(archive, with: restoration, hooks) { count in
            step.messages += count
            step.report = restoration.report
            onStep(step)
        }
        return .restored(
            Restored(
                source: source, report: restoration.report, group: result.member?.group,
                missingFiles: result.missingFiles, isStopped: isStopped))
    }

    private static func verify(
        _ request: Request, _ hooks: ArchiveExport.Hooks, _ archive: RestorableArchive
    ) throws(VaultError) -> ArchiveVerifier.Result {
        do {
            return try ArchiveVerifier.verify(
                request.path, key: request.key, signer: nil, limits: request.limits, hooks: hooks,
                keeping: archive.kept)
        } catch  where error.code == .noSpace {
            throw VaultError(
                .noSpace,
                "The vault's disk is full: a restoration needs room for the archive's records "
                    + "twice. Free some space, then try again.", underlying: error.underlying)
        }
    }

    /// - Returns: Whether it was stopped before its end.
    private static func store(
        _ archive: RestorableArchive, with restoration: Restoration, _ hooks: ArchiveExport.Hooks,
        _ onStep: (_ messages: Int) -> Void
    ) throws(VaultError) -> Bool {
        var isStopped = false
        do throws(VaultError) {
            try archive.forEach { (conversation) throws(VaultError) in
                if hooks.isCancelled() { throw VaultError(.cancelled, "Stopped.") }
                try restoration.add(conversation)
                onStep(conversation.conversation.messageCount)
            }
        } catch {
            isStopped = error.code == .cancelled
            if !isStopped {
                // What failed is what is told.
                try? restoration.finish()
                throw error
            }
        }
        try restoration.finish()
        return isStopped
    }
}
