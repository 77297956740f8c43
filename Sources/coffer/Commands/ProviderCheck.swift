import ArgumentParser
import Chat
import Foundation
import JSONText
import Policy
import Providers
import Transport
import Vault
import VaultCrypto

struct ProviderCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say how a provider would be asked, and try whether it answers.",
        usage: "coffer provider check <name> [--model <model>] [--turn] [<options>]",
        discussion: """
            Says which source of a credential won and why each other one did not, what the policy \
            says of the place, and to whom TLS leads; then asks for the list of models or for a \
            count of tokens, which costs nothing. --turn asks the model for one word instead, \
            keeps nothing of it, and shows how its answer begins, without the secrets that were \
            sent. \
            Exits 3 when the policy refuses, which the audit log says of a --turn; 130 when it is \
            stopped; 1 when anything else fails.

            With --json the answer is one document with name, kind, managed, model, host, \
            credential, residency, address, proxy (whose address it is then), tls, models, tokens, \
            turn, ok and fault.

            EXAMPLES:
              coffer provider check work
              coffer provider check work --model sonnet --turn
            """)

    @OptionGroup var provider: NamedProvider

    @Option(help: ArgumentHelp("The model; without it the default one.", valueName: "model"))
    var model: String?

    @Flag(help: "Ask the model for one word.")
    var turn = false

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in
            let entry = try provider.entry(in: vault)
            SecretLikeSettings.tell(entry.settings.settings, options)
            try ProviderExamination(vault, entry, model: model, isTurnWanted: turn)
                .report(options)
        }
    }
}

/// A provider under examination: what was found, up to the first thing that does not work.
struct ProviderExamination {
    private let vault: Vault
    private let entry: ProviderCatalogue.Entry
    private let wantedModel: String?
    private let isTurnWanted: Bool
    private var report: CredentialReport?
    private var model: ConfiguredModel?
    private var forecast: ResidencyForecast?
    private var probe: ProviderProbe.Result?
    private var fault: (any Error)?

    /// Examines it at once.
    init(
        _ vault: Vault, _ entry: ProviderCatalogue.Entry, model: String?, isTurnWanted: Bool
    ) throws {
        self.vault = vault
        self.entry = entry
        wantedModel = model
        self.isTurnWanted = isTurnWanted
        do {
            try examine()
        } catch {
            fault = error
        }
    }

    private mutating func examine() throws {
        let configuration = try entry.configuration()
        model = try configuration.model(wantedModel)
        let secrets = try ProviderSecrets(of: entry, in: vault)
        // First, so that the sources are told also where none of them has a credential.
        report = configuration.credentialChoice(secrets, in: .ofThisMachine(NoNetwork()))?.report
        let opening = try ChatOpening(vault, entry, model: wantedModel, occasion: .check)
        forecast = opening.forecast
        Interruption.watch()
        let isTurnWanted = isTurnWanted
        let (resolved, result) = try AsyncWork.run {
            try await Self.ask(opening, isTurnWanted: isTurnWanted)
        }
        forecast = resolved
        if isTurnWanted, case .failure(let refusal as ResidencyRefusal) = result {
            try opening.log(refusal, of: nil)
        }
        if Interruption.isRequested, case .failure = result {
            throw CommandFailure.interrupted("Stopped before the provider was tried to the end.")
        }
        probe = try result.get()
    }

    private static func ask(
        _ opening: ChatOpening, isTurnWanted: Bool
    ) async throws -> (ResidencyForecast, Result<ProviderProbe.Result, any Error>) {
        var opening = opening
        let result: Result<ProviderProbe.Result, any Error>
        do {
            try await opening.resolve()
            if case .refused(let refusal) = opening.forecast.decision { throw refusal }
            let probe = ProviderProbe(opening)
            result = .success(try await isTurnWanted ? probe.turn() : probe.question())
        } catch {
            // What allowed it at the beginning need not be what refuses it now.
            if error is ResidencyRefusal { try? opening.forecastAnew() }
            result = .failure(error)
        }
        opening.close()
        return (opening.forecast, result)
    }

    // MARK: What is said

    /// Says what was found.
    ///
    /// - Throws: The first thing that does not work.
    func report(_ options: GlobalOptions) throws {
        if options.json { Output.json(object) } else { show() }
        if let fault { throw fault }
    }

    private var object: JSONObject {
        let configuration = try? entry.configuration()
        return [
            "name": .string(entry.name), "kind": .string(entry.settings.kind),
            "managed": .bool(entry.isManaged), "model": .text(model?.id),
            "host": .text(forecast?.origin.authority),
            "credential": report?.json
                ?? (configuration?.credential.isNone == true ? .string("none") : .null),
            "residency": forecast.map { .object(ResidencyWords.json($0)) } ?? .null,
            "address": probe?.peer["address"] ?? .null, "proxy": probe?.peer["proxy"] ?? .null,
            "tls": probe?.peer["tls"] ?? .null,
            "models": .count(probe?.models), "tokens": .count(probe?.tokens),
            "turn": probe?.answer.map { .string($0) } ?? .null, "ok": .bool(fault == nil),
            "fault": .text(fault.map(Self.sentence)),
        ]
    }

    private static func sentence(_ error: any Error) -> String {
        switch error {
        case let error as ProviderError: error.sentence
        case let error as VaultError: error.message
        case let error as CommandFailure: error.message
        default: "\(error)"
        }
    }

    private func show() {
        ProviderView(entry).showLine()
        if let report { show(report) }
        if let forecast { line("Residency", ResidencyWords.sentence(forecast)) }
        guard let probe else { return }
        line("Peer", probe.peerWords)
        line("Answer", probe.words)
    }

    private func show(_ report: CredentialReport) {
        if let chosen = report.chosen {
            line("Credential", "\(chosen.source.rawValue) (\(chosen.place)): \(chosen.reason)")
        } else {
            line("Credential", "none was found")
        }
        for entry in report.entries where entry.outcome != .chosen {
            line(
                "",
                "\(entry.outcome.rawValue): \(entry.source.rawValue) (\(entry.place)): "
                    + entry.reason)
        }
        for note in report.notes { line("", note) }
    }

    private func line(_ name: String, _ value: String) {
        let lines = Wrapping.lines(of: Printable.line(value), width: Console.width - 12)
        for (index, piece) in lines.enumerated() {
            Output.line(Columns.fit(index == 0 ? name : "", 12) + piece)
        }
    }
}

/// Asks a provider for something that shows that it can be asked.
struct ProviderProbe: Sendable {
    struct Result: Sendable {
        /// `address` and `tls`, as the transport knows them.
        var peer = JSONObject()
        /// How many models the first page of its list names.
        var models: Int?
        var hasMoreModels = false
        var tokens: Int?
        /// How the answer began of a model that was asked for one word.
        var answer: String?

        var words: String {
            if let answer { return "the model says: \(answer)" }
            if let tokens { return "it counts \(Figures.count(tokens, "token"))" }
            if let models {
                let more = hasMoreModels ? " and more" : ""
                return "it lists \(Figures.count(models, "model"))\(more)"
            }
            let subject = peer.isEmpty ? "nothing was asked: it" : "it answers, and"
            return "\(subject) neither counts tokens nor lists models; try --turn"
        }

        var peerWords: String {
            let proxy = peer["proxy"]?.string.map { " through the proxy \($0)" } ?? ""
            let address = (peer["address"]?.string.map { " at \($0)" } ?? "") + proxy
            if peer.isEmpty { return "no connection was made" }
            guard let tls = peer["tls"] else { return "without TLS\(address)" }
            let names = [
                tls["version"]?.string, tls["subject"]?.string.map { "with \($0)" },
                tls["issuer"]?.string.map { "issued by \($0)" },
                tls["sha256"]?.string.map { "SHA-256 \($0)" },
            ]
            return names.compactMap(\.self).joined(separator: ", ") + address
        }
    }

    private let opening: ChatOpening

    init(_ opening: ChatOpening) { self.opening = opening }

    private var request: TurnRequest {
        var turn = TurnRequest(
            model: opening.model.id, messages: [TurnMessage(.user, [.text("Say: ready")])])
        turn.limits.maximumTokens = 16
        return turn
    }

    /// A question that costs nothing: the list of models, or a count of tokens.
    func question() async throws -> Result {
        let adapter = opening.adapter
        let count = try adapter.countRequest(for: request)
        if let count, adapter.modelsRequest() == nil { return try await ask(count, isCount: true) }
        guard let models = adapter.modelsRequest() else { return Result() }
        return try await ask(models, isCount: false)
    }

    private func ask(_ request: WireRequest, isCount: Bool) async throws -> Result {
        let adapter = opening.adapter
        let outgoing = try await opening.transport.authorized(request)
        let proxy = opening.network.proxy(for: outgoing)
        return try await opening.network.stream(outgoing) { stream in
            var result = Result(peer: stream.peer)
            result.peer["proxy"] = proxy.map { .string($0.description) }
            let (body, _) = try await stream.collect(maximumBytes: 8 << 20)
            guard stream.status == 200 else {
                // A gateway need not have these; that it knows the key shows in its answer.
                if [404, 405, 501].contains(stream.status) { return result }
                throw SentSecrets(outgoing, besides: request).masked(
                    FailureReader.error(
                        status: stream.status, headers: stream.headers, body: body, now: Date()))
            }
            let value: JSON
            do {
                value = try JSONReader.parse(body)
            } catch {
                throw ProviderError(.malformed)
            }
            if isCount {
                result.tokens = adapter.tokenCount(value)
            } else {
                result.models = adapter.models(value).count
                result.hasMoreModels = adapter.lastOfPage(value) != nil
            }
            return result
        }
    }

    /// A turn of one word, which is kept nowhere.
    func turn() async throws -> Result {
        let (text, receipt) = try await opening.transport.beginning(of: request, characters: 200)
        var result = Result()
        result.peer["proxy"] = receipt.exchange["proxy"]
        result.peer["address"] = receipt.exchange["address"]
        result.peer["tls"] = receipt.exchange["tls"]
        result.answer = text
        return result
    }
}
