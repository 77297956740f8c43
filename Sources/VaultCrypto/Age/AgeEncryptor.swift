import CSodium

/// Encrypts a stream to an age v1 file, in constant memory.
///
/// Nothing of the file is valid before `finish` returned. Not safe for use from two threads at
/// once. The first error is kept: every later call throws it again.
package final class AgeEncryptor: ByteSink {
    /// The passphrase cost that `age` itself uses: 256 MiB and about half a second.
    package static let standardLog2N = 18

    private let output: any ByteSink
    private let armor: AgeArmorWriter?
    private var cipher: AgePayloadCipher
    /// One chunk and room for its tag; sealed in place.
    private let chunk = GuardedBuffer(count: AgeFormat.chunkBytes + AgeFormat.tagBytes)
    private var filled = 0
    private var isFinished = false
    private var failure: VaultError?

    /// Starts a file that any of the recipients can open.
    ///
    /// - Parameters:
    ///   - recipients: At least one.
    ///   - armored: Whether to write ASCII armour.
    ///   - output: Where the file goes; it stays the caller's to close.
    /// - Throws: `.badInput` without a recipient, and what the output throws.
    package convenience init(
        recipients: [AgeRecipient], armored: Bool = false, output: any ByteSink
    ) throws(VaultError) {
        try self.init(
            addressees: recipients.map(AgeAddressee.x25519), armored: armored, output: output)
    }

    /// Starts a file that any of the addressees can open.
    ///
    /// - Parameters:
    ///   - addressees: At least one.
    ///   - armored: Whether to write ASCII armour.
    ///   - output: Where the file goes; it stays the caller's to close.
    /// - Throws: `.badInput` without an addressee, and what the output throws.
    package convenience init(
        addressees: [AgeAddressee], armored: Bool = false, output: any ByteSink
    ) throws(VaultError) {
        if addressees.isEmpty {
            throw VaultError(.badInput, "Nobody could open this file; name at least one recipient.")
        }
        let fileKey = SecretBytes.random(count: AgeFormat.fileKeyBytes)
        var stanzas: [AgeStanza] = []
        for recipient in addressees {
            stanzas.append(try recipient.wrap(fileKey))
        }
        try self.init(stanzas, fileKey, armored: armored, output: output)
    }

    /// Starts a file that a passphrase opens.
    ///
    /// - Parameters:
    ///   - passphrase: Any bytes; stock `age` types them on a terminal.
    ///   - log2N: Binary logarithm of the cost, 1 to 22; memory is 2^log2N KiB.
    ///   - armored: Whether to write ASCII armour.
    ///   - output: Where the file goes; it stays the caller's to close.
    /// - Throws: `.badInput` for an empty passphrase or a cost out of bounds, `.noSpace` without
    ///   the memory for it, and what the output throws.
    package convenience init(
        passphrase: borrowing SecretBytes, log2N: Int = AgeEncryptor.standardLog2N,
        armored: Bool = false, output: any ByteSink
    ) throws(VaultError) {
        if passphrase.count == 0 {
            throw VaultError(.badInput, "The passphrase is empty; choose one.")
        }
        guard (1...22).contains(log2N) else {
            throw VaultError(.badInput, "The passphrase cost must lie between 2^1 and 2^22.")
        }
        let fileKey = SecretBytes.random(count: AgeFormat.fileKeyBytes)
        let stanza = try AgeScrypt.wrap(fileKey, passphrase: passphrase, log2N: log2N)
        try self.init([stanza], fileKey, armored: armored, output: output)
    }

    private init(
        _ stanzas: [AgeStanza], _ fileKey: borrowing SecretBytes, armored: Bool,
        output: any ByteSink
    ) throws(VaultError) {
        armor = armored ? AgeArmorWriter(output) : nil
        self.output = armor ?? output
        var nonce = [UInt8](repeating: 0, count: AgeFormat.payloadNonceBytes)
        unsafe randombytes_buf(&nonce, nonce.count)
        cipher = AgePayloadCipher(fileKey: fileKey, nonce: nonce)
        try self.output.write(AgeHeader(stanzas, fileKey: fileKey).bytes + nonce)
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError) {
        try checkUsable()
        var rest = unsafe bytes
        while unsafe !rest.isEmpty {
            // A full chunk is sealed only when more follows: the last one carries the end mark.
            if filled == AgeFormat.chunkBytes { try sealChunk(isLast: false) }
            let count = min(rest.count, AgeFormat.chunkBytes - filled)
            unsafe chunk.withBytes { room in
                unsafe room.slice(filled..<filled + count).copyMemory(from: rest.slice(0..<count))
            }
            filled += count
            unsafe rest = rest.slice(count..<rest.count)
        }
    }

    /// Writes the last chunk, and the armour's end; the file is complete when this returns.
    package func finish() throws(VaultError) {
        try checkUsable()
        try sealChunk(isLast: true)
        do {
            try armor?.finish()
        } catch {
            failure = error
            throw error
        }
        isFinished = true
    }

    private func checkUsable() throws(VaultError) {
        if let failure { throw failure }
        precondition(!isFinished, "an age file was written to after its end")
    }

    private func sealChunk(isLast: Bool) throws(VaultError) {
        do throws(VaultError) {
            try unsafe chunk.withBytes { (room) throws(VaultError) in
                let sealed = unsafe room.slice(0..<filled + AgeFormat.tagBytes)
                let plain = unsafe UnsafeRawBufferPointer(room.slice(0..<filled))
                unsafe cipher.seal(plain, isLast: isLast, into: sealed)
                try unsafe output.write(UnsafeRawBufferPointer(sealed))
            }
        } catch {
            failure = error
            throw error
        }
        filled = 0
    }
}
