import Vault
package import VaultCrypto

/// What a time stamping authority answered: a TimeStampResp, or the token out of it (RFC 3161,
/// sections 2.4.2 and 3).
///
/// It is taken apart, not verified: that needs the authority's certificate. Valid is DER in which
/// 1. a response has a status of 0 or 1 and a token; a token alone is taken too;
/// 2. the token is CMS SignedData (RFC 5652) over a TSTInfo of version 1, and nothing follows it;
/// 3. the imprint is a SHA-256, and the time is UTC (`YYYYMMDDhhmmss[.f…]Z`).
package struct TimeStampReply: Sendable {
    package static let maximumBytes = 65_536

    /// 1.2.840.113549.1.7.2, signed data.
    private static let signedData: [UInt8] = [
        0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02,
    ]
    /// 1.2.840.113549.1.9.16.1.4, the content of a time stamp.
    private static let stampInfo: [UInt8] = [
        0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x01, 0x04,
    ]

    /// SHA-256 of what was stamped.
    package let digest: [UInt8]
    /// When, as the authority says: RFC 3339 in UTC, with the fraction that it has.
    package let time: String
    /// The same without the fraction, in seconds since 1970-01-01T00:00:00Z.
    package let secondsSince1970: Int64
    /// Whether this is a token without the response around it.
    package let isBareToken: Bool

    /// Takes a reply apart.
    ///
    /// - Parameter file: The reply in DER, as it came.
    /// - Throws: `badInput` with what it is instead.
    package init(parsing file: [UInt8]) throws(VaultError) {
        guard file.count <= Self.maximumBytes else { throw Self.unreadable }
        var whole = DERReader(file[...])
        guard var outer = whole.enter(DER.sequence), whole.isAtEnd else { throw Self.unreadable }
        isBareToken = outer.next == DER.identifier
        if !isBareToken {
            guard var status = outer.enter(DER.sequence), let number = status.take(DER.integer),
                status.skipRest()
            else { throw Self.unreadable }
            guard number.elementsEqual([0]) || number.elementsEqual([1]) else { throw Self.refused }
            guard let token = outer.enter(DER.sequence), outer.isAtEnd else {
                throw Self.unreadable
            }
            outer = token
        }
        guard let info = Self.content(of: &outer) else { throw Self.unreadable }
        (digest, time) = try Self.read(info)
        // A leap second, 60, is the second before.
        let clock = time.prefix(17) + (time.dropFirst(17).hasPrefix("60") ? "59Z" : "00Z")
        let second = Int64(time.dropFirst(17).prefix(2)) ?? 0
        guard let instant = Instant(clock) else { throw Self.unreadable }
        secondsSince1970 = instant.milliseconds / 1000 + (second < 60 ? second : 0)
    }

    /// The TSTInfo inside a token's ContentInfo, whose fields are read.
    private static func content(of token: inout DERReader) -> DERReader? {
        guard token.take(DER.identifier)?.elementsEqual(signedData) == true,
            var explicit = token.enter(DER.context), token.isAtEnd,
            var signed = explicit.enter(DER.sequence), explicit.isAtEnd,
            signed.take(DER.integer) != nil, signed.take(DER.set) != nil,
            var encapsulated = signed.enter(DER.sequence), signed.skipRest(),
            encapsulated.take(DER.identifier)?.elementsEqual(stampInfo) == true,
            var wrapped = encapsulated.enter(DER.context), encapsulated.isAtEnd,
            let octets = wrapped.take(DER.octets), wrapped.isAtEnd
        else { return nil }
        var content = DERReader(octets)
        guard let info = content.enter(DER.sequence), content.isAtEnd else { return nil }
        return info
    }

    private static func read(
        _ fields: DERReader
    ) throws(VaultError) -> (digest: [UInt8], time: String) {
        var info = fields
        guard info.take(DER.integer)?.elementsEqual([1]) == true,
            info.take(DER.identifier) != nil, var imprint = info.enter(DER.sequence),
            var algorithm = imprint.enter(DER.sequence),
            let name = algorithm.take(DER.identifier), algorithm.skipRest(),
            let digest = imprint.take(DER.octets), imprint.isAtEnd,
            info.take(DER.integer) != nil, let clock = info.take(DER.time),
            let time = text(of: clock), info.skipRest()
        else { throw unreadable }
        guard name.elementsEqual(TimeStampQuery.sha256), digest.count == SHA256Digest.sizeBytes
        else {
            throw VaultError(
                .badInput,
                "This time stamp is over another hash than SHA-256; ask for one with the file that "
                    + "`coffer export --timestamp-query` writes.")
        }
        return (Array(digest), time)
    }

    /// `20260301090000.5Z` as `2026-03-01T09:00:00.5Z`.
    private static func text(of clock: ArraySlice<UInt8>) -> String? {
        guard clock.last == UInt8(ascii: "Z"), clock.count >= 15 else { return nil }
        let digits = clock.prefix(14)
        let fraction = clock.dropFirst(14).dropLast()
        guard (digits + fraction.dropFirst()).allSatisfy({ $0 &- 0x30 < 10 }),
            fraction.isEmpty
                || fraction.count > 1 && fraction.first == UInt8(ascii: ".")
                    && fraction.last != UInt8(ascii: "0")
        else { return nil }
        let text = String(decoding: digits, as: UTF8.self)
        let pair = { (place: Int) in text.dropFirst(place).prefix(2) }
        guard ("01"..."12").contains(pair(4)), ("01"..."31").contains(pair(6)), pair(8) < "24",
            pair(10) < "60", pair(12) <= "60"
        else { return nil }
        return "\(text.prefix(4))-\(pair(4))-\(pair(6))T\(pair(8)):\(pair(10)):\(pair(12))"
            + String(decoding: fraction, as: UTF8.self) + "Z"
    }

    private static let unreadable = VaultError(
        .badInput,
        "This is no time stamp (RFC 3161) in DER; give the authority's reply as it came.")

    private static let refused = VaultError(
        .badInput, "The authority refused to stamp and this is its refusal; ask it again.")
}
