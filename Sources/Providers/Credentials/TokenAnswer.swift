import Foundation
import JSONText
import VaultCrypto

/// Requests to token servers, and their answers (RFC 6749, sections 4.4, 5 and 6).
enum TokenExchange {
    /// A POST of form fields.
    static func form(
        _ address: BaseURL, _ fields: [(String, String)], basic: (String, Secret)? = nil
    ) -> WireRequest {
        var request = WireRequest(
            .post, address.origin, path: address.path.isEmpty ? "/" : address.path,
            headers: ["content-type": "application/x-www-form-urlencoded"],
            body: Array(formText(fields).utf8))
        if let (user, password) = basic {
            // RFC 6749, section 2.3.1; official clients leave the parts as they are.
            let pair = Array("\(user):".utf8) + password.revealBytes()
            request.headers["authorization"] = "Basic " + Base64.string(pair)
        }
        return request
    }

    /// `name=value&…`, all but letters, digits and `-._~` percent-encoded.
    static func formText(_ fields: [(String, String)]) -> String {
        fields.map { name, value in
            PercentEncoding.encode(name) + "=" + PercentEncoding.encode(value)
        }.joined(separator: "&")
    }

    /// The object of an answer, or why the server gave none.
    ///
    /// - Parameters:
    ///   - answer: What came.
    ///   - host: Who answered.
    ///   - remedy: What a person does when the server refuses: a clause after a semicolon.
    /// - Returns: The object.
    /// - Throws: `expired`, `refused`, `unreachable` or `malformed`.
    static func document(
        _ answer: WireAnswer, from host: String, remedy: String
    ) throws(CredentialError) -> CredentialDocument {
        guard (200..<300).contains(answer.status) else {
            throw refusal(answer, from: host, remedy: remedy)
        }
        return try CredentialDocument(answer.body, "The answer of \(host)")
    }

    /// The token of an answer and the moment at which it ends.
    static func token(
        _ document: CredentialDocument, source: CredentialSource, now: Date
    ) throws(CredentialError) -> Credential {
        let token = try document.secret("access_token")
        let lifetime = try document.integer("expires_in")
        return Credential(
            .token(token), expires: lifetime.map { now.addingTimeInterval(Double($0)) },
            source: source)
    }

    /// Words of servers that may be repeated; all others may quote the request.
    private static let words: Set<String> = [
        "invalid_grant", "invalid_client", "invalid_request", "unauthorized_client",
        "unsupported_grant_type", "invalid_scope", "access_denied", "invalid_target",
        "interaction_required", "ExpiredTokenException", "ExpiredToken", "AccessDenied",
        "InvalidIdentityToken", "InvalidClientTokenId", "SignatureDoesNotMatch",
        "IDPRejectedClaim", "IDPCommunicationError", "UnauthorizedException",
        "InvalidGrantException", "ExpiredTokenException", "ForbiddenException",
        "ResourceNotFoundException", "PERMISSION_DENIED", "UNAUTHENTICATED",
    ]
    /// Those after which only a person can go on.
    private static let endings: Set<String> = [
        "invalid_grant", "interaction_required", "ExpiredTokenException", "ExpiredToken",
        "InvalidGrantException",
    ]

    static func refusal(
        _ answer: WireAnswer, from host: String, remedy: String, word: String? = nil
    ) -> CredentialError {
        let said = word ?? serverWord(answer.body)
        let known = said.flatMap { words.contains($0) ? $0 : nil }
        let what = "status \(answer.status)" + (known.map { ", \($0)" } ?? "")
        guard answer.status < 500, answer.status != 429, answer.status != 408 else {
            return CredentialError(
                .unreachable, "\(host) gave no credential for now (\(what)); try again later.")
        }
        let kind: CredentialError.Kind = known.map(endings.contains) == true ? .expired : .refused
        return CredentialError(kind, "\(host) refuses to give a credential (\(what)); \(remedy).")
    }

    /// `error`, `__type`, or `error.status` of Google's form.
    private static func serverWord(_ body: [UInt8]) -> String? {
        guard let document = try? CredentialDocument(body, "") else { return nil }
        return document.object["error"]?.string ?? document.object["error"]?["status"]?.string
            ?? document.object["__type"]?.string
    }
}
