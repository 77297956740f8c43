import Foundation
import VaultCrypto

/// Where the files of a vault are.
///
/// ```
/// default.coffer/                    0700
///   coffer.json                      0600  public header, authenticated; names the generation
///   lock                             0600  flock target: shared while open, exclusive for a switch
///   slots/<name>.age                 0600  a passphrase slot's identity, age-encrypted
///   slots/<name>.next.age            0600  the same while a rotation is under way
///   checkpoint                       0600  the newest signed checkpoint of the audit log
///   uses                             0600  how often its owner has read and searched: OwnerUses
///   generations/<n>/key.age          0600  the vault key, age-encrypted to every slot
///   generations/<n>/unfinished       0600  while generation n is not in force yet
///   generations/<n>/vault.db         0600  the database (-wal and -shm beside it while open)
/// ```
///
/// Files are written as `<name>.new` and renamed. A vault that is being created lies in
/// `<directory>.creating-<8 hex>` until it is complete.
struct VaultLayout: Sendable {
    let directory: String

    var header: String { directory + "/coffer.json" }
    var lock: String { directory + "/lock" }
    var checkpoint: String { directory + "/checkpoint" }
    var uses: String { directory + "/uses" }
    var slots: String { directory + "/slots" }
    var generations: String { directory + "/generations" }
    var creating: String { directory + ".creating-" }

    /// The name of a path in the vault from the vault's folder on; `.` for that folder.
    func relative(_ path: String) -> String {
        path == directory ? "." : String(path.dropFirst(directory.count + 1))
    }

    func slot(_ name: String) -> String { "\(slots)/\(name).age" }
    func nextSlot(_ name: String) -> String { "\(slots)/\(name).next.age" }
    func generation(_ number: Int) -> String { "\(generations)/\(number)" }
    func keyFile(_ generation: Int) -> String { self.generation(generation) + "/key.age" }
    func unfinishedMark(_ generation: Int) -> String {
        self.generation(generation) + "/unfinished"
    }
    func database(_ generation: Int) -> String { self.generation(generation) + "/vault.db" }

    /// Whether a folder that exists is the vault's own or lies in it, by whatever path.
    func contains(folder: String) -> Bool {
        var own = stat()
        guard unsafe stat(directory, &own) == 0 else { return false }
        var path = folder
        // Up to the root, of which ".." is the root itself.
        for _ in 0..<64 {
            var status = stat()
            var parent = stat()
            guard unsafe stat(path, &status) == 0 else { return false }
            if status.st_dev == own.st_dev, status.st_ino == own.st_ino { return true }
            path += "/.."
            guard unsafe stat(path, &parent) == 0 else { return false }
            if parent.st_dev == status.st_dev, parent.st_ino == status.st_ino { return false }
        }
        return false
    }
}

extension VaultLayout {
    /// Refuses a vault that this process may not write: its lock, its log and what an interruption
    /// left need that, also for reading.
    ///
    /// - Throws: `inputOutput` with the remedy.
    func requireWritable(generation: Int) throws(VaultError) {
        let paths = [directory, lock, self.generation(generation), database(generation)]
        for path in paths
        where unsafe access(path, W_OK) != 0 && [EACCES, EPERM, EROFS].contains(errno) {
            throw VaultError(
                .inputOutput,
                "\(path) cannot be written, but a vault must be writable to be opened; copy it "
                    + "first or change its permissions.")
        }
    }
}
