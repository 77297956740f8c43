import JSONText
import Vault
import VaultArchive

/// What is said of archives of one group.
enum GroupView {
    static func json(_ group: ArchiveGroup) -> JSON {
        .object([
            "id": .string(group.id.description), "number": .integer(group.number),
            "count": .integer(group.count), "conversations": .integer(group.conversations),
            "messages": .integer(group.messages),
        ])
    }
}

extension Verify {
    /// Shows what was found in several archives, and whether they are one group.
    func showGroup(_ results: [(name: String, result: ArchiveVerifier.Result)]) throws {
        let judgement = GroupJudgement(results)
        let isWhole = judgement.faults.isEmpty && results.allSatisfy { $0.result.isValid }
        if options.json {
            Output.json([
                "ok": .bool(isWhole),
                "group": judgement.group.map { .string($0.id.description) } ?? .null,
                "faults": .array(
                    judgement.faults.map {
                        .object(["path": .string($0.path), "fault": .string($0.fault)])
                    }),
                "archives": .array(
                    results.map { name, result in
                        var object = json(result)
                        object["archive"] = .string(name)
                        return .object(object)
                    }),
            ])
        } else if isWhole, let group = judgement.group {
            show(group, results)
        } else {
            showFaults(judgement, results)
        }
        if !isWhole { throw Ending.foundFaults }
    }

    private func show(
        _ group: ArchiveGroup, _ results: [(name: String, result: ArchiveVerifier.Result)]
    ) {
        Output.line(
            "The group is whole: \(Figures.count(group.count, "archive")), "
                + "\(Figures.count(group.conversations, "conversation")), "
                + "\(Figures.count(group.messages, "message"))")
        Output.line("  group    \(group.id)")
        if let signer = results.first?.result.signer { Output.line("  signer   \(signer)") }
        showMissing(results.reduce(0) { $0 + $1.result.missingFiles })
        for (name, result) in results {
            let place = result.member?.group.place ?? ""
            Output.line("  \(place)   \(Printable.line(name))")
        }
        if results.allSatisfy({ $0.result.isSignerKnown }) {
            Output.line("  signed by the expected key")
        } else {
            options.note(
                "Compare the signer's fingerprint with the one that its maker told you, or give it "
                    + "with --signer: anybody can make archives that are whole.")
        }
    }

    private func showFaults(
        _ judgement: GroupJudgement, _ results: [(name: String, result: ArchiveVerifier.Result)]
    ) {
        for (name, result) in results where !result.isValid {
            let faults = result.faults.map { (path: $0.path, fault: $0.fault) }
            FaultView.show(
                faults, of: "archive \(Printable.line(name))", omitted: result.omittedFaults)
        }
        guard !judgement.faults.isEmpty else { return }
        let faults = judgement.faults.map { (path: $0.path, fault: $0.fault) }
        FaultView.show(faults, of: "group", omitted: 0)
    }
}
