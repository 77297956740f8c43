import Vault
import VaultCrypto

@testable import VaultArchive

/// Replies of authorities, put together by hand; nobody signed them.
struct MadeReply {
    var status: [UInt8] = [0]
    var isBareToken = false
    var contentType: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02]
    var algorithm: [UInt8] = TimeStampQuery.sha256
    var digest: [UInt8]
    var time = "20260301090000Z"
    var hasToken = true

    init(digest: [UInt8]) { self.digest = digest }

    /// A reply over an archive's tag manifest.
    init(of place: TemporaryFolder, _ name: String) throws {
        digest = SHA256Digest.hash(try place.read("\(name)/tagmanifest-sha256.txt"))
    }

    private func sequence(_ content: [UInt8]...) -> [UInt8] {
        DER.value(DER.sequence, Array(content.joined()))
    }

    private var info: [UInt8] {
        sequence(
            DER.value(DER.integer, [1]), DER.value(DER.identifier, [0x2A, 0x03, 0x04]),
            sequence(
                sequence(DER.value(DER.identifier, algorithm), DER.value(DER.null, [])),
                DER.value(DER.octets, digest)),
            DER.value(DER.integer, [5]), DER.value(DER.time, Array(time.utf8)),
            DER.value(DER.integer, [7]))
    }

    private var token: [UInt8] {
        let stampInfo: [UInt8] = [
            0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x01, 0x04,
        ]
        let signed = sequence(
            DER.value(DER.integer, [3]), DER.value(DER.set, []),
            sequence(
                DER.value(DER.identifier, stampInfo),
                DER.value(DER.context, DER.value(DER.octets, info))),
            DER.value(DER.set, []))
        return sequence(
            DER.value(DER.identifier, contentType), DER.value(DER.context, signed))
    }

    var file: [UInt8] {
        if isBareToken { return token }
        return sequence(sequence(DER.value(DER.integer, status)), hasToken ? token : [])
    }
}

extension TemporaryFolder {
    /// A signature of an archive's tag manifest by the test key of a number.
    func cosignature(
        of name: String, by seed: UInt8, namespace: String = "export@coffer"
    ) throws -> [UInt8] {
        let content = try read("\(name)/tagmanifest-sha256.txt")
        return try SSHSignature(
            signing: SHA512Digest.hash(content), with: testKey(seed), namespace: namespace
        ).file
    }

    @discardableResult
    func attach(
        _ content: [UInt8], _ kind: ArchiveAttachment.Kind, to name: String, output: String? = nil
    ) throws -> ArchiveAttachment.Placement {
        try ArchiveAttachment.attach(
            content, as: kind, to: "\(path)/\(name)", output: output.map { "\(path)/\($0)" })
    }
}
