import Foundation
import JSONText

/// A program of the organisation that prints a credential.
///
/// The contract is the one that Claude Desktop documents for `inferenceCredentialHelper`: the
/// program gets no arguments but those of the settings, prints a bare token or
/// `{"token":"…","headers":{…}}` and nothing else, and ends with status 0. `CLAUDE_HELPER_CONTEXT`
/// tells it why it is asked. Its headers replace others of the same name. It sees no secret: what
/// it may know of the environment is listed in `CredentialEnvironment`.
package struct CredentialProgram: CredentialFlow {
    private let path: String
    private let arguments: [String]
    private let timeLimitSeconds: Int
    private let lifetimeSeconds: Int

    package var source: CredentialSource { .helper }
    package var hosts: [CredentialHost] { [] }

    /// - Parameters:
    ///   - path: The absolute path of the program.
    ///   - arguments: Its arguments; they are seen by all users of the machine.
    ///   - timeLimitSeconds: 1 to 600.
    ///   - lifetimeSeconds: How long what it prints is used, 1 to 86,400.
    /// - Throws: `malformed`, where the settings cannot be.
    package init(
        path: String, arguments: [String] = [], timeLimitSeconds: Int = 60,
        lifetimeSeconds: Int = 3600
    ) throws(CredentialError) {
        guard path.hasPrefix("/") else {
            throw CredentialError(
                .malformed,
                "The credential helper must be named by a path that begins with /; "
                    + "correct the setting.")
        }
        guard (1...600).contains(timeLimitSeconds), (1...86_400).contains(lifetimeSeconds) else {
            throw CredentialError(
                .malformed,
                "The credential helper may take 1 to 600 seconds and serve for 1 to "
                    + "86400; correct the setting.")
        }
        self.path = path
        self.arguments = arguments
        self.timeLimitSeconds = timeLimitSeconds
        self.lifetimeSeconds = lifetimeSeconds
    }

    package func issue(
        _ occasion: CredentialOccasion, in surroundings: Surroundings
    ) async throws(CredentialError) -> Credential {
        let call = ProgramCall(
            path: path, arguments: arguments,
            environment: surroundings.environment.forPrograms(
                adding: ["CLAUDE_HELPER_CONTEXT": occasion.rawValue]),
            timeLimitSeconds: timeLimitSeconds)
        let bytes = try await surroundings.output(of: call)
        let end = surroundings.now().addingTimeInterval(Double(lifetimeSeconds))
        return try Self.credential(bytes, expires: end)
    }

    private static func credential(
        _ bytes: [UInt8], expires: Date
    ) throws(CredentialError) -> Credential {
        let text = String(decoding: bytes, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let name = "What the credential helper prints"
        guard text.hasPrefix("{") else {
            let token = Secret(text)
            guard token.fitsHeader, !"[<\"".contains(text.prefix(1)) else {
                throw CredentialError(
                    .malformed, "\(name) is neither one token nor a JSON object; run it by hand.")
            }
            return Credential(.token(token), expires: expires, source: .helper)
        }
        let document = try CredentialDocument(Array(text.utf8), name)
        var credential = Credential(
            .token(try document.secret("token")), expires: expires, source: .helper)
        credential.headers = try SecretHeader.list(document, "headers")
        return credential
    }
}

extension SecretHeader {
    /// Headers that an object names: tokens of RFC 9110 as names, one line as values.
    static func list(
        _ document: CredentialDocument, _ key: String
    ) throws(CredentialError) -> [SecretHeader] {
        let marks = Set("!#$%&'*+-.^_`|~".utf8)
        /// What the transport itself has to say.
        let reserved: Set = ["host", "content-length", "transfer-encoding", "connection"]
        var headers: [SecretHeader] = []
        for (name, value) in try document.texts(key) {
            let isName = name.utf8.allSatisfy { $0.isLetterOrDigit || marks.contains($0) }
            let isValue = value.utf8.allSatisfy { (0x20...0x7E).contains($0) }
            guard isName, !name.isEmpty, isValue, !reserved.contains(name.lowercased()) else {
                throw CredentialError(
                    .malformed, "\(document.name) has a header that cannot be sent; correct it.")
            }
            headers.append(SecretHeader(name: name, value: Secret(value)))
        }
        return headers
    }
}
