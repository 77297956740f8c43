import Foundation

/// The character references of HTML that stand for Latin letters, blanks and what is used between
/// words, by name.
enum NamedReferences {
    /// The scalars that a name stands for; `nil` for an unknown one.
    ///
    /// - Parameter name: Without `&` and `;`; the case of letters counts.
    /// - Returns: The scalars, one or more.
    static func values(of name: String) -> [UInt32]? {
        if let value = letters[name] ?? signs[name.lowercased()] {
            return value.unicodeScalars.map(\.value)
        }
        guard let letter = name.unicodeScalars.first, letter.isASCII,
            let mark = marks[String(name.unicodeScalars.dropFirst())]
        else { return nil }
        let composed = "\(letter)\(mark)".precomposedStringWithCanonicalMapping
        return composed.unicodeScalars.count == 1 ? composed.unicodeScalars.map(\.value) : nil
    }

    /// Letters with a mark are named by both.
    private static let marks: [String: Unicode.Scalar] = [
        "acute": "\u{301}", "breve": "\u{306}", "caron": "\u{30C}", "cedil": "\u{327}",
        "circ": "\u{302}", "dblac": "\u{30B}", "dot": "\u{307}", "grave": "\u{300}",
        "macr": "\u{304}", "ogon": "\u{328}", "ring": "\u{30A}", "tilde": "\u{303}",
        "uml": "\u{308}",
    ]

    private static let letters: [String: String] = [
        "AElig": "Æ", "Dstrok": "Đ", "ENG": "Ŋ", "ETH": "Ð", "Hstrok": "Ħ", "IJlig": "Ĳ",
        "Lmidot": "Ŀ", "Lstrok": "Ł", "OElig": "Œ", "Oslash": "Ø", "THORN": "Þ", "Tstrok": "Ŧ",
        "aelig": "æ", "dstrok": "đ", "eng": "ŋ", "eth": "ð", "fflig": "ﬀ", "ffllig": "ﬄ",
        "ffilig": "ﬃ", "filig": "ﬁ", "fllig": "ﬂ", "hstrok": "ħ", "ijlig": "ĳ", "imath": "ı",
        "inodot": "ı", "kgreen": "ĸ", "lmidot": "ŀ", "lstrok": "ł", "napos": "ŉ",
        "oelig": "œ", "ordf": "ª", "ordm": "º", "oslash": "ø", "szlig": "ß", "thorn": "þ",
        "tstrok": "ŧ",
    ]

    /// The case of these does not count.
    private static let signs: [String: String] = [
        "amp": "&", "apos": "'", "ast": "*", "bsol": "\\", "colon": ":", "comma": ",",
        "commat": "@", "dash": "‐", "dollar": "$", "emsp": " ", "emsp13": " ", "emsp14": " ",
        "ensp": " ", "equals": "=", "excl": "!", "gt": ">", "hairsp": " ", "hyphen": "‐",
        "ldquo": "“", "lowbar": "_", "lpar": "(", "lrm": "\u{200E}", "lsquo": "‘", "lt": "<",
        "mdash": "—", "mediumspace": " ", "nbsp": "\u{A0}", "ndash": "–", "newline": "\n",
        "nobreak": "\u{2060}", "nonbreakingspace": "\u{A0}", "num": "#", "numsp": " ",
        "percnt": "%", "period": ".", "plus": "+", "puncsp": " ", "quest": "?", "quot": "\"",
        "rdquo": "”", "rlm": "\u{200F}", "rpar": ")", "rsquo": "’", "semi": ";", "shy": "\u{AD}",
        "sol": "/", "tab": " ", "thinsp": " ", "thinspace": " ", "verythinspace": " ",
        "zerowidthspace": "\u{200B}", "zwj": "\u{200D}", "zwnj": "\u{200C}",
    ]
}
