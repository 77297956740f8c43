import Foundation
import JSONText
import Testing
import Vault
import VaultCrypto

@testable import VaultArchive

@Suite("What rules withhold")
struct RedactionRuleTests {
    private func search(_ rule: String) throws -> TextSearch {
        let rules = try RedactionRules(
            file: Array(#"{"reason":"x","rules":[\#(rule)]}"#.utf8), reason: nil)
        return TextSearch(rules: rules.texts)
    }

    private func redact(
        _ builder: ConversationBuilder, _ rule: String
    ) throws -> ArchivedConversation {
        try Redactor(search: search(rule)).redact(builder.archived)
    }

    @Test("A text that ICU gives up, or that takes too long, is refused and not passed")
    func costly() throws {
        let pattern = try TextPattern("x(?:.|\\n)*privword")
        let long = "x" + String(repeating: "hello\n", count: 130_000) + "privword"
        #expect(throws: TextPattern.Failure.tooCostly) { try pattern.ranges(in: long) }
        var slow = try TextPattern("(a+)+:|privword")
        slow.limit = .milliseconds(20)
        let text = String(repeating: "a", count: 60)
        #expect(throws: TextPattern.Failure.tooCostly) { try slow.ranges(in: text) }
        #expect(throws: TextPattern.Failure.cancelled) {
            try slow.ranges(in: text, isCancelled: { true })
        }
        let rule = try search(#"{"pattern":"x(?:.|\\n)*privword","withhold":"span"}"#)
        let error = #expect(throws: VaultError.self) { try rule.masked(long) }
        #expect(error?.message.hasPrefix("Rule 1 has a pattern that is too costly") == true)
    }

    @Test("A pattern that matches a place and no text withholds the whole part")
    func empty() throws {
        #expect(throws: VaultError.self) { try TextPattern("\\b") }
        var builder = ConversationBuilder(7, title: nil)
        builder.add(.user, "the zanzibarium was sold")
        let redacted = try redact(
            builder, #"{"pattern":"(?=zanzibarium was)","withhold":"span"}"#)
        #expect(!redacted.messages[0].partLines[0].contains("zanzibarium"))
    }

    @Test("Spans that overlap go together")
    func overlapping() throws {
        let both = try search(
            #"{"text":["Falcon","Falcon budget plan xylophone"],"withhold":"span"}"#)
        #expect(
            try both.masked("the Falcon budget plan xylophone is here")
                == "the [withheld] is here")
    }

    @Test("A title that was cut out of a masked text goes")
    func title() throws {
        var builder = ConversationBuilder(
            7, title: "Please look at passport number AB1234")
        builder.add(.user, "Please look at passport number AB123456 today")
        let rule = #"{"pattern":"[A-Z]{2}[0-9]{6}","withhold":"span"}"#
        let redacted = try redact(builder, rule)
        #expect(redacted.conversation.title == "[withheld]")
        #expect(redacted.messages[0].partLines[0].contains("passport number [withheld] today"))
        builder.conversation.title = "Travel"
        #expect(try redact(builder, rule).conversation.title == "Travel")
    }

    @Test(
        "A message goes whole where its envelope tells of a part that is withheld",
        arguments: [
            #"quote falls silent at"#, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "e3:b0:c4:42:98:fc:1c:14", "e3b0c44298fc1c14",
        ])
    func envelope(_ said: String) throws {
        var builder = ConversationBuilder(7, title: nil)
        builder.add(
            .user, [Part(.text, text: "the harbour falls silent at nine"), Part(.text, text: "b")]
        ) {
            $0.extra = ["raw": .string(said)]
        }
        var redactor = Redactor()
        redactor.messages[builder.messages[0].id] = [.init(part: 0, reason: "x")]
        #expect(try isWhole(redactor.redact(builder.archived)))
    }

    private func isWhole(_ archived: ArchivedConversation) -> Bool {
        if case .record = archived.withheld[archived.messages[0].id] { true } else { false }
    }

    @Test("The length of a withheld text is a trace of it, and a service's id is none")
    func numbers() throws {
        for (extra, wanted) in [
            (["characters": JSON.integer(32)], true), (["characters": .integer(31)], false),
            (["id": .string("msg_013Zva2CMHLNnXjNJKqJ2EF")], false),
        ] as [(JSONObject, Bool)] {
            var builder = ConversationBuilder(7, title: nil)
            let parts = ["the harbour falls silent at nine", "b"].map { Part(.text, text: $0) }
            builder.add(.user, parts) { $0.extra = extra }
            var redactor = Redactor()
            redactor.messages[builder.messages[0].id] = [.init(part: 0, reason: "x")]
            #expect(try isWhole(redactor.redact(builder.archived)) == wanted)
        }
    }

    @Test(
        "What a person reads as the same is found, and marked where it stands",
        arguments: [
            "Project **Falcon**", "Project_Falcon", "Project Fal\u{AD}con", "Project&nbsp;Falcon",
            #"{\"a\":\"Project\u0020Falcon\"}"#, "Project%20Falcon", "Ｐｒｏｊｅｃｔ Falcon",
        ])
    func forms(_ text: String) throws {
        var builder = ConversationBuilder(7, title: nil)
        builder.add(.user, "so \(text) it is")
        let redacted = try redact(builder, #"{"text":"Project Falcon","withhold":"span"}"#)
        let part = WithheldPart(try JSONReader.parse(redacted.messages[0].partLines[0]))
        let copy = try #require(part?.copy?["text"]?.string)
        #expect(copy.hasPrefix("so ") && copy.contains("[withheld]") && copy.hasSuffix(" it is"))
        #expect(!copy.contains("con"))
    }

    @Test("Rules search all that is said of a conversation of which nothing is withheld")
    func conversationFields() throws {
        var builder = ConversationBuilder(7, title: "A falcon", custodian: "Falcon desk")
        builder.conversation.origin.id = "falcon-kickoff"
        builder.conversation.labels = ["x-falcon"]
        builder.conversation.project = "Falcon"
        builder.add(.user, "nothing")
        let redacted = try redact(builder, #"{"text":"falcon","withhold":"message"}"#)
        let fields = redacted.conversation
        #expect(fields.origin.id == "[withheld]")
        #expect(fields.title == "A [withheld]" && fields.custodian == "[withheld] desk")
        #expect(fields.labels == ["x-[withheld]"] && fields.project == "[withheld]")
        #expect(
            redacted.withheldMembers == ["custodian", "labels", "origin", "project", "title"])
    }

    @Test("The model's name is searched, and fields go with the last message")
    func fields() throws {
        var builder = ConversationBuilder(7, title: nil)
        builder.conversation.labels = ["deal"]
        builder.conversation.project = "Northwind"
        builder.add(.assistant, [Part(.text, text: "yes")]) {
            $0.model = "ft:gpt-4:project-falcon"
        }
        let redacted = try redact(builder, #"{"text":"falcon","withhold":"span"}"#)
        #expect(isWhole(redacted))
        #expect(redacted.conversation.labels.isEmpty)
        #expect(redacted.conversation.project == "[withheld]")
    }

    @Test("A line that stays in a title or another part, and a file that stays, are told")
    func repeated() throws {
        let line = "A line that somebody says in more than one place"
        var builder = ConversationBuilder(7, title: nil)
        let file = Part(
            .document, text: line, attachment: Samples.reference([1], "a", "text/plain"))
        builder.add(.user, [file])
        builder.add(.user, [Part(.other, data: .object(["said": .string("x\n\(line)")])), file])
        var redactor = Redactor()
        redactor.messages[builder.messages[0].id] = [.init(part: nil, reason: "x")]
        let redacted = try redactor.redact(builder.archived)
        var texts = RepeatedTexts()
        texts.add(builder.archived, redacted)
        texts.look(through: redacted)
        #expect(texts.found == [builder.messages[1].id])
        #expect(texts.sharedAttachments == [SHA256Digest.hash([1])])
    }

    @Test("Earlier versions count where a line or a file is repeated")
    func repeatedVersions() throws {
        let line = "A line that somebody says in more than one place"
        let file = Part(
            .document, text: line, attachment: Samples.reference([1], "a", "text/plain"))
        var builder = ConversationBuilder(7, title: nil)
        builder.add(.user, [file])
        builder.add(.user, [file])
        builder.add(.user, [file])
        builder.edit(1, "nothing")
        builder.edit(2, "nothing else")
        let given = builder.archived
        var redacted = given
        let old = try #require(RecordFile.message(given.earlierVersions[0].record))
        redacted.earlierVersions[0].record = WithheldRecord(old, reason: "x").line
        var texts = RepeatedTexts()
        texts.add(given, redacted)
        texts.look(through: redacted)
        #expect(texts.found == [given.messages[0].id, given.messages[2].id])
        #expect(texts.sharedAttachments == [SHA256Digest.hash([1])])
    }
}
