/// Which family an error belongs to, by status and by the provider's own word for it.
enum FailureKinds {
    /// The family of an error: a word that is beyond doubt first, then the status, then a word
    /// that providers use loosely (OpenAI writes `invalid_request_error` for a wrong key).
    static func kind(status: Int?, codes: [String]) -> ProviderError.Kind {
        for code in codes {
            if let kind = exact[lowered(code)] { return kind }
        }
        if let status, status >= 300 { return kind(ofStatus: status) }
        for code in codes {
            if let kind = loose[code] { return kind }
        }
        return .serverFault
    }

    static func kind(ofStatus status: Int) -> ProviderError.Kind {
        switch status {
        case 300..<400: .redirected
        case 401: .authentication
        case 402: .quotaExhausted
        case 403: .permission
        case 404: .notFound
        case 408, 504: .timeout
        case 409: .conflict
        case 413: .tooLarge
        case 424: .modelFault
        case 429: .rateLimited
        case 503, 529: .overloaded
        case 500...: .serverFault
        default: .invalidRequest
        }
    }

    /// In a stream the names of AWS begin with a small letter, in headers with a capital one.
    private static func lowered(_ code: String) -> String {
        code.prefix(1).lowercased() + code.dropFirst()
    }

    private static let exact: [String: ProviderError.Kind] = [
        // Amazon Bedrock's service model, and what signing may answer.
        "validationException": .invalidRequest, "serviceQuotaExceededException": .quotaExhausted,
        "accessDeniedException": .permission, "expiredTokenException": .expiredCredential,
        "expiredToken": .expiredCredential, "unrecognizedClientException": .authentication,
        "invalidSignatureException": .authentication,
        "incompleteSignatureException": .authentication,
        "missingAuthenticationTokenException": .authentication,
        "resourceNotFoundException": .notFound, "modelTimeoutException": .timeout,
        "modelErrorException": .modelFault, "modelStreamErrorException": .modelFault,
        "throttlingException": .rateLimited, "modelNotReadyException": .modelNotReady,
        "internalServerException": .serverFault, "internalFailure": .serverFault,
        "serviceUnavailableException": .overloaded, "conflictException": .conflict,
        // google.rpc.Code; the first letter is lowered for the comparison.
        "iNVALID_ARGUMENT": .invalidRequest, "fAILED_PRECONDITION": .invalidRequest,
        "uNAUTHENTICATED": .authentication, "pERMISSION_DENIED": .permission,
        "nOT_FOUND": .notFound, "rESOURCE_EXHAUSTED": .rateLimited, "aBORTED": .conflict,
        "uNAVAILABLE": .overloaded, "iNTERNAL": .serverFault, "dEADLINE_EXCEEDED": .timeout,
        // OpenAI's `code`, Anthropic's `details.error_code`.
        "invalid_api_key": .authentication, "insufficient_quota": .quotaExhausted,
        "model_not_found": .notFound, "context_length_exceeded": .tooLarge,
        "enforced_spend_limit_reached": .quotaExhausted,
    ]

    /// The `type` of Anthropic's and OpenAI's errors; decides only where there is no status, in a
    /// stream.
    private static let loose: [String: ProviderError.Kind] = [
        "invalid_request_error": .invalidRequest, "authentication_error": .authentication,
        "permission_error": .permission, "not_found_error": .notFound,
        "request_too_large": .tooLarge, "rate_limit_error": .rateLimited,
        "api_error": .serverFault, "server_error": .serverFault,
        "overloaded_error": .overloaded, "timeout_error": .timeout,
        "billing_error": .quotaExhausted, "conflict_error": .conflict,
    ]
}
