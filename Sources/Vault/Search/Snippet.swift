/// A piece of a message around what was found in it.
package struct Snippet: Sendable, Equatable {
    /// One line, with `…` where text was left out.
    package var text: String
    /// What matched, as ranges of UTF-8 offsets in `text`, in order and apart.
    package var matches: [Range<Int>]

    /// About this many characters are shown.
    static let lengthCharacters = 200

    /// The densest place of a message's texts; their beginning when nothing in them matches.
    ///
    /// - Parameters:
    ///   - texts: The searched text of each part.
    ///   - terms: What the query looks for.
    ///   - analyser: That of the index.
    init(of texts: [String], matching terms: [TextTerm], _ analyser: TextAnalyser) {
        let finder = MatchFinder(terms, analyser)
        var best: (text: String, cluster: Cluster)?
        for text in texts {
            guard let cluster = Cluster(finder.matches(in: text)) else { continue }
            if best.map({ $0.cluster.weight < cluster.weight }) ?? true { best = (text, cluster) }
        }
        if let best {
            let excerpt = Excerpt(of: best.text, around: best.cluster.span)
            self = excerpt.snippet(marking: best.cluster.all)
        } else {
            let text = texts.first { !$0.isEmpty } ?? ""
            self = Excerpt(of: text, around: 0..<0).snippet(marking: [])
        }
    }

    fileprivate init(text: String, matches: [Range<Int>]) {
        self.text = text
        self.matches = matches
    }
}

/// Matches of one text that stand close together.
private struct Cluster {
    /// Longer clusters would not fit into a snippet.
    private static let widthBytes = 160

    /// Different phrases first, then matches.
    var weight = 0
    var span = 0..<0
    /// All matches of the text, in order and apart.
    var all: [Range<Int>] = []

    init?(_ matches: [MatchFinder.Match]) {
        guard !matches.isEmpty else { return nil }
        var first = 0
        var inside: [Int: Int] = [:]
        for (index, match) in matches.enumerated() {
            inside[match.phrase, default: 0] += 1
            while match.source.lowerBound - matches[first].source.lowerBound > Self.widthBytes {
                let phrase = matches[first].phrase
                inside[phrase] = inside[phrase].flatMap { $0 > 1 ? $0 - 1 : nil }
                first += 1
            }
            let weight = inside.count << 16 + min(index - first + 1, 0xFFFF)
            if weight > self.weight {
                self.weight = weight
                span = matches[first].source.lowerBound..<match.source.upperBound
            }
            if let last = all.last, last.upperBound > match.source.lowerBound {
                let end = max(last.upperBound, match.source.upperBound)
                all[all.count - 1] = last.lowerBound..<end
            } else {
                all.append(match.source)
            }
        }
    }
}

/// A run of whole characters of a text.
private struct Excerpt {
    private static let marginCharacters = 70
    private static let snapCharacters = 15

    private let text: String
    private var start: String.Index
    private var end: String.Index

    /// Takes the characters around a span of bytes.
    init(of text: String, around span: Range<Int>) {
        self.text = text
        let first = Self.character(at: span.lowerBound, in: text)
        start =
            text.index(first, offsetBy: -Self.marginCharacters, limitedBy: text.startIndex)
            ?? text.startIndex
        let length = Snippet.lengthCharacters
        end = text.index(start, offsetBy: length, limitedBy: text.endIndex) ?? text.endIndex
        // Near the end of the text the piece begins earlier instead.
        if end == text.endIndex {
            start =
                text.index(end, offsetBy: -length, limitedBy: text.startIndex) ?? text.startIndex
        }
        snap(first: first)
    }

    /// The boundary between characters at or before a byte.
    private static func character(at offset: Int, in text: String) -> String.Index {
        var offset = min(offset, text.utf8.count)
        while offset > 0 {
            let index = text.utf8.index(text.startIndex, offsetBy: offset)
            if let whole = String.Index(index, within: text) { return whole }
            offset -= 1
        }
        return text.startIndex
    }

    /// Moves the cuts to blanks, where there are some near.
    private mutating func snap(first: String.Index) {
        if start > text.startIndex {
            let limit = text.index(start, offsetBy: Self.snapCharacters, limitedBy: first) ?? first
            if let blank = text[start..<limit].firstIndex(where: \.isWhitespace) { start = blank }
        }
        guard end < text.endIndex,
            let limit = text.index(end, offsetBy: -Self.snapCharacters, limitedBy: first),
            let blank = text[limit..<end].lastIndex(where: \.isWhitespace)
        else { return }
        end = blank
    }

    /// The excerpt on one line.
    func snippet(marking matches: [Range<Int>]) -> Snippet {
        var line = MarkedLine(matches: matches)
        if start > text.startIndex { line.text = "…" }
        var offset = text.utf8.distance(from: text.startIndex, to: start)
        for character in text[start..<end] {
            line.append(character, at: offset)
            offset += character.utf8.count
        }
        line.trimEnd()
        if end < text.endIndex { line.text += "…" }
        return Snippet(text: line.text, matches: line.marks)
    }
}

/// A line under construction; blanks are joined and marks move along.
private struct MarkedLine {
    let matches: [Range<Int>]
    var text = ""
    var marks: [Range<Int>] = []
    private var next = 0
    /// The match that the last mark belongs to.
    private var marked = -1
    private var hasBlank = true

    init(matches: [Range<Int>]) { self.matches = matches }

    /// Takes the character that begins at a byte of the text.
    mutating func append(_ character: Character, at offset: Int) {
        while next < matches.count, matches[next].upperBound <= offset { next += 1 }
        let before = text.utf8.count
        if character.isWhitespace {
            if !hasBlank { text += " " }
        } else {
            text.append(character)
        }
        hasBlank = character.isWhitespace
        let end = offset + character.utf8.count
        guard text.utf8.count > before, next < matches.count, matches[next].lowerBound < end else {
            return
        }
        if marked == next, let last = marks.last {
            marks[marks.count - 1] = last.lowerBound..<text.utf8.count
        } else {
            marks.append(before..<text.utf8.count)
            marked = next
        }
    }

    mutating func trimEnd() {
        if text.hasSuffix(" ") { text.removeLast() }
    }
}
