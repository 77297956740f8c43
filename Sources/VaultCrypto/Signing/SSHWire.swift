/// The binary form of SSH protocols (RFC 4251, section 5), as far as Ed25519 needs it.
enum SSHWire {
    /// A string: its length as 4 big-endian bytes, then its bytes.
    static func string(_ bytes: [UInt8]) -> [UInt8] {
        number(UInt32(bytes.count)) + bytes
    }

    static func string(_ text: String) -> [UInt8] {
        string(Array(text.utf8))
    }

    static func number(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    /// Reads such values from the front; every read gives nil where bytes are missing.
    struct Reader {
        private var rest: ArraySlice<UInt8>

        init(_ bytes: [UInt8]) {
            rest = bytes[...]
        }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func take(_ count: Int) -> [UInt8]? {
            guard count <= rest.count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }

        mutating func number() -> UInt32? {
            take(4)?.reduce(0) { $0 << 8 | UInt32($1) }
        }

        mutating func string() -> [UInt8]? {
            number().flatMap { take(Int($0)) }
        }
    }
}

/// Public Ed25519 keys in OpenSSH's forms.
package enum SSHPublicKey {
    static let algorithm = "ssh-ed25519"

    /// The binary form: the algorithm's name, then the key (RFC 8709, section 4).
    static func blob(_ key: VerifyingKey) -> [UInt8] {
        SSHWire.string(algorithm) + SSHWire.string(key.bytes)
    }

    /// The key of a binary form; nil for other algorithms and for trailing bytes.
    static func key(blob: [UInt8]) -> VerifyingKey? {
        var reader = SSHWire.Reader(blob)
        guard reader.string() == Array(algorithm.utf8), let bytes = reader.string(), reader.isAtEnd
        else { return nil }
        return try? VerifyingKey(bytes: bytes)
    }

    /// The line of an `id_ed25519.pub` file, without a line feed.
    ///
    /// - Throws: `.badInput` for a comment that is not one line of printable text.
    package static func line(_ key: VerifyingKey, comment: String) throws(VaultError) -> String {
        guard TextLines.printable(Array(comment.utf8)) != nil else {
            throw VaultError(.badInput, "A key's comment must be one line of printable text.")
        }
        let text = "\(algorithm) \(Base64.string(blob(key)))"
        return comment.isEmpty ? text : "\(text) \(comment)"
    }

    /// The line without a comment.
    static func line(_ key: VerifyingKey) -> String { "\(algorithm) \(Base64.string(blob(key)))" }

    /// Reads such a line; the comment is ignored.
    ///
    /// - Throws: `.unsupported` for keys of other kinds, `.badInput` for anything else.
    package static func parse(line: String) throws(VaultError) -> VerifyingKey {
        let words = line.split(whereSeparator: \.isWhitespace)
        if let kind = words.first, kind != algorithm,
            kind.hasPrefix("ssh-") || kind.hasPrefix("ecdsa-") || kind.hasPrefix("sk-")
        {
            throw VaultError(.unsupported, "Only ssh-ed25519 keys are handled; give one of these.")
        }
        guard words.count >= 2, words[0] == algorithm,
            let blob = Base64.decode(words[1].utf8), let key = key(blob: blob)
        else { throw VaultError(.badInput, "This is not a line with an ssh-ed25519 public key.") }
        return key
    }

    /// The fingerprint that `ssh-keygen -l` prints: `SHA256:` and unpadded Base64.
    package static func fingerprint(_ key: VerifyingKey) -> String {
        "SHA256:" + Base64.string(SHA256Digest.hash(blob(key)), .unpadded)
    }

    /// A line of an `allowed_signers` file (ssh-keygen(1), ALLOWED SIGNERS), without a line feed.
    ///
    /// - Parameters:
    ///   - principals: Names such as mail addresses, at least one.
    ///   - key: The signer's key.
    ///   - namespaces: The purposes that the key may sign for; empty allows all.
    /// - Returns: The line.
    /// - Throws: `.badInput` for names with spaces, quotes, commas, wildcards or control
    ///   characters.
    package static func allowedSignersLine(
        principals: [String], key: VerifyingKey, namespaces: [String] = []
    ) throws(VaultError) -> String {
        let special = Set(" \t\"',*?!#\\".utf8)
        let names = principals + namespaces
        let isPlain = names.allSatisfy { name in
            !name.isEmpty && TextLines.printable(Array(name.utf8)) != nil
                && name.utf8.allSatisfy { !special.contains($0) }
        }
        guard isPlain, !principals.isEmpty else {
            throw VaultError(
                .badInput,
                "A signer's name and namespaces must be words without special characters.")
        }
        let options =
            namespaces.isEmpty ? "" : "namespaces=\"\(namespaces.joined(separator: ","))\" "
        return principals.joined(separator: ",") + " \(options)\(try line(key, comment: ""))"
    }
}
