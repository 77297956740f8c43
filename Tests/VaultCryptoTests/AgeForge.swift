import Testing
import VaultCrypto

/// Builds age files piece by piece, so that a test can put any piece wrong and keep the rest right.
struct AgeForge {
    let identity = AgeIdentity.generate()
    private let fileKeyBytes = [UInt8](repeating: 0x42, count: 16)
    private let nonce = [UInt8](repeating: 0x17, count: 16)

    var fileKey: SecretBytes { Pattern.secret(fileKeyBytes) }

    /// The stanza that `identity` opens.
    func stanza() throws -> AgeStanza {
        try AgeX25519.wrap(fileKey, to: identity.recipient)
    }

    /// A file with stanzas, by default the one that `identity` opens, and chunks; its MAC is right.
    func file(
        stanzas: [AgeStanza]? = nil, chunks: [(plain: [UInt8], isLast: Bool)] = [([1, 2, 3], true)]
    ) throws -> [UInt8] {
        let stanzas = try stanzas ?? [stanza()]
        return AgeHeader(stanzas, fileKey: fileKey).bytes + nonce + payload(chunks)
    }

    private func payload(_ chunks: [(plain: [UInt8], isLast: Bool)]) -> [UInt8] {
        var cipher = AgePayloadCipher(fileKey: fileKey, nonce: nonce)
        var bytes: [UInt8] = []
        for chunk in chunks {
            var sealed = [UInt8](repeating: 0, count: chunk.plain.count + 16)
            chunk.plain.withUnsafeBytes { plain in
                sealed.withUnsafeMutableBytes { room in
                    cipher.seal(plain, isLast: chunk.isLast, into: room)
                }
            }
            bytes += sealed
        }
        return bytes
    }

    /// A file whose header text was edited; the MAC is left as it was.
    func file(editing edit: (String) -> String) throws -> [UInt8] {
        let header = String(
            decoding: try AgeHeader([stanza()], fileKey: fileKey).bytes, as: UTF8.self)
        return Array(edit(header).utf8) + nonce + payload([([1, 2, 3], true)])
    }

    /// Expects a refusal by the given layer.
    func expect(_ fault: AgeFault, _ file: [UInt8], _ name: String) {
        expectFault(fault, nil, "\(name)") { () throws(VaultError) in
            _ = try Pattern.decrypt(file, [identity])
        }
    }
}
