import JSONText
import Providers
import Testing
import Transport

/// When a turn is sent again, after how long, and when never.
@Suite(.timeLimit(.minutes(2))) struct RepetitionTests {
    @Test func `waits are those that the provider asks for, and then the rule's`() async throws {
        let sent = try await Scene().send("limited")
        #expect(sent.waits == [7_000, 1_000] && sent.attempts == 3)
        #expect(sent.retried == [.rateLimited, .rateLimited])
        #expect(sent.answer.text == "All is well." && sent.answer.state == .finished)
    }

    @Test func `two repetitions are the most`() async throws {
        let sent = try await Scene().send("overloaded")
        #expect(sent.waits == [500, 1_000] && sent.attempts == 3)
        #expect(sent.failure?.kind == .overloaded && sent.failure?.status == 529)
    }

    @Test func `nobody waits for an hour`() async throws {
        let sent = try await Scene().send("patience")
        #expect(sent.waits.isEmpty && sent.attempts == 1 && sent.failure?.kind == .rateLimited)
    }

    @Test func `a connection that breaks before the answer is no end`() async throws {
        let sent = try await Scene().send("cut-at-once")
        #expect(sent.attempts == 2 && sent.answer.text == "All is well.")
    }

    @Test func `a refused credential is renewed once`() async throws {
        let scene = try Scene(try ScriptedServer())
        let sent = try await scene.send("unknown-key")
        #expect(sent.answer.text == "All is well." && sent.attempts == 2)
        #expect(scene.credential.renewals == 1 && sent.waits.isEmpty)
        // The second request has another token, as the digests in the notes show.
        let tokens = try scene.server.requests().map { $0["headers"]?["authorization"]?.string }
        #expect(tokens.count == 2 && tokens[0] != tokens[1])
    }

    @Test func `an expired credential is renewed as well`() async throws {
        var scene = try Scene()
        scene.credential = TestCredential(keys: AdapterTests.keys)
        var place = BedrockPlace(region: "eu-central-1")
        place.base = try BaseURL(scene.server.url)
        let sent = try await scene.send(BedrockAdapter(place), model: "anthropic.expired")
        #expect(sent.retried == [.expiredCredential] && sent.answer.state == .finished)
    }

    @Test func `a credential that is refused twice ends the turn`() async throws {
        let scene = try Scene()
        let sent = try await scene.send("never-known")
        #expect(sent.failure?.kind == .authentication && sent.attempts == 2)
        #expect(scene.credential.renewals == 1)
    }

    @Test func `a credential that cannot be renewed says why`() async throws {
        var scene = try Scene()
        scene.credential = TestCredential(["only one"])
        let sent = try await scene.send("never-known")
        #expect(sent.failure?.providerMessage == "There is no other." && sent.attempts == 1)
    }

    @Test func `nothing is sent again once a word was shown`() async throws {
        let scene = try Scene(try ScriptedServer())
        let sent = try await scene.send("cut")
        #expect(sent.answer.text.hasPrefix("One two three "))
        #expect(sent.failure?.kind == .connection && sent.retried.isEmpty && sent.waits.isEmpty)
        #expect(try scene.server.requests().count == 1)
    }
}
