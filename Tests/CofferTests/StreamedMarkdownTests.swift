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

    @Test("Emphasis that is never closed ends with its paragraph")
    func open() {
        let text = rendered(["**open and\n\nplain"])
        #expect(text.hasSuffix("\nplain\n"))
        #expect(rendered(["```\ncode"]).hasSuffix("    code\n"))
        #expect(rendered(["tail **"]) == "tail **\n")
        #expect(rendered(["a\\"]) == "a\\\n")
        #expect(rendered(["```"]) == "")
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
