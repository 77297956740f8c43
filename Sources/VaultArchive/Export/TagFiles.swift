import JSONText
import Vault
import VaultCrypto

/// The files of a bag outside `data/`, as text.
///
/// Times and persons stand only here.
struct TagFiles {
    let request: ArchiveExport.Request
    let bag: String
    let vault: RecordID
    let tool: String
    let counts: ArchiveCounts
    let payloadBytes: Int64
    let payloadFiles: Int64
    let signer: ArchiveSigner
    /// What the archive shows of the vault's audit log.
    let proof: ArchiveProof?
    /// What is withheld of the records; `nil` where nothing was redacted.
    let withheld: WithheldCounts?

    /// The format of archives; a later one has a higher number.
    static let format = "coffer-archive/1"
    static let declaration = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

    private var matter: String { request.matter.singleLine(maximumBytes: 200) }

    /// What minisign shows when it has checked the signature: ASCII, because terminals differ.
    var trustedComment: String {
        let word = String(matter.unicodeScalars.map { $0.isASCII ? Character($0) : "_" })
        return "matter=\(word) bag=\(request.bag) time=\(request.time)"
    }

    var bagInfo: String {
        let rows: [(String, String?)] = [
            ("Source-Organization", request.organization),
            ("Contact-Name", request.person),
            ("Bagging-Date", String(request.time.description.prefix(10))),
            ("External-Identifier", request.matter),
            ("External-Description", request.reason),
            ("Internal-Sender-Identifier", bag),
            ("Bag-Software-Agent", tool),
            ("Bag-Group-Identifier", request.group?.id.description),
            ("Bag-Count", bagCount),
            ("Payload-Oxum", "\(payloadBytes).\(payloadFiles)"),
        ]
        return rows.reduce(into: "") { text, row in
            let value = row.1?.singleLine(maximumBytes: 500) ?? ""
            if !value.isEmpty { text += "\(row.0): \(value)\n" }
        }
    }

    /// A copy of one archive of a group is none of that group, and not all of anything.
    private var bagCount: String? {
        request.group?.place ?? (request.redaction?.originalGroup == nil ? "1 of 1" : nil)
    }

    /// `meta/export.json`: what was asked for, by whom, why, and how much came of it.
    var export: String {
        var numbers = JSONObject()
        for (name, value) in counts.fields { numbers[name] = .integer(value) }
        numbers["payloadBytes"] = .integer(payloadBytes)
        numbers["payloadFiles"] = .integer(payloadFiles)
        var object: JSONObject = [
            "format": .string(Self.format),
            "bag": .string(request.bag.description),
            "name": .string(bag),
            "vault": .string(vault.description),
            "tool": .string(tool),
            "time": .string(request.time.description),
            "matter": .string(request.matter),
        ]
        object["nameSalt"] = proof?.nameSalt.map { .string($0.hex) }
        object["query"] = request.query.map(JSON.string)
        object["scope"] = .object(request.scope)
        object["review"] = request.review.scope
        object["person"] = request.person.map(JSON.string)
        object["organization"] = request.organization.map(JSON.string)
        object["reason"] = request.reason.map(JSON.string)
        object["recipients"] = request.encryption?.recipients
        object["signer"] = .string(signer.fingerprint)
        object["group"] = request.group?.json
        object["log"] = proof?.json
        // What governs the records is for who may see all of them: see `CarriedProof`.
        if withheld == nil {
            for member in proof?.governanceJSON.members ?? [] { object[member.key] = member.value }
        }
        if let withheld {
            object["redaction"] = (request.redaction ?? RedactionNote()).json(withheld)
        }
        object["counts"] = .object(numbers)
        return PrettyJSON.text(.object(object)) + "\n"
    }

    var readme: String {
        """
        A signed \(withheld == nil ? "" : "and redacted ")export of AI conversations

          Matter     \(matter)
          Archive    \(bag)
          Made       \(request.time) with \(tool.singleLine(maximumBytes: 100))
          Holds      \(counts.conversations) conversations, \(counts.messages) messages, \
        \(counts.attachments) attachments
        \(groupLine)\(redacted)
        To read it, open index.html in a browser. No network is used.

        To check it, run these commands in this folder. They need no network and nothing of ours.

        1. Every file is as it was exported:

             sha256sum --strict --quiet -c manifest-sha256.txt tagmanifest-sha256.txt
             sha512sum --strict --quiet -c manifest-sha512.txt

        2. The list of files was signed. Either command is enough; both check the same key:

             ssh-keygen -Y verify -f allowed_signers -I \(ArchiveSigner.principal) \
        -n \(ArchiveSigner.namespace) \\
               -s tagmanifest-sha256.txt.sig < tagmanifest-sha256.txt
             minisign -Vm tagmanifest-sha256.txt -p signer.minisign.pub

        3. Nothing was added. The commands above do not notice extra files. This one notices them
           in data/:

             python3 -m bagit --validate .

           and this one everywhere; it also checks every record, and reads the archive packed too:

             coffer verify .

           The pages in data/html/ are covered by the signature like every file. They are copies for
           reading and are not compared with the records: what counts is data/native/.

        \(proofStep)\(proof == nil ? 4 : 5). The signer is who you think. The keys in this folder are here for convenience: whoever
           could replace the files could replace the keys as well. Compare the fingerprint with the
           one that reached you another way, in the cover letter or by telephone:

             SSH fingerprint      \(signer.fingerprint)
             minisign public key  \(signer.minisignKey)

        What is where

          data/native/        the records, one JSON line each, as they were committed to
          data/html/          the same conversations as pages to read
          data/attachments/   files, each named by its SHA-256
          data/report/        tables: totals, conversations, and what could not be exported\(
            withheld == nil ? "" : " or is withheld")
        \(request.review.readme)  meta/               what was asked for, by whom, when and why; what became of the records
                              until then; a draft of a certification, which is not signed
        \(proofPlace)
        How a record proves itself: the SHA-256 of the text of `envelope` is `commitment`, and the
        envelope lists the SHA-256 of the text of each element of `parts`.

        """
    }

    /// What is withheld, in words.
    var withheldWords: String? {
        guard let withheld else { return nil }
        let versions = withheld.records - withheld.messages
        let words = [
            withheld.messages.counted("message"), withheld.parts.counted("part"),
            versions > 0 ? versions.counted("earlier version") : nil,
        ].compactMap { $0 }
        return words.dropLast().joined(separator: ", ") + " and \(words.last ?? "")"
    }

    private var redacted: String {
        guard let words = withheldWords else { return "" }
        let name = request.redaction?.original?["name"]?.string?.singleLine(maximumBytes: 200)
        let signer = request.redaction?.original?["signer"]?.string
        let group = request.redaction?.originalGroup
        return """
              Withheld   \(words); data/report/privilege.csv has the reasons
            \(name.map { "  Made of    \($0)\n" } ?? "")\
            \(group.map { "  Part       archive \($0.place) of one export;\n"
                + "             \($0.othersMissing)\n" } ?? "")\
            \(signer.map { "  Signed by  \($0)\n" } ?? "")
            """
    }

    private var groupLine: String {
        guard let group = request.group else { return "" }
        return """
              Group      archive \(group.place) of one export, which has \(group.conversations) \
            conversations and
                         \(group.messages) messages in all; `coffer verify` of all of them together
                         shows that none is missing

            """
    }

    private var proofStep: String {
        guard proof != nil else { return "" }
        return """
            4. The records are those that the vault's audit log commits to, and those of the archive
               that was first made of them, none less and none more. The first command recomputes
               the log's tree from the records (proof/merkle.py does that, in 40 lines); the
               others check who signed it, and who signed which commitments were in that archive:

                 python3 proof/verify.py
                 sha256sum --strict --quiet -c proof/manifest-sha256.txt
                 ssh-keygen -Y verify -f proof/allowed_signers -I \(ArchiveSigner.principal) \
            -n \(ArchiveSigner.proofNamespace) \\
                   -s proof/manifest-sha256.txt.sig < proof/manifest-sha256.txt
                 sed '/^$/,$d' proof/checkpoint > ../note
                 sed -n 's/^— .* //p' proof/checkpoint | base64 -d | tail -c 64 > ../note.sig
                 openssl pkeyutl -verify -rawin -pubin -inkey proof/log.pub.pem \\
                   -in ../note -sigfile ../note.sig


            """
    }

    private var proofPlace: String {
        guard proof != nil else { return "" }
        let rest =
            withheld == nil
            ? "and certificates of what was destroyed"
            : "but no certificate of what was destroyed, nor what governs"
        return """
              proof/              the audit log's signed checkpoint, what its tree is computed from,
                                  \(rest)

            """
    }
}
