/// What a file is by its first bytes, whatever it is called.
enum ContentKind: Sendable {
    case zip, gzip, database, json, other

    /// So many bytes are looked at.
    static let headBytes = 512

    /// Judges by the first bytes; white space and nothing else may still be followed by JSON.
    ///
    /// - Parameter head: At most `headBytes`, from the beginning.
    /// - Returns: The kind.
    static func of(_ head: [UInt8]) -> ContentKind {
        if head.starts(with: [0x50, 0x4B, 3, 4]) || head.starts(with: [0x50, 0x4B, 5, 6]) {
            return .zip
        }
        if head.starts(with: [0x1F, 0x8B]) { return .gzip }
        if LLMDatabase.isDatabase(head) { return .database }
        switch dense(head).first {
        case UInt8(ascii: "{"), UInt8(ascii: "["): return .json
        case nil: return head.count == headBytes ? .json : .other
        default: return .other
        }
    }

    /// Whether the bytes begin as a record or a list of records does: a list in some other file's
    /// syntax does not.
    static func beginsWithRecord(_ head: [UInt8]) -> Bool {
        let text = dense(head)
        return text.starts(with: Array("{\"".utf8)) || text.starts(with: Array("[{\"".utf8))
    }

    /// Whether the bytes begin UTF-16 text, with or without its mark.
    static func isUTF16(_ head: [UInt8]) -> Bool {
        if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) { return true }
        let letters = head.prefix(2).filter { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{") }
        return letters.count == 1 && head.prefix(2).contains(0)
    }

    /// The end of a sentence on a file that holds no JSON at all; `nil` when it holds something.
    static func flaw(of head: [UInt8]) -> String? {
        if head.isEmpty { return "is empty; download or copy it again." }
        if isUTF16(head) {
            return "is UTF-16 text; convert it to UTF-8 first, for instance with "
                + "`iconv -f UTF-16 -t UTF-8`."
        }
        let text = dense(head)
        if text.isEmpty { return "holds nothing but white space; download or copy it again." }
        if text == Array("null".utf8) {
            return "holds “null”, which is an export without content; ask for it once more."
        }
        return nil
    }

    /// The bytes without a byte order mark and white space.
    private static func dense(_ head: [UInt8]) -> [UInt8] {
        let text = head.starts(with: [0xEF, 0xBB, 0xBF]) ? head.dropFirst(3) : head[...]
        return text.filter { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }
    }

    /// Whether the name says that a file is meant to be an export or to hold one.
    ///
    /// Content decides what is read; the name only says whose faults are worth a word.
    static func isNamedForExport(_ name: String) -> Bool {
        hasEnding(name, [".json", ".jsonl", ".ndjson", ".db", ".sqlite", ".zip", ".gz"])
    }

    /// Whether the name is that of a program or of an office document: these are zips as well, and
    /// nobody's export.
    static func isOtherZip(_ name: String) -> Bool {
        hasEnding(
            name,
            [
                ".docx", ".xlsx", ".pptx", ".docm", ".xlsm", ".pptm", ".odt", ".ods", ".odp",
                ".odg", ".epub", ".jar", ".war", ".ear", ".apk", ".aab", ".aar", ".ipa", ".xpi",
                ".crx", ".vsix", ".whl", ".nupkg", ".kmz", ".pages", ".numbers", ".key",
            ])
    }

    private static func hasEnding(_ name: String, _ endings: [String]) -> Bool {
        let name = name.lowercased()
        return endings.contains { name.hasSuffix($0) }
    }
}
