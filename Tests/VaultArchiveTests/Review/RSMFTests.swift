import Foundation
import Testing
import Vault
import VaultCrypto
@testable import VaultArchive

/// What an RSMF file says of a conversation, and that its checker sees.
@Suite struct RSMFTests {
    private func checked(_ builder: ConversationBuilder) throws -> [RSMFChecker] {
        let place = try TemporaryFolder()
        var source = Samples.source
        source.conversations = [builder.archived]
        try place.review(source, "out")
        let checked = try place.checked("out")
        #expect(checked.flatMap(\.faults).isEmpty, "\(checked.flatMap(\.faults))")
        return checked
    }

    @Test func `The user, the model, tools and the system prompt are participants`() throws {
        let file = try #require(try checked(Samples.merger).first)
        let names = file.participants.map { $0["display"] as? String ?? "" }
        #expect(names == ["Ada Lindqvist", "System prompt", "claude-sonnet-4-5", "search_files"])
        let model = file.participants[2]
        #expect(RSMFChecker.custom(model, "Type") == "AI model")
        #expect(RSMFChecker.custom(model, "Model ID") == "claude-sonnet-4-5")
        #expect(RSMFChecker.custom(model, "Provider") == "vertex")
    }

    @Test func `Prompts go out, answers come in, and the rest is unknown`() throws {
        let events = try #require(try checked(Samples.merger).first).events
        let kinds = events.map { event in
            [event["type"], event["direction"], RSMFChecker.custom(event, "Type")]
                .map { $0 as? String ?? "" }.joined(separator: "/")
        }
        #expect(
            kinds == [
                "unknown//System prompt", "message/outgoing/", "unknown//Thinking",
                "unknown//Tool call", "unknown//Tool result", "message/incoming/",
                "message/incoming/", "message/outgoing/", "message/incoming/",
                "message/outgoing/", "message/incoming/",
            ])
        #expect(events[6]["parent"] as? String == events[1]["id"] as? String)
        #expect(events[3]["parent"] as? String == events[2]["id"] as? String)
        #expect((events[3]["body"] as? String)?.contains("\"Lindqvist AND") == true)
        #expect(RSMFChecker.custom(events[8], "State") == "stopped")
    }

    @Test func `Attachments have safe names and keep the ones they had`() throws {
        let events = try #require(try checked(Samples.merger).first).events
        let files = events.flatMap { $0["attachments"] as? [[String: Any]] ?? [] }
        #expect(files.map { $0["display"] as? String } == ["term-sheet.txt", "chart \"Q1\".png"])
        #expect(files.allSatisfy { ($0["id"] as? String)?.count == 68 })
    }

    @Test func `Edits show what was replaced`() throws {
        let file = try #require(try checked(Samples.edited).first)
        let edits = file.events[0]["edits"] as? [[String: String]] ?? []
        #expect(
            edits.map { "\($0["previous"] ?? "") > \($0["new"] ?? "")" } == [
                "Teh first text > The second text", "The second text > The third text",
            ])
        #expect(file.events[0]["body"] as? String == "The third text")
        #expect(RSMFChecker.custom(file.events[0], "Version") == "3")
        #expect(file.transcript.contains("[Earlier text]\r\nTeh first text\r\n"))
    }

    @Test func `What an owner deleted is marked so`() throws {
        let file = try #require(try checked(ReviewSamples.awkward).first)
        #expect(file.events.allSatisfy { $0["deleted"] as? Bool == true })
        #expect(RSMFChecker.custom(file.events[1], "Empty") != nil)
        #expect(file.events[1]["body"] == nil)
    }

    @Test func `A result is by the tool whose call it answers`() throws {
        let file = try #require(try checked(ReviewSamples.awkward).first)
        let result = try #require(
            file.events.first { RSMFChecker.custom($0, "Type") == "Tool result" })
        let author = file.participants.first {
            $0["id"] as? String == result["participant"] as? String
        }
        #expect(author?["display"] as? String == "Read")
    }

    @Test func `Headers are ASCII and nobody's title adds one`() throws {
        let file = try #require(try checked(ReviewSamples.awkward).first)
        #expect(file.headers["bcc"] == nil)
        #expect(
            MailReader.decoded(file.headers["subject"] ?? "")
                == "Räksmörgås  Bcc: nobody@example.org  重要 2026-03-01")
        #expect(file.headers["from"]?.hasSuffix("<ada.lindqvist@example.org>") == true)
        #expect(file.headers["date"] == "Sun, 01 Mar 2026 09:00:00 +0000")
        #expect(file.participants[0]["email"] as? String == "ada.lindqvist@example.org")
        #expect(file.headers["x-rsmf-vaultleaf"]?.count == 64)
    }

    // MARK: The checker sees

    @Test(arguments: [
        (#""parent":"018f3a10-0000-7000-8000-0000000a0001""#, "unknown parent"),
        (#""participant":"AI1""#, "unknown author"),
        (#""id":"018f3a10-0000-7000-8000-0000000a0002""#, "ids of a event"),
        (#""timestamp":"2026-03-01T22:58:00Z""#, "is not of this file's day"),
        (#""body":"Message 0""#, "an empty member"),
    ])
    func `A spoiled manifest is refused`(_ found: String, _ fault: String) throws {
        let wrong = [
            "unknown parent": found.replacing("a0001", with: "b0001"),
            "unknown author": #""participant":"AI7""#,
            "ids of a event": found.replacing("a0002", with: "a0001"),
            "is not of this file's day": found.replacing("22:58", with: "23:58")
                .replacing("03-01", with: "02-28"),
            "an empty member": #""body":"""#,
        ]
        let thread = ReviewSamples.thread(10, ["2026-03-01T22:58:00Z", "2026-03-01T22:59:00Z"])
        let archived = thread.archived
        let events = ReviewEvents(
            archived, versions: [:], missing: [], timeline: ReviewTimeline(archived),
            limits: ReviewLimits())
        let slice = try #require(
            ReviewSlices.of(
                events.events, conversation: archived.conversation.id, clock: .utc,
                limits: ReviewLimits()
            ).first)
        let mail = ReviewMail(events: events, slice: slice, clock: .utc)
        for (manifest, isWrong) in [
            (mail.manifest.bytes, false),
            (
                Array(
                    String(decoding: mail.manifest.bytes, as: UTF8.self)
                        .replacing(found, with: wrong[fault] ?? "").utf8), true
            ),
        ] {
            var message = try mail.rsmf { (_) throws(VaultError) in 0 }
            message.parts[1].content = .zip(
                StoredZip(files: [
                    .init(
                        name: RSMFManifest.name, content: .bytes(manifest),
                        crc32: try CRC32.of(manifest))
                ]))
            let sink = Collector()
            try message.write(from: Samples.source, to: sink)
            #expect(Int64(sink.bytes.count) == message.sizeBytes)
            let checker = RSMFChecker("data/rsmf/\(slice.name).rsmf", sink.bytes, zone: "UTC")
            #expect(
                checker.faults.contains { $0.contains(fault) } == isWrong, "\(checker.faults)")
        }
    }
}
