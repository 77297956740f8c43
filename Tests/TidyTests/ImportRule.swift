/// Compares imports with the table in `ARCHITECTURE.md`, which is the rule and not a copy of it.
struct ImportRule {
    static let document = "ARCHITECTURE.md"
    static let heading = "## Import table"

    /// Modules that come with the toolchain and the C library; every target may use them.
    static let toolchain: Set<String> = [
        "Foundation", "FoundationEssentials", "Synchronization", "Dispatch", "Glibc", "Musl",
        "Darwin", "Swift",
    ]

    /// Headers of ISO C and POSIX; others stand for a library and need a line in the table.
    static let headers: Set<String> = [
        "assert", "ctype", "dirent", "errno", "fcntl", "inttypes", "limits", "pthread", "signal",
        "stdalign", "stdarg", "stdatomic", "stdbool", "stddef", "stdint", "stdio", "stdlib",
        "string", "strings", "time", "unistd",
    ]

    var allowed: [String: Set<String>] = [:]

    /// Reads rows ``| `Target`, `Target` | what it is | `Import`, `Import` |``.
    init(_ document: TextFile) {
        let lines = document.lines
        guard let start = lines.firstIndex(of: Substring(Self.heading)) else { return }
        for line in lines[(start + 1)...].prefix(while: { !$0.hasPrefix("## ") }) {
            let cells = line.split(separator: "|", omittingEmptySubsequences: true)
            guard line.hasPrefix("| `"), let first = cells.first, let last = cells.last,
                cells.count == 3
            else { continue }
            for target in Self.quoted(first) { allowed[target] = Set(Self.quoted(last)) }
        }
    }

    private static func quoted(_ cell: Substring) -> [String] {
        let pieces = cell.split(separator: "`", omittingEmptySubsequences: false)
        return pieces.indices.filter { $0 % 2 == 1 }.map { String(pieces[$0]) }
    }

    func check(_ files: [TextFile]) -> [Finding] {
        files.flatMap { file -> [Finding] in
            guard let target = file.target, file.isSource || allowed[target] != nil else {
                return []
            }
            return Self.imports(of: file).compactMap { line, module in
                guard module != target, allowed[target]?.contains(module) != true else {
                    return nil
                }
                return Finding(
                    file.path, line, "\(target) may not import \(module) (\(Self.document)).")
            }
        }
    }

    /// The table against the manifest: same targets, and no dependency that the table leaves out.
    func check(_ manifest: Manifest) -> [Finding] {
        var findings: [Finding] = []
        let sources = manifest.targets.filter { $0.kind != "testTarget" }
        for target in sources {
            guard let row = allowed[target.name] else {
                findings.append(
                    Finding(Self.document, 1, "The import table has no row for \(target.name)."))
                continue
            }
            for name in target.dependencies where !row.contains(name) {
                findings.append(
                    Finding(
                        "Package.swift", 1,
                        "\(target.name) depends on \(name), which the import table leaves out."))
            }
        }
        for name in allowed.keys where !sources.contains(where: { $0.name == name }) {
            findings.append(
                Finding(Self.document, 1, "The import table has \(name), the package has not."))
        }
        return findings
    }

    /// Line and module of every `import`, or line and library of every `#include <library.h>`.
    static func imports(of file: TextFile) -> [(line: Int, module: String)] {
        let code = String(decoding: file.masked.code, as: UTF8.self)
        let lines = code.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.enumerated().compactMap { index, line in
            guard line.contains("import ") || line.contains("#include") else { return nil }
            let name = file.language == .c ? included(line) : imported(line)
            guard let name, !(file.language == .swift && toolchain.contains(name)) else {
                return nil
            }
            return (index + 1, name)
        }
    }

    private static let kinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "let", "var", "actor",
    ]
    private static let modifiers: Set<Substring> = [
        "public", "package", "internal", "fileprivate", "private",
    ]

    private static func imported(_ line: Substring) -> String? {
        var words = line.split(separator: " ")[...]
        while let first = words.first, first.hasPrefix("@") || modifiers.contains(first) {
            words.removeFirst()
        }
        guard words.first == "import" else { return nil }
        words.removeFirst()
        if let first = words.first, kinds.contains(first) { words.removeFirst() }
        return words.first.map { String($0.prefix { $0 != "." && $0 != ";" }) }
    }

    private static func included(_ line: Substring) -> String? {
        guard let start = line.firstIndex(of: "<"), let end = line.firstIndex(of: ".") else {
            return nil
        }
        let name = String(line[line.index(after: start)..<end])
        return headers.contains(name) || name.hasPrefix("sys/") || name.hasPrefix("linux/")
            ? nil : name
    }
}
