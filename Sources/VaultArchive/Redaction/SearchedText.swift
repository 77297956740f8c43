import Foundation

/// A text with the forms of it in which a person reads the same; each keeps where in the text it
/// is from.
///
/// Words are looked for in the text and in what `EscapeReader` makes of it, folded (`FoldedText`).
/// Regular expressions and addresses are looked for in the text and in `SearchForm.all`. All are
/// looked for in what runs of Base64 and hexadecimal digits stand for, twice over.
final class SearchedText {
    /// A run that stands for another text.
    struct Encoded {
        /// Offsets in the text's UTF-8.
        var range: Range<Int32>
        var text: SearchedText
        /// Whether it has no byte that no text has; regular expressions are looked for in no other.
        var isText: Bool
    }

    let text: String
    private let depth: Int

    private static let deepest = 2

    init(_ text: String) {
        self.text = text
        depth = 0
    }

    private init(_ text: String, depth: Int) {
        self.text = text
        self.depth = depth
    }

    private(set) lazy var scalars = TextScalar.all(of: text)
    private lazy var read =
        text.utf8.contains(where: Self.mayEscape)
        ? EscapeReader.read(scalars) : nil
    /// The same with `=6b` read, which may take letters of `a=beard`; `nil` where it is the same.
    private lazy var readSmall =
        EscapeReader.hasSmallBytes(scalars)
        ? EscapeReader.read(scalars, withSmallBytes: true) : nil

    /// For words.
    private(set) lazy var folded = texts.map { FoldedText($0) }

    /// For names.
    private(set) lazy var bare = texts.map { FoldedText($0, isBare: true) }

    private var texts: [[TextScalar]] { [scalars, read, readSmall].compactMap { $0 } }

    /// For regular expressions, besides the text.
    private(set) lazy var forms =
        SearchForm.all(of: scalars, read: read)
        + (readSmall.map { SearchForm.all(of: scalars, read: $0, lacking: true) } ?? [])

    private(set) lazy var encoded: [Encoded] = {
        guard depth < Self.deepest, text.utf8.count >= EncodedRuns.minimumLength else { return [] }
        let escaped = read.map { runs(in: $0).filter(Self.isEscaped) } ?? []
        return runs(in: scalars).map(\.encoded) + escaped.map(\.encoded)
    }()

    private func runs(in scalars: [TextScalar]) -> [(encoded: Encoded, length: Int)] {
        EncodedRuns.find(in: scalars).map { run in
            let encoded = Encoded(
                range: scalars[run.range.lowerBound].start..<scalars[run.range.upperBound - 1].end,
                text: SearchedText(run.text, depth: depth + 1),
                isText: run.text.unicodeScalars.allSatisfy(Self.isOfText))
            return (encoded, run.range.count)
        }
    }

    /// Whether a run has an escape in it; another was found in the text itself.
    private static func isEscaped(_ run: (encoded: Encoded, length: Int)) -> Bool {
        run.encoded.range.count != run.length
    }

    private static func mayEscape(_ byte: UInt8) -> Bool {
        byte >= 0xC0 || "&%=\\".utf8.contains(byte)
    }

    private static func isOfText(_ scalar: Unicode.Scalar) -> Bool {
        scalar != "\u{FFFD}" && (scalar.value >= 0x20 || "\t\n\r".unicodeScalars.contains(scalar))
    }
}

/// A form of a text in which regular expressions are looked for.
final class SearchForm {
    let scalars: [TextScalar]
    /// Whether a `_` was left out or made a blank, or `=ad` may have been two letters.
    let mayLackLetters: Bool
    private(set) lazy var text = TextScalar.text(scalars)

    private init(_ scalars: [TextScalar], mayLackLetters: Bool) {
        self.scalars = scalars
        self.mayLackLetters = mayLackLetters
    }

    /// For each unit of UTF-16, what of the text it is from.
    private lazy var sources: [Range<Int32>] = {
        var sources: [Range<Int32>] = []
        sources.reserveCapacity(scalars.count)
        for scalar in scalars {
            let source = scalar.start..<max(scalar.start, scalar.end)
            sources.append(source)
            if scalar.value >= 0x10000 { sources.append(source) }
        }
        return sources
    }()

    /// What of the text something in the form is from: offsets in UTF-8.
    func source(of range: Range<String.Index>) -> Range<Int32> {
        let first = range.lowerBound.utf16Offset(in: text)
        let end = range.upperBound.utf16Offset(in: text)
        guard first < end else {
            let place = first < sources.count ? sources[first].lowerBound : 0
            return place..<place
        }
        return sources[first]
            .lowerBound..<max(
                sources[first].lowerBound, sources[end - 1].upperBound)
    }

    // MARK: Forms

    /// The forms that are not the text.
    ///
    /// 1. escapes read, without what nobody sees, control characters and emphasis, in Unicode's
    ///    compatibility form (NFKC);
    /// 2. that without `_`, and with a blank for each;
    /// 3. that without tags, comments, the addresses of links, hyphens at the end of a line and the
    ///    `>` of quoted mails, marks that are no part of a letter, and with a blank for a `+`.
    ///
    /// - Parameters:
    ///   - scalars: The text.
    ///   - read: What its escapes stand for, where it has some.
    ///   - lacking: Whether letters may have been taken for escapes.
    /// - Returns: At most four forms.
    static func all(
        of scalars: [TextScalar], read: [TextScalar]?, lacking: Bool = false
    ) -> [SearchForm] {
        let bare = composed(read ?? scalars)
        var forms: [SearchForm] = []
        if !bare.lazy.map(\.value).elementsEqual(scalars.lazy.map(\.value)) {
            forms.append(SearchForm(bare, mayLackLetters: lacking))
        }
        if bare.contains(where: { $0.value == 0x5F }) {
            forms.append(SearchForm(bare.filter { $0.value != 0x5F }, mayLackLetters: true))
            let blanks = bare.map { scalar in
                scalar.value == 0x5F ? TextScalar(0x20, scalar.start, scalar.end) : scalar
            }
            forms.append(SearchForm(blanks, mayLackLetters: true))
        }
        if let plain = PlainReader.read(bare) {
            forms.append(SearchForm(plain, mayLackLetters: lacking))
        }
        return forms
    }

    /// Marks are sorted within a letter and those on it, which takes the square of how many it has.
    private static let longestCluster = 64

    private static func composed(_ scalars: [TextScalar]) -> [TextScalar] {
        var result: [TextScalar] = []
        result.reserveCapacity(scalars.count)
        var place = 0
        while place < scalars.count {
            var end = place + 1
            while end < scalars.count, end - place < longestCluster,
                FoldTable.shared.kind(of: scalars[end].value).0 == .mark
            {
                end += 1
            }
            let value = scalars[place].value
            if end == place + 1, value < 0xA0 || (0x4E00..<0xA000).contains(value) {
                if isShown(value) { result.append(scalars[place]) }
            } else if value == 0xAD, end < scalars.count,
                [0x0A, 0x0D].contains(scalars[end].value)
            {
                // At the end of a line everybody sees it.
                result.append(TextScalar(0x2D, of: scalars[place..<end]))
            } else {
                let cluster = scalars[place..<end]
                for scalar in TextScalar.text(cluster).precomposedStringWithCompatibilityMapping
                    .unicodeScalars where !scalar.properties.isDefaultIgnorableCodePoint
                {
                    result.append(TextScalar(scalar.value, of: cluster))
                }
            }
            place = end
        }
        return result
    }

    /// Whether it is neither emphasis nor a control character but white space.
    private static func isShown(_ value: UInt32) -> Bool {
        switch value {
        case 0x2A, 0x60, 0x7E, 0..<0x09, 0x0E..<0x20, 0x7F..<0x85, 0x86..<0xA0: false
        default: true
        }
    }
}

/// Leaves out tags, comments, the addresses of links, hyphens at the end of a line and the marks of
/// quoted mails.
private struct PlainReader {
    private let text: [TextScalar]
    private var place = 0
    private var result: [TextScalar] = []
    private var links = LinkReader()
    private var comments = CommentReader()
    /// Up to here there is no mark of a quoted mail.
    private var unquoted = 0

    /// Those that stand within words; others end one.
    private static let inner: Set<String> = [
        "a", "abbr", "b", "code", "em", "font", "i", "mark", "s", "small", "span", "strong", "sub",
        "sup", "u", "wbr",
    ]

    /// The text without them; `nil` where it has none.
    static func read(_ text: [TextScalar]) -> [TextScalar]? {
        var reader = PlainReader(text: text)
        var isOther = false
        while reader.place < text.count {
            if reader.comment() || reader.tag() || reader.link() || reader.hyphen()
                || reader.quote() || reader.plus() || reader.mark()
            {
                isOther = true
            } else {
                reader.result.append(text[reader.place])
                reader.place += 1
            }
        }
        return isOther ? reader.result : nil
    }

    private init(text: [TextScalar]) { self.text = text }

    private func value(_ place: Int) -> UInt32 {
        text.indices.contains(place) ? text[place].value : 0
    }

    private mutating func comment() -> Bool {
        guard let end = comments.end(of: text, at: place, value: \.value) else { return false }
        place = end
        return true
    }

    /// A mark that is left when letters have theirs: `F̶a̶l̶c̶o̶n̶`.
    private mutating func mark() -> Bool {
        guard Markup.isOfAnyScript(value(place)) else { return false }
        place += 1
        return true
    }

    private mutating func tag() -> Bool {
        guard value(place) == 0x3C else { return false }
        let next = text.indices.contains(place + 1) ? text[place + 1].ascii : 0
        guard next == 0x2F || next == 0x21 || (UInt8(0x61)...0x7A).contains(next | 0x20),
            let end = TagReader.end(of: text[place...].prefix(Markup.longest), value: \.value)
        else { return false }
        let name = TextScalar.text(
            text[(place + 1)..<end].drop { $0.value == 0x2F }
                .prefix { $0.ascii.isASCIILetterOrDigit }
        ).lowercased()
        if next != 0x21, !Self.inner.contains(name) {
            result.append(TextScalar(0x20, of: text[place..<end]))
        }
        place = end
        return true
    }

    /// The address of a link in Markdown, and the brackets between.
    private mutating func link() -> Bool {
        guard let end = links.end(of: text, at: place, value: \.value) else { return false }
        place = end
        return true
    }

    private mutating func hyphen() -> Bool {
        guard value(place) == 0x2D || value(place) == 0x2010 else { return false }
        var behind = place + 1
        while value(behind) == 0x20 || value(behind) == 0x09 { behind += 1 }
        guard let end = lineBegin(after: behind) else { return false }
        place = end
        return true
    }

    private mutating func quote() -> Bool {
        guard place >= unquoted, let end = lineBegin(after: place) else { return false }
        guard text[place..<end].contains(where: isQuote) else {
            unquoted = end
            return false
        }
        result.append(TextScalar(0x0A, of: text[place..<end]))
        place = end
        return true
    }

    private func isQuote(_ scalar: TextScalar) -> Bool { scalar.value == 0x3E }

    /// Where the line below begins, behind blanks and `>`.
    private func lineBegin(after start: Int) -> Int? {
        var place = start
        if value(place) == 0x0D { place += 1 }
        guard value(place) == 0x0A else { return nil }
        while [0x0A, 0x0D, 0x20, 0x09, 0x3E].contains(value(place)) { place += 1 }
        return place
    }

    private mutating func plus() -> Bool {
        guard value(place) == 0x2B else { return false }
        let isBetween =
            [place - 1, place + 1].allSatisfy { text.indices.contains($0) }
            && value(place - 1) > 0x2F && value(place + 1) > 0x2F
        guard isBetween else { return false }
        result.append(TextScalar(0x20, text[place].start, text[place].end))
        place += 1
        return true
    }
}
