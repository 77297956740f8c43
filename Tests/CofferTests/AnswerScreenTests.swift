import Chat
import Foundation
import Providers
import Synchronization
import Testing
import Vault
import VaultCrypto

@testable import coffer

@Suite struct AnswerScreenTests {
    /// What an answer's news put on a screen of 40 columns.
    private func shown(_ news: [ChatNews]) async -> String {
        let written = SaidText()
        let screen = AnswerScreen(width: 40) { written.add($0) }
        for piece in news { await screen.show(piece) }
        return written.text
    }

    private let id = RecordID(at: Instant(milliseconds: 0))

    @Test func textAndThinkingBeginTheirOwnLines() async {
        let text = await shown([
            .began(id), .answer(.began(part: 0, .thinking("Hm", signature: ""))),
            .answer(.thinking(part: 0, ", so.")), .answer(.ended(part: 0)),
            .answer(.began(part: 1, .text(""))), .answer(.text(part: 1, "Yes")),
            .answer(.ended(part: 1)), .ended(id, .complete),
        ])
        #expect(text == "thinking\nHm, so.\n\nYes\n")
    }

    @Test func aStoppedAnswerSaysThatItIsKept() async {
        let text = await shown([.began(id), .answer(.text(part: 0, "Ye")), .ended(id, .stopped)])
        #expect(text.hasPrefix("Ye\nStopped; what came is kept"))
    }

    @Test func aFailureHasItsSentenceAndTheWayOn() async {
        let error = ProviderError(.cut)
        let text = await shown([
            .began(id), .answer(.text(part: 0, "Ye")), .ended(id, .failed(error)),
        ])
        let line = text.replacing("\n", with: " ")
        #expect(line.contains(error.sentence) && line.contains("/resume goes on."))
    }

    @Test func nothingActsOnTheTerminal() async {
        let text = await shown([
            .answer(.began(part: 0, .thinking("\u{1B}[2J", signature: ""))),
            .answer(.text(part: 1, "\u{1B}]0;x\u{7}")),
            .tool(ToolUse(id: "t", name: "\u{1B}[31m", input: .unfinished("")), .denied),
        ])
        #expect(!text.contains("\u{1B}") && !text.contains("\u{7}"))
    }
}
