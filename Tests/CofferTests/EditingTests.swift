import Testing

@testable import coffer

@Suite("Typing on a terminal")
struct EditingTests {
    private func keys(_ text: String) -> [Keystroke] {
        var parser = KeystrokeParser()
        return parser.take(text.utf8)
    }

    @Test(
        "Keys are known by what terminals send",
        arguments: [
            ("a", [Keystroke.text("a")]), ("größe重要", [.text("größe重要")]), ("\r", [.enter]),
            ("\n", [.newLine]), ("\u{1B}\r", [.newLine]), ("\u{7F}", [.backspace]),
            ("\u{1B}[A\u{1B}OB", [.up, .down]),
            ("\u{1B}[1;5D\u{1B}[1;3C", [.wordLeft, .wordRight]),
            ("\u{1B}[3~\u{1B}[H\u{1B}[4~", [.delete, .home, .end]),
            (
                "\u{1}\u{3}",
                [
                    .control("a"), .control("c"),
                ]
            ), ("\u{1B}[200~two\r\nlines\u{1B}[201~x", [.paste("two\nlines"), .text("x")]),
            ("\u{1B}[99;99Zx", [.text("x")]), ("\u{1B}", []), ("\u{1B}[", []),
        ])
    func known(_ bytes: String, _ expected: [Keystroke]) { #expect(keys(bytes) == expected) }

    @Test("What was typed while the terminal handed over lines is lines")
    func typedAhead() {
        var parser = KeystrokeParser()
        let found = parser.take(typedAhead: "second\nthird\n/qu".utf8)
        #expect(
            found == [.text("second"), .enter, .text("third"), .enter, .text("/qu")])
        #expect(parser.take("it\r".utf8) == [.text("it"), .enter])
        #expect(parser.take(typedAhead: "a\u{1B}\nb\n".utf8).filter { $0 == .enter }.count == 1)
    }

    @Test("Wherever what a terminal sends is cut, the keys are the same")
    func cuts() {
        let bytes = Array("é重\u{1B}[200~a\u{1B}[b\u{1B}[201~\u{1B}[A\u{1B}b\r".utf8)
        let whole = keys(String(decoding: bytes, as: UTF8.self))
        for cut in 0...bytes.count {
            var parser = KeystrokeParser()
            let found = parser.take(bytes[..<cut]) + parser.take(bytes[cut...])
            #expect(Self.joined(found) == Self.joined(whole))
        }
        var parser = KeystrokeParser()
        #expect(Self.joined(bytes.flatMap { parser.take([$0]) }) == Self.joined(whole))
    }

    /// Text that came in pieces is one text.
    private static func joined(_ keys: [Keystroke]) -> [Keystroke] {
        keys.reduce(into: []) { result, key in
            if case .text(let more) = key, case .text(let text)? = result.last {
                result[result.count - 1] = .text(text + more)
            } else {
                result.append(key)
            }
        }
    }

    @Test("A text of several lines is edited where the cursor is")
    func editing() {
        var text = EditedText("first line\nsecond")
        let (down, up) = (text.moveDown(), text.moveUp())
        #expect(!down && up)
        text.deleteWordBackward()
        #expect(text.text == "line\nsecond")
        text.insert("e")
        text.insert("\u{301}")
        #expect(text.cursor == 1)
        text.moveToLineEnd()
        text.deleteToLineEnd()
        #expect(text.text == "élinesecond")
        text.deleteToLineStart()
        #expect(text.text == "second")
        text.moveWordRight()
        text.deleteBackward()
        text.moveLeft()
        text.deleteForward()
        #expect(text.text == "seco")
    }

    @Test("The cursor is drawn where it is, also in wide characters and wrapped lines")
    func layout() {
        var text = EditedText("重要 and more")
        var layout = EditedLayout(text, prompt: "> ", width: 10)
        #expect(layout.text == "> 重要 an\r\n  d more")
        #expect(layout.rows == 2)
        #expect(layout.cursorRow == 1 && layout.cursorColumn == 8)
        text.moveToLineStart()
        layout = EditedLayout(text, prompt: "> ", width: 10)
        #expect(layout.cursorRow == 0 && layout.cursorColumn == 2)
        layout = EditedLayout(EditedText("a\n"), prompt: "> ", width: 10)
        #expect(layout.rows == 2 && layout.cursorRow == 1 && layout.cursorColumn == 2)
        layout = EditedLayout(EditedText("\u{1B}[2J"), prompt: "> ", width: 20)
        #expect(!layout.text.contains("\u{1B}"))
    }
}
