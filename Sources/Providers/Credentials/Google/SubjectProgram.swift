import Foundation
import JSONText

/// A token that a program prints, where `GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES` is `1`.
///
/// It prints an object with `version` 1, `success`, `token_type`, `id_token` or `saml_response`,
/// and `expiration_time` in seconds since 1970; or `success: false`. The same object may lie in the
/// output file that the settings name, and is used from there until it ends.
struct SubjectProgram: SubjectTokenSource {
    private let words: [String]
    private let timeLimitSeconds: Int
    private let outputFile: String?
    private let use: SubjectTokens.Use

    static let permission = "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"

    init(
        _ settings: CredentialDocument, _ use: SubjectTokens.Use,
        _ environment: CredentialEnvironment
    ) throws(CredentialError) {
        guard let program = try settings.member("executable") else {
            throw CredentialError(.malformed, "\(settings.name) names no program; correct it.")
        }
        guard environment[Self.permission] == "1" else {
            throw CredentialError(
                .notAllowed,
                "\(use.fileName) wants to run a program; set \(Self.permission)=1 "
                    + "if you trust it.")
        }
        guard let words = CommandWords.split(try program.text("command")), !words.isEmpty else {
            throw CredentialError(
                .malformed, "\(program.name) has a command with quotes without an end; correct it.")
        }
        let milliseconds = try program.integer("timeout_millis") ?? 30_000
        guard (5_000...120_000).contains(milliseconds) else {
            throw CredentialError(
                .malformed,
                "\(program.name) has a timeout_millis that is not between 5000 and "
                    + "120000; correct it.")
        }
        self.words = words
        self.use = use
        timeLimitSeconds = Int(milliseconds + 999) / 1000
        outputFile = try program.optional("output_file")
    }

    var hosts: [CredentialHost] { [] }

    func token(in surroundings: Surroundings) async throws(CredentialError) -> Secret {
        if let outputFile, let bytes = try surroundings.fileIfPresent(outputFile),
            let token = try? read(bytes, "The file \(outputFile)", surroundings, needsEnd: true)
        {
            return token
        }
        let bytes = try await surroundings.output(of: call(surroundings))
        return try read(
            bytes, "What the program of the external account prints", surroundings,
            needsEnd: outputFile != nil)
    }

    private func call(_ surroundings: Surroundings) -> ProgramCall {
        let prefix = "GOOGLE_EXTERNAL_ACCOUNT_"
        var more = [
            prefix + "AUDIENCE": use.audience, prefix + "TOKEN_TYPE": use.tokenType,
            prefix + "INTERACTIVE": "0", Self.permission: "1",
        ]
        more[prefix + "IMPERSONATED_EMAIL"] = use.impersonated
        more[prefix + "OUTPUT_FILE"] = outputFile
        return ProgramCall(
            path: words[0], arguments: Array(words.dropFirst()),
            environment: surroundings.environment.forPrograms(adding: more),
            timeLimitSeconds: timeLimitSeconds)
    }

    private func read(
        _ bytes: [UInt8], _ name: String, _ surroundings: Surroundings, needsEnd: Bool
    ) throws(CredentialError) -> Secret {
        let document = try CredentialDocument(bytes, name)
        guard try document.integer("version") == 1 else {
            throw CredentialError(.malformed, "\(name) is not of version 1; update the program.")
        }
        guard document.object["success"]?.bool == true else {
            throw CredentialError(
                .refused, "\(name) says that there is no token; run the program by hand to see why."
            )
        }
        let end = try document.integer("expiration_time")
        let now = surroundings.now().timeIntervalSince1970
        guard end != nil || !needsEnd, end.map({ Double($0) > now }) != false else {
            throw CredentialError(.expired, "\(name) holds a token that has ended; sign in again.")
        }
        switch try document.text("token_type") {
        case "urn:ietf:params:oauth:token-type:saml2": return try document.secret("saml_response")
        case "urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token":
            return try document.secret("id_token")
        default:
            throw CredentialError(
                .unsupported, "\(name) holds a kind of token that is not known; update the program."
            )
        }
    }
}
