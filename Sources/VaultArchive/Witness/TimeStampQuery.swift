import VaultCrypto

/// What is sent to a time stamping authority: a TimeStampReq (RFC 3161, section 2.4.1).
///
/// The nonce is in this file alone and is not compared with the one of the reply: it tells a client
/// that waits on a network that the reply is not an earlier one. A reply is accepted for the hash
/// of one archive's list of files, which no other archive has; an earlier reply over the same hash
/// would prove an earlier time, which is as true. Replies come on a stick, maybe to another machine
/// than the one that asked, and adding one needs no vault.
package enum TimeStampQuery {
    package static let nonceBytes = 8

    /// 2.16.840.1.101.3.4.2.1, SHA-256.
    static let sha256: [UInt8] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01]

    /// A query of version 1, which asks for the authority's certificate and for no policy.
    ///
    /// - Parameters:
    ///   - digest: SHA-256 of what is to be stamped.
    ///   - nonce: Eight random bytes; the highest two bits are set to 01, so that the number is
    ///     positive and always as long.
    /// - Returns: The query in DER.
    package static func file(digest: [UInt8], nonce: [UInt8]) -> [UInt8] {
        precondition(digest.count == SHA256Digest.sizeBytes, "the query is over a SHA-256")
        precondition(nonce.count == nonceBytes, "the nonce has eight bytes")
        let algorithm = DER.value(DER.identifier, sha256) + DER.value(DER.null, [])
        let imprint = DER.value(DER.sequence, algorithm) + DER.value(DER.octets, digest)
        let number = [nonce[0] & 0x3F | 0x40] + nonce.dropFirst()
        return DER.value(
            DER.sequence,
            DER.value(DER.integer, [1]) + DER.value(DER.sequence, imprint)
                + DER.value(DER.integer, number) + DER.value(DER.boolean, [0xFF]))
    }

    /// The same with a fresh nonce.
    package static func file(digest: [UInt8]) -> [UInt8] {
        file(
            digest: digest,
            nonce: unsafe SecretBytes.random(count: nonceBytes).withBytes { unsafe Array($0) })
    }
}
