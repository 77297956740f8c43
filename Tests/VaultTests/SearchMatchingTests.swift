import GRDB
import Testing
import VaultCrypto

@testable import Vault

/// Says by brute force which messages match: the meaning of the grammar, without an index.
private struct Oracle {
    struct Entry {
        var conversation: TestConversation
        var message: TestMessage
        /// The token sequences in which a phrase may stand.
        var sequences: [[[UInt8]]]
    }

    var entries: [Int64: Entry] = [:]

    mutating func add(_ conversation: TestConversation, _ numbers: [Int64]) {
        for (index, number) in numbers.enumerated() {
            let message = conversation.messages[index]
            let texts = (index == 0 ? [conversation.title].compactMap { $0 } : []) + message.parts
            entries[number] = Entry(
                conversation: conversation, message: message,
                sequences: texts.flatMap(Sequences.of))
        }
    }

    func matches(_ query: SearchQuery, includeHidden: Bool = false) -> Set<Int64> {
        Set(
            entries.filter { _, entry in
                (includeHidden || !entry.conversation.isHidden) && isTrue(query, entry)
            }.keys)
    }

    private func isTrue(_ query: SearchQuery, _ entry: Entry) -> Bool {
        switch query {
        case .text(let text, let style):
            TextTerm(text, style, TextAnalyser()).phrases.contains { phrase in
                entry.sequences.contains { Self.contains($0, phrase) }
            }
        case .not(let part): !isTrue(part, entry)
        case .all(let parts): parts.allSatisfy { isTrue($0, entry) }
        case .any(let parts): parts.contains { isTrue($0, entry) }
        case .filter(let filter): isTrue(filter, entry)
        }
    }

    private static func contains(_ tokens: [[UInt8]], _ phrase: TextPhrase) -> Bool {
        let length = phrase.tokens.count
        guard length <= tokens.count else { return false }
        return (0...tokens.count - length).contains { start in
            (0..<length).allSatisfy { offset in
                let token = tokens[start + offset]
                let wanted = phrase.tokens[offset]
                return phrase.isPrefix && offset == length - 1
                    ? token.starts(with: wanted) : token == wanted
            }
        }
    }

    private func isTrue(_ filter: SearchFilter, _ entry: Entry) -> Bool {
        let time = entry.message.created ?? entry.conversation.created
        return switch filter {
        case .role(let role): RecordCondition.number(of: role) == entry.message.role
        case .model(let pattern): Self.fits(entry.message.model, pattern)
        case .provider(let pattern): Self.fits(entry.message.provider, pattern)
        case .label(let pattern): entry.conversation.labels.contains { Self.fits($0, pattern) }
        case .project(let pattern): Self.fits(entry.conversation.project, pattern)
        case .custodian(let pattern): Self.fits(entry.conversation.custodian, pattern)
        case .origin(let pattern): Self.fits(entry.conversation.source, pattern)
        case .conversation, .isHeld: false
        case .after(let instant): time >= instant.milliseconds
        case .before(let instant): time < instant.milliseconds
        case .hasAttachment: entry.message.hasAttachment
        }
    }

    private static func fits(_ name: String?, _ pattern: NamePattern) -> Bool {
        guard let name = name?.lowercased() else { return false }
        let wanted = pattern.text.lowercased()
        return pattern.isPrefix ? name.hasPrefix(wanted) : name == wanted
    }
}

/// The words of a text, and the fragments of each identifier.
private struct Sequences: TokenSink {
    private var words: [[UInt8]] = []
    private var fragments: [[[UInt8]]] = [[]]

    static func of(_ text: String) -> [[[UInt8]]] {
        var sink = Sequences()
        TextAnalyser().analyse(text, into: &sink)
        return [sink.words] + sink.fragments
    }

    mutating func take(
        _ kind: TokenKind, _ bytes: UnsafeBufferPointer<UInt8>, at source: Range<Int>
    ) {
        if kind == .fragment {
            unsafe fragments[fragments.count - 1].append(Array(bytes))
        } else {
            unsafe words.append(Array(bytes))
        }
    }

    mutating func endFragments() { fragments.append([]) }
}

/// Conversations and queries of few words, so that much matches and much does not.
private struct Generator {
    var random: SeededRandom
    private let words = [
        "alpha", "beta", "gamma", "alphabet", "readFile", "read_file", "read", "file", "GitHub",
        "github", "git", "hub", "Ёлка", "елка", "café", "中国", "中国人民", "国", "ไทยแลนด์", "x1",
        "well-known", "known", "HTTPServer", "http",
    ]

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    private mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &random) < percent
    }
    private mutating func pick<T>(_ choices: [T]) -> T {
        choices[Int.random(in: 0..<choices.count, using: &random)]
    }

    private mutating func text(_ longest: Int) -> String {
        (0..<Int.random(in: 0...longest, using: &random)).map { _ in
            pick(words) + pick([" ", " ", ", ", "\n", "。"])
        }.joined()
    }

    mutating func conversation() -> TestConversation {
        var conversation = TestConversation(title: chance(70) ? text(3) : nil, messages: [])
        conversation.source = pick(["chatgpt", "claude.ai"])
        conversation.project = chance(50) ? pick(["Q3 plan", "Lindqvist"]) : nil
        conversation.labels = chance(40) ? [pick(["urgent", "Legal"])] : []
        conversation.isHidden = chance(10)
        conversation.created =
            1_704_067_200_000 + Int64.random(in: 0..<365, using: &random) * 86_400_000
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            var message = TestMessage()
            message.parts = (0..<Int.random(in: 1...2, using: &random)).map { _ in text(7) }
            message.role = pick([0, 1, 2, 3])
            message.model = chance(50) ? pick(["claude-3", "gpt-4"]) : nil
            message.hasAttachment = chance(10)
            message.created = chance(50) ? conversation.created + 40 * 86_400_000 : nil
            conversation.messages.append(message)
        }
        return conversation
    }

    private mutating func term() -> String {
        switch Int.random(in: 0..<12, using: &random) {
        case 0...4: pick(words)
        case 5...6: "\"" + text(3) + pick(words) + "\""
        case 7: String(pick(words).prefix(3)) + "*"
        case 8: pick(["role:user", "role:tool", "model:claude*", "model:GPT-4", "has:attachment"])
        case 9: pick(["label:legal", "project:\"Q3 plan\"", "from:chatgpt", "custodian:nobody"])
        case 10: pick(["after:2024-06", "before:2024-03-15", "after:2030"])
        default: pick(["國", "zeta", "file.read", "alpha;beta"])
        }
    }

    mutating func query(depth: Int = 0) -> String {
        (0..<Int.random(in: 1...3, using: &random)).map { _ in
            var part = depth < 2 && chance(30) ? "(" + query(depth: depth + 1) + ")" : term()
            if chance(20) { part = "-" + part }
            return part
        }.joined(separator: chance(35) ? " OR " : " ")
    }
}

@Suite("Matching")
struct SearchMatchingTests {
    @Test(
        "Random queries match what a brute-force evaluation matches",
        arguments: [1, 2, 3] as [UInt64])
    func oracle(seed: UInt64) throws {
        print("search oracle seed \(seed)")
        var generator = Generator(seed: seed)
        let vault = try SearchTestVault()
        var oracle = Oracle()
        for _ in 0..<60 {
            let conversation = generator.conversation()
            oracle.add(conversation, try vault.add(conversation))
        }
        var matched = 0
        for _ in 0..<200 {
            let text = generator.query()
            let query = try SearchQuery(text)
            let expected = oracle.matches(query)
            matched += expected.count
            #expect(try vault.matches(text) == expected, "\(text)")
            #expect(
                try Set(vault.hits(SearchRequest(text, limit: 1000, idsOnly: true))) == expected,
                "\(text)")
            let newest = SearchRequest(text, limit: 1000, order: .newest, idsOnly: true)
            #expect(try Set(vault.hits(newest)) == expected, "newest: \(text)")
            let all = oracle.matches(query, includeHidden: true)
            #expect(try vault.matches(text, includeHidden: true) == all, "hidden: \(text)")
        }
        #expect(matched > 2000)
        #expect(try vault.check().isSound)
    }

    @Test(
        "Removing, editing and renaming leave an index equal to a new one",
        arguments: [11, 12] as [UInt64])
    func changes(seed: UInt64) throws {
        print("search changes seed \(seed)")
        var generator = Generator(seed: seed)
        let vault = try SearchTestVault()
        var conversations: [[Int64]] = []
        for step in 0..<120 {
            if step % 3 == 0 || conversations.count < 3 {
                conversations.append(try vault.add(generator.conversation()))
            }
            let index = Int.random(in: 0..<conversations.count, using: &generator.random)
            guard let message = conversations[index].randomElement(using: &generator.random) else {
                continue
            }
            switch step % 4 {
            case 0:
                try vault.delete([message])
                conversations[index].removeAll { $0 == message }
            case 1:
                try vault.delete(conversations[index])
                conversations.remove(at: index)
            case 2:
                let parts = generator.conversation().messages[0].parts
                try vault.queue.write { database in
                    try vault.setParts(parts, of: message, in: database)
                    try vault.writer.update([message], in: database)
                }
            default:
                try rename(message, to: "new title \(step)", vault)
                #expect(try vault.matches("\"new title \(step)\"", includeHidden: true).count == 1)
            }
            // In the middle of a rebuild both tables follow.
            if step == 40 { try vault.queue.write { try vault.upkeep.beginRebuild(in: $0) } }
            if step > 40 {
                _ = try vault.queue.write {
                    try vault.upkeep.continueRebuild(textBytes: 100, in: $0)
                }
            }
        }
        let check = try vault.check()
        #expect(check.isSound, "\(check)")
        let completeness = try vault.completeness()
        #expect(completeness.indexed == completeness.total && completeness.pending == 0)
    }

    private func rename(_ message: Int64, to title: String, _ vault: SearchTestVault) throws {
        try vault.queue.write { database in
            let conversation = try #require(
                try Int64.fetchOne(
                    database, sql: "SELECT conversation FROM message WHERE num = ?",
                    arguments: [message]))
            try database.execute(
                sql: "UPDATE conversation SET title = ? WHERE num = ?",
                arguments: [title, conversation])
            let carrier = try #require(
                try vault.writer.titleCarrier(of: conversation, in: database))
            try vault.writer.update([carrier], in: database)
        }
    }

    @Test(
        "Any substring of scripts without spaces is found",
        arguments: [
            "使用人工智能处理合同文件的方法，以及其他问题。", "カタカナとひらがなと漢字を混ぜた文章です！",
            "สวัสดีครับ ผมชื่อสมชาย", "안녕하세요 반갑습니다", "ສະບາຍດີ", "សួស្តី", "မင်္ဂလာပါ",
            "用Swift语言写的程序abc",
        ])
    func substrings(text: String) throws {
        let vault = try SearchTestVault()
        let number = try vault.add(TestConversation(messages: [TestMessage("前" + "x " + text)]))[0]
        try vault.add(TestConversation(messages: [TestMessage("無関係 เรื่องอื่น 다른")]))
        let scalars = Array(text.unicodeScalars)
        for start in scalars.indices {
            for end in start..<min(start + 8, scalars.count) {
                let piece = scalars[start...end]
                // Latin words are found whole.
                guard piece.allSatisfy({ !$0.isASCII || $0 == " " }),
                    piece.contains(where: { $0.value > 0x300 && $0.properties.isAlphabetic })
                else { continue }
                let words = String(String.UnicodeScalarView(piece))
                #expect(try vault.matches("\"\(words)\"").contains(number), "\(words)")
            }
        }
        #expect(try vault.matches("处件").isEmpty)
    }

    @Test("An identifier is found by every spelling, also inside a phrase")
    func identifiers() throws {
        let vault = try SearchTestVault()
        let text = "please call readFileSync now on GitHub"
        let number = try vault.add(TestConversation(messages: [TestMessage(text)]))[0]
        for query in [
            "readFileSync", "readfilesync", "READFILESYNC", "read_file_sync", "readfile*",
            "\"file sync\"", "sync", "read-file", "\"call readfilesync now\"", "github", "GitHub",
            "\"now on github\"", "\"call readFileSync now\"", "hub",
        ] {
            #expect(try vault.matches(query) == [number], "\(query)")
        }
        for query in ["\"sync now\"", "\"sync git\"", "filesync"] {
            #expect(try vault.matches(query).isEmpty, "\(query)")
        }
    }

    @Test("A long query of many terms and levels is answered")
    func large() throws {
        let vault = try SearchTestVault()
        let number = try vault.add(TestConversation(messages: [TestMessage("w1 w2 w199")]))[0]
        let either = (1...200).map { "w\($0)" }.joined(separator: " OR ")
        #expect(try vault.matches(either) == [number])
        let identifiers = (1...200).map { "aB\($0)" }.joined(separator: " OR ")
        #expect(try vault.matches(identifiers + "") == [])
        let nested =
            String(repeating: "(w1 OR (w2 ", count: 15) + "w199"
            + String(repeating: "))", count: 15)
        #expect(try vault.matches(nested) == [number])
        let mixed =
            String(repeating: "(w1 OR -(role:user ", count: 10) + "x"
            + String(repeating: "))", count: 10)
        #expect(try vault.matches(mixed) == [number])
        let long = String(repeating: "w1 ", count: 3000)
        #expect(try vault.matches("\"\(long)\"").isEmpty)
    }
}
