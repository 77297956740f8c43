import Foundation
import JSONText
import Testing
import Vault
import VaultCrypto

@testable import VaultArchive

@Suite("Redacted archives")
struct RedactionTests {
    private static let records = "data/native/018f3a10-0000-7000-8000-000000030000.jsonl"
    private let place: TemporaryFolder
    private let question: RecordID

    private struct Keys: ArchiveKeys {
        func withArchiveKey<Result>(
            _ body: (borrowing SigningKey) throws(VaultError) -> Result
        ) throws(VaultError) -> Result { try body(try testKey(7)) }
    }

    init() throws {
        place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        question = Samples.merger.messages[1].id
    }

    @discardableResult
    private func redact(
        _ rules: RedactionRules, from archive: String = "out", to copy: String = "copy"
    ) throws -> ArchiveRedaction.Plan {
        let redaction = try ArchiveRedaction(
            "\(place.path)/\(archive)", key: nil, waitingIn: place.path, hooks: .init())
        #expect(redaction.verification.isValid)
        let plan = try redaction.plan(rules)
        let request = ArchiveRedaction.Request(
            output: "\(place.path)/\(copy)", time: testTime(300), tool: "Coffer test")
        _ = try redaction.write(plan, request, signedBy: Keys())
        return plan
    }

    private func rules(_ text: String) throws -> RedactionRules {
        try RedactionRules(file: Array(text.utf8), reason: "test")
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try place.read(path), as: UTF8.self)
    }

    /// All files of a folder, one after another.
    private func everything(_ folder: String) throws -> String {
        let root = "\(place.path)/\(folder)"
        let names = try FileManager.default.subpathsOfDirectory(atPath: root)
        return try names.filter { !$0.hasSuffix("/") }.reduce(into: "") { all, name in
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: "\(root)/\(name)", isDirectory: &isFolder)
            if !isFolder.boolValue { all += try text("\(folder)/\(name)") }
        }
    }

    // MARK: What goes and what stays

    @Test("A message goes whole, and the rest is the same lines and verifies")
    func message() throws {
        var rules = RedactionRules()
        try rules.withhold([question.description], because: "privileged")
        try redact(rules)
        let result = try place.verify("copy")
        #expect(result.isValid)
        #expect(result.withheld?.records == 1)
        let before = try text("out/\(Self.records)").split(separator: "\n")
        let after = try text("copy/\(Self.records)").split(separator: "\n")
        #expect(before.count == after.count)
        #expect(before[1] == after[1])
        #expect(before[3...] == after[3...])
        #expect(after[2].contains(#""withheld":{"#))
        #expect(!(try everything("copy").contains("still open on the Lindqvist")))
        #expect(!(try everything("copy").contains("Lindqvist merger: open questions")))
        #expect(try everything("out").contains("still open on the Lindqvist"))
    }

    @Test("Of a message whose part goes, the other parts stay; its attachment goes with it")
    func part() throws {
        var rules = RedactionRules()
        try rules.withhold(["\(question).2"], because: "privileged")
        try redact(rules)
        #expect(try place.verify("copy").isValid)
        let all = try everything("copy")
        #expect(!all.contains("Term sheet, draft 3"))
        #expect(all.contains("still open on the Lindqvist merger"))
        #expect(!all.contains(SHA256Digest.hash(Samples.document).hex))
    }

    @Test("Of a span the part goes, and a marked copy without salt and hash stands in its place")
    func span() throws {
        try redact(rules(#"{"rules":[{"text":"lindqvist","withhold":"span"}]}"#))
        #expect(try place.verify("copy").isValid)
        let line = try text("copy/\(Self.records)").split(separator: "\n")[2]
        let record = try JSONReader.parse(String(line))
        let part = try #require(record["parts"]?.array?.first.flatMap { WithheldPart($0) })
        #expect(
            part.copy?["text"]?.string
                == "What is still open on the [withheld] merger?\nSee the term sheet.")
        #expect(part.copy?["salt"] == nil)
        #expect(!(try text("copy/data/html/index.html").contains("merger: open")))
    }

    @Test("Earlier versions go with their message, and alone when only they match")
    func versions() throws {
        try redact(rules(#"{"rules":[{"text":"Teh first text"}]}"#))
        let result = try place.verify("copy")
        #expect(result.isValid)
        #expect(result.withheld?.records == 1)
        #expect(try everything("copy").contains("The third text"))
        #expect(!(try everything("copy").contains("Teh first text")))
        try redact(rules(#"{"rules":[{"text":"The third text"}]}"#), to: "copy2")
        #expect(try place.verify("copy2").withheld?.records == 3)
        #expect(!(try everything("copy2").contains("Teh first text")))
    }

    @Test("A redacted archive can be redacted further, and says both")
    func twice() throws {
        var first = RedactionRules()
        try first.withhold([question.description], because: "privileged")
        try redact(first)
        let plan = try redact(
            rules(#"{"rules":[{"text":"Good morning","withhold":"span"}]}"#), from: "copy",
            to: "copy2")
        #expect(plan.before.messages == 1)
        let result = try place.verify("copy2")
        #expect(result.isValid)
        #expect(result.withheld?.records == 1)
        #expect(result.withheld?.parts == 2)
        let log = try text("copy2/data/report/privilege.csv")
        #expect(log.contains("privileged"))
        #expect(log.split(separator: "\n").count == 4)
        // The same once more changes nothing, and is refused.
        #expect(throws: VaultError.self) {
            try redact(
                rules(#"{"rules":[{"text":"Good morning","withhold":"span"}]}"#), from: "copy2",
                to: "copy3")
        }
    }

    @Test("A message goes whole where its envelope repeats what is withheld of it")
    func envelope() throws {
        var builder = ConversationBuilder(7, title: nil)
        let secret = "the harbour falls silent at nine"
        builder.add(.user, [Part(.text, text: secret), Part(.text, text: "and so on")]) {
            $0.extra = ["raw": .string("> \(secret)")]
        }
        builder.add(.user, [Part(.text, text: "other words"), Part(.text, text: "more")]) {
            $0.extra = ["sum": .string(String(repeating: "0f", count: 16))]
        }
        try place.export(MemorySource(conversations: [builder.archived]), "own")
        var rules = RedactionRules()
        try rules.withhold(
            ["\(builder.messages[0].id).1", "\(builder.messages[1].id).1"], because: "x")
        let plan = try redact(rules, from: "own")
        #expect(plan.withheld.messages == 2)
        #expect(!(try everything("copy").contains("falls silent")))
    }

    @Test("Texts that stay elsewhere word for word are told")
    func repeated() throws {
        var builder = ConversationBuilder(8, title: nil)
        let text = "A sentence that somebody says twice in one conversation."
        builder.add(.user, text)
        let second = builder.add(.user, text)
        try place.export(MemorySource(conversations: [builder.archived]), "own")
        var rules = RedactionRules()
        try rules.withhold([builder.messages[0].id.description], because: "x")
        #expect(try redact(rules, from: "own").repeated == [second])
    }

    // MARK: Alterations that were signed again

    private func faults(
        _ file: String, of archive: String = "copy", _ change: (inout String) -> Void
    ) throws -> [ArchiveFault] {
        if archive == "copy" {
            var rules = RedactionRules()
            try rules.withhold(
                [question.description, "\(Samples.merger.messages[2].id).1"], because: "privileged")
            try redact(rules)
        }
        var content = try text("\(archive)/\(file)")
        change(&content)
        try place.write("\(archive)/\(file)", content)
        try place.reseal(archive)
        return try place.verify(archive).faults
    }

    @Test("Nothing changed, nothing found")
    func control() throws { #expect(try faults(Self.records) { _ in }.isEmpty) }

    @Test("A stub in an archive that does not say that it is redacted is a fault")
    func stubInOriginal() throws {
        let found = try faults(Self.records, of: "out") { content in
            let lines = content.split(separator: "\n")
            guard let message = RecordFile.message(String(lines[2])) else { return }
            content.replace(lines[2], with: WithheldRecord(message, reason: "x").line)
        }
        #expect(found.contains { $0.path == Self.records })
        #expect(found.contains { $0.fault.contains("does not say that the archive is redacted") })
    }

    @Test("A stub that is moved, repeated, or for another place is a fault")
    func moved() throws {
        let found = try faults(Self.records) { content in
            var lines = content.split(separator: "\n").map(String.init)
            lines.swapAt(2, 3)
            content = lines.joined(separator: "\n") + "\n"
        }
        #expect(found.contains { $0.fault.contains("not in ascending order") })
    }

    @Test("A stub with more in it than it has to have is a fault")
    func smuggled() throws {
        for (old, new) in [
            (#""withheld":{"created""#, #""withheld":{"and":"more","created""#),
            (#"{"withheld":{"reason""#, #"{"withheld":{"more":1,"reason""#),
            (#""type":"thinking"}}"#, #""type":"thinking"},"x":1}"#),
        ] {
            try? FileManager.default.removeItem(atPath: "\(place.path)/copy")
            let found = try faults(Self.records) { content in
                #expect(content.contains(old))
                content.replace(old, with: new)
            }
            #expect(found.contains { $0.path == Self.records })
        }
    }

    @Test("Counts and the privilege log have to agree with the stubs")
    func counts() throws {
        let log = "data/report/privilege.csv"
        #expect(try faults(log) { $0 += "3,,,,,,,,,,,\n" }.contains { $0.path == log })
        try? FileManager.default.removeItem(atPath: "\(place.path)/copy")
        #expect(
            try faults(log) { $0.replace("privileged", with: "nothing yet") } == [
                ArchiveFault(path: log, fault: "its rows are not what the records say is withheld")
            ])
        try? FileManager.default.removeItem(atPath: "\(place.path)/copy")
        let export = "meta/export.json"
        let found = try faults(export) { content in
            content.replace("\"records\": 1\n", with: "\"records\": 2\n")
        }
        #expect(
            found == [ArchiveFault(path: export, fault: "withheld records should be 1")])
    }

    @Test("A name of several lines makes one row")
    func names() throws {
        let builder = ConversationBuilder(9, title: nil, custodian: "A\nB,\"C\"")
        var filled = builder
        filled.add(.user, "a secret")
        try place.export(MemorySource(conversations: [filled.archived]), "own")
        var rules = RedactionRules()
        try rules.withhold([filled.messages[0].id.description], because: "x")
        try redact(rules, from: "own")
        #expect(try place.verify("copy").faults.isEmpty)
    }

    // MARK: Rules

    @Test(
        "Rules that cannot be meant are refused",
        arguments: [
            "[]", "{}", #"{"rules":[]}"#, #"{"rules":[{}]}"#, #"{"rules":[{"text":"  "}]}"#,
            #"{"rules":[{"text":"a","pattern":"b"}]}"#, #"{"rules":[{"pattern":"("}]}"#,
            #"{"rules":[{"pattern":"x*"}]}"#, #"{"rules":[{"text":"a","withhold":"words"}]}"#,
            #"{"rules":[{"messages":["018f3a10"],"withhold":"span"}]}"#,
            #"{"rules":[{"messages":["x"]}]}"#, #"{"rules":[{"messages":["018f3a10.0"]}]}"#,
            #"{"rules":[{"text":"a"}],"more":1}"#, #"{"rules":[{"text":["a",1]}]}"#,
            #"{"rules":[{"text":"a","reason":" "}]}"#,
        ])
    func badRules(_ text: String) {
        #expect(throws: VaultError.self) { try rules(text) }
    }

    @Test(
        "Words match in any case, across white space and in both forms, and not inside others",
        arguments: [
            ("Project  Falcon", "the project\n\tfalcon again", true), ("Ann", "Annual", false),
            ("Ann", "ANN's", true), ("Müller", "mu\u{308}ller", true), ("a.b", "axb", false),
            ("+41 79", "call +41 79 now", true), ("x@y.example", "X@Y.EXAMPLE,", true),
            ("Sté", "Stéphane", false), ("会議", "今日の会議は", true), ("$5", "US$5", true),
        ])
    func words(_ words: String, _ text: String, _ isFound: Bool) throws {
        let folded = FoldedText(TextScalar.all(of: text))
        #expect(try WordPattern(words).ranges(in: folded).isEmpty != isFound)
    }

    // MARK: For the person whose data it is

    @Test("Others are masked for a person, and what is the person's own stays")
    func subject() throws {
        var mask = SubjectMask(subject: "Ada Lindqvist <ada@example.org>")
        mask.ownAddresses = ["ada.l@example.net"]
        mask.others = ["Björn Öst", "Eva Lindqvist", "root@example.org"]
        mask.listed = ["Baker Street 221b"]
        let search = TextSearch(rules: try mask.rules().texts)
        for (text, wanted) in [
            ("Ask Björn or BJÖRN ÖST.", "Ask [withheld] or [withheld]."),
            ("Eva Lindqvist and Ada Lindqvist", "[withheld] and Ada Lindqvist"),
            ("eva means evening", "eva means evening"),
            ("From: Carl Gustaf <carl@example.org>", "From: [withheld]"),
            ("From: Ada Lindqvist <ada@example.org>", "From: Ada Lindqvist <ada@example.org>"),
            ("ada.l@example.net, bada@example.org", "ada.l@example.net, [withheld]"),
            ("Call +41 (0)79 123 45 67 or 0041791234567!", "Call [withheld] or [withheld]!"),
            ("It costs 1 234 567 or 2026-11-30", "It costs 1 234 567 or 2026-11-30"),
            ("at baker  street\n221B.", "at [withheld]."),
        ] {
            #expect(try search.masked(text) == wanted)
        }
    }

    @Test("An archive for a person verifies, and its copies have the marks")
    func subjectArchive() throws {
        var mask = SubjectMask(subject: "Ada Lindqvist")
        mask.listed = ["Good morning"]
        let source = try RedactedSource(Samples.source, mask: mask, waitingIn: place.path)
        var request = place.request("ada")
        request.redaction = RedactionNote(subject: "Ada Lindqvist")
        _ = try ArchiveExport.run(source, request)
        let result = try place.verify("ada")
        #expect(result.isValid)
        #expect(result.withheld?.parts == 2)
        #expect(try everything("ada").contains("[withheld]. What shall we look at?"))
        #expect(!(try everything("ada").contains("Good morning")))
    }
}
