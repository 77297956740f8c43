import Foundation

/// The length of a document as one byte: exact below 24, then with three bits behind the first.
enum NormCode {
    static func encode(_ length: Int) -> UInt8 {
        guard length >= 24 else { return UInt8(max(0, length)) }
        let limited = UInt32(min(length - 16, 1 << 30))
        let exponent = 31 - limited.leadingZeroBitCount
        let mantissa = Int(limited >> UInt32(exponent - 3)) & 7
        return UInt8(min(255, 24 + (exponent - 3) * 8 + mantissa))
    }

    /// The shortest length that has this code.
    static func decode(_ code: UInt8) -> Int {
        guard code >= 24 else { return Int(code) }
        let exponent = (Int(code) - 24) / 8
        return (8 + (Int(code) - 24) % 8) << exponent + 16
    }
}

/// BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009, equation 3.15)
/// without its constant factor `k1 + 1`, and the preference for newer messages.
enum Relevance {
    static let k1: Float = 1.2
    static let b: Float = 0.75
    /// A message of now counts so much more than one of long ago.
    static let recency: Float = 0.1
    /// After this time half of the preference is left.
    static let recencyHalfLifeMilliseconds: Double = 365 * 86_400_000
    static let impactScale: Float = 65_535

    /// How rare a term is.
    ///
    /// - Parameters:
    ///   - documents: In how many documents it is.
    ///   - total: How many there are.
    /// - Returns: The natural logarithm that BM25 weighs a term with.
    static func inverseFrequency(_ documents: Int, of total: Int) -> Float {
        let documents = Double(documents)
        let total = max(Double(total), documents)
        // Of a word that is everywhere little is left, which `Float` would round.
        return Float(log1p((total - documents + 0.5) / (documents + 0.5)))
    }

    /// `k` of `tf / (tf + k)` for every code of a length.
    static func saturation(averageLength: Float) -> [Float] {
        (0...255).map { code in
            let length = Float(NormCode.decode(UInt8(code)))
            return k1 * (1 - b + b * length / max(averageLength, 1))
        }
    }

    /// An upper bound of `tf / (tf + k)` as it is stored.
    static func impact(_ value: Float) -> UInt16 {
        UInt16(min(impactScale, (value * impactScale).rounded(.up) + 1))
    }

    /// What is left of the preference after a time.
    static func freshness(ageMilliseconds: Int64) -> Float {
        Float(exp2(-Double(max(0, ageMilliseconds)) / recencyHalfLifeMilliseconds))
    }
}
