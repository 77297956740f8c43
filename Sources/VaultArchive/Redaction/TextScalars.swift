/// A scalar of a text that is searched, and what of the text it stands for.
///
/// Escapes, tags and other forms are read into scalars; where they are in the text is kept, so that
/// what is found in a form can be marked in the text.
struct TextScalar {
    var value: UInt32
    /// From here to `end`: offsets in the text's UTF-8.
    var start: Int32
    var end: Int32

    init(_ value: UInt32, _ start: Int32, _ end: Int32) {
        self.value = value
        self.start = start
        self.end = end
    }

    init(_ value: UInt32, of source: some RandomAccessCollection<TextScalar>) {
        self.init(value, source.first?.start ?? 0, source.last?.end ?? 0)
    }

    /// The scalar as ASCII; 0 for what is none.
    var ascii: UInt8 { value < 0x80 ? UInt8(value) : 0 }
}

extension TextScalar {
    /// All scalars of a text.
    ///
    /// - Parameter text: Less than 2 GiB; of a longer one the offsets are those of its end.
    /// - Returns: The scalars in their order.
    static func all(of text: String) -> [TextScalar] {
        var result: [TextScalar] = []
        result.reserveCapacity(text.utf8.count)
        var place: Int32 = 0
        for scalar in text.unicodeScalars {
            let (end, isOver) = place.addingReportingOverflow(Int32(UTF8.width(scalar)))
            result.append(TextScalar(scalar.value, place, isOver ? place : end))
            if !isOver { place = end }
        }
        return result
    }

    /// The text of scalars.
    static func text(_ scalars: some Sequence<TextScalar>) -> String {
        var view = String.UnicodeScalarView()
        for scalar in scalars {
            view.append(Unicode.Scalar(scalar.value) ?? "\u{FFFD}")
        }
        return String(view)
    }
}

extension UInt8 {
    /// The value of a hexadecimal digit.
    var hexDigit: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    var isASCIILetterOrDigit: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
    }
}

extension [UInt8] {
    /// The scalars of UTF-8, and of ISO 8859-1 where it is none.
    var lenientScalars: [UInt32] {
        if let text = String(validating: self, as: UTF8.self) {
            return text.unicodeScalars.map(\.value)
        }
        return map(UInt32.init)
    }
}
