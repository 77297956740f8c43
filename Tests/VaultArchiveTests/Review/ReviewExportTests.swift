import Foundation
import Testing
import Vault
import VaultCrypto
@testable import VaultArchive

/// Files for review in archives.
@Suite struct ReviewExportTests {
    @Test(arguments: ["UTC", "Europe/Zurich", "America/New_York", "Pacific/Kiritimati"])
    func `Every RSMF file of an archive passes the checks of references`(_ zone: String) throws {
        let place = try TemporaryFolder()
        try place.review(ReviewSamples.source, "out", zone: zone)
        let checked = try place.checked("out", zone: zone)
        #expect(checked.count >= 5)
        #expect(checked.flatMap(\.faults).isEmpty, "\(checked.flatMap(\.faults))")
        #expect(try place.verify("out").faults.isEmpty)
    }

    @Test func `Two exports give the same files, whenever and by whomever`() throws {
        let place = try TemporaryFolder()
        try place.review(ReviewSamples.source, "a", zone: "Europe/Zurich")
        var later = ReviewSamples.source
        later.conversations.reverse()
        try place.export(later, "b") {
            $0.time = testTime(9999)
            $0.bag = testID(78)
            $0.person = "Somebody else"
            $0.review = ReviewOptions(
                formats: Set(ReviewOptions.Format.allCases),
                clock: ZoneClock("Europe/Zurich") ?? .utc)
        }
        let files = try place.files("a").filter { $0.hasPrefix("data/") }
        #expect(files == (try place.files("b").filter { $0.hasPrefix("data/") }))
        for file in files {
            #expect(try place.read("a/\(file)") == place.read("b/\(file)"), "\(file)")
        }
    }

    @Test func `An export without a choice has no file for review`() throws {
        let place = try TemporaryFolder()
        try place.export(ReviewSamples.source, "out")
        let folders = Set(
            try place.files("out").compactMap { $0.split(separator: "/").dropLast().last })
        #expect(folders == ["attachments", "html", "native", "report", "meta"])
        let readme = String(decoding: try place.read("out/README.txt"), as: UTF8.self)
        #expect(!readme.contains("rsmf"))
    }

    @Test func `What was chosen stands in the record and in the README`() throws {
        let place = try TemporaryFolder()
        try place.review(ReviewSamples.source, "out", zone: "Europe/Zurich")
        let export = String(decoding: try place.read("out/meta/export.json"), as: UTF8.self)
        #expect(export.contains("\"timeZone\": \"Europe/Zurich\""))
        #expect(export.contains("\"datEncoding\": \"utf-8\""))
        let settings = String(
            decoding: try place.read("out/data/report/settings.csv"), as: UTF8.self)
        #expect(settings.contains("\nreview,rsmf\nreview,dat\nreview,eml\nreview,sessions\n"))
        #expect(settings.hasSuffix("\ntimeZone,Europe/Zurich\ndatEncoding,utf-8\n"))
        let readme = String(decoding: try place.read("out/README.txt"), as: UTF8.self)
        for word in ["data/rsmf/", "data/loadfile/", "data/eml/", "data/sessions/"] {
            #expect(readme.contains(word))
        }
    }

    @Test func `A missing attachment has a text in its place in every format`() throws {
        let place = try TemporaryFolder()
        var source = ReviewSamples.source
        source.attachments[SHA256Digest.hash(Samples.document)] = nil
        #expect(try place.review(source, "out").errors == 1)
        let checked = try place.checked("out")
        #expect(checked.flatMap(\.faults).isEmpty)
        let events = checked.flatMap(\.events)
        #expect(
            events.contains {
                RSMFChecker.custom($0, "Missing attachment") == "term-sheet.txt (absent).txt"
            })
        let table = String(decoding: try place.read("out/data/loadfile/export.dat"), as: UTF8.self)
        #expect(table.contains("The vault does not hold this attachment."))
        #expect(try place.verify("out").faults.isEmpty)
    }

    @Test func `A missing attachment of two names is one text in the zip`() throws {
        let place = try TemporaryFolder()
        var builder = ConversationBuilder(1, title: nil)
        for name in ["a.png", "a longer name.png"] {
            let file = Samples.reference([1, 2, 3], name, "image/png")
            builder.add(.user, [Part(.image, attachment: file)])
        }
        try place.review(MemorySource(conversations: [builder.archived]), "out")
        let checked = try place.checked("out")
        #expect(checked.flatMap(\.faults).isEmpty, "\(checked.flatMap(\.faults))")
        let files = checked.flatMap(\.events).flatMap {
            $0["attachments"] as? [[String: Any]] ?? []
        }
        #expect(Set(files.compactMap { $0["id"] as? String }).count == 1)
        #expect(
            files.map { $0["display"] as? String } == [
                "a.png (absent).txt", "a longer name.png (absent).txt",
            ])
    }

    @Test(arguments: [
        ("data/rsmf/x.rsmf", "not named for a conversation"),
        ("data/rsmf/018f3a10-0000-7000-8000-000000020000.rsmf", "not named for a conversation"),
        ("data/rsmf/018f3a10-0000-7000-8000-000000020000_20260301_1.rsmf", "not named"),
        ("data/rsmf/018F3A10-0000-7000-8000-000000770000_20260301_01.rsmf", "not named"),
        ("data/eml/018f3a10-0000-7000-8000-000000770000_20260301_01.eml", "no record file"),
        ("data/sessions/018f3a10-0000-7000-8000-000000770000.json", "no record file"),
        ("data/loadfile/more.dat", "an archive has no such file"),
        ("data/eml/018f3a10-0000-7000-8000-000000020000_20260301_01.eml", "does not say"),
    ])
    func `A file for review that belongs to nothing is a fault`(
        _ path: String, _ fault: String
    ) throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out") { $0.review.formats = [.rsmf, .dat, .sessions] }
        try FileManager.default.createDirectory(
            atPath:
                "\(place.path)/out/\(path.split(separator: "/").dropLast().joined(separator: "/"))",
            withIntermediateDirectories: true)
        try place.write("out/\(path)", "x")
        try place.reseal("out")
        let faults = try place.verify("out").faults
        #expect(faults.contains { $0.path == path && $0.fault.contains(fault) }, "\(faults)")
    }
}
