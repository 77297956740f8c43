/// A function with a body, and the lines that it covers.
struct Function: Equatable {
    var name: String
    var firstLine: Int
    var lastLine: Int

    var lineCount: Int { lastLine - firstLine + 1 }
}

/// Finds functions by their braces in code whose comments and literals are blank.
enum Functions {
    static func all(in file: TextFile) -> [Function] {
        switch file.language {
        case .swift: swiftFunctions(file.masked.code)
        case .c: cFunctions(file.masked.code)
        default: []
        }
    }

    /// `func`, `init`, `deinit` and `subscript` with a body; computed properties count through the
    /// type that they stand in.
    private static func swiftFunctions(_ code: [UInt8]) -> [Function] {
        var found: [Function] = []
        for keyword in ["func", "init", "deinit", "subscript"] {
            for start in Search.offsets(of: keyword, in: code, wholeWords: true) {
                if start > 0, code[start - 1] == UInt8(ascii: ".") { continue }
                guard let open = bodyStart(code, after: start + keyword.utf8.count),
                    let close = matchingBrace(code, open)
                else { continue }
                let name = keyword == "func" ? word(code, after: start + 4) : keyword
                found.append(function(name, code, start, close))
            }
        }
        return found.sorted { $0.firstLine < $1.firstLine }
    }

    /// The brace that opens the body: the first outside parentheses and brackets.
    ///
    /// A requirement of a protocol has none: another declaration or a `}` comes first.
    private static func bodyStart(_ code: [UInt8], after start: Int) -> Int? {
        var depth = 0
        var position = start
        while position < code.count {
            switch code[position] {
            case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "{") where depth == 0: return position
            case UInt8(ascii: "}") where depth == 0: return nil
            case UInt8(ascii: "\n") where depth == 0:
                if declarationFollows(code, position + 1) { return nil }
            default: break
            }
            if depth < 0 { return nil }
            position += 1
        }
        return nil
    }

    private static let declarations: Set<String> = [
        "func", "var", "let", "init", "deinit", "subscript", "case", "struct", "class", "enum",
        "actor", "extension", "protocol", "package", "public", "private", "static", "mutating",
        "associatedtype", "typealias",
    ]

    private static func declarationFollows(_ code: [UInt8], _ start: Int) -> Bool {
        declarations.contains(word(code, after: start))
    }

    private static func word(_ code: [UInt8], after start: Int) -> String {
        let blank: Set<UInt8> = [UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\t")]
        let rest = code[start...].drop { blank.contains($0) }
        let word = rest.prefix { Search.isWord($0) }
        if !word.isEmpty { return String(decoding: word, as: UTF8.self) }
        return String(decoding: rest.prefix { !blank.contains($0) && $0 != 40 }, as: UTF8.self)
    }

    /// A `{` outside all braces with a `)` before it.
    private static func cFunctions(_ code: [UInt8]) -> [Function] {
        var found: [Function] = []
        var position = 0
        while let open = code[position...].firstIndex(of: UInt8(ascii: "{")) {
            guard let close = matchingBrace(code, open) else { break }
            let before = code[position..<open]
            if let last = before.last(where: { $0 > 32 }), last == UInt8(ascii: ")"),
                let parameters = before.firstIndex(of: UInt8(ascii: "("))
            {
                let head = code[position..<parameters]
                let start = head.lastIndex { $0 == 10 }.map { $0 + 1 } ?? position
                let name = head.reversed().prefix { Search.isWord($0) }.reversed()
                found.append(
                    function(String(decoding: Array(name), as: UTF8.self), code, start, close))
            }
            position = close + 1
        }
        return found
    }

    private static func matchingBrace(_ code: [UInt8], _ open: Int) -> Int? {
        var depth = 0
        for position in open..<code.count {
            if code[position] == UInt8(ascii: "{") { depth += 1 }
            if code[position] == UInt8(ascii: "}") {
                depth -= 1
                if depth == 0 { return position }
            }
        }
        return nil
    }

    private static func function(
        _ name: String, _ code: [UInt8], _ start: Int, _ close: Int
    ) -> Function {
        let first = Search.line(of: start, in: code)
        let inside = code[start..<close].count { $0 == UInt8(ascii: "\n") }
        return Function(name: name, firstLine: first, lastLine: first + inside)
    }
}
