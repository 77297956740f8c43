import Foundation
import VaultCrypto

/// The folders in `generations`, judged by the header.
///
/// A generation is made with a file `unfinished` in its folder, which goes after the header has
/// named it. So a folder with a higher number than the header's is either one that never came into
/// force, or, without that file, newer than the header: then an older header was put back, and
/// destroying anything would destroy the newest data.
struct GenerationFolders {
    let layout: VaultLayout
    let current: Int

    enum Standing { case current, former, unfinished, newer, foreign }

    func standing(of name: String) -> Standing {
        guard let number = Int(name), String(number) == name, number > 0 else { return .foreign }
        if number == current { return .current }
        // A link leads to what is not ours.
        guard VaultFolder.isFolder(layout.generation(number)) else { return .foreign }
        if number < current { return .former }
        let isMarked = DurableFile.exists(layout.unfinishedMark(number))
        return isMarked || !DurableFile.exists(layout.database(number)) ? .unfinished : .newer
    }

    /// The folders that an interrupted change left and that can go.
    var leftovers: [String] {
        DurableFile.names(in: layout.generations).filter {
            [.former, .unfinished].contains(standing(of: $0))
        }
    }

    /// Refuses a vault whose header is older than its data.
    ///
    /// - Throws: `damaged` when a generation is newer than the header.
    func refuseNewer() throws(VaultError) {
        let names = DurableFile.names(in: layout.generations)
        guard let name = names.first(where: { standing(of: $0) == .newer }) else { return }
        throw VaultError(
            .damaged,
            """
            The vault has a generation \(name) but its header coffer.json says \(current): an \
            older header was put back. Put back the newest coffer.json, or move generations/\(name) away.
            """)
    }

    /// Destroys a generation: its key file first, which makes its database unreadable.
    func destroy(_ name: String) throws(VaultError) {
        let folder = "\(layout.generations)/\(name)"
        try VaultFolder.overwriteAndRemove(folder + "/key.age", of: layout)
        try VaultFolder.removeTree(folder, of: layout)
    }
}
