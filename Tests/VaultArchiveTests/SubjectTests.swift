import Foundation
import JSONText
import Testing
import Vault

@testable import VaultArchive

@Suite("Archives for the person whose data they hold")
struct SubjectTests {
    private var mask: SubjectMask {
        var mask = SubjectMask(subject: "Ada Lindqvist")
        mask.ownAddresses = ["ada_l@example.net"]
        mask.others = ["Bob Keller"]
        return mask
    }

    @Test(
        "Others are found in the names of files and users, in capitals and in escapes",
        arguments: [
            "Bob_Keller", "bob_keller.pdf", "Vertrag_Keller.docx", "BOB", "bob",
            "bob%2ekeller%40example.com", "bob&#64;example.com", "bob-keller-ft",
            #"bob\u0040example.com"#,
        ])
    func others(_ text: String) throws {
        let search = TextSearch(rules: try mask.rules().texts)
        #expect(try search.mask(text) != .unchanged)
    }

    @Test(
        "What is the person's own stays",
        arguments: ["ada_l@example.net", "write to ada_l%40example.net", "bob along", "Ada"])
    func own(_ text: String) throws {
        #expect(try TextSearch(rules: mask.rules().texts).mask(text) == .unchanged)
    }

    @Test("The matter, the reason, the query and the selection are masked too")
    func request() throws {
        var request = ArchiveExport.Request(
            output: "/x", matter: "Bob Keller v. Ada", time: testTime(0))
        request.query = "Keller"
        request.reason = "asked by Bob"
        request.scope = [
            "labels": .array([.string("suspect")]), "subject": .string("Ada Lindqvist"),
        ]
        try request.mask(for: mask)
        #expect(request.matter == "[withheld] v. Ada")
        #expect(request.query == "[withheld]")
        #expect(request.reason == "asked by [withheld]")
        #expect(request.scope == ["subject": .string("Ada Lindqvist")])
    }

    @Test("Labels are not in a person's archive")
    func labels() throws {
        let place = try TemporaryFolder()
        let source = try RedactedSource(Samples.source, mask: mask, waitingIn: place.path)
        #expect(try source.conversation(Samples.edited.conversation.id).conversation.labels == [])
        var request = place.request("ada")
        request.redaction = RedactionNote(subject: "Ada Lindqvist")
        _ = try ArchiveExport.run(source, request)
        #expect(try place.verify("ada").isValid)
        let draft = String(
            decoding: try place.read("ada/meta/certification-902-14.txt"), as: UTF8.self)
        #expect(draft.contains("from a vault of AI conversations"))
        #expect(draft.contains("Withheld of the records: "))
        let table = String(
            decoding: try place.read("ada/data/report/items.csv"), as: UTF8.self)
        #expect(!table.contains("priority"))
    }
}
