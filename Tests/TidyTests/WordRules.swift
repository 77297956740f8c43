/// Words that do not belong in a place, each with the invariant that they would break.
struct WordRule {
    enum Part { case code, codeAndLiterals, everything }

    var words: [String]
    /// Prefixes of the paths that the rule is about.
    var places: [String]
    /// Prefixes of paths inside these places that are exempt.
    var except: [String] = []
    var part: Part = .code
    var ignoringCase = false
    var sentence: String

    func check(_ files: [TextFile]) -> [Finding] {
        files.flatMap { file -> [Finding] in
            guard applies(to: file.path) else { return [] }
            return words.flatMap { word in occurrences(of: word, in: file) }
        }
    }

    private func applies(to path: String) -> Bool {
        places.contains { path.hasPrefix($0) } && !except.contains { path.hasPrefix($0) }
    }

    private func occurrences(of word: String, in file: TextFile) -> [Finding] {
        let bytes =
            switch part {
            case .code: file.masked.code
            case .codeAndLiterals: file.masked.commentless
            case .everything: Array(file.text.utf8)
            }
        let offsets = Search.offsets(
            of: word, in: bytes, wholeWords: true, ignoringCase: ignoringCase)
        return offsets.map {
            Finding(file.path, Search.line(of: $0, in: bytes), "\"\(word)\": \(sentence)")
        }
    }
}

extension WordRule {
    static let engine = [
        "Sources/VaultCrypto/", "Sources/Policy/", "Sources/Vault/", "Sources/VaultArchive/",
        "Sources/Importers/", "Sources/Providers/",
    ]

    /// The negative invariants of `ARCHITECTURE.md` that a search can check.
    static let architecture: [WordRule] = [
        WordRule(
            words: ["bedrock", "vertex", "openai", "anthropic", "http", "https", "URLSession"],
            places: ["Sources/VaultCrypto/", "Sources/Vault/", "Sources/CPageVFS/"],
            part: .codeAndLiterals, ignoringCase: true,
            sentence: "the storage engine knows nothing of providers or of networks."),
        WordRule(
            words: [
                "SELECT ", "INSERT INTO", "INSERT OR", "DELETE FROM", "CREATE TABLE", "PRAGMA ",
            ],
            places: ["Sources/"],
            except: ["Sources/Vault/", "Sources/CPageVFS/", "Sources/Importers/"],
            part: .codeAndLiterals, sentence: "SQL is written in Vault and in migrations only."),
        WordRule(
            words: [
                "Date(", "Date.now", "Instant", "clock_gettime", "ContinuousClock", "Calendar(",
                "TimeZone(", "FileManager", "FileHandle", "Data(", "open(", "getenv", "random(",
                "UUID(",
            ],
            places: ["Sources/Policy/"],
            sentence: "a decision depends on nothing but the values that it is given."),
        WordRule(
            words: ["purgeAskingNoRule("],
            places: ["Sources/"], except: ["Sources/Vault/VaultPurging.swift"],
            sentence: "what destroys asks the policy and the holds: `dispose`."),
        WordRule(
            words: ["INSERT INTO", "INSERT OR", "DELETE FROM", "CREATE TABLE"],
            places: ["Sources/Importers/"], part: .codeAndLiterals,
            sentence: "an importer reads another program's database and never writes one."),
        WordRule(
            words: ["print(", "debugPrint(", "dump(", "NSLog("], places: engine,
            sentence: "the engine answers with values; only the command line prints."),
        WordRule(
            words: ["exit("], places: engine,
            sentence: "the engine throws; only the command line ends the process."),
        WordRule(
            words: ["ArgumentParser"], places: engine, part: .codeAndLiterals,
            sentence: "the engine knows nothing of the command line."),
        WordRule(
            words: ["XCTest", "XCTSkip", "XCTAssert"], places: ["Tests/"],
            sentence: "tests are written with Swift Testing."),
    ]

    /// Claims that only an auditor, a laboratory or a court can make.
    ///
    /// Names of standards as sources of a formula (`FIPS 180-4`) are exempt, see `isCitation`.
    static let claims = WordRule(
        words: ["compliant", "certified", "WORM", "NIST Purge", "FIPS"],
        places: [""], except: ["Tests/TidyTests/"], part: .everything,
        sentence: "say what Coffer does; others say what that makes it.")

    /// Traces of the place where somebody worked; the repository stands alone.
    static let traces = WordRule(
        words: [
            "/root/", "/home/", "/mnt/", "TODO", "FIXME",
        ],
        places: [""], except: ["Tests/TidyTests/"], part: .everything,
        sentence: "the project speaks of itself only, and of what is there.")

    /// Whether the words at a finding cite a published standard: `FIPS 180-4` and its like.
    static func isCitation(_ finding: Finding, in files: [TextFile]) -> Bool {
        guard let file = files.first(where: { $0.path == finding.path }) else { return false }
        let line = file.lines[finding.line - 1]
        return ["180", "186", "197", "198", "202"].contains { line.contains("FIPS \($0)-") }
    }
}
