/// Small age files in one piece; use `AgeEncryptor` and `AgeDecryptor` for anything large.
package enum Age {
    /// Encrypts to recipients.
    ///
    /// - Returns: The whole file.
    package static func encrypt(
        _ plaintext: borrowing SecretBytes, to recipients: [AgeRecipient], armored: Bool = false
    ) throws(VaultError) -> [UInt8] {
        let output = BytesSink()
        let encryptor = try AgeEncryptor(recipients: recipients, armored: armored, output: output)
        try encryptor.write(plaintext)
        try encryptor.finish()
        return output.bytes
    }

    /// Encrypts bytes that are no secret themselves to recipients.
    ///
    /// - Returns: The whole file.
    package static func encrypt(
        _ plaintext: [UInt8], to recipients: [AgeRecipient], armored: Bool = false
    ) throws(VaultError) -> [UInt8] {
        let output = BytesSink()
        let encryptor = try AgeEncryptor(recipients: recipients, armored: armored, output: output)
        try encryptor.write(plaintext)
        try encryptor.finish()
        return output.bytes
    }

    /// Encrypts with a passphrase.
    ///
    /// - Parameters:
    ///   - plaintext: The content.
    ///   - passphrase: Any bytes, at least one.
    ///   - log2N: Binary logarithm of the cost, 1 to 22; memory is 2^log2N KiB.
    ///   - armored: Whether to write ASCII armour.
    /// - Returns: The whole file.
    /// - Throws: As `AgeEncryptor`.
    package static func encrypt(
        _ plaintext: borrowing SecretBytes, passphrase: borrowing SecretBytes,
        log2N: Int = AgeEncryptor.standardLog2N, armored: Bool = false
    ) throws(VaultError) -> [UInt8] {
        let output = BytesSink()
        let encryptor = try AgeEncryptor(
            passphrase: passphrase, log2N: log2N, armored: armored, output: output)
        try encryptor.write(plaintext)
        try encryptor.finish()
        return output.bytes
    }

    /// Decrypts with any of the identities.
    ///
    /// - Parameters:
    ///   - file: The whole file, binary or armoured.
    ///   - identities: Tried in turn.
    /// - Returns: The whole content, complete and authentic.
    /// - Throws: As `AgeDecryptor`.
    package static func decrypt(
        _ file: [UInt8], with identities: [AgeIdentity]
    ) throws(VaultError) -> SecretBytes {
        let decryptor = try AgeDecryptor(input: BytesSource(file), identities: identities)
        return try drain(decryptor, atMost: file.count)
    }

    /// Decrypts with a passphrase.
    ///
    /// - Parameters:
    ///   - file: The whole file, binary or armoured.
    ///   - passphrase: The passphrase without a line end.
    ///   - allowedLog2N: Costs that may be computed.
    /// - Returns: The whole content, complete and authentic.
    /// - Throws: As `AgeDecryptor`.
    package static func decrypt(
        _ file: [UInt8], passphrase: borrowing SecretBytes,
        allowedLog2N: ClosedRange<Int> = AgeDecryptor.standardLog2N
    ) throws(VaultError) -> SecretBytes {
        let decryptor = try AgeDecryptor(
            input: BytesSource(file), passphrase: passphrase, allowedLog2N: allowedLog2N)
        return try drain(decryptor, atMost: file.count)
    }

    /// Reads to the end; a file is always longer than its content, so its size bounds the room.
    private static func drain(
        _ decryptor: AgeDecryptor, atMost limit: Int
    ) throws(VaultError) -> SecretBytes {
        let scratch = GuardedBuffer(count: limit)
        // The room exceeds the content, so this stops only at the authenticated end.
        let count = try unsafe scratch.withBytes { (room) throws(VaultError) in
            try unsafe decryptor.readFully(into: room)
        }
        return scratch.secret(0..<count)
    }
}
