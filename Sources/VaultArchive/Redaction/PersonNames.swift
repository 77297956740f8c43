import Foundation
import VaultCrypto

/// The words by which somebody's name is found.
///
/// Of `Bob van der Keller` the following are looked for; none is when it is all of the person's own
/// name.
///
/// 1. The name as it stands, in any case (`WordPattern`).
/// 2. Two of its words in any order, in any case, with up to three characters that are neither
///    letters nor digits between them, or nothing: `keller, bob`, `Bob_Keller`, `kellerbob`. A
///    particle and another short word in small letters, as `van der`, are no name.
/// 3. The first letter of the first word before or behind a family name of five letters and more:
///    `bkeller`, `C:/Users/b.keller`.
/// 4. Each word of two letters and more but `particles` in small letters, with a capital at the
///    beginning or all in capitals, in any case behind an `@` and where the text is nothing else;
///    so too where the name is given in small letters (`bob keller`). Family names, which are all
///    words but the first, or those before a comma, of five letters and more also in small letters:
///    shorter ones are often other words.
/// 5. Behind words of four letters and more: `s`, behind family names the endings of `latin` and
///    `cyrillic`; a Cyrillic name loses its last vowel before them. Digits may stand behind all.
/// 6. Whatever marks the name or the text has, in Latin, Greek, Cyrillic, Hebrew and Arabic, where
///    `й` keeps its own; with `ä ö ü å ø æ` as `ae oe ue aa oe ae`, and the other way round, so
///    that `Muller`, `Müller` and `Mueller` are one name, and so are `Bauer` and `Baur`; with any
///    apostrophe, or none (`BareLetters`).
///
/// What is not found: nicknames, other transcriptions, a family name in small letters of fewer than
/// five letters, parts of a name that is written as one word, as that of 山田太郎.
struct PersonNames {
    private let own: Set<[UInt32]>

    /// - Parameter own: Names and addresses of the person whose data it is.
    init(own: [String]) {
        self.own = Set(own.flatMap(Self.words).flatMap(Self.spellings).compactMap(Self.key))
    }

    /// What the spellings of a word have in common.
    private static func key(_ word: String) -> [UInt32]? {
        (try? WordPattern(word, isName: true))?.tokens
    }

    private static let shortest = 5

    /// Small words of names that say nothing of who somebody is.
    private static let particles: Set<String> = [
        "af", "al", "and", "av", "bin", "d", "da", "das", "de", "del", "della", "den", "der", "di",
        "do", "dos", "du", "e", "el", "i", "ibn", "la", "las", "le", "los", "of", "op", "os", "ten",
        "ter", "the", "und", "van", "ver", "von", "y", "zu", "zum", "zur", "и",
    ]

    private static let latin = [
        "s", "es", "n", "en", "ns", "a", "as", "e", "u", "em", "om", "ovi", "owi", "ova", "ová",
        "ové", "in",
    ]
    private static let cyrillic = [
        "", "а", "я", "у", "ю", "ы", "и", "е", "о", "ой", "ей", "ий", "ый", "ая", "ую", "ою", "ом",
        "ем", "ым", "им", "ого", "его", "ому", "ему", "ых", "их", "ыми", "ими", "ов", "ев", "ам",
        "ям", "ами", "ями", "ах", "ях", "ова", "ову", "овой", "овы", "овых", "овым",
    ]

    /// The patterns for a name.
    ///
    /// - Throws: `badInput` for a name without a letter, digit or sign.
    func patterns(for given: String) throws(VaultError) -> [WordPattern] {
        let name = given.precomposedStringWithCanonicalMapping
        guard !Self.words(of: name).allSatisfy(isOwn) || name.contains("@") else { return [] }
        var patterns = [try WordPattern(name, isName: true)]
        let words = Self.words(of: name)
        let surnames = Self.surnames(of: name, words)
        if surnames.count > 1, !surnames.allSatisfy(isOwn) {
            patterns.append(try WordPattern(surnames.joined(separator: " "), isName: true))
        }
        for first in words {
            for second in words where first != second {
                patterns += try pair(first, second)
            }
        }
        for surname in surnames {
            if let first = words.first(where: { !surnames.contains($0) }) {
                patterns += try handles(first, surname)
            }
        }
        let bare = name.prefix { $0 != "<" }
        guard bare.contains(where: \.isLetter), !bare.contains("@") else { return patterns }
        for word in words where Self.isName(word) && !isOwn(word) {
            patterns += try single(word, isSurname: surnames.contains(word))
        }
        return patterns
    }

    private func isOwn(_ word: String) -> Bool {
        Self.spellings(of: word).compactMap(Self.key).contains(where: own.contains)
    }

    // MARK: Words

    /// The words of a name, and of the beginning of an address.
    static func words(of name: String) -> [String] {
        var bare = name.prefix { $0 != "<" }
        if bare.allSatisfy(\.isWhitespace) { bare = name[...].drop { $0 != "<" }.dropFirst() }
        return bare.prefix { $0 != "@" }
            .split { !$0.isLetter && !isApostrophe($0) }.map(String.init)
            .filter { $0.contains(where: \.isLetter) }
    }

    private static func isApostrophe(_ character: Character) -> Bool { "'’‘ʼ".contains(character) }

    private static func letterCount(_ word: String) -> Int { word.count(where: \.isLetter) }

    private static func isInitial(_ word: String) -> Bool {
        letterCount(word) == 1 && word.contains(where: \.isCased)
    }

    /// Whether a word says who somebody is.
    private static func isName(_ word: String) -> Bool {
        letterCount(word) >= 2 && !particles.contains(word)
    }

    private static func isSmall(_ word: String) -> Bool {
        letterCount(word) < 2 || word.first(where: \.isLetter)?.isLowercase == true
    }

    private static func surnames(of name: String, _ words: [String]) -> [String] {
        if let comma = name.firstIndex(of: ",") {
            let before = Self.words(of: String(name[..<comma]))
            if !before.isEmpty, before.count < words.count { return before }
        }
        return Array(words.dropFirst())
    }

    // MARK: Patterns

    private func pair(_ first: String, _ second: String) throws(VaultError) -> [WordPattern] {
        let mayBeParticles =
            Self.isSmall(first) && Self.isSmall(second)
            && (Self.particles.contains(first) || Self.particles.contains(second))
        guard !(isOwn(first) && isOwn(second)),
            !mayBeParticles || first.count + second.count >= 8,
            !Self.isInitial(first), !Self.isInitial(second)
        else { return [] }
        let isLong = Self.letterCount(first) + Self.letterCount(second) >= Self.shortest
        return try Self.combined(first, second) { pattern in
            pattern.gaps = (isLong ? 0 : 1)...3
        }
    }

    private func handles(_ first: String, _ surname: String) throws(VaultError) -> [WordPattern] {
        guard let initial = first.first(where: \.isLetter), initial.isCased || initial.isASCII,
            Self.letterCount(surname) >= Self.shortest, !isOwn(surname)
        else { return [] }
        return try Self.combined(String(initial), surname) { $0.gaps = 0...2 }
            + Self.combined(surname, String(initial)) { $0.gaps = 0...1 }
    }

    private func single(
        _ word: String, isSurname: Bool
    ) throws(VaultError) -> [WordPattern] {
        let isLong = Self.letterCount(word) >= Self.shortest
        let isCased = word.contains(where: \.isCased)
        var patterns: [WordPattern] = []
        for spelling in Self.spellings(of: word) {
            let (stem, endings) = Self.endings(of: spelling, isSurname: isSurname)
            var pattern = try WordPattern(stem, isName: true)
            pattern.casing = isCased && !(isSurname && isLong) ? .capital : .any
            pattern.endings = endings
            patterns.append(pattern)
        }
        return patterns
    }

    private static func combined(
        _ first: String, _ second: String, _ change: (inout WordPattern) -> Void
    ) throws(VaultError) -> [WordPattern] {
        var patterns: [WordPattern] = []
        for first in spellings(of: first) {
            for second in spellings(of: second) {
                var pattern = try WordPattern("\(first) \(second)", isName: true)
                change(&pattern)
                patterns.append(pattern)
            }
        }
        return patterns
    }

    /// A word without what endings take the place of, and the endings.
    private static func endings(
        of word: String, isSurname: Bool
    ) -> (stem: String, endings: [[UInt32]]) {
        guard letterCount(word) >= 4, let letter = word.unicodeScalars.first?.value else {
            return (word, [])
        }
        if (0x400..<0x530).contains(letter) {
            var stem = word
            for end in ["ий", "ый", "ой", "ая", "а", "я", "й", "ь"] where stem == word {
                if word.lowercased().hasSuffix(end), word.count - end.count >= 3 {
                    stem = String(word.dropLast(end.count))
                }
            }
            return (stem, cyrillic.map(folded))
        }
        return (word, (isSurname ? latin : ["s"]).map(folded))
    }

    private static func folded(_ text: String) -> [UInt32] {
        FoldedText(TextScalar.all(of: text), isBare: true).elements.map(\.value)
    }

    /// How a word may be written: with its apostrophes, or without them.
    private static func spellings(of word: String) -> [String] {
        let bare = word.filter { !isApostrophe($0) }
        return bare.isEmpty || bare == word ? [word] : [word, bare]
    }
}
