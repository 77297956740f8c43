import Foundation
import Importers
import JSONText
import Testing
import Vault
import VaultCrypto

/// Every string of an export must be found again in the records made of it.
@Suite struct Preservation {
    /// Words whose meaning lives in a field of ours, and links that the tree expresses.
    static let expressed: Set<String> = [
        // Roles, kinds and states.
        "human", "text", "multimodal_text", "thoughts", "finished_successfully", "all", "message",
        "thinking", "tool_use", "image", "reasoning", "function_call", "function_call_output",
        "output_text", "input_text", "think", "tool_call", "contentBlock", "toolCallRequest",
        "thread", "thread.message", "singleStep", "multiStep", "base64", "User",
        // Roots, which are no messages here, and a message that is skipped for its date.
        "client-created-root", "root-2", "r", "bad", "00000000-0000-4000-8000-000000000000",
        "00000000-0000-0000-0000-000000000000",
        // Told once in Claude.ai's memory and not the user's writing.
        "This block is not supported on your current device yet.",
    ]

    /// Files of an export that hold no conversation.
    static let accounts: Set<String> = ["user.json", "users.json"]

    @Test("no text is lost", arguments: FixtureCase.all)
    func strings(fixture: FixtureCase) throws {
        let outcome = try Outcome(fixture.path)
        let found = outcome.conversations.map { RecordDump($0) }
        let all = Set(found.flatMap(\.strings))
        let text = found.map(\.text).joined(separator: "\u{1}")
        let skipped = outcome.skipped.filter(\.isConversation).map(\.place)
        for leaf in try Self.leaves(of: fixture.path, without: skipped) {
            if leaf.isEmpty || Self.expressed.contains(leaf) || all.contains(leaf) { continue }
            if let instant = Instant(leaf), all.contains(instant.description) { continue }
            if leaf.hasPrefix("data:image/png;base64,") || leaf.hasPrefix("iVBORw0KGgo") {
                continue
            }
            let pieces = leaf.split(separator: "<details", omittingEmptySubsequences: true)
            let isSplit = pieces.count > 1 || leaf.hasPrefix("<details")
            let isPlaceholder = leaf.contains("not supported on your current device")
            #expect(
                isSplit || isPlaceholder || text.contains(leaf),
                "“\(leaf)” of \(fixture.name) is lost")
        }
    }

    /// The string values of every JSON document below a path, without entries that were skipped.
    static func leaves(of path: String, without skipped: [String]) throws -> [String] {
        var leaves: [String] = []
        let walk = FileManager.default.enumerator(atPath: path)
        while let name = walk?.nextObject() as? String {
            let base = (name as NSString).lastPathComponent
            guard base.hasSuffix(".json") || base.hasSuffix(".jsonl"), !accounts.contains(base)
            else {
                continue
            }
            let data = try Data(contentsOf: URL(filePath: path + "/" + name))
            let pieces: [[UInt8]] =
                base.hasSuffix("l") ? data.split(separator: 0x0A).map { Array($0) } : [Array(data)]
            for piece in pieces {
                var elements = [try JSONReader.parse(piece)]
                if case .array(let list) = elements[0] { elements = list }
                for (index, element) in elements.enumerated() {
                    if skipped.contains(where: {
                        $0 == "\(name), conversation \(index + 1)" || $0 == name
                    }) {
                        continue
                    }
                    collect(element, &leaves)
                }
            }
        }
        return leaves
    }

    private static func collect(_ value: JSON, _ leaves: inout [String]) {
        switch value {
        case .string(let text): leaves.append(text)
        case .array(let elements): for element in elements { collect(element, &leaves) }
        case .object(let object):
            // A message from the year 9999 is skipped and said to be.
            if object["create_time"]?.double == 253_370_764_800 { return }
            for member in object.members { collect(member.value, &leaves) }
        default: break
        }
    }
}
