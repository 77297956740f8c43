/// What a token is to the index.
enum TokenKind: UInt8, Sendable, Equatable {
    /// A word as it is written, folded.
    case word
    /// An identifier of several fragments, as one word: `readFileSync` gives `readfilesync`.
    case compound
    /// One piece of the compound before it: `read`, `file`, `sync`.
    case fragment
    /// Two neighbours of a run of characters that is written without spaces.
    case pair
    /// The last character of such a run, alone.
    case pairEnd
    /// The stem of the word before it, behind a byte that says in which language.
    case stem
}

/// Receives the tokens of a text in reading order.
protocol TokenSink {
    /// Takes a token.
    ///
    /// - Parameters:
    ///   - kind: What it is.
    ///   - bytes: Its folded UTF-8, at most `TextAnalyser.maximumTokenBytes`, lent for the call.
    ///   - source: Where it stands in the text, in bytes.
    mutating func take(
        _ kind: TokenKind, _ bytes: UnsafeBufferPointer<UInt8>, at source: Range<Int>)
    /// The fragments of the last compound are complete.
    mutating func endFragments()
}

/// Cuts text into tokens, the same way for indexing, for queries and for marking matches.
///
/// - A word is a run of letters and digits of any script, folded by `FoldingTable`: case goes, the
///   diacritics of Latin and Greek go, й and other letters of Cyrillic stay (ё becomes е).
/// - Han, kana, Hangul, Thai, Lao, Khmer and Myanmar come as overlapping pairs and the run's last
///   character alone: a phrase of pairs finds any substring, a prefix finds one character.
/// - An identifier with underscores, changes of case or digits beside letters comes whole, without
///   the underscores, and in its fragments. Whole, because `GitHub` and `iPhone` are words that
///   people also write in small letters and inside phrases.
/// - With `stemming`, the stems of a word come behind it.
/// - Everything else separates.
struct TextAnalyser: Sendable, Equatable {
    /// A longer token is cut; the same cut in queries lets it be found.
    static let maximumTokenBytes = 80
    /// Raised with every change that makes old index entries differ from new ones.
    static let version = 3

    var stemming: Stemming = []

    /// Analyses UTF-8 text; malformed bytes separate words.
    func analyse<Sink: TokenSink>(_ text: UnsafeBufferPointer<UInt8>, into sink: inout Sink) {
        guard !stemming.isEmpty else { return unsafe Self.run(text, into: &sink) }
        var stems = StemmingSink(sink, stemming)
        unsafe Self.run(text, into: &stems)
        sink = stems.sink
    }

    private static func run<Sink: TokenSink>(
        _ text: UnsafeBufferPointer<UInt8>, into sink: inout Sink
    ) {
        let capacity = WordBuilder.capacityBytes
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { bytes in
            let splits = WordBuilder.capacitySplits
            unsafe withUnsafeTemporaryAllocation(of: WordBuilder.Split.self, capacity: splits) {
                let word = unsafe WordBuilder(bytes: bytes, splits: $0)
                var analysis = unsafe Analysis(text: text, word: word)
                analysis.run(into: &sink)
            }
        }
    }

    func analyse<Sink: TokenSink>(_ text: String, into sink: inout Sink) {
        var text = text
        text.withUTF8 { unsafe analyse($0, into: &sink) }
    }
}

/// One pass over one text.
@safe private struct Analysis {
    private let text: UnsafeBufferPointer<UInt8>
    private var word: WordBuilder
    private var pairs = PairRun()
    private var position = 0
    private let ascii = unsafe ASCIIClass.table

    init(text: UnsafeBufferPointer<UInt8>, word: WordBuilder) {
        unsafe self.text = text
        self.word = word
    }

    mutating func run<Sink: TokenSink>(into sink: inout Sink) {
        let count = unsafe text.count
        while position < count {
            let kind = unsafe ascii[Int(text[position])]
            if kind == 0 {
                position += 1
            } else if kind & ASCIIClass.beyond != 0 || !plainWord(into: &sink) {
                run(unicodeInto: &sink)
            }
        }
    }

    /// Takes an ASCII word that is no identifier; false, with nothing taken, for any other word.
    @inline(__always)
    private mutating func plainWord<Sink: TokenSink>(into sink: inout Sink) -> Bool {
        let text = unsafe self.text
        let ascii = unsafe self.ascii
        let scratch = unsafe word.scratch
        let start = position
        var end = start
        let first = unsafe ascii[Int(text[start])]
        var rest: UInt8 = 0
        while end < text.count {
            let byte = unsafe text[end]
            let kind = unsafe ascii[Int(byte)]
            if kind == 0 { break }
            if end > start { rest |= kind }
            // Setting bit 5 lowers a capital and leaves a digit or a small letter as it is.
            unsafe scratch[min(end - start, TextAnalyser.maximumTokenBytes)] = byte | 0x20
            end += 1
        }
        let seen = first | rest
        if seen & (ASCIIClass.beyond | ASCIIClass.underscore) != 0 { return false }
        let letters = ASCIIClass.lower | ASCIIClass.upper
        if seen & ASCIIClass.digit != 0, seen & letters != 0 { return false }
        if rest & ASCIIClass.upper != 0, seen & ASCIIClass.lower != 0 { return false }
        position = end
        let count = min(end - start, TextAnalyser.maximumTokenBytes)
        unsafe sink.take(
            .word, UnsafeBufferPointer(start: scratch, count: count), at: start..<end)
        return true
    }

    /// Takes words and pair runs until a separator has been passed.
    private mutating func run<Sink: TokenSink>(unicodeInto sink: inout Sink) {
        while let scalar = decode() {
            switch scalar.kind {
            case .separator:
                word.finish(into: &sink)
                pairs.finish(into: &sink)
                return
            case .pair:
                word.finish(into: &sink)
                takePair(scalar, into: &sink)
            case .ignorable:
                word.extend(to: scalar.source.upperBound)
                pairs.extend(to: scalar.source.upperBound)
            case .underscore:
                pairs.finish(into: &sink)
                word.underscore(at: scalar.source.lowerBound)
            case .plain, .lower, .upper:
                pairs.finish(into: &sink)
                takeLetter(scalar)
            }
        }
        word.finish(into: &sink)
        pairs.finish(into: &sink)
    }

    private mutating func takePair<Sink: TokenSink>(_ scalar: FoldedScalar, into sink: inout Sink) {
        if scalar.expands {
            for one in FoldingTable.shared.expansion(scalar.folded) {
                pairs.add(one, at: scalar.source, into: &sink)
            }
        } else {
            pairs.add(scalar.folded, at: scalar.source, into: &sink)
        }
    }

    private mutating func takeLetter(_ scalar: FoldedScalar) {
        word.begin(scalar.kind, at: scalar.source)
        if scalar.expands {
            for one in FoldingTable.shared.expansion(scalar.folded) { word.append(one) }
        } else {
            word.append(scalar.folded)
        }
    }

    private struct FoldedScalar {
        var kind: ScalarClass
        var folded: UInt32
        var expands: Bool
        var source: Range<Int>
    }

    /// The next scalar, folded, with the marks that compose with it.
    private mutating func decode() -> FoldedScalar? {
        guard unsafe position < text.count else { return nil }
        let start = position
        let byte = unsafe text[start]
        if byte < 0x80 {
            position += 1
            let kind = unsafe ASCIIClass.scalarClass(ascii[Int(byte)])
            let lowered = UInt32(kind == .upper ? byte | 0x20 : byte)
            return compose(
                FoldedScalar(kind: kind, folded: lowered, expands: false, source: start..<position))
        }
        guard let scalar = unsafe UTF8Decoder.next(text, &position) else {
            return FoldedScalar(
                kind: .separator, folded: 0, expands: false, source: start..<position)
        }
        let entry = FoldingTable.shared.entry(scalar)
        return compose(
            FoldedScalar(
                kind: entry.kind, folded: entry.folded, expands: entry.expands,
                source: start..<position))
    }

    @inline(__always)
    private mutating func compose(_ scalar: FoldedScalar) -> FoldedScalar {
        guard unsafe position < text.count, unsafe text[position] >= 0xCC else { return scalar }
        return composeMarks(scalar)
    }

    private mutating func composeMarks(_ first: FoldedScalar) -> FoldedScalar {
        guard !first.expands, first.kind != .separator, first.kind != .ignorable else {
            return first
        }
        var scalar = first
        var next = position
        while unsafe next < text.count, let mark = unsafe UTF8Decoder.next(text, &next) {
            // A halfwidth sound mark folds to the one that composes.
            let folded = mark &- 0xFF9E < 2 ? mark - 0xFF9E + 0x3099 : mark
            guard FoldingTable.canCompose(folded),
                let composed = FoldingTable.shared.composition(scalar.folded, folded)
            else { break }
            let entry = FoldingTable.shared.entry(composed)
            scalar.folded = entry.folded
            position = next
            scalar.source = first.source.lowerBound..<next
        }
        return scalar
    }
}
