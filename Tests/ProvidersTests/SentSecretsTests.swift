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

    static let forms: [String] =
        [
            key, key.uppercased(), "KEYCANARY0123", "sk-KEYCANARY0123456789abcdef\\/+x",
            "sk%2DKEYCANARY0123456789abcdef%2F%2bx", "sk%252DKEYCANARY0123456789",
            "\\u0073k-KEY\\u0043ANARY0123456789abcdef", "&#115;k-&#x4b;EYCANARY0123456789",
            "sk-KEYCAN ARY0123 456789abc", Data(key.utf8).base64EncodedString(),
            Data("a\(key)".utf8).base64EncodedString(), Data("ab\(key)".utf8).base64EncodedString(),
            Hex.text(Array(key.utf8)), "sk-KEY&#x43;ANARY0123", "sk-KEYCAN\\nARY0123456789",
            "sk-KEYCANARY01=\r\n23456789", "sk-KEYCANARY0123456789abcdef&#47;+x",
        ] + bytes
    /// One byte after another, as programs, mails and dumps write them.
    private static let bytes = [
        spelled("", ":"), spelled("", "-"), spelled("", " "), spelled("0x", ", "),
        spelled("\\x", ""), spelled("\\U000000", ""), spelled("=", "").uppercased(),
        key.utf8.map { "\\u{\(String($0, radix: 16))}" }.joined(),
        key.utf8.map { "\\" + (String(0o1000 + Int($0), radix: 8).dropFirst()) }.joined(),
    ]

    /// The digits of the key's bytes, each behind a mark.
    private static func spelled(_ mark: String, _ separator: String) -> String {
        key.utf8.map { mark + String($0, radix: 16) }.joined(separator: separator)
    }

    @Test(arguments: forms)
    func `every form of a secret is masked, and what stands around it stays`(form: String) throws {
        let masked = try secrets().masked("The key \(form) is wrong.")
        #expect(masked.hasPrefix("The key ") && masked.hasSuffix(" is wrong."), "\(masked)")
        #expect(masked.contains("[masked]"))
        for piece in ["CANARY", "canary", "0123456789", "CANA", "S0VZQ0"] {
            #expect(!masked.contains(piece), "\(masked)")
        }
    }

    @Test(arguments: bytes)
    func `of a secret that is written byte by byte no byte stays`(form: String) throws {
        let masked = try secrets().masked("<\(form)>")
        #expect(["<[masked]>", "<0x[masked]>"].contains(masked), "\(masked)")
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

    @Test func `what a setting has in the query is no secret, and what a credential adds is one`()
        throws
    {
        let query = "deployment=claude-made-up&region=westeurope-1&n=1"
        let text = "known: claude-made-up in westeurope-1, 1"
        #expect(try secrets([:], query: query).masked(text) == text)
        let added = SentSecrets(
            try Self.request([:], query: query + "&proof=ADDEDCANARY-1"),
            besides: try Self.request([:], query: query))
        #expect(added.masked("\(text): ADDEDCANARY-1") == "\(text): [masked]")
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

    @Test(arguments: 160..<176)
    func `a word that was cut inside an escape shows nothing of it`(length: Int) throws {
        let word = String(repeating: "x", count: length) + Self.spelled("\\u00", "")
        let event = try secrets().masked(.started(id: word, model: nil))
        let shown = String(repeating: "x", count: length) + "[masked]"
        #expect("\(event)".contains(shown) && !"\(event)".contains("u0073"), "\(event)")
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

    // MARK: Words

    private static let reasons: [StopReason] = [
        .endOfTurn, .maximumTokens, .stopSequence, .toolUse, .pause, .refusal, .contextFull,
        .filtered, .other(key),
    ]

    /// Events in which a server says a word wherever it can.
    private static func events(_ word: String) -> [TurnEvent] {
        var usage = Usage()
        usage.serviceTier = word
        usage.inferencePlace = word
        return reasons.map { .stopped($0, sequence: word) } + [
            .stopped(.other(word), sequence: nil), .started(id: word, model: word), .usage(usage),
            .began(part: 0, .toolUse(id: word, name: word, input: nil)),
            .failed(ProviderError(.overloaded, code: word, message: word)),
        ]
    }

    @Test func `a word of a server has no secret, wherever it stands`() throws {
        let secrets = try secrets()
        for event in Self.events("a \(Self.key) b") {
            var shown = ""
            dump(secrets.masked(event), to: &shown)
            if case .failed(let error) = secrets.masked(event) {
                shown = "\(error.providerCode ?? "") \(error.providerMessage ?? "")"
            }
            #expect(!shown.contains("CANARY") && shown.contains("a [masked] b"), "\(shown)")
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a word of a server is cut, so that none makes the mask long`() throws {
        let secrets = try secrets()
        for event in Self.events(String(repeating: "\\x41 ", count: 400_000)) {
            #expect("\(secrets.masked(event))".utf8.count < 20_000)
        }
        #expect(secrets.masked(String(repeating: "x", count: 9_000)).count == 500)
    }

    @Test(arguments: try AdapterCase.all())
    func `where we asked an answer to stop is told whole`(adapter: AdapterCase) throws {
        let ours = "deployment key " + String(repeating: "END ", count: 100)
        var turn = TurnRequest(model: "m", messages: [TurnMessage(.user, [.text("hi")])])
        turn.limits.maximumTokens = 64
        turn.limits.stopSequences = ["another", ours]
        let request = try adapter.adapter.request(for: turn, streaming: true)
        let secrets = SentSecrets(request, besides: request)
        let event = TurnEvent.stopped(.stopSequence, sequence: ours)
        #expect(secrets.masked(event) == event)
        let other = TurnEvent.stopped(.stopSequence, sequence: ours + "x")
        #expect(
            secrets.masked(other) == .stopped(.stopSequence, sequence: String(ours.prefix(200))))
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
