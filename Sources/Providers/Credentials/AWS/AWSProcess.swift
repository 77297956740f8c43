/// A program that prints keys: `credential_process` of a profile.
///
/// It prints a JSON object with `Version` 1, `AccessKeyId`, `SecretAccessKey`, and where they are
/// temporary `SessionToken` and `Expiration`. It is run without a shell.
struct AWSProcess: CredentialFlow {
    let program: String
    let arguments: [String]

    var source: CredentialSource { .awsProcess }
    var hosts: [CredentialHost] { [] }

    /// - Parameter command: The line of the profile.
    /// - Throws: `malformed`.
    init(_ command: String) throws(CredentialError) {
        guard let words = CommandWords.split(command), let first = words.first else {
            throw CredentialError(
                .malformed,
                "The credential_process of the profile has quotes without an end; "
                    + "correct it.")
        }
        program = first
        arguments = Array(words.dropFirst())
    }

    func issue(
        _ occasion: CredentialOccasion, in surroundings: Surroundings
    ) async throws(CredentialError) -> Credential {
        let call = ProgramCall(
            path: program, arguments: arguments,
            environment: surroundings.environment.forPrograms())
        let document = try CredentialDocument(
            try await surroundings.output(of: call), "What the credential_process prints")
        guard try document.integer("Version") == 1 else {
            throw CredentialError(
                .malformed, "What the credential_process prints is not of Version 1; update it.")
        }
        return try AWSKeyDocument.credential(document, token: "SessionToken", source: source)
    }
}

/// Words of a command line as a POSIX shell splits them, without expansions.
enum CommandWords {
    /// - Returns: The words; nil where a quote has no end.
    static func split(_ line: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var characters = line[...]
        while let character = characters.popFirst() {
            switch (character, quote) {
            case (let end, let open?) where end == open: quote = nil
            case ("\\", nil), ("\\", "\""):
                guard let next = characters.popFirst() else { return nil }
                let isPlain = quote != nil && next != "\"" && next != "\\"
                word = (word ?? "") + (isPlain ? "\\" : "") + String(next)
            case ("\"", nil), ("'", nil):
                quote = character
                word = word ?? ""
            case (_, nil) where character.isWhitespace:
                if let done = word { words.append(done) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else { return nil }
        return words + (word.map { [$0] } ?? [])
    }
}
