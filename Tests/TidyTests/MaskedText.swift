/// A source text whose comments and literals are blanked, so that a plain search finds only code.
///
/// Both arrays are as long as the text and keep its line breaks; a blanked byte is a space.
struct MaskedText: Sendable {
    /// Comments and the contents of literals are blank.
    private(set) var code: [UInt8]
    /// Only comments are blank.
    private(set) var commentless: [UInt8]

    init(_ text: String, language: Language) {
        let bytes = Array(text.utf8)
        switch language {
        case .swift, .c:
            var lexer = Lexer(bytes: bytes, isSwift: language == .swift)
            lexer.run()
            code = lexer.code
            commentless = lexer.commentless
        default:
            code = bytes
            commentless = bytes
        }
    }
}

/// Splits Swift or C into code, comments and literals; everything else about the languages is left
/// to their compilers.
private struct Lexer {
    let bytes: [UInt8]
    let isSwift: Bool
    var code: [UInt8]
    var commentless: [UInt8]
    private var at = 0
    /// The strings around the current interpolation, innermost last, with its open parentheses.
    private var interpolations: [(delimiter: Delimiter, parentheses: Int)] = []

    struct Delimiter {
        var quote: UInt8
        var quotes: Int
        var hashes: Int
    }

    init(bytes: [UInt8], isSwift: Bool) {
        self.bytes = bytes
        self.isSwift = isSwift
        code = bytes
        commentless = bytes
    }

    mutating func run() {
        while at < bytes.count {
            if !Self.opensSomething(bytes[at]) {
                followInterpolation()
            } else if starts("/", "/") {
                skipLineComment()
            } else if starts("/", "*") {
                skipBlockComment()
            } else if let delimiter = delimiterHere() {
                at += delimiter.hashes + delimiter.quotes
                skipString(delimiter)
            } else if let end = regexEndHere() {
                while at < end { blankLiteral() }
            } else {
                followInterpolation()
            }
        }
    }

    /// Whether a comment or a literal can start with this byte; most bytes cannot.
    private static func opensSomething(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "/"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "#"): true
        default: false
        }
    }

    private mutating func followInterpolation() {
        let byte = bytes[at]
        at += 1
        guard let innermost = interpolations.last else { return }
        if byte == UInt8(ascii: "(") {
            interpolations[interpolations.count - 1].parentheses += 1
        } else if byte == UInt8(ascii: ")") {
            if innermost.parentheses > 0 {
                interpolations[interpolations.count - 1].parentheses -= 1
            } else {
                interpolations.removeLast()
                skipString(innermost.delimiter)
            }
        }
    }

    /// Whether two given bytes stand here.
    private func starts(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Bool {
        at + 1 < bytes.count && bytes[at] == UInt8(ascii: first)
            && bytes[at + 1] == UInt8(ascii: second)
    }

    /// Blanks one byte of a literal and moves on; line breaks stay.
    private mutating func blankLiteral() {
        if bytes[at] != UInt8(ascii: "\n") { code[at] = UInt8(ascii: " ") }
        at += 1
    }

    private mutating func blankComment() {
        if bytes[at] != UInt8(ascii: "\n") { commentless[at] = UInt8(ascii: " ") }
        blankLiteral()
    }

    private mutating func skipLineComment() {
        while at < bytes.count, bytes[at] != UInt8(ascii: "\n") { blankComment() }
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if starts("/", "*"), isSwift || depth == 0 {
                depth += 1
                blankComment()
            } else if starts("*", "/") {
                depth -= 1
                blankComment()
            }
            if at < bytes.count { blankComment() }
        } while depth > 0 && at < bytes.count
    }

    private func delimiterHere() -> Delimiter? {
        var position = at
        while isSwift, position < bytes.count, bytes[position] == UInt8(ascii: "#") {
            position += 1
        }
        guard position < bytes.count else { return nil }
        let quote = bytes[position]
        let isCharacter = !isSwift && quote == UInt8(ascii: "'")
        guard quote == UInt8(ascii: "\"") || isCharacter else { return nil }
        let hashes = position - at
        let isTriple = isSwift && bytes[position...].prefix(3).elementsEqual([quote, quote, quote])
        return Delimiter(quote: quote, quotes: isTriple ? 3 : 1, hashes: hashes)
    }

    /// Blanks up to the end of the string, or up to its next interpolation, which is code.
    private mutating func skipString(_ delimiter: Delimiter) {
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "\\"), hashesFollow(delimiter.hashes, after: at + 1) {
                let next = at + 1 + delimiter.hashes
                if isSwift, next < bytes.count, bytes[next] == UInt8(ascii: "(") {
                    at = next + 1
                    interpolations.append((delimiter, 0))
                    return
                }
                while at <= next, at < bytes.count { blankLiteral() }
            } else if closes(delimiter) {
                at += delimiter.quotes + delimiter.hashes
                return
            } else if bytes[at] == UInt8(ascii: "\n"), delimiter.quotes == 1 {
                return
            } else {
                blankLiteral()
            }
        }
    }

    private func closes(_ delimiter: Delimiter) -> Bool {
        let end = at + delimiter.quotes
        return end <= bytes.count && bytes[at..<end].allSatisfy { $0 == delimiter.quote }
            && hashesFollow(delimiter.hashes, after: end)
    }

    private func hashesFollow(_ count: Int, after position: Int) -> Bool {
        position + count <= bytes.count
            && bytes[position..<(position + count)].allSatisfy { $0 == UInt8(ascii: "#") }
    }

    /// The end of a regular expression literal that starts here: `#/…/#`, or `/…/` on one line
    /// where an operator cannot stand.
    private func regexEndHere() -> Int? {
        guard isSwift else { return nil }
        if starts("#", "/") { return closingSlash(from: at + 2, hashes: 1) }
        guard bytes[at] == UInt8(ascii: "/"), at + 1 < bytes.count,
            bytes[at + 1] != UInt8(ascii: " ")
        else { return nil }
        let before = bytes[..<at].last { $0 != UInt8(ascii: " ") }
        guard let before, "(=,:[{\n".utf8.contains(before) else { return nil }
        return closingSlash(from: at + 1, hashes: 0)
    }

    private func closingSlash(from start: Int, hashes: Int) -> Int? {
        var position = start
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") {
            if bytes[position] == UInt8(ascii: "\\") {
                position += 1
            } else if bytes[position] == UInt8(ascii: "/"),
                hashesFollow(hashes, after: position + 1)
            {
                return position + 1 + hashes
            }
            position += 1
        }
        return nil
    }
}
