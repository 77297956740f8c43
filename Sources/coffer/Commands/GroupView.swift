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

    /// Says what the view of one archive says, of all of them together.
    private func show(
        _ group: ArchiveGroup, _ archives: [(name: String, result: ArchiveVerifier.Result)]
    ) {
        let results = archives.map(\.result)
        Output.line(
            "The group is whole: \(Figures.count(group.count, "archive")), "
                + "\(Figures.count(group.conversations, "conversation")), "
                + "\(Figures.count(group.messages, "message")), "
                + Figures.bytes(results.reduce(0) { $0 + $1.payloadBytes }))
        Output.line("  group    \(group.id)")
        let withheld = WithheldCounts(sumOf: results.compactMap(\.withheld))
        if let withheld { showAmount(withheld) }
        showMissing(results.reduce(0) { $0 + $1.missingFiles })
        showShared("for     ", results.map { $0.recipients.map(Self.recipient) })
        if let signer = results.first?.signer { Output.line("  signer   \(signer)") }
        showShared("cosigned", results.map(\.cosigners))
        showShared("stamped ", results.map { [$0.timeStamp].compactMap { $0 } })
        showShared("log     ", results.map { [$0.proof].compactMap { $0 }.map(Self.log) })
        for (name, result) in archives {
            let place = result.member?.group.place ?? ""
            Output.line("  \(place)   \(Printable.line(name))")
        }
        showShared("present and not checked:", results.map(\.notChecked))
        noteUnproved(withheld, results)
        noteStrangers(results)
    }

    /// Shows each value once, and how many of the archives have it where not all do.
    private func showShared(_ label: String, _ values: [[String]]) {
        var counts: [String: Int] = [:]
        for value in values.flatMap({ Set($0) }) { counts[value, default: 0] += 1 }
        for value in values.joined() {
            guard let count = counts.removeValue(forKey: value) else { continue }
            let share =
                count == values.count ? "" : ", \(count) of \(Figures.count(values.count)) archives"
            Output.line("  \(label) \(Printable.line(value))\(share)")
        }
    }

    private func noteUnproved(
        _ withheld: WithheldCounts?, _ results: [ArchiveVerifier.Result]
    ) {
        let redacted = results.filter { $0.withheld != nil }
        if let withheld { show(unproved: withheld, redacted.allSatisfy { $0.proof != nil }) }
        if results.contains(where: { $0.proof == nil }) { noteNoLog() }
        noteUncovered(results.reduce(0) { $0 + ($1.proof?.uncovered ?? 0) })
    }

    private func noteStrangers(_ results: [ArchiveVerifier.Result]) {
        if results.contains(where: { !$0.cosigners.isEmpty }) { noteCosigners() }
        if results.contains(where: { $0.isEncrypted && $0.recipients.isEmpty }) {
            noteEncryptedAfterwards()
        }
        if results.allSatisfy(\.isSignerKnown) {
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

extension WithheldCounts {
    /// What several archives withhold together; `nil` where none is redacted.
    fileprivate init?(sumOf counts: [WithheldCounts]) {
        guard !counts.isEmpty else { return nil }
        self.init()
        for count in counts {
            records += count.records
            messages += count.messages
            parts += count.parts
            copies += count.copies
        }
    }
}
