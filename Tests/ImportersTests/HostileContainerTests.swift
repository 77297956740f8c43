import Foundation
import Importers
import Testing
import Vault
import VaultCrypto

/// Zips and gzip files that somebody made to do harm, or that broke on the way.
@Suite struct HostileContainers {
    /// Each case writes `bad.zip`; `good` is a valid export.
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var script: String
        /// A word of the refusal.
        var says: String
        var testDescription: String { name }
    }

    static let prelude = """
        import zipfile, struct, sys, io
        good = b'[{"uuid":"c","name":"n","chat_messages":[{"uuid":"m","text":"hello","sender":"human"}]}]'
        def info(name, mode=0o100644):
            i = zipfile.ZipInfo(name); i.create_system = 3; i.external_attr = mode << 16; return i
        def make(entries, patch=lambda b: b):
            f = io.BytesIO()
            with zipfile.ZipFile(f, "w", zipfile.ZIP_DEFLATED) as z:
                z.writestr(info("conversations.json"), good)
                for i, data in entries: z.writestr(i, data, zipfile.ZIP_DEFLATED)
            open("bad.zip", "wb").write(patch(f.getvalue()))

        """

    static let cases: [Case] = [
        .init(
            name: "a path upwards", script: "make([(info('../evil.json'), good)])", says: "leaves"),
        .init(
            name: "a path upwards inside", script: "make([(info('a/../../e'), good)])",
            says: "leaves"),
        .init(
            name: "an absolute path", script: "make([(info('/etc/evil'), good)])", says: "absolute"),
        .init(
            name: "backslashes",
            script:
                "make([(info('a/b.json'), good)], lambda b: b.replace(b'a/b.json', b'a\\\\b.json'))",
            says: "backslash"),
        .init(name: "a drive letter", script: "make([(info('c:evil'), good)])", says: "drive"),
        .init(
            name: "a control character", script: "make([(info('a\\x1b[2Jb'), good)])",
            says: "control"),
        .init(
            name: "a mark that reverses text", script: "make([(info('a\\u202egnp.exe'), good)])",
            says: "control"),
        .init(
            name: "a link", script: "make([(info('link', 0o120777), b'/etc/passwd')])", says: "link"
        ),
        .init(name: "a device", script: "make([(info('dev', 0o020666), b'')])", says: "device"),
        .init(
            name: "the same name in other case",
            script: "make([(info('Conversations.JSON'), good)])", says: "twice"),
        .init(
            name: "the same name composed otherwise",
            script: "make([(info('\\u00e9.json'), good), (info('e\\u0301.json'), good)])",
            says: "twice"
        ),
        .init(
            name: "a name that is not UTF-8",
            script:
                "make([(info('xx.json'), good)], lambda b: b.replace(b'xx.json', b'\\xff\\xfe.json'))",
            says: "UTF-8"),
        .init(
            name: "a bomb", script: "make([(info('bomb.json'), b'[' + b' ' * 30000000)])",
            says: "200"),
        .init(
            name: "an encrypted entry",
            script: """
                def patch(b):
                    b = bytearray(b); i = b.rfind(b'PK\\x01\\x02'); b[i + 8] |= 1; return bytes(b)
                make([(info('secret.json'), good)], patch)
                """, says: "encrypted"),
        .init(
            name: "a directory that says another size than the entry",
            script: """
                def patch(b):
                    b = bytearray(b); i = b.rfind(b'PK\\x01\\x02'); b[i + 24] ^= 1; return bytes(b)
                make([(info('other.json'), good)], patch)
                """, says: "two different ways"),
        .init(
            name: "a size that both headers lie about",
            script: """
                def patch(b):
                    b = bytearray(b)
                    b[b.rfind(b'PK\\x01\\x02') + 24] ^= 1; b[b.rfind(b'PK\\x03\\x04') + 22] ^= 1
                    return bytes(b)
                make([(info('other.json'), good)], patch)
                """, says: "damaged"),
        .init(
            name: "content that does not match its checksum",
            script: """
                def patch(b):
                    b = bytearray(b)
                    b[b.rfind(b'PK\\x01\\x02') + 16] ^= 1; b[b.rfind(b'PK\\x03\\x04') + 14] ^= 1
                    return bytes(b)
                make([(info('photo.png'), good)], patch)
                """, says: "damaged"),
        .init(
            name: "two names for one entry",
            script: """
                def patch(b):
                    i = b.rfind(b'a.json'); return b[:i] + b'b.json' + b[i + 6:]
                make([(info('a.json'), good)], patch)
                """, says: "two different ways"),
        .init(
            name: "bytes before the first entry",
            script: """
                def patch(b):
                    e = b.rfind(b'PK\\x05\\x06')
                    start = struct.unpack('<I', b[e+16:e+20])[0] + 4
                    b = bytearray(b[:e] + b[e:e+16] + struct.pack('<I', start) + b[e+20:])
                    i = -1
                    while (i := b.find(b'PK\\x01\\x02', i + 1)) >= 0:
                        o = struct.unpack('<I', b[i+42:i+46])[0] + 4
                        b[i+42:i+46] = struct.pack('<I', o)
                    return b'#!sh' + bytes(b)
                make([], patch)
                """, says: "Coffer knows"),
        .init(
            name: "overlapping entries",
            script: """
                def patch(b):
                    b = bytearray(b); i = b.rfind(b'PK\\x01\\x02'); b[i+42:i+46] = bytes(4); return bytes(b)
                make([(info('conversations.jsoN'[:-1] + 'x'), good)], patch)
                """, says: "belong to nothing"),
        .init(
            name: "more entries than the directory holds",
            script: """
                def patch(b):
                    e = b.rfind(b'PK\\x05\\x06'); b = bytearray(b)
                    b[e+8:e+12] = struct.pack('<HH', 9, 9); return bytes(b)
                make([], patch)
                """, says: "malformed"),
        .init(
            name: "a missing end", script: "make([], lambda b: b[:-10])", says: "not a complete zip"
        ),
        .init(
            name: "text after the end", script: "make([], lambda b: b + b'more')",
            says: "not a complete zip"),
        .init(
            name: "a truncated conversations.json inside",
            script:
                "make([(info('two/conversations.json'), b'[' + good[1:-1] + b',' + good[1:-5])])",
            says: "cut off"),
    ]

    @Test("a zip is refused as a whole for", arguments: cases)
    func refused(hostile: Case) throws {
        let scratch = try Scratch()
        try scratch.python(Self.prelude + hostile.script)
        do throws(VaultError) {
            let outcome = try Outcome(scratch.path + "/bad.zip")
            Issue.record("\(outcome.conversations.count) conversations came out")
        } catch {
            #expect(error.code == .badInput)
            #expect(error.message.contains(hostile.says), "\(error.message)")
            #expect(error.message.hasSuffix("."))
        }
    }

    @Test("a zip with folders, comments, stored and streamed entries is read")
    func unusual() throws {
        let scratch = try Scratch()
        try scratch.python(
            Self.prelude + """
                class Pipe(io.RawIOBase):
                    def __init__(self, f): self.f = f
                    def writable(self): return True
                    def write(self, b): return self.f.write(b)
                with open("odd.zip", "wb") as f:
                    with zipfile.ZipFile(Pipe(f), "w") as z:
                        z.mkdir("folder") if hasattr(z, "mkdir") else z.writestr("folder/", b"")
                        z.writestr(zipfile.ZipInfo("folder/Gr\\u00fc\\u00dfe.json"), good)
                        z.writestr(info("folder/x.jpeg"), b"stored", zipfile.ZIP_STORED)
                        z.comment = b"a comment PK"
                """)
        let outcome = try Outcome(scratch.path + "/odd.zip")
        #expect(outcome.conversations.count == 1)
        #expect(outcome.passedOver == ["odd.zip/folder/x.jpeg"])
    }

    @Test("a folder of part zips, and a zip of them, are read")
    func parts() throws {
        let scratch = try Scratch()
        try scratch.python(
            Self.prelude + """
                import os
                os.mkdir("parts")
                for n, data in (("conversations-000", good), ("conversations-001", good.replace(b'"c"', b'"d"'))):
                    with zipfile.ZipFile(f"parts/{n}.zip", "w", zipfile.ZIP_DEFLATED) as z:
                        z.writestr("conversations.json", data)
                with zipfile.ZipFile("all.zip", "w", zipfile.ZIP_DEFLATED) as z:
                    for n in os.listdir("parts"): z.write("parts/" + n, n)
                """)
        #expect(try Outcome(scratch.path + "/parts").conversations.count == 2)
        #expect(try Outcome(scratch.path + "/all.zip").conversations.count == 2)
    }

    @Test("one bad zip in a folder is reported and does not spoil the others")
    func badNeighbour() throws {
        let scratch = try Scratch()
        try scratch.python(
            Self.prelude + """
                import os
                os.mkdir("parts")
                make([(info('../evil'), b'')]); os.rename("bad.zip", "parts/a.zip")
                make([]); os.rename("bad.zip", "parts/b.zip")
                """)
        let outcome = try Outcome(scratch.path + "/parts")
        #expect(outcome.conversations.count == 1)
        #expect(outcome.skipped.map(\.place) == ["a.zip"])
    }

    @Test("a document that is cut off in its first record is reported, not passed over")
    func cutOff() throws {
        let scratch = try Scratch()
        try scratch.python(Self.prelude + "make([(info('conversations-001.json'), good[:-9])])")
        let outcome = try Outcome(scratch.path + "/bad.zip")
        #expect(outcome.conversations.count == 1)
        #expect(outcome.skipped.map(\.place) == ["bad.zip/conversations-001.json"])
    }

    @Test("a zip with a flipped byte is refused or yields exactly the same")
    func flippedZip() throws {
        let scratch = try Scratch()
        let path = try scratch.zip(FixtureCase.root + "/chatgpt")
        let whole = try Outcome(path).dump
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        var refusals = 0
        for index in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 400)) {
            var flipped = bytes
            flipped[index] ^= UInt8(1 << (index % 8))
            _ = try scratch.write("export.zip", flipped)
            do throws(VaultError) {
                #expect(try Outcome(path).dump == whole, "byte \(index)")
            } catch {
                #expect(error.code == .badInput)
                refusals += 1
            }
        }
        #expect(refusals > 300)
    }

    @Test("a zip of photographs in a folder is passed over, however odd it is inside")
    func photographs() throws {
        let scratch = try Scratch()
        try scratch.python(
            """
            import os, zipfile
            os.mkdir("home")
            with zipfile.ZipFile("home/photos.zip", "w") as z: z.writestr("a.jpeg", b"x")
            with open("home/feedback.json", "w") as f:
                f.write('[{"message_id":"m","conversation_id":"c","create_time":"2024-01-01","content":""}]')
            with open("home/chat.json", "w") as f: f.write('[{"uuid":"c","chat_messages":[]}]')
            """)
        let outcome = try Outcome(scratch.path + "/home")
        #expect(outcome.conversations.count == 1)
        #expect(outcome.skipped.isEmpty)
        #expect(outcome.passedOver == ["feedback.json", "photos.zip"])
    }

    @Test("links in a folder are not followed")
    func links() throws {
        let scratch = try Scratch()
        let secret = try scratch.write("outside.json", #"[{"uuid":"s","chat_messages":[]}]"#)
        _ = try scratch.write("in/conversations.json", #"[{"uuid":"c","chat_messages":[]}]"#)
        try FileManager.default.createSymbolicLink(
            atPath: scratch.path + "/in/link.json", withDestinationPath: secret)
        #expect(try Outcome(scratch.path + "/in").conversations.map(\.origin.id) == ["c"])
    }

    @Test(
        "a gzip file is refused when it is",
        arguments: [
            ("cut off", "g[:-3]"), ("damaged", "g[:-8] + bytes([g[-8] ^ 1]) + g[-7:]"),
            ("followed by more", "g + b'more'"), ("of two members", "g + g"),
            ("a bomb", "gzip.compress(b'[' + b' ' * 50000000 + b']')"),
        ])
    func gzip(name: String, expression: String) throws {
        let scratch = try Scratch()
        try scratch.python(
            Self.prelude
                + "import gzip\ng = gzip.compress(good)\nopen('x.gz','wb').write(\(expression))")
        #expect(throws: VaultError.self) { try Outcome(scratch.path + "/x.gz") }
    }

    @Test("a gzip file of two members is not called damaged and nothing else")
    func gzipMembers() throws {
        let scratch = try Scratch()
        try scratch.python(
            Self.prelude + "import gzip\n"
                + "open('x.gz','wb').write(gzip.compress(good[:9]) + gzip.compress(good[9:]))")
        do throws(VaultError) {
            _ = try Outcome(scratch.path + "/x.gz")
            Issue.record("nothing was refused")
        } catch {
            #expect(error.message.contains("gunzip"))
        }
    }
}
