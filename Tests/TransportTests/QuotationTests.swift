import JSONText
import Providers
import Testing
import Transport

/// Servers that quote the request: nothing that was sent as a secret comes back in their words.
@Suite(.timeLimit(.minutes(3))) struct QuotationTests {
    private static let keys = AWSKeys(
        accessKeyID: "AKIDCANARYEXAMPLE", secretAccessKey: Secret("the-secret-of-tests"),
        sessionToken: Secret("SESSIONCANARY/0123456789+abcdefgh=="))

    /// What must not be seen: pieces of every secret that goes out.
    private static let canaries = ["KEYCANARY", "AKIDCANARY", "SESSIONCANARY"]

    private func scene(signs: Bool) throws -> Scene {
        var scene = try Scene(try AdapterTests.signing.get())
        let tokens = (1...3).map { "sk-KEYCANARY-0123456789-\($0)" }
        scene.credential = TestCredential(tokens, keys: signs ? Self.keys : nil)
        return scene
    }

    private func expectClean(_ texts: [String?], _ comment: Comment) {
        for text in texts {
            for canary in Self.canaries {
                #expect(text?.contains(canary) != true, comment)
            }
        }
    }

    @Test(
        arguments: AdapterTests.cases,
        [
            "quotes-400", "quotes-401", "quotes-403", "quotes-429", "quotes-500", "quotes-stream",
            "quotes-stream-401",
        ])
    func `a quoted credential is in no word of an error, of its receipt or of its repetitions`(
        adapter: AdapterTests.Case, script: String
    ) async throws {
        for signs in [true, false] {
            let scene = try scene(signs: signs)
            let sent = try await scene.send(
                try adapter.adapter(scene.server.url), model: adapter.vendor + script)
            let failure = try #require(sent.failure)
            expectClean(
                [failure.providerMessage, failure.providerCode, failure.requestID],
                "\(failure)")
            expectClean([JSONWriter.line(.object(sent.receipt.exchange))], "the receipt")
            // All that was handed on, whatever its form.
            expectClean(["\(sent.news)"], "\(sent.news)")
        }
    }

    @Test(arguments: AdapterTests.cases)
    func `what the server says besides is told`(adapter: AdapterTests.Case) async throws {
        let scene = try scene(signs: true)
        let sent = try await scene.send(
            try adapter.adapter(scene.server.url), model: adapter.vendor + "quotes-400")
        let message = try #require(sent.failure?.providerMessage)
        #expect(message.contains("[masked] is wrong in"), "\(message)")
        #expect(sent.failure?.kind == .invalidRequest)
    }
}
