import CSodium

/// A private X25519 key that opens files, written `AGE-SECRET-KEY-1…`.
///
/// A class, so that identities can be kept in arrays and shared while the secret itself stays in
/// one piece of guarded memory; it prints as its type's name only.
package final class AgeIdentity: Sendable {
    private static let prefix = "AGE-SECRET-KEY-"
    private static let maximumFileIdentities = 1_000

    private let scalar: SecretBytes
    /// The public half.
    package let recipient: AgeRecipient

    private init(scalar: consuming SecretBytes) {
        let secret = scalar
        var point = [UInt8](repeating: 0, count: AgeRecipient.keyBytes)
        unsafe secret.withBytes { bytes in
            _ = unsafe crypto_scalarmult_base(&point, bytes.start)
        }
        self.scalar = secret
        self.recipient = AgeRecipient(publicKey: point)
    }

    /// A new random identity.
    package static func generate() -> AgeIdentity {
        AgeIdentity(scalar: .random(count: Int(crypto_scalarmult_SCALARBYTES)))
    }

    /// Reads the identities of an identity file, as `age-keygen` writes it.
    ///
    /// One identity a line; empty lines and lines that begin with `#` are skipped.
    ///
    /// - Parameter file: The file's bytes.
    /// - Returns: At least one identity, in the file's order.
    /// - Throws: `.unsupported` for an identity of another kind, `.badInput` for a line that is no
    ///   identity and for a file without any; the line's number is given, never its text.
    package static func parse(file: borrowing SecretBytes) throws(VaultError) -> [AgeIdentity] {
        let identities = try unsafe file.withBytes {
            (text) throws(VaultError) -> [AgeIdentity] in
            var identities: [AgeIdentity] = []
            let lines = unsafe text.split(
                separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            for index in unsafe lines.indices {
                var line = unsafe UnsafeRawBufferPointer(rebasing: lines[index])
                if unsafe line.last == UInt8(ascii: "\r") {
                    unsafe line = line.slice(0..<line.count - 1)
                }
                if unsafe line.isEmpty || line.first == UInt8(ascii: "#") { continue }
                identities.append(try unsafe parse(line: line, number: index + 1))
                if identities.count > maximumFileIdentities {
                    throw VaultError(
                        .badInput, "The identity file holds over 1,000 identities; split it.")
                }
            }
            return identities
        }
        if identities.isEmpty {
            throw VaultError(
                .badInput,
                "The identity file holds no identity; give one with a line AGE-SECRET-KEY-1….")
        }
        return identities
    }

    private static func parse(
        line: UnsafeRawBufferPointer, number: Int
    ) throws(VaultError) -> AgeIdentity {
        var good = false
        let scalar = unsafe SecretBytes(count: AgeRecipient.keyBytes) { key in
            good = unsafe Bech32.decode(line, prefix: prefix, into: key)
        }
        if good { return AgeIdentity(scalar: scalar) }
        let otherKinds = ["AGE-SECRET-KEY-PQ-1", "AGE-PLUGIN-"]
        if otherKinds.contains(where: { unsafe line.starts(with: $0.utf8) }) {
            throw VaultError(
                .unsupported,
                "Line \(number) of the identity file is of a kind that Coffer does not handle; "
                    + "give an X25519 identity, as age-keygen makes it.")
        }
        throw VaultError(
            .badInput,
            "Line \(number) of the identity file is no age identity; "
                + "check that the file is the one age-keygen wrote.")
    }

    /// The text form in guarded memory, without a line end.
    package func text() -> SecretBytes {
        unsafe SecretBytes(count: Bech32.textCount(prefix: Self.prefix)) { text in
            unsafe scalar.withBytes { key in
                unsafe Bech32.encode(key, prefix: Self.prefix, into: text)
            }
        }
    }

    /// Writes the text form and a line end, the form that `age -i` reads.
    ///
    /// - Parameter sink: Should be a file of mode 0600 or an encryptor.
    /// - Throws: What the sink throws.
    package func write(to sink: any ByteSink) throws(VaultError) {
        try sink.write(text())
        try sink.write([UInt8(ascii: "\n")])
    }

    /// The shared secret with a peer's public key; nil if it is all zeros (RFC 7748, section 6.1).
    func sharedSecret(with publicKey: [UInt8]) -> SecretBytes? {
        X25519.shared(scalar, publicKey)
    }
}

/// The Diffie-Hellman function of RFC 7748.
enum X25519 {
    /// The shared secret, or nil if the point has low order and the result is all zeros.
    static func shared(_ scalar: borrowing SecretBytes, _ publicKey: [UInt8]) -> SecretBytes? {
        var result: Int32 = -1
        let secret = unsafe SecretBytes(count: Int(crypto_scalarmult_BYTES)) { shared in
            unsafe scalar.withBytes { key in
                // libsodium itself answers -1 for the all-zero result.
                result = unsafe crypto_scalarmult(shared.start, key.start, publicKey)
            }
        }
        if result != 0 { return nil }
        return secret
    }
}
