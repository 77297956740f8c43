/// Letters as names are compared: without their marks, however either side is written.
///
/// 1. The marks of Latin, Greek and Cyrillic letters, the points of Hebrew and the vowels of Arabic
///    are left out. The mark of `й` and `ў` makes another letter and stays.
/// 2. Letters that are no letter with a mark become those that stand for them: `ø` is `o`, `ł` `l`,
///    `đ` and `ð` `d`, `þ` `th`, `æ` `a` and `œ` `o`, as `ä` and `ö`.
enum BareLetters {
    /// Appends what is left of a folded element.
    static func append(_ element: FoldedText.Element, to elements: inout [FoldedText.Element]) {
        if element.kind == .mark, isDropped(element.value, behind: elements.last?.value ?? 0) {
            if let last = elements.indices.last, elements[last].kind != .gap {
                elements[last].end = max(elements[last].end, element.end)
            }
            return
        }
        guard element.value > 0x7F, let values = plain[element.value] else {
            elements.append(element)
            return
        }
        for value in values {
            var letter = element
            letter.value = value
            elements.append(letter)
        }
    }

    private static func isDropped(_ mark: UInt32, behind letter: UInt32) -> Bool {
        switch mark {
        // The breve of й and ў; у is folded to y.
        case 0x306: letter != 0x438 && letter != 0x79
        case 0x300..<0x370, 0x483..<0x488, 0x591..<0x5C8, 0x610..<0x61B, 0x64B..<0x660, 0x670,
            0x6D6..<0x6EE, 0x1AB0..<0x1B00, 0x1DC0..<0x1E00, 0x20D0..<0x2100, 0xFE20..<0xFE30:
            true
        default: false
        }
    }

    private static let plain: [UInt32: [UInt32]] = {
        var table: [UInt32: [UInt32]] = [:]
        for (letters, latin) in [
            ("ø", "o"), ("œ", "o"), ("æ", "a"), ("ł", "l"), ("đð", "d"), ("þ", "th"), ("ħ", "h"),
            ("ŧ", "t"), ("ı", "i"),
        ] {
            for letter in letters.unicodeScalars {
                table[letter.value] = latin.unicodeScalars.map(\.value)
            }
        }
        return table
    }()

    // MARK: Two letters for one

    /// Whether a letter may be the second of two that stand for one: `ae`, `oe`, `ue`, `aa`.
    static func isSecond(_ value: UInt32, behind first: UInt32) -> Bool {
        switch first {
        case 0x61: value == 0x65 || value == 0x61
        case 0x6F, 0x75: value == 0x65
        default: false
        }
    }

    /// So many are left out in a row.
    static let mostSeconds = 2

    /// Words of this many letters and more lose the second letter at their end too.
    static let longWord = 5
}
