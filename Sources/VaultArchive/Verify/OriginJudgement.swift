import JSONText
import Vault
import VaultCrypto

/// The archive that was made first, as the seal of `proof/` proves it.
package struct FirstArchive: Sendable, Hashable {
    /// Its name; `nil` where a copy withholds it.
    package var name: String?
    /// Its id.
    package var bag: String
    /// When it was made, as its maker says; RFC 3339.
    package var time: String
    /// `SHA256:…` of who made it.
    package var signer: String
    /// Of which group of archives it is one.
    package var group: ArchiveGroup?
}

/// A copy between the first archive and this one, as whoever made this one says.
package struct SaidCopy: Sendable, Hashable {
    package var name: String?
    package var signer: String?
}

// Which archive was made first, and what is said of it.
//
// 1. `proof/archive.json` is signed with the seal. The innermost `redaction.original` of
//    `meta/export.json`, or in an archive that is no copy `meta/export.json` itself, names the same
//    id and time, the seal's signer and, where it names the archive at all, the name and its salt.
//    It names the same group of archives, or none.
// 2. The archive has as many conversations, messages and records. Of the attached files that what
//    is shown names, only those are missing that the first archive lacked (`SealedArchive`).
// 3. A copy of an archive that had a log (`redaction.original.log`) has its proof.
//
// All other members of `redaction.original`, and the copies in between, are the word of whoever
// made the copy.
extension BagChecker {
    /// What `meta/export.json` says of the archives that this one was made of, the last one first.
    var saidOriginals: [JSON] {
        var originals: [JSON] = []
        var redaction = export?["redaction"]
        while let original = redaction?["original"] {
            originals.append(original)
            redaction = original["redaction"]
        }
        return originals
    }

    /// The copies in between, when what names them is as it was signed.
    var saidCopies: [SaidCopy] {
        guard isIntact(ArchiveName.export) else { return [] }
        return saidOriginals.dropLast().map {
            SaidCopy(name: $0["name"]?.string, signer: $0["signer"]?.string)
        }
    }

    /// Compares what is said of the first archive with what its maker signed.
    ///
    /// - Parameter areRecordsWhole: Whether no file that numbers are counted from is in doubt.
    mutating func checkOrigin(areRecordsWhole: Bool) {
        let path = ArchiveName.sealedArchive
        guard isIntact(path), isIntact(ArchiveName.export), let proofSigner, let export,
            let file = small[path]
        else { return }
        guard let sealed = SealedArchive(file: file) else {
            return faults.add(path, "this does not say which archive it was made for")
        }
        let said = saidOriginals.last ?? export
        let isNamed = Self.isNamed(said, as: sealed, isOwn: saidOriginals.isEmpty)
        guard said["bag"]?.string == sealed.bag, said["time"]?.string == sealed.time, isNamed else {
            return faults.add(
                ArchiveName.export, "it names another first archive than proof/archive.json does")
        }
        let counts = [
            ("conversations", sealed.conversations, Int64(conversations)),
            ("messages", sealed.messages, messages), ("records", sealed.records, records),
        ]
        for (name, sealed, found) in counts where areRecordsWhole && sealed != found {
            faults.add(path, "the first archive had \(sealed) \(name), and here are \(found)")
        }
        if areRecordsWhole { checkMissing(sealed) }
        if sealed.missing != nil, said["group"].flatMap(ArchiveGroup.init) != sealed.group {
            faults.add(
                ArchiveName.export,
                "it says another group of the first archive than proof/archive.json does")
        }
        guard isIntact(path), isIntact(ArchiveName.export) else { return }
        firstArchive = FirstArchive(
            name: said["name"]?.string, bag: sealed.bag, time: sealed.time,
            signer: SSHPublicKey.fingerprint(proofSigner), group: sealed.group)
    }

    /// Names attached files that are said to be missing and that the first archive had.
    private mutating func checkMissing(_ sealed: SealedArchive) {
        guard let count = sealed.missing else { return }
        let path = ArchiveName.missingParts
        guard !faults.names(path) else { return }
        let listed = proof.missingParts.count
        guard Int64(listed) == count else {
            return faults.add(
                path,
                "it lists \(listed.counted("part")), and proof/archive.json says \(count)")
        }
        isMissingProved = true
        for attachment in attachments.entries {
            let file = ArchiveName.attachment(attachment.hash.bytes)
            guard ledger[file] == nil, !proof.missingParts.contains(attachment.part) else {
                continue
            }
            isMissingProved = false
            faults.add(
                recordPaths[Int(attachment.records)],
                "\(file), which it names, is missing, and the first archive had it")
        }
    }

    private static func isNamed(_ said: JSON, as sealed: SealedArchive, isOwn: Bool) -> Bool {
        guard said["name"] != nil || said["nameSalt"] != nil else { return !isOwn }
        guard let name = said["name"]?.string, let salt = said["nameSalt"]?.string?.utf8.fromHex
        else { return false }
        return sealed.isNamed(name, salt: salt)
    }

    /// Names a copy that shows no proof of an archive that had one.
    mutating func checkLostProof() {
        guard isIntact(ArchiveName.export),
            saidOriginals.contains(where: { $0["log"] == .bool(true) })
        else { return }
        faults.add(
            ArchiveName.export,
            "the archive that it was made of had a proof, and this one has none")
    }

    /// Compares who made the first archive with who must have.
    mutating func checkExpectedOriginal() {
        guard let expectedOriginal else { return }
        guard let proofSigner else {
            if faults.faults.isEmpty {
                faults.add("", "nothing shows who made the first archive")
            }
            return
        }
        if !expectedOriginal.matches(proofSigner) {
            faults.add(
                ArchiveName.proofSigners,
                "the first archive was not made by the expected signer")
        }
    }
}
