/// A text that is being typed, of one line or several, with a cursor in it.
struct EditedText: Equatable {
    private(set) var characters: [Character] = []
    /// Before which character the cursor is.
    private(set) var cursor = 0

    init(_ text: String = "") {
        characters = Array(text)
        cursor = characters.count
    }

    var text: String { String(characters) }
    var isEmpty: Bool { characters.isEmpty }

    mutating func insert(_ text: String) {
        // A mark that combines joins the character before it.
        let head = String(characters[..<cursor]) + text
        characters = Array(head) + characters[cursor...]
        cursor = Array(head).count
    }

    // MARK: Taking away

    mutating func deleteBackward() { remove(max(0, cursor - 1)..<cursor) }

    mutating func deleteForward() { remove(cursor..<min(characters.count, cursor + 1)) }

    mutating func deleteWordBackward() { remove(wordStart..<cursor) }

    mutating func deleteToLineStart() { remove(lineStart..<cursor) }

    /// At the end of a line, what is taken away is the line end.
    mutating func deleteToLineEnd() {
        let end = lineEnd
        remove(cursor..<(end == cursor ? min(characters.count, end + 1) : end))
    }

    private mutating func remove(_ range: Range<Int>) {
        characters.removeSubrange(range)
        cursor = range.lowerBound
    }

    // MARK: Moving

    private var lineStart: Int {
        (characters[..<cursor].lastIndex(of: "\n") ?? -1) + 1
    }
    private var lineEnd: Int { characters[cursor...].firstIndex(of: "\n") ?? characters.count }

    private var wordStart: Int {
        var place = cursor
        while place > 0, !Self.isWord(characters[place - 1]) { place -= 1 }
        while place > 0, Self.isWord(characters[place - 1]) { place -= 1 }
        return place
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    mutating func moveLeft() { cursor = max(0, cursor - 1) }
    mutating func moveRight() { cursor = min(characters.count, cursor + 1) }
    mutating func moveToLineStart() { cursor = lineStart }
    mutating func moveToLineEnd() { cursor = lineEnd }
    mutating func moveWordLeft() { cursor = wordStart }

    mutating func moveWordRight() {
        while cursor < characters.count, !Self.isWord(characters[cursor]) { cursor += 1 }
        while cursor < characters.count, Self.isWord(characters[cursor]) { cursor += 1 }
    }

    /// Moves a line up; `false` on the first one.
    mutating func moveUp() -> Bool {
        let start = lineStart
        guard start > 0 else { return false }
        let column = cursor - start
        cursor = start - 1
        cursor = min(lineStart + column, start - 1)
        return true
    }

    /// Moves a line down; `false` on the last one.
    mutating func moveDown() -> Bool {
        let end = lineEnd
        guard end < characters.count else { return false }
        let column = cursor - lineStart
        cursor = end + 1
        cursor = min(end + 1 + column, lineEnd)
        return true
    }
}
