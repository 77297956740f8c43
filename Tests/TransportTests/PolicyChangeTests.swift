import JSONText
import Policy
import Providers
import Synchronization
import Testing
import Transport

/// A policy that comes into force while something is under way.
@Suite(.timeLimit(.minutes(2))) struct PolicyChangeTests {
    /// The policy in force, which tests change.
    private final class PolicyInForce: Sendable {
        private let document = Mutex<PolicyDocument?>(nil)
        private let asked = Mutex(0)

        /// From now on another server alone is allowed.
        func bar() throws {
            let policy = try Scene.policy(
                #"{"provider":"gateway","hosts":["elsewhere.example"],"declared":"EU"}"#)
            document.withLock { $0 = policy }
        }

        /// Bars when the guard was asked so many times.
        func guarding(barringAfter count: Int) throws -> HTTPTransport.CurrentGuard {
            let barred = PolicyInForce()
            try barred.bar()
            return { [self] in
                let number = asked.withLock { number in
                    number += 1
                    return number
                }
                return number > count ? barred.now : now
            }
        }

        var now: ResidencyGuard { ResidencyGuard(policy: document.withLock(\.self)) }
    }

    private static func transport(
        _ scene: Scene, _ adapter: any ProviderAdapter,
        _ currentGuard: @escaping HTTPTransport.CurrentGuard
    ) throws -> ProviderTransport {
        ProviderTransport(
            name: "test", adapter: adapter, credential: scene.credential,
            over: try HTTPTransport(scene.settings, currentGuard: currentGuard),
            pace: scene.pace.value)
    }

    @Test func `the record of a turn whose second attempt is refused has what the first one sent`()
        async throws
    {
        let scene = try Scene(try ScriptedServer())
        let policy = PolicyInForce()
        let transport = try Self.transport(scene, try scene.gateway("overloaded")) { policy.now }
        let news = News()
        let receipt = try await transport.send(Scene.turn("m")) { one in
            news.take(one)
            if case .retrying = one { try policy.bar() }
        }
        #expect(receipt.refusal?.rule == "residency.allow[0]")
        #expect(receipt.host == "localhost:\(scene.server.port)")
        let exchange = receipt.exchange
        #expect(exchange["attempts"]?.int == 1 && exchange["unsent"] == nil)
        #expect((exchange["requestBytes"]?.int ?? 0) > 0)
        #expect(exchange["credential"]?.string == "test key" && exchange["tls"] != nil)
        guard case .event(.failed(let error))? = news.all.last else {
            Issue.record("the answer has no end: \(news.all)")
            return
        }
        #expect(error.kind == .notAllowed)
        #expect(try scene.server.requests("/script/overloaded").count == 1)
    }

    @Test func `no credential is renewed for what may not go`() async throws {
        let scene = try Scene(try ScriptedServer())
        // It is asked before the credential is looked for, and of what goes out.
        let guarding = try PolicyInForce().guarding(barringAfter: 2)
        let transport = try Self.transport(scene, try scene.gateway("unknown-key"), guarding)
        let receipt = try await transport.send(Scene.turn("m")) { _ in }
        #expect(receipt.refusal != nil && receipt.exchange["attempts"]?.int == 1)
        #expect(scene.credential.renewals == 0)
        #expect(try scene.server.requests().count == 1)
    }

    @Test func `a refusal that comes while a credential is looked for is the turn's`() async throws
    {
        struct Unhelpful: TurnCredential {
            let kind = "unhelpful"
            let policy: PolicyInForce
            func authorize(
                _ request: WireRequest, _ placement: CredentialPlacement
            ) async throws(ProviderError) -> WireRequest {
                try? policy.bar()
                throw ProviderError(.authentication, message: "Its host may not be asked.")
            }
            func renew() async throws(ProviderError) {}
        }
        let scene = try Scene()
        let policy = PolicyInForce()
        let transport = ProviderTransport(
            name: "test", adapter: try scene.gateway("well"),
            credential: Unhelpful(policy: policy),
            over: try HTTPTransport(scene.settings, currentGuard: { policy.now }))
        await #expect(throws: ResidencyRefusal.self) {
            try await transport.send(Scene.turn("m")) { _ in }
        }
    }

    @Test
    func `questions beside turns, and those of credentials, go under the policy of their time`()
        async throws
    {
        let scene = try Scene(try ScriptedServer())
        let barring = ResidencyRefusal(rule: "policy", what: "Refused: unreadable", remedy: "look")
        let isReadable = Mutex(true)
        let origin = try WebOrigin(scene.server.url)
        let network = try HTTPTransport(scene.settings) {
            ResidencyGuard(
                policy: nil,
                credentialHosts: [CredentialHost(origin: origin, purpose: .credential)],
                barring: isReadable.withLock(\.self) ? nil : barring)
        }
        let transport = ProviderTransport(
            name: "test", adapter: try scene.gateway("well"), credential: scene.credential,
            over: network)
        isReadable.withLock { $0 = false }
        await #expect(throws: ResidencyRefusal.self) { try await transport.models() }
        await #expect(throws: ResidencyRefusal.self) { try await transport.count(Scene.turn("m")) }
        let request = try ConnectionTests.request(scene, "well")
        await #expect(throws: ResidencyRefusal.self) { try await transport.authorized(request) }
        var token = WireRequest(.post, origin, path: "/token")
        token.purpose = .credential
        let error = await #expect(throws: ProviderError.self) {
            try await network.exchange(token, maximumBytes: 100)
        }
        #expect(error?.kind == .notAllowed)
        #expect(try scene.server.requests().isEmpty)
    }
}
