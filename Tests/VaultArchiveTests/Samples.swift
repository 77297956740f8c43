import Foundation
import JSONText
import Vault
import VaultArchive
import VaultCrypto

/// Conversations that use every feature of an archive.
enum Samples {
    /// A picture of 1 pixel.
    static let picture: [UInt8] = Array(
        Data(
            base64Encoded: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
                + "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==") ?? Data())
    static let document = Array("Term sheet, draft 3\n".utf8)

    static func reference(
        _ content: [UInt8], _ name: String, _ type: String
    ) -> AttachmentReference {
        AttachmentReference(
            sha256: SHA256Digest.hash(content), sizeBytes: Int64(content.count), name: name,
            mediaType: type)
    }

    static var source: MemorySource {
        var source = MemorySource(conversations: [merger.archived, small.archived, edited.archived])
        source.attachments[SHA256Digest.hash(picture)] = picture
        source.attachments[SHA256Digest.hash(document)] = document
        return source
    }

    static var small: ConversationBuilder {
        var builder = ConversationBuilder(2, title: nil)
        builder.add(.user, "Good morning!")
        builder.add(.assistant, "Good morning. What shall we look at?")
        return builder
    }

    static var edited: ConversationBuilder {
        var builder = ConversationBuilder(
            4, title: "=HYPERLINK(\"http://x\"), \"quoted\"", custodian: "Björn, Öst")
        builder.conversation.labels = ["deal", "priority"]
        builder.add(.user, "Teh first text")
        builder.add(.assistant, "An answer")
        builder.edit(0, "The second text")
        builder.edit(0, "The third text")
        return builder
    }

    static var merger: ConversationBuilder {
        var builder = ConversationBuilder(
            3, title: "Lindqvist merger: open questions before signing")
        builder.conversation.project = "Northwind"
        builder.add(.system, "You are a careful assistant for the legal team.")
        let question = builder.add(
            .user,
            [
                Part(
                    .text, text: "What is still open on the Lindqvist merger?\nSee the term sheet."),
                Part(
                    .document, text: "Term sheet, draft 3", name: "term-sheet.txt",
                    attachment: reference(document, "term-sheet.txt", "text/plain")),
            ])
        builder.add(
            .assistant,
            [
                Part(
                    .thinking, text: "The user wants a list. I should check **two** sources first."),
                Part(
                    .toolUse, name: "search_files",
                    data: .object([
                        "query": .string("Lindqvist AND \"open point\""), "limit": .integer(20),
                        "folders": .array([.string("/deals"), .string("/mail")]),
                    ])),
            ])
        builder.add(
            .tool,
            [
                Part(
                    .toolResult,
                    text:
                        "3 files\n/deals/lindqvist/term-sheet-3.docx\n/deals/lindqvist/questions.md\n"
                        + String(repeating: "very-long-path-segment/", count: 12) + "x.txt",
                    name: "search_files")
            ])
        builder.add(.assistant, [Part(.text, text: answer)])
        builder.add(.assistant, "A shorter answer: three points are open.", parent: question)
        builder.add(
            .user,
            [
                Part(.text, text: "Here is the chart."),
                Part(.image, attachment: reference(picture, "chart \"Q1\".png", "image/png")),
            ], parent: builder.messageID(4))
        builder.add(
            .assistant, [Part(.text, text: "The chart shows")], state: .stopped)
        builder.add(.user, multilingual)
        builder.add(.assistant, "شكرا. هذا النص من اليمين إلى اليسار، مع `code` و **نص غامق**.")
        builder.conversation.current = builder.messages.last?.id
        return builder
    }

    static let multilingual = """
        Some scripts: 契約書の第三条を確認してください。 Ελληνικά, עברית, emoji 👩🏽‍⚖️ ✅.

        \(String(repeating: "averyveryverylongwordwithoutanybreak", count: 8))
        """

    static let answer = """
        # Open points

        There are **three points** that are *not* settled. The [register](https://example.org/a?b=1&c=2) \
        lists them; see also https://example.org/notes.

        1. The **earn-out** formula
           - base year
           - currency, see `fx_rate()`
             - nested once more
        2. Warranties
        3. Closing date

        | Point | Owner | Amount (EUR) |
        |:------|:-----:|-------------:|
        | Earn-out | Ada | 1,250,000 |
        | Warranties | Björn \\| Eva | 300,000 |
        | Escrow | | 75,000 |

        > The buyer may set off claims.
        >
        > > Only when they are final.

        ```python
        def earn_out(ebitda: float, base: float) -> float:
            # <b>not bold</b> & safe
            return max(0.0, ebitda - base) * 0.35  # a long comment that runs past the edge of the column
        ```

        ## Next steps

        - [x] Ask Ada about the **base year**
        - [ ] Draft clause 7.3

        ---

        Raw HTML such as <script>alert(1)</script> is text.
        """
}
