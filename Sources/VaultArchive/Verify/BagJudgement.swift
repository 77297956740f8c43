import JSONText
import Vault
import VaultCrypto

// What all files of a bag say together, once all of them were read.
extension BagChecker {
    mutating func result(expected: ExpectedSigner?) -> ArchiveVerifier.Result {
        checkKind()
        let seal = isCut ? Seal() : judge(expected)
        let isSealed = isIntact(ArchiveName.tagManifest) && seal.key != nil
        return ArchiveVerifier.Result(
            faults: faults.sorted, omittedFaults: faults.omitted,
            bag: isIntact(ArchiveName.export) ? export?["name"]?.string : nil,
            signer: seal.key.map(SSHPublicKey.fingerprint),
            isSignerKnown: expected != nil && seal.key != nil,
            isOriginalSignerKnown: expectedOriginal != nil && proofSigner != nil,
            recipients: recipients, isEncrypted: opening != nil,
            cosigners: cosigners, trustedComment: seal.trustedComment,
            tagManifest: isSealed ? small[ArchiveName.tagManifest].map(SHA256Digest.hash) : nil,
            timeStampFile: small[ArchiveName.timeStamp], conversations: conversations,
            messages: Int(messages), payloadBytes: ledger.payloadBytes,
            proof: shownProof, withheld: withheldCounts,
            missingFiles: missingAttachments, isMissingProved: isMissingProved,
            notChecked: ledger[ArchiveName.timeStamp]?.isPresent == true
                ? [ArchiveName.timeStamp] : [], member: member)
    }

    private mutating func judge(_ expected: ExpectedSigner?) -> Seal {
        let seal = checkSignatures(expected)
        checkTagManifest(isSealed: seal.isTagManifestIntact)
        checkPayload()
        if isIntact(ArchiveName.manifest256), isIntact(ArchiveName.manifest512) {
            faults.add(claims)
        }
        checkSigner(seal.key)
        if let key = seal.key { checkCosignatures(of: key) }
        checkRecordsAndFiles()
        checkLists()
        checkFolders()
        checkWithheld()
        checkNumbers()
        checkGroup()
        checkProof()
        checkExpectedOriginal()
        checkRecipients()
        checkTimeStamp(isSealed: seal.isTagManifestIntact)
        return seal
    }

    /// Says of what is no archive just that: its other faults would follow from it.
    private mutating func checkKind() {
        guard !ArchiveName.required.contains(where: { ledger[$0]?.isPresent == true }) else {
            return
        }
        let inner = faults.faults.first {
            $0.path.hasSuffix("/" + ArchiveName.declaration) && !$0.path.hasPrefix(".")
        }
        if let folder = inner?.path.dropLast(ArchiveName.declaration.utf8.count + 1) {
            faults.replace(by: "this folder is none; \(folder) in it may be one")
        } else if let said = faults.faults.first(where: { $0.path.isEmpty }) {
            faults.replace(by: said.fault)
        } else if !isCut {
            faults.replace(by: "this is none: no file that every archive has is in it")
        }
        isCut = true
    }

    /// A folder entry could carry a message in its name.
    private mutating func checkFolders() {
        var used: Set<String> = []
        for file in ledger.files.values where file.isPresent {
            var folder = file.path[...]
            while let slash = folder.lastIndex(of: "/") {
                folder = folder[..<slash]
                guard used.insert(String(folder)).inserted else { break }
            }
        }
        for folder in folders.subtracting(used) where !faults.namesAny(below: folder + "/") {
            faults.add(folder, "no file of the archive is in this folder")
        }
    }

    /// Whether a file is there and nothing was said against it.
    func isIntact(_ path: String) -> Bool {
        ledger[path]?.isPresent == true && !faults.names(path)
    }

    func text(_ path: String) -> String? {
        small[path].flatMap { String(validating: $0, as: UTF8.self) }
    }

    var export: JSON? { small[ArchiveName.export].flatMap { try? JSONReader.parse($0) } }

    // MARK: Signatures

    private struct Seal {
        /// The key that made a good signature.
        var key: VerifyingKey?
        var trustedComment: String?
        var isTagManifestIntact = false
    }

    private var statedKeys: [(path: String, key: VerifyingKey?)] {
        // The line is ours: it is compared as a whole with what each other key would give.
        let signers = text(ArchiveName.allowedSigners).flatMap { line -> VerifyingKey? in
            let words = line.split(separator: " ").suffix(2).joined(separator: " ")
            let key = try? SSHPublicKey.parse(line: words)
            let expected = key.flatMap { try? ArchiveSigner($0) }?.allowedSigners
            return expected.map { $0 == Array(line.utf8) } == true ? key : nil
        }
        return [
            (
                ArchiveName.sshKey,
                text(ArchiveName.sshKey).flatMap { try? SSHPublicKey.parse(line: $0) }
            ),
            (ArchiveName.allowedSigners, signers),
            (
                ArchiveName.minisignKey,
                small[ArchiveName.minisignKey].flatMap { try? MinisignPublicKey(parsing: $0).key }
            ),
        ]
    }

    /// Checks both signatures.
    ///
    /// When neither fits by any key that the bag states, it is the tag manifest that was altered,
    /// unless neither is a signature at all; when one fits, the other one was.
    private mutating func checkSignatures(_ expected: ExpectedSigner?) -> Seal {
        var seal = Seal()
        guard let content = small[ArchiveName.tagManifest] else { return seal }
        let digest512 = SHA512Digest.hash(content)
        let digestBlake = ArchiveSigner.minisignDigest(of: content)
        var keys: [VerifyingKey] = []
        for (_, key) in statedKeys { if let key, !keys.contains(key) { keys.append(key) } }
        // Both are taken in the one form in which they are written, so that every change shows.
        let ssh = small[ArchiveName.sshSignature].flatMap { file in
            (try? SSHSignature(parsing: file)).flatMap { $0.file == file ? $0 : nil }
        }
        let minisign = small[ArchiveName.minisignSignature].flatMap { file -> MinisignSignature? in
            let line = "untrusted comment: \(ArchiveSigner.untrustedComment)\n"
            guard file.starts(with: line.utf8), file.last == 0x0A else { return nil }
            return try? MinisignSignature(parsing: file)
        }
        let sshKey = keys.first { key in
            (try? ssh?.verify(digest: digest512, by: key, namespace: ArchiveSigner.namespace))
                != nil
        }
        let minisignKey = keys.first { key in
            (try? minisign?.verify(digest: digestBlake, by: MinisignPublicKey(key))) != nil
        }
        seal.key = sshKey ?? minisignKey
        seal.isTagManifestIntact = seal.key != nil
        seal.trustedComment = minisignKey != nil ? minisign?.trustedComment : nil
        let paths = [ArchiveName.sshSignature, ArchiveName.minisignSignature]
        if ssh == nil, minisign == nil, paths.contains(where: { small[$0] != nil }) {
            // Nothing says whether the tag manifest is what was signed.
            for path in paths where small[path] != nil {
                faults.add(path, "this is no signature, so that nothing shows what was signed")
            }
            return seal
        }
        addSignatureFaults(ssh: ssh == nil ? nil : sshKey, minisign: minisignKey, seal)
        if let expected, let key = seal.key, !expected.matches(key) {
            faults.add(ArchiveName.tagManifest, "it was not signed by the expected signer")
        }
        return seal
    }

    private mutating func addSignatureFaults(
        ssh: VerifyingKey?, minisign: VerifyingKey?, _ seal: Seal
    ) {
        let files = [(ArchiveName.sshSignature, ssh), (ArchiveName.minisignSignature, minisign)]
        if seal.key == nil {
            faults.add(
                ArchiveName.tagManifest,
                "neither signature fits: the list of files is not what was signed")
            return
        }
        for (path, key) in files where small[path] != nil && key != seal.key {
            faults.add(path, "the signature does not fit, or is not by the key that the bag states")
        }
    }

    /// Compares the keys that the bag states with the one that signed.
    private mutating func checkSigner(_ signer: VerifyingKey?) {
        guard let signer else { return }
        for (path, key) in statedKeys where key != signer && isIntact(path) {
            faults.add(path, "this is not the key that signed the archive")
        }
        if isIntact(ArchiveName.export),
            export?["signer"]?.string != SSHPublicKey.fingerprint(signer)
        {
            faults.add(ArchiveName.export, "it names another signer")
        }
    }

    // MARK: Manifests

    /// Reads the tag manifest and compares it with the files outside `data/`.
    private mutating func checkTagManifest(isSealed: Bool) {
        for path in ArchiveName.required where ledger[path]?.isPresent != true {
            faults.add(path, "the file is missing")
        }
        guard let content = small[ArchiveName.tagManifest], isSealed else { return }
        var lines = content.split(separator: 0x0A, omittingEmptySubsequences: false)
        if lines.popLast()?.isEmpty != true {
            faults.add(ArchiveName.tagManifest, "the last line has no end")
        }
        for (index, line) in lines.enumerated() {
            manifestLine(Array(line), index + 1, ArchiveName.tagManifest, \.sha256)
        }
        for path in ledger.unlistedNamesakes where !faults.names(path) {
            faults.add(path, "the name differs from another one only in case")
        }
        for file in ledger.files.values where !file.path.hasPrefix(ArchiveName.payload) {
            if ArchiveName.isUnlisted(file.path) || faults.names(file.path) { continue }
            if let fault = Self.fault(file.sha256, isPresent: file.isPresent, "the tag manifest") {
                faults.add(file.path, fault)
            }
        }
    }

    private mutating func checkPayload() {
        let has256 = isIntact(ArchiveName.manifest256)
        let has512 = isIntact(ArchiveName.manifest512)
        for file in ledger.files.values where file.path.hasPrefix(ArchiveName.payload) {
            if faults.names(file.path), !file.isPresent || !file.sha256.isClaimed { continue }
            if unread.contains(file.path) { continue }
            let fault256 =
                has256
                ? Self.fault(file.sha256, isPresent: file.isPresent, ArchiveName.manifest256) : nil
            let fault512 =
                has512
                ? Self.fault(file.sha512, isPresent: file.isPresent, ArchiveName.manifest512) : nil
            if let fault256 { faults.add(file.path, fault256) }
            if let fault512, file.isPresent || fault256 == nil { faults.add(file.path, fault512) }
        }
    }

    private static func fault(_ check: Ledger.Check, isPresent: Bool, _ list: String) -> String? {
        switch check {
        case .equal: nil
        case .different: "the content is not what \(list) lists"
        case .claimed: isPresent ? "the content was not read" : "the file is missing"
        case .none, .seen: isPresent ? "the file is not listed in \(list)" : nil
        }
    }

    // MARK: Content

    private mutating func checkRecordsAndFiles() {
        for attachment in attachments.entries {
            let path = ArchiveName.attachment(attachment.hash.bytes)
            let named = recordPaths[Int(attachment.records)]
            if let file = ledger[path] {
                if let size = file.sizeBytes, size != attachment.sizeBytes, !faults.names(path) {
                    faults.add(named, "\(path) has another size than the record says")
                }
            } else if !declaredMissing.contains(path) {
                faults.add(named, "\(path), which it names, is missing")
            }
        }
        let areRecordsWhole = !faults.namesAny(below: ArchiveName.native)
        for file in ledger.files.values where file.isPresent {
            checkName(file, areRecordsWhole: areRecordsWhole)
        }
        checkReview()
    }

    /// Checks what a file's name promises.
    private mutating func checkName(_ file: Ledger.File, areRecordsWhole: Bool) {
        let path = file.path
        if path.hasPrefix(ArchiveName.attachments) {
            let name = path.dropFirst(ArchiveName.attachments.count)
            guard let hash = name.utf8.fromHex, hash.count == 32 else {
                return faults.add(path, "the file is not named by its SHA-256")
            }
            if misnamed.contains(path), !faults.names(path) {
                return faults.add(path, "the content is not the one whose SHA-256 is its name")
            }
            if areRecordsWhole, !attachments.contains(hash), !faults.names(path) {
                faults.add(path, "no record names this attachment")
            }
            return
        }
        let pairs = [
            (ArchiveName.native, ".jsonl", ArchiveName.pages, ".html", "page"),
            (ArchiveName.pages, ".html", ArchiveName.native, ".jsonl", "record file"),
        ]
        for (folder, ending, other, otherEnding, word) in pairs where path.hasPrefix(folder) {
            guard path != ArchiveName.index, !Self.isFurtherList(path) else { return }
            let name = path.dropFirst(folder.count)
            guard name.hasSuffix(ending), RecordID(name.dropLast(ending.count)) != nil else {
                return faults.add(path, "the file is not named for a conversation")
            }
            let partner = other + name.dropLast(ending.count) + otherEnding
            if ledger[partner] == nil { faults.add(path, "the conversation has no \(word)") }
        }
    }

    /// Compares totals, where none of the files they are counted from is in doubt.
    private mutating func checkNumbers() {
        checkDeclaration()
        guard !faults.namesAny(below: ArchiveName.payload), !faults.names("") else { return }
        let found: [(String, Int64)] = [
            ("conversations", Int64(conversations)), ("messages", messages), ("records", records),
            ("attachments", Int64(attachments.count - missingAttachments)),
        ]
        if isIntact(ArchiveName.export) {
            let counts = export?["counts"]
            let payload = [
                ("payloadBytes", ledger.payloadBytes), ("payloadFiles", ledger.payloadFiles),
            ]
            for (name, value) in found + payload where counts?[name]?.int != value {
                faults.add(ArchiveName.export, "\(name) should be \(value)")
            }
            if let folderName, export?["name"]?.string != folderName {
                faults.add(ArchiveName.export, "the archive's folder has another name")
            }
        }
        let summary = text(ArchiveName.summary)?.split(separator: "\n") ?? []
        for (name, value) in found where !summary.contains("\(name),\(value)") {
            faults.add(ArchiveName.summary, "\(name) should be \(value)")
        }
    }

    private var missingAttachments: Int {
        attachments.entries.count { named in
            let path = ArchiveName.attachment(named.hash.bytes)
            return ledger[path] == nil && declaredMissing.contains(path)
        }
    }

    /// Compares what a time stamp is over with the tag manifest; its signature is not checked.
    private mutating func checkTimeStamp(isSealed: Bool) {
        let path = ArchiveName.timeStamp
        guard isSealed, isIntact(path), isIntact(ArchiveName.tagManifest),
            let file = small[path], let content = small[ArchiveName.tagManifest]
        else { return }
        guard let reply = try? TimeStampReply(parsing: file) else {
            return faults.add(path, "this is no time stamp in DER")
        }
        if reply.digest != SHA256Digest.hash(content) {
            faults.add(path, "it stamps something else than this archive")
        }
    }

    private mutating func checkFormat() {
        let format = export?["format"]?.string ?? ""
        guard isIntact(ArchiveName.export), format != TagFiles.format else { return }
        let name = "coffer-archive/"
        let isNewer = format.hasPrefix(name) && Int(format.dropFirst(name.count)) ?? 0 > 1
        faults.add(
            ArchiveName.export,
            isNewer
                ? "the archive is of a newer format than this program knows; update Coffer"
                : "the archive is of no format that this program knows")
    }

    private mutating func checkDeclaration() {
        checkFormat()
        if isIntact(ArchiveName.declaration), text(ArchiveName.declaration) != TagFiles.declaration
        {
            faults.add(ArchiveName.declaration, "this is not the declaration of a BagIt 1.0 bag")
        }
        if isIntact(ArchiveName.bagInfo), !faults.namesAny(below: ArchiveName.payload) {
            let oxum = "Payload-Oxum: \(ledger.payloadBytes).\(ledger.payloadFiles)"
            if text(ArchiveName.bagInfo)?.split(separator: "\n").contains(Substring(oxum)) != true {
                faults.add(
                    ArchiveName.bagInfo, "the size of the payload should be given as \(oxum)")
            }
        }
    }
}
