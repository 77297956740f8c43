import Foundation
import JSONText
import Testing
import VaultCrypto

@testable import Vault
@testable import VaultArchive

/// Redacted copies of a real vault's archive, altered and signed again: what is proved of them is
/// what the maker of the first archive signed, and nothing that the copy says.
@Suite("Proofs of copies")
struct CopyProofTests {
    private static let export = "copy/meta/export.json"
    private static let privilege = "copy/data/report/privilege.csv"
    private let place: TemporaryFolder
    private let vault: Vault
    /// The file of the conversation of which messages are withheld, and the ids of these.
    private let native: String
    private let gone: [RecordID]

    private struct Keys: ArchiveKeys {
        func withArchiveKey<Result>(
            _ body: (borrowing SigningKey) throws(VaultError) -> Result
        ) throws(VaultError) -> Result { try body(try testKey(7)) }
    }

    init() throws {
        place = try TemporaryFolder()
        var creation = VaultCreation(custodian: "ada")
        creation.passphrase = SecretBytes(count: 8) {
            $0.initializeMemory(as: UInt8.self, repeating: 0x61)
        }
        creation.workFactor = 4
        creation.allowsWeakWorkFactor = true
        vault = try Vault.create(at: place.path + "/vault", creation, now: { testTime(0) })
        let ingestion = try vault.beginIngestion()
        for number in 0..<3 {
            var entry = ImportedConversation(origin: Origin(source: "jsonl", id: "c\(number)"))
            entry.created = testTime(number)
            for place in 0..<4 {
                var message = ImportedMessage(originID: "m\(place)", parent: nil, role: .user)
                message.parts = [ImportedPart(Part(.text, text: "harbour \(number) \(place)"))]
                entry.messages.append(message)
            }
            try ingestion.add(entry)
        }
        _ = try ingestion.finish()
        let first = try #require(
            try vault.withSnapshot { try $0.conversationIDs(ConversationFilter()) }.first)
        native = ArchiveName.native(first)
        gone = try vault.withSnapshot { try $0.messages(of: first) }.map(\.id).sorted()
            .suffix(2).map(\.self)
        try exportAll("out")
        try redact("out", "copy", gone)
    }

    private func exportAll(_ name: String, in group: ArchiveGroup? = nil) throws {
        try vault.withSnapshot { snapshot in
            let source = try VaultArchiveSource(
                snapshot, of: vault.id, filter: ConversationFilter(), only: nil, begun: nil,
                tool: "Coffer test")
            var request = place.request(name)
            request.bag = RecordID(at: testTime(1))
            request.group = group
            _ = try ArchiveExport.run(ResignedSource(source: source), request)
        }
    }

    private func redact(_ archive: String, _ copy: String, _ messages: [RecordID]) throws {
        let redaction = try ArchiveRedaction(
            "\(place.path)/\(archive)", key: nil, waitingIn: place.path, hooks: .init())
        try #require(redaction.verification.faults == [])
        var rules = RedactionRules()
        try rules.withhold(messages.map(\.description), because: "privileged")
        let request = ArchiveRedaction.Request(
            output: "\(place.path)/\(copy)", time: testTime(300), tool: "Coffer test")
        _ = try redaction.write(try redaction.plan(rules), request, signedBy: Keys())
    }

    private func text(_ name: String) throws -> String {
        String(decoding: try place.read(name), as: UTF8.self)
    }

    /// Signs the copy again, as its maker can, and says what is found.
    private func faults() throws -> [ArchiveFault] {
        try place.reseal("copy", keepProofSeal: true)
        return try place.verify("copy").faults
    }

    /// Changes `meta/export.json` of the copy.
    private func edit(_ change: (inout JSONObject) -> Void) throws {
        var object = try #require(try JSONReader.parse(try place.read(Self.export)).object)
        change(&object)
        try place.write(Self.export, PrettyJSON.text(.object(object)) + "\n")
    }

    private func editOriginal(_ change: (inout JSONObject) -> Void) throws {
        try edit { export in
            var redaction = export["redaction"]?.object ?? JSONObject()
            var original = redaction["original"]?.object ?? JSONObject()
            change(&original)
            redaction["original"] = .object(original)
            export["redaction"] = .object(redaction)
        }
    }

    // MARK: Which archive was made first

    @Test("A copy tells the first archive, and a copy of it both")
    func copies() throws {
        let name = try #require(
            try JSONReader.parse(try place.read("out/meta/export.json"))["name"]?.string)
        let fingerprint = SSHPublicKey.fingerprint(try testKey(7).publicKey)
        let first = try place.verify("copy")
        #expect(first.faults == [])
        #expect(first.withheld?.original?.name == name)
        #expect(first.withheld?.original?.signer == fingerprint)
        #expect(first.withheld?.said == [])
        let other = try #require(
            try vault.withSnapshot { try $0.conversationIDs(ConversationFilter()) }.last)
        try redact("copy", "copy2", [other])
        let second = try place.verify("copy2")
        #expect(second.faults == [])
        #expect(second.withheld?.original == first.withheld?.original)
        #expect(second.withheld?.said.map(\.signer) == [fingerprint])
        #expect(second.withheld?.said.first?.name?.hasPrefix("REDACTED-") == true)
    }

    @Test("Another archive that is named in the place of the first one is a fault")
    func substituted() throws {
        let signer = SSHPublicKey.fingerprint(try testKey(7).publicKey)
        let wanted = ArchiveFault(
            path: "meta/export.json",
            fault: "it names another first archive than proof/archive.json does")
        try editOriginal { original in
            original = [
                "bag": .string(testID(5).description), "name": .string("EXPORT-Other"),
                "signer": .string("SHA256:other"), "time": .string(testTime(0).description),
                "redaction": .object(["original": .object(["signer": .string(signer)])]),
            ]
        }
        #expect(try faults() == [wanted])
    }

    @Test(
        "A name, an id or a time of another archive is a fault",
        arguments: ["name", "nameSalt", "bag", "time"])
    func mixed(member: String) throws {
        try exportAll("other")
        let other = try JSONReader.parse(try place.read("other/meta/export.json"))
        let value = member == "time" ? .string(testTime(2).description) : other[member]
        try editOriginal { $0[member] = member == "name" ? .string("EXPORT-Everything") : value }
        #expect(try faults().map(\.path) == ["meta/export.json"])
    }

    @Test("A name that a rule matches is in no file of the copy, and the rest is proved")
    func maskedName() throws {
        let redaction = try ArchiveRedaction(
            "\(place.path)/out", key: nil, waitingIn: place.path, hooks: .init())
        let rules = try RedactionRules(
            file: Array(#"{"rules":[{"text":["lindqvist","harbour 1 2"]}]}"#.utf8), reason: "test")
        let request = ArchiveRedaction.Request(
            output: "\(place.path)/masked", time: testTime(300), tool: "Coffer test")
        _ = try redaction.write(try redaction.plan(rules), request, signedBy: Keys())
        let result = try place.verify("masked")
        #expect(result.faults == [])
        #expect(result.withheld?.original != nil && result.withheld?.original?.name == nil)
        for file in try place.files("masked") {
            #expect(!(try text("masked/\(file)").lowercased().contains("lindqvist")), "\(file)")
        }
    }

    @Test("A copy without the proof that its original had is a fault, or proves nothing of it")
    func withoutProof() throws {
        try edit { $0["log"] = nil }
        try place.remove("copy/proof")
        try place.remove("copy/meta/custody.jsonl")
        #expect(
            try faults() == [
                ArchiveFault(
                    path: "meta/export.json",
                    fault: "the archive that it was made of had a proof, and this one has none")
            ])
        try editOriginal { $0["log"] = nil }
        try place.reseal("copy")
        let result = try place.verify("copy")
        #expect(result.isValid && result.proof == nil)
        #expect(result.withheld?.isCopy == true && result.withheld?.original == nil)
    }

    @Test("Who made the first archive can be asked for")
    func originalSigner() throws {
        func faults(_ name: String, _ seed: UInt8) throws -> [String] {
            let signer = SSHPublicKey.fingerprint(try testKey(seed).publicKey)
            let result = try ArchiveVerifier.verify(
                "\(place.path)/\(name)", originalSigner: signer)
            #expect(result.isOriginalSignerKnown == (name != "bare"))
            return result.faults.map { "\($0.path): \($0.fault)" }
        }
        #expect(try faults("copy", 7) == [])
        #expect(try faults("out", 7) == [])
        #expect(
            try faults("copy", 8)
                == ["proof/allowed_signers: the first archive was not made by the expected signer"])
        try place.export(Samples.source, "bare")
        #expect(try faults("bare", 7) == [": nothing shows who made the first archive"])
    }

    // MARK: Groups

    @Test("A copy of one archive of a group says so, and is no archive of that group")
    func group() throws {
        let group = ArchiveGroup(
            id: testID(50), number: 2, count: 3, conversations: 9, messages: 36)
        try exportAll("part", in: group)
        #expect(try place.verify("part").member?.group == group)
        try place.remove("copy")
        try redact("part", "copy", gone)
        let result = try place.verify("copy")
        #expect(result.faults == [] && result.member == nil)
        #expect(result.withheld?.group == group && result.withheld?.original?.group == group)
        let info = try text("copy/bag-info.txt")
        #expect(!info.contains("Bag-Group-Identifier") && !info.contains("Bag-Count"))
        #expect(try text("out/bag-info.txt").contains("Bag-Count: 1 of 1"))
        for file in ["copy/README.txt", "copy/index.html"] {
            let said = try text(file)
            #expect(said.contains("archive 2 of 3 of one export"), "\(file)")
            #expect(said.contains("the other 2 archives are not in this copy"), "\(file)")
        }
        // A copy of the copy still says it.
        let other = try #require(
            try vault.withSnapshot { try $0.conversationIDs(ConversationFilter()) }.last)
        try redact("copy", "copy2", [other])
        #expect(try place.verify("copy2").withheld?.original?.group == group)
        #expect(try text("copy2/README.txt").contains("archive 2 of 3 of one export"))
    }

    @Test("A copy that hides the group of its original, or names another, is a fault")
    func hiddenGroup() throws {
        let wanted = [
            ArchiveFault(
                path: "meta/export.json",
                fault: "it says another group of the first archive than proof/archive.json does")
        ]
        let group = ArchiveGroup(
            id: testID(50), number: 2, count: 3, conversations: 9, messages: 36)
        try editOriginal { $0["group"] = group.json }
        #expect(try faults() == wanted)
        try exportAll("part", in: group)
        try place.remove("copy")
        try redact("part", "copy", gone)
        try editOriginal { $0["group"] = nil }
        #expect(try faults() == wanted)
    }

    @Test("A copy that says that it is of a group is a fault, whatever the first archive was of")
    func ownGroup() throws {
        let said = "it says that it is of a group, and a copy is of none"
        let wanted = ArchiveFault(path: "meta/export.json", fault: said)
        let sealed = ArchiveGroup(
            id: testID(50), number: 1, count: 3, conversations: 9, messages: 36)
        let own = ArchiveGroup(
            id: testID(51), number: 1, count: 2, conversations: 6, messages: 24)
        func claim(_ group: ArchiveGroup) throws {
            try edit { $0["group"] = group.json }
            let path = "copy/bag-info.txt"
            let lines = try text(path).split(separator: "\n")
                .filter { !$0.hasPrefix("Bag-Count") && !$0.hasPrefix("Bag-Group") }
                .map(String.init)
            try place.write(path, (lines + group.bagInfo).joined(separator: "\n") + "\n")
        }
        try claim(own)
        #expect(try faults() == [wanted])
        try exportAll("part", in: sealed)
        for group in [own, sealed] {
            try place.remove("copy")
            try redact("part", "copy", gone)
            let honest = GroupJudgement([(name: "copy", result: try place.verify("copy"))])
            #expect(
                honest.faults.map(\.fault) == [
                    "it is a copy of archive 1 of 3, which is of no group; verify it by itself"
                ])
            try claim(group)
            #expect(try faults() == [wanted])
            #expect(try place.verify("copy").member == nil)
        }
    }

    @Test("A copy whose bag-info.txt alone counts archives is a fault")
    func ownCount() throws {
        let path = "copy/bag-info.txt"
        let lines = try text(path).split(separator: "\n").map(String.init)
            .filter { !$0.hasPrefix("Bag-Count") }
        try place.write(path, (lines + ["Bag-Count: 1 of 2"]).joined(separator: "\n") + "\n")
        #expect(
            try faults() == [
                ArchiveFault(
                    path: "bag-info.txt",
                    fault: "it names another group of archives than meta/export.json")
            ])
        try place.write(path, (lines + ["Bag-Count: 1 of 1"]).joined(separator: "\n") + "\n")
        #expect(try faults() == [])
    }

    // MARK: Places

    /// Alters the stubs and the privilege log alike, and says which files are named.
    private func altered(_ change: (String) -> String) throws -> [String] {
        let files = ["copy/\(native)", Self.privilege]
        for file in files {
            let before = try text(file)
            let after = change(before)
            #expect(before != after)
            try place.write(file, after)
        }
        if let (status, said) = try place.run("copy", ["python3", "proof/verify.py"]) {
            #expect(status != 0 && said.contains("the places of the records"), "\(said)")
        }
        return try faults().map(\.path)
    }

    @Test("A stub that became another message is named")
    func renamed() throws {
        let other = String(gone[1].description.dropLast(4)) + "ffff"
        #expect(try altered { $0.replacing(gone[1].description, with: other) } == [native])
    }

    @Test("Stubs that changed places are named")
    func swapped() throws {
        let lines = try text("copy/\(native)").split(separator: "\n").suffix(2)
        let hashes = lines.map { String($0.dropFirst(15).prefix(64)) }
        #expect(
            try altered { text in
                text.replacing(hashes[0], with: "\u{1}").replacing(hashes[1], with: hashes[0])
                    .replacing("\u{1}", with: hashes[1])
            } == [native])
    }

    @Test("A stub that became another version is named")
    func versioned() throws {
        #expect(
            try altered { text in
                text.replacing(#""version":1}}"#, with: #""version":2}}"#)
                    .replacing(",\(gone[1]),1,", with: ",\(gone[1]),2,")
                    .replacing(",\(gone[0]),1,", with: ",\(gone[0]),2,")
            } == [native])
    }

    @Test("A list of records that lost or repeats a conversation is named")
    func listed() throws {
        let path = "copy/proof/records.jsonl"
        let before = try text(path)
        let lines = before.split(separator: "\n")
        for changed in [Array(lines.dropFirst()), lines + lines.prefix(1)] {
            try place.write(path, changed.joined(separator: "\n") + "\n")
            try place.reseal("copy")
            let found = try place.verify("copy").faults
            #expect([["proof/records.jsonl"], [native]].contains(found.map(\.path)), "\(found)")
        }
    }

    // MARK: Custody, certification, script

    @Test("The draft of a copy's certification says what the copy was made of, and no vault")
    func certification() throws {
        let path = "meta/certification-902-14.txt"
        let first = try text("out/\(path)")
        #expect(first.contains("from a vault of AI conversations"))
        #expect(!first.contains("redacted copy") && !first.contains("Withheld"))
        let copy = try text("copy/\(path)")
        #expect(!copy.contains("from a vault of AI conversations"))
        #expect(copy.contains("is a redacted copy. It was made on \(testTime(300)), "))
        let original = try JSONReader.parse(try place.read("out/meta/export.json"))
        for member in ["name", "bag", "time", "signer"] {
            #expect(copy.contains(": \(try #require(original[member]?.string))\n"), "\(member)")
        }
        let list = try #require(try place.verify("out").tagManifest)
        #expect(copy.contains("SHA-256 of its tagmanifest-sha256.txt: \(list.hex)\n"))
        #expect(copy.contains("Withheld of the records: 2 messages and 0 parts;\n"))
        let files = SHA256Digest.hash(try place.read("copy/manifest-sha256.txt"))
        #expect(copy.contains("manifest-sha256.txt   SHA-256  \(files.hex)\n"))
    }

    @Test("A custody that says something else than the log is named")
    func custody() throws {
        let path = "copy/meta/custody.jsonl"
        let before = try text(path)
        #expect(before.contains("collection"))
        let lines = before.split(separator: "\n").map(String.init)
        let other = lines.map { $0.replacing("\"time\":\"20", with: "\"time\":\"19") }
        for changed in [other, Array(lines.dropFirst()), lines + [lines[0]]] {
            try place.write(path, changed.joined(separator: "\n") + "\n")
            #expect(try faults().map(\.path) == ["meta/custody.jsonl"])
        }
        var first = try #require(try JSONReader.parse(lines[0]).object)
        first["entry"] = nil
        try place.write(
            path, before.replacing(lines[0], with: JSONWriter.line(.object(first))))
        #expect(try faults().map(\.path) == ["meta/custody.jsonl"])
    }

    @Test("The script refuses a record that says something twice")
    func repeatedMember() throws {
        let before = try text("copy/\(native)")
        let line = try #require(before.split(separator: "\n").dropFirst().first)
        let forged = line.dropLast() + #","parts":[{"text":"never said","type":"text"}]}"#
        try place.write("copy/\(native)", before.replacing(line, with: forged))
        guard let (status, said) = try place.run("copy", ["python3", "proof/verify.py"]) else {
            return print("skipped: there is no python3")
        }
        #expect(status != 0 && said.contains("NOT PROVED: a member twice"), "\(said)")
    }

    @Test("The script refuses a record whose committed texts stand where nobody reads them")
    func displacedTexts() throws {
        let before = try text("copy/\(native)")
        let line = String(try #require(before.split(separator: "\n").dropFirst().first))
        let old = try #require(RecordFile.message(line))
        let inner = #"{"a":0}"#
        let hash = SHA256Digest.hash(Array(inner.utf8)).hex
        let part = #"{"aa":  \#(inner),"text":"never said","type":"text"}"#
        let id = #""id":"\#(old.id)","parts":["\#(hash)"],"version":\#(old.version)"#
        let forged =
            #"{"commitment":"\#(old.commitment.hex)","parts":[  \#(old.envelopeLine),\#(part)],"#
            + #""envelope":{\#(id)}}"#
        try place.write("copy/\(native)", before.replacing(line, with: forged))
        guard let (status, said) = try place.run("copy", ["python3", "proof/verify.py"]) else {
            return print("skipped: there is no python3")
        }
        #expect(status != 0 && said.contains("NOT PROVED"), "\(said)")
    }

    @Test(
        "An archive of another format is refused, with what to do",
        arguments: [("coffer-archive/99", "update Coffer"), ("coffer-archive/0", "no format")])
    func format(_ format: String, _ sentence: String) throws {
        try edit { $0["format"] = .string(format) }
        let found = try faults()
        #expect(found.map(\.path) == ["meta/export.json"])
        #expect(found.first?.fault.contains(sentence) == true)
    }
}
