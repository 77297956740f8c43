import Vault
import VaultCrypto

/// Times how long one new message takes until a search finds it, its sync included.
struct AddedMessages {
    let vault: Vault

    init(_ vault: Vault) { self.vault = vault }

    func write(_ count: Int) throws {
        var line = AddingLine()
        for number in 0..<count {
            let conversation = self.conversation(number)
            let clock = ContinuousClock()
            let begin = clock.now
            let ingestion = try vault.beginIngestion()
            try ingestion.add(conversation)
            _ = try ingestion.finish()
            let stored = clock.now
            let hits = try vault.rank(SearchRequest("added\(number)word", limit: 10))
            let found = clock.now
            guard hits.count == 1 else {
                throw VaultError(.internalFault, "Message \(number) was not found.")
            }
            line.storedMicroseconds.append((stored - begin).microseconds)
            line.foundMicroseconds.append((found - begin).microseconds)
        }
        try Lines.write(line)
        try remove(count)
    }

    private func conversation(_ number: Int) -> ImportedConversation {
        var conversation = ImportedConversation(
            origin: Origin(source: "bench", id: "added \(number)"))
        var message = ImportedMessage(originID: "1", parent: nil, role: .user)
        message.created = Instant(milliseconds: 1_800_000_000_000 + Int64(number))
        message.parts = [
            ImportedPart(Part(.text, text: "please find added\(number)word among the others"))
        ]
        conversation.messages = [message]
        return conversation
    }

    /// Leaves the vault as it was.
    private func remove(_ count: Int) throws {
        var added: [RecordID] = []
        for number in 0..<count {
            added += try vault.conversations(matching: "added\(number)word")
        }
        _ = try vault.purgeAskingNoRule(added)
    }
}

struct AddingLine: Encodable {
    /// Until the message was durable.
    var storedMicroseconds: [Double] = []
    /// Until it was found as well.
    var foundMicroseconds: [Double] = []
}
