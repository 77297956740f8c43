import Testing

@testable import coffer

/// As much of a terminal as the renderer uses: cells, and where the cursor is.
private struct Screen {
    var rows: [[Character]] = [[]]
    private var column = 0

    init(_ text: String) {
        var rest = text[...]
        while let character = rest.popFirst() {
            if character == "\u{1B}" {
                var digits = ""
                rest = rest.dropFirst()
                while let next = rest.popFirst() {
                    if next.isLetter { act(next, Int(digits) ?? 1) }
                    if next.isLetter { break }
                    digits.append(next)
                }
            } else if character == "\n" {
                rows.append([])
                column = 0
            } else {
                let cells = Columns.count(character)
                // A wide character has an empty cell behind it.
                let taken = Array("\(character)") + Array(repeating: "\0", count: max(0, cells - 1))
                rows[rows.count - 1] = rows[rows.count - 1].prefix(column) + taken
                column += cells
            }
        }
    }

    private mutating func act(_ letter: Character, _ number: Int) {
        if letter == "D" { column -= number }
        if letter == "K" {
            let row = rows.count - 1
            rows[row] = Array(rows[row].prefix(column))
        }
    }

    var text: String {
        rows.map { String($0.filter { $0 != "\0" }) }.map { row in
            String(row.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }
}

@Suite("Markdown on a terminal, as it comes")
struct StreamedMarkdownTests {
    private static let sample = """
        # Two knots

        A **bowline** holds a *boat* to a `cleat`, and nothing here is_snake_case 2 * 3 * 4.
        Second line with \\*stars\\* and ***both*** and 重要な会議です。

        - first item that is much too long to stand in one line of a narrow terminal
        - second
          1. inner
        12) twelve

        > somebody said this in a quote that is also too long for a single narrow line

        ```swift
        let x = "**not bold**"  // and a line of code that is long and is not wrapped at all
          ``
        ```
        | a | b |
        |---|---|
        ---
        [a link](https://example.org/x) `` a ` tick `` end
        """

    private func rendered(_ pieces: [String], width: Int = 40) -> String {
        var markdown = StreamedMarkdown(width: width)
        return pieces.map { markdown.take($0) }.joined() + markdown.finish()
    }

    @Test("A text looks as it should")
    func whole() {
        let screen = Screen(rendered([Self.sample])).text
        #expect(
            screen == """
                Two knots

                A bowline holds a boat to a cleat, and
                nothing here is_snake_case 2 * 3 * 4.
                Second line with *stars* and both and
                重要な会議です。

                • first item that is much too long to
                  stand in one line of a narrow
                  terminal
                • second
                  1. inner
                12) twelve

                │ somebody said this in a quote that is
                │ also too long for a single narrow
                │ line

                swift
                    let x = "**not bold**"  // and a line of code that is long and is not wrapped at all
                      ``
                | a | b |
                |---|---|
                ───────────────────────────────────────
                [a link](https://example.org/x)  a `
                tick  end

                """)
    }

    @Test("Wherever it is cut, it looks the same")
    func splits() {
        let whole = rendered([Self.sample])
        let characters = Array(Self.sample)
        #expect(rendered(characters.map { String($0) }) == whole)
        for cut in characters.indices {
            let pieces = [String(characters[..<cut]), String(characters[cut...])]
            #expect(rendered(pieces) == whole)
        }
    }

    @Test("Letters are shown as they come, not when their line ends")
    func latency() {
        var markdown = StreamedMarkdown(width: 40)
        #expect(markdown.take("Hel") == "Hel")
        #expect(markdown.take("lo **wor") == "lo \u{1B}[0;1mwor")
        #expect(markdown.take("ld**") == "ld")
        #expect(markdown.take("!") == "\u{1B}[0m!")
        #expect(markdown.finish() == "\n")
    }

    @Test("Where styles are not wanted it looks the same, without a sequence that sets one")
    func unstyled() {
        var markdown = StreamedMarkdown(width: 40, isStyled: false)
        let text = markdown.take(Self.sample) + markdown.finish()
        #expect(Screen(text).text == Screen(rendered([Self.sample])).text)
        #expect(!text.contains(/\e\[[0-9;]*m/))
        #expect(markdown.take("# `a` **b**") + markdown.finish() == "a b\n")
    }

    @Test("Emphasis that is never closed ends with its paragraph")
    func open() {
        let text = rendered(["**open and\n\nplain"])
        #expect(text.hasSuffix("\nplain\n"))
        #expect(rendered(["```\ncode"]).hasSuffix("    code\n"))
        #expect(rendered(["tail **"]) == "tail **\n")
        #expect(rendered(["a\\"]) == "a\\\n")
        #expect(rendered(["```"]) == "")
    }

    @Test("The words behind a fence are shown, dimmed; at the end of the text as they came")
    func fences() {
        #expect(
            rendered(["```  two words \nx\n```\n"]).hasPrefix("\u{1B}[0;2mtwo words \u{1B}[0m\n"))
        #expect(rendered(["~~~ the words"]) == "~~~ the words\n")
        #expect(Screen(rendered(["```the words"])).text == "the words\n")
        #expect(rendered(["```\na\n\nb\n```\nc"]) == "    a\n\n    b\nc\n")
        #expect(rendered(["~~~~\na\n~~~\n~~~~~ \nc"]) == "    a\n    ~~~\nc\n")
        let long = "~~~ " + String(repeating: "w", count: 2 * LineStart.limit)
        #expect(Screen(rendered([long + "\nafter"])).text.hasSuffix("w\nafter\n"))
    }

    @Test("What tells nothing yet is shown as it came when it tells nothing")
    func beginnings() {
        for text in ["-", "+++", "1234567890. x", "12.x", "####### x", "#x", "--x"] {
            #expect(rendered([text + "\n"]) == text + "\n")
        }
        #expect(Screen(rendered(["``x``\n- - -\n"])).text == "x\n• - -\n")
        #expect(Screen(rendered([">\n>x"])).text == "│\n│ x\n")
        #expect(rendered(["*****\n"]).hasPrefix("───"))
        #expect(rendered(["a *****\nb ****c****"]) == "a *****\nb ****c****\n")
    }

    @Test("A deep item has half of the line for its text")
    func deep() {
        let text = String(repeating: " ", count: 200) + "- " + String(repeating: "a", count: 2000)
        let rows = Screen(rendered([text], width: 80)).text.split(separator: "\n")
        #expect(rows.allSatisfy { $0.count <= 79 } && rows.count <= 2 + 2000 / 40)
        #expect(rows.joined().filter { $0 == "a" }.count == 2000)
        #expect(rendered([text], width: 20).utf8.count < 3 * text.utf8.count)
    }

    @Test("A word of wide characters is cut where its line ends")
    func wideWord() {
        let rows = Screen(rendered([String(repeating: "漢", count: 60)])).text.split(separator: "\n")
        #expect(rows.map(\.count) == [19, 19, 19, 3])
    }

    /// What a server may send to keep the terminal busy, and how many bytes of it.
    private static let bombs: [(String, Int)] =
        ["*", "`", "~", "-", ">", "#", "7", " "].map { ($0, 1_000_000) }
        + [
            "_", "+", "|", "\\", "a", "漢", "\u{301}", "* ", "`a", "*a", "~~~ ", "-\n", "> ", "a\t",
        ].map { ($0, 100_000) }

    /// The limit is far above what this takes, and far below what it takes to scan a line anew for
    /// each letter: hours.
    @Test(
        "A letter costs the same whatever came before it", .timeLimit(.minutes(5)),
        arguments: Self.bombs)
    func busy(_ piece: String, _ bytes: Int) {
        var markdown = StreamedMarkdown(width: 80)
        let letters = piece.map { String($0) }
        var (sent, written, held) = (0, 0, 0)
        while sent < bytes {
            for letter in letters {
                written += markdown.take(letter).utf8.count
                held = max(held, markdown.heldBytes)
                sent += letter.utf8.count
            }
        }
        written += markdown.finish().utf8.count
        #expect(held < 4096)
        #expect(written <= 8 * sent, "\(written) of \(sent)")
    }

    @Test("Nothing in a text acts on the terminal")
    func harmless() {
        let text = rendered(["\u{1B}[2J\u{7}\u{9B}31m \u{202E}x\r\nnext"])
        #expect(!text.contains("\u{1B}[2J"))
        #expect(!text.unicodeScalars.contains { $0.value == 7 || $0.value == 0x9B })
        #expect(!text.unicodeScalars.contains("\u{202E}"))
    }

    @Test("A word longer than a line is cut")
    func longWord() {
        let screen = Screen(rendered(["ab " + String(repeating: "x", count: 90)])).text
        let rows = screen.split(separator: "\n")
        #expect(rows.allSatisfy { $0.count <= 39 })
        #expect(rows.joined().filter { $0 == "x" }.count == 90)
    }
}
