import Foundation
import JSONText
import Policy
import Providers
import Testing
import Transport

/// Certificates, redirects, silence, and bodies that are too long.
@Suite(.timeLimit(.minutes(2))) struct ConnectionTests {
    @Test func `a certificate of an authority that nobody named is refused, before a request`()
        async throws
    {
        var scene = try Scene(try ScriptedServer())
        scene.settings.authorities = []
        let sent = try await scene.send("well")
        #expect(sent.failure?.kind == .untrusted && sent.attempts == 1)
        let exchange = sent.receipt.exchange
        #expect(exchange["unsent"]?.int == 1 && exchange["requestBytes"]?.int == 0)
        #expect(exchange["handshake"]?.string == "failed" && exchange["tls"] == nil)
        #expect(try scene.server.requests().isEmpty)
    }

    @Test(arguments: [["--names", "other.example"], ["--days", "-1"]])
    func `a certificate for another name, or one that is over, is refused`(
        arguments: [String]
    ) async throws {
        let scene = try Scene(try ScriptedServer(arguments))
        let sent = try await scene.send("well")
        #expect(sent.failure?.kind == .untrusted)
        #expect(try scene.server.requests().isEmpty)
    }

    @Test func `an address is trusted when the certificate names it`() async throws {
        let scene = try Scene()
        let adapter = MessagesAdapter(
            gateway: try BaseURL("https://127.0.0.1:\(scene.server.port)/script/well"),
            placement: .bearer)
        #expect(try await scene.send(adapter, model: "m").answer.state == .finished)
        let other = try Scene(try ScriptedServer(["--names", "localhost"]))
        let unnamed = MessagesAdapter(
            gateway: try BaseURL("https://127.0.0.1:\(other.server.port)"), placement: .bearer)
        #expect(try await other.send(unnamed, model: "m").failure?.kind == .untrusted)
    }

    @Test func `a file of authorities that is none says so`() throws {
        var settings = TransportSettings()
        settings.authorities = [#filePath]
        let error = #expect(throws: ProviderError.self) {
            try HTTPTransport(settings, guard: ResidencyGuard(policy: nil))
        }
        #expect(error?.kind == .unsupported)
    }

    @Test func `a server of this machine may speak without encryption`() async throws {
        let sent = try await Scene(try ScriptedServer(isEncrypted: false)).send("well")
        #expect(sent.answer.text == "All is well." && sent.receipt.exchange["tls"] == nil)
        #expect(sent.receipt.exchange["scheme"]?.string == "http")
    }

    @Test func `a redirect is an error that says so, and nothing follows it`() async throws {
        let scene = try Scene(try ScriptedServer())
        let sent = try await scene.send("redirect")
        #expect(sent.failure?.kind == .redirected && sent.failure?.status == 307)
        #expect(sent.attempts == 1 && sent.waits.isEmpty)
        #expect(try scene.server.requests().count == 1)
    }

    @Test(arguments: ["page", "compressed"])
    func `an answer that is no stream of the provider is malformed`(script: String) async throws {
        let sent = try await Scene().send(script)
        #expect(sent.failure?.kind == .malformed && sent.attempts == 1)
    }

    @Test func `a page with an error is known by its status`() async throws {
        let sent = try await Scene().send("gateway-page")
        #expect(sent.failure?.kind == .serverFault && sent.failure?.status == 502)
        #expect(sent.attempts == 3)
    }

    @Test func `of a long error the beginning is read`() async throws {
        let sent = try await Scene().send("large-error")
        #expect(sent.failure?.status == 400)
    }

    @Test func `an answer that is longer than its bound is refused`() async throws {
        let scene = try Scene()
        let error = await #expect(throws: ProviderError.self) {
            try await scene.http().exchange(
                try ConnectionTests.request(scene, "large-error"), maximumBytes: 100_000)
        }
        #expect(error?.kind == .malformed)
        let answer = try await scene.http().exchange(
            try Self.request(scene, "large-error"), maximumBytes: 200_000)
        #expect(answer.status == 400 && answer.body.count == 200_000)
    }

    static func request(_ scene: Scene, _ script: String) throws -> WireRequest {
        try scene.gateway(script).request(for: Scene.turn("m"), streaming: true)
            .with(header: "authorization", "Bearer k")
    }

    @Test func `nobody listening is a connection that failed, after three attempts`() async throws {
        let gone = try ScriptedServer(["--seconds", "0.01"])
        let adapter = MessagesAdapter(gateway: try BaseURL(gone.url), placement: .bearer)
        try await Task.sleep(for: .milliseconds(300))
        let sent = try await Scene().send(adapter, model: "m")
        #expect(sent.failure?.kind == .connection && sent.attempts == 3)
        let exchange = sent.receipt.exchange
        #expect(exchange["unsent"]?.int == 3 && exchange["requestBytes"]?.int == 0)
        #expect(exchange["handshake"] == nil && exchange["scheme"]?.string == "https")
    }

    @Test func `a server that hangs up was sent to, and what was sent is counted`() async throws {
        // Whether it hangs up depends on who asked before.
        let sent = try await Scene(try ScriptedServer()).send("cut-at-once")
        let exchange = sent.receipt.exchange
        #expect(sent.attempts == 2 && exchange["unsent"] == nil)
        let request = try Scene().gateway("cut-at-once").request(
            for: Scene.turn("m"), streaming: true)
        #expect(exchange["requestBytes"]?.int == Int64(2 * request.body.count))
    }

    @Test func `a proxy is named, and what did not come through it was not sent`() async throws {
        var scene = try Scene()
        scene.settings.proxy = try WebOrigin(proxy: "http://127.0.0.1:9")
        let adapter = MessagesAdapter(
            gateway: try BaseURL("https://llm.example.org"), placement: .bearer)
        let exchange = try await scene.send(adapter, model: "m").receipt.exchange
        #expect(exchange["proxy"]?.string == "http://127.0.0.1:9")
        #expect(exchange["unsent"]?.int == 3 && exchange["requestBytes"]?.int == 0)
    }

    @Test func `a name without an address is a connection that failed`() async throws {
        let adapter = MessagesAdapter(
            gateway: try BaseURL("https://nowhere.invalid"), placement: .bearer)
        let sent = try await Scene().send(adapter, model: "m")
        #expect(sent.failure?.kind == .connection)
    }

    // MARK: Silence

    @Test func `silence in the middle ends the turn, and what came is kept`() async throws {
        var scene = try Scene()
        scene.settings.idleSeconds = 5
        let sent = try await scene.send("stall")
        #expect(sent.failure?.kind == .timeout)
        #expect(sent.answer.text.hasPrefix("One two three "))
        // On a machine that is busy the first attempt may have seen nothing; the last one has.
        let texts = sent.news.filter { if case .event(.text) = $0 { true } else { false } }
        let last = sent.news.lastIndex { if case .retrying = $0 { true } else { false } }
        let first = sent.news.firstIndex { if case .event(.text) = $0 { true } else { false } }
        #expect(!texts.isEmpty && (last ?? -1) < (first ?? 0))
    }

    @Test func `silence from the beginning is tried again`() async throws {
        var scene = try Scene()
        scene.settings.idleSeconds = 0.2
        let sent = try await scene.send("silent")
        #expect(sent.failure?.kind == .timeout && sent.attempts == 3)
        #expect(sent.waits == [500, 1_000])
    }

    @Test func `an answer has to end some time, however lively it is`() async throws {
        var scene = try Scene()
        scene.settings.totalSeconds = 5
        let sent = try await scene.send("slow")
        #expect(sent.failure?.kind == .timeout && sent.answer.text.hasPrefix("word "))
    }

    // MARK: Headers

    @Test(arguments: ["Host", "transfer-encoding", "Content-Length", "Cookie", "coffer-peer"])
    func `a setting cannot say where a request goes or how it is framed`(name: String)
        async throws
    {
        let scene = try Scene(try ScriptedServer())
        let request = try Self.request(scene, "well").with(header: name, "elsewhere.example")
        let error = await #expect(throws: ProviderError.self) {
            try await scene.http().exchange(request, maximumBytes: 1_000)
        }
        #expect(error?.kind == .unsupported)
        #expect(try scene.server.requests().isEmpty)
    }

    @Test func `what a server says of its peer is not believed`() async throws {
        let scene = try Scene()
        let answer = try await scene.http().exchange(
            try Self.request(scene, "pretends"), maximumBytes: 1_000)
        #expect(answer.status == 200 && answer.headers["coffer-peer"] == nil)
    }

    @Test func `the path goes out as it stands`() async throws {
        let scene = try Scene(try ScriptedServer())
        var request = try Self.request(scene, "well")
        request.path = "/script/well/a%2Fb:c@d/%C3%A4/v1/messages"
        request.query = "a=1&b=%20"
        _ = try await scene.http().exchange(request, maximumBytes: 10_000)
        #expect(
            try scene.server.requests().map { $0["path"]?.string }
                == ["/script/well/a%2Fb:c@d/%C3%A4/v1/messages?a=1&b=%20"])
        request.path = "/a/../v1/messages#x"
        await #expect(throws: ProviderError.self) {
            try await scene.http().exchange(request, maximumBytes: 10_000)
        }
    }

    // MARK: The receipt

    @Test func `the receipt says where the turn went, and to whom`() async throws {
        var scene = try Scene()
        let host = "localhost:\(scene.server.port)"
        scene.policy = try Scene.policy(
            #"{"provider":"gateway","hosts":["\#(host)"],"declared":"this room"}"#)
        let sent = try await scene.send("well")
        let exchange = sent.receipt.exchange
        #expect(sent.receipt.provider == "test" && sent.receipt.host == host)
        #expect(sent.receipt.region == nil)
        #expect(exchange["credential"]?.string == "test key")
        #expect(exchange["basis"]?.string == "declared")
        #expect(exchange["declared"]?.string == "this room")
        #expect(exchange["rule"]?.string == "residency.allow[0]")
        #expect(exchange["requestID"]?.string == "req_scripted")
        #expect(exchange["address"]?.string == "127.0.0.1")
        #expect(exchange["tls"]?["version"]?.string == "TLS 1.3")
        #expect(exchange["tls"]?["subject"]?.string == "O=Scripted, CN=localhost")
        #expect(exchange["tls"]?["issuer"]?.string == "O=Scripted, CN=Scripted authority")
        #expect(exchange["tls"]?["sha256"]?.string?.count == 64)
        #expect((exchange["requestBytes"]?.int ?? 0) > 50)
        #expect((exchange["responseBytes"]?.int ?? 0) > 500)
        #expect(!JSONWriter.line(.object(exchange)).contains("token-1"))
    }
}

extension WireRequest {
    func with(header name: String, _ value: String) -> WireRequest {
        var request = self
        request.headers[name] = value
        return request
    }
}
