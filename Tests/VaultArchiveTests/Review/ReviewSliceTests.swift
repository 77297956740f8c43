import Foundation
import JSONText
import Testing
import Vault
import VaultCrypto
@testable import VaultArchive

/// How conversations are cut into days.
@Suite struct ReviewSliceTests {
    private func slices(
        _ builder: ConversationBuilder, zone: String = "UTC", limits: ReviewLimits = ReviewLimits()
    ) -> [ReviewSlice] {
        let archived = builder.archived
        let events = ReviewEvents(
            archived, versions: [:], missing: [], timeline: ReviewTimeline(archived),
            limits: limits)
        return ReviewSlices.of(
            events.events, conversation: archived.conversation.id,
            clock: ZoneClock(zone) ?? .utc, limits: limits)
    }

    private func days(_ slices: [ReviewSlice]) -> [String] {
        slices.map { String($0.name.dropFirst(37)) }
    }

    @Test func `A day on which the clock is set forward has 23 hours`() {
        let thread = ReviewSamples.thread(
            1,
            [
                "2024-03-30T22:59:59.999Z", "2024-03-30T23:00:00Z", "2024-03-31T00:59:59Z",
                "2024-03-31T01:00:00Z", "2024-03-31T21:59:59.999Z", "2024-03-31T22:00:00Z",
            ])
        let slices = slices(thread, zone: "Europe/Zurich")
        #expect(days(slices) == ["20240330_01", "20240331_01", "20240401_01"])
        #expect(slices.map(\.events.count) == [1, 4, 1])
    }

    @Test func `A day on which the clock is set back has 25 hours`() {
        let thread = ReviewSamples.thread(
            1,
            [
                "2024-10-26T21:59:59.999Z", "2024-10-26T22:00:00Z", "2024-10-27T00:30:00Z",
                "2024-10-27T01:30:00Z", "2024-10-27T22:59:59.999Z", "2024-10-27T23:00:00Z",
            ])
        let slices = slices(thread, zone: "Europe/Zurich")
        #expect(days(slices) == ["20241026_01", "20241027_01", "20241028_01"])
        #expect(slices.map(\.events.count) == [1, 4, 1])
    }

    @Test func `Midnight is that of the zone that was asked for`() {
        let thread = ReviewSamples.thread(1, ["2024-03-01T04:59:59Z", "2024-03-01T05:00:00Z"])
        #expect(days(slices(thread)) == ["20240301_01"])
        #expect(
            days(slices(thread, zone: "America/New_York")) == ["20240229_01", "20240301_01"])
        #expect(days(slices(thread, zone: "Pacific/Kiritimati")) == ["20240301_01"])
        #expect(ZoneClock("Europe/Atlantis") == nil)
        #expect(ZoneClock("../../etc/passwd") == nil)
    }

    @Test func `An answer after midnight brings its question along, and no more`() throws {
        let thread = ReviewSamples.thread(
            1, ["2024-03-01T23:00:00Z", "2024-03-01T23:59:59Z", "2024-03-02T00:00:00Z"])
        let slices = slices(thread)
        #expect(days(slices) == ["20240301_01", "20240302_01"])
        let context = try #require(slices[1].context.first)
        #expect(slices[1].context.count == 1)
        #expect(context.id == slices[1].events[0].parent)
        #expect(context.parent == nil)
        #expect(context.context == "repeated from \(slices[0].name)")
        #expect(slices[0].context.isEmpty)
        // What is repeated is no record of this file.
        #expect(
            slices[1].leafDigest == SHA256Digest.hash(slices[1].events[0].commitment))
    }

    @Test func `A long question is repeated in part`() throws {
        var thread = ConversationBuilder(1, title: nil)
        thread.add(.user, [Part(.text, text: String(repeating: "é", count: 100_000))]) {
            $0.created = ReviewSamples.instant("2024-03-01T23:00:00Z")
        }
        thread.add(.assistant, [Part(.text, text: "Yes.")]) {
            $0.created = ReviewSamples.instant("2024-03-02T00:00:00Z")
        }
        let context = try #require(slices(thread)[1].context.first)
        #expect(context.body == String(repeating: "é", count: 32_768) + "…")
        #expect(context.context?.hasPrefix("beginning repeated from") == true)
    }

    @Test func `A dense day is cut at noon, then into thirds, then by count`() {
        let times = (0..<24).map { "2024-03-01T\($0 < 10 ? "0" : "")\($0):30:00Z" }
        var limits = ReviewLimits()
        for (events, expected) in [
            (24, [24]), (13, [12, 12]), (9, [8, 8, 8]), (5, [5, 3, 4, 4, 4, 4]),
            (2, [2, 1, 1, 1, 1, 1, 1]),
        ] {
            limits.events = events
            let slices = slices(ReviewSamples.thread(1, times), limits: limits)
            #expect(slices.map(\.events.count).prefix(expected.count) == expected[...])
            #expect(slices.reduce(0) { $0 + $1.events.count } == 24)
            #expect(slices.allSatisfy { $0.all.count <= events })
            #expect(Set(slices.map(\.name)).count == slices.count)
        }
    }

    @Test func `Ten thousand events and one are two files`() {
        var thread = ConversationBuilder(1, title: nil)
        for _ in 0..<10_001 {
            thread.add(.user, [Part(.text, text: "x")], isRoot: true) {
                $0.created = ReviewSamples.instant("2024-03-01T00:00:00Z")
            }
        }
        #expect(slices(thread).map(\.events.count) == [10_000, 1])
    }

    @Test func `Attachments are cut by size, and one that is too large is named instead`() throws {
        func file(_ byte: UInt8, _ size: Int64) -> Part {
            let reference = AttachmentReference(
                sha256: Array(repeating: byte, count: 32), sizeBytes: size, name: "a.bin",
                mediaType: nil)
            return Part(.document, attachment: reference)
        }
        var thread = ConversationBuilder(1, title: nil)
        for byte: UInt8 in 1...3 {
            thread.add(.user, [file(byte, 700_000_000)]) { $0.created = testTime(0) }
        }
        thread.add(.user, [file(4, 3_000_000_000), file(5, 600_000_000), file(6, 600_000_000)])
        let slices = slices(thread)
        #expect(slices.map(\.events.count) == [1, 1, 1, 1])
        let large = try #require(slices.last?.events.first)
        #expect(large.attachments.map(\.isPresent) == [false, true, false])
        #expect(
            large.facts.members.contains {
                $0.name == "Large attachment" && $0.value.hasSuffix("0404")
            }
        )
    }

    @Test func `What has no time gets one, and says where from`() {
        var thread = ReviewSamples.thread(1, ["2024-03-05T10:00:00Z", nil, nil])
        thread.add(.user, [Part(.text, text: "root")], isRoot: true) { $0.created = nil }
        let events = slices(thread).flatMap(\.events)
        #expect(events.map(\.body) == ["Message 0", "Message 1", "Message 2", "root"])
        let notes = events.map { event in
            event.facts.members.first { $0.name == "Undated" }?.value ?? ""
        }
        #expect(notes[0].isEmpty)
        #expect(notes[1].hasSuffix("of the message before it"))
        #expect(notes[2].hasSuffix("of the message before it"))
        #expect(notes[3].hasSuffix("when the conversation began"))
        #expect(events[3].time == thread.conversation.created)
    }

    /// Numbers that look random and are the same for a seed (SplitMix64).
    private struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
            return value ^ value >> 31
        }
    }

    private func randomThread(_ dice: inout Dice) -> ConversationBuilder {
        var thread = ConversationBuilder(1, title: nil)
        for index in 0..<Int.random(in: 1...40, using: &dice) {
            let parent = Int.random(in: -1...index, using: &dice)
            let minutes = Int.random(in: 0..<4000, using: &dice)
            let isDated = Int.random(in: 0..<8, using: &dice) > 0
            thread.add(
                index.isMultiple(of: 2) ? .user : .assistant,
                [Part(.text, text: "x"), Part(.thinking, text: "y")],
                parent: parent < 0 ? nil : thread.messageID(parent), isRoot: parent < 0
            ) { $0.created = isDated ? testTime(minutes) : nil }
        }
        return thread
    }

    @Test(arguments: ["UTC", "Europe/Zurich", "America/St_Johns"])
    func `Of any conversation each event is in one file, with what it refers to`(
        _ zone: String
    ) throws {
        let clock = try #require(ZoneClock(zone))
        for seed: UInt64 in 0..<300 {
            var dice = Dice(state: seed)
            let thread = randomThread(&dice)
            var limits = ReviewLimits()
            limits.events = Int.random(in: 2...20, using: &dice)
            let slices = slices(thread, zone: zone, limits: limits)
            let ids = slices.flatMap { $0.events.map(\.id) }
            #expect(ids.count == thread.messages.count * 2 && Set(ids).count == ids.count)
            #expect(Set(slices.map(\.name)).count == slices.count)
            for slice in slices {
                let parents = Set(slice.events.compactMap(\.parent))
                let own = Set(slice.events.map(\.id))
                #expect(slice.all.count <= limits.events, "seed \(seed)")
                #expect(Set(slice.context.map(\.id)) == parents.subtracting(own), "seed \(seed)")
                #expect(slice.events.allSatisfy { clock.reading(at: $0.time).date == slice.date })
            }
        }
    }

    @Test func `Parents in a circle and missing parents harm nothing`() throws {
        var thread = ReviewSamples.thread(1, ["2024-03-05T10:00:00Z", "2024-03-05T11:00:00Z"])
        thread.messages[0].parent = thread.messages[1].id
        thread.add(.user, [Part(.text, text: "lost")], parent: testID(5))
        let events = slices(thread).flatMap(\.events)
        #expect(events.count == 3)
        #expect(events.filter { $0.parent == nil }.count == 2)
        let lost = try #require(events.first { $0.body == "lost" })
        #expect(
            lost.facts.members.contains { $0.value == "\(testID(5)), which is not in this export" })
    }
}
