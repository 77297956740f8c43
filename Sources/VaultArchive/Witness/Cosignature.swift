import VaultCrypto

/// A second person's signature of an archive's tag manifest: an SSHSIG for the same purpose as the
/// archive's own, by another key.
enum Cosignature {
    static let maximumBytes: Int64 = 8_192

    /// What is wrong with one.
    enum Fault: Error {
        case unreadable(VaultError)
        case otherPurpose
        case mismatch
        case signersOwn
        case twice
    }

    /// The signature file as `ssh-keygen` lays it out; what is none stays as it is.
    ///
    /// Lines could be cut elsewhere and the signature would fit. In an archive it has one form, so
    /// that every change of the file shows.
    static func inOneForm(_ file: [UInt8]) -> [UInt8] {
        (try? SSHSignature(parsing: file))?.file ?? file
    }

    /// Who cosigned.
    ///
    /// - Parameters:
    ///   - file: The signature file.
    ///   - tagManifest: The content of the tag manifest.
    ///   - signer: The key that signed the archive.
    ///   - others: The keys of the cosignatures that are there.
    /// - Returns: The key inside the signature, which fits.
    /// - Throws: What is wrong.
    static func signer(
        of file: [UInt8], over tagManifest: [UInt8], archiveSigner signer: VerifyingKey,
        besides others: [VerifyingKey]
    ) throws(Fault) -> VerifyingKey {
        let signature: SSHSignature
        do throws(VaultError) {
            signature = try SSHSignature(parsing: file)
        } catch {
            throw .unreadable(error)
        }
        let namespace = ArchiveSigner.namespace
        guard signature.namespace == namespace else { throw .otherPurpose }
        let key = signature.publicKey
        let digest = SHA512Digest.hash(tagManifest)
        let fits = (try? signature.verify(digest: digest, by: key, namespace: namespace)) != nil
        guard fits else { throw .mismatch }
        guard key != signer else { throw .signersOwn }
        guard !others.contains(key) else { throw .twice }
        return key
    }
}

extension Cosignature.Fault {
    /// What `coffer verify` says of the file.
    var finding: String {
        switch self {
        case .unreadable: "this is not an SSH signature by an Ed25519 key"
        case .otherPurpose: "the signature was made for another purpose"
        case .mismatch: "the signature does not fit the tag manifest"
        case .signersOwn: "this is a signature by the archive's own signer"
        case .twice: "this signer is there already under a lower number"
        }
    }

    /// What is said to somebody who wants to add it.
    var refusal: VaultError {
        switch self {
        case .unreadable(let error) where error.code == .unsupported:
            VaultError(
                .unsupported,
                "This signature is of a kind that Coffer cannot check; sign with an ssh-ed25519 "
                    + "key.")
        case .unreadable(let error): error
        case .otherPurpose:
            VaultError(
                .badInput,
                "This signature was made for another purpose; sign tagmanifest-sha256.txt with "
                    + "`ssh-keygen -Y sign -n \(ArchiveSigner.namespace)`.")
        case .mismatch:
            VaultError(
                .badInput,
                "This signature does not fit the archive's tagmanifest-sha256.txt; sign that file, "
                    + "as it is in this archive.")
        case .signersOwn:
            VaultError(
                .badInput,
                "This signature is by the key that signed the archive; a cosignature needs another "
                    + "key.")
        case .twice:
            VaultError(
                .exists, "The archive has a cosignature by this key already; nothing is left to do."
            )
        }
    }
}

extension BagChecker {
    /// Checks the cosignatures, which are numbered from 1 on without a gap.
    mutating func checkCosignatures(of signer: VerifyingKey) {
        guard let content = small[ArchiveName.tagManifest] else { return }
        let numbers = ArchiveName.cosignatureNumbers.filter {
            ledger[ArchiveName.cosignature($0)]?.isPresent == true
        }
        var keys: [VerifyingKey] = []
        for number in 1..<(numbers.last.map { $0 + 1 } ?? 1) {
            let path = ArchiveName.cosignature(number)
            guard let file = small[path] else {
                if !faults.names(path) { faults.add(path, "the file is missing") }
                continue
            }
            if Cosignature.inOneForm(file) != file {
                faults.add(path, "the signature is not laid out as ssh-keygen writes it")
                continue
            }
            do throws(Cosignature.Fault) {
                keys.append(
                    try Cosignature.signer(
                        of: file, over: content, archiveSigner: signer, besides: keys))
            } catch {
                faults.add(path, error.finding)
            }
        }
        cosigners = keys.map(SSHPublicKey.fingerprint)
    }
}
