/// A named Ed25519 key that signs notes: a verifier key of C2SP signed-note,
/// `NAME+hex(key id)+BASE64(1 || key)`.
package struct NoteKey: Sendable, Hashable, CustomStringConvertible {
    /// The signature type of Ed25519 (signed-note.md, "Signature types").
    private static let signatureType: UInt8 = 1

    /// Who signs; a word without spaces and plus signs, best a URL without its scheme.
    package let name: String
    /// The Ed25519 key.
    package let key: VerifyingKey
    /// The first 4 bytes of SHA-256(name, line feed, type, key).
    let id: [UInt8]

    /// Names a key.
    ///
    /// - Throws: `.badInput` for an empty name, or one with spaces, plus signs or control
    ///   characters.
    package init(name: String, key: VerifyingKey) throws(VaultError) {
        guard Self.isName(name) else {
            throw VaultError(
                .badInput, "A signer's name must be a word without spaces and plus signs.")
        }
        self.name = name
        self.key = key
        id = Self.id(name, key)
    }

    /// Reads a verifier key.
    ///
    /// - Throws: `.unsupported` for other signature types, `.badInput` for anything else, a key id
    ///   that does not fit included.
    package init(parsing text: String) throws(VaultError) {
        let bad = VaultError(
            .badInput, "This is not a note's verifier key (name+id+key); check it.")
        // The name has no plus sign, the Base64 may: so the first two plus signs separate.
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Base64.decode(parts[2].utf8), let type = bytes.first
        else { throw bad }
        if type != Self.signatureType {
            throw VaultError(
                .unsupported, "Only Ed25519 verifier keys are handled; give one of these.")
        }
        guard bytes.count == 1 + VerifyingKey.sizeBytes else { throw bad }
        try self.init(
            name: String(parts[0]), key: VerifyingKey(bytes: Array(bytes.dropFirst())))
        guard Hex.text(id) == parts[1] else { throw bad }
    }

    /// The verifier key as text.
    package var description: String {
        "\(name)+\(Hex.text(id))+\(Base64.string([Self.signatureType] + key.bytes))"
    }

    static func isName(_ name: String) -> Bool {
        !name.isEmpty && TextLines.printable(Array(name.utf8)) != nil
            && name.unicodeScalars.allSatisfy { $0 != "+" && !$0.properties.isWhitespace }
    }

    private static func id(_ name: String, _ key: VerifyingKey) -> [UInt8] {
        let hashed = Array(name.utf8) + [UInt8(ascii: "\n"), signatureType] + key.bytes
        return Array(SHA256Digest.hash(hashed).prefix(4))
    }
}

/// A text with the signatures of one or more keys (C2SP signed-note.md).
///
/// ```
/// TEXT                        one or more lines, each ended by a line feed
///                             an empty line, the last of the note
/// — NAME BASE64(id || signature)
/// ```
package struct SignedNote: Sendable {
    private static let dash = Array("— ".utf8)
    private static let idBytes = 4
    /// Limits of ours; the format demands room for 16 signatures.
    private static let maximumFileBytes = 1 << 20
    private static let maximumSignatures = 100

    private struct Signature: Sendable {
        let name: String
        let id: [UInt8]
        let bytes: [UInt8]
    }

    private let textBytes: [UInt8]
    private var signatures: [Signature] = []

    /// A note without signatures.
    ///
    /// - Parameter text: Ends in a line feed; no other control characters.
    /// - Throws: `.badInput` for any other text.
    package init(text: String) throws(VaultError) {
        textBytes = Array(text.utf8)
        guard Self.isText(textBytes) else {
            throw VaultError(
                .badInput, "A note must end in a line feed and hold no other control characters.")
        }
    }

    /// Adds a signature; its name and key must be known to whoever verifies.
    ///
    /// - Parameters:
    ///   - key: The private key.
    ///   - name: As in `NoteKey`.
    /// - Throws: `.badInput` for an unusable name.
    package mutating func sign(with key: borrowing SigningKey, name: String) throws(VaultError) {
        let named = try NoteKey(name: name, key: key.publicKey)
        signatures.append(Signature(name: name, id: named.id, bytes: key.sign(textBytes)))
    }

    /// The note as a file.
    package var file: [UInt8] {
        var file = textBytes + [UInt8(ascii: "\n")]
        for signature in signatures {
            let value = Base64.string(signature.id + signature.bytes)
            file += Self.dash + Array("\(signature.name) \(value)\n".utf8)
        }
        return file
    }

    /// Reads a note, whose text stays hidden until `verify`.
    ///
    /// - Throws: `.damaged` with `SignatureFault.malformed` below.
    package init(parsing file: [UInt8]) throws(VaultError) {
        let lineFeed = UInt8(ascii: "\n")
        guard file.count <= Self.maximumFileBytes, Self.isText(file) else {
            throw Self.malformed("it is not text that ends in a line feed")
        }
        // The last empty line separates: two line feeds, the first of which ends the text.
        let pairs = zip(file.indices, file.indices.dropFirst())
        let separator = pairs.reversed().first { file[$0] == lineFeed && file[$1] == lineFeed }
        guard let separator else { throw Self.malformed("it has no signatures") }
        textBytes = Array(file[...separator.0])
        let lines = TextLines.split(Array(file[(separator.1 + 1)...]))
        guard (1...Self.maximumSignatures).contains(lines.count) else {
            throw Self.malformed("it has no signatures, or over 100")
        }
        for line in lines { signatures.append(try Self.signature(in: line)) }
    }

    /// Verifies and gives the text.
    ///
    /// - Parameter keys: Trusted keys; signatures of others are ignored.
    /// - Returns: The text, and the trusted keys that signed it.
    /// - Throws: `.damaged` when a trusted key's signature is wrong, `.wrongKey` when none of them
    ///   signed; a `SignatureFault` below.
    package func verify(
        by keys: [NoteKey]
    ) throws(VaultError) -> (text: String, signers: [NoteKey]) {
        var signers: [NoteKey] = []
        for signature in signatures {
            // A name and an id together say which key it is; either alone means nothing.
            for key in keys where key.name == signature.name && key.id == signature.id {
                guard key.key.isValid(signature.bytes, for: textBytes) else {
                    throw .signature(
                        .mismatch,
                        "The note does not fit its signature; one of the two was altered.")
                }
                if !signers.contains(key) { signers.append(key) }
            }
        }
        guard !signers.isEmpty, let text = String(validating: textBytes, as: UTF8.self) else {
            throw .signature(
                .otherKey, "The note is not signed by a known key; get the signer's verifier key.")
        }
        return (text, signers)
    }

    private static func signature(in line: [UInt8]) throws(VaultError) -> Signature {
        guard line.starts(with: dash), let space = line.lastIndex(of: UInt8(ascii: " ")),
            space > dash.count,
            let name = String(validating: line[dash.count..<space], as: UTF8.self),
            NoteKey.isName(name), let bytes = Base64.decode(line[(space + 1)...]),
            bytes.count > idBytes
        else { throw malformed("one of its signature lines is not of the right form") }
        return Signature(
            name: name, id: Array(bytes.prefix(idBytes)), bytes: Array(bytes.dropFirst(idBytes)))
    }

    private static func isText(_ bytes: [UInt8]) -> Bool {
        bytes.last == UInt8(ascii: "\n")
            && bytes.allSatisfy { $0 >= 0x20 || $0 == UInt8(ascii: "\n") }
            && String(validating: bytes, as: UTF8.self) != nil
    }

    private static func malformed(_ what: String) -> VaultError {
        .signature(.malformed, "This signed note cannot be read: \(what). Get the file again.")
    }
}
