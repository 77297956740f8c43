import Foundation
import Importers
import JSONText
import Testing
import Vault
import VaultCrypto

/// logs.db of llm, made from the two fixtures in SQL.
@Suite struct LLMDatabases {
    func database(_ name: String, _ scratch: Scratch) throws -> String {
        try scratch.python(
            """
            import sqlite3, sys
            with open(sys.argv[1]) as f: text = f.read()
            c = sqlite3.connect("logs.db"); c.executescript(text); c.commit()
            """, FixtureCase.root + "/llm/\(name).sql")
        return scratch.path + "/logs.db"
    }

    @Test("the older tables: prompts, fragments, attachments and tools")
    func responses() throws {
        let scratch = try Scratch()
        let outcome = try Outcome(try database("responses", scratch))
        #expect(outcome.format == "llm log database")
        let conversation = try outcome.conversation("01hconv1")
        #expect(conversation.title == "Weather at sea")
        #expect(
            conversation.messages.map(\.outline) == [
                "01hresp1/system <- - system: text You are a pilot.",
                "01hresp1/prompt <- 01hresp1/system user: "
                    + "document(forecast.txt) The forecast: gale later. | text How is the wind? | "
                    + "image+file - | document(chart.txt) -",
                "01hresp1 <- 01hresp1/prompt assistant: text Let me look. | tool_use(wind) -",
                "01hresp2/results <- 01hresp1 tool: tool_result(wind) 17 knots",
                "01hresp2 <- 01hresp2/results assistant: text Force five.",
            ])
        let answer = conversation.messages[2]
        #expect(answer.created?.description == "2024-06-01T05:00:00.123Z")
        #expect(answer.usage?["input_tokens"]?.int == 11)
        #expect(answer.parts[1].part.data?["arguments"]?["station"]?.string == "north")
        let source = try #require(conversation.messages[1].parts[2].file).open()
        var buffer = [UInt8](repeating: 0, count: 100)
        let count = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
        #expect(Array(buffer[..<count]) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        #expect(try outcome.conversation("01hresp3").messages.count == 2)
    }

    @Test("the newer tables: a tree of messages, forks, and what only the old tables hold")
    func threads() throws {
        let scratch = try Scratch()
        let outcome = try Outcome(try database("threads", scratch))
        let conversation = try outcome.conversation("01jthread1")
        #expect(
            conversation.messages.map(\.outline) == [
                "b2:01 <- - system: text You know charts.",
                "b2:02 <- b2:01 user: text Which chart?",
                "b2:03 <- b2:02 assistant: text The large one.",
                "b2:04 <- b2:03 user: text Use this: A long almanac. Now? | image+file -",
                "b2:5x <- b2:04 assistant: text An answer that was asked for again.",
                "b2:05 <- b2:04 assistant: thinking Need the scale. | tool_use(scale) -",
                "b2:06 <- b2:05 tool: tool_result(scale) 1:50000",
                "b2:07 <- b2:06 assistant: text Chart 1441 at 1:50000.",
                "01jresp9/prompt <- - user: text Only in the old table",
                "01jresp9 <- 01jresp9/prompt assistant: thinking some reasoning | text Kept as well.",
            ])
        #expect(conversation.current == "b2:07")
        #expect(conversation.messages[2].model == "gpt-5-2025")
        let fork = try outcome.conversation("01jthread2")
        #expect(fork.messages.map(\.originID) == ["b2:01", "b2:02", "b2:03"])
        #expect(fork.extra["forked_from"]?.string == "01jthread1")
    }

    @Test("no text of a database is lost", arguments: ["responses", "threads"])
    func preservation(name: String) throws {
        let scratch = try Scratch()
        let outcome = try Outcome(try database(name, scratch))
        try scratch.python(
            """
            import json, sqlite3
            c = sqlite3.connect("logs.db"); texts = []
            def leaves(v):
                if isinstance(v, dict): v = list(v.values())
                if isinstance(v, list): return [x for e in v for x in leaves(e)]
                return [v] if isinstance(v, str) else []
            tables = [r[0] for r in c.execute("select name from sqlite_schema where type='table'")]
            for t in tables:
                if t.startswith("_llm") or "_fts" in t: continue
                for row in c.execute(f'select * from "{t}"'):
                    for v in row:
                        if not isinstance(v, str): continue
                        try: texts += leaves(json.loads(v)) if v[:1] in "{[" else [v]
                        except ValueError: texts.append(v)
            json.dump(texts, open("texts.json", "w"))
            """)
        let data = try Data(contentsOf: URL(filePath: scratch.path + "/texts.json"))
        let text = outcome.conversations.map { RecordDump($0).text }.joined(separator: "\u{1}")
        // Words for kinds, and ids of attachments that are read.
        let expressed: Set = [
            "text", "reasoning", "tool_call", "tool_result", "attachment", "att9",
        ]
        for leaf in try JSONDecoder().decode([String].self, from: data) {
            if leaf.isEmpty || expressed.contains(leaf) { continue }
            if let time = Instant(leaf), text.contains(time.description) { continue }
            #expect(text.contains(leaf), "“\(leaf)” is lost")
        }
    }

    @Test("a database in a folder is found, one in a zip is reported")
    func containers() throws {
        let scratch = try Scratch()
        let path = try database("responses", scratch)
        #expect(try Outcome(scratch.path).conversations.count == 2)
        _ = try scratch.write("in/conversations.json", #"[{"uuid":"c","chat_messages":[]}]"#)
        try FileManager.default.copyItem(atPath: path, toPath: scratch.path + "/in/logs.db")
        let outcome = try Outcome(try scratch.zip(scratch.path + "/in"))
        #expect(outcome.conversations.count == 1)
        #expect(outcome.skipped.map(\.place) == ["export.zip/logs.db"])
    }

    @Test("a database that is cut off or another program's is refused")
    func refused() throws {
        let scratch = try Scratch()
        let path = try database("threads", scratch)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        for cut in [20, 4096, bytes.count / 2, bytes.count - 4096] {
            let file = try scratch.write("cut.db", Array(bytes[..<cut]))
            #expect(throws: VaultError.self) { try Outcome(file) }
        }
        try scratch.python(
            "import sqlite3; c = sqlite3.connect('o.db'); c.execute('create table t(a)'); c.commit()"
        )
        #expect(throws: VaultError.self) { try Outcome(scratch.path + "/o.db") }
    }

    @Test("reading a foreign database leaves it unchanged")
    func unchanged() throws {
        let scratch = try Scratch()
        let path = try database("threads", scratch)
        let before = try Data(contentsOf: URL(filePath: path))
        _ = try Outcome(path)
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["logs.db"])
    }

    /// Runs SQL over a copy of a fixture, with a log that is left behind where that is asked for.
    private func changed(
        _ name: String, _ scratch: Scratch, _ sql: String, keepsLog: Bool = false
    ) throws -> String {
        let path = try database(name, scratch)
        try scratch.python(
            """
            import os, sqlite3, sys
            c = sqlite3.connect("logs.db", isolation_level=None)
            if sys.argv[2] == "true": c.execute("pragma journal_mode = wal")
            c.executescript(sys.argv[1])
            if sys.argv[2] == "true": os._exit(0)
            """, sql, "\(keepsLog)")
        return path
    }

    @Test("a response with the texts of a thread keeps what the thread lacks")
    func repeatedTexts() throws {
        let scratch = try Scratch()
        let path = try changed(
            "threads", scratch,
            """
            CREATE TABLE tool_calls (id INTEGER PRIMARY KEY, response_id TEXT, tool_id INTEGER, name TEXT, arguments TEXT, tool_call_id TEXT);
            INSERT INTO tool_calls VALUES (1, '01jresp0', 1, 'plot', '{"course":270}', 'call_0');
            """)
        let conversation = try Outcome(path).conversation("01jthread1")
        let answer = try #require(conversation.messages.first { $0.originID == "01jresp0" })
        #expect(answer.parts.last?.part.data?["arguments"]?["course"]?.int == 270)
        // The same without a call of its own is not there twice.
        let other = try Scratch()
        let plain = try Outcome(try database("threads", other)).conversation("01jthread1")
        #expect(!plain.messages.contains { $0.originID == "01jresp0" })
    }

    @Test("tools that a response was offered are kept with it")
    func tools() throws {
        let scratch = try Scratch()
        let path = try changed(
            "responses", scratch,
            """
            CREATE TABLE tools (id INTEGER PRIMARY KEY, hash TEXT, name TEXT, description TEXT, input_schema TEXT, plugin TEXT);
            CREATE TABLE tool_responses (tool_id INTEGER, response_id TEXT);
            INSERT INTO tools VALUES (1, 't1', 'wind', 'Tells the wind', '{"type":"object"}', 'sea'), (2, 't2', 'tide', 'Tells the tide', '{}', NULL);
            INSERT INTO tool_responses VALUES (1, '01hresp1'), (2, '01hresp1');
            """)
        let messages = try Outcome(path).conversation("01hconv1").messages
        let tools = messages.first { $0.originID == "01hresp1" }?.extra["tools"]?.array ?? []
        #expect(tools.map { $0["description"]?.string } == ["Tells the wind", "Tells the tide"])
        #expect(tools.first?["input_schema"]?["type"]?.string == "object")
    }

    @Test(
        "a log beside a database is read, and neither is touched nor copied",
        arguments: [true, false])
    func log(hasIndex: Bool) throws {
        let scratch = try Scratch()
        let path = try changed(
            "responses", scratch,
            "UPDATE responses SET prompt = 'changed in the log' WHERE id = '01hresp1'",
            keepsLog: true)
        if !hasIndex { try FileManager.default.removeItem(atPath: path + "-shm") }
        let before = try marks(scratch)
        #expect(before.contains { $0.hasPrefix("logs.db-wal") })
        let message = try Outcome(path).conversation("01hconv1").messages[1]
        #expect(message.parts.contains { $0.part.text == "changed in the log" })
        #expect(try marks(scratch) == before)
    }

    @Test("a log without a valid record is not removed when the database is closed")
    func deadLog() throws {
        let scratch = try Scratch()
        let path = try database("responses", scratch)
        _ = try scratch.write("logs.db-wal", [UInt8](repeating: 7, count: 5000))
        let before = try marks(scratch)
        #expect(try Outcome(path).conversations.count == 2)
        #expect(try marks(scratch) == before)
    }

    @Test("a database that was left in log mode gets no files beside it")
    func logMode() throws {
        let scratch = try Scratch()
        let path = try database("responses", scratch)
        try scratch.python(
            "import sqlite3; sqlite3.connect('logs.db').execute('pragma journal_mode = wal')")
        let before = try marks(scratch)
        #expect(try Outcome(path).conversations.count == 2)
        #expect(try marks(scratch) == before)
    }

    @Test("a database with a change that was cut off is refused")
    func hotJournal() throws {
        let scratch = try Scratch()
        let path = try database("responses", scratch)
        let mark: [UInt8] = [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7]
        _ = try scratch.write("logs.db-journal", mark + [UInt8](repeating: 0, count: 504))
        do throws(VaultError) {
            _ = try Outcome(path)
            Issue.record("nothing was refused")
        } catch {
            #expect(error.message.contains("-journal"))
        }
    }

    @Test("a database that is written to during an import ends it")
    func changedMeanwhile() throws {
        let scratch = try Scratch()
        let job = try ImportJob.open(try database("responses", scratch))
        #expect(throws: VaultError.self) {
            try job.run(progress: { _ in }) { (_) throws(VaultError) in
                try? scratch.python(
                    "import sqlite3; c = sqlite3.connect('logs.db'); c.execute('create table t(a)')"
                )
            }
        }
    }

    /// Name, size, time of change and content of each file.
    private func marks(_ scratch: Scratch) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted().map { name in
            var status = stat()
            #expect(stat(scratch.path + "/" + name, &status) == 0)
            let data = try Data(contentsOf: URL(filePath: scratch.path + "/" + name))
            return "\(name) \(status.st_size) \(status.st_mtim) \(data.hashValue)"
        }
    }
}
