import Foundation
import Testing

@testable import VaultArchive

/// By what other people are found in an archive for one person.
@Suite struct PersonNamesTests {
    private static let names = [
        "Bob Keller", "Li Wei", "山田太郎", "Siobhan O'Brien", "Jürg Müller", "Pieter van der Berg",
        "Jean-Luc Dupont", "Иван Иванов", "ann.secret@corp.example", "grace", "محمد علي",
    ]

    private func search() throws -> TextSearch {
        var mask = SubjectMask(subject: "Ada Lindqvist")
        mask.ownAddresses = ["ada_l@example.net"]
        mask.others = Self.names
        return TextSearch(rules: try mask.rules().texts)
    }

    @Test(
        "Names are found as people write them",
        arguments: [
            "ask keller about it", "müller wrote", "keller,bob", "keller-merger", "Kellers Idee",
            "kellers idea", "Иванова пришла", "с Иваном", "O’Brien wrote", "OBrien wrote",
            "obrien wrote", "Mueller wrote", "Muller wrote", "MUELLER", "BobKeller", "kellerbob",
            "Keller2024", "@bkeller", "C:/Users/bkeller/x", "b.keller said", "Li came", "LiWei",
            "山田太郎が来た", "van der Berg said", "dupont was", "Jean Luc", "Grace said",
            "ann_secret", "dGVzdCBCb2IgS2VsbGVyIHg=", "=?utf-8?B?Qm9iIEtlbGxlcg==?=",
            "Kеllеr (Cyrillic)", "رأيت علي هنا", "K e l l e r",
        ])
    func found(_ text: String) throws {
        let result = try search().mask(text)
        #expect(result != .unchanged)
    }

    @Test(
        "Addresses are found without a dot, spelled, and with the name in front",
        arguments: [
            ("bob@localhost", "[withheld]"), ("to ann@corp!", "to [withheld]!"),
            ("x [at] corp.example", "[withheld]"), ("x(at)corp(dot)example", "[withheld]"),
            ("x dot y at corp dot example", "[withheld]"), ("ann@[10.0.0.1]", "[withheld]"),
            ("From: max <m@corp.example>", "From: [withheld]"),
        ])
    func addresses(_ text: String, _ wanted: String) throws {
        #expect(try search().masked(text) == wanted)
    }

    @Test(
        "What is no name of another stays",
        arguments: [
            "bob along", "look at this dot", "ada_l@example.net", "**_ada_l@example.net_**",
            "Ada Lindqvist", "wei", "jean", "the order of things", "seen at 5",
        ])
    func kept(_ text: String) throws {
        // A short word that is all there is may be a user's name.
        let text = text.contains(" ") || text.contains("@") ? text : "so \(text) it is"
        #expect(try search().mask(text) == .unchanged)
    }

    private func masked(_ text: String, of name: String) throws -> String {
        var mask = SubjectMask(subject: "Ada Lindqvist")
        mask.others = [name]
        return try TextSearch(rules: mask.rules().texts).masked(text)
    }

    @Test(
        "A name in small letters is found by its words",
        arguments: ["Keller", "keller", "KELLER", "Bob", "BOB", "bob keller", "bkeller"])
    func small(_ text: String) throws {
        #expect(try masked("so \(text)'s it is", of: "bob keller") == "so [withheld]'s it is")
    }

    @Test("A particle in small letters and a first name in prose are no names")
    func particles() throws {
        let text = "Der Van de la Meer went; @bob and bob ran along"
        #expect(
            try masked(text, of: "bob van der meer")
                == "Der Van de la [withheld] went; @[withheld] and bob ran along")
    }

    @Test("A name with an address behind it is found by its words")
    func withAddress() throws {
        #expect(
            try masked("Keller, Bob", of: "Bob Keller <bk@corp.example>") == "[withheld]")
        #expect(
            try masked("so Keller it is", of: "Bob Keller <bk@corp.example>")
                == "so [withheld] it is")
    }

    @Test(
        "Names are found without their marks and in capitals",
        arguments: [
            ("Nguyễn Văn An", "Nguyen"), ("Nguyễn Văn An", "NGUYEN"),
            ("Nguyễn Văn An", "Nguye\u{302}\u{303}n"), ("Emre Özdemir", "ÖZDEMİR"),
            ("Emre Özdemir", "Oezdemir"), ("Emre Özdemir", "özdemir"),
            ("Παπαδόπουλος Νίκος", "ΠΑΠΑΔΟΠΟΥΛΟΣ"), ("Παπαδόπουλος Νίκος", "Παπαδοπουλος"),
            ("Фёдоров Пётр", "Федоров"), ("Şule Yılmaz", "YILMAZ"), ("Şule Yılmaz", "yilmaz"),
        ])
    func spellings(_ name: String, _ text: String) throws {
        #expect(try masked("so \(text) it is", of: name) == "so [withheld] it is")
    }

    private static let marked: [(String, [String])] = [
        ("Jose Nunez", ["José Núñez", "Núñez", "NÚÑEZ", "JOSÉ", "Jose\u{301}"]),
        ("Jurgen Muller", ["Jürgen Müller", "Juergen Mueller", "MÜLLER"]),
        ("Juergen Mueller", ["Jürgen Müller", "Muller", "J<b>ü</b>rgen"]),
        ("Jiri Dvorak", ["Jiří Dvořák", "Dvořák"]), ("Lech Walesa", ["Wałęsa"]),
        ("Soren Bodker", ["Søren Bødker", "Soeren"]), ("Søren Kjær", ["Kjaer", "KJÆR"]),
        ("Иван Королев", ["Королёв", "Королёва"]), ("Νικος Παππας", ["Παππάς", "ΠΑΠΠΑΣ"]),
        ("Ion Țițeica", ["Ţiţeica", "Titeica"]), ("Timo Mäkelä", ["Maekelae", "Makela"]),
        ("Anders Ångström", ["Ångstrom", "Aangstroem"]), ("Jón Guðmundsson", ["Gudmundsson"]),
        ("Thor Gudmundsson", ["Þór", "Guðmundsson"]), ("Hans Gross", ["Groß"]),
        ("Eva Leboeuf", ["Lebœuf"]), ("Noe Lopez", ["Noé", "López"]), ("علي محمد", ["مُحَمَّد"]),
        ("Aaron Queen", ["Aron", "AaronQueen"]), ("Anna Eder", ["AnnaEder"]),
    ]

    @Test("A name is found with marks that the vault's own name of it lacks", arguments: marked)
    func marks(_ name: String, _ texts: [String]) throws {
        for text in texts {
            #expect(try masked("so \(text) it is", of: name) == "so [withheld] it is", "\(text)")
        }
        #expect(try masked("No, so Ma", of: "Noe Mae") == "No, so Ma")
    }

    @Test("Many people with one first name cost hardly more than one")
    func many() throws {
        var mask = SubjectMask(subject: "Ada Lindqvist")
        mask.others = (0..<300).map { "Jörgae Q\(Self.letters($0))süöäå" }
        let words = try #require(mask.rules().texts.first).words
        let said = "Jörgae said so to Jörgae Qbcdsüöäå"
        let text = FoldedText(TextScalar.all(of: said), isBare: true)
        #expect(words.ranges(in: text, isFirstEnough: false).count < 8)
        var trie = WordTrie()
        for (number, pattern) in words.patterns.enumerated() { trie.add(pattern, number) }
        #expect(trie.candidates(in: text, at: 0).count < 8)
    }

    private static func letters(_ number: Int) -> String {
        let letters = Array("bcdfghjklm")
        return String([100, 10, 1].map { letters[number / $0 % 10] })
    }

    @Test("A letter whose mark makes it another is not found by the first")
    func otherLetters() throws {
        #expect(try masked("so Боико it is", of: "Андрей Бойко") == "so Боико it is")
    }

    @Test("The words of the person's own name and address stay")
    func own() throws {
        var mask = SubjectMask(subject: "Ada Keller")
        mask.ownAddresses = ["ada.moss@example.net"]
        mask.others = ["Bob Keller", "Eva Moss", "ada.moss@example.net"]
        let search = TextSearch(rules: try mask.rules().texts)
        #expect(
            try search.masked("Keller, Moss; ada.moss@example.net")
                == "Keller, Moss; ada.moss@example.net")
        #expect(try search.masked("Bob Keller and Eva") == "[withheld] and [withheld]")
    }
}
