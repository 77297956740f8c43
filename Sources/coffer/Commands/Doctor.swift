import ArgumentParser
import JSONText
import Vault
import VaultCrypto

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Examine every page, record and attachment of the vault.",
        usage: "coffer doctor [--repair] [<options>]",
        discussion: """
            Exits 2 when a fault is left. --repair puts right what can be put right without losing \
            anything: file modes, leftovers, the key file, totals, the search index.

            EXAMPLES:
              coffer doctor
              coffer doctor --repair
            """)

    @Flag(help: "Put right what is safe to put right.")
    var repair = false

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        Interruption.watch()
        let examination: Examination
        var unopened: Examination?
        do {
            examination = try options.withVault(damaged: { unopened = $0 }) { try examine($0) }
        } catch let error as VaultError where error.code == .damaged {
            let fault = VaultFault(
                path: options.directory, fault: Examination.sentence(error.message))
            let faults = unopened?.faults ?? [fault]
            return try finish(
                faults, omitted: (unopened?.faultCount ?? faults.count) - faults.count, nil)
        } catch let error as VaultError {
            throw VaultError(
                error.code, Examination.sentence(error.message), underlying: error.underlying)
        }
        try finish(
            examination.faults, omitted: examination.faultCount - examination.faults.count,
            examination)
    }

    private func examine(_ vault: Vault) throws -> Examination {
        var progress = ProgressLine(.items("item"), options)
        defer { progress.clear() }
        return try vault.examine(repairs: repair) { (state) throws(VaultError) in
            if Interruption.isRequested {
                throw VaultError(.cancelled, "The examination was stopped; it changed nothing.")
            }
            progress.update(state.done, of: state.total, "Examining \(state.stage.rawValue)")
        }
    }

    private func finish(
        _ faults: [VaultFault], omitted: Int, _ examination: Examination?
    ) throws {
        let left = faults.filter { !$0.isRepaired }
        if options.json {
            Output.json([
                "ok": .bool(left.isEmpty && omitted == 0), "faults": .array(left.map(Self.json)),
                "repaired": .array(faults.filter(\.isRepaired).map(Self.json)),
                "omittedFaults": .integer(omitted), "pages": .count(examination?.pages),
                "messages": .count(examination?.messages),
                "attachments": .count(examination?.attachments),
            ])
        } else {
            show(faults, left, omitted, examination)
        }
        if !left.isEmpty || omitted > 0 { throw Ending.foundFaults }
    }

    private func show(
        _ faults: [VaultFault], _ left: [VaultFault], _ omitted: Int, _ examination: Examination?
    ) {
        if let examination {
            let examined =
                "Examined \(Figures.count(examination.pages, "page")), "
                + "\(Figures.count(examination.messages, "message")), "
                + "\(Figures.count(examination.attachments, "attachment"))."
            for line in Wrapping.lines(of: examined, width: Console.width) { Output.line(line) }
        }
        let repaired = faults.filter(\.isRepaired)
        if !repaired.isEmpty {
            Output.line("Repaired:")
            for fault in repaired {
                let text = Printable.line("\(fault.path): \(fault.fault)")
                for line in Wrapping.lines(of: text, width: Console.width, indent: "  ") {
                    Output.line(line)
                }
            }
        }
        if left.isEmpty, omitted == 0 { return Output.line("The vault is sound.") }
        FaultView.show(left.map { ($0.path, $0.fault) }, of: "vault", omitted: omitted)
        if !repair, examination != nil {
            options.note("Next: `coffer doctor --repair` puts right what is safe.")
        }
    }

    private static func json(_ fault: VaultFault) -> JSON {
        .object(["path": .string(fault.path), "fault": .string(fault.fault)])
    }
}
