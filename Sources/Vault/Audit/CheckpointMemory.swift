import Foundation
import VaultCrypto

/// Where the newest checkpoint of a vault is remembered: beside the vault, and in a folder of the
/// user's that a copy of the vault does not bring along.
struct CheckpointMemory {
    /// A place where one was, and what was there.
    struct Remembered {
        var path: String
        var checkpoint: AuditCheckpoint
    }

    let layout: VaultLayout
    let vault: RecordID
    let key: VerifyingKey
    let folder: String?

    init(layout: VaultLayout, header: VaultHeader, auditor: Auditor) throws(VaultError) {
        self.layout = layout
        vault = header.vault
        key = try VerifyingKey(bytes: header.logKey)
        folder = auditor.memory
    }

    private var paths: [String] {
        [layout.checkpoint] + (folder.map { ["\($0)/\(vault).checkpoint"] } ?? [])
    }

    /// The checkpoints that are remembered.
    ///
    /// One that cannot be read or is not signed by the log's key says nothing: it is no older state
    /// of the vault, and whoever can change the file could as well remove it.
    func load() -> [Remembered] { paths.compactMap(load) }

    private func load(_ path: String) -> Remembered? {
        guard let file = try? DurableFile.read(path),
            let checkpoint = try? AuditCheckpoint(verifying: file, vault: vault, key: key)
        else { return nil }
        return Remembered(path: path, checkpoint: checkpoint)
    }

    /// What is wrong with the checkpoint beside the vault; closing the vault writes it anew.
    var fault: VaultFault? {
        guard DurableFile.exists(layout.checkpoint), load(layout.checkpoint) == nil else {
            return nil
        }
        return VaultFault(
            path: layout.relative(layout.checkpoint),
            fault: "was damaged or of another vault; it is written anew", isRepaired: true)
    }

    /// Whether every place has a checkpoint of so many entries, or of more.
    func isCurrent(_ size: Int) -> Bool {
        let known = load()
        return paths.allSatisfy { path in
            known.contains { $0.path == path && $0.checkpoint.size >= size }
        }
    }

    /// Remembers a checkpoint wherever there is an older one or none.
    func store(_ checkpoint: AuditCheckpoint) throws(VaultError) {
        if let folder, !DurableFile.exists(folder) { try DurableFile.makeFolders(folder) }
        let known = load()
        for path in paths {
            let size = known.first { $0.path == path }?.checkpoint.size ?? -1
            if size < checkpoint.size { try replace(path, by: checkpoint) }
        }
    }

    /// Another process may do the same at the same time; what it writes is as good.
    private func replace(_ path: String, by checkpoint: AuditCheckpoint) throws(VaultError) {
        do {
            try DurableFile.replace(path, with: checkpoint.file)
        } catch {
            guard load(path) != nil else { throw error }
        }
    }
}
