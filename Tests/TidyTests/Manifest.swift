/// The targets of `Package.swift`, read as text: building the manifest takes longer than all rules.
struct Manifest {
    struct Target: Equatable {
        var kind: String
        var name: String
        /// Names of targets and products, sorted.
        var dependencies: [String]
        /// Where its sources are, when the manifest says so.
        var path: String?

        var folder: String { path ?? (kind == "testTarget" ? "Tests/" : "Sources/") + name }
    }

    var targets: [Target] = []

    init(_ file: TextFile) {
        let code = file.masked.commentless
        for kind in ["target", "executableTarget", "testTarget", "systemLibrary"] {
            for start in Search.offsets(of: ".\(kind)(", in: code, wholeWords: true) {
                let open = start + kind.utf8.count + 1
                let call = Self.balanced(code, open)
                guard let name = Self.strings(in: call).first else { continue }
                let names = Self.dependencies(in: call, code).filter { $0 != name }
                targets.append(
                    Target(
                        kind: kind, name: name, dependencies: names.sorted(),
                        path: Self.path(in: call)))
            }
        }
    }

    func target(_ name: String) -> Target? { targets.first { $0.name == name } }

    /// The names in `dependencies: […]`; a constant such as `grdb` stands for its product.
    private static func dependencies(in call: [UInt8], _ manifest: [UInt8]) -> [String] {
        guard let label = Search.offsets(of: "dependencies: [", in: call).first else { return [] }
        let list = balanced(call, label + "dependencies: ".utf8.count)
        var names: [String] = []
        for item in items(of: list) {
            let text = String(decoding: item, as: UTF8.self)
            if text.contains("\"") {
                names.append(contentsOf: strings(in: item).prefix(1))
            } else if let start = Search.offsets(of: "let \(text):", in: manifest).first {
                names.append(contentsOf: strings(in: Array(manifest[start...])).prefix(1))
            }
        }
        return names
    }

    /// `a` of `path: "a"`.
    private static func path(in call: [UInt8]) -> String? {
        Search.offsets(of: "path: \"", in: call).first.flatMap { start in
            strings(in: Array(call[start...])).first
        }
    }

    /// Splits `[a, b(c, d)]` at its outer commas.
    private static func items(of list: [UInt8]) -> [[UInt8]] {
        var items: [[UInt8]] = [[]]
        var depth = 0
        for byte in list.dropFirst().dropLast() where byte > 32 {
            if byte == UInt8(ascii: "(") { depth += 1 }
            if byte == UInt8(ascii: ")") { depth -= 1 }
            if byte == UInt8(ascii: ","), depth == 0 {
                items.append([])
            } else {
                items[items.count - 1].append(byte)
            }
        }
        return items.filter { !$0.isEmpty }
    }

    /// From an opening bracket to the one that closes it.
    private static func balanced(_ code: [UInt8], _ open: Int) -> [UInt8] {
        var depth = 0
        for position in open..<code.count {
            if "([".utf8.contains(code[position]) { depth += 1 }
            if ")]".utf8.contains(code[position]) { depth -= 1 }
            if depth == 0 { return Array(code[open...position]) }
        }
        return []
    }

    private static func strings(in code: [UInt8]) -> [String] {
        let pieces = code.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false)
        return pieces.indices.filter { $0 % 2 == 1 }.map {
            String(decoding: pieces[$0], as: UTF8.self)
        }
    }
}
