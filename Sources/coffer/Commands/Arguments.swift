import ArgumentParser
import Vault
import VaultCrypto

/// Conversations that a command is about.
struct ConversationArguments: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The conversations' ids, or their beginnings.", valueName: "id"))
    var ids: [String]

    /// The ids in full, each once, as they were typed.
    func resolve(in vault: Vault) throws -> [RecordID] {
        var seen: Set<RecordID> = []
        return try ids.map { try vault.conversationID(matching: $0) }
            .filter { seen.insert($0).inserted }
    }
}

/// Why somebody does what has to be accounted for.
struct ReasonOption: ParsableArguments {
    @Option(help: ArgumentHelp("Why, for the audit log.", valueName: "text"))
    var reason: String

    func validate() throws {
        guard reason.contains(where: { !$0.isWhitespace }) else {
            throw ValidationError("--reason is empty; say why.")
        }
    }
}
