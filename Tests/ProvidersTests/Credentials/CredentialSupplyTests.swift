import Foundation
import Providers
import Synchronization
import Testing

/// One renewal for all who ask, before the end, and again when the provider rejects.
@Suite struct CredentialSupplyTests {
    /// Gives tokens 1, 2, 3, each when the test says so.
    final class Source: CredentialFlow {
        private struct State {
            var count = 0
            var lifetimes: [Double?] = []
            var waiting: [CheckedContinuation<Void, Never>] = []
            var isOpen = true
            var isSame = false
            var fails = false
            var occasions: [CredentialOccasion] = []
        }
        private let state = Mutex(State())
        let source = CredentialSource.helper
        let hosts: [CredentialHost] = []

        init(lifetime: Double? = 3600) { state.withLock { $0.lifetimes = [lifetime] } }

        var count: Int { state.withLock { $0.count } }
        var occasions: [CredentialOccasion] { state.withLock { $0.occasions } }
        func close() { state.withLock { $0.isOpen = false } }
        func repeatSame() { state.withLock { $0.isSame = true } }
        func fail() { state.withLock { $0.fails = true } }
        func open() {
            let waiting = state.withLock { state in
                state.isOpen = true
                defer { state.waiting = [] }
                return state.waiting
            }
            for one in waiting { one.resume() }
        }

        func issue(
            _ occasion: CredentialOccasion, in surroundings: Surroundings
        ) async throws(CredentialError) -> Credential {
            let number = state.withLock { state in
                state.count += 1
                state.occasions.append(occasion)
                return state.isSame ? 1 : state.count
            }
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if !state.isOpen { state.waiting.append(continuation) }
                    return state.isOpen
                }
                if isOpen { continuation.resume() }
            }
            if state.withLock({ $0.fails }) {
                throw CredentialError(.unreachable, "Not now; wait.")
            }
            let lifetime = state.withLock { $0.lifetimes[0] }
            return Credential(
                .token(Secret("token-\(number)")),
                expires: lifetime.map { surroundings.now().addingTimeInterval($0) },
                source: .helper)
        }
    }

    private func supply(
        _ source: Source
    ) throws -> (CredentialSupply, CredentialScene) {
        let scene = try CredentialScene(.init())
        return (CredentialSupply(source, in: scene.surroundings), scene)
    }

    @Test func `A credential is kept until five minutes before its end`() async throws {
        let source = Source()
        let (supply, scene) = try supply(source)
        #expect(try await supply.current().token == "token-1")
        scene.advance(seconds: 3299)
        #expect(try await supply.current().token == "token-1")
        scene.advance(seconds: 1)
        #expect(try await supply.current(.background).token == "token-2")
        #expect(source.occasions == [.interactive, .background])
    }

    @Test func `A short life has a margin of a quarter of it`() async throws {
        let source = Source(lifetime: 100)
        let (supply, scene) = try supply(source)
        _ = try await supply.current()
        scene.advance(seconds: 74)
        #expect(try await supply.current().token == "token-1")
        scene.advance(seconds: 1)
        #expect(try await supply.current().token == "token-2")
    }

    @Test func `A credential without an end is kept`() async throws {
        let source = Source(lifetime: nil)
        let (supply, scene) = try supply(source)
        _ = try await supply.current()
        scene.advance(seconds: 1e9)
        #expect(try await supply.current().token == "token-1")
    }

    @Test func `A hundred who ask at once share one renewal`() async throws {
        let source = Source()
        source.close()
        let (supply, _) = try supply(source)
        try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<100 { group.addTask { try await supply.current().token } }
            while source.count == 0 { await Task.yield() }
            source.open()
            for try await token in group { #expect(token == "token-1") }
        }
        #expect(source.count == 1)
    }

    @Test func `Those whose credential was rejected share one replacement`() async throws {
        let source = Source()
        let (supply, _) = try supply(source)
        let old = try await supply.current()
        try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<20 { group.addTask { try await supply.replacement(for: old).token } }
            for try await token in group { #expect(token == "token-2") }
        }
        #expect(source.count == 2)
        #expect(source.occasions == [.interactive, .refresh])
    }

    @Test func `A turn renews what it has sent itself, and not what another turn has replaced`()
        async throws
    {
        let source = Source()
        let (supply, scene) = try supply(source)
        let chosen = CredentialReport.Entry(
            source: .helper, place: "settings", outcome: .chosen, reason: "")
        let turns = (0..<2).map { _ in SuppliedCredential(supply, chosen, now: { scene.now }) }
        let request = WireRequest(.post, try WebOrigin("https://llm.example.org"), path: "/")
        try await turns[0].renew()
        for turn in turns {
            let sent = try await turn.authorize(request, .bearer)
            #expect(sent.headers["authorization"] == "Bearer token-1")
        }
        for turn in turns {
            try await turn.renew()
            let sent = try await turn.authorize(request, .bearer)
            #expect(sent.headers["authorization"] == "Bearer token-2")
        }
        #expect(source.count == 2)
        #expect(turns[0].kind == "helper program (settings)")
        source.repeatSame()
        let error = await #expect(throws: ProviderError.self) {
            try await turns[0].renew()
            _ = try await turns[0].authorize(request, .bearer)
            try await turns[0].renew()
        }
        #expect(error?.kind == .authentication)
    }

    @Test func `A rejected credential that comes again is an error`() async throws {
        let source = Source()
        source.repeatSame()
        let (supply, _) = try supply(source)
        let old = try await supply.current()
        let error = await #expect(throws: CredentialError.self) {
            try await supply.replacement(for: old)
        }
        #expect(error?.kind == .refused)
    }

    @Test func `While the old credential lives, a renewal may fail`() async throws {
        let source = Source()
        let (supply, scene) = try supply(source)
        _ = try await supply.current()
        source.fail()
        scene.advance(seconds: 3400)
        #expect(try await supply.current().token == "token-1")
        scene.advance(seconds: 180)
        await #expect(throws: CredentialError.self) { try await supply.current() }
    }

    @Test func `A rejected credential is not given again when its renewal fails`() async throws {
        let source = Source()
        let (supply, _) = try supply(source)
        let old = try await supply.current()
        source.fail()
        await #expect(throws: CredentialError.self) { try await supply.replacement(for: old) }
    }

    @Test func `A credential that ended before it came is an error`() async throws {
        let (supply, _) = try supply(Source(lifetime: -5))
        let error = await #expect(throws: CredentialError.self) { try await supply.current() }
        #expect(error?.kind == .expired)
    }

    @Test func `Who is cancelled stops waiting, and others go on`() async throws {
        let source = Source()
        source.close()
        let (supply, _) = try supply(source)
        let impatient = Task { try await supply.current() }
        while source.count == 0 { await Task.yield() }
        let patient = Task { try await supply.current().token }
        impatient.cancel()
        // It ends while the source is still closed.
        await #expect(throws: CredentialError.self) { try await impatient.value }
        source.open()
        #expect(try await patient.value?.hasPrefix("token-") == true)
    }
}
