/// Limits that keep a file readable on one screen and in one sitting.
enum SizeRules {
    static let columns = 100
    static let functionLines = 60
    static let sourceLines = 600
    static let testLines = 800

    static func check(_ files: [TextFile]) -> [Finding] {
        files.filter { isProgram($0.language) }.flatMap {
            longFile($0) + longLines($0) + longFunctions($0)
        }
    }

    private static func isProgram(_ language: Language) -> Bool {
        language != .markdown && language != .other
    }

    private static func longFile(_ file: TextFile) -> [Finding] {
        let isTest = file.path.hasPrefix("Tests/") && file.language == .swift
        let limit = isTest ? testLines : sourceLines
        let count = file.lineCount
        guard count > limit else { return [] }
        return [Finding(file.path, limit + 1, "\(count) lines; \(limit) are the most.")]
    }

    /// Lines beyond the limit.
    ///
    /// What is inside a literal of several lines does not count: the text there is not ours to
    /// break. The same holds for any literal of a test: it is sample data.
    private static func longLines(_ file: TextFile) -> [Finding] {
        guard file.lines.contains(where: isLong) else { return [] }
        let lines = file.withoutLiterals.split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return zip(file.lines, lines).enumerated().compactMap { index, pair in
            let (line, code) = pair
            let end = code.lastIndex { $0 != UInt8(ascii: " ") } ?? code.startIndex
            guard isLong(line), end - code.startIndex >= columns else { return nil }
            if file.path.hasPrefix("Tests/"), line.contains("\"") { return nil }
            return Finding(
                file.path, index + 1, "\(line.count) columns; \(columns) are the most.")
        }
    }

    private static func isLong(_ line: Substring) -> Bool {
        line.utf8.count > columns && line.count > columns
    }

    private static func longFunctions(_ file: TextFile) -> [Finding] {
        Functions.all(in: file).filter { $0.lineCount > functionLines }.map {
            Finding(
                file.path, $0.firstLine,
                "`\($0.name)` has \($0.lineCount) lines; \(functionLines) are the most.")
        }
    }
}

/// Drawers: names that say nothing of what is inside.
enum NameRules {
    private static let drawers: Set<String> = [
        "util", "utils", "utility", "utilities", "helper", "helpers", "common", "manager",
        "managers", "misc", "placeholder",
    ]

    static func check(paths: Set<String>) -> [Finding] {
        paths.filter { !$0.hasPrefix("fixtures/") }.compactMap { path in
            let name = path.split(separator: "/").last ?? ""
            let stem = name.prefix { $0 != "." }
            guard drawers.contains(lastWord(of: stem)) else { return nil }
            return Finding(path, 1, "\(stem) names no idea: say what is inside.")
        }
    }

    /// Types by the same rule; `extension FileManager` declares none.
    static func check(_ files: [TextFile]) -> [Finding] {
        files.filter { $0.language == .swift }.flatMap { file -> [Finding] in
            let code = file.masked.code
            return ["struct ", "class ", "enum ", "actor ", "protocol "].flatMap { keyword in
                Search.offsets(of: keyword, in: code, wholeWords: true).compactMap { offset in
                    let name = code[(offset + keyword.utf8.count)...].prefix { Search.isWord($0) }
                    let word = String(decoding: name, as: UTF8.self)
                    guard drawers.contains(lastWord(of: word[...])) else { return nil }
                    return Finding(
                        file.path, Search.line(of: offset, in: code), "\(word) names no idea.")
                }
            }
        }
    }

    /// `helpers` for `SearchHelpers`, in lower case.
    private static func lastWord(of name: Substring) -> String {
        let start = name.lastIndex { $0.isUppercase } ?? name.startIndex
        let tail = name[start...].split { $0 == "-" || $0 == "_" }.last ?? ""
        return tail.lowercased()
    }
}
