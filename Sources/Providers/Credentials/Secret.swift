package import VaultCrypto

/// A token, key or passphrase of a provider, in guarded memory.
///
/// It cannot be seen by mistake: descriptions, mirrors and interpolations show a word in its place,
/// and no encoder takes it. Whoever puts it into a request calls `reveal`, which is the one way to
/// its text and makes a copy in ordinary memory.
package struct Secret: Sendable {
    private final class Memory: Sendable {
        let bytes: SecretBytes
        init(_ bytes: consuming SecretBytes) { self.bytes = bytes }
    }
    private let memory: Memory

    package init(_ text: String) { self.init(bytes: Array(text.utf8)) }

    package init(bytes: [UInt8]) {
        memory = Memory(
            unsafe SecretBytes(count: bytes.count) { room in unsafe room.copyBytes(from: bytes) })
    }

    /// A secret that is in guarded memory already.
    package init(_ bytes: consuming SecretBytes) { memory = Memory(bytes) }

    package var isEmpty: Bool { memory.bytes.count == 0 }

    /// The text, for a request or a signature.
    package func reveal() -> String { String(decoding: revealBytes(), as: UTF8.self) }

    /// The bytes, for a request or a signature.
    package func revealBytes() -> [UInt8] {
        unsafe memory.bytes.withBytes { bytes in unsafe [UInt8](bytes) }
    }

    /// Whether it has the characters of a bearer token (RFC 6750, section 2.1), as JSON Web Tokens
    /// and base64 have; what begins like JSON or XML is no token.
    var isToken: Bool {
        let marks = Array("-._~+/=".utf8)
        return fitsHeader && revealBytes().allSatisfy { $0.isLetterOrDigit || marks.contains($0) }
    }

    /// Whether it can stand in a header: visible ASCII, at most 16,384 bytes, not empty.
    var fitsHeader: Bool {
        let bytes = revealBytes()
        return (1...16_384).contains(bytes.count) && bytes.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

extension Secret: Equatable {
    /// Takes the same time wherever they differ.
    package static func == (one: Secret, other: Secret) -> Bool {
        one.memory.bytes.matches(other.memory.bytes)
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(secret)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
