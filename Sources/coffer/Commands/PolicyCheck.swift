import ArgumentParser
import Chat
import JSONText
import Policy
import Providers
import Vault
import VaultCrypto

struct PolicyCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a policy's file, or whether the policy lets a provider be asked.",
        usage: """
            coffer policy check <file> [--json]
            coffer policy check [<file>] --provider <name> [<options>]
            """,
        discussion: """
            With a file alone it needs no vault, and changes nothing. Exits 2 when something is \
            wrong: a policy with a fault says nothing at all, and while it is in force nothing is \
            destroyed.

            With --provider it says, before anybody types, whether a turn to that model would be \
            let go: by the policy in force, or by the file's. It makes the request that would be \
            sent and asks nobody; which regions an inference profile of Bedrock has can only be \
            asked, which `coffer provider check` does. Exits 3 when the turn would be refused. \
            With --json the answer has provider, model, host, region, profile (one whose regions \
            are not known), decision (allowed, refused \
            or unrestricted), basis (verified, declared or unrestricted), rule, allowed, and why \
            and remedy of a refusal.

            EXAMPLES:
              coffer policy check policy.json
              coffer policy check --provider work --model sonnet
              coffer policy check policy.json --provider work --json
            """)

    @Argument(help: "The policy's file; - is standard input.", completion: .file())
    var file: String?

    @Option(
        help: ArgumentHelp(
            "With --provider: as if this were the provider's address.", valueName: "https://…"))
    var baseURL: String?

    @OptionGroup var choice: ProviderChoice
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        if file == nil, choice.provider == nil {
            throw ValidationError("Give a policy's file, or --provider.")
        }
        if choice.provider == nil, baseURL != nil || choice.model != nil {
            throw ValidationError("--model and --base-url go with --provider.")
        }
    }

    func run() throws {
        if choice.provider == nil, let file { try checkFile(file) } else { try checkTurn() }
    }

    // MARK: A file

    private func checkFile(_ file: String) throws {
        let faults: [PolicyFault]
        switch try PolicyFile.examine(file) {
        case .success(let policy):
            faults = []
            if !options.json { show(policy) }
        case .failure(let error):
            faults = error.faults
            if !options.json {
                FaultView.show(faults.map { ($0.place, $0.fault) }, of: "policy", omitted: 0)
            }
        }
        if options.json {
            Output.json([
                "ok": .bool(faults.isEmpty), "faults": .array(faults.map { .object($0.object) }),
            ])
        }
        if !faults.isEmpty { throw Ending.foundFaults }
    }

    private func show(_ policy: PolicyDocument) {
        Output.line(
            "The policy is sound: \(Figures.count(policy.retention.count, "rule")), time zone "
                + policy.timeZone.name)
        let locked = policy.retention.count { $0.isLocked }
        if locked > 0 {
            options.note(
                "\(Figures.count(locked, "rule")) \(locked == 1 ? "is" : "are") locked: once in "
                    + "force, a locked rule can be extended and never be shortened or removed.")
        }
    }

    // MARK: A turn

    private func checkTurn() throws {
        let given = try file.map { try PolicyFile.read($0) }
        try options.withVault { vault in
            let entry = try choice.file.catalogue(of: vault).entry(choice.provider)
            var configuration = try entry.configuration()
            if let baseURL { configuration.base = try address(baseURL) }
            let model = try configuration.model(choice.model)
            // Where a turn goes does not depend on a key.
            let forecast = try ResidencyForecast(
                configuration.adapter(for: model, ProviderSecrets()), model: model.id,
                policy: try given ?? ChatOpening.policy(of: vault))
            try report(entry, model, forecast)
        }
    }

    private func address(_ text: String) throws -> BaseURL {
        do {
            return try BaseURL(text)
        } catch {
            throw ValidationError("--base-url \(error.clause).")
        }
    }

    private func report(
        _ entry: ProviderCatalogue.Entry, _ model: ConfiguredModel, _ forecast: ResidencyForecast
    ) throws {
        if options.json {
            var object: JSONObject = [
                "provider": .string(entry.name), "model": .string(model.id),
            ]
            for member in ResidencyWords.json(forecast).members {
                object[member.key] = member.value
            }
            Output.json(object)
        } else if !options.quiet {
            let head = "\(entry.name), model \(model.id), at \(forecast.origin.authority)"
            for text in [head, ResidencyWords.sentence(forecast)] {
                for line in Wrapping.lines(of: Printable.line(text), width: Console.width) {
                    Output.line(line)
                }
            }
            for allowance in forecast.allowances where Self.isRefused(forecast) {
                Output.line(Printable.line("  allowed: \(allowance.words)"))
            }
        }
        guard Self.isRefused(forecast) else { return }
        // The sentence stands in the result already.
        throw ExitCode(VaultError.Code.refused.exit)
    }

    private static func isRefused(_ forecast: ResidencyForecast) -> Bool {
        if case .refused = forecast.decision { true } else { false }
    }
}
