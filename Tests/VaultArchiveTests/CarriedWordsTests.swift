import Foundation
import JSONText
import Policy
import Testing
import VaultCrypto

@testable import Vault
@testable import VaultArchive

/// A vault in which one word stands in everything that people said of its records.
///
/// Its archive tells all of it. Of the copy, no file may have the word.
@Suite("What a redacted copy tells of the vault")
struct CarriedWordsTests {
    private static let word = "wolfram"
    private let world: RestoreWorld
    private let vault: Vault
    private var place: TemporaryFolder { world.place }

    private struct Keys: ArchiveKeys {
        func withArchiveKey<Result>(
            _ body: (borrowing SigningKey) throws(VaultError) -> Result
        ) throws(VaultError) -> Result { try body(try testKey(7)) }
    }

    init() throws {
        world = try RestoreWorld()
        vault = try world.vault("Ada")
        try vault.ingest("c0", title: "wolfram in old times", [("a", "old")])
        let first = try vault.conversationIDs()
        let request = DisposalRequest(.conversations(first), reason: "wolfram clean-up")
        _ = try vault.dispose(try vault.planDisposal(request), of: request)
        _ = try vault.erase(tool: "Test 1")
        try vault.ingest(
            "c1", title: "wolfram prices", project: "wolfram desk", labels: ["wolfram-deal"],
            [("a", "What does wolfram cost?")])
        try vault.ingest("c2", title: "Weather", labels: ["plain"], [("a", "Sun"), ("b", "Rain")])
        try vault.setPolicy(
            PolicyDocument.read(Array(Self.policy.utf8), timeZoneFile: TimeZoneFolder.file))
        var scope = HoldScope()
        scope.labels = ["wolfram-deal"]
        _ = try vault.placeHold(matter: "Wolfram inquiry", scope: scope)
        try export()
    }

    private static let policy = """
        {"version": 1, "timeZone": "UTC", "holdReleaseGrace": "P30D", "retention": [
        {"id": "wolfram-rule", "kind": "retain", "period": "P5Y", "start": "created",
        "basis": "legal", "scope": {"class": "org"}}]}
        """

    private func export() throws {
        let selection: JSONObject = ["query": .string("wolfram")]
        let begun = try vault.logExportBegin(
            "wolfram.tar", of: selection, reason: "wolfram demand")
        try vault.withSnapshot { snapshot in
            let source = try VaultArchiveSource(
                snapshot, of: vault.id, filter: ConversationFilter(), only: nil, begun: begun,
                tool: "Coffer test")
            var request = place.request("out")
            request.matter = "Wolfram v. Ada"
            request.query = "wolfram price"
            request.scope = [
                "labels": .array([.string("wolfram-deal"), .string("plain")]),
                "project": .string("wolfram desk"), "custodian": .string("Ada"),
            ]
            _ = try ArchiveExport.run(ResignedSource(source: source), request)
        }
    }

    private func redact(
        _ rules: RedactionRules, from archive: String = "out", to copy: String = "copy",
        change: (inout ArchiveRedaction.Request) -> Void = { _ in }
    ) throws {
        let redaction = try ArchiveRedaction(
            "\(place.path)/\(archive)", key: nil, waitingIn: place.path, hooks: .init())
        #expect(redaction.verification.faults == [])
        let plan = try redaction.plan(rules)
        var request = ArchiveRedaction.Request(
            output: "\(place.path)/\(copy)", time: testTime(300), tool: "Coffer test")
        change(&request)
        _ = try redaction.write(plan, request, signedBy: Keys())
    }

    /// Withholds a message of the conversation with this id at its source.
    private func withholding(_ source: String) throws -> RedactionRules {
        let id = try #require(
            try vault.conversationIDs().first { id in
                try vault.conversation(id).origin.id == source
            })
        var rules = RedactionRules()
        try rules.withhold(
            [try vault.messages(of: id)[0].id.description], because: "privileged")
        return rules
    }

    private func text(_ name: String) throws -> String {
        String(decoding: try place.read(name), as: UTF8.self)
    }

    /// The files of an archive in which a text stands, in any case.
    private func files(of archive: String, saying word: String) throws -> [String] {
        try place.files(archive).filter {
            try text("\(archive)/\($0)").lowercased().contains(word)
        }
    }

    private func exported(_ archive: String) throws -> JSON {
        try JSONReader.parse(try place.read("\(archive)/meta/export.json"))
    }

    @Test("No file of it has a word that people said, although no rule names the word")
    func nothingLeft() throws {
        let before = try files(of: "out", saying: Self.word)
        for file in [
            "meta/export.json", "meta/custody.jsonl", "meta/holds.jsonl", "index.html",
            "proof/destroyed.jsonl", "data/report/settings.csv", "bag-info.txt",
        ] { #expect(before.contains(file), "the archive should have it: \(file)") }
        try redact(withholding("c1")) { $0.matter = "Case 7" }
        #expect(try place.verify("copy").faults == [])
        #expect(try files(of: "copy", saying: Self.word) == [])
        if let (status, said) = try place.run("copy", ["python3", "proof/verify.py"]) {
            #expect(status == 0, "\(said)")
        }
        let seal = "sha256sum --strict --quiet -c proof/manifest-sha256.txt"
        if let (status, said) = try place.run("copy", ["sh", "-c", seal]) {
            #expect(status == 0, "\(said)")
        }
    }

    @Test("The entry that says what was exported is shown, and its words are behind a salt")
    func query() throws {
        let line = try #require(
            try text("out/proof/log.jsonl").split(separator: "\n").first {
                $0.contains("\"export.begin\"")
            })
        let entry = try JSONReader.parse(String(line))
        let index = try #require(entry["seq"]?.int)
        let document = try #require(
            try vault.store.read { db in
                let reader = AuditReader(db: db)
                return try reader.document(of: reader.entry(index).entry)
            })
        #expect(document.contains("wolfram"))
        #expect(entry["document"]?.string == SHA256Digest.hash(utf8: document).hex)
        let salt = try #require(try JSONReader.parse(document)["salt"]?.string)
        #expect(salt.utf8.count == 32)
        for archive in ["out", "copy"] {
            if archive == "copy" { try redact(withholding("c1")) }
            #expect(try files(of: archive, saying: salt) == [])
        }
    }

    @Test("A label and a project of the selection stay where a conversation of the copy has them")
    func scope() throws {
        try redact(withholding("c1"))
        let gone = try #require(try exported("copy")["scope"])
        #expect(gone["labels"] == .array([.string("[withheld]"), .string("plain")]))
        #expect(gone["project"] == .string("[withheld]"))
        #expect(gone["custodian"] == .string("Ada"))
        try redact(withholding("c2"), to: "other")
        let kept = try #require(try exported("other")["scope"])
        #expect(kept["labels"] == .array([.string("wolfram-deal"), .string("plain")]))
        #expect(kept["project"] == .string("wolfram desk"))
    }

    @Test("A copy of a copy names neither the matter's archive nor who made the first copy")
    func twice() throws {
        try redact(withholding("c2")) { request in
            request.person = "Eva Wolfram"
        }
        #expect(try text("copy/meta/custody.jsonl").contains("Wolfram-v-Ada"))
        let rule = #"{"reason":"x","rules":[{"text":"wolfram","withhold":"span"}]}"#
        try redact(RedactionRules(file: Array(rule.utf8), reason: nil), from: "copy", to: "copy2")
        #expect(try place.verify("copy2").faults == [])
        #expect(try files(of: "copy2", saying: Self.word) == [])
        let custody = try text("copy2/meta/custody.jsonl").split(separator: "\n")
        #expect(custody.count { $0.contains("\"review\"") } == 2)
        #expect(!custody.contains { $0.contains("preservation") })
    }

    @Test("The hash of the archive's list of files is named only where a salt is gone with it")
    func listHash() throws {
        try redact(withholding("c2"))
        #expect(try exported("copy")["redaction"]?["original"]?["tagManifest"] != nil)
        let rule = #"{"reason":"x","rules":[{"text":"Weather","withhold":"span"}]}"#
        try redact(
            RedactionRules(file: Array(rule.utf8), reason: nil), from: "out", to: "titles")
        let original = try exported("titles")["redaction"]?["original"]
        #expect(original?["signer"] != nil)
        #expect(original?["tagManifest"] == nil)
        #expect(try place.verify("titles").faults == [])
    }

    @Test(
        "What a copy never says is a fault where somebody puts it in",
        arguments: [
            "proof/destroyed.jsonl", "meta/holds.jsonl", "meta/restored.jsonl", "meta/export.json",
        ])
    func putIn(_ path: String) throws {
        try redact(withholding("c1"))
        if path == "meta/export.json" {
            let before = try text("copy/\(path)")
            let more = before.replacing("\n  \"log\"", with: "\n  \"holds\": [],\n  \"log\"")
            try place.write("copy/\(path)", more)
            #expect(try text("copy/\(path)") != before)
        } else if path == "meta/restored.jsonl" {
            try place.write("copy/\(path)", "{}\n")
        } else {
            try place.write("copy/\(path)", try place.read("out/\(path)"))
        }
        try place.reseal("copy", keepProofSeal: true)
        let faults = try place.verify("copy").faults
        #expect(faults.map(\.path) == [path])
        #expect(faults.allSatisfy { $0.fault.hasPrefix("a redacted archive ") }, "\(faults)")
    }
}
