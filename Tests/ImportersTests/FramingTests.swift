import Foundation
import Importers
import JSONText
import Testing
import Vault
import VaultCrypto

/// Records that lie across the windows in which a file is read.
@Suite struct Framing {
    /// Texts full of quotes, backslashes and brackets, some longer than a window.
    static let texts: [String] = {
        let pieces = [
            "\\", "\"", "[", "{", "}", "]", ",", "ü", "👋", "\n", "plain words ", "\\\"", ":",
        ]
        var state: UInt64 = 42
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var texts = (0..<1500).map { _ in
            (0..<next(600)).map { _ in pieces[next(pieces.count)] }.joined()
        }
        texts[700] = (0..<400_000).map { _ in pieces[next(pieces.count)] }.joined()
        texts[701] = String(repeating: "\\", count: 1 << 20)
        return texts
    }()

    static func record(_ index: Int) -> String {
        let message: JSON = .object([
            "uuid": .string("m"), "sender": .string("human"), "text": .string(texts[index]),
        ])
        return JSONWriter.line(
            .object(["uuid": .string("\(index)"), "chat_messages": .array([message])]))
    }

    @Test(
        "every record comes out whole, whatever lies on the border of a window",
        arguments: [
            ("[", ",", "]"), ("{\"x\":[1,\"]\"],\"conversations\":[", " ,\n", "],\"y\":{}}"),
            ("\u{FEFF}", "\n", "\n"), ("", "\r\n\n", ""),
        ])
    func windows(open: String, separator: String, close: String) throws {
        let scratch = try Scratch()
        let records = Self.texts.indices.map(Self.record).joined(separator: separator)
        let path = try scratch.write("big", open + records + close)
        try scratch.python(
            "import gzip; open('big.gz','wb').write(gzip.compress(open('big','rb').read(), 1))")
        for file in [path, path + ".gz"] {
            let outcome = try Outcome(file)
            #expect(outcome.skipped.isEmpty)
            let found = outcome.conversations.map {
                $0.messages.first?.parts.first?.part.text ?? ""
            }
            #expect(found == Self.texts)
        }
    }

    @Test("progress grows to the whole size")
    func progress() throws {
        let job = try ImportJob.open(FixtureCase.root)
        var last: Int64 = 0
        try job.run(progress: { done in
            #expect(done >= last && done <= job.sizeBytes)
            last = done
        }) { _ in }
        #expect(last == job.sizeBytes)
    }

    @Test("an error of the receiver ends the run")
    func stop() throws {
        let job = try ImportJob.open(FixtureCase.root)
        var events = 0
        #expect(throws: VaultError.self) {
            try job.run(progress: { _ in }) { (_) throws(VaultError) in
                events += 1
                throw VaultError(.cancelled, "Stopped.")
            }
        }
        #expect(events == 1)
    }

    /// A line of our own format, as long as is asked for.
    static func line(_ id: String, _ count: Int = 10) -> String {
        let text = String(repeating: "x ", count: count / 2)
        return #"{"id":"\#(id)","messages":[{"role":"user","text":"\#(text)"}]}"# + "\n"
    }

    @Test(
        "a first line beyond the first window does not make lines one document",
        arguments: [10, 1 << 20, (1 << 20) - 50, 3_000_000])
    func longFirstLine(count: Int) throws {
        let scratch = try Scratch()
        let broken = #"{"id":"b","messages":[{"role":"user","text":"brok"# + "\n"
        let lines = Self.line("a", count) + broken + Self.line("c")
        let outcome = try Outcome(try scratch.write("x.jsonl", lines))
        #expect(outcome.conversations.map(\.origin.id) == ["a", "c"])
        #expect(outcome.skipped.map(\.place) == ["x.jsonl, line 2"])
        // Broken in the long line itself.
        let first = Self.line("a", count).dropLast(4) + "\n"
        let second = try Outcome(
            try scratch.write("y.jsonl", first + Self.line("b") + Self.line("c")))
        #expect(second.conversations.map(\.origin.id) == ["b", "c"])
        #expect(second.skipped.map(\.place) == ["y.jsonl, line 1"])
    }

    @Test("a long document without line feeds that is cut off is refused")
    func longDocument() throws {
        let scratch = try Scratch()
        let text = Self.line("a", 2_000_000).dropLast()
        #expect(try Outcome(try scratch.write("x", String(text))).conversations.count == 1)
        #expect(throws: VaultError.self) {
            try Outcome(try scratch.write("x", String(text.dropLast(3))))
        }
    }

    @Test(
        "a first line that is the rest of a lost one does not hide the others",
        arguments: [
            #"e":"user","text":"cut"}]}"#, #"[{"role":"user"}],"x":1}"#, "NUL", "}", "garbage",
        ])
    func garbageFirst(garbage: String) throws {
        let scratch = try Scratch()
        let rest = garbage.replacing("NUL", with: "\0\0")
        let text = rest + "\n" + Self.line("b") + Self.line("c")
        let outcome = try Outcome(try scratch.write("x.jsonl", text))
        #expect(outcome.conversations.map(\.origin.id) == ["b", "c"])
        let isBlank = garbage == "NUL"
        #expect(outcome.skipped.map(\.place) == (isBlank ? [] : ["x.jsonl, line 1"]))
    }
}
