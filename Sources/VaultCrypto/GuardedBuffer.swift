import CSodium

/// Scratch space for secrets: writable guarded memory, wiped when freed.
///
/// `SecretBytes` is written once; this is for work areas that are written again and again.
@safe struct GuardedBuffer: ~Copyable {
    private let memory: UnsafeMutableRawPointer
    let count: Int

    /// Allocates `count` zero bytes.
    init(count: Int) {
        SodiumLibrary.start()
        guard let block = unsafe sodium_malloc(max(count, 1)) else {
            // As in SecretBytes: going on without it would put secrets in ordinary memory.
            fatalError("Coffer cannot get locked memory; raise the limit (ulimit -l).")
        }
        unsafe sodium_memzero(block, max(count, 1))
        unsafe self.memory = block
        self.count = count
    }

    /// Lends the bytes for reading and writing; they are valid only inside the closure.
    func withBytes<R: ~Copyable, E: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try unsafe body(UnsafeMutableRawBufferPointer(start: memory, count: count))
    }

    /// Copies a part into a secret of its own.
    ///
    /// - Parameter range: Offsets within the buffer.
    /// - Returns: The copy.
    func secret(_ range: Range<Int>) -> SecretBytes {
        unsafe withBytes { bytes in
            let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[range])
            return unsafe SecretBytes(count: part.count) { unsafe $0.copyMemory(from: part) }
        }
    }

    deinit {
        unsafe sodium_free(memory)
    }
}
