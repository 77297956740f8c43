import CStemmer

/// By the rules of which languages a word finds its other forms as well.
///
/// Beside each word of Latin letters the index then has its stem in each of the languages. A word
/// of a query looks for stems; what stands in quotation marks and what ends in a star looks for
/// words as they are written.
package struct Stemming: OptionSet, Sendable, Hashable {
    package let rawValue: Int64

    package init(rawValue: Int64) { self.rawValue = rawValue }

    package static let english = Stemming(rawValue: 1)
    package static let german = Stemming(rawValue: 2)

    /// The languages with the names that people write.
    package static let languages: [(name: String, stemming: Stemming)] = [
        ("english", .english), ("german", .german),
    ]

    /// The names of the languages; none when words are found as they are written.
    package var names: [String] {
        Self.languages.filter { contains($0.stemming) }.map(\.name)
    }

    /// A language by its name; `nil` for one whose rules are not there.
    package init?(name: String) {
        guard let language = Self.languages.first(where: { $0.name == name.lowercased() }) else {
            return nil
        }
        self = language.stemming
    }
}

/// One language's rules (Snowball, `snowballstem.org`); for words of small Latin letters without
/// diacritics, as `FoldingTable` leaves them.
@safe private final class Stemmer {
    private let stemmer: OpaquePointer?

    init(_ language: String) { unsafe stemmer = sb_stemmer_new(language, "UTF_8") }

    deinit { unsafe sb_stemmer_delete(stemmer) }

    /// The stem of a word, lent until the next one.
    func stem(_ word: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        guard
            let stem = unsafe sb_stemmer_stem(stemmer, word.baseAddress, Int32(word.count))
        else { return unsafe word }
        return unsafe UnsafeBufferPointer(start: stem, count: Int(sb_stemmer_length(stemmer)))
    }
}

/// Hands tokens on, and behind each word its stems.
@safe struct StemmingSink<Sink: TokenSink>: TokenSink {
    /// The first byte of a stem in the index: no text gives it.
    static var marks: [UInt8] { [2, 3] }

    private(set) var sink: Sink
    private let stemmers: [(mark: UInt8, stemmer: Stemmer)]

    init(_ sink: Sink, _ stemming: Stemming) {
        self.sink = sink
        stemmers = zip(Self.marks, Stemming.languages).compactMap { mark, language in
            stemming.contains(language.stemming) ? (mark, Stemmer(language.name)) : nil
        }
    }

    mutating func take(
        _ kind: TokenKind, _ bytes: UnsafeBufferPointer<UInt8>, at source: Range<Int>
    ) {
        unsafe sink.take(kind, bytes, at: source)
        guard kind == .word || kind == .compound || kind == .fragment, unsafe isLatin(bytes) else {
            return
        }
        for (mark, stemmer) in stemmers {
            let stem = unsafe stemmer.stem(bytes)
            unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: stem.count + 1) { term in
                unsafe term[0] = mark
                for index in 0..<stem.count { unsafe term[index + 1] = stem[index] }
                unsafe sink.take(.stem, UnsafeBufferPointer(term), at: source)
            }
        }
    }

    mutating func endFragments() { sink.endFragments() }

    /// Whether a language's rules apply; those for English would take a word of three for a form.
    private func isLatin(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        for index in 0..<bytes.count where unsafe bytes[index] &- 0x61 >= 26 { return false }
        return bytes.count > 2
    }
}
