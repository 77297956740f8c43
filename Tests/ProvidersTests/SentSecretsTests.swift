import Foundation
import Providers
import Testing
import VaultCrypto

/// What was sent as a secret, in whatever form a server gives it back.
@Suite struct SentSecretsTests {
    private static let key = "sk-KEYCANARY0123456789abcdef/+x"

    private static func request(_ headers: WireHeaders, query: String = "") throws -> WireRequest {
        WireRequest(
            .post, try WebOrigin("https://llm.example.org"), path: "/v1/messages", query: query,
            headers: headers)
    }

    private func secrets(
        _ headers: WireHeaders = ["authorization": "Bearer \(key)"], query: String = ""
    ) throws -> SentSecrets {
        SentSecrets(
            try Self.request(headers, query: query), besides: try Self.request([:], query: query))
    }

    static let forms: [String] = [
        key, key.uppercased(), "KEYCANARY0123", "sk-KEYCANARY0123456789abcdef\\/+x",
        "sk%2DKEYCANARY0123456789abcdef%2F%2bx", "sk%252DKEYCANARY0123456789",
        "\\u0073k-KEY\\u0043ANARY0123456789abcdef", "&#115;k-&#x4b;EYCANARY0123456789",
        "sk-KEYCAN ARY0123 456789abc", Data(key.utf8).base64EncodedString(),
        Data("a\(key)".utf8).base64EncodedString(), Data("ab\(key)".utf8).base64EncodedString(),
        Hex.text(Array(key.utf8)),
    ]

    @Test(arguments: forms)
    func `every form of a secret is masked, and what stands around it stays`(form: String) throws {
        let masked = try secrets().masked("The key \(form) is wrong.")
        #expect(masked.hasPrefix("The key ") && masked.hasSuffix(" is wrong."), "\(masked)")
        #expect(masked.contains("[masked]"))
        for piece in ["CANARY", "canary", "0123456789", "CANA", "S0VZQ0"] {
            #expect(!masked.contains(piece), "\(masked)")
        }
    }

    @Test func `other words stay as they are`() throws {
        let secrets = try secrets()
        for text in [
            "This model is not for you", "invalid x-api-key", "max_tokens: Field required",
            "Authorization header is missing", "Größe 😀", "", "%", "\\u00",
        ] { #expect(secrets.masked(text) == text) }
    }

    @Test(arguments: [
        "authorization: Bearer of something", "Authorization=\"Basic abc\"",
        "{\"x-api-key\":\"another\"}", "x-amz-security-token => zzz", "HTTP_COOKIE: a=another",
        "proxy-authorization%3A%20another", "x-goog-api-key:another", "api-key = another",
        "own-header: another",
    ])
    func `what stands behind the name of a credential's header is masked`(text: String) throws {
        let masked = try secrets(["own-header": "value"]).masked("x \(text)")
        #expect(masked.hasPrefix("x ") && masked.hasSuffix("[masked]"), "\(masked)")
        #expect(!masked.contains("another") && !masked.contains("something"))
    }

    @Test func `a short secret is masked as a whole word`() throws {
        let secrets = try secrets(["authorization": "Bearer k"])
        #expect(secrets.masked("token k, kk") == "token [masked], kk")
    }

    @Test func `a password, a query and a cookie are secrets too`() throws {
        let pair = Data("me:PASSCANARY-1".utf8).base64EncodedString()
        let secrets = try secrets(
            ["authorization": "Basic \(pair)", "cookie": "SESSIONCANARY=1"],
            query: "api-version=2024-10-21&code=QUERYCANARY%2F1")
        let text = "PASSCANARY-1 and QUERYCANARY/1 and SESSIONCANARY=1 at 2024-10-21"
        #expect(secrets.masked(text) == "[masked] and [masked] and [masked] at 2024-10-21")
    }

    @Test func `of a signature the access key and the signature are secrets, and the rest is not`()
        throws
    {
        let plain = try Self.request([:])
        var signed = plain
        let keys = AWSKeys(
            accessKeyID: "AKIDCANARYEXAMPLE", secretAccessKey: Secret("s"),
            sessionToken: Secret("SESSIONCANARY0123456789"))
        signed.sign(
            for: SigningScope(service: "bedrock", region: "eu-central-1"),
            with: keys.forSigning(), at: SigningTime(Date(timeIntervalSince1970: 1_767_323_045)))
        let secrets = SentSecrets(signed, besides: plain)
        let value = try #require(signed.headers["authorization"])
        let signature = try #require(value.split(separator: "Signature=").last)
        #expect(secrets.masked("of \(signature) no") == "of [masked] no")
        #expect(
            secrets.masked("AKIDCANARYEXAMPLE in eu-central-1/bedrock/aws4_request").hasSuffix(
                "[masked] in eu-central-1/bedrock/aws4_request"))
        #expect(!secrets.masked(value).contains("AKID"))
        #expect(secrets.masked("SESSIONCANARY0123456789") == "[masked]")
    }

    @Test func `a code and the name of a request are words, and hold no secret`() throws {
        let secrets = try secrets()
        #expect(secrets.word("rate_limit_error") == "rate_limit_error")
        #expect(secrets.word("req_01:a/b+c=.-") == "req_01:a/b+c=.-")
        for text in [Self.key, "two words", "a\u{1B}[31m", "", String(repeating: "a", count: 201)] {
            #expect(secrets.word(text) == nil)
        }
        let error = FailureReader.error(
            status: 400, headers: ["request-id": "a\u{1B}[31m"],
            body: Array(#"{"error":{"type":"a b","message":"m"}}"#.utf8), now: Date())
        #expect(error.requestID == nil && error.providerCode == nil)
    }

    @Test func `a text that was cut inside a secret shows nothing of it`() throws {
        let text = String(repeating: "x", count: 493) + Self.key
        let error = try secrets().masked(ProviderError(.invalidRequest, status: 400, message: text))
        #expect(error.providerMessage?.contains("sk-KEYC") == false)
    }

    @Test func `a failure in a stream about the credential quotes nothing`() throws {
        let error = try secrets().masked(ProviderError(.authentication, message: "whatever"))
        #expect(error.providerMessage == nil)
    }

    @Test func `they show nothing of themselves`() throws {
        let secrets = try secrets()
        var seen = "\(secrets) \(String(reflecting: secrets))"
        dump(secrets, to: &seen)
        #expect(!seen.contains("CANARY"))
    }

    // MARK: Frames

    @Test(arguments: try AdapterCase.all())
    func `what fails in a stream quotes nothing, whatever the framing`(adapter: AdapterCase) throws
    {
        let message = "\(Self.key) is wrong in authorization: Bearer \(Self.key)"
        let secrets = try secrets()
        for bytes in Self.failures(message) {
            var decoder = adapter.adapter.stream()
            let events = decoder.take(bytes) + decoder.end()
            for case .failed(let error) in events {
                let masked = secrets.masked(error)
                for text in [masked.providerMessage, masked.providerCode, masked.requestID] {
                    #expect(text?.contains("CANARY") != true, "\(adapter.name): \(text ?? "")")
                }
            }
        }
    }

    /// Errors in the form of every framing; those of another are malformed and quote nothing.
    private static func failures(_ message: String) -> [[UInt8]] {
        [
            Script.event(
                #"{"type":"error","error":{"type":"\#(key)","message":"\#(message)"}}"#),
            Array(#"data: {"error":{"message":"\#(message)","code":"\#(key)"}}"#.utf8) + [10, 10],
            Framing.frame(
                [(":message-type", "exception"), (":exception-type", key)],
                Array(#"{"message":"\#(message)"}"#.utf8)),
            Framing.frame(
                [
                    (":message-type", "error"), (":error-code", key), (":error-message", message),
                ], []),
        ]
    }
}
