/// Strict reading of the small text formats that signatures and keys live in.
enum TextLines {
    /// Splits at line feeds; a final line feed ends the last line and does not begin another.
    static func split(_ text: [UInt8]) -> [[UInt8]] {
        var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map(Array.init)
    }

    /// The text of a line after a fixed prefix; nil without it, or unless it is UTF-8 without
    /// control characters.
    static func text(_ line: [UInt8], after prefix: String) -> String? {
        guard line.starts(with: prefix.utf8) else { return nil }
        return printable(Array(line.dropFirst(prefix.utf8.count)))
    }

    /// The bytes as UTF-8 text without control characters, or nil.
    static func printable(_ bytes: [UInt8]) -> String? {
        guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
