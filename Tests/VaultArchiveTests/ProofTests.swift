import Foundation
import JSONText
import Policy
import Testing
import VaultCrypto

@testable import Vault
@testable import VaultArchive

/// A vault's records under the signing key of these tests, which can sign again what it altered.
struct ResignedSource: ArchiveSource {
    let source: VaultArchiveSource
    /// The hash of an attached file that the vault has lost.
    var lost: [UInt8]?
    var vault: RecordID { source.vault }
    var tool: String { source.tool }
    var log: (any ArchiveLog)? { source.log }

    func selection() throws(VaultError) -> [RecordID] { try source.selection() }

    func conversation(_ id: RecordID) throws(VaultError) -> ArchivedConversation {
        try source.conversation(id)
    }

    func readAttachment(_ sha256: [UInt8], into sink: any ByteSink) throws(VaultError) {
        guard sha256 != lost else { throw VaultError(.notFound, "It is lost.") }
        try source.readAttachment(sha256, into: sink)
    }

    func withArchiveKey<Result>(
        _ body: (borrowing SigningKey) throws(VaultError) -> Result
    ) throws(VaultError) -> Result {
        try body(try testKey(7))
    }
}

/// Archives of a real vault: forty conversations in two imports, some edited, one purged.
@Suite("Proofs in archives")
struct ProofTests {
    private let place: TemporaryFolder
    private let vault: Vault

    init() throws {
        place = try TemporaryFolder()
        var creation = VaultCreation(custodian: "ada")
        creation.passphrase = SecretBytes(count: 8) {
            $0.initializeMemory(as: UInt8.self, repeating: 0x61)
        }
        creation.workFactor = 4
        creation.allowsWeakWorkFactor = true
        vault = try Vault.create(at: place.path + "/vault", creation, now: { testTime(0) })
        try ingest(0..<30, word: "harbour")
        try ingest(10..<40, word: "ledger")
        let first = try #require(try ids(label: "l0").first)
        let request = DisposalRequest(.conversations([first]), reason: "a test")
        _ = try vault.dispose(try vault.planDisposal(request), of: request)
    }

    private func ingest(_ numbers: Range<Int>, word: String) throws {
        let ingestion = try vault.beginIngestion()
        for number in numbers {
            var entry = ImportedConversation(origin: Origin(source: "jsonl", id: "c\(number)"))
            entry.created = testTime(number)
            entry.labels = ["l\(number % 4)"]
            for place in 0..<3 {
                var message = ImportedMessage(originID: "m\(place)", parent: nil, role: .user)
                message.created = testTime(number)
                message.parts = [ImportedPart(Part(.text, text: "\(word) \(number) \(place) ü"))]
                entry.messages.append(message)
            }
            try ingestion.add(entry)
        }
        _ = try ingestion.finish()
    }

    private func ids(label: String) throws -> [RecordID] {
        var filter = ConversationFilter()
        filter.labels = [label]
        return try vault.withSnapshot { try $0.conversationIDs(filter) }
    }

    @discardableResult
    private func export(
        _ name: String, label: String? = nil, prior: [AuditCheckpoint] = []
    ) throws -> ArchiveExport.Result {
        var filter = ConversationFilter()
        filter.labels = label.map { [$0] } ?? []
        return try vault.withSnapshot { snapshot in
            let source = try VaultArchiveSource(
                snapshot, of: vault.id, filter: filter, only: nil, begun: nil, tool: "Coffer test")
            var request = place.request(name)
            request.priorCheckpoints = prior
            return try ArchiveExport.run(ResignedSource(source: source), request)
        }
    }

    @Test("Each selection verifies, and the script in the archive agrees")
    func whole() throws {
        for (name, label) in [("all", nil), ("some", "l1"), ("none", "unknown")] {
            let result = try export(name, label: label)
            #expect(try place.verify(name).faults == [])
            #expect(try #require(result.checkpoint).size > 3)
            let shown = String(
                decoding: try place.read("\(name)/proof/commitments.jsonl"), as: UTF8.self)
            #expect(
                shown.split(separator: "\n").count { $0.hasPrefix("\"") }
                    == (name == "none" ? 0 : try records(name)))
            guard let (status, said) = try place.run(name, ["python3", "proof/verify.py"]) else {
                print("skipped: there is no python3")
                continue
            }
            #expect(status == 0 && said.contains("the records are in the log"), "\(name): \(said)")
            let (trees, root) = try #require(try place.run(name, ["python3", "proof/merkle.py"]))
            #expect(trees == 0 && root.contains("commitments are in the log"), "\(name): \(root)")
            #expect(ProofScript.trees.split(separator: "\n").count <= 40)
        }
    }

    private func records(_ name: String) throws -> Int {
        try place.files("\(name)/data/native").reduce(0) { sum, file in
            sum + (try place.read("\(name)/data/native/\(file)")).count { $0 == 0x0A } - 1
        }
    }

    /// Alters a file of an archive that is signed again, and says what is found.
    private func faults(_ file: String, _ change: (inout String) throws -> Void) throws -> [String]
    {
        try? place.remove("out")
        try export("out", label: "l1")
        var text = String(decoding: try place.read("out/\(file)"), as: UTF8.self)
        let before = text
        try change(&text)
        #expect(text != before)
        try place.write("out/\(file)", text)
        try place.reseal("out")
        // Who signed is for openssl to say.
        if file.hasSuffix(".jsonl"),
            let (status, said) = try place.run("out", ["python3", "proof/verify.py"])
        {
            #expect(status != 0, "the script: \(said)")
        }
        return try place.verify("out").faults.map { "\($0.path): \($0.fault)" }
    }

    private static func lines(_ text: inout String, _ change: (inout [Substring]) -> Void) {
        var lines = text.split(separator: "\n")
        change(&lines)
        text = lines.joined(separator: "\n") + "\n"
    }

    @Test("What was changed in a proof, and signed again, is named")
    func altered() throws {
        #expect(
            try faults("proof/log.jsonl") {
                $0 = $0.replacing("\"type\":\"ingest\"", with: "\"type\":\"digest\"")
            }
                == ["proof/log.jsonl: it does not make the tree that the checkpoint signs"])
        #expect(
            try faults("proof/log.jsonl") { Self.lines(&$0) { $0.swapAt(1, 2) } } == [
                "proof/log.jsonl: line 2: the entry has another number than its place"
            ])
        #expect(
            try faults("proof/commitments.jsonl") {
                Self.lines(&$0) { lines in
                    let place = lines.firstIndex { $0.hasPrefix("\"") } ?? 0
                    lines.swapAt(place, place + 1)
                }
            }.first?.contains("does not make the tree that entry") == true)
        #expect(
            try faults("proof/checkpoint") { $0 = $0.replacing("coffer/", with: "coffee/") }.first
                == "proof/checkpoint: it is not signed by the key of proof/log.vkey, or is of another vault's log"
        )
        let other = try NoteKey(name: "x", key: testKey(9).publicKey)
        #expect(
            try faults("proof/log.pub.pem") { $0 = other.key.pem }
                == ["proof/log.pub.pem: this is another key than that of proof/log.vkey"])
    }

    @Test("A record that replaces another and that no entry covers is named")
    func uncovered() throws {
        try export("out", label: "l1")
        let file = try #require(try place.files("out/data/native").first)
        let before = try text("out/data/native/\(file)")
        let last = try #require(before.split(separator: "\n").last)
        let old = try #require(RecordFile.message(String(last)))
        let part = try #require(old.partLines.first).replacing("harbour", with: "scandal")
            .replacing("ledger", with: "scandal")
        let hash = SHA256Digest.hash(Array(part.utf8)).hex
        let envelope = old.envelopeLine.replacing(
            SHA256Digest.hash(Array(old.partLines[0].utf8)).hex, with: hash)
        let forged = SHA256Digest.hash(Array(envelope.utf8)).hex
        let line =
            #"{"commitment":"\#(forged)","envelope":\#(envelope),"parts":[\#(part)]}"#
        try place.write("out/data/native/\(file)", before.replacing(last, with: line))
        let leaf = MerkleTree.leafHash(old.commitment).hex
        try place.write(
            "out/proof/commitments.jsonl",
            try text("out/proof/commitments.jsonl").replacing(
                "\"\(old.commitment.hex)\"\n", with: "{\"hash\":\"\(leaf)\",\"hidden\":1}\n")
                + "{\"uncovered\":\"\(forged)\"}\n")
        try relist(file)
        try place.reseal("out")
        let faults = try place.verify("out").faults
        #expect(faults.map(\.path) == ["proof/commitments.jsonl"])
        #expect(faults.first?.fault.hasSuffix("no earlier version has this commitment") == true)
        if let (status, said) = try place.run("out", ["python3", "proof/verify.py"]) {
            #expect(status != 0 && said.contains("a record that no entry covers"), "\(said)")
        }
    }

    /// Makes the line of `proof/records.jsonl` anew, as who makes an archive can.
    private func relist(_ file: String) throws {
        let id = String(file.dropLast(6))
        var records = PlacedRecords()
        for line in try text("out/data/native/\(file)").split(separator: "\n").dropFirst() {
            let message = try #require(RecordFile.message(String(line)))
            records.add(
                message.id.description, Int64(message.version), message.commitment.hex)
        }
        let path = "out/proof/records.jsonl"
        let lines = try text(path).split(separator: "\n").map {
            $0.contains(id) ? records.line(of: id) : String($0)
        }
        try place.write(path, lines.joined(separator: "\n") + "\n")
    }

    @Test("A copy whose commitments are not those that the original's maker signed is named")
    func seal() throws {
        try export("out", label: "l1")
        let path = "out/proof/commitments.jsonl"
        try place.write(path, try text(path).replacing("\n{\"hash\"", with: "\n{ \"hash\""))
        try place.reseal("out", keepProofSeal: true)
        #expect(
            try place.verify("out").faults.contains {
                $0.path == "proof/manifest-sha256.txt"
                    && $0.fault == "it does not list the files of proof/ as they are"
            })
    }

    @Test("A person's archive says nothing of policy and holds; an officer's says both")
    func governance() throws {
        var scope = HoldScope()
        scope.labels = ["l1"]
        _ = try vault.placeHold(matter: "Harbour inquiry", scope: scope)
        try export("out", label: "l1")
        #expect(try text("out/meta/export.json").contains("harbour-inquiry"))
        #expect(try text("out/index.html").contains("Holds in force"))
        #expect(try place.files("out").contains("meta/holds.jsonl"))
        try vault.withSnapshot { snapshot in
            let source = try VaultArchiveSource(
                snapshot, of: vault.id, filter: ConversationFilter(), only: nil, begun: nil,
                tool: "Coffer test")
            let mask = SubjectMask(subject: "ada")
            var request = place.request("mine")
            request.redaction = RedactionNote(subject: "ada")
            _ = try ArchiveExport.run(
                RedactedSource(
                    ResignedSource(source: source), mask: mask, waitingIn: place.path), request)
        }
        #expect(try place.verify("mine").faults == [])
        let export = try JSONReader.parse(try place.read("mine/meta/export.json"))
        #expect(export["log"] != nil)
        for member in ["policy", "holds", "doubts"] { #expect(export[member] == nil) }
        for file in try place.files("mine") {
            let said = String(decoding: try place.read("mine/\(file)"), as: UTF8.self)
            #expect(!said.lowercased().contains("inquiry"), "\(file)")
        }
        #expect(!(try text("mine/index.html").contains("Holds in force")))
    }

    @Test("The script refuses what would stand in for a proof")
    func script() throws {
        try export("out", label: "l1")
        let path = "out/proof/commitments.jsonl"
        let before = try text(path)
        let first = try #require(before.split(separator: "\n").first)
        try place.write(path, before + "\(first)\n")
        guard let (status, said) = try place.run("out", ["python3", "proof/verify.py"]) else {
            return print("skipped: there is no python3")
        }
        #expect(status != 0 && said.contains("one section for each entry"))
        let trees = try #require(try place.run("out", ["python3", "proof/merkle.py"]))
        #expect(trees.0 != 0 && trees.1.contains("one section for each entry"))
        try place.write(path, before)
        let file = try #require(try place.files("out/data/native").first)
        let native = try text("out/data/native/\(file)")
        try place.write(
            "out/data/native/\(file)",
            native.replacing(#""type":"text"}"#, with: #""type":"text","withheld":0}"#))
        let again = try #require(try place.run("out", ["python3", "proof/verify.py"]))
        #expect(again.0 != 0 && again.1.contains("NOT PROVED"))
    }

    @Test("A version that is left out, all counts corrected and signed again, is named")
    func leftOut() throws {
        let bytes = try export("out", label: "l1").payloadBytes
        let total = try records("out")
        // Of each message there is an earlier version.
        let file = try #require(
            try place.files("out/data/native").first {
                try text("out/data/native/\($0)").contains("\"records\":6")
            })
        let gone = "out/data/native/\(file)"
        let before = try text(gone)
        var lines = before.split(separator: "\n")
        lines.remove(at: 1)
        lines[0] = Substring(lines[0].replacing("\"records\":6", with: "\"records\":5"))
        let after = lines.joined(separator: "\n") + "\n"
        try place.write(gone, after)
        try place.write(
            "out/data/report/summary.csv",
            try text("out/data/report/summary.csv").replacing(
                "records,\(total)", with: "records,\(total - 1)"))
        let less = before.utf8.count - after.utf8.count
        try place.write(
            "out/meta/export.json",
            try text("out/meta/export.json")
                .replacing("\"records\": \(total)", with: "\"records\": \(total - 1)")
                .replacing("\(bytes)", with: "\(bytes - Int64(less))"))
        try place.reseal("out")
        let faults = try place.verify("out").faults
        #expect(
            faults.map(\.path)
                == ["data/native/\(file)", "proof/archive.json", "proof/commitments.jsonl"])
        #expect(faults.last?.fault == "its commitments are not those of the records")
    }

    @Test("An archive shows that the log goes on from checkpoints that were given before")
    func prior() throws {
        let old = try vault.anchor()
        try ingest(50..<52, word: "amber")
        let older = try vault.anchor()
        try export("out", label: "l1", prior: [older, old, old])
        #expect(try place.verify("out").faults == [])
        #expect(
            try place.files("out/proof/prior-checkpoints")
                == ["\(old.size).checkpoint", "\(older.size).checkpoint"].sorted())
        var lines = try text("out/proof/consistency.txt").split(
            separator: "\n", omittingEmptySubsequences: false)
        lines.swapAt(1, 2)
        try place.write("out/proof/consistency.txt", lines.joined(separator: "\n"))
        try place.reseal("out")
        #expect(try place.verify("out").faults.map(\.path) == ["proof/consistency.txt"])
    }

    private func text(_ name: String) throws -> String {
        String(decoding: try place.read(name), as: UTF8.self)
    }
}
