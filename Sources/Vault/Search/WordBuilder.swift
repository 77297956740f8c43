/// Collects the folded bytes of one word and finds where an identifier falls apart.
///
/// `readFile|Sync`, `HTTP|Server`, `snake|_case`, `parse|XML|2|JSON`, `sha|256|sum`. A plural of
/// capitals (`APIs`) stays one piece, and so does a piece that letters and digits alternate in more
/// often, such as a hash.
@safe struct WordBuilder {
    /// Bytes beyond this are dropped: no token is as long, and fragments this far in are noise.
    static let capacityBytes = 512
    /// An identifier of more pieces is no identifier but encoded data, and stays whole.
    static let capacitySplits = 32
    /// A piece that falls apart at digits more often is no name but a number in hexadecimal digits
    /// or other encoded data, and stays whole.
    private static let maximumDigitSplits = 3

    /// A place where an identifier falls apart.
    struct Split {
        /// Offset in the folded bytes.
        var offset: Int
        /// Where the piece before it ends in the text, and where the piece behind it begins.
        var sourceEnd: Int
        var sourceStart: Int
    }

    /// Also used by the analyser for words that need no builder.
    let scratch: UnsafeMutablePointer<UInt8>
    private let splits: UnsafeMutableBufferPointer<Split>
    private var count = 0
    private var splitCount = 0
    private var source = 0..<0
    private var previous = ScalarClass.separator
    private var beforePrevious = ScalarClass.separator
    private var previousOffset = 0
    private var previousSource = 0
    private var previousEnd = 0
    /// Whether the last split stands before a capital that small letters follow.
    private var isTentative = false
    /// How many of the last splits stand beside digits, in the piece that is being collected.
    private var digitSplits = 0
    private var wasDigit = false

    /// Works in memory that is lent for the analysis of one text.
    init(bytes: UnsafeMutableBufferPointer<UInt8>, splits: UnsafeMutableBufferPointer<Split>) {
        guard let base = bytes.baseAddress else { preconditionFailure("No memory was lent.") }
        unsafe scratch = base
        unsafe self.splits = splits
    }

    /// Announces the next letter; `append` brings its folded scalars.
    mutating func begin(_ kind: ScalarClass, at range: Range<Int>) {
        if count == 0 { source = range }
        if kind == .upper, previous == .lower {
            closePiece()
            split(at: count, sourceEnd: source.upperBound, sourceStart: range.lowerBound)
        } else if kind == .lower, previous == .upper,
            beforePrevious == .upper || beforePrevious == .plain
        {
            isTentative = split(
                at: previousOffset, sourceEnd: previousEnd, sourceStart: previousSource)
        }
        beforePrevious = previous
        previous = kind
        previousOffset = count
        previousEnd = source.upperBound
        previousSource = range.lowerBound
        source = source.lowerBound..<range.upperBound
    }

    mutating func append(_ scalar: UInt32) {
        guard count + 4 <= Self.capacityBytes else { return }
        let isDigit = scalar &- 0x30 < 10
        // What a letter unfolds to stays together.
        if isDigit != wasDigit, count == previousOffset, count > 0 { splitAtDigit() }
        wasDigit = isDigit
        count += unsafe UTF8Decoder.write(scalar, to: scratch + count)
    }

    /// A mark that was dropped belongs to the letter before it.
    mutating func extend(to end: Int) {
        if count > 0 { source = source.lowerBound..<end }
    }

    mutating func underscore(at offset: Int) {
        guard count > 0 else { return }
        closePiece()
        split(at: count, sourceEnd: source.upperBound, sourceStart: offset + 1)
        previous = .separator
        beforePrevious = .separator
    }

    /// Hands the word over and starts afresh.
    mutating func finish<Sink: TokenSink>(into sink: inout Sink) {
        guard count > 0 else { return }
        closePiece()
        dropDigitSplits()
        // An underscore at the end has nothing behind it.
        if splitCount > 0, unsafe splits[splitCount - 1].offset == count { splitCount -= 1 }
        let isCompound = splitCount > 0 && splitCount < Self.capacitySplits
        unsafe sink.take(
            isCompound ? .compound : .word, cut(0, count), at: source)
        if isCompound { handFragments(to: &sink) }
        reset()
    }

    private func handFragments<Sink: TokenSink>(to sink: inout Sink) {
        var start = 0
        var sourceStart = source.lowerBound
        for index in 0..<splitCount {
            let split = unsafe splits[index]
            unsafe sink.take(
                .fragment, cut(start, split.offset), at: sourceStart..<split.sourceEnd)
            start = split.offset
            sourceStart = split.sourceStart
        }
        unsafe sink.take(.fragment, cut(start, count), at: sourceStart..<source.upperBound)
        sink.endFragments()
    }

    /// The bytes of a piece, cut before the scalar that would exceed the longest token.
    private func cut(_ start: Int, _ end: Int) -> UnsafeBufferPointer<UInt8> {
        var length = end - start
        if length > TextAnalyser.maximumTokenBytes {
            length = TextAnalyser.maximumTokenBytes
            while unsafe scratch[start + length] & 0xC0 == 0x80 { length -= 1 }
        }
        return unsafe UnsafeBufferPointer(start: scratch + start, count: length)
    }

    /// Answers whether the place was whole before.
    @discardableResult
    private mutating func split(at offset: Int, sourceEnd: Int, sourceStart: Int) -> Bool {
        isTentative = false
        let isSplit = unsafe splitCount > 0 && splits[splitCount - 1].offset == offset
        if isSplit, digitSplits > 0 {
            // Digits stand before it: from now on it is one of the ordinary ones.
            digitSplits -= 1
            splitCount -= 1
        }
        dropDigitSplits()
        guard splitCount < Self.capacitySplits, offset > 0 else { return false }
        if splitCount > 0, unsafe splits[splitCount - 1].offset == offset {
            unsafe splits[splitCount - 1].sourceStart = sourceStart
            return false
        }
        unsafe splits[splitCount] = Split(
            offset: offset, sourceEnd: sourceEnd, sourceStart: sourceStart)
        splitCount += 1
        return !isSplit
    }

    /// Splits between a digit and a letter.
    private mutating func splitAtDigit() {
        closePiece()
        guard digitSplits <= Self.maximumDigitSplits, splitCount < Self.capacitySplits else {
            return
        }
        if splitCount > 0, unsafe splits[splitCount - 1].offset == count { return }
        unsafe splits[splitCount] = Split(
            offset: count, sourceEnd: previousEnd, sourceStart: previousSource)
        splitCount += 1
        digitSplits += 1
    }

    /// The piece ends: takes its splits beside digits back when there are too many.
    private mutating func dropDigitSplits() {
        if digitSplits > Self.maximumDigitSplits { splitCount -= digitSplits }
        digitSplits = 0
    }

    /// Takes back a split that cut `APIs` into `AP` and `Is`.
    private mutating func closePiece() {
        guard isTentative else { return }
        isTentative = false
        let start = unsafe splits[splitCount - 1].offset
        if count - start == 2, unsafe scratch[count - 1] == UInt8(ascii: "s") { splitCount -= 1 }
    }

    private mutating func reset() {
        count = 0
        splitCount = 0
        previous = .separator
        beforePrevious = .separator
        isTentative = false
        digitSplits = 0
        wasDigit = false
    }
}

/// A run of characters of scripts that are written without spaces.
struct PairRun {
    private var last: UInt32 = 0
    private var lastSource = 0..<0
    private var isEmpty = true

    mutating func add<Sink: TokenSink>(
        _ scalar: UInt32, at source: Range<Int>, into sink: inout Sink
    ) {
        if !isEmpty {
            hand(.pair, last, scalar, at: lastSource.lowerBound..<source.upperBound, to: &sink)
        }
        last = scalar
        lastSource = source
        isEmpty = false
    }

    mutating func extend(to end: Int) {
        if !isEmpty { lastSource = lastSource.lowerBound..<end }
    }

    mutating func finish<Sink: TokenSink>(into sink: inout Sink) {
        guard !isEmpty else { return }
        hand(.pairEnd, last, nil, at: lastSource, to: &sink)
        isEmpty = true
    }

    private func hand<Sink: TokenSink>(
        _ kind: TokenKind, _ first: UInt32, _ second: UInt32?, at source: Range<Int>,
        to sink: inout Sink
    ) {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 8) { buffer in
            guard let bytes = buffer.baseAddress else { return }
            var count = unsafe UTF8Decoder.write(first, to: bytes)
            if let second { count += unsafe UTF8Decoder.write(second, to: bytes + count) }
            unsafe sink.take(kind, UnsafeBufferPointer(start: bytes, count: count), at: source)
        }
    }
}
