/// Links, paths and commands in the documents.
enum DocumentRules {
    /// Languages of fenced blocks.
    ///
    /// `sh` and `console` are run by `Tests/Scripts/documents`; a block without a language could
    /// hide a command from it.
    static let languages: Set<String> = ["sh", "console", "text", "json", "swift", "sql"]

    static func check(_ repository: Repository) -> [Finding] {
        repository.files(.markdown).flatMap { file in
            links(in: file, repository) + paths(in: file, repository) + fences(in: file)
        }
    }

    /// The lines outside fenced blocks, with their numbers.
    static func prose(of file: TextFile) -> [(line: Int, text: Substring)] {
        var isInside = false
        return file.lines.enumerated().compactMap { index, line in
            if line.hasPrefix("```") {
                isInside.toggle()
                return nil
            }
            return isInside ? nil : (index + 1, line)
        }
    }

    private static func links(in file: TextFile, _ repository: Repository) -> [Finding] {
        prose(of: file).flatMap { line, text in
            targets(of: text).compactMap { target in
                if target.hasPrefix("https://") || target.hasPrefix("mailto:") { return nil }
                let parts = target.split(
                    separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
                let path = parts[0].isEmpty ? file.path : resolved(String(parts[0]), from: file)
                guard repository.paths.contains(path) else {
                    return Finding(file.path, line, "The link to \(target) leads nowhere.")
                }
                guard parts.count == 2, let document = repository.file(path) else { return nil }
                return anchors(of: document).contains(String(parts[1]))
                    ? nil : Finding(file.path, line, "\(path) has no heading #\(parts[1]).")
            }
        }
    }

    /// `b` for each `[a](b)` of a line.
    static func targets(of line: Substring) -> [String] {
        line.split(separator: "](").dropFirst().map { piece in
            String(piece.prefix { $0 != ")" && $0 != " " })
        }
    }

    private static func resolved(_ target: String, from file: TextFile) -> String {
        var parts = file.path.split(separator: "/").dropLast().map(String.init)
        for part in target.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(String(part)) }
        }
        return parts.joined(separator: "/")
    }

    /// Headings as anchors: lower case, spaces as hyphens, other signs dropped.
    static func anchors(of file: TextFile) -> Set<String> {
        Set(
            prose(of: file).filter { $0.text.hasPrefix("#") }.map { _, text in
                let title = text.drop { $0 == "#" }.drop { $0 == " " }.lowercased()
                return String(
                    title.compactMap { character in
                        if character == " " { return "-" }
                        let isKept =
                            character.isLetter || character.isNumber || "-_".contains(character)
                        return isKept ? character : nil
                    })
            })
    }

    /// A path in backticks that starts with a folder of the project must exist.
    private static func paths(in file: TextFile, _ repository: Repository) -> [Finding] {
        prose(of: file).flatMap { line, text -> [Finding] in
            let pieces = text.split(separator: "`", omittingEmptySubsequences: false)
            return pieces.indices.filter { $0 % 2 == 1 }.compactMap { index in
                let command = pieces[index].prefix { $0 != " " }
                let path = command.hasSuffix("/") ? command.dropLast() : command
                guard let folder = path.split(separator: "/").first, path.contains("/"),
                    Repository.folders.contains(String(folder)),
                    !path.contains(where: { "*<…[".contains($0) }),
                    !repository.paths.contains(String(path))
                else { return nil }
                return Finding(file.path, line, "There is no \(path).")
            }
        }
    }

    private static func fences(in file: TextFile) -> [Finding] {
        var isInside = false
        return file.lines.enumerated().compactMap { index, line in
            guard line.drop(while: { $0 == " " }).hasPrefix("```") else { return nil }
            guard line.hasPrefix("```") else {
                return Finding(file.path, index + 1, "A fenced block starts in the first column.")
            }
            isInside.toggle()
            let language = String(line.dropFirst(3))
            guard isInside, !languages.contains(language) else { return nil }
            return Finding(
                file.path, index + 1,
                "A fenced block names one of \(languages.sorted().joined(separator: ", ")).")
        }
    }
}
