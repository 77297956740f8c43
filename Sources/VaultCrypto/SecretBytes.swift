import CSodium

/// Secret bytes in guarded memory: locked, surrounded by guard pages, wiped when freed.
///
/// The type cannot be copied, printed, interpolated or put into an array; it is freed once. Compare
/// with `matches`, which takes constant time.
///
/// `@unchecked Sendable` is true because the memory is written only inside `init` and read-only
/// afterwards, and because the single owner frees it.
@safe package struct SecretBytes: ~Copyable, @unchecked Sendable {
    private let memory: UnsafeMutableRawPointer
    package let count: Int

    /// Allocates `count` zero bytes and lets `fill` write them in place.
    ///
    /// - Parameters:
    ///   - count: Size in bytes; may be 0.
    ///   - fill: Writes the secret; the buffer is valid only inside the closure.
    /// - Throws: What `fill` throws; the memory is wiped and freed then.
    package init<E: Error>(
        count: Int, fill: (UnsafeMutableRawBufferPointer) throws(E) -> Void
    ) throws(E) {
        SodiumLibrary.start()
        guard let block = unsafe sodium_malloc(max(count, 1)) else {
            // Locked memory is exhausted: going on without it would put keys in ordinary memory.
            fatalError("Coffer cannot get locked memory for a key; raise the limit (ulimit -l).")
        }
        unsafe sodium_memzero(block, max(count, 1))
        do {
            try unsafe fill(UnsafeMutableRawBufferPointer(start: block, count: count))
        } catch {
            unsafe sodium_free(block)
            throw error
        }
        unsafe self.memory = block
        self.count = count
    }

    /// Fresh random bytes from the system's generator.
    package static func random(count: Int) -> SecretBytes {
        unsafe SecretBytes(count: count) { buffer in
            if let start = buffer.baseAddress { unsafe randombytes_buf(start, buffer.count) }
        }
    }

    /// A second copy in guarded memory of its own.
    package func clone() -> SecretBytes {
        unsafe withBytes { bytes in
            unsafe SecretBytes(count: bytes.count) { buffer in
                unsafe buffer.copyMemory(from: bytes)
            }
        }
    }

    /// Lends the bytes; they are valid only inside the closure and must not be copied out of
    /// guarded memory.
    package func withBytes<R: ~Copyable, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try unsafe body(UnsafeRawBufferPointer(start: memory, count: count))
    }

    /// Constant-time comparison.
    package func matches(_ other: borrowing SecretBytes) -> Bool {
        guard count == other.count else { return false }
        return unsafe sodium_memcmp(memory, other.memory, count) == 0
    }

    deinit {
        unsafe sodium_free(memory)
    }
}

/// Starts libsodium once.
package enum SodiumLibrary {
    private static let started: Bool = sodium_init() >= 0

    /// Must run before any other call into libsodium; later calls cost a load.
    package static func start() {
        precondition(started, "libsodium could not be initialised")
    }
}
