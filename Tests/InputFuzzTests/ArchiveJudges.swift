import JSONText
import VaultCrypto

@testable import Vault
@testable import VaultArchive

/// What an archive has in it and beside it: time stamps, records, rules for redaction, and the
/// Markdown of messages.
enum ArchiveJudges {
    static let targets = [
        FuzzTarget(
            name: "timestamp", judge: judgeStamp, seeds: stampSeeds,
            words: ["20260301090000Z", ".5Z", "20161231235960Z", "\u{30}\u{03}\u{02}\u{01}\u{00}"]),
        FuzzTarget(
            name: "records", judge: judgeRecords, seeds: recordSeeds,
            words: [
                "\"withheld\":", "\"attachment\":", "\"sha256\":", "\"version\":2", "\"parent\":",
                "\"extra\":{}", "\"conversation\":", "\"parts\":[]", "\n", "\"text\":\"",
            ]),
        FuzzTarget(
            name: "redaction-rules", judge: judgeRules, seeds: ruleSeeds,
            words: [
                "\"messages\":", "\"text\":", "\"pattern\":", "\"withhold\":\"span\"", "(?i)",
                "{2,9}", "\\\\b",
            ]),
        FuzzTarget(
            name: "redaction", judge: judgeRedaction, seeds: textSeeds,
            words: [
                "Falcon", "&amp;", "\\u0046", "=46", "%46", "&#x46;", "\u{AD}", "\u{200B}", "**",
                "[F](alcon)", "RmFsY29u", "46616c636f6e", "=\n", "\u{301}", "anna@example.org",
            ]),
        FuzzTarget(
            name: "markdown", judge: judgeMarkdown, seeds: textSeeds,
            words: [
                "```", "~~~", "> ", "- ", "1. ", "# ", "| ", "|---|", "**", "_", "![", "](",
                "<http:",
                "javascript:", "&lt;", "- [x] ", "    ", "\\", "~~", "`", "\r\n", "\t",
            ]),
    ]

    // MARK: Time stamps

    private static func sequence(_ content: [UInt8]...) -> [UInt8] {
        DER.value(DER.sequence, Array(content.joined()))
    }

    private static func reply(_ time: String, status: [UInt8]?) -> [UInt8] {
        let hash = sequence(
            DER.value(DER.identifier, TimeStampQuery.sha256), DER.value(DER.null, []))
        let info = sequence(
            DER.value(DER.integer, [1]), DER.value(DER.identifier, [0x2A, 3, 4]),
            sequence(hash, DER.value(DER.octets, Made.bytes(1))), DER.value(DER.integer, [5]),
            DER.value(DER.time, Array(time.utf8)))
        let kinds: [[UInt8]] = [
            [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02],
            [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x01, 0x04],
        ]
        let signed = sequence(
            DER.value(DER.integer, [3]), DER.value(DER.set, []),
            sequence(
                DER.value(DER.identifier, kinds[1]),
                DER.value(DER.context, DER.value(DER.octets, info))), DER.value(DER.set, []))
        let token = sequence(DER.value(DER.identifier, kinds[0]), DER.value(DER.context, signed))
        return status.map { sequence(sequence(DER.value(DER.integer, $0)), token) } ?? token
    }

    private static func stampSeeds() -> [[UInt8]] {
        [
            reply("20260301090000Z", status: [0]), reply("20260301090000.125Z", status: [1]),
            reply("20161231235960Z", status: nil), reply("20260301090000Z", status: [2]),
            reply("20240229235959Z", status: nil),
        ]
    }

    private static func judgeStamp(_ file: [UInt8]) -> String? {
        do throws(VaultError) {
            let reply = try TimeStampReply(parsing: file)
            let digits = reply.time.filter { !"-:T".contains($0) }
            // What it says stands in the file, and its parts enclose all of it.
            guard contains(file, Array(digits.utf8)), contains(file, reply.digest) else {
                return "it says what does not stand there"
            }
            let clock = String(reply.time.prefix(16)) + ":00Z"
            let seconds = Int64(reply.time.dropFirst(17).prefix(2)) ?? -1
            guard let minute = Instant(clock),
                reply.secondsSince1970 == minute.milliseconds / 1000 + min(seconds, 59)
            else { return "the seconds are another time" }
            let outer = file.count < 3 || !Self.isOneValue(file)
            return outer ? "something follows it" : nil
        } catch {
            return Refused.flaw(error, [.badInput])
        }
    }

    private static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        bytes.indices.contains { bytes[$0...].starts(with: part) }
    }

    /// Whether the length after the first byte is that of the rest.
    private static func isOneValue(_ der: [UInt8]) -> Bool {
        let count = der[1] < 0x80 ? 0 : Int(der[1] & 0x7F)
        guard der.count >= 2 + count else { return false }
        let length = count == 0 ? Int(der[1]) : der[2..<2 + count].reduce(0) { $0 << 8 | Int($1) }
        return der.count == 2 + count + length
    }

    // MARK: Records

    private static func recordSeeds() -> [[UInt8]] {
        let salt = #""salt":"\#(Hex.text(Made.bytes(1, count: 16)))""#
        let message =
            #"""
            "conversation":"\#(Made.record)","extra":{},\#
            "id":"019c2b2e-9d80-7000-8000-00000000000%","role":"user",\#(salt),\#
            "state":"complete","v":1,"version":1
            """#
        let attachment =
            #"""
            {"attachment":{"mediaType":"image/png","name":"a",\#
            "sha256":"\#(Hex.text(Made.bytes(3)))","size":3},\#(salt),"type":"image"}
            """#
        let part = #"{\#(salt),"text":"Hello","type":"text"}"#
        let withheld = #"{"withheld":{"reason":"r","type":"text"}}"#
        return [
            "{\(message)}\n\(part)\n\(attachment)\n\n{\(message)}\n\(part)",
            "{\(message)}\n\(withheld)", "{\(message)}",
        ].map { Array($0.replacing("%", with: "2").utf8) }
    }

    /// Of each record the members of an envelope and lines of parts; an empty line ends a record.
    ///
    /// JSON is made canonical, hashes are put in, and the lines get their commitments: what is left
    /// to be wrong is what the records say.
    private static func judgeRecords(_ input: [UInt8]) -> String? {
        var lines: [String] = []
        let groups = input.split(separator: 0x0A, omittingEmptySubsequences: false).split {
            $0.isEmpty
        }
        for group in groups {
            guard var envelope = group.first.flatMap({ (try? JSONReader.parse(Array($0)))?.object })
            else { return nil }
            let parts = group.dropFirst().compactMap { try? JSONReader.parse(Array($0)) }
                .map { String(decoding: JSONWriter.canonical($0), as: UTF8.self) }
            envelope["parts"] = .array(parts.map { .string(Hex.text(SHA256Digest.hash(utf8: $0))) })
            let line = String(decoding: JSONWriter.canonical(.object(envelope)), as: UTF8.self)
            let commitment = Hex.text(SHA256Digest.hash(utf8: line))
            lines.append(
                #"""
                {"commitment":"\#(commitment)","envelope":\#(line),\#
                "parts":[\#(parts.joined(separator: ","))]}
                """#
            )
        }
        let header =
            #"""
            {"conversation":{"id":"\#(Made.record)","messages":\#(lines.count),\#
            "records":\#(lines.count)}}
            """#
        let file = Array(([header] + lines).map { $0 + "\n" }.joined().utf8)
        let faults = ArchivedImport.faults(of: file, conversation: Made.record)
        for fault in faults where fault.utf8.count > 600 { return "a long fault: \(fault)" }
        for line in lines {
            if let flaw = flaw(record: line, isVerified: faults.isEmpty) { return flaw }
        }
        return nil
    }

    private static func flaw(record line: String, isVerified: Bool) -> String? {
        let shown = RecordFile.message(line)
        do throws(VaultError) {
            let record = try RestoredRecord(parsing: line)
            guard record.line == line else { return "a record is restored as another" }
            return shown == nil ? "a record is restored and cannot be shown" : nil
        } catch {
            if let flaw = Refused.flaw(error, [.refused, .unsupported]) { return flaw }
            let isLost = isVerified && shown == nil && hasKnownParts(line)
            return isLost ? "a verified record cannot be shown" : nil
        }
    }

    /// Whether a version that knows no more kinds of parts than this one could show it.
    private static func hasKnownParts(_ line: String) -> Bool {
        let parts = (try? JSONReader.parse(line))?["parts"]?.array ?? []
        return parts.allSatisfy { part in
            let type = (part["withheld"] ?? part)["type"]?.string
            return type.flatMap(Part.Kind.init) != nil
        }
    }

    // MARK: Rules

    private static func ruleSeeds() -> [[UInt8]] {
        [
            #"{"reason":"r","rules":[{"messages":["018f3a10-0000-7000-8000-000000010002"]}]}"#,
            #"""
            {"rules":[{"messages":["018f3a10.2"],"reason":"x"},{"text":["Project Falcon"],\#
            "reason":"y","withhold":"part"}]}
            """#,
            #"{"reason":"r","rules":[{"pattern":"[A-Z]{2}[0-9]{6}","withhold":"span"}]}"#,
            #"{"reason":"r","rules":[{"text":"Übergröße"},{"pattern":["(a|b)+c","\\bx\\b"]}]}"#,
        ].map { Array($0.utf8) }
    }

    private static func judgeRules(_ file: [UInt8]) -> String? {
        do throws(VaultError) {
            let rules = try RedactionRules(file: file, reason: nil)
            let count = (try? JSONReader.parse(file))?["rules"]?.array?.count
            guard rules.named.count + rules.texts.count == count else { return "a rule is lost" }
            var search = TextSearch(rules: rules.texts)
            for index in search.rules.indices {
                for place in search.rules[index].expressions.indices {
                    search.rules[index].expressions[place].limit = .milliseconds(50)
                }
            }
            let text = "Project Falcon, AB123456 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"
            return flaw(of: search, in: text)
        } catch {
            return Refused.flaw(error, [.badInput])
        }
    }

    /// What is masked must not match any more.
    private static func flaw(of search: TextSearch, in text: String) -> String? {
        do throws(VaultError) {
            switch try search.mask(text) {
            case .unchanged: return nil
            case .whole: return nil
            case .marked(let marked):
                guard hasMark(marked) else { return "no mark" }
                return nil
            }
        } catch {
            return Refused.flaw(error, [.badInput, .unsupported, .refused])
        }
    }

    // MARK: Texts

    private static func textSeeds() -> [[UInt8]] {
        [
            """
            Project Falcon, project  falcon,\
             Pro\u{AD}ject F\u{301}alcon and pr&#111;ject%20Falcon.
            """,
            """
            # Title\n\n- a\n  1. b\n     > c\n\n```swift\nlet x = 1\n```\n\n| a | b |\n\
            |---|:-:|\n| 1 | 2 |\n
            """,
            """
            **bold \
            _it_** `code` [x](https://example.org \"t\") ![y](http://a/b.png) ~~s~~ <http://a>\n\
            - [x] d
            """,
            "cHJvamVjdCBmYWxjb24gcHJvamVjdCBmYWxjb24= 70726f6a6563742066616c636f6e",
            "From: anna@example.org (+41 44 123 45 67)\nUXJvamVj\ndCBmYWxj\nb24=\n",
            "\\*a\\* 1) x\r\n\r\n***\n",
        ].map { Array($0.utf8) }
    }

    private static let rules: RedactionRules = {
        var rules = RedactionRules()
        do {
            try rules.add(
                [WordPattern("Project Falcon"), WordPattern("Falcon")], [], .span, because: "r",
                named: "Rule 1")
        } catch {
            fatalError("no rule could be made: \(error)")
        }
        return rules
    }()

    private static func judgeRedaction(_ input: [UInt8]) -> String? {
        let text = String(decoding: input, as: UTF8.self)
        let search = TextSearch(rules: rules.texts)
        do throws(VaultError) {
            let masked = try search.mask(text)
            guard try search.mask(text) == masked else {
                return "a second time it is masked otherwise"
            }
            guard case .marked(let marked) = masked else {
                let isPlain = masked == .unchanged && Self.hasPlainWord(input)
                return isPlain ? "a plain word is not found" : nil
            }
            guard Self.hasMark(marked) else { return "no mark" }
            return Self.hasPlainWord(Array(marked.utf8)) ? "a word is left" : nil
        } catch {
            return Refused.flaw(error, [.badInput, .unsupported, .refused])
        }
    }

    /// By its bytes: what follows a mark may be written over its last sign.
    private static func hasMark(_ text: String) -> Bool {
        contains(Array(text.utf8), Array(WithheldPart.mark.utf8))
    }

    /// Whether the word stands there between blanks, in letters of ASCII.
    private static func hasPlainWord(_ text: [UInt8]) -> Bool {
        text.split(separator: 0x20).contains { $0.elementsEqual("falcon".utf8) }
    }

    private static func judgeMarkdown(_ input: [UInt8]) -> String? {
        var html = HTMLBuffer()
        Markdown.render(String(decoding: input, as: UTF8.self), into: &html)
        return PlainMarkup.flaw(html.bytes)
    }
}

/// Markup as a reader of a few lines sees it: elements that close, values in quotes, no script.
enum PlainMarkup {
    private static let void: Set = ["br", "hr", "img", "input"]
    private static let addresses = ["http://", "https://", "mailto:", "#"]

    static func flaw(_ bytes: [UInt8]) -> String? {
        guard String(validating: bytes, as: UTF8.self) != nil else { return "no UTF-8" }
        // An accent behind a `>` is written over it, and ends no tag less.
        var rest = Substring(String(decoding: bytes.map { $0 < 0x80 ? $0 : 0x3F }, as: UTF8.self))
        var open: [Substring] = []
        while let start = rest.firstIndex(of: "<") {
            if rest[..<start].contains(">") { return "a bare > in text" }
            rest = rest[start...].dropFirst()
            guard let end = rest.firstIndex(of: ">") else { return "a tag without end" }
            let tag = rest[..<end]
            rest = rest[end...].dropFirst()
            if tag.hasPrefix("/") {
                guard open.popLast() == tag.dropFirst() else { return "\(tag) is out of place" }
                continue
            }
            let name = tag.prefix { $0.isLetter || $0.isNumber }
            if ["script", "style", "iframe", "object"].contains(name) { return "<\(name)>" }
            if let flaw = flaw(attributes: tag.dropFirst(name.count)) { return flaw }
            if !void.contains(String(name)) { open.append(name) }
        }
        if rest.contains(">") { return "a bare > in text" }
        return open.isEmpty ? nil : "left open: \(open)"
    }

    private static func flaw(attributes text: Substring) -> String? {
        var rest = text
        while !rest.isEmpty {
            let name = rest.drop { $0 == " " }.prefix { $0 != "=" && $0 != " " }
            guard rest.first == " ", !name.isEmpty, !name.hasPrefix("on") else {
                return "no attribute: \(rest.prefix(100))"
            }
            rest = rest[name.endIndex...]
            guard rest.hasPrefix("=\"") else { continue }
            let value = rest.dropFirst(2).prefix { $0 != "\"" }
            rest = rest[value.endIndex...].dropFirst()
            if name == "href" || name == "src",
                !addresses.contains(where: value.lowercased().hasPrefix)
            {
                return "an address: \(value.prefix(100))"
            }
        }
        return nil
    }
}
