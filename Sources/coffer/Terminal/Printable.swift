/// Text from records, made harmless: titles and messages may hold escape sequences that would
/// rewrite the screen, and marks that reorder what is read.
enum Printable {
    /// One line: blanks of all kinds become a space.
    static func line(_ text: String) -> String {
        replaced(text) { $0.properties.isWhitespace ? " " : visible($0) }
    }

    /// Lines and tabs stay, everything else that acts on a terminal does not.
    static func block(_ text: String) -> String {
        replaced(text) { $0 == "\n" || $0 == "\t" ? nil : visible($0) }
    }

    /// JSON with DEL and the C1 controls escaped, which stand in strings only.
    static func escapedJSON(_ text: String) -> String {
        // DEL, and the first byte of the others in UTF-8: most lines have neither.
        guard text.utf8.contains(where: { $0 == 0x7F || $0 == 0xC2 }) else { return text }
        return replaced(text) { scalar in
            guard (0x7F...0x9F).contains(scalar.value) else { return nil }
            return "\\u00" + String(scalar.value, radix: 16)
        }
    }

    /// A visible stand-in for a character that would act, `nil` for all others.
    private static func visible(_ scalar: Unicode.Scalar) -> String? {
        switch scalar.value {
        case 0x00...0x1F: Unicode.Scalar(0x2400 + scalar.value).map { String($0) }
        case 0x7F: "\u{2421}"
        case 0x80...0x9F, 0x2028, 0x2029: "\u{FFFD}"
        // Embeddings, overrides and isolates of the bidirectional algorithm.
        case 0x202A...0x202E, 0x2066...0x2069: "\u{FFFD}"
        default: nil
        }
    }

    private static func replaced(
        _ text: String, _ replacement: (Unicode.Scalar) -> String?
    ) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if let text = replacement(scalar) {
                result.append(contentsOf: text.unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }
}
