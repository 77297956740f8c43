import Foundation

/// The names that entries of a foreign archive may have.
package enum ForeignName {
    /// What is wrong with a name, or `nil`.
    package static func flaw(of name: String) -> String? {
        if name.isEmpty { return "which has no name" }
        if name.hasPrefix("/") { return "an absolute path" }
        if name.contains("\\") { return "a path with backslashes" }
        if name.unicodeScalars.contains(where: isForbidden) {
            return "a name with control characters"
        }
        var parts = name.split(separator: "/", omittingEmptySubsequences: false)
        if name.hasSuffix("/") { parts.removeLast() }
        if parts.count > 32 { return "a path of more than 32 folders" }
        for part in parts {
            if part == ".." || part == "." || part.isEmpty {
                return "a path that leaves its folder"
            }
            if part.utf8.count > 255 { return "a name of more than 255 bytes" }
        }
        let drive = name.utf8.prefix(2)
        if drive.last == UInt8(ascii: ":"), let letter = drive.first, (letter | 0x20) &- 0x61 < 26 {
            return "a path with a drive letter"
        }
        return nil
    }

    /// Whether bytes are a name without flaws.
    static func isAllowed(_ name: [UInt8]) -> Bool {
        String(validating: name, as: UTF8.self).map { flaw(of: $0) == nil } ?? false
    }

    /// Controls, and marks that change the order in which text is shown.
    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// Names that a file system could take for one another have the same folded form.
    package static func folded(_ name: String) -> String {
        let name = name.hasSuffix("/") ? String(name.dropLast()) : name
        return name.precomposedStringWithCanonicalMapping.lowercased()
    }

    /// The name for a message, without what could harm a terminal.
    package static func quoted(_ name: String) -> String {
        let safe = name.unicodeScalars.map { isForbidden($0) ? "\u{FFFD}" : String($0) }.joined()
        return "“\(safe.count > 120 ? safe.prefix(120) + "…" : safe[...])”"
    }
}
