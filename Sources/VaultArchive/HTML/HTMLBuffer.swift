import JSONText

/// Grows an HTML document in memory.
///
/// Markup enters only as literals (`StaticString`), so what an archive's records contain cannot
/// become markup by accident: every other string goes through `text`, which escapes.
struct HTMLBuffer {
    private(set) var bytes: [UInt8] = []

    mutating func reserve(_ capacity: Int) { bytes.reserveCapacity(capacity) }

    /// Appends markup that stands in this program.
    mutating func markup(_ literal: StaticString) {
        unsafe bytes.append(
            contentsOf: UnsafeBufferPointer(
                start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    /// Appends text with everything escaped that could end the text or the attribute around it.
    mutating func text(_ text: some StringProtocol) {
        var copy = String(text)
        copy.withUTF8 { unsafe escape($0) }
    }

    /// Appends an attribute inside a tag, with the blank before it.
    mutating func attribute(_ name: StaticString, _ value: String) {
        markup(" ")
        markup(name)
        markup("=\"")
        text(value)
        markup("\"")
    }

    /// Appends a name from a record: apart from the text around it, whatever its direction is.
    mutating func label(_ text: some StringProtocol) {
        markup("<bdi>")
        bareLabel(text)
        markup("</bdi>")
    }

    /// Appends a name where no element can stand: in an attribute or a window's title.
    mutating func bareLabel(_ text: some StringProtocol) {
        guard text.unicodeScalars.contains(where: Self.isReordering) else { return self.text(text) }
        // The marks of right-to-left writing itself (U+200E, U+200F, U+061C) stay.
        var visible = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            visible.append(Self.isReordering(scalar) ? "\u{FFFD}" : scalar)
        }
        self.text(String(visible))
    }

    /// Embeddings, overrides and isolates of the bidirectional algorithm (Unicode Annex 9): they
    /// can make `exe.gpj` read as a picture.
    private static func isReordering(_ scalar: Unicode.Scalar) -> Bool {
        (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    }

    /// Appends UTF-8 text, escaped.
    mutating func text(_ utf8: ArraySlice<UInt8>) {
        unsafe utf8.withUnsafeBufferPointer { unsafe escape($0) }
    }

    /// Appends a whole number.
    mutating func number(_ value: some BinaryInteger) {
        bytes.append(contentsOf: String(value).utf8)
    }

    /// Appends what another buffer holds.
    mutating func append(_ other: HTMLBuffer) { bytes.append(contentsOf: other.bytes) }

    private mutating func escape(_ utf8: UnsafeBufferPointer<UInt8>) {
        var start = 0
        var index = unsafe Self.endOfPlain(utf8, from: 0)
        while index < utf8.count {
            if let replacement = unsafe Self.replacement(of: utf8[index]) {
                unsafe bytes.append(contentsOf: utf8[start..<index])
                markup(replacement)
                start = index + 1
            }
            index = unsafe Self.endOfPlain(utf8, from: index + 1)
        }
        unsafe bytes.append(contentsOf: utf8[start...])
    }

    /// The next byte that may have a replacement.
    private static func endOfPlain(_ utf8: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        unsafe ByteRun.end(in: utf8, from: start) {
            // `&` and `'` differ in the lowest bit, `<` and `>` in the next one.
            ByteRun.equal($0 | ByteRun.each(1), UInt8(ascii: "'"))
                | ByteRun.equal($0 | ByteRun.each(2), UInt8(ascii: ">"))
                | ByteRun.equal($0, UInt8(ascii: "\"")) | ByteRun.below($0, 0x20)
        }
    }

    private static func replacement(of byte: UInt8) -> StaticString? {
        switch byte {
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "\""): "&quot;"
        case UInt8(ascii: "'"): "&#39;"
        case 0x09, 0x0A: nil
        // Controls have no place in HTML; a visible mark says that something was there.
        case 0..<0x20: "\u{FFFD}"
        default: nil
        }
    }
}
