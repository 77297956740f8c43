import Vault
import VaultCrypto

/// What is said before a conversation goes on that lists and searches leave out.
enum HiddenConversation {
    /// Tells that it is hidden and stays so, where it is.
    ///
    /// - Throws: What the database reports.
    static func tell(_ id: RecordID, of vault: Vault, _ options: GlobalOptions) throws {
        guard try vault.conversation(id).isHidden else { return }
        options.note(
            "This conversation is hidden, and what you ask in it is, too; `coffer delete "
                + "\(id) --undo` shows it again.")
    }
}
