import Testing

@testable import coffer

@Suite struct ChatLineTests {
    @Test func wordsAreWords() {
        #expect(ChatLine("Hello, \n there \n") == .words("Hello, \n there"))
        #expect(ChatLine("//etc/hosts is a file") == .words("/etc/hosts is a file"))
        #expect(ChatLine("/usr/bin\n/usr/lib") == .words("/usr/bin\n/usr/lib"))
    }

    @Test func commandsHaveTheirArgument() {
        #expect(ChatLine("/search  term sheet ") == .command(.search, argument: "term sheet"))
        #expect(ChatLine("/QUIT") == .command(.quit, argument: ""))
        #expect(ChatLine("/model") == .command(.model, argument: ""))
        #expect(ChatLine("/attach") == .command(.attach, argument: ""))
    }

    @Test(arguments: [
        ("/serach x", "did you mean /search?"), ("/", "A slash alone"),
        ("/retry now", "takes nothing behind it"), ("/title", "needs TEXT"),
        ("/xyzzy", "There is no command /xyzzy; /help"),
    ])
    func mistakesAreNamed(typed: String, part: String) throws {
        guard case .mistake(let sentence) = ChatLine(typed) else {
            Issue.record("\(typed) is no mistake")
            return
        }
        #expect(sentence.contains(part))
    }

    @Test func everyCommandHasALineOfHelp() {
        for name in ChatCommandName.allCases {
            #expect(!name.summary.isEmpty && name.summary.count <= 61)
        }
    }
}
