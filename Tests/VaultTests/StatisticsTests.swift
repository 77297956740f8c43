import Testing
import Vault
import VaultCrypto

@Suite struct StatisticsTests {
    /// The first and the last moment of a month, before 1970 too, and messages without a time.
    @Test func `messages are counted by month and by model`() throws {
        let place = try TestVault()
        let vault = try place.create()
        var told = ImportedConversation(origin: Origin(source: "jsonl", id: "a"))
        let times = [
            "1969-11-30T23:59:59.999Z", "1969-12-01T00:00:00Z", "1969-12-31T23:59:58Z",
            "2024-02-29T23:59:59.999Z", "2024-03-01T00:00:00Z",
        ]
        for (index, time) in times.enumerated() {
            var message = Self.message(index, by: index == 0 ? .user : .assistant)
            message.created = Instant(time)
            message.model = [nil, "b", "b", "a", nil][index]
            told.messages.append(message)
        }
        var undated = ImportedConversation(origin: Origin(source: "jsonl", id: "b"))
        undated.messages = [Self.message(9, by: .assistant)]
        undated.messages[0].model = "c"
        try vault.ingest([told, undated])
        let statistics = try vault.statistics()
        #expect(
            statistics.months.map(\.name) == [nil, "1969-11", "1969-12", "2024-02", "2024-03"])
        #expect(statistics.months.map(\.messages) == [1, 1, 2, 1, 1])
        // The most first, and of as many in the order of their names; questions have no model.
        #expect(statistics.models.map(\.name) == ["b", nil, "a", "c"])
        #expect(statistics.models.map(\.messages) == [2, 1, 1, 1])
        try vault.close()
    }

    private static func message(_ index: Int, by role: Role) -> ImportedMessage {
        var message = ImportedMessage(originID: "m\(index)", parent: nil, role: role)
        message.parts = [ImportedPart(Part(.text, text: "text \(index)"))]
        return message
    }
}
