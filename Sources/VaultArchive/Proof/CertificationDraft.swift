import JSONText
import Vault

/// `meta/certification-902-14.txt`: a draft for a person to complete and sign, which the archive
/// does not do for them.
///
/// It is signed under penalty of perjury, so it says of each kind of archive what that is: made of
/// records of a vault, of these with others' data masked, or of another archive.
struct CertificationDraft {
    let tags: TagFiles
    /// SHA-256 of the lists of the payload's files, 32 bytes each.
    let manifests: (sha256: [UInt8], sha512: [UInt8])

    var text: String {
        """
        DRAFT - NOT SIGNED. A qualified person completes, checks and signs it, or writes their own.

        Certification of data copied from an electronic device or storage medium
        (United States Federal Rules of Evidence, rule 902(14); rule 902(11) for its form)

        1. I, ______________________________ (name), am ______________________________ (position) of
           ______________________________ (organisation). I am qualified to make this certification
           by ____________________________________________________________________.

        2. The archive

             \(tags.bag)

        \(original.map(copy(of:)) ?? export)

        3. The program computed a hash value of every file of the archive's payload while it wrote
           it, and put them into two lists. The hash values of these lists are:

             manifest-sha256.txt   SHA-256  \(manifests.sha256.hex)
             manifest-sha512.txt   SHA-256  \(manifests.sha512.hex)

        4. I compared the hash values of the copies with those lists by the process that README.txt
           describes, on ____________________ (date), with this result:
           ____________________________________________________________________.

        I declare under penalty of perjury that the foregoing is true and correct.

        Signed ______________________________   at ____________________   on ____________________

        """
    }

    private var request: ArchiveExport.Request { tags.request }
    private var original: JSONObject? { request.redaction?.original }

    /// How an archive came about that was made from a vault.
    private var export: String {
        let note = tags.withheldWords.map(withheld) ?? ""
        return """
               was made on \(request.time) from a vault of AI conversations with the program
               that meta/export.json names. It holds \(holdings.records) and
               \(holdings.files); meta/export.json says how they were selected.\(note)
            """
    }

    /// How one came about that was made from another archive.
    private func copy(of original: JSONObject) -> String {
        """
           is a redacted copy. It was made on \(request.time), with the program that
           meta/export.json names, from another archive and not from a vault:

        \(description(of: original))

           It has \(holdings.records), withheld ones among them, and
           \(holdings.files).\(withheld(tags.withheldWords ?? "nothing"))
           Pages, tables and files for review were made anew for the copy. Its hash values are
           those of its own files, and not those of the other archive's.
        """
    }

    private var holdings: (records: String, files: String) {
        let records = [
            tags.counts.conversations.counted("conversation"),
            tags.counts.messages.counted("message"),
        ]
        return (
            records.joined(separator: ", "), tags.counts.attachments.counted("attached file")
        )
    }

    private func withheld(_ words: String) -> String {
        """

           Withheld of the records: \(words);
           data/report/privilege.csv names each and says why.
        """
    }

    /// As much of the other archive as may be said: rules may match its name.
    private func description(of original: JSONObject) -> String {
        func value(_ member: String) -> String? {
            original[member]?.string?.singleLine(maximumBytes: 200)
        }
        let rows = [
            ("name", value("name") ?? "withheld"), ("id", value("bag")),
            ("made on", value("time")), ("signed by", value("signer")),
            ("SHA-256 of its tagmanifest-sha256.txt", value("tagManifest")),
        ]
        return rows.compactMap { name, value in value.map { "     \(name): \($0)" } }
            .joined(separator: "\n")
    }
}
