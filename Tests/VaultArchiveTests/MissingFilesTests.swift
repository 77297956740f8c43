import Foundation
import JSONText
import Testing
import VaultCrypto

@testable import Vault
@testable import VaultArchive

/// Attached files that an archive lacks, and copies of it that would lack more.
@Suite("Missing files of copies")
struct MissingFilesTests {
    private let world: RestoreWorld
    private let vault: Vault
    private let place: TemporaryFolder

    private struct Keys: ArchiveKeys {
        func withArchiveKey<Result>(
            _ body: (borrowing SigningKey) throws(VaultError) -> Result
        ) throws(VaultError) -> Result { try body(try testKey(7)) }
    }

    init() throws {
        world = try RestoreWorld()
        place = world.place
        vault = try world.vault("ada")
        try vault.ingest(
            "c1", [("a", "a question"), ("b", "file of terms"), ("c", "file of prices")])
        try vault.ingest("c1", modified: 1, [("b", "file of terms"), ("c", "no more")])
    }

    private func digest(_ text: String) -> [UInt8] { SHA256Digest.hash(Array(text.utf8)) }

    private func export(_ name: String, without lost: String) throws {
        try vault.withSnapshot { snapshot in
            let source = try VaultArchiveSource(
                snapshot, of: vault.id, filter: ConversationFilter(), only: nil, begun: nil,
                tool: "Coffer test")
            _ = try ArchiveExport.run(
                ResignedSource(source: source, lost: digest(lost)),
                place.request(name))
        }
    }

    private func redact(_ archive: String, _ copy: String, withholding origin: String = "a") throws
    {
        let redaction = try ArchiveRedaction(
            "\(place.path)/\(archive)", key: nil, waitingIn: place.path, hooks: .init())
        try #require(redaction.verification.faults == [])
        let id = try #require(try vault.conversationIDs().first)
        let question = try #require(try vault.messages(of: id).first { $0.originID == origin })
        var rules = RedactionRules()
        try rules.withhold([question.id.description], because: "privileged")
        let request = ArchiveRedaction.Request(
            output: "\(place.path)/\(copy)", time: testTime(300), tool: "Coffer test")
        _ = try redaction.write(try redaction.plan(rules), request, signedBy: Keys())
    }

    private func text(_ name: String) throws -> String {
        String(decoding: try place.read(name), as: UTF8.self)
    }

    /// Takes a file out of a copy and says that it is missing, with everything else that a copy
    /// says made to fit.
    private func leaveOut(_ file: String, of copy: String) throws {
        let path = ArchiveName.attachment(digest(file))
        let left = try place.files("\(copy)/data/attachments").count
        try place.remove("\(copy)/\(path)")
        let errors = "\(copy)/\(ArchiveName.errors)"
        try place.write(errors, try text(errors) + "c,m,\(path),missing\n")
        let summary = "\(copy)/\(ArchiveName.summary)"
        try place.write(
            summary,
            try text(summary).replacing("attachments,\(left)", with: "attachments,\(left - 1)"))
        let payload = try place.files(copy).filter { $0.hasPrefix(ArchiveName.payload) }
        let bytes = try payload.reduce(0) { try $0 + place.read("\(copy)/\($1)").count }
        let name = "\(copy)/\(ArchiveName.export)"
        var export = try #require(try JSONReader.parse(try place.read(name)).object)
        var counts = try #require(export["counts"]?.object)
        counts["attachments"] = .integer(left - 1)
        counts["payloadBytes"] = .integer(bytes)
        counts["payloadFiles"] = .integer(payload.count)
        export["counts"] = .object(counts)
        try place.write(name, PrettyJSON.text(.object(export)) + "\n")
    }

    @Test("What an archive lacks is under its seal, and its copy may lack it too")
    func lacked() throws {
        try export("out", without: "file of prices")
        let result = try place.verify("out")
        #expect(result.faults == [] && result.missingFiles == 1 && result.isMissingProved)
        // An earlier version alone names it.
        #expect(try text("out/proof/missing.jsonl").split(separator: "\n").count == 1)
        #expect(try text("out/proof/archive.json").contains(#""missing":1"#))
        try redact("out", "copy")
        let copy = try place.verify("copy")
        #expect(copy.faults == [] && copy.missingFiles == 1 && copy.isMissingProved)
        if let (status, said) = try place.run("copy", ["python3", "proof/verify.py"]) {
            #expect(status == 0, "\(said)")
        }
    }

    @Test("The first page of a copy speaks of files that what it shows names, and of no vault")
    func frontPage() throws {
        try export("out", without: "file of prices")
        #expect(
            try text("out/index.html").contains("<li>1 attachment that the vault did not hold;"))
        try redact("out", "copy")
        let lacking = "that the archive which was redacted lacks, of those that what is shown names"
        let page = try text("copy/index.html")
        #expect(page.contains("<li>1 attachment \(lacking);"))
        #expect(!page.contains("the vault did not hold"))
        try redact("out", "less", withholding: "c")
        #expect(try text("less/index.html").contains("<li>Attachments \(lacking): none."))
    }

    @Test("A file that a copy leaves out and calls missing is named")
    func leftOut() throws {
        try export("out", without: "")
        #expect(try !place.files("out/proof").contains("missing.jsonl"))
        try redact("out", "copy")
        let whole = try place.verify("copy")
        #expect(whole.faults == [] && whole.missingFiles == 0 && whole.isMissingProved)
        try leaveOut("file of terms", of: "copy")
        try place.reseal("copy", keepProofSeal: true)
        let result = try place.verify("copy")
        let path = ArchiveName.attachment(digest("file of terms"))
        #expect(
            result.faults.map(\.fault)
                == ["\(path), which it names, is missing, and the first archive had it"])
        #expect(result.faults.first?.path.hasPrefix(ArchiveName.native) == true)
        #expect(!result.isMissingProved)
    }

    @Test("A restoration says how many files the archive lacks")
    func restored() throws {
        try export("out", without: "file of prices")
        let office = try world.vault("office")
        _ = try office.trust(SSHPublicKey.fingerprint(try testKey(7).publicKey), name: "Ada")
        let outcome = try ArchiveRestore.run(
            ArchiveRestore.Request("\(place.path)/out"), into: office)
        guard case .restored(let restored) = outcome else { throw RestoreWorld.Faults(faults: []) }
        #expect(restored.missingFiles == 1 && restored.report.attachmentsAdded == 1)
    }

    @Test("A list of what is missing that is longer or shorter than sealed is named")
    func list() throws {
        try export("out", without: "file of prices")
        try place.remove("out/proof/missing.jsonl")
        try place.reseal("out")
        #expect(
            try place.verify("out").faults == [
                ArchiveFault(
                    path: "proof/missing.jsonl",
                    fault: "it lists 0 parts, and proof/archive.json says 1")
            ])
    }

    @Test("An archive of before says nothing of it, and neither does its copy")
    func before() throws {
        try export("out", without: "")
        try redact("out", "copy")
        let sealed = try text("copy/proof/archive.json")
        try place.write(
            "copy/proof/archive.json", sealed.replacing(#""missing":0,"#, with: ""))
        try leaveOut("file of terms", of: "copy")
        try place.reseal("copy")
        let result = try place.verify("copy")
        #expect(result.faults == [] && result.missingFiles == 1 && !result.isMissingProved)
        #expect(result.withheld?.original != nil)
    }
}
