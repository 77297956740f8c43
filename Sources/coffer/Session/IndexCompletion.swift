import Vault
import VaultCrypto

extension GlobalOptions {
    /// Indexes what a vault of an older version holds, with progress.
    ///
    /// Ctrl-C ends it in order; the next command goes on. Where another process is writing, that is
    /// left to it, and answers say how much is indexed.
    ///
    /// - Parameters:
    ///   - vault: An open vault.
    ///   - waits: Whether the other process is waited for.
    /// - Throws: What the database reports.
    func completeIndex(of vault: Vault, waits: Bool) throws(VaultError) {
        var progress = ProgressLine(.items("message"), self)
        defer { progress.clear() }
        var total: Int?
        do throws(VaultError) {
            try vault.completeSearchIndex(waits: waits) { left in
                if total == nil { Interruption.watch() }
                let all = total ?? left
                total = all
                progress.update(Int64(all - left), of: Int64(all), "Building the search index")
                return !Interruption.isRequested
            }
        } catch {
            guard error.code == .busy else { throw error }
        }
    }
}
