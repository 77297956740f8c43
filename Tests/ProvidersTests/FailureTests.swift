import Foundation
import Providers
import Testing

/// Errors of every provider's shape, and what each one is.
@Suite struct FailureTests {
    static let now = Date(timeIntervalSince1970: 1_767_323_045)

    static func error(
        _ status: Int, _ body: String, _ headers: WireHeaders = [:]
    ) -> ProviderError {
        FailureReader.error(status: status, headers: headers, body: Array(body.utf8), now: now)
    }

    @Test(arguments: [
        (400, "invalid_request_error", ProviderError.Kind.invalidRequest),
        (401, "authentication_error", .authentication), (402, "billing_error", .quotaExhausted),
        (403, "permission_error", .permission), (404, "not_found_error", .notFound),
        (409, "conflict_error", .conflict), (413, "request_too_large", .tooLarge),
        (429, "rate_limit_error", .rateLimited), (500, "api_error", .serverFault),
        (504, "timeout_error", .timeout), (529, "overloaded_error", .overloaded),
    ])
    func `Errors in Anthropic's shape are told apart`(
        status: Int, type: String, kind: ProviderError.Kind
    ) {
        let error = Self.error(
            status, #"{"type":"error","error":{"type":"\#(type)","message":"m"},"request_id":"r"}"#)
        #expect(error.kind == kind && error.status == status)
        #expect(error.providerCode == type && error.providerMessage == "m")
        #expect(error.requestID == "r")
    }

    @Test(arguments: [
        (400, "INVALID_ARGUMENT", ProviderError.Kind.invalidRequest),
        (400, "FAILED_PRECONDITION", .invalidRequest), (401, "UNAUTHENTICATED", .authentication),
        (403, "PERMISSION_DENIED", .permission), (404, "NOT_FOUND", .notFound),
        (429, "RESOURCE_EXHAUSTED", .rateLimited), (500, "INTERNAL", .serverFault),
        (503, "UNAVAILABLE", .overloaded), (504, "DEADLINE_EXCEEDED", .timeout),
    ])
    func `Google's errors are told apart, in a list too`(
        status: Int, word: String, kind: ProviderError.Kind
    ) {
        let body = #"{"error":{"code":\#(status),"message":"m","status":"\#(word)"}}"#
        for text in [body, "[\(body)]"] {
            let error = Self.error(status, text)
            #expect(error.kind == kind && error.providerCode == word)
            #expect(error.providerMessage == "m")
        }
    }

    @Test(arguments: [
        (400, "ValidationException", ProviderError.Kind.invalidRequest),
        (400, "ServiceQuotaExceededException", .quotaExhausted),
        (403, "AccessDeniedException", .permission),
        (403, "ExpiredTokenException", .expiredCredential),
        (403, "InvalidSignatureException", .authentication),
        (404, "ResourceNotFoundException", .notFound), (408, "ModelTimeoutException", .timeout),
        (424, "ModelErrorException", .modelFault), (424, "ModelStreamErrorException", .modelFault),
        (429, "ThrottlingException", .rateLimited),
        (429, "ModelNotReadyException", .modelNotReady),
        (500, "InternalServerException", .serverFault),
        (503, "ServiceUnavailableException", .overloaded),
    ])
    func `Amazon's errors are told apart by header and by body`(
        status: Int, name: String, kind: ProviderError.Kind
    ) {
        let byHeader = Self.error(
            status, #"{"message":"m"}"#,
            ["X-Amzn-ErrorType": "\(name):http://internal.example/", "x-amzn-requestid": "r-1"])
        #expect(byHeader.kind == kind && byHeader.providerCode == name)
        #expect(byHeader.requestID == "r-1" && byHeader.providerMessage == "m")
        let byBody = Self.error(status, #"{"__type":"com.example#\#(name)","Message":"m"}"#)
        #expect(byBody.kind == kind && byBody.providerCode == name)
        #expect(byBody.providerMessage == "m")
    }

    @Test func `Errors in OpenAI's shape are told apart`() {
        let key =
            #"{"error":{"message":"m","type":"invalid_request_error","code":"invalid_api_key"}}"#
        #expect(Self.error(401, key).kind == .authentication)
        // A loose word does not prevail over the status.
        let loose = #"{"error":{"message":"m","type":"invalid_request_error","code":null}}"#
        #expect(Self.error(503, loose).kind == .overloaded)
        let quota =
            #"{"error":{"message":"m","type":"insufficient_quota","code":"insufficient_quota"}}"#
        #expect(Self.error(429, quota).kind == .quotaExhausted)
        let litellm = #"{"error":{"message":"rate","type":"None","param":"None","code":"429"}}"#
        #expect(Self.error(429, litellm).kind == .rateLimited)
        #expect(Self.error(429, litellm).providerCode == nil)
    }

    @Test func `A page of a proxy leaves the status to speak`() {
        let error = Self.error(502, "<html><body>502 Bad Gateway</body></html>")
        #expect(error.kind == .serverFault && error.providerMessage == nil)
        #expect(Self.error(301, "").kind == .redirected)
        #expect(Self.error(418, "").kind == .invalidRequest)
    }

    @Test func `Waits are read from every header that has one`() {
        let wait = { (headers: WireHeaders) in Self.error(429, "{}", headers).retryAfterMilliseconds
        }
        #expect(wait([:]) == nil)
        #expect(wait(["retry-after": "7"]) == 7_000)
        #expect(wait(["retry-after": "12", "retry-after-ms": "11500"]) == 11_500)
        #expect(wait(["retry-after": "Fri, 02 Jan 2026 03:04:15 GMT"]) == 10_000)
        #expect(wait(["retry-after": "Fri, 02 Jan 2026 03:04:00 GMT"]) == 0)
        #expect(wait(["retry-after": "soon"]) == nil)
        #expect(wait(["retry-after": "-5"]) == 0)
        #expect(wait(["retry-after": "1e300"]) == 86_400_000)
        #expect(wait(["retry-after": "nan"]) == nil)
    }

    @Test func `What a provider says is shown on one line, without what steers a terminal`() {
        let error = Self.error(400, #"{"message":"a\n\u001b[31mb"}"#)
        #expect(error.providerMessage == "a  [31mb")
        let long = Self.error(400, #"{"message":"\#(String(repeating: "x", count: 9_000))"}"#)
        #expect(long.providerMessage?.count == 500)
    }

    @Test func `Every kind of error has a sentence that says what to do`() {
        for kind in ProviderError.Kind.allCases {
            // What happened, and what to do.
            let sentence = ProviderError(kind).description
            #expect(sentence.hasSuffix(".") && sentence.contains("; "), "\(kind)")
        }
    }
}
