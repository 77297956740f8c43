import Foundation

/// Asks for a text on the terminal: Enter sends, Alt-Enter or Ctrl-J begins a new line.
///
/// The usual keys of Emacs and of a shell work; arrows go through what was sent before. What was
/// typed before the prompt counts: each line of it is a text, and what has no end yet is its
/// beginning. Nothing is written to a file: what a person types is content.
final class LineEditor {
    enum Answer: Equatable {
        case text(String)
        /// Ctrl-C on an empty line.
        case interrupted
        /// Ctrl-D on an empty line, or the end of the input.
        case ended
    }

    private let prompt: String
    private var history: [String]
    private var parser = KeystrokeParser()
    /// What was typed and not looked at yet, also behind a text that was sent.
    private var waiting: [Keystroke] = []
    private var edited = EditedText()
    /// What was being typed before an earlier text was called back.
    private var draft = EditedText()
    private var place: Int
    /// Rows that the last drawing took above the cursor's.
    private var rowsAbove = 0

    /// - Parameters:
    ///   - prompt: Stands before the first line; ASCII.
    ///   - history: What was sent before, the oldest first.
    init(prompt: String, history: [String] = []) {
        self.prompt = prompt
        self.history = history
        place = history.count
    }

    /// Reads one text.
    func read() -> Answer {
        guard let terminal = RawTerminal() else { return readPlain() }
        defer { terminal.restore() }
        (edited, draft, place, rowsAbove) = (EditedText(), EditedText(), history.count, 0)
        waiting += parser.take(typedAhead: terminal.typedAhead)
        draw()
        while true {
            if waiting.isEmpty {
                guard let bytes = terminal.read(isWaiting: parser.isWaiting) else {
                    return end(.ended)
                }
                if bytes.isEmpty { parser.reset() }
                waiting = parser.take(bytes)
            }
            while !waiting.isEmpty {
                if let answer = act(on: waiting.removeFirst()) { return end(answer) }
            }
            draw()
        }
    }

    /// Forgets what was typed and not sent.
    func dropTyped() { (waiting, parser) = ([], KeystrokeParser()) }

    private func readPlain() -> Answer {
        Swift.readLine().map { .text($0) } ?? .ended
    }

    private func end(_ answer: Answer) -> Answer {
        while edited.moveDown() {}
        edited.moveToLineEnd()
        draw()
        write("\n")
        if case .text(let text) = answer, history.last != text { history.append(text) }
        return answer
    }

    // MARK: Keys

    /// Does what a key asks for; the answer once there is one.
    private func act(on key: Keystroke) -> Answer? {
        switch key {
        case .text(let text), .paste(let text): edited.insert(text)
        case .newLine: edited.insert("\n")
        case .tab: edited.insert("    ")
        case .enter: return isBlank ? nil : .text(edited.text)
        case .backspace: edited.deleteBackward()
        case .delete: edited.deleteForward()
        case .left: edited.moveLeft()
        case .right: edited.moveRight()
        case .home: edited.moveToLineStart()
        case .end: edited.moveToLineEnd()
        case .wordLeft: edited.moveWordLeft()
        case .wordRight: edited.moveWordRight()
        case .up: if !edited.moveUp() { recall(place - 1) }
        case .down: if !edited.moveDown() { recall(place + 1) }
        case .control(let letter): return control(letter)
        }
        return nil
    }

    private var isBlank: Bool { edited.characters.allSatisfy(\.isWhitespace) }

    private func control(_ letter: Character) -> Answer? {
        switch letter {
        case "a": edited.moveToLineStart()
        case "b": edited.moveLeft()
        case "c":
            if edited.isEmpty { return .interrupted }
            edited = EditedText()
        case "d":
            if edited.isEmpty { return .ended }
            edited.deleteForward()
        case "e": edited.moveToLineEnd()
        case "f": edited.moveRight()
        case "k": edited.deleteToLineEnd()
        case "l":
            write("\u{1B}[2J\u{1B}[H")
            rowsAbove = 0
        case "n": if !edited.moveDown() { recall(place + 1) }
        case "p": if !edited.moveUp() { recall(place - 1) }
        case "u": edited.deleteToLineStart()
        case "w": edited.deleteWordBackward()
        default: break
        }
        return nil
    }

    private func recall(_ wanted: Int) {
        guard (0...history.count).contains(wanted) else { return }
        if place == history.count { draft = edited }
        place = wanted
        edited = wanted == history.count ? draft : EditedText(history[wanted])
    }

    // MARK: Drawing

    private func draw() {
        let layout = EditedLayout(edited, prompt: prompt, width: Console.width)
        var screen = "\r"
        if rowsAbove > 0 { screen += "\u{1B}[\(rowsAbove)A" }
        screen += "\u{1B}[J" + layout.text
        let below = layout.rows - 1 - layout.cursorRow
        if below > 0 { screen += "\u{1B}[\(below)A" }
        screen += "\r"
        if layout.cursorColumn > 0 { screen += "\u{1B}[\(layout.cursorColumn)C" }
        rowsAbove = layout.cursorRow
        write(screen)
    }

    private func write(_ text: String) { Notes.write(Array(text.utf8)) }
}

/// Where the characters of an edited text stand on the screen.
struct EditedLayout {
    /// With line ends where rows end.
    private(set) var text: String
    private(set) var rows = 1
    private(set) var cursorRow = 0
    private(set) var cursorColumn = 0

    init(_ edited: EditedText, prompt: String, width: Int) {
        text = prompt
        let indent = String(repeating: " ", count: prompt.count)
        var column = prompt.count
        cursorColumn = column
        func breakRow(_ layout: inout EditedLayout) {
            layout.text += "\r\n" + indent
            layout.rows += 1
            column = indent.count
        }
        for (place, character) in edited.characters.enumerated() {
            let shown = character == "\n" ? "" : Printable.line(String(character))
            let columns = Columns.count(shown)
            if column + columns > width - 1 { breakRow(&self) }
            if place == edited.cursor { (cursorRow, cursorColumn) = (rows - 1, column) }
            text += shown
            column += columns
            if character == "\n" { breakRow(&self) }
        }
        if edited.cursor == edited.characters.count {
            (cursorRow, cursorColumn) = (rows - 1, column)
        }
    }
}

/// A terminal that hands over every key as it is struck.
private struct RawTerminal {
    private let before: termios
    /// What was typed until then, and nobody has read.
    let typedAhead: [UInt8]

    /// `nil` where there is no terminal to type at.
    init?() {
        var state = termios()
        guard isatty(STDIN_FILENO) != 0, isatty(STDERR_FILENO) != 0, !Console.isDumb,
            tcgetattr(STDIN_FILENO, &state) == 0
        else { return nil }
        before = state
        cfmakeraw(&state)
        // Output keeps its line ends.
        state.c_oflag = before.c_oflag
        guard tcsetattr(STDIN_FILENO, TCSADRAIN, &state) == 0 else { return nil }
        typedAhead = Self.readWaiting()
        Notes.write(Array("\u{1B}[?2004h".utf8))
    }

    /// What can be read at once.
    private static func readWaiting() -> [UInt8] {
        var bytes: [UInt8] = []
        var request = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while poll(&request, 1, 0) > 0 {
            let count = Foundation.read(STDIN_FILENO, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return bytes
    }

    /// Waits for bytes; empty when a begun sequence is not continued, `nil` at the end.
    func read(isWaiting: Bool) -> [UInt8]? {
        while true {
            var request = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            let ready = poll(&request, 1, isWaiting ? 50 : 500)
            if ready == 0, isWaiting { return [] }
            if Interruption.isRequested { return nil }
            if ready == 0 || ready < 0 && errno == EINTR { continue }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = Foundation.read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            return count > 0 ? Array(buffer[..<count]) : nil
        }
    }

    func restore() {
        var state = before
        Notes.write(Array("\u{1B}[?2004l".utf8))
        tcsetattr(STDIN_FILENO, TCSADRAIN, &state)
    }
}
