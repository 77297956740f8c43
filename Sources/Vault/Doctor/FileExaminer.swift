import Foundation
import VaultCrypto

/// Examines the files of a vault: which there are, their modes, and the ones the header commits to.
struct FileExaminer {
    let layout: VaultLayout
    let header: VaultHeader
    let repairs: Bool

    func run(_ examination: inout Examination) {
        examineTree(layout.directory, &examination)
        examineKeyFile(&examination)
        for slot in header.slots where slot.kind == .passphrase {
            examine(slot, &examination)
        }
    }

    private var known: Set<String> {
        let database = layout.database(header.generation)
        let always: Set = [
            layout.header, layout.lock, layout.checkpoint, layout.uses, layout.slots,
            layout.generations,
            layout.generation(header.generation), layout.keyFile(header.generation), database,
            database + "-wal", database + "-shm",
            // Opening the vault removed what was left of one: another process writes it now.
            DurableFile.unfinished(layout.checkpoint),
        ]
        return always.union(
            header.slots.filter { $0.kind == .passphrase }.map { layout.slot($0.name) })
    }

    private func examineTree(_ folder: String, _ examination: inout Examination) {
        examineMode(folder, isFolder: true, &examination)
        for name in DurableFile.names(in: folder) {
            let path = "\(folder)/\(name)"
            var status = stat()
            guard unsafe lstat(path, &status) == 0 else { continue }
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            guard known.contains(path) else {
                leftover(path, &examination)
                continue
            }
            guard isFolder || status.st_mode & S_IFMT == S_IFREG else {
                examination.add(
                    relative(path), "is neither a file nor a folder; remove it and run this again")
                continue
            }
            if isFolder {
                examineTree(path, &examination)
            } else {
                examineMode(path, isFolder: false, &examination)
            }
        }
    }

    private func examineMode(
        _ path: String, isFolder: Bool, _ examination: inout Examination
    ) {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & 0o077 != 0 else { return }
        let wanted: mode_t = isFolder ? 0o700 : 0o600
        let isRepaired = unsafe repairs && chmod(path, wanted) == 0
        examination.add(
            relative(path), "others can read it; `chmod \(isFolder ? "700" : "600")` mends that",
            isRepaired: isRepaired)
    }

    /// A file of ours that an interruption left is removed; a stranger's is only named.
    private func leftover(_ path: String, _ examination: inout Examination) {
        let isOurs = Housekeeping.isUnfinished(path, of: header, in: layout)
        let isRepaired = unsafe repairs && isOurs && unlink(path) == 0
        examination.add(
            relative(path),
            isOurs
                ? "is left over from an interrupted change"
                : "does not belong to the vault; move it away",
            isRepaired: isRepaired)
    }

    private func examineKeyFile(_ examination: inout Examination) {
        let path = layout.keyFile(header.generation)
        let content = try? DurableFile.read(path)
        guard content.map(SHA256Digest.hash) != header.keyFileDigest else { return }
        examination.add(
            relative(path),
            "is not the key file that the header commits to; close every other use "
                + "of the vault and run this again to write it anew")
    }

    private func examine(_ slot: Slot, _ examination: inout Examination) {
        guard (try? SlotFiles(layout: layout).read(slot)) == nil else { return }
        examination.add(
            relative(layout.slot(slot.name)),
            "is damaged or missing, so its passphrase opens nothing; give the slot a new one with "
                + "`coffer slot rotate \(slot.name)`")
    }

    private func relative(_ path: String) -> String { layout.relative(path) }
}
