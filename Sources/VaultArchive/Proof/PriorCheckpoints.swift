import Vault
import VaultCrypto

/// Checkpoints that left the vault before, and that the archive's is one of the same history.
///
/// `proof/prior-checkpoints/<entries>.checkpoint` has each of them as it was signed.
/// `proof/consistency.txt` has for each, in ascending order, a line
/// `consistency <entries> <entries of proof/checkpoint>`, a line with the Base64 of each hash of
/// the proof of RFC 6962 (section 2.1.2), and an empty line.
struct PriorCheckpoints {
    let prior: [AuditCheckpoint]

    /// Those that were given, each size once.
    init(_ given: [AuditCheckpoint]) {
        var known: Set<Int> = []
        prior = given.sorted { $0.size < $1.size }.filter { known.insert($0.size).inserted }
    }

    /// Refuses what an archive cannot take along.
    ///
    /// - Throws: `badInput` for more than `ArchiveName.maximumPriorCheckpoints`, or a long one.
    func requireRoom() throws(VaultError) {
        let maximum = ArchiveName.maximumPriorCheckpoints
        let isLong = prior.contains { $0.file.count > ArchiveName.maximumPriorBytes }
        guard prior.count > maximum || isLong else { return }
        throw VaultError(
            .badInput,
            "An archive takes at most \(maximum) prior checkpoints along, each of at most "
                + "\(ArchiveName.maximumPriorBytes) bytes; give fewer, or without the signatures "
                + "of others.")
    }

    static func path(_ size: Int) -> String {
        "\(ArchiveName.priorCheckpoints)\(size).checkpoint"
    }

    func write(
        from log: any ArchiveLog, _ checkpoint: AuditCheckpoint, to writer: BagWriter
    ) throws(VaultError) {
        guard !prior.isEmpty else { return }
        var text = ""
        for old in prior {
            let proof = try log.consistency(from: old, to: checkpoint)
            text += Self.section(old.size, checkpoint.size, proof)
            try writer.tag(Self.path(old.size), old.file)
        }
        try writer.tag(ArchiveName.consistency, text)
    }

    private static func section(_ old: Int, _ new: Int, _ proof: [[UInt8]]) -> String {
        let lines = ["consistency \(old) \(new)"] + proof.map { Base64.string($0) } + ["", ""]
        return lines.joined(separator: "\n")
    }

    /// What is wrong with the proofs of an archive.
    ///
    /// - Parameters:
    ///   - text: `proof/consistency.txt`.
    ///   - checkpoint: The archive's.
    /// - Returns: A sentence; `nil` where all prior checkpoints are of one history with it.
    func fault(in text: String, _ checkpoint: AuditCheckpoint) -> String? {
        var sections = text.split(separator: "\n\n", omittingEmptySubsequences: false)
        guard sections.popLast() == "", sections.count == prior.count else {
            return "it does not have a proof for each prior checkpoint"
        }
        for (old, section) in zip(prior, sections) {
            var lines = section.split(separator: "\n", omittingEmptySubsequences: false)
            let head = "consistency \(old.size) \(checkpoint.size)"
            guard !lines.isEmpty, lines.removeFirst() == head else {
                return "it should have a section `\(head)`"
            }
            let proof = lines.compactMap { Base64.decode($0.utf8) }
            guard proof.count == lines.count,
                MerkleTree.isConsistent(
                    proof, oldCount: old.size, oldRoot: old.root, count: checkpoint.size,
                    root: checkpoint.root)
            else {
                return "it does not show that the log of \(old.size) entries is a beginning of "
                    + "this one"
            }
        }
        return nil
    }
}
