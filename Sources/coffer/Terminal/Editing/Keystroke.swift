/// What a person did on the keyboard.
enum Keystroke: Equatable {
    case text(String)
    /// Text that was pasted as a whole; line ends in it send nothing.
    case paste(String)
    case enter
    /// A line end that sends nothing: Alt-Enter or Ctrl-J.
    case newLine
    case backspace, delete, left, right, up, down, home, end, wordLeft, wordRight
    /// Ctrl and a small letter.
    case control(Character)
    case tab
}

/// Cuts what a terminal sends into keystrokes.
///
/// Text is UTF-8; sequences are those of ECMA-48 as xterm sends them, and bracketed paste
/// (`ESC [ 200 ~` … `ESC [ 201 ~`). What is not known is dropped.
struct KeystrokeParser {
    private static let pasteEnd = Array("\u{1B}[201~".utf8)
    /// A paste that never ends must not fill the memory.
    private static let maximumPasteBytes = 16 << 20

    private var pending: [UInt8] = []
    private var isPasting = false

    /// Whether a sequence has begun: one that goes no further is the Escape key.
    var isWaiting: Bool { !pending.isEmpty }

    /// Takes bytes and gives the keystrokes that they complete.
    mutating func take(_ bytes: some Sequence<UInt8>) -> [Keystroke] {
        pending.append(contentsOf: bytes)
        var keys: [Keystroke] = []
        while let key = next() { if let key = key.keystroke { keys.append(key) } }
        return keys
    }

    /// Takes what was typed while the terminal handed over lines: there Enter is a line feed.
    mutating func take(typedAhead bytes: some Sequence<UInt8>) -> [Keystroke] {
        take(bytes.map { $0 == 0x0A ? 0x0D : $0 })
    }

    /// Drops a sequence that was begun.
    mutating func reset() { if !isPasting { pending = [] } }

    private enum Step {
        case key(Keystroke), nothing

        var keystroke: Keystroke? { if case .key(let key) = self { key } else { nil } }
    }

    /// The next step; `nil` when more bytes are needed.
    private mutating func next() -> Step? {
        if isPasting { return paste() }
        guard let first = pending.first else { return nil }
        switch first {
        case 0x1B: return escape()
        case 0x0D: return drop(1, .enter)
        case 0x0A: return drop(1, .newLine)
        case 0x7F, 0x08: return drop(1, .backspace)
        case 0x09: return drop(1, .tab)
        case 0x01...0x1A:
            return drop(1, .control(Character(Unicode.Scalar(first + 0x60))))
        case 0x00..<0x20: return drop(1, nil)
        default: return text()
        }
    }

    private mutating func drop(_ count: Int, _ key: Keystroke?) -> Step {
        pending.removeFirst(count)
        return key.map(Step.key) ?? .nothing
    }

    private mutating func text() -> Step? {
        let run = pending.prefix { $0 >= 0x20 && $0 != 0x7F }
        // A character that is cut at the end waits for its rest.
        var count = run.count
        if let lead = run.lastIndex(where: { $0 & 0xC0 != 0x80 }), run[lead] >= 0xC0 {
            let length = run[lead] >= 0xF0 ? 4 : run[lead] >= 0xE0 ? 3 : 2
            if run.count - lead < length, run.count == pending.count { count = lead }
        }
        guard count > 0 else { return nil }
        return drop(count, .text(String(decoding: pending[..<count], as: UTF8.self)))
    }

    private mutating func paste() -> Step? {
        guard let end = pending.firstRange(of: Self.pasteEnd) else {
            if pending.count > Self.maximumPasteBytes { (pending, isPasting) = ([], false) }
            return nil
        }
        let text = String(decoding: pending[..<end.lowerBound], as: UTF8.self)
        isPasting = false
        let lines = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
        return drop(end.upperBound, .paste(lines))
    }

    private mutating func escape() -> Step? {
        guard pending.count > 1 else { return nil }
        switch pending[1] {
        case 0x0D, 0x0A: return drop(2, .newLine)
        case UInt8(ascii: "b"): return drop(2, .wordLeft)
        case UInt8(ascii: "f"): return drop(2, .wordRight)
        case 0x7F: return drop(2, .control("w"))
        case UInt8(ascii: "["): return sequence()
        case UInt8(ascii: "O"):
            guard pending.count > 2 else { return nil }
            return drop(3, Self.arrows[pending[2]])
        case 0x1B: return drop(1, nil)
        default: return drop(2, nil)
        }
    }

    /// A control sequence: parameters, and a final byte.
    private mutating func sequence() -> Step? {
        guard let last = pending.dropFirst(2).firstIndex(where: { (0x40...0x7E).contains($0) })
        else { return nil }
        let parameters = String(decoding: pending[2..<last], as: UTF8.self)
        let final = pending[last]
        if final == UInt8(ascii: "~") {
            if parameters == "200" { isPasting = true }
            return drop(last + 1, Self.numbered[parameters])
        }
        // Ctrl or Alt with an arrow moves by words.
        let byWord = ["1;5", "1;3"].contains(parameters)
        if byWord, final == UInt8(ascii: "D") { return drop(last + 1, .wordLeft) }
        if byWord, final == UInt8(ascii: "C") { return drop(last + 1, .wordRight) }
        return drop(last + 1, Self.arrows[final])
    }

    private static let arrows: [UInt8: Keystroke] = [
        UInt8(ascii: "A"): .up, UInt8(ascii: "B"): .down, UInt8(ascii: "C"): .right,
        UInt8(ascii: "D"): .left, UInt8(ascii: "H"): .home, UInt8(ascii: "F"): .end,
    ]
    private static let numbered: [String: Keystroke] = [
        "1": .home, "3": .delete, "4": .end, "7": .home, "8": .end,
    ]
}
