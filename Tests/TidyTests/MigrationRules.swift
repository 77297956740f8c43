/// Migrations are numbered without gaps, all of them compiled in, in order, and frozen at release.
enum MigrationRules {
    static func check(_ repository: Repository) -> [Finding] {
        let names = migrations(repository)
        return numbering(names) + embedding(names, repository) + frozen(repository)
    }

    /// File names such as `0001-vault.sql`, in order.
    static func migrations(_ repository: Repository) -> [String] {
        repository.paths.filter { $0.hasPrefix("migrations/") && $0.hasSuffix(".sql") }
            .map { String($0.dropFirst("migrations/".count)) }
            .filter { $0 != "schema.sql" }.sorted()
    }

    static func numbering(_ names: [String]) -> [Finding] {
        names.enumerated().compactMap { index, name in
            let digits = String(index + 1)
            let prefix = String(repeating: "0", count: 4 - digits.count) + digits + "-"
            return name.hasPrefix(prefix)
                ? nil : Finding("migrations/" + name, 1, "The next file is numbered \(prefix)….")
        }
    }

    /// The constant that the build makes of a file: the first digit and every other sign that no
    /// name can have become underscores.
    static func constant(for name: String) -> String {
        let signs = name.map { $0.isLetter || $0.isNumber ? $0 : "_" }
        return "_" + String(signs.dropFirst())
    }

    /// `Vault` names every migration once, in ascending order.
    private static func embedding(_ names: [String], _ repository: Repository) -> [Finding] {
        var found: [(path: String, line: Int, constant: String)] = []
        for file in repository.files(.swift) where file.path.hasPrefix("Sources/Vault/") {
            let code = file.masked.code
            for offset in Search.offsets(of: "PackageResources._", in: code) {
                let start = offset + "PackageResources.".utf8.count
                let constant = code[start...].prefix { Search.isWord($0) }
                found.append(
                    (
                        file.path, Search.line(of: offset, in: code),
                        String(decoding: constant, as: UTF8.self)
                    ))
            }
        }
        let expected = names.map(constant)
        guard found.map(\.constant) != expected else { return [] }
        return [
            Finding(
                found.first?.path ?? "Sources/Vault", found.first?.line ?? 1,
                "Vault embeds \(found.map(\.constant)), migrations/ has \(expected).")
        ]
    }

    /// `frozen.txt` names files that exist; their sums are checked by `sha256sum`.
    private static func frozen(_ repository: Repository) -> [Finding] {
        guard let file = repository.file("migrations/frozen.txt") else {
            return [Finding("migrations/frozen.txt", 1, "The file is missing.")]
        }
        let known = Set(migrations(repository))
        return file.lines.enumerated().compactMap { index, line in
            guard !line.isEmpty, !line.hasPrefix("#") else { return nil }
            let name = line.split(separator: " ").last.map(String.init) ?? ""
            return known.contains(name)
                ? nil : Finding(file.path, index + 1, "A released migration is gone: \(name).")
        }
    }
}

/// Scripts stop at the first error and can be run as they are.
enum ScriptRules {
    static func check(_ repository: Repository) -> [Finding] {
        let places = ["tools/", "Tests/Scripts/", ".ci/"]
        return repository.files.filter { file in
            places.contains { file.path.hasPrefix($0) } && file.language == .bash
        }.flatMap { file -> [Finding] in
            var findings: [Finding] = []
            if file.lines.first != "#!/usr/bin/env bash" {
                findings.append(Finding(file.path, 1, "A script starts with #!/usr/bin/env bash."))
            }
            if !file.lines.prefix(40).contains("set -euo pipefail") {
                findings.append(Finding(file.path, 2, "A script sets -euo pipefail."))
            }
            return findings
        }
    }

    /// Every file in the folders of tools can be executed, unless it is a source of one.
    static func checkModes(_ repository: Repository, isExecutable: (String) -> Bool) -> [Finding] {
        repository.files.filter { file in
            file.text.hasPrefix("#!") && !isExecutable(file.path)
        }.map { Finding($0.path, 1, "The file has a #! line and cannot be executed.") }
    }
}
