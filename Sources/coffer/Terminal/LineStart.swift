/// The beginning of a line of Markdown, as far as it does not tell yet what the line is.
///
/// In text there are blanks, and then
/// - one to six `#` and a blank: a heading;
/// - `-`, `*` or `+` and a blank, or up to nine digits, `.` or `)`, and a blank: an item;
/// - `>`: a quote; `|`: a table;
/// - three or more `` ` `` or `~` and words to the line's end without a `` ` ``: a fence;
/// - three or more `-` or `*` to the line's end: a rule.
///
/// In code only the fence that ends it is looked for. Everything else is text, and so is a line
/// whose beginning is longer than `limit`. A letter costs the same whatever came before it.
struct LineStart {
    /// What encloses a block of code.
    struct Fence: Equatable {
        var sign: Character
        var count: Int
    }

    /// What a line is as soon as a letter of it tells.
    enum Kind { case unknown, text, heading, bullet, number, quote, table }

    /// What a line is that ended before a letter of it told.
    enum Whole: Equatable {
        case text, rule, quote
        /// Code begins; what is said of it stands behind the fence.
        case opening(Fence, words: String)
        /// Code ends.
        case closing
    }

    /// In characters.
    static let limit = 256

    /// What has come of the line.
    private(set) var text = ""
    private(set) var blanks = 0
    private let fence: Fence?
    private var length = 0
    private var sign: Character?
    /// How often the sign stands there before anything else; of a number, its digits.
    private var signs = 0
    /// What stands behind the signs.
    private var tail = ""

    /// - Parameter fence: The one that opened the code in which the line stands; nil in text.
    init(in fence: Fence? = nil) { self.fence = fence }

    /// Takes the next letter; nothing more once one told what the line is.
    mutating func take(_ character: Character) -> Kind {
        text.append(character)
        length += 1
        guard length <= Self.limit else { return .text }
        if let sign { return follow(sign, character) }
        if character == " " {
            blanks += 1
            return .unknown
        }
        (sign, signs) = (character, 1)
        if let fence { return character == fence.sign ? .unknown : .text }
        switch character {
        case "|": return .table
        case "#", "-", "*", "+", ">", "`", "~": return .unknown
        default: return Self.isDigit(character) ? .unknown : .text
        }
    }

    private mutating func follow(_ sign: Character, _ character: Character) -> Kind {
        if character == sign, tail.isEmpty, sign != ">", !Self.isDigit(sign) {
            signs += 1
            return sign == "#" && signs > 6 ? .text : .unknown
        }
        if fence != nil {
            tail.append(character)
            return character == " " ? .unknown : .text
        }
        switch sign {
        case "#": return character == " " ? .heading : .text
        case "-", "*", "+": return signs == 1 && character == " " ? .bullet : .text
        case ">": return .quote
        case "`", "~":
            tail.append(character)
            return signs >= 3 && character != "`" ? .unknown : .text
        default: return number(character)
        }
    }

    private mutating func number(_ character: Character) -> Kind {
        guard tail.isEmpty else { return character == " " ? .number : .text }
        if Self.isDigit(character) {
            signs += 1
            return signs <= 9 ? .unknown : .text
        }
        tail.append(character)
        return character == "." || character == ")" ? .unknown : .text
    }

    /// What the line is, now that it has ended.
    var whole: Whole {
        guard let sign else { return .text }
        if let fence { return signs >= fence.count ? .closing : .text }
        if sign == ">" { return .quote }
        guard signs >= 3 else { return .text }
        switch sign {
        case "`", "~":
            let words = tail.drop { $0 == " " }
            return .opening(Fence(sign: sign, count: signs), words: String(words))
        case "-", "*": return .rule
        default: return .text
        }
    }

    private static func isDigit(_ character: Character) -> Bool {
        character.isASCII && character.isNumber
    }
}
