package import Vault

/// Where a tool was asked for: the vault, and the branch of the conversation.
package struct ToolPlace: Sendable {
    package let vault: Vault
    package let conversation: RecordID
    package let path: Path

    package init(vault: Vault, conversation: RecordID, path: Path) {
        self.vault = vault
        self.conversation = conversation
        self.path = path
    }
}
