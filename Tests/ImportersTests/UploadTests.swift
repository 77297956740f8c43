import Foundation
import Importers
import JSONText
import Testing
import Vault
import VaultCrypto

/// What a person once gave to ChatGPT lies in the export as well, and is not part of it.
@Suite struct Uploads {
    /// Writes `export/`, `export.zip` and beside it names of assets with their bytes.
    static let prelude = """
        import gzip, io, json, os, shutil, sqlite3, sys, zipfile
        def zipped(*entries):
            f = io.BytesIO()
            with zipfile.ZipFile(f, "w") as z:
                for name, data in entries: z.writestr(name, data)
            return f.getvalue()
        stranger = json.dumps([{"uuid":"s","name":"n","chat_messages":[
            {"uuid":"m","text":"another person's","sender":"human"}]}]).encode()
        def export(files, meta=None, names=None):
            ids = [os.path.basename(n) for n in files]
            attachments = [{"id": n[:11], "name": n[12:]} for n in ids]
            node = {"id":"u","parent":None,"children":[],"message":{"id":"u",
                "author":{"role":"user"},"content":{"content_type":"text","parts":["look"]},
                "metadata":meta or {"attachments":attachments}}}
            talk = [{"conversation_id":"c","title":"T","create_time":1700000000,
                "mapping":{"u":node},"current_node":"u"}]
            files = dict(files, **{"conversations.json": json.dumps(talk).encode()})
            files.update(names or {})
            for name, data in files.items():
                os.makedirs(os.path.dirname("export/" + name) or ".", exist_ok=True)
                open("export/" + name, "wb").write(data)
            open("export.zip", "wb").write(zipped(*sorted(files.items())))

        """

    private func bytes(_ file: ImportedFile?) throws -> [UInt8] {
        let source = try #require(file).open()
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
            if count == 0 { return all }
            all += buffer[..<count]
        }
    }

    @Test(
        "an upload that was opened as part of the export is kept as it is",
        arguments: [
            ("a zip with a path upwards", "zipped(('../evil.txt', b'x'))"),
            ("a harmless zip", "zipped(('main.py', b'print()'))"),
            ("a zip that holds an export", "zipped(('conversations.json', stranger))"),
            ("a gzip file", "gzip.compress(b'a,b')"),
            ("a file of another person's chats", "stranger"),
            ("the same, cut off", "stranger[:-1]"),
            ("the beginning of a database", "b'SQLite format 3\\0' + bytes(100)"),
        ])
    func kept(name: String, expression: String) throws {
        let scratch = try Scratch()
        let script =
            "data = \(expression)\nopen('data', 'wb').write(data)\nexport({'up/file-Upload-x.bin': data})"
        try scratch.python(Self.prelude + script)
        let data = [UInt8](try Data(contentsOf: URL(filePath: scratch.path + "/data")))
        for path in ["/export", "/export.zip"] {
            let outcome = try Outcome(scratch.path + path)
            #expect(outcome.conversations.map(\.origin.id) == ["c"], "\(path)")
            #expect(outcome.skipped.isEmpty)
            let parts = try outcome.conversation("c").messages[0].parts
            #expect(try bytes(parts.last?.file) == data, "\(path)")
        }
    }

    @Test("a damaged upload refuses a zip, because it could not be stored")
    func damaged() throws {
        let scratch = try Scratch()
        try scratch.python(
            Self.prelude + """
                export({"file-Upload-x.bin": b"some bytes"})
                data = open("export.zip", "rb").read().replace(b"some bytes", b"same bytes")
                open("export.zip", "wb").write(data)
                """)
        #expect(throws: VaultError.self) { try Outcome(scratch.path + "/export.zip") }
    }

    @Test("a file that is only called like an upload is read where no ChatGPT export is")
    func onlyNamed() throws {
        let scratch = try Scratch()
        try scratch.python(
            Self.prelude + """
                os.mkdir("in")
                open("in/file-backup.zip", "wb").write(zipped(("conversations.json", stranger)))
                open("in/file_chats.json", "wb").write(stranger.replace(b'"s"', b'"t"'))
                """)
        let outcome = try Outcome(scratch.path + "/in")
        #expect(Set(outcome.conversations.map(\.origin.id)) == ["s", "t"])
        let alone = try Outcome(scratch.path + "/in/file-backup.zip")
        #expect(alone.conversations.map(\.origin.id) == ["s"])
    }

    @Test("charts of the code interpreter are attached, in both notations of their names")
    func charts() throws {
        let scratch = try Scratch()
        try scratch.python(
            Self.prelude + """
                charts = [{"message_type": "image", "image_url": u}
                          for u in ("file-service://file-Chart1", "sediment://file_00c2", None)]
                export({"file-Chart1.png": b"one", "a/file_00c2-0.png": b"two"},
                       {"aggregate_result": {"messages": charts, "run_id": "r"}})
                """)
        let outcome = try Outcome(scratch.path + "/export.zip")
        let message = try outcome.conversation("c").messages[0]
        #expect(message.parts.map(\.part.kind) == [.text, .image, .image])
        #expect(
            try message.parts.dropFirst().map { try bytes($0.file) }
                == ["one", "two"].map { Array($0.utf8) })
        #expect(message.extra["metadata"]?["aggregate_result"]?["run_id"]?.string == "r")
    }

    @Test("an upload that was stored is not among other files, one that nobody names is told")
    func unreferenced() throws {
        let scratch = try Scratch()
        try scratch.python(
            Self.prelude + """
                export({"file-Upload-x.bin": b"x"}, None,
                       {"file-Nobody-y.bin": b"y", "user.json": b"{}"})
                """)
        let job = try ImportJob.open(scratch.path + "/export.zip")
        try job.run(progress: { _ in }) { _ in }
        #expect(job.passedOver == ["export.zip/user.json"])
        #expect(job.unreferenced == ["export.zip/file-Nobody-y.bin"])
    }
}
