import JSONText
import Testing
import Vault

@testable import Importers

/// What the pass before an import keeps in memory.
@Suite struct Surveys {
    private let picture = String(repeating: "A", count: 10_000)

    /// The samples that a survey of a folder with these files keeps.
    private func samples(_ files: [String: String]) throws -> [JSON] {
        let scratch = try Scratch()
        for (name, text) in files { _ = try scratch.write("s/" + name, text) }
        return try ImportSurvey(try ExportFolder(scratch.path + "/s"), format: nil).units
            .compactMap(\.sample)
    }

    @Test("the first record of a session, with its pictures, does not stay in memory")
    func claudeCode() throws {
        let line =
            #"{"type":"user","uuid":"u","sessionId":"s","message":{"role":"user","content":"#
            + "\"\(picture)\"}}\n"
        #expect(try samples(["1.jsonl": line, "2.jsonl": line]).isEmpty)
    }

    @Test("of a message that is paired by its thread only the ids stay in memory")
    func jan() throws {
        let line =
            #"{"id":"j","object":"thread.message","thread_id":"t","role":"user","content":"#
            + "[{\"type\":\"text\",\"text\":{\"value\":\"\(picture)\"}}]}\n"
        let sample = try #require(try samples(["messages.jsonl": line]).first)
        #expect(JSONWriter.canonical(sample).count < 200)
        #expect(sample["thread_id"]?.string == "t")
    }
}
