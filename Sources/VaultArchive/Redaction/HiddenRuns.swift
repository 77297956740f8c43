/// What stands in a folded text and is not read, looked up instead of gone through again from each
/// place where a word may begin.
struct HiddenRuns {
    /// For each place, where the thing that begins there ends; empty where a text has none.
    private var ends: [Int32] = []
    /// The same for all such things in a row.
    private var runEnds: [Int32] = []
    /// Whether one of the row stands between words.
    private var areParting: [Bool] = []
    /// From the first to the last that is neither blank nor hidden.
    private let visible: Range<Int>

    init(_ text: [FoldedText.Element]) {
        let isVisible: (FoldedText.Element) -> Bool = { $0.kind != .space && $0.kind != .hidden }
        let first = text.firstIndex(where: isVisible) ?? text.count
        visible = first..<max(first, (text.lastIndex(where: isVisible) ?? 0) + 1)
        var links = LinkReader()
        var comments = CommentReader()
        for place in text.indices {
            guard
                let end = comments.end(of: text, at: place, value: \.value)
                    ?? Markup.end(ofHidden: text, at: place)
                    ?? links.end(of: text, at: place, value: \.value)
            else { continue }
            if ends.isEmpty { ends = text.indices.map(Int32.init) }
            ends[place] = Int32(end)
        }
        guard !ends.isEmpty else { return }
        runEnds = ends
        areParting = Array(repeating: false, count: text.count)
        for place in text.indices.reversed() where ends[place] > place {
            let end = Int(ends[place])
            areParting[place] = Markup.isParting(text[place])
            guard end < text.count, ends[end] > end else { continue }
            runEnds[place] = runEnds[end]
            areParting[place] = areParting[place] || areParting[end]
        }
    }

    /// Whether a text has such things.
    var hasRuns: Bool { !ends.isEmpty }

    /// Where what begins at a place and is not read ends; the place itself where nothing does.
    func end(at place: Int) -> Int { ends.indices.contains(place) ? Int(ends[place]) : place }

    /// Where all ends that is not read and begins at a place.
    func end(ofRunAt place: Int) -> Int {
        runEnds.indices.contains(place) ? Int(runEnds[place]) : place
    }

    /// Whether what begins at a place and is not read may stand between two words.
    func parts(at place: Int) -> Bool { areParting.indices.contains(place) && areParting[place] }

    /// Whether a range is all of the text that anybody sees.
    func isAll(_ range: Range<Int>) -> Bool {
        range.lowerBound <= visible.lowerBound && range.upperBound >= visible.upperBound
    }
}

/// What stands in a text and is not read.
enum Markup {
    /// A tag or the address of a link is at most this long.
    static let longest = 1000

    /// The end of what may stand within a word, but the address of a link.
    static func end(ofHidden text: [FoldedText.Element], at start: Int) -> Int? {
        let element = text[start]
        if element.value == 0x2D || element.value == 0xAD,
            let end = end(ofHyphen: text, at: start)
        {
            return end
        }
        if element.kind == .hidden || isLooseMark(text, at: start) { return start + 1 }
        return end(ofTag: text, at: start)
    }

    /// Whether it stands between words rather than in them: `_`, a tag, a hyphen.
    static func isParting(_ element: FoldedText.Element) -> Bool {
        element.value == 0x5F || element.kind != .hidden && element.kind != .mark
    }

    /// Whether something that is not read may begin with this and be looked for too.
    static func mayBegin(with value: UInt32) -> Bool {
        [0x3C, 0x5D].contains(value) || isOfAnyScript(value)
    }

    /// Whether a mark is a scalar of its own, and not what is left of a letter.
    static func isLooseMark(_ text: [FoldedText.Element], at place: Int) -> Bool {
        text[place].kind == .mark && isOfAnyScript(text[place].value)
            && (place == 0 || text[place - 1].start != text[place].start)
    }

    /// The blocks of marks that belong to no script.
    static func isOfAnyScript(_ value: UInt32) -> Bool {
        switch value {
        case 0x300..<0x370, 0x1AB0..<0x1B00, 0x1DC0..<0x1E00, 0x20D0..<0x2100, 0xFE20..<0xFE30: true
        default: false
        }
    }

    /// The end of a tag that begins here.
    private static func end(ofTag text: [FoldedText.Element], at start: Int) -> Int? {
        guard text[start].value == 0x3C, start + 1 < text.count,
            text[start + 1].kind == .letter || [0x2F, 0x21].contains(text[start + 1].value)
        else { return nil }
        return TagReader.end(of: text[start...].prefix(longest), value: \.value)
    }

    /// The beginning of the line below, behind the marks of a quoted mail.
    private static func end(ofHyphen text: [FoldedText.Element], at start: Int) -> Int? {
        var place = start + 1
        var hasLineEnd = false
        while place < text.count, text[place].kind == .space || hasLineEnd && isQuote(text[place]) {
            if text[place].value == 0x0A { hasLineEnd = true }
            place += 1
        }
        return hasLineEnd ? place : nil
    }

    private static func isQuote(_ element: FoldedText.Element) -> Bool { element.value == 0x3E }
}

/// Reads the tags of HTML, whatever kind of scalars a text is of.
enum TagReader {
    /// Where a tag ends that begins with its `<`.
    ///
    /// A `>` in quotes ends none, unless the quotes are not closed: prose has apostrophes.
    ///
    /// - Parameters:
    ///   - text: From the `<` on, as far as a tag may go.
    ///   - value: What an element is.
    /// - Returns: The index behind the `>`; `nil` where there is none.
    static func end<Element>(
        of text: ArraySlice<Element>, value: (Element) -> UInt32
    ) -> Int? {
        var quote: UInt32?
        var last: UInt32 = 0
        var fallback: Int?
        for place in text.indices.dropFirst() {
            let value = value(text[place])
            if value == 0x3E {
                if quote == nil { return place + 1 }
                fallback = fallback ?? place + 1
            } else if value == 0x3C, quote == nil {
                return fallback
            } else if let open = quote {
                if value == open { quote = nil }
            } else if last == 0x3D, value == 0x22 || value == 0x27 {
                quote = value
            }
            last = value
        }
        return fallback
    }
}

/// Finds comments of HTML, however long; goes through a text once, from its beginning on.
struct CommentReader {
    /// The first `-->` behind the place that was asked for last begins here.
    private var stop = 0

    /// Where a comment ends that begins with the `<` here.
    ///
    /// - Parameters:
    ///   - text: All of the text.
    ///   - start: Not less than the time before.
    ///   - value: What an element is.
    /// - Returns: The index behind the `-->`; `nil` where there is no comment.
    mutating func end<Element>(
        of text: [Element], at start: Int, value: (Element) -> UInt32
    ) -> Int? {
        func has(_ values: [UInt32], at place: Int) -> Bool {
            place + values.count <= text.count
                && values.indices.allSatisfy { value(text[place + $0]) == values[$0] }
        }
        guard value(text[start]) == 0x3C, has([0x21, 0x2D, 0x2D], at: start + 1) else { return nil }
        // `<!-->` and `<!--->` are whole.
        stop = max(stop, start + 2)
        while stop < text.count, !has([0x2D, 0x2D, 0x3E], at: stop) { stop += 1 }
        return stop < text.count ? stop + 3 : nil
    }
}

/// Finds the addresses of links in Markdown; goes through a text once, from its beginning on.
struct LinkReader {
    /// The first end of an address or of a line behind the place that was asked for last.
    private var stop = 0

    /// Where an address ends that begins with the `]` here.
    ///
    /// - Parameters:
    ///   - text: All of the text.
    ///   - start: Not less than the time before.
    ///   - value: What an element is.
    /// - Returns: The index behind the `)`; `nil` where there is no address.
    mutating func end<Element>(
        of text: [Element], at start: Int, value: (Element) -> UInt32
    ) -> Int? {
        guard value(text[start]) == 0x5D, start + 1 < text.count, value(text[start + 1]) == 0x28
        else { return nil }
        while stop < text.count, stop <= start || !isEnd(value(text[stop])) { stop += 1 }
        guard stop < text.count, stop - start < Markup.longest, value(text[stop]) == 0x29 else {
            return nil
        }
        return stop + 1
    }

    private func isEnd(_ value: UInt32) -> Bool { value == 0x0A || value == 0x29 }
}
