import Foundation
import Testing

/// The checkers themselves: each must see what it refuses, and not see what only looks like it.
@Suite struct CheckerTests {
    private func swift(_ text: String, path: String = "Sources/Vault/A.swift") -> TextFile {
        TextFile(path: path, text: text)
    }

    private func code(_ text: String, path: String = "Sources/Vault/A.swift") -> String {
        String(decoding: swift(text, path: path).masked.code, as: UTF8.self)
    }

    private func commentless(_ text: String) -> String {
        String(decoding: swift(text).masked.commentless, as: UTF8.self)
    }

    @Test func `comments and literals are blanked and keep their places`() {
        #expect(code("a // b\nc") == "a     \nc")
        #expect(code("a /* b /* c */ d */ e") == "a                   e")
        #expect(code(#"f("try!") + g"#) == #"f("    ") + g"#)
        #expect(commentless(#"f("// no") // yes"#) == #"f("// no")       "#)
    }

    @Test func `raw, multi-line and escaped strings end where Swift ends them`() {
        #expect(code(##"f(#"a " b"#) + g"##) == ##"f(#"     "#) + g"##)
        #expect(code("f(\"\"\"\n  \"x\" { \n\"\"\") {") == "f(\"\"\"\n        \n\"\"\") {")
        #expect(code(#"f("\"{") {"#) == #"f("   ") {"#)
    }

    @Test func `interpolations are code, with strings of their own`() {
        #expect(code(#"f("a \(g("}")) b") {"#) == #"f("  \(g(" "))  ") {"#)
        #expect(code(##"f(#"\(a) \#(b)"#)"##) == ##"f(#"     \#(b)"#)"##)
    }

    @Test func `regular expressions are literals and divisions are not`() {
        #expect(code(##"x = #/"{/#; y"##) == ##"x =       ; y"##)
        #expect(code(#"f(/"{/) {"#) == #"f(    ) {"#)
        #expect(code("a / b / c {") == "a / b / c {")
    }

    @Test func `C has no nested comments and has characters`() {
        #expect(code("/* /* */ a", path: "Sources/CPageVFS/a.c") == "         a")
        #expect(code("c = '\"'; {", path: "Sources/CPageVFS/a.c") == "c = ' '; {")
    }

    @Test func `whole words are told from parts of words`() {
        let bytes = Array("httpd http fetch(http) Xhttp".utf8)
        #expect(Search.offsets(of: "http", in: bytes, wholeWords: true) == [6, 17])
        #expect(Search.offsets(of: "HTTP", in: bytes, ignoringCase: true).count == 4)
        #expect(Search.offsets(of: "http", in: []).isEmpty)
    }

    @Test func `a function reaches from its keyword to its brace`() {
        let text = """
            protocol P {
                func required(_ a: Int) -> [Int]
                init?(b: Int)
            }
            struct S {
                init(_ f: () -> Void = { print("}") }) {
                    f()
                }
                func long(
                    a: Int
                ) throws(E)
                    -> Int
                {
                    let x = S.init()
                    return "{\\(a)".count
                }
                var last: Int { 1 }
            }
            """
        let found = Functions.all(in: swift(text))
        #expect(
            found == [
                Function(name: "init", firstLine: 6, lastLine: 8),
                Function(name: "long", firstLine: 9, lastLine: 16),
            ])
    }

    @Test func `an operator is a function`() {
        let found = Functions.all(in: swift("static func < (a: Int, b: Int) -> Bool {\n a < b\n}"))
        #expect(found == [Function(name: "<", firstLine: 1, lastLine: 3)])
    }

    @Test func `C functions are found, tables and types are not`() {
        let text = """
            static const int table[] = { 1, 2 };
            struct file { int a; };
            static int
            open_file(const char *name,
                      int flags) {
                if (flags) { return 1; }
                return 0;
            }
            int second(void)
            {
                return '{';
            }
            """
        let found = Functions.all(in: TextFile(path: "Sources/CPageVFS/a.c", text: text))
        #expect(found.map(\.name) == ["open_file", "second"])
        #expect(found.map(\.lineCount) == [5, 4])
    }

    @Test func `long files, lines and functions are named with their place`() {
        let body = String(repeating: "    a()\n", count: 60)
        let function = SizeRules.check([swift("func f() {\n\(body)}\n")])
        #expect(function.map(\.description).first?.contains("A.swift:1: `f` has 62") == true)
        let line = SizeRules.check([swift("\nlet a = \(String(repeating: "1", count: 100))\n")])
        #expect(line.map(\.line) == [2])
        let wide = SizeRules.check([swift("// " + String(repeating: "é", count: 97) + "\n")])
        #expect(wide.isEmpty)
        let long = String(repeating: "a", count: 101)
        #expect(SizeRules.check([swift("let a = \"\"\"\n\(long)\n\"\"\"\n")]).isEmpty)
        #expect(SizeRules.check([swift("let a = \"\(long)\"\n")]).map(\.line) == [1])
        #expect(SizeRules.check([swift("/// \(long)\n")]).map(\.line) == [1])
        let file = SizeRules.check([swift(String(repeating: "\n", count: 601))])
        #expect(file.map(\.line) == [601])
    }

    @Test func `an import outside the table is refused, whatever stands before it`() {
        let table = TextFile(
            path: "ARCHITECTURE.md",
            text: """
                ## Import table

                | target | what it is | may import |
                |---|---|---|
                | `Vault` | storage | `CPageVFS`, `GRDB` |
                | `CPageVFS` | pages | `sqlite3` |

                ## Next
                | `Vault` | nothing | `ArgumentParser` |
                """)
        let rule = ImportRule(table)
        let file = swift(
            """
            import Foundation
            internal import GRDB
            // import Comment
            @preconcurrency public import struct ArgumentParser.Option
            """)
        let header = TextFile(
            path: "Sources/CPageVFS/a.c",
            text: "#include <sqlite3.h>\n#include <sys/stat.h>\n#include <curl.h>\n")
        #expect(rule.check([file, header]).map(\.line) == [4, 3])
    }

    @Test func `the manifest is read with products and constants`() {
        let text = """
            let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
            targets: [
                .target(
                    name: "Vault", dependencies: ["CPageVFS", grdb],
                    resources: [.embedInCode("migrations")]),
                .executableTarget(
                    name: "coffer",
                    dependencies: [
                        "Vault", .product(name: "ArgumentParser", package: "swift-argument-parser"),
                    ]),
                .executableTarget(name: "Timer", path: "Tests/Timer"),
                .testTarget(name: "TidyTests"),
            ]
            """
        let manifest = Manifest(TextFile(path: "Package.swift", text: text))
        #expect(manifest.target("Vault")?.dependencies == ["CPageVFS", "GRDB"])
        #expect(manifest.target("coffer")?.dependencies == ["ArgumentParser", "Vault"])
        #expect(manifest.target("TidyTests")?.folder == "Tests/TidyTests")
        #expect(manifest.target("Timer")?.folder == "Tests/Timer")
    }

    @Test func `words are searched where each rule says`() {
        let engine = swift("// https://sqlite.org\nlet a = \"bedrock\"\nfingerprint(a)\n")
        let findings = WordRule.architecture.flatMap { $0.check([engine]) }
        #expect(findings.map(\.line) == [2])
        let printing = WordRule.architecture.flatMap { $0.check([swift("print(1)")]) }
        #expect(printing.count == 1)
    }

    @Test func `a standard may be cited and not claimed`() {
        let cited = TextFile(path: "a.md", text: "SHA-256 is from FIPS 180-4.\n")
        let claimed = TextFile(path: "b.md", text: "Coffer is FIPS certified.\n")
        let findings = WordRule.claims.check([cited, claimed])
        let kept = findings.filter { !WordRule.isCitation($0, in: [cited, claimed]) }
        #expect(kept.map(\.path) == ["b.md", "b.md"])
    }

    @Test func `drawers are refused by name`() {
        let paths: Set = [
            "Sources/Vault/SearchHelpers.swift", "Sources/Utils", "tools/common.sh",
            "Sources/Vault/SlotManager.swift", "Sources/Vault/Commonality.swift",
        ]
        #expect(NameRules.check(paths: paths).count == 4)
        let types = NameRules.check([swift("struct KeyManager {}\nextension FileManager {}")])
        #expect(types.map(\.line) == [1])
    }

    @Test(arguments: [(1, 0), (0, 1), (2, 1)])
    func `escape hatches above and below their number are refused`(committed: Int, findings: Int) {
        let zero = (EscapeHatches.patterns + EscapeHatches.patternsInTests).filter { $0 != "try!" }
        let numbers = zero.map { "0 \($0)" } + ["\(committed) try!"]
        let files = [
            TextFile(path: EscapeHatches.path, text: numbers.joined(separator: "\n")),
            swift("let a = try! f() // try!\nlet b = \"try!\"\n"),
        ]
        let found = EscapeHatches.check(files).filter { $0.path == EscapeHatches.path }
        #expect(found.count == findings)
    }

    @Test func `an escape hatch without a reason is refused`() {
        let reasoned = swift("// The literal is a valid address.\nlet a = try! f()\n")
        let bare = swift("let a = try! f()\n", path: "Sources/Vault/B.swift")
        #expect(
            EscapeHatches.checkReasons([reasoned, bare]).map(\.path) == ["Sources/Vault/B.swift"])
    }

    @Test func `links, anchors and unnamed fences in documents are checked`() throws {
        let text = """
            # A title, with `code`
            [a](README.md#a-title-with-code) [b](#none) [c](gone.md)
            `Sources/Gone/` and `Sources/<name>`
            ```
            coffer
            ```
            """
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "tidy-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(text.utf8).write(to: folder.appending(path: "README.md"))
        let findings = DocumentRules.check(Repository(root: folder)).sorted()
        #expect(findings.map(\.line) == [2, 2, 3, 4])
    }

    @Test func `migrations are numbered without gaps and named as the build names them`() {
        #expect(MigrationRules.numbering(["0001-a.sql", "0002-b.sql"]).isEmpty)
        #expect(MigrationRules.numbering(["0001-a.sql", "0003-b.sql"]).count == 1)
        #expect(MigrationRules.constant(for: "0001-vault.sql") == "_001_vault_sql")
    }
}
