import Foundation
import JSONText
import Testing
import Vault
import VaultCrypto
@testable import VaultArchive

/// Keeps what is written into it.
final class Collector: ByteSink {
    private(set) var bytes: [UInt8] = []
    func write(_ buffer: UnsafeRawBufferPointer) throws(VaultError) { bytes += buffer }
}

/// Mail messages, their encodings, and sessions.
@Suite struct ReviewMailTests {
    @Test func `A mail has the transcript and the attachments as they are`() throws {
        let place = try TemporaryFolder()
        try place.review(ReviewSamples.source, "out")
        let files = try place.files("out").filter { $0.hasPrefix("data/eml/") }
        let rsmf = try place.files("out").filter { $0.hasPrefix("data/rsmf/") }
        #expect(
            files.map { $0.dropFirst(9).dropLast(4) } == rsmf.map { $0.dropFirst(10).dropLast(5) })
        var contents: Set<[UInt8]> = []
        for (file, other) in zip(files, rsmf) {
            let mail = try MailReader(try place.read("out/\(file)"))
            let checked = RSMFChecker(other, try place.read("out/\(other)"), zone: "UTC")
            #expect(String(decoding: mail.parts[0].content, as: UTF8.self) == checked.transcript)
            #expect(mail.headers["message-id"]?.contains("@conversation.invalid>") == true)
            contents.formUnion(mail.parts.dropFirst().map(\.content))
        }
        #expect(contents == [Samples.picture, Samples.document])
    }

    @Test func `The name of an attachment leads into no folder and adds no header`() throws {
        let place = try TemporaryFolder()
        var builder = ConversationBuilder(1, title: nil)
        let file = Samples.reference(
            Samples.picture, "../../a\\b\r\nX-Evil: 1.png", "image/png\r\nX-Evil: 2")
        builder.add(.user, [Part(.image, attachment: file)])
        var source = MemorySource(conversations: [builder.archived])
        source.attachments[SHA256Digest.hash(Samples.picture)] = Samples.picture
        try place.review(source, "out")
        let path = try #require(try place.files("out").first { $0.hasPrefix("data/eml/") })
        let part = try #require(try MailReader(try place.read("out/\(path)")).parts.last)
        #expect(part.headers["content-type"] == "application/octet-stream")
        #expect(
            part.headers["content-disposition"]
                == "attachment; filename=\"_.._.._a_b  X-Evil_ 1.png\"")
        #expect(part.headers["x-evil"] == nil)
    }

    @Test(arguments: [0, 1, 2, 3, 56, 57, 58, 113, 114, 56_999, 57_000, 57_001, 200_000])
    func `Lines of Base64 have the size that was said before`(_ count: Int) throws {
        let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let sink = Collector()
        let lines = Base64Lines(sink)
        for start in stride(from: 0, to: count, by: 4099) {
            try lines.write(Array(content[start..<min(start + 4099, count)]))
        }
        try lines.finish()
        #expect(Int64(sink.bytes.count) == Base64Lines.encodedSize(Int64(count)))
        let wanted = Data(content).base64EncodedString(
            options: [.lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed])
        let text = String(decoding: sink.bytes, as: UTF8.self)
        #expect(text == (count == 0 ? "" : wanted + "\r\n"))
    }

    @Test func `The checksum is that of its standard, in pieces too`() throws {
        #expect(try CRC32.of(Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(try CRC32.of([]) == 0)
        let content = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* $0) }
        let sum = CRC32()
        for start in stride(from: 0, to: content.count, by: 37) {
            try sum.write(Array(content[start..<min(start + 37, content.count)]))
        }
        #expect(sum.value == ZipReader.crc32(content))
    }

    @Test func `Header values are plain or encoded, and never two lines`() {
        #expect(MailText.value("A plain title") == "A plain title")
        let long = String(repeating: "é", count: 300)
        let encoded = MailText.value(long)
        let lines = encoded.components(separatedBy: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 76 })
        #expect(MailReader.decoded(lines.joined()) == long)
        #expect(MailReader.decoded(MailText.value("=?UTF-8?B?eA==?=")) == "=?UTF-8?B?eA==?=")
        #expect(MailText.mailbox("A \"b\" \\", "a@b.c") == "\"A \\\"b\\\" \\\\\"\r\n <a@b.c>")
        #expect(MailText.parameter("filename", "a b.txt") == "filename=\"a b.txt\"")
        #expect(MailText.parameter("filename", "é\".txt") == "filename*=UTF-8''%C3%A9%22.txt")
    }

    @Test func `Only what is an address is taken for one`() {
        #expect(MailAddress.find(in: "Ada <ada@example.org>") == "ada@example.org")
        #expect(MailAddress.find(in: "ada@example.org") == "ada@example.org")
        for text in [
            "Ada", "@", "a@b", "a@b@example.org", "ada @example.org", "<>", "é@example.org",
        ] {
            #expect(MailAddress.find(in: text) == nil, "\(text)")
        }
    }

    // MARK: Sessions

    private func session(_ builder: ConversationBuilder) throws -> JSON {
        let archived = builder.archived
        let answer = SessionsAnswer(archived, ReviewTimeline(archived))
        return try JSONReader.parse(answer.bytes)
    }

    @Test func `A session has roles, texts, calls, results and provenance`() throws {
        let answer = try session(ReviewSamples.awkward)
        #expect(answer["next_page"] == .null)
        #expect(answer["session"]?["type"]?.string == "compliance_local_session")
        #expect(answer["session"]?["user"]?["email_address"]?.string == "ada.lindqvist@example.org")
        let data = try #require(answer["data"]?.array)
        #expect(
            data.map { $0["role"]?.string ?? "" } == [
                "user", "assistant", "assistant", "user", "user",
            ])
        #expect(data[0]["provenance"] == .null)
        #expect(data[1]["provenance"]?["type"]?.string == "content_unavailable")
        #expect(data[2]["provenance"]?["type"]?.string == "client_asserted")
        let blocks = try #require(data[2]["content"]?.array)
        #expect(
            blocks.map { $0["type"]?.string ?? "" } == ["text", "text", "tool_use", "text"])
        #expect(blocks[0]["text"]?.string == "[thinking content not shown]")
        #expect(blocks[2]["input"]?.string == #"{"path":"a"}"#)
        #expect(blocks[2]["id"]?.string == "t1")
        let result = try #require(data[3]["content"]?.array?.first)
        #expect(result["name"]?.string == "Read")
        #expect(result["tool_use_id"]?.string == "t1")
        #expect(result["is_error"]?.bool == true)
        #expect(result["content"]?.array?.first?["text"]?.string == "content")
    }

    @Test func `A system prompt is a marker in a session`() throws {
        let data = try #require(try session(Samples.merger)["data"]?.array)
        #expect(data[0]["provenance"]?["type"]?.string == "synthetic_marker")
        #expect(
            data[0]["content"]?.array?.first?["text"]?.string
                == "[system prompt content not shown]")
    }
}
