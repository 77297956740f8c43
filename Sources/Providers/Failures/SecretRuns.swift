import VaultCrypto

/// Runs of bytes that secrets have in their several forms, as hashes that are seeded for this
/// process; letters are small.
struct SecretRuns: Sendable {
    /// The shortest run of a longer secret that is looked for.
    static let length = 12
    /// Shorter secrets are looked for between other signs alone.
    private static let shortest = 6
    private static let shortestTail = 4

    private var runs: Set<Int> = []
    /// Secrets that are shorter than a run, by their lengths.
    private var whole: [Int: Set<Int>] = [:]
    /// Beginnings that are shorter than a run and than their secret, for a text that was cut short.
    private var beginnings: [Int: Set<Int>] = [:]

    /// Adds a secret in all its forms.
    mutating func add(_ secret: [UInt8]) {
        guard !secret.isEmpty else { return }
        add(form: secret)
        guard secret.count >= Self.shortest else { return }
        add(form: Array(Hex.text(secret).utf8))
        for offset in 0...2 {
            let text = Self.base64(secret, offset)
            add(form: text)
            add(
                form: text.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: "-") : $0 }
                    .map { $0 == UInt8(ascii: "/") ? UInt8(ascii: "_") : $0 })
        }
    }

    /// The digits of base64 that stand for the bytes alone, wherever the text began.
    private static func base64(_ bytes: [UInt8], _ offset: Int) -> [UInt8] {
        let padded = [UInt8](repeating: 0, count: offset) + bytes
        let digits = Array(Base64.string(padded).utf8).prefix(padded.count * 8 / 6)
        return Array(digits.dropFirst(offset == 0 ? 0 : offset + 1))
    }

    private mutating func add(form: [UInt8]) {
        let form = form.map(\.lowered)
        for length in Self.shortestTail..<Self.length where length < form.count {
            beginnings[length, default: []].insert(Self.hash(form[..<length]))
        }
        guard form.count >= Self.length else {
            whole[form.count, default: []].insert(Self.hash(form[...]))
            return
        }
        for start in 0...(form.count - Self.length) {
            runs.insert(Self.hash(form[start..<start + Self.length]))
        }
    }

    private static func hash(_ bytes: ArraySlice<UInt8>) -> Int {
        var hasher = Hasher()
        for byte in bytes { hasher.combine(byte) }
        return hasher.finalize()
    }

    // MARK: Places

    /// Where a text has one of them.
    ///
    /// - Parameters:
    ///   - text: Bytes, whose letters are small.
    ///   - isCut: Whether the text goes on where it came from.
    /// - Returns: The places; they may overlap.
    func places(in text: [UInt8], isCut: Bool) -> [Range<Int>] {
        var places = longPlaces(in: text, isCut: isCut)
        for (length, hashes) in whole {
            places += Self.places(of: hashes, length, in: text).filter { place in
                length >= Self.shortest || Self.standsAlone(place, in: text)
            }
        }
        return places
    }

    /// The same without secrets that are shorter than a run.
    func longPlaces(in text: [UInt8], isCut: Bool) -> [Range<Int>] {
        let places = Self.places(of: runs, Self.length, in: text)
        guard isCut else { return places }
        let tails = beginnings.filter { length, hashes in
            text.count >= length && hashes.contains(Self.hash(text.suffix(length)))
        }
        return places + tails.keys.map { text.count - $0..<text.count }
    }

    private static func places(
        of hashes: Set<Int>, _ length: Int, in text: [UInt8]
    ) -> [Range<Int>] {
        guard !hashes.isEmpty, text.count >= length else { return [] }
        return (0...(text.count - length)).map { $0..<$0 + length }.filter { place in
            hashes.contains(hash(text[place]))
        }
    }

    private static func standsAlone(_ place: Range<Int>, in text: [UInt8]) -> Bool {
        let before = place.lowerBound == 0 || !text[place.lowerBound - 1].isLetterOrDigit
        let after = place.upperBound == text.count || !text[place.upperBound].isLetterOrDigit
        return before && after
    }
}

extension UInt8 {
    /// A capital letter of ASCII as a small one.
    var lowered: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
}
