import Foundation
import Importers
import Testing
import Vault
import VaultCrypto

/// Imports samples that are not part of the repository and compares the counts with those of
/// `tools/count-samples`, which shares no code with the importers.
@Suite struct Samples {
    private static let folder = ProcessInfo.processInfo.environment["COFFER_SAMPLES"]

    private struct Count: Codable, Equatable, CustomStringConvertible {
        var conversations = 0
        var messages = 0
        var branches = 0
        var description: String { "\(conversations) / \(messages) / \(branches)" }
    }

    @Test(
        "Samples have the counts that an independent reader finds",
        .enabled(if: folder != nil, "COFFER_SAMPLES names no folder of samples"))
    func samples() throws {
        let folder = try #require(Self.folder)
        let scratch = try Scratch()
        let tool = FixtureCase.root + "/../../tools/count-samples"
        try scratch.python(
            """
            import subprocess, sys
            with open("counts.json", "w") as f: subprocess.run(sys.argv[1:], stdout=f, check=True)
            """, tool, folder)
        let data = try Data(contentsOf: URL(filePath: scratch.path + "/counts.json"))
        let expected = try JSONDecoder().decode([String: Count].self, from: data)
        for (name, count) in expected.sorted(by: { $0.key < $1.key }) {
            let found = Self.count(folder + "/" + name)
            print("\(name): ours \(found), script \(count)")
            #expect(found == count, "\(name)")
        }
    }

    private static func count(_ path: String) -> Count {
        guard let outcome = try? Outcome(path) else { return Count() }
        var count = Count()
        for conversation in outcome.conversations {
            count.conversations += 1
            count.messages += conversation.messages.count
            let ids = Set(conversation.messages.map(\.originID))
            let parents = conversation.messages.compactMap(\.parent).filter(ids.contains)
            let children = Dictionary(grouping: parents) { $0 }
            count.branches += children.values.count { $0.count > 1 }
        }
        return count
    }
}
