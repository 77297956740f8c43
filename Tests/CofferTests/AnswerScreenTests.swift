import Chat
import Foundation
import Providers
import Synchronization
import Testing
import Vault
import VaultCrypto

@testable import coffer

@Suite struct AnswerScreenTests {
    /// What an answer's news put on a screen of 40 columns; notes stand in brackets.
    private func shown(
        _ news: [ChatNews], _ form: AnswerScreen.Form = .markdown(width: 40)
    ) -> String {
        let written = SaidText()
        let screen = AnswerScreen(form, write: written.add) { note in
            written.add("[\(Printable.line(note))]")
        }
        for piece in news { screen.show(piece) }
        return written.text
    }

    private let id = RecordID(at: Instant(milliseconds: 0))

    @Test func textAndThinkingBeginTheirOwnLines() {
        let text = shown([
            .began(id), .answer(.began(part: 0, .thinking("Hm", signature: ""))),
            .answer(.thinking(part: 0, ", so.")), .answer(.ended(part: 0)),
            .answer(.began(part: 1, .text(""))), .answer(.text(part: 1, "Yes")),
            .answer(.ended(part: 1)), .ended(id, .complete),
        ])
        #expect(text == "thinking\nHm, so.\n\nYes\n")
    }

    private var twoParts: [ChatNews] {
        [
            .began(id), .answer(.began(part: 0, .thinking("Hm", signature: ""))),
            .answer(.ended(part: 0)), .answer(.began(part: 1, .text("*One*"))),
            .answer(.ended(part: 1)), .tool(tool, .done), .answer(.began(part: 0, .text("Two\n"))),
            .answer(.stopped(.maximumTokens, sequence: nil)), .ended(id, .complete),
        ]
    }

    private let tool = ToolUse(id: "t", name: "look", input: .unfinished(""))

    @Test func aPipeHasTheBytesOfTheTextAndNothingElse() {
        let written = SaidText()
        let screen = AnswerScreen(.plain, write: written.add) { _ in }
        for piece in twoParts { screen.show(piece) }
        #expect(written.text == "*One*\n\nTwo\n")
    }

    /// What a model may send to act on a terminal.
    private let acts: [ChatNews] = [
        .answer(.began(part: 0, .thinking("\u{1B}[2J", signature: ""))),
        .answer(.ended(part: 0)), .answer(.began(part: 1, .text("*One* \u{1B}[31m\u{9B}1A\u{7}"))),
        .answer(.text(part: 1, "\u{1B}]52;c;eA==\u{7}\u{202E}two\r\nthree\r")),
        .answer(.text(part: 1, "\nfour four four four four four four four four four\r\n")),
        .answer(.ended(part: 1)),
    ]

    @Test func aTerminalThatIsDumbIsSentTextThatCannotAct() {
        let text = shown(acts, .clean)
        #expect(
            text.unicodeScalars.allSatisfy {
                $0 == "\n" || $0.properties.generalCategory != .control
            })
        #expect(
            !text.unicodeScalars.contains("\u{202E}") && text.hasPrefix("thinking\n␛[2J\n\n*One*"))
        #expect(text.hasSuffix("two\nthree\nfour four four four four four four four four four\n"))
    }

    @Test func theFormFollowsFromTheOutput() {
        func form(_ isTerminal: Bool, _ isDumb: Bool) -> String {
            let form = AnswerScreen.Form.fitting(isTerminal: isTerminal, isDumb: isDumb, width: 70)
            return "\(form)"
        }
        #expect(form(false, false) == "plain" && form(false, true) == "plain")
        #expect(form(true, true) == "clean" && form(true, false) == "markdown(width: 70)")
    }

    @Test func aPipeHasTheBytesAsTheyCame() {
        let text = shown(acts, .plain)
        #expect(text.hasPrefix("*One* \u{1B}[31m\u{9B}1A\u{7}") && text.hasSuffix(" four\r\n"))
        #expect(text.utf8.filter { $0 == 10 }.count == 3)
    }

    @Test func whatIsNoAnswerIsANoteOnALineOfItsOwn() {
        let text = shown(twoParts, .plain)
        #expect(
            text.hasPrefix("*One*\n[The model asked for look: it was run")
                && text.hasSuffix(
                    "Two\n[The answer reached its limit of tokens; ask for the rest.]")
        )
    }

    @Test func whoPrintsTheWholeIsShownNotesAlone() {
        let text = shown(twoParts, .none)
        #expect(text.hasPrefix("[") && !text.contains("One") && !text.contains("Two"))
    }

    @Test func anotherAttemptIsSaid() {
        let error = ProviderError(.cut)
        let text = shown([.began(id), .retrying(because: error, afterMilliseconds: 2_400)])
        #expect(text == "[\(error.sentence) Trying again in 2 s.]")
    }

    @Test func whereTwoPartsComeInTurnsEachChangeIsAParagraph() {
        let glued: [ChatNews] = [
            .answer(.began(part: 0, .text(""))), .answer(.began(part: 1, .text(""))),
            .answer(.text(part: 0, "one")), .answer(.text(part: 1, "two")),
            .answer(.text(part: 0, "ONE")), .answer(.ended(part: 1)), .answer(.text(part: 0, "!")),
            .answer(.ended(part: 0)), .ended(id, .complete),
        ]
        for form in [AnswerScreen.Form.plain, .clean, .markdown(width: 40)] {
            #expect(shown(glued, form) == "one\n\ntwo\n\nONE!\n", "\(form)")
        }
    }

    @Test func whatFollowsARefusalIsAParagraphOfItsOwn() {
        let text = shown(
            [
                .answer(.began(part: 0, .refusal)), .answer(.text(part: 0, "no")),
                .answer(.began(part: 1, .text(""))), .answer(.text(part: 1, "three")),
                .answer(.ended(part: 0)), .answer(.ended(part: 1)), .ended(id, .complete),
            ], .plain)
        #expect(text == "[The model declines:]no\n\nthree\n")
    }

    @Test func aNameOfAToolIsShortHoweverLongItIs() {
        for name in [
            String(repeating: "n", count: 100_000),
            "n" + String(repeating: "\u{301}", count: 100_000),
        ] {
            let tool = ToolUse(id: "t", name: name, input: .unfinished(""))
            let text = shown([.tool(tool, .unknown)])
            #expect(text.utf8.count < 500 && text.hasSuffix(": there is no such tool.]"))
        }
    }

    @Test func whatAServerSaysEndsBeforeOurWordsGoOn() {
        for (said, shown) in [("slow", "slow."), ("Too slow!", "Too slow!"), ("(no.) ", "(no.) ")] {
            let error = ProviderError(.overloaded, status: 529, message: said)
            #expect(error.sentence.hasSuffix("It says: \(shown)"))
        }
    }

    @Test func nothingActsOnTheTerminal() {
        let text = shown([
            .answer(.began(part: 0, .thinking("\u{1B}[2J", signature: ""))),
            .answer(.text(part: 1, "\u{1B}]0;x\u{7}")),
            .tool(ToolUse(id: "t", name: "\u{1B}[31m", input: .unfinished("")), .denied),
        ])
        #expect(!text.contains("\u{1B}") && !text.contains("\u{7}"))
    }
}
