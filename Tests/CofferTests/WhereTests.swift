import Foundation
import JSONText
import Testing
import Vault
import VaultCrypto

@testable import coffer

/// What `where` says of the records of turns.
@Suite struct WhereTests {
    /// Where a turn went that the policy refused.
    private func refused(_ exchange: JSONObject?) throws -> (TurnTrace, TurnTotals) {
        let folder = NSTemporaryDirectory() + "coffer-where-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var creation = VaultCreation(custodian: "ada")
        let passphrase = Array("correct horse".utf8)
        creation.passphrase = SecretBytes(count: passphrase.count) {
            $0.copyBytes(from: passphrase)
        }
        creation.workFactor = 4
        creation.allowsWeakWorkFactor = true
        let vault = try Vault.create(at: folder + "/test.coffer", creation)
        defer { try? vault.close() }
        var question = ImportedMessage(originID: "", parent: nil, role: .user)
        question.parts = [ImportedPart(Part(.text, text: "Which stone is hard?"))]
        let id = try vault.beginConversation(title: nil, [question])
        var facts = TurnFacts()
        (facts.provider, facts.host, facts.model) = ("work", "llm.example.org", "made-up-1")
        facts.extra["error"] = .object(["kind": .string("refused")])
        facts.extra["exchange"] = exchange.map(JSON.object)
        let below = try vault.messages(of: id).last?.id
        let journal = try vault.beginTurn(in: id, below: below, facts)
        _ = try journal.finish(.failed, [.facts(facts)])
        let trace = TurnTrace(try #require(try vault.messages(of: id).last))
        return (trace, TurnTotals([trace]))
    }

    @Test func `a turn whose second attempt was refused says what the first one sent`() throws {
        let (trace, totals) = try refused([
            "attempts": .integer(1), "requestBytes": .integer(787), "responseBytes": .integer(99),
            "credential": .string("stored key (settings)"), "scheme": .string("https"),
            "tls": .object(["version": .string("TLS 1.3"), "subject": .string("CN=llm")]),
        ])
        let words = trace.lines.joined(separator: "\n")
        #expect(words.contains("787 B sent, 99 B received, 1 attempt; the next was refused"))
        #expect(words.contains("stored key (settings)") && words.contains("TLS 1.3"))
        #expect(!words.contains("nothing was sent"))
        #expect(
            totals.line == "1 turn to llm.example.org, 787 B sent, 99 B received; 1 of them "
                + "refused after an attempt.")
        #expect(totals.object["hosts"] == .array([.string("llm.example.org")]))
        #expect(totals.object["refused"]?.int == 1 && trace.object["refused"]?.bool == true)
    }

    @Test func `a turn whose first attempt found no connection says so`() throws {
        let (trace, totals) = try refused(["attempts": .integer(1), "unsent": .integer(1)])
        #expect(
            trace.lines.last
                == "nothing was sent: no connection, 1 attempt; the next was refused by policy")
        #expect(totals.line == "0 turns, 0 B sent, 0 B received; 1 refused turn.")
    }

    @Test func `of a turn that was refused at once nothing was sent`() throws {
        let (trace, totals) = try refused(nil)
        #expect(
            trace.lines.last
                == "work at llm.example.org: refused by policy; nothing was sent")
        #expect(totals.line == "0 turns, 0 B sent, 0 B received; 1 refused turn.")
    }
}
