/// Finds mail addresses and telephone numbers.
///
/// Each place of a text is looked at once, and what surrounds it within bounds or up to the next
/// such place, so that the time grows as the text does, whatever stands in it.
///
/// Found are
/// 1. `ann@corp.example`, `ann@localhost`, `ann@[10.0.0.1]`, `"ann smith"@corp.example`, and with
///    blanks around the `@` where the host has a dot: `ann @ corp.example`;
/// 2. the same in `<>`, also behind `mailto:` in any brackets, with the name in front: up to eight
///    words of the line, or of the line above, back to a colon, a semicolon, another address or the
///    end of a sentence, or all in double quotes. That may be more than the name;
/// 3. spelled addresses: `bob [at] x.ch`, `bob(at)x(dot)ch`, `bob at x dot ch`;
/// 4. telephone numbers in international form: `+41 44 123 45 67`, `0041…`, `00 41 …`.
struct AddressScan: Sendable {
    /// Addresses that are left alone, in small letters.
    var own: Set<String> = []

    /// What is found, in no order; ranges may overlap.
    ///
    /// - Parameter text: A text or a form of it.
    /// - Returns: Offsets in the UTF-8 of what the scalars are from.
    func ranges(in text: [TextScalar]) -> [Range<Int32>] {
        var reader = AddressReader(text, own: own)
        return reader.run().map { range in
            let start = text[range.lowerBound].start
            return start..<max(start, text[range.upperBound - 1].end)
        }
    }
}

/// Goes through a text once for `AddressScan`.
struct AddressReader {
    private let text: [TextScalar]
    private let own: Set<String>
    /// How often a scalar was looked at.
    private(set) var steps = 0

    init(_ text: [TextScalar], own: Set<String>) {
        self.text = text
        self.own = own
    }

    /// Offsets in the scalars; none is empty.
    mutating func run() -> [Range<Int>] {
        var found: [Range<Int>] = []
        for place in text.indices {
            let range: Range<Int>? =
                switch value(place) {
                case 0x40: mail(at: place)
                case 0x28, 0x3C, 0x5B, 0x7B: bracketed(at: place)
                case 0x41, 0x61: spelled(at: place)
                case 0x2B, 0x30: telephone(at: place)
                default: nil
                }
            if let range { found.append(range) }
        }
        return found
    }

    // MARK: Scalars

    /// The scalar at a place; 0 outside.
    private mutating func value(_ place: Int) -> UInt32 {
        steps += 1
        return text.indices.contains(place) ? text[place].value : 0
    }

    private mutating func kind(_ place: Int) -> FoldedText.Kind {
        steps += 1
        guard text.indices.contains(place) else { return .other }
        return FoldTable.shared.kind(of: text[place].value).0
    }

    private mutating func isOfWord(_ place: Int) -> Bool {
        [.letter, .unspaced, .mark, .digit].contains(kind(place))
    }

    private mutating func isLineEnd(_ place: Int) -> Bool {
        [0x0A, 0x0D, 0x2028, 0x2029].contains(value(place))
    }

    private mutating func isBlank(_ place: Int) -> Bool { kind(place) == .space }

    /// How many blanks begin at a place, or end before it, in the line or over its end.
    private mutating func blanks(
        at start: Int, isBefore: Bool = false, overLines: Bool, atMost limit: Int = .max
    ) -> Int {
        var count = 0
        while count < limit {
            let place = isBefore ? start - count - 1 : start + count
            guard isBlank(place), overLines || !isLineEnd(place) else { break }
            count += 1
        }
        return count
    }

    /// Whether ASCII letters stand at a place, in any case.
    private mutating func isWord(_ letters: StaticString, at place: Int) -> Bool {
        for (offset, letter) in letters.description.utf8.enumerated()
        where value(place + offset) | 0x20 != UInt32(letter) {
            return false
        }
        return true
    }

    // MARK: Addresses

    private mutating func mail(at sign: Int) -> Range<Int>? {
        let front = blanks(at: sign, isBefore: true, overLines: false, atMost: 2)
        let behind = blanks(at: sign + 1, overLines: true, atMost: 2)
        let quoted = quotedLocal(before: sign - front)
        guard let local = quoted ?? local(before: sign - front),
            let host = host(at: sign + 1 + behind)
        else { return nil }
        if quoted != nil || front + behind > 0, !isDomain(host) { return nil }
        guard !isOwn(local, host) else { return nil }
        return named(local.lowerBound..<host.upperBound)
    }

    /// What stands before the sign, without an apostrophe at its beginning.
    private mutating func local(before end: Int) -> Range<Int>? {
        var start = end
        while isOfLocal(start - 1) { start -= 1 }
        return start < end ? start..<end : nil
    }

    private mutating func isOfLocal(_ place: Int) -> Bool {
        switch value(place) {
        case 0x25, 0x2B, 0x2D, 0x2E, 0x5F: true
        case 0x27, 0x2019: isOfWord(place - 1) && isOfWord(place + 1)
        default: isOfWord(place)
        }
    }

    private static let longestQuoted = 120

    /// What stands before the sign in double quotes; `": "` in JSON is none.
    private mutating func quotedLocal(before end: Int) -> Range<Int>? {
        guard let range = quoted(before: end), isOfWord(range.lowerBound + 1),
            isOfWord(range.upperBound - 2)
        else { return nil }
        return range
    }

    /// A text in double quotes, with them.
    private mutating func quoted(before end: Int) -> Range<Int>? {
        guard value(end - 1) == 0x22 else { return nil }
        var start = end - 1
        while start > 0, end - start < Self.longestQuoted {
            start -= 1
            if isLineEnd(start) { return nil }
            if value(start) == 0x22 { return end - start > 2 ? start..<end : nil }
        }
        return nil
    }

    /// Names with dots between them, a name alone that begins with a letter, or a number in `[]`.
    private mutating func host(at start: Int) -> Range<Int>? {
        if value(start) == 0x5B { return numericHost(at: start) }
        guard var end = label(at: start) else { return nil }
        var hasDot = false
        while value(end) == 0x2E, let next = label(at: end + 1) {
            end = next
            hasDot = true
        }
        if !hasDot {
            guard [.letter, .unspaced].contains(kind(start)) else { return nil }
            while let next = labelBehindDot(at: end) { end = next }
        }
        return start..<end
    }

    private mutating func label(at start: Int) -> Int? {
        var end = start
        while value(end) == 0x2D || isOfWord(end) { end += 1 }
        return end > start ? end : nil
    }

    private mutating func numericHost(at start: Int) -> Range<Int>? {
        var end = start + 1
        while end < start + 48, value(end) == 0x2E || value(end) == 0x3A || isOfWord(end) {
            end += 1
        }
        return end > start + 1 && value(end) == 0x5D ? start..<end + 1 : nil
    }

    /// Whether a host has a dot, and a letter behind the last one.
    private mutating func isDomain(_ host: Range<Int>) -> Bool {
        var place = host.upperBound - 1
        while place > host.lowerBound, value(place) != 0x2E { place -= 1 }
        return place > host.lowerBound && [.letter, .unspaced].contains(kind(place + 1))
    }

    /// Whether an address is the person's own; emphasis in front of it looks like its beginning.
    private func isOwn(_ local: Range<Int>, _ host: Range<Int>) -> Bool {
        guard !own.isEmpty else { return false }
        let dots = TextScalar.text(text[host]).lowercased()
            .replacing(" dot ", with: ".")
        let address = TextScalar.text(text[local]).lowercased() + "@" + dots
        return own.contains(address)
            || own.contains(String(address.drop { !$0.isLetter && !$0.isNumber }))
    }

    // MARK: Names in front

    /// An address with its brackets and the name in front of them, where it has both.
    private mutating func named(_ address: Range<Int>) -> Range<Int> {
        var open = address.lowerBound
        open -= blanks(at: open, isBefore: true, overLines: false, atMost: 2)
        let hasScheme = value(open - 1) == 0x3A && isWord("mailto", at: open - 7)
        if hasScheme { open -= 7 }
        open -= 1
        let bracket = value(open)
        guard bracket == 0x3C || hasScheme && [0x28, 0x5B, 0x7B].contains(bracket),
            let start = name(before: open)
        else { return address }
        let end =
            address.upperBound + blanks(at: address.upperBound, overLines: false, atMost: 2)
        let isClosed = [0x29, 0x3E, 0x5D, 0x7D].contains(value(end))
        return start..<(isClosed ? end + 1 : address.upperBound)
    }

    private static let longestName = 120
    private static let mostWords = 8

    /// Where the name begins that ends before a bracket.
    private mutating func name(before bracket: Int) -> Int? {
        var end = bracket
        end -= blanks(at: end, isBefore: true, overLines: false, atMost: 8)
        if isLineEnd(end - 1) {
            end -= value(end - 1) == 0x0A && value(end - 2) == 0x0D ? 2 : 1
            end -= blanks(at: end, isBefore: true, overLines: false, atMost: 8)
        }
        if let quoted = quoted(before: end) { return quoted.lowerBound }
        if value(end - 1) == 0x22 { end -= 1 }
        let limit = end - Self.longestName
        var start = end
        for _ in 0..<Self.mostWords {
            guard let word = word(before: start, downTo: limit),
                start == end || !endsSentence(word)
            else { break }
            start = word.lowerBound
        }
        while start < end, !isOfWord(start) { start += 1 }
        return start < end ? start : nil
    }

    /// The word that ends at a place or at blanks before it.
    private mutating func word(before place: Int, downTo limit: Int) -> Range<Int>? {
        var end = place
        while end > limit, isBlank(end - 1), !isLineEnd(end - 1) { end -= 1 }
        var start = end
        while start > max(limit, 0), !isBlank(start - 1), !endsName(start - 1) { start -= 1 }
        return start < end ? start..<end : nil
    }

    /// Whether a name does not go over what is here.
    private mutating func endsName(_ place: Int) -> Bool {
        switch value(place) {
        // ! " : ; < = > ? @ { }
        case 0x21, 0x22, 0x3A...0x40, 0x7B, 0x7D, TextSearch.gap.value: true
        default: false
        }
    }

    /// Whether a dot behind a word is none of an abbreviation.
    private mutating func endsSentence(_ word: Range<Int>) -> Bool {
        value(word.upperBound - 1) == 0x2E && word.count > 5
    }

    // MARK: Spelled

    /// An address with `[at]`, whose bracket is here.
    private mutating func bracketed(at open: Int) -> Range<Int>? {
        guard let behind = inBrackets("at", orSign: 0x40, at: open),
            let local = local(before: open - blanks(at: open, isBefore: true, overLines: true)),
            let host = spelledHost(at: behind + blanks(at: behind, overLines: true)),
            !isOwn(local, host.range)
        else { return nil }
        return local.lowerBound..<host.range.upperBound
    }

    /// An address with `at` between blanks and a dot that is spelled.
    private mutating func spelled(at place: Int) -> Range<Int>? {
        guard isWord("at", at: place), isBlank(place - 1), isBlank(place + 2),
            let last = local(before: place - blanks(at: place, isBefore: true, overLines: true)),
            let host = spelledHost(at: place + 2 + blanks(at: place + 2, overLines: true)),
            host.isSpelled, !isOwn(last, host.range)
        else { return nil }
        var start = last.lowerBound
        while let word = wordBeforeDot(at: start) { start = word.lowerBound }
        return start..<host.range.upperBound
    }

    /// Where brackets end that have nothing but a word or a sign in them.
    private mutating func inBrackets(
        _ word: StaticString, orSign sign: UInt32, at open: Int
    ) -> Int? {
        guard [0x28, 0x3C, 0x5B, 0x7B].contains(value(open)) else { return nil }
        var place = open + 1
        place += blanks(at: place, overLines: true, atMost: 2)
        if value(place) == sign {
            place += 1
        } else if isWord(word, at: place) {
            place += word.utf8CodeUnitCount
        } else {
            return nil
        }
        place += blanks(at: place, overLines: true, atMost: 2)
        return [0x29, 0x3E, 0x5D, 0x7D].contains(value(place)) ? place + 1 : nil
    }

    /// A host whose dots may be spelled, and whether one is.
    private mutating func spelledHost(
        at start: Int
    ) -> (range: Range<Int>, isSpelled: Bool)? {
        guard var end = label(at: start) else { return nil }
        var isSpelled = false
        while true {
            if value(end) == 0x2E, let next = label(at: end + 1) {
                end = next
            } else if let next = labelBehindDot(at: end) {
                end = next
                isSpelled = true
            } else {
                return (start..<end, isSpelled)
            }
        }
    }

    /// The end of a name behind ` dot ` or `[dot]`.
    private mutating func labelBehindDot(at end: Int) -> Int? {
        let front = blanks(at: end, overLines: true)
        if let behind = inBrackets("dot", orSign: 0x2E, at: end + front) {
            return label(at: behind + blanks(at: behind, overLines: true))
        }
        guard front > 0, isWord("dot", at: end + front), isBlank(end + front + 3) else {
            return nil
        }
        return label(at: end + front + 3 + blanks(at: end + front + 3, overLines: true))
    }

    /// The word before ` dot `, which ends at a place.
    private mutating func wordBeforeDot(at start: Int) -> Range<Int>? {
        let behind = blanks(at: start, isBefore: true, overLines: true)
        let dot = start - behind - 3
        guard behind > 0, isWord("dot", at: dot), isBlank(dot - 1) else { return nil }
        return local(before: dot - blanks(at: dot, isBefore: true, overLines: true))
    }

    // MARK: Telephone numbers

    /// A number of 7 to 15 digits behind `+` or `00`.
    private mutating func telephone(at start: Int) -> Range<Int>? {
        guard !isOfWord(start - 1), value(start - 1) != 0x2B else { return nil }
        var place = start + 1
        if value(start) == 0x30 {
            guard value(place) == 0x30 else { return nil }
            place += 1
            if kind(place) != .digit {
                // Of 12.00 and 10:00 the zeros begin no number.
                guard ![0x2C, 0x2D, 0x2E, 0x2F, 0x3A].contains(value(start - 1)),
                    let next = digit(after: place)
                else { return nil }
                place = next
            }
        }
        guard (0x31...0x39).contains(value(place)) else { return nil }
        return numberEnd(at: place + 1).map { start..<$0 }
    }

    /// The end of a number whose first digit is before a place; the last that may be one where
    /// more digits follow.
    private mutating func numberEnd(at start: Int) -> Int? {
        var place = start
        var digits = 1
        var end: Int?
        while let next = digit(after: place) {
            if next > place, digits >= 7 { end = place }
            if digits == 15 { return end }
            digits += 1
            place = next + 1
        }
        return digits >= 7 ? place : end
    }

    /// The next digit, behind at most two signs that stand between groups of them.
    private mutating func digit(after place: Int) -> Int? {
        for next in place..<place + 3 {
            if kind(next) == .digit { return next }
            guard isBetweenDigits(next) else { return nil }
        }
        return nil
    }

    private mutating func isBetweenDigits(_ place: Int) -> Bool {
        switch value(place) {
        case 0x28, 0x29, 0x2D, 0x2E, 0x2F, 0x2010...0x2015: true
        default: isBlank(place) && !isLineEnd(place)
        }
    }
}
