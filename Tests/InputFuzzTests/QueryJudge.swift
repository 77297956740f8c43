import VaultCrypto

@testable import Vault

/// A query means what it means when it is written out again with every bracket and quote.
enum QueryJudge {
    static let target = FuzzTarget(
        name: "query", judge: judge, seeds: seeds,
        words: QueryFilterName.allCases.flatMap { ["\($0.rawValue):", $0.example] }
            + [
                " OR ", " AND ", "NOT ", " -", "(", ")", "\"", "“", "”", "*", "«", "̈", "重要",
                "\u{200B}",
            ])

    private static func seeds() -> [[UInt8]] {
        [
            "tide tables", "\"tide table\" OR harbour*", "(a OR b) -c NOT d",
            "role:user after:2024-03",
            "label:\"very urgent\"* has:attachment is:held", "C++ f(x) https://example.org/?q=a",
            "from: Anna -- \"a\"b", "((a b) OR (c (d OR e)))", "in:0190163d-8694-7e4c before:2024",
            "Übergrößenträger 重要な港 ma\u{300}re don't e.g. 12.5",
            "model:claude* custodian:\"Anna Lind\"",
        ].map { Array($0.utf8) }
    }

    private static let analyser = TextAnalyser()

    private static func judge(_ input: [UInt8]) -> String? {
        guard let text = String(validating: input, as: UTF8.self) else { return nil }
        do throws(VaultError) {
            let query = try SearchQuery(text)
            if let flaw = flaw(words: query, levels: 0) { return flaw }
            let written = write(query, isInside: false)
            let again: SearchQuery
            do throws(VaultError) {
                again = try SearchQuery(written)
            } catch {
                return "\(written) is refused: \(error)"
            }
            return again == query ? nil : "\(written) means something else"
        } catch {
            guard error.code == .badInput else { return "an error of another kind" }
            return Refused.flaw(error.message)
        }
    }

    /// What is wrong with the words that a text has for the index.
    private static func flaw(words query: SearchQuery, levels: Int) -> String? {
        guard levels <= QueryParser.maximumDepth else { return "a query without end" }
        switch query {
        case .text(let text, let style):
            let term = TextTerm(text, style, analyser)
            return term == TextTerm(text, style, analyser) ? nil : "words change"
        case .filter: return nil
        case .all(let parts), .any(let parts):
            guard parts.count > 1 else { return "a group of one" }
            return parts.lazy.compactMap { flaw(words: $0, levels: levels) }.first
        case .not(let part): return flaw(words: part, levels: levels + 1)
        }
    }

    private static func write(_ query: SearchQuery, isInside: Bool) -> String {
        switch query {
        case .text(let text, .word): return text
        case .text(let text, .phrase): return "\"\(text)\""
        case .text(let text, .prefix): return "\(text)*"
        case .filter(let filter): return write(filter)
        case .not(let part): return "NOT \(write(part, isInside: true))"
        case .all(let parts):
            let text = parts.map { write($0, isInside: true) }.joined(separator: " AND ")
            return isInside ? "( \(text) )" : text
        case .any(let parts):
            let text = parts.map { write($0, isInside: true) }.joined(separator: " OR ")
            return isInside ? "( \(text) )" : text
        }
    }

    private static func write(_ filter: SearchFilter) -> String {
        switch filter {
        case .role(let role): "role:\(role.rawValue)"
        case .model(let name): write("model", name)
        case .provider(let name): write("provider", name)
        case .label(let name): write("label", name)
        case .project(let name): write("project", name)
        case .custodian(let name): write("custodian", name)
        case .origin(let name): write("from", name)
        case .conversation(let id): "in:\(id)"
        case .after(let time): "after:\(time)"
        case .before(let time): "before:\(time)"
        case .hasAttachment: "has:attachment"
        case .isHeld: "is:held"
        }
    }

    /// Quoted, unless a quote is inside: then it came without.
    private static func write(_ filter: String, _ name: NamePattern) -> String {
        let hasQuote = name.text.unicodeScalars.contains { "\"“”„«»".unicodeScalars.contains($0) }
        let value = hasQuote ? name.text : "\"\(name.text)\""
        return "\(filter):\(value)\(name.isPrefix ? "*" : "")"
    }
}
