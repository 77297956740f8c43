import Foundation
import JSONText
import Vault
@testable import VaultArchive

/// Conversations that are hard on files for review.
enum ReviewSamples {
    static func instant(_ text: String) -> Instant {
        guard let instant = Instant(text) else { preconditionFailure() }
        return instant
    }

    /// A conversation whose messages answer one another at the given times.
    static func thread(
        _ number: Int, _ times: [String?], title: String? = "A thread"
    ) -> ConversationBuilder {
        var builder = ConversationBuilder(number, title: title)
        for (index, time) in times.enumerated() {
            let role: Role = index.isMultiple(of: 2) ? .user : .assistant
            builder.add(role, [Part(.text, text: "Message \(index)")]) {
                $0.created = time.map(instant)
            }
        }
        return builder
    }

    /// Names and texts that break what is careless about them.
    static var awkward: ConversationBuilder {
        var builder = ConversationBuilder(
            9, title: "Räksmörgås\r\nBcc: nobody@example.org \u{202E}重要",
            custodian: "Ada \"the\" Lindqvist, Räv <ada.lindqvist@example.org>")
        builder.conversation.isHidden = true
        builder.add(.user, "þ ® \u{14} &# &#254; tab\tend\r\nnew line\rالعربية 👩🏽‍⚖️ \u{0}x")
        builder.add(.assistant, [])
        builder.add(
            .assistant,
            [
                Part(.thinking, text: "Which tool?"), Part(.text, text: "I look."),
                Part(
                    .toolUse, name: "Read",
                    data: .object(["id": .string("t1"), "input": .object(["path": .string("a")])])),
                Part(.text, text: "--=_boundary\r\n.\r\nFrom here"),
            ])
        builder.add(
            .tool,
            [
                Part(
                    .toolResult, text: "content",
                    data: .object(["tool_use_id": .string("t1"), "is_error": .bool(true)]))
            ])
        builder.add(.user, [Part(.other, data: .object(["type": .string("audio")]))])
        return builder
    }

    static var source: MemorySource {
        var source = Samples.source
        source.conversations += [
            awkward.archived,
            thread(
                10,
                ["2026-03-01T22:58:00Z", "2026-03-01T22:59:59.999Z", "2026-03-01T23:00:00Z", nil]
            ).archived,
        ]
        return source
    }
}

extension TemporaryFolder {
    /// Exports with every file for review.
    @discardableResult
    func review(
        _ source: MemorySource, _ name: String, zone: String = "UTC",
        encoding: ReviewOptions.TableEncoding = .utf8
    ) throws -> ArchiveExport.Result {
        try export(source, name) {
            $0.review = ReviewOptions(
                formats: Set(ReviewOptions.Format.allCases), clock: ZoneClock(zone) ?? .utc,
                tableEncoding: encoding)
        }
    }

    /// The RSMF files of an archive, each checked.
    func checked(_ name: String, zone: String = "UTC") throws -> [RSMFChecker] {
        try files(name).filter { $0.hasPrefix("data/rsmf/") }.map {
            RSMFChecker($0, try read("\(name)/\($0)"), zone: zone)
        }
    }
}
