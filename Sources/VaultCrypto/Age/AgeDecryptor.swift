import CSodium

/// Decrypts an age v1 file as a stream, in constant memory.
///
/// Every byte that `read` gives out is authentic and in its place, but only a read of 0 bytes says
/// that the file is complete: whoever acts on the content must wait for it, and discard what came
/// before when an error follows. Not safe for use from two threads at once. The first error is
/// kept: every later call throws it again.
package final class AgeDecryptor: ByteSource {
    /// Passphrase costs accepted unless the caller says otherwise; 2^22 takes 4 GiB.
    package static let standardLog2N = 1...22

    private let source: any ByteSource
    private var cipher: AgePayloadCipher
    private let plain = GuardedBuffer(count: AgeFormat.chunkBytes)
    private var sealed = [UInt8](repeating: 0, count: AgeFormat.chunkBytes + AgeFormat.tagBytes)
    private var available = 0..<0
    private var isAtEnd = false
    private var failure: VaultError?

    /// Opens a file with any of the identities.
    ///
    /// - Parameters:
    ///   - input: The file from its first byte.
    ///   - identities: Tried in turn against every X25519 stanza; stanzas of other types are
    ///     skipped.
    ///   - armored: Whether ASCII armour is expected; nil looks at the first byte.
    /// - Throws: `.wrongKey` when the file is for others, `.unsupported` when it is only for kinds
    ///   of recipients that are not handled, `.newerFormat`, `.damaged`; `underlying` is an
    ///   `AgeFault`.
    package convenience init(
        input: any ByteSource, identities: [AgeIdentity], armored: Bool? = nil
    ) throws(VaultError) {
        let (header, payload) = try Self.open(input, armored: armored)
        let fileKey = try header.fileKey(identities)
        try self.init(header, payload, fileKey)
    }

    /// Opens a file with a passphrase.
    ///
    /// - Parameters:
    ///   - input: The file from its first byte.
    ///   - passphrase: The passphrase without a line end.
    ///   - allowedLog2N: Costs that may be computed; 2^n takes 2^n KiB of memory.
    ///   - armored: Whether ASCII armour is expected; nil looks at the first byte.
    /// - Throws: As for identities, and `.refused` for a cost outside the bounds.
    package convenience init(
        input: any ByteSource, passphrase: borrowing SecretBytes,
        allowedLog2N: ClosedRange<Int> = AgeDecryptor.standardLog2N, armored: Bool? = nil
    ) throws(VaultError) {
        let (header, payload) = try Self.open(input, armored: armored)
        let fileKey = try header.fileKey(passphrase, allowedLog2N: allowedLog2N)
        try self.init(header, payload, fileKey)
    }

    private init(
        _ header: AgeHeader, _ payload: any ByteSource, _ fileKey: borrowing SecretBytes
    ) throws(VaultError) {
        guard header.isAuthentic(fileKey) else {
            throw .age(.headerMAC, "its header was altered")
        }
        var nonce = [UInt8](repeating: 0, count: AgeFormat.payloadNonceBytes)
        let count = try unsafe nonce.withMutableBytes { (room) throws(VaultError) in
            try unsafe payload.readFully(into: room)
        }
        guard count == nonce.count else {
            throw .age(.header, "it ends inside the payload's nonce")
        }
        source = payload
        cipher = AgePayloadCipher(fileKey: fileKey, nonce: nonce)
    }

    private static func open(
        _ input: any ByteSource, armored: Bool?
    ) throws(VaultError) -> (AgeHeader, any ByteSource) {
        let outer = BufferedSource(input)
        // A binary file begins with the "a" of its version line, armour with a hyphen or space.
        let first = try outer.peek()
        let looksArmored = first.map { $0 == UInt8(ascii: "-") || $0 <= UInt8(ascii: " ") }
        let inner =
            armored ?? looksArmored ?? false ? BufferedSource(AgeArmorReader(outer)) : outer
        return (try AgeHeader(reading: inner), inner)
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(VaultError) -> Int {
        if let failure { throw failure }
        do throws(VaultError) {
            if available.isEmpty && !isAtEnd { try openChunk() }
            // A full last chunk looks like any other, so the end is checked before it is announced.
            if available.isEmpty && isAtEnd { try checkNothingFollows() }
        } catch {
            failure = error
            throw error
        }
        let count = min(buffer.count, available.count)
        let start = available.lowerBound
        unsafe plain.withBytes { bytes in
            let part = unsafe UnsafeRawBufferPointer(bytes.slice(start..<start + count))
            unsafe buffer.copyMemory(from: part)
        }
        available = start + count..<available.upperBound
        return count
    }

    private func openChunk() throws(VaultError) {
        let count = try unsafe sealed.withMutableBytes { (room) throws(VaultError) in
            try unsafe source.readFully(into: room)
        }
        // A payload without a chunk that is marked as last was cut at a chunk's edge.
        if count == 0 { throw .age(.payload, "it is cut short") }
        if count < AgeFormat.tagBytes { throw .age(.payload, "its last chunk is cut short") }
        // The last chunk may be empty only if it is the first: else there are two encodings.
        if count == AgeFormat.tagBytes && !cipher.isAtFirstChunk {
            throw .age(.payload, "its last chunk is empty")
        }
        let isShort = count < sealed.count
        // A short chunk must be the last; a full one may be either.
        let opened = (!isShort && open(count, isLast: false)) || open(count, isLast: true)
        if !opened { throw .age(.payload, "a chunk of its content was altered or cut") }
        available = 0..<count - AgeFormat.tagBytes
    }

    private func open(_ count: Int, isLast: Bool) -> Bool {
        let opened = unsafe plain.withBytes { room in
            unsafe sealed.withBytes { bytes in
                unsafe cipher.open(
                    bytes.slice(0..<count), isLast: isLast,
                    into: room.slice(0..<count - AgeFormat.tagBytes))
            }
        }
        if opened && isLast { isAtEnd = true }
        return opened
    }

    private func checkNothingFollows() throws(VaultError) {
        var extra: [UInt8] = [0]
        let count = try unsafe extra.withMutableBytes { (room) throws(VaultError) in
            try unsafe source.read(into: room)
        }
        if count > 0 { throw .age(.payload, "something follows its last chunk") }
    }
}

extension AgeHeader {
    /// The file key, by the first stanza that one of the identities opens.
    func fileKey(_ identities: [AgeIdentity]) throws(VaultError) -> SecretBytes {
        for identity in identities {
            for stanza in stanzas where stanza.type == AgeX25519.type {
                if let fileKey = try AgeX25519.unwrap(stanza, with: identity) { return fileKey }
            }
        }
        if stanzas.contains(where: { $0.type == AgeX25519.type }) {
            throw noMatch(.wrongKey, "is not encrypted to this identity; give the one it is for")
        }
        if stanzas.contains(where: { $0.type == AgeScrypt.type }) {
            throw noMatch(.wrongKey, "is encrypted with a passphrase; give that")
        }
        throw noMatch(.unsupported, "is for recipients of kinds not handled here; open it with age")
    }

    /// The public half of the first identity that opens a stanza.
    func recipient(of identities: [AgeIdentity]) throws(VaultError) -> AgeRecipient? {
        for identity in identities {
            for stanza in stanzas where stanza.type == AgeX25519.type {
                if let key = try AgeX25519.unwrap(stanza, with: identity), key.count > 0 {
                    return identity.recipient
                }
            }
        }
        return nil
    }

    /// The file key, by the header's only stanza.
    func fileKey(
        _ passphrase: borrowing SecretBytes, allowedLog2N: ClosedRange<Int>
    ) throws(VaultError) -> SecretBytes {
        for stanza in stanzas where stanza.type == AgeScrypt.type {
            if let fileKey = try AgeScrypt.unwrap(
                stanza, passphrase: passphrase, allowed: allowedLog2N)
            {
                return fileKey
            }
            throw noMatch(.wrongKey, "does not open with this passphrase; try again")
        }
        if stanzas.contains(where: { $0.type == AgeX25519.type }) {
            throw noMatch(.wrongKey, "is encrypted to recipients; give an identity file")
        }
        throw noMatch(.unsupported, "is for recipients of kinds not handled here; open it with age")
    }

    private func noMatch(_ code: VaultError.Code, _ what: String) -> VaultError {
        VaultError(code, "This age file \(what).", underlying: AgeFault.noMatch)
    }
}
