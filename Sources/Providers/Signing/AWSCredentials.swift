import VaultCrypto

/// An AWS key pair: the id is public, the secret stays in guarded memory.
package struct AWSCredentials: ~Copyable, Sendable {
    package let accessKeyID: String
    /// `AWS4` and the secret access key, from which the keys of a day are derived.
    let seed: SecretBytes
    /// The token of temporary credentials; it is sent in the open, in a header.
    package let sessionToken: String?

    /// Takes a key pair.
    ///
    /// - Parameters:
    ///   - accessKeyID: The public name of the key.
    ///   - secretAccessKey: The secret, as text in memory of the caller's.
    ///   - sessionToken: With temporary credentials, their token.
    package init(accessKeyID: String, secretAccessKey: [UInt8], sessionToken: String? = nil) {
        self.accessKeyID = accessKeyID
        self.sessionToken = sessionToken
        seed = unsafe SecretBytes(count: 4 + secretAccessKey.count) { room in
            unsafe room.copyBytes(from: Array("AWS4".utf8))
            for (index, byte) in secretAccessKey.enumerated() { unsafe room[4 + index] = byte }
        }
    }
}
