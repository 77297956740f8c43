import Vault
import VaultCrypto

/// An archive's tag manifest, and the files that stand beside it without being listed.
///
/// Whether the rest of the archive is as it was signed is not asked here: a witness vouches for the
/// list, and `coffer verify` compares the list with the files.
struct SealedList {
    /// Files by name; only those that can be asked for by `names`.
    private var files: [String: [UInt8]] = [:]

    /// The files that are wanted, and how long each can be.
    static let names: [(name: String, maximumBytes: Int64)] =
        [
            (ArchiveName.tagManifest, 1 << 20), (ArchiveName.sshSignature, 8_192),
            (ArchiveName.timeStamp, Int64(TimeStampReply.maximumBytes)),
        ]
        + ArchiveName.cosignatureNumbers.map {
            (ArchiveName.cosignature($0), Cosignature.maximumBytes)
        }

    static func maximumBytes(of name: String) -> Int64? {
        names.first { $0.name == name }?.maximumBytes
    }

    mutating func add(_ name: String, _ content: [UInt8]) { files[name] = content }

    /// Decides whether a witness fits the archive, and what its file is called.
    ///
    /// - Parameters:
    ///   - content: A time stamp or a cosignature.
    ///   - kind: Which of both.
    /// - Returns: The new file's name, and what the witness says.
    /// - Throws: `badInput` for one that does not fit, `exists` for one that is there already,
    ///   `damaged` when the archive's own signature does not hold.
    func place(
        _ content: [UInt8], as kind: ArchiveAttachment.Kind
    ) throws(VaultError) -> ArchiveAttachment.Placement {
        guard let manifest = files[ArchiveName.tagManifest],
            let seal = files[ArchiveName.sshSignature]
        else {
            throw VaultError(
                .badInput,
                "This is no archive with a signed list of files; check it with `coffer verify`.")
        }
        let digest = SHA512Digest.hash(manifest)
        let own = try? SSHSignature(parsing: seal)
        guard let own,
            (try? own.verify(
                digest: digest, by: own.publicKey, namespace: ArchiveSigner.namespace)) != nil
        else {
            throw VaultError(
                .damaged,
                "The archive's own signature does not fit, so nothing is added; see what "
                    + "`coffer verify` says.")
        }
        return switch kind {
        case .timeStamp: try place(timeStamp: content, over: manifest)
        case .cosignature: try place(cosignature: content, over: manifest, own.publicKey)
        }
    }

    private func place(
        timeStamp content: [UInt8], over manifest: [UInt8]
    ) throws(VaultError) -> ArchiveAttachment.Placement {
        let reply = try TimeStampReply(parsing: content)
        guard reply.digest == SHA256Digest.hash(manifest) else {
            throw VaultError(
                .badInput,
                "This time stamp is of something else than this archive's list of files; give the "
                    + "reply to this archive's query.")
        }
        guard files[ArchiveName.timeStamp] == nil else {
            throw VaultError(
                .exists, "The archive has a time stamp already, and it is never replaced.")
        }
        return .init(name: ArchiveName.timeStamp, time: reply.time)
    }

    private func place(
        cosignature content: [UInt8], over manifest: [UInt8], _ signer: VerifyingKey
    ) throws(VaultError) -> ArchiveAttachment.Placement {
        var others: [VerifyingKey] = []
        for number in ArchiveName.cosignatureNumbers {
            guard let file = files[ArchiveName.cosignature(number)] else {
                let key = try Self.cosigner(content, over: manifest, signer, besides: others)
                return .init(
                    name: ArchiveName.cosignature(number),
                    cosigner: SSHPublicKey.fingerprint(key))
            }
            guard
                let key = try? Cosignature.signer(
                    of: file, over: manifest, archiveSigner: signer, besides: others)
            else {
                throw VaultError(
                    .damaged,
                    "A cosignature that the archive has does not fit, so nothing is added; see "
                        + "what `coffer verify` says.")
            }
            others.append(key)
        }
        throw VaultError(
            .unsupported,
            "The archive has \(others.count) cosignatures already, and no more find room.")
    }

    private static func cosigner(
        _ content: [UInt8], over manifest: [UInt8], _ signer: VerifyingKey,
        besides others: [VerifyingKey]
    ) throws(VaultError) -> VerifyingKey {
        do throws(Cosignature.Fault) {
            return try Cosignature.signer(
                of: content, over: manifest, archiveSigner: signer, besides: others)
        } catch {
            throw error.refusal
        }
    }
}
