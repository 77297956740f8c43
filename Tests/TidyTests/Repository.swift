import Foundation

/// One place that breaks a rule, written as compilers write it: `path:line: sentence`.
struct Finding: Hashable, Comparable, CustomStringConvertible {
    var path: String
    var line: Int
    var sentence: String

    init(_ path: String, _ line: Int, _ sentence: String) {
        self.path = path
        self.line = line
        self.sentence = sentence
    }

    var description: String { "\(path):\(line): \(sentence)" }

    static func < (left: Finding, right: Finding) -> Bool {
        (left.path, left.line, left.sentence) < (right.path, right.line, right.sentence)
    }
}

/// What a file is written in, by its ending or its first line.
enum Language: Equatable {
    case swift, c, bash, python, sql, markdown, other
}

/// A text file of the repository.
struct TextFile: Sendable {
    /// Relative to the root, with slashes.
    let path: String
    let text: String
    let language: Language
    let lines: [Substring]
    /// The text with comments, or comments and literals, blanked; equal to `text` elsewhere.
    let masked: MaskedText

    init(path: String, text: String) {
        self.path = path
        self.text = text
        self.lines = text.utf8.split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
        ).map { Substring($0) }
        self.language = Self.language(of: path, firstLine: lines.first ?? "")
        self.masked = MaskedText(text, language: language)
    }

    /// The text with literals blanked and comments kept.
    var withoutLiterals: [UInt8] {
        let bytes = Array(text.utf8)
        return bytes.indices.map { index in
            masked.commentless[index] == bytes[index] ? masked.code[index] : bytes[index]
        }
    }

    /// The line count as `wc -l` gives it.
    var lineCount: Int { text.utf8.count { $0 == UInt8(ascii: "\n") } }

    /// `Vault` for `Sources/Vault/Records/Part.swift`.
    var target: String? {
        let parts = path.split(separator: "/")
        guard parts.count > 2, parts[0] == "Sources" || parts[0] == "Tests" else { return nil }
        return String(parts[1])
    }

    var isSource: Bool { path.hasPrefix("Sources/") }

    private static func language(of path: String, firstLine: Substring) -> Language {
        switch path.split(separator: ".").last.map(String.init) {
        case "swift": return .swift
        case "c", "h": return .c
        case "sql": return .sql
        case "md": return .markdown
        case "py": return .python
        default: break
        }
        guard firstLine.hasPrefix("#!") else { return .other }
        if firstLine.hasSuffix("bash") { return .bash }
        return firstLine.contains("python3") ? .python : .other
    }
}

/// The files of a repository as they lie on the disk.
struct Repository: Sendable {
    let root: URL
    /// Every text file but those of `fixtures/`, sorted by path.
    let files: [TextFile]
    /// Every path, fixtures included, folders too.
    let paths: Set<String>

    /// The repository that this file stands in.
    static let here: Repository = {
        let file = URL(filePath: #filePath)
        return Repository(
            root: file.deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent())
    }()

    /// The folders that hold the project; everything else at the top level is a build product or
    /// stands there as a plain file.
    static let folders = ["Sources", "Tests", "migrations", "fixtures", "tools", "docs", ".ci"]

    init(root: URL) {
        self.root = root
        var paths: Set<String> = []
        for name in (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? [] {
            if Self.folders.contains(name) {
                paths.insert(name)
                Self.walk(root, name, into: &paths)
            } else if name != ".git", Self.isRegularFile(root.appending(path: name)) {
                paths.insert(name)
            }
        }
        self.paths = paths
        self.files = paths.sorted().compactMap { path in
            guard !path.hasPrefix("fixtures/"), path != "LICENSE" else { return nil }
            return Self.read(root, path)
        }
    }

    func file(_ path: String) -> TextFile? { files.first { $0.path == path } }

    func files(_ language: Language) -> [TextFile] { files.filter { $0.language == language } }

    private static func walk(_ root: URL, _ folder: String, into paths: inout Set<String>) {
        let here = root.appending(path: folder)
        for name in (try? FileManager.default.contentsOfDirectory(atPath: here.path)) ?? [] {
            guard name != "__pycache__", !name.hasPrefix(".build") else { continue }
            let path = folder + "/" + name
            paths.insert(path)
            if isFolder(root.appending(path: path)) { walk(root, path, into: &paths) }
        }
    }

    private static func type(_ url: URL) -> FileAttributeType? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: url.path)
        return attributes?[.type] as? FileAttributeType
    }

    /// A symbolic link is no folder: what it points to is walked where it lies.
    private static func isFolder(_ url: URL) -> Bool { type(url) == .typeDirectory }

    private static func isRegularFile(_ url: URL) -> Bool { type(url) == .typeRegular }

    private static func read(_ root: URL, _ path: String) -> TextFile? {
        let url = root.appending(path: path)
        guard isRegularFile(url), let data = try? Data(contentsOf: url),
            let text = String(data: data, encoding: .utf8)
        else { return nil }
        return TextFile(path: path, text: text)
    }
}
