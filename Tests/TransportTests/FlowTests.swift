import Foundation
import JSONText
import Policy
import Providers
import Synchronization
import Testing
import Transport

/// Cancellation, and who waits for whom.
@Suite(.timeLimit(.minutes(2))) struct FlowTests {
    /// Runs a turn, cancels it at a moment, and says how long its end took.
    private func cancelled(
        _ script: String, whenSeen: @escaping @Sendable (TransportNews) -> Bool
    ) async throws -> (duration: Duration, receipt: TurnReceipt) {
        let scene = try Scene()
        let transport = try scene.transport(try scene.gateway(script))
        let (seen, moment) = AsyncStream.makeStream(of: Void.self)
        let turn = Task {
            try await transport.send(Scene.turn("m")) { news in
                if whenSeen(news) { moment.yield() }
            }
        }
        for await _ in seen { break }
        let clock = ContinuousClock()
        let begin = clock.now
        turn.cancel()
        let receipt = try await turn.value
        return (clock.now - begin, receipt)
    }

    /// The best of some, because other programs may have the processor just then.
    private func quickest(
        _ script: String, whenSeen: @escaping @Sendable (TransportNews) -> Bool
    ) async throws -> Duration {
        var best = Duration.seconds(60)
        for _ in 0..<5 where best > .milliseconds(100) {
            best = min(best, try await cancelled(script, whenSeen: whenSeen).duration)
        }
        return best
    }

    private static func isText(_ news: TransportNews) -> Bool {
        if case .event(.text) = news { true } else { false }
    }

    @Test(arguments: ["stall", "slow"])
    func `a turn that is stopped ends within a tenth of a second`(script: String) async throws {
        #expect(try await quickest(script, whenSeen: Self.isText) <= .milliseconds(100))
    }

    @Test func `a turn that is stopped says where it had gone`() async throws {
        let (_, receipt) = try await cancelled("slow", whenSeen: Self.isText)
        #expect(receipt.host?.hasPrefix("localhost:") == true)
        #expect(receipt.exchange["attempts"]?.int == 1)
        #expect((receipt.exchange["responseBytes"]?.int ?? 0) > 0)
    }

    @Test func `a turn that is stopped before the first byte ends as fast`() async throws {
        let scene = try Scene(try ScriptedServer())
        let transport = try scene.transport(try scene.gateway("silent"))
        var best = Duration.seconds(60)
        for round in 1...5 where best > .milliseconds(100) {
            let turn = Task { try await transport.send(Scene.turn("m")) { _ in } }
            try await until { try scene.server.requests().count >= round }
            let clock = ContinuousClock()
            let begin = clock.now
            turn.cancel()
            _ = try await turn.value
            best = min(best, clock.now - begin)
        }
        #expect(best <= .milliseconds(100))
        // The connection is closed, so that the provider stops too.
        try await until { try scene.server.notes().contains { $0["gone"] != nil } }
    }

    @Test func `a wait between attempts is cut short`() async throws {
        let scene = try Scene()
        let transport = ProviderTransport(
            name: "test", adapter: try scene.gateway("overloaded"), credential: scene.credential,
            over: try scene.http(),
            pace: TurnPace(
                wait: { _ in try await Task.sleep(for: .seconds(3_600)) }, chance: { 0 },
                now: { Date() }))
        let (seen, moment) = AsyncStream.makeStream(of: Void.self)
        let turn = Task {
            try await transport.send(Scene.turn("m")) { _ in moment.yield() }
        }
        for await _ in seen { break }
        turn.cancel()
        #expect(try await turn.value.exchange["attempts"]?.int == 1)
    }

    @Test func `what a receiver throws ends the turn and comes out as it is`() async throws {
        struct Full: Error {}
        let scene = try Scene()
        let transport = try scene.transport(try scene.gateway("well"))
        await #expect(throws: Full.self) {
            try await transport.send(Scene.turn("m")) { _ in throw Full() }
        }
    }

    @Test func `a server sends no more than was taken`() async throws {
        let scene = try Scene(try ScriptedServer())
        let request = try ConnectionTests.request(scene, "flood")
        let sent = { @Sendable in try scene.server.notes().contains { $0["sent"] != nil } }
        let (before, total) = try await scene.http().stream(request) { stream in
            var bytes = try await stream.next()?.count ?? 0
            // Time enough for a server that nobody holds back.
            try await Task.sleep(for: .seconds(1))
            let before = try sent()
            while let piece = try await stream.next() { bytes += piece.count }
            return (before, bytes)
        }
        #expect(!before)
        #expect(total == 700_000 * 73)
        try await until { try sent() }
    }

    @Test(arguments: [("page", 40), ("large-error", 65_537), ("forbidden", 20)])
    func `what comes of an answer that is none is counted`(script: String, least: Int64)
        async throws
    {
        let sent = try await Scene().send(script)
        #expect(sent.failure != nil)
        #expect((sent.receipt.exchange["responseBytes"]?.int ?? 0) >= least)
    }

    @Test func `of an endless answer no more than its beginning is read`() async throws {
        let scene = try Scene(try ScriptedServer())
        let adapter = MessagesAdapter(gateway: try BaseURL(scene.server.url), placement: .bearer)
        let turn = Scene.turn("words-1000000-at-0")
        let (text, receipt) = try await scene.transport(adapter)
            .beginning(of: turn, characters: 200)
        #expect(text.count == 200)
        #expect(receipt.exchange["tls"] != nil)
        #expect((receipt.exchange["responseBytes"]?.int ?? 0) < 10_000_000)
    }

    @Test func `the beginning of an answer is cancelled, fails and is refused as a turn is`()
        async throws
    {
        var scene = try Scene()
        let stalling = try scene.transport(try scene.gateway("silent"))
        let turn = Task { try await stalling.beginning(of: Scene.turn("m"), characters: 200) }
        turn.cancel()
        await #expect(throws: CancellationError.self) { try await turn.value }
        let failing = try scene.transport(try scene.gateway("forbidden"))
        let error = await #expect(throws: ProviderError.self) {
            try await failing.beginning(of: Scene.turn("m"), characters: 200)
        }
        #expect(error?.kind == .permission)
        scene.policy = try Scene.policy(
            #"{"provider":"gateway","hosts":["elsewhere.example"],"declared":"EU"}"#)
        let refused = try scene.transport(try scene.gateway("well"))
        await #expect(throws: ResidencyRefusal.self) {
            try await refused.beginning(of: Scene.turn("m"), characters: 200)
        }
    }

    @Test func `a receiver that takes its time is not taken for a silent server`() async throws {
        var scene = try Scene()
        scene.settings.idleSeconds = 3
        let transport = try scene.transport(try scene.gateway("well"))
        let news = News()
        _ = try await transport.send(Scene.turn("m")) { one in
            if case .event(.started) = one { try await Task.sleep(for: .seconds(4)) }
            news.take(one)
        }
        #expect(news.all.last == .event(.finished))
    }

    /// Waits for something that another program does, ten seconds at most.
    private func until(_ holds: () throws -> Bool) async throws {
        for _ in 0..<500 {
            if try holds() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("It did not happen in ten seconds.")
    }
}
