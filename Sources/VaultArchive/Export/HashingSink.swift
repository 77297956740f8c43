import VaultCrypto

/// Passes bytes on and takes their SHA-256.
final class HashingSink: ByteSink {
    private let output: any ByteSink
    private var hash = SHA256Digest()

    init(_ output: any ByteSink) { self.output = output }

    func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError) {
        unsafe hash.update(bytes)
        try unsafe output.write(bytes)
    }

    /// The digest of what was written so far.
    var sha256: [UInt8] { hash.finalize() }
}

extension OpenFile: ByteSink {}
