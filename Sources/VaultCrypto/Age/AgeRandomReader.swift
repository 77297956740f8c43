import Synchronization

/// An age v1 file whose content is read at any place: its chunks open one by one.
///
/// The last chunk is opened first, so that a file that was cut short is no file at all. Every byte
/// that is given out is authentic and in its place. ASCII armour is not read.
package final class AgeRandomReader: RandomAccess {
    private static let sealedChunkBytes = Int64(AgeFormat.chunkBytes + AgeFormat.tagBytes)

    /// Length of the content.
    package let sizeBytes: Int64
    /// What opened it.
    package let opening: AgeOpening
    private let start: Int64
    private let chunks: Int64
    private let payloadBytes: Int64
    private let cipher: AgePayloadCipher
    private let file: any RandomAccess
    /// The chunk that was opened last.
    private let cache = Mutex<(index: Int64, plain: [UInt8])>((-1, []))

    /// Opens a file with any of the identities.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - identities: As for `AgeDecryptor`.
    /// - Throws: As `AgeDecryptor`.
    package convenience init(
        _ file: any RandomAccess, identities: [AgeIdentity]
    ) throws(VaultError) {
        let header = try Self.header(file)
        let fileKey = try header.fileKey(identities)
        let opening = AgeOpening(recipient: try header.recipient(of: identities), header)
        try self.init(header, fileKey, opening, file)
    }

    /// Opens a file with a passphrase.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - passphrase: Without a line end.
    /// - Throws: As `AgeDecryptor`.
    package convenience init(
        _ file: any RandomAccess, passphrase: borrowing SecretBytes
    ) throws(VaultError) {
        let header = try Self.header(file)
        let fileKey = try header.fileKey(passphrase, allowedLog2N: AgeDecryptor.standardLog2N)
        let opening = AgeOpening(recipient: nil, header)
        try self.init(header, fileKey, opening, file)
    }

    private init(
        _ header: AgeHeader, _ fileKey: borrowing SecretBytes, _ opening: AgeOpening,
        _ file: any RandomAccess
    ) throws(VaultError) {
        self.opening = opening
        guard header.isAuthentic(fileKey) else {
            throw .age(.headerMAC, "its header was altered")
        }
        // There is one encoding of a header, so that it is as long as it would be written.
        let nonceStart = Int64(header.bytes.count)
        let nonce = try Self.bytes(of: file, at: nonceStart, AgeFormat.payloadNonceBytes)
        guard nonce.count == AgeFormat.payloadNonceBytes else {
            throw .age(.header, "it ends inside the payload's nonce")
        }
        cipher = AgePayloadCipher(fileKey: fileKey, nonce: nonce)
        start = nonceStart + Int64(nonce.count)
        payloadBytes = file.sizeBytes - start
        chunks = (payloadBytes + Self.sealedChunkBytes - 1) / Self.sealedChunkBytes
        let last = payloadBytes - (chunks - 1) * Self.sealedChunkBytes
        guard chunks > 0, last >= AgeFormat.tagBytes, last > AgeFormat.tagBytes || chunks == 1
        else { throw .age(.payload, "it is cut short") }
        sizeBytes = payloadBytes - chunks * Int64(AgeFormat.tagBytes)
        self.file = file
        try cache.withLock { (cache) throws(VaultError) in cache = try open(chunks - 1) }
    }

    private static func header(_ file: any RandomAccess) throws(VaultError) -> AgeHeader {
        try AgeHeader(reading: BufferedSource(SequentialSource(file)))
    }

    /// Reads content at an offset.
    ///
    /// - Returns: How many bytes were read; 0 at the end.
    /// - Throws: `.damaged` for a chunk that was altered.
    package func read(
        at offset: Int64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(VaultError) -> Int {
        guard offset >= 0, offset < sizeBytes, buffer.count > 0 else { return 0 }
        let index = offset / Int64(AgeFormat.chunkBytes)
        return try cache.withLock { (cache) throws(VaultError) in
            if cache.index != index { cache = try open(index) }
            let first = Int(offset - index * Int64(AgeFormat.chunkBytes))
            let count = min(buffer.count, cache.plain.count - first)
            unsafe buffer.copyBytes(from: cache.plain[first..<first + count])
            return count
        }
    }

    private func open(_ index: Int64) throws(VaultError) -> (Int64, [UInt8]) {
        let isLast = index == chunks - 1
        let place = index * Self.sealedChunkBytes
        let count = Int(min(Self.sealedChunkBytes, payloadBytes - place))
        let sealed = try Self.bytes(of: file, at: start + place, count)
        guard sealed.count == count else { throw .age(.payload, "it is cut short") }
        var plain = [UInt8](repeating: 0, count: count - AgeFormat.tagBytes)
        let isOpen = unsafe plain.withMutableBytes { room in
            unsafe sealed.withBytes { bytes in
                unsafe cipher.open(bytes, at: UInt64(index), isLast: isLast, into: room)
            }
        }
        guard isOpen else { throw .age(.payload, "a chunk of its content was altered or cut") }
        return (index, plain)
    }

    /// At most so many bytes; fewer at the end.
    private static func bytes(
        of file: any RandomAccess, at offset: Int64, _ count: Int
    ) throws(VaultError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = try unsafe bytes.withMutableBytes { (room) throws(VaultError) in
                try unsafe file.read(at: offset + Int64(filled), into: room.slice(filled..<count))
            }
            if got == 0 { return Array(bytes[..<filled]) }
            filled += got
        }
        return bytes
    }
}

/// A file from its first byte on.
private final class SequentialSource: ByteSource {
    private let file: any RandomAccess
    private var offset: Int64 = 0

    init(_ file: any RandomAccess) { self.file = file }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(VaultError) -> Int {
        let count = try unsafe file.read(at: offset, into: buffer)
        offset += Int64(count)
        return count
    }
}
