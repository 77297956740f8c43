/// Finds mail addresses and telephone numbers.
///
/// Each place of a text is looked at once, and what surrounds it within bounds or up to the next
/// such place, so that the time grows as the text does, whatever stands in it.
///
/// Found are
/// 1. `ann@corp.example`, `ann@localhost`, `ann@[10.0.0.1]`, `"ann smith"@corp.example`, and, where
///    the host has a dot, with blanks and one end of a line around the `@` (`ann @ corp.example`)
///    and with a comment beside it (`ann(x)@corp.example`). What stands before the `@` are atoms of
///    RFC 5322, so that `a=b/ann@corp.example` goes whole;
/// 2. spelled addresses: `bob [at] x.ch`, `bob(at)x(dot)ch`, `bob at x dot ch`;
/// 3. either in brackets, also behind a scheme as `mailto:`, with the name in front: all of the
///    line, or of the line above where it begins one, but no more than twelve words, whatever they
///    are, back to a colon with no digit behind it, a semicolon or a `>` that closes something.
///    That is often more than the name. In other brackets than `<>` the host has to have a dot;
/// 4. telephone numbers in international form, which may be others: `+` or `00` and 7 to 15 digits
///    of any script, with up to four blanks and signs between two of them, one end of a line too.
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
                case 0x660...: digit(at: place) == 0 ? telephone(at: place) : nil
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
        let front = fold(before: sign)
        let behind = blanks(at: sign + 1, overLines: true, atMost: 2)
        let comment = front == 0 ? commentStart(before: sign) : nil
        let remark = commentEnd(at: sign + 1 + behind)
        let quoted = quotedLocal(before: sign - front)
        guard let local = quoted ?? local(before: comment ?? sign - front),
            let host = host(at: remark ?? sign + 1 + behind)
        else { return nil }
        let isDomain = isDomain(host)
        let isPlain = quoted == nil && comment == nil && remark == nil && front + behind == 0
        guard isDomain || isPlain && !isSign(local.upperBound - 1), !isOwn(local, host) else {
            return nil
        }
        return named(local.lowerBound..<host.upperBound, isSure: isDomain)
    }

    /// Blanks before a sign, with one end of a line.
    private mutating func fold(before sign: Int) -> Int {
        let first = blanks(at: sign, isBefore: true, overLines: false, atMost: 2)
        guard let end = lineEnd(before: sign - first) else { return first }
        return sign - end + blanks(at: end, isBefore: true, overLines: false, atMost: 2)
    }

    /// The place before the end of a line that is before a place.
    private mutating func lineEnd(before place: Int) -> Int? {
        guard isLineEnd(place - 1) else { return nil }
        return value(place - 1) == 0x0A && value(place - 2) == 0x0D ? place - 2 : place - 1
    }

    /// Where a comment in round brackets begins that ends before a place.
    private mutating func commentStart(before end: Int) -> Int? {
        guard value(end - 1) == 0x29 else { return nil }
        var start = end - 1
        while start > 0, end - start < Self.longestQuoted {
            start -= 1
            if isLineEnd(start) || value(start) == 0x29 { return nil }
            if value(start) == 0x28 { return start }
        }
        return nil
    }

    /// Where a comment ends that begins at a place.
    private mutating func commentEnd(at start: Int) -> Int? {
        guard value(start) == 0x28 else { return nil }
        for end in start + 1..<start + Self.longestQuoted {
            if isLineEnd(end) || value(end) == 0x28 { return nil }
            if value(end) == 0x29 { return end + 1 }
        }
        return nil
    }

    /// What stands before the sign, without signs and an apostrophe at its beginning.
    private mutating func local(before end: Int, inBraces: Bool = true) -> Range<Int>? {
        var start = end
        while isOfLocal(start - 1), inBraces || !isBrace(start - 1) { start -= 1 }
        while start < end, isSign(start) { start += 1 }
        return start < end ? start..<end : nil
    }

    private mutating func isBrace(_ place: Int) -> Bool { [0x7B, 0x7D].contains(value(place)) }

    /// The text of an atom (RFC 5322, 3.2.3), and dots.
    private mutating func isOfLocal(_ place: Int) -> Bool {
        switch value(place) {
        case 0x25, 0x2B, 0x2D, 0x2E, 0x5F: true
        case 0x27, 0x2019: isOfWord(place - 1) && isOfWord(place + 1)
        default: isSign(place) || isOfWord(place)
        }
    }

    /// The signs of an atom that seldom stand in addresses.
    private mutating func isSign(_ place: Int) -> Bool { Self.isSign(value(place)) }

    private static func isSign(_ value: UInt32) -> Bool {
        switch value {
        // ! # $ & * / = ? ^ ` { | } ~
        case 0x21, 0x23, 0x24, 0x26, 0x2A, 0x2F, 0x3D, 0x3F, 0x5E, 0x60, 0x7B...0x7E: true
        default: false
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
        if own.contains(address)
            || own.contains(String(address.drop { !$0.isLetter && !$0.isNumber }))
        {
            return true
        }
        // Of from=ada@example.net.
        let start = text[local].lastIndex { Self.isSign($0.value) }.map { $0 + 1 }
        return start.map {
            own.contains(TextScalar.text(text[$0..<local.upperBound]).lowercased() + "@" + dots)
        } ?? false
    }

    // MARK: Names in front

    private static let mostBrackets = 3

    /// An address with its brackets and what is in front of them, where it has both; only `<>` are
    /// such brackets unless it is sure that it is an address.
    private mutating func named(_ address: Range<Int>, isSure: Bool) -> Range<Int> {
        var open = address.lowerBound
        var count = 0
        while count < Self.mostBrackets, let next = bracket(before: open),
            isSure || value(next) == 0x3C
        {
            open = next
            count += 1
        }
        guard count > 0, let start = name(before: open) else { return address }
        var end = address.upperBound
        for _ in 0..<count {
            let next = end + blanks(at: end, overLines: false, atMost: 2)
            guard Self.isClosing(value(next)) else { break }
            end = next + 1
        }
        return start..<end
    }

    /// The bracket that opens before a place, blanks and a scheme.
    private mutating func bracket(before place: Int) -> Int? {
        var open = place - blanks(at: place, isBefore: true, overLines: false, atMost: 2)
        if value(open - 1) == 0x3A {
            open -= 1
            for _ in 0..<10 where (0x61...0x7A).contains(value(open - 1) | 0x20) { open -= 1 }
        }
        return Self.isOpening(value(open - 1)) ? open - 1 : nil
    }

    private static func isOpening(_ value: UInt32) -> Bool {
        [0x28, 0x3C, 0x5B, 0x7B, 0xAB, 0x2039, 0x27E8].contains(value)
    }

    private static func isClosing(_ value: UInt32) -> Bool {
        [0x29, 0x3E, 0x5D, 0x7D, 0xBB, 0x203A, 0x27E9].contains(value)
    }

    private static let longestName = 150
    private static let mostWords = 12

    /// Where the words begin that end before a bracket.
    private mutating func name(before bracket: Int) -> Int? {
        let end = nameEnd(before: bracket)
        let limit = max(end - Self.longestName, 0)
        var start = end
        var words = 0
        while start > limit, words < Self.mostWords, !endsName(start - 1) {
            start -= 1
            if !isBlank(start), isBlank(start - 1) { words += 1 }
        }
        while start < end, !isOfWord(start) { start += 1 }
        guard start < end else { return nil }
        return value(end - 1) == 0x22 && value(start - 1) == 0x22 ? start - 1 : start
    }

    /// Where what is in front of a bracket ends, on the line above where it begins its own.
    private mutating func nameEnd(before bracket: Int) -> Int {
        let end = bracket - blanks(at: bracket, isBefore: true, overLines: false, atMost: 8)
        var begin = end
        for _ in 0..<16 where isQuoteMark(begin - 1) { begin -= 1 }
        guard let above = lineEnd(before: begin) else { return end }
        return above - blanks(at: above, isBefore: true, overLines: false, atMost: 8)
    }

    /// Of a quoted mail: `> `.
    private mutating func isQuoteMark(_ place: Int) -> Bool {
        value(place) == 0x3E || isBlank(place) && !isLineEnd(place)
    }

    /// Whether what is in front of an address does not go over what is here.
    private mutating func endsName(_ place: Int) -> Bool {
        switch value(place) {
        case 0x3A: kind(place + 1) != .digit
        case 0x3B, TextSearch.gap.value: true
        case 0x3E: closes(place)
        default: isLineEnd(place)
        }
    }

    /// Whether a `>` has its `<`, without a blank between.
    private mutating func closes(_ place: Int) -> Bool {
        for open in (max(place - 100, 0)..<place).reversed() {
            if value(open) == 0x3C { return true }
            if value(open) == 0x3E || isBlank(open) { return false }
        }
        return false
    }

    // MARK: Spelled

    /// An address with `[at]`, whose bracket is here.
    private mutating func bracketed(at open: Int) -> Range<Int>? {
        guard let behind = inBrackets("at", orSign: 0x40, at: open),
            let local = local(
                before: open - blanks(at: open, isBefore: true, overLines: true), inBraces: false),
            let host = spelledHost(at: behind + blanks(at: behind, overLines: true)),
            !isOwn(local, host.range)
        else { return nil }
        return named(local.lowerBound..<host.range.upperBound, isSure: true)
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
        return named(start..<host.range.upperBound, isSure: true)
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

    /// A number of 7 to 15 digits behind `+` or `00`, of which the first is no zero.
    private mutating func telephone(at start: Int) -> Range<Int>? {
        var place = start + 1
        if value(start) == 0x2B {
            // Of 1+2345678 the plus begins no number.
            guard kind(start - 1) != .digit, let next = digit(after: place) else { return nil }
            place = next
        } else {
            guard !isOfWord(start - 1), digit(at: place) == 0 else { return nil }
            place += 1
            if kind(place) != .digit {
                // Of 12.00 and 10:00 the zeros begin no number.
                guard ![0x2C, 0x2D, 0x2E, 0x2F, 0x3A].contains(value(start - 1)),
                    let next = digit(after: place)
                else { return nil }
                place = next
            }
        }
        guard let first = digit(at: place), first > 0 else { return nil }
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

    private static let mostSigns = 4

    /// The next digit, behind a few signs that stand between groups of them and one end of a line.
    private mutating func digit(after place: Int) -> Int? {
        var next = place
        var count = 0
        var hasLineEnd = false
        while kind(next) != .digit {
            guard count < Self.mostSigns else { return nil }
            if isLineEnd(next) {
                guard !hasLineEnd else { return nil }
                hasLineEnd = true
                if value(next) == 0x0D, value(next + 1) == 0x0A { next += 1 }
            } else if !isBetweenDigits(next) {
                return nil
            }
            next += 1
            count += 1
        }
        return next
    }

    private mutating func isBetweenDigits(_ place: Int) -> Bool {
        switch value(place) {
        case 0x27...0x29, 0x2D, 0x2E, 0x2F, 0x5F, 0xB7, 0x2BC, 0x2010...0x2015, 0x2018, 0x2019,
            0x2022, 0x2212, 0x2219, 0x22C5, 0x30FB:
            true
        default: isBlank(place)
        }
    }

    /// What a digit of any script stands for.
    private mutating func digit(at place: Int) -> Int? {
        let value = value(place)
        if value < 0x80 { return (0x30...0x39).contains(value) ? Int(value) - 0x30 : nil }
        guard kind(place) == .digit, let scalar = Unicode.Scalar(value) else { return nil }
        return scalar.properties.numericValue.map { Int($0) }
    }
}
