import JSONText
import Vault

// Whether what is withheld is said where it has to be.
extension BagChecker {
    /// What `meta/export.json` says of the redaction, when that file is as it was signed.
    private var redaction: JSON? {
        isIntact(ArchiveName.export) ? export?["redaction"] : nil
    }

    /// What is withheld of a redacted archive, as it was counted.
    var withheldCounts: WithheldCounts? {
        guard let said = redaction else { return nil }
        var counts = withheld
        counts.isCopy = said["original"] != nil
        counts.group = saidOriginals.last?["group"].flatMap(ArchiveGroup.init)
        guard said["original"] != nil else { return counts }
        counts.original = shownProof == nil ? nil : firstArchive
        counts.said = saidCopies
        return counts
    }

    /// Compares what is withheld with what is said of it, where no file that says it is in doubt.
    mutating func checkWithheld() {
        guard isIntact(ArchiveName.export) else { return }
        let hasLog = ledger[ArchiveName.privilege]?.isPresent == true
        guard let said = redaction else {
            if let withheldPath {
                faults.add(
                    withheldPath,
                    "records are withheld, and meta/export.json does not say that the archive is "
                        + "redacted")
            }
            if hasLog, !faults.names(ArchiveName.privilege) {
                faults.add(
                    ArchiveName.privilege, "meta/export.json says nothing of a redaction")
            }
            return
        }
        checkSilence()
        if !hasLog, !faults.names(ArchiveName.privilege) {
            return faults.add(ArchiveName.privilege, "the file is missing")
        }
        guard !faults.namesAny(below: ArchiveName.payload), !faults.names("") else { return }
        let found = [
            ("records", withheld.records), ("messages", withheld.messages),
            ("parts", withheld.parts), ("copies", withheld.copies),
        ]
        for (name, value) in found where said["withheld"]?[name]?.int != Int64(value) {
            faults.add(ArchiveName.export, "withheld \(name) should be \(value)")
        }
        let rows = withheld.records + withheld.parts
        if privilege.rows != rows + 1 {
            faults.add(ArchiveName.privilege, "it should have \(rows) rows below its first")
        } else if privilege.said != privilege.wanted {
            faults.add(ArchiveName.privilege, "its rows are not what the records say is withheld")
        }
    }

    /// What a redacted archive does not carry (`CarriedProof`), and what nobody vouches for in it.
    private mutating func checkSilence() {
        if ledger[ArchiveName.holds]?.isPresent == true, !faults.names(ArchiveName.holds) {
            faults.add(ArchiveName.holds, "a redacted archive does not say what was held")
        }
        if ledger[ArchiveName.restored]?.isPresent == true, !faults.names(ArchiveName.restored) {
            faults.add(
                ArchiveName.restored, "a redacted archive does not say what came from elsewhere")
        }
        let path = ArchiveName.destroyed
        if ledger[path]?.sizeBytes ?? 0 > 0, !faults.names(path) {
            faults.add(path, "a redacted archive has no certificates of destruction")
        }
        for member in ["policy", "holds", "doubts"] where export?[member] != nil {
            faults.add(
                ArchiveName.export,
                "a redacted archive does not say what governs its records, and `\(member)` does")
        }
    }
}

/// What a redacted archive withholds.
package struct WithheldCounts: Sendable, Hashable {
    /// Lines that stand for whole records: messages and earlier versions of messages.
    package var records = 0
    /// Whole messages among them.
    package var messages = 0
    /// Parts of messages whose other parts are there.
    package var parts = 0
    /// Parts of which a copy with marks is given.
    package var copies = 0
    /// Whether an archive was redacted, and not records of a vault.
    package var isCopy = false
    /// The archive that was made first, when it is proved which one that was.
    package var original: FirstArchive?
    /// Of which group the archive that was made first is one: proved where `original` says it too.
    package var group: ArchiveGroup?
    /// Copies in between, the last one first, which nothing proves.
    package var said: [SaidCopy] = []

    package init() {}

    var json: JSON {
        .object([
            "copies": .integer(copies), "messages": .integer(messages),
            "parts": .integer(parts), "records": .integer(records),
        ])
    }
}
