import Chat
import Foundation
import Policy
import Providers
import Transport
import Vault
import VaultCrypto

/// The way from an open vault to a model: what `ask`, `chat` and `provider check` share.
///
/// 1. The settings of the provider are read, and the credential is looked for, without a network.
/// 2. The policy in force decides about the request that a turn would be. Where it refuses, nothing
///    is sent, and the log says so. A policy that cannot be read refuses everything, here and in
///    the transport's guard.
/// 3. A transport is made for everything that leaves, also for what a credential needs. It decides
///    about each request by the policy that is in force then.
struct ChatOpening: Sendable {
    let vault: Vault
    let entry: ProviderCatalogue.Entry
    let configuration: ProviderConfiguration
    let model: ConfiguredModel
    let adapter: any ProviderAdapter
    /// The search for the credential; nil where the provider wants none.
    let choice: CredentialChoice?
    let policy: PolicyDocument?
    /// Why nothing may be sent, where the policy cannot be read.
    private let barring: ResidencyRefusal?
    private(set) var forecast: ResidencyForecast
    /// The member regions of profiles that were asked for.
    private var profiles: [String: [String]] = [:]
    private(set) var network: HTTPTransport
    private let credential: any TurnCredential

    /// Prepares a provider and a model, whatever the policy says to them.
    ///
    /// - Parameters:
    ///   - vault: An open vault.
    ///   - wanted: What was typed.
    /// - Throws: `notFound` without such a provider; `badInput` for settings that cannot be;
    ///   `CredentialError` where there is no credential.
    init(_ vault: Vault, _ wanted: ProviderChoice) throws {
        let entry = try wanted.file.catalogue(of: vault).entry(wanted.provider)
        try self.init(vault, entry, model: wanted.model)
    }

    /// The same for a provider that is known.
    init(
        _ vault: Vault, _ entry: ProviderCatalogue.Entry, model: String?,
        occasion: CredentialOccasion = .interactive
    ) throws {
        let configuration = try entry.configuration()
        let secrets = try ProviderSecrets(of: entry, in: vault)
        let model = try configuration.model(model)
        let adapter = try configuration.adapter(for: model, secrets)
        let (policy, barring) = try Self.readPolicy(of: vault)
        let choice = configuration.credentialChoice(secrets, in: .ofThisMachine(NoNetwork()))
        let flow = try choice?.flow.get()
        let network = try HTTPTransport(
            TransportSettings(configuration.connection),
            currentGuard: Self.currentGuard(of: vault, credentialHosts: flow?.hosts ?? []))
        self.vault = vault
        self.entry = entry
        self.configuration = configuration
        self.model = model
        self.adapter = adapter
        self.policy = policy
        self.barring = barring
        self.choice = choice
        self.network = network
        forecast = try ResidencyForecast(
            adapter, model: model.id, policy: policy, barring: barring)
        credential = Self.credential(flow, choice?.report.chosen, occasion, over: network)
    }

    private static func credential(
        _ flow: (any CredentialFlow)?, _ chosen: CredentialReport.Entry?,
        _ occasion: CredentialOccasion, over network: HTTPTransport
    ) -> any TurnCredential {
        guard let flow, let chosen else { return NoCredential() }
        let supply = CredentialSupply(flow, in: .ofThisMachine(network))
        return SuppliedCredential(supply, chosen, occasion: occasion, now: { Date() })
    }

    /// The policy in force; nil without one.
    ///
    /// - Throws: `refused` where it cannot be read.
    static func policy(of vault: Vault) throws(VaultError) -> PolicyDocument? {
        let status = try vault.policy()
        guard status.source == .none || status.policy != nil else {
            throw VaultError(
                .refused,
                "The policy cannot be read, so that nothing is sent to a model; `coffer policy "
                    + "show` says what is wrong with it.")
        }
        return status.policy
    }

    /// The policy in force, and what it bars where it cannot be read.
    private static func readPolicy(
        of vault: Vault
    ) throws -> (policy: PolicyDocument?, barring: ResidencyRefusal?) {
        do throws(VaultError) {
            return (try policy(of: vault), nil)
        } catch  where error.code == .refused {
            return (nil, unreadable)
        }
    }

    /// Says what may leave by the policy in force at the time.
    private static func currentGuard(
        of vault: Vault, profiles: [String: [String]] = [:], credentialHosts: [CredentialHost]
    ) -> HTTPTransport.CurrentGuard {
        {
            do {
                let (policy, barring) = try readPolicy(of: vault)
                return ResidencyGuard(
                    policy: policy, profiles: profiles, credentialHosts: credentialHosts,
                    barring: barring)
            } catch {
                return ResidencyGuard(policy: nil, barring: unreadable)
            }
        }
    }

    private static let unreadable = ResidencyRefusal(
        rule: "policy", what: "Refused: the policy cannot be read",
        remedy: "`coffer policy show` says what is wrong with it")

    /// Whether the policy in force is the one that this was opened under.
    func isUnderPolicy(of vault: Vault) throws -> Bool {
        let (policy, barring) = try Self.readPolicy(of: vault)
        return policy == self.policy && barring == self.barring
    }

    // MARK: Residency

    /// The same with the place known, where the policy allows it; nothing is sent to a model yet.
    ///
    /// - Parameter conversation: Which one the turn would go on with.
    /// - Returns: What may be asked.
    /// - Throws: `ResidencyRefusal`, which is in the audit log by then; what keeps the place from
    ///   being known.
    func permitted(for conversation: RecordID?) throws -> ChatOpening {
        let opening = try AsyncWork.run {
            var opening = self
            try await opening.resolve()
            return opening
        }
        try opening.requirePermission(for: conversation)
        return opening
    }

    /// Finds out what can only be asked for: the regions of an inference profile, where the policy
    /// depends on them.
    ///
    /// - Throws: `ProviderError` with what keeps the regions from being known.
    mutating func resolve() async throws {
        guard let profile = forecast.unresolvedProfile, policy?.residency != nil,
            let request = configuration.profileRequest(model)
        else { return }
        do {
            guard let found = try await transport.inferenceProfile(request) else { return }
            try use(profile, found.regions)
        } catch is ResidencyRefusal {
            // The region itself is not allowed, as the forecast says by itself.
            return
        }
    }

    private mutating func use(_ profile: String, _ regions: [String]) throws {
        profiles = [profile: regions]
        forecast = try ResidencyForecast(
            adapter, model: model.id, policy: policy, profiles: profiles, barring: barring)
        network = network.guarded(
            by: Self.currentGuard(
                of: vault, profiles: profiles,
                credentialHosts: (try? choice?.flow.get().hosts) ?? []))
    }

    /// Says what the policy of now says, where another one has come into force meanwhile.
    mutating func forecastAnew() throws {
        let (policy, barring) = try Self.readPolicy(of: vault)
        forecast = try ResidencyForecast(
            adapter, model: model.id, policy: policy, profiles: profiles, barring: barring)
    }

    /// Whether a turn may go there.
    ///
    /// - Parameter conversation: Which one it would have gone on with.
    /// - Throws: `ResidencyRefusal`, which is in the audit log by then.
    private func requirePermission(for conversation: RecordID?) throws {
        guard case .refused(let refusal) = forecast.decision else { return }
        try log(refusal, of: conversation)
        throw refusal
    }

    /// Says in the audit log that a turn was refused.
    ///
    /// - Parameters:
    ///   - refusal: Why.
    ///   - conversation: Which one it would have gone on with; nil for none.
    /// - Throws: What the database reports.
    func log(_ refusal: ResidencyRefusal, of conversation: RecordID?) throws {
        try vault.logRefusedTurn(
            RefusedTurn(
                provider: entry.name, host: forecast.origin.authority, model: model.id,
                rule: refusal.rule, conversation: conversation))
    }

    // MARK: Conversations

    /// What sends turns.
    var transport: ProviderTransport {
        ProviderTransport(
            name: entry.name, adapter: adapter, credential: credential, over: network)
    }

    /// What turns are asked with, before a command's own options.
    var settings: ChatSettings {
        var settings = ChatSettings(model: model.id)
        settings.facts.provider = entry.name
        settings.facts.host = forecast.origin.authority
        settings.facts.region = forecast.region
        settings.limits.maximumTokens = configuration.maximumTokens(of: model)
        settings.caches = configuration.caches
        return settings
    }

    /// Conversations with the model.
    ///
    /// - Parameters:
    ///   - settings: See `settings`.
    ///   - tools: What the model may ask for.
    /// - Returns: Them; nothing is sent yet.
    func chat(_ settings: ChatSettings, tools: ToolSet = ToolSet()) -> Chat {
        Chat(vault, over: transport, tools: tools, settings: settings)
    }

    /// Closes the connections.
    ///
    /// It is not waited for: a server may take seconds to answer the end of a connection, and
    /// nobody who has stopped an answer wants to wait for that.
    func close() {
        let network = network
        Task.detached { await network.shutdown() }
    }
}

extension TransportSettings {
    /// The settings of a provider; what they do not say is as usual.
    init(_ connection: ConnectionSettings) {
        self.init()
        authorities = connection.authorities
        proxy = connection.proxy
        connectSeconds = connection.connectSeconds.map(Double.init) ?? connectSeconds
        idleSeconds = connection.idleSeconds.map(Double.init) ?? idleSeconds
        totalSeconds = connection.totalSeconds.map(Double.init) ?? totalSeconds
    }
}
