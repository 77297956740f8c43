/// What a provider's settings say of a key: gateways, and Foundry with a key of its own.
package struct KeySettings: Sendable {
    /// A program that prints the credential.
    package var helper: CredentialProgram?
    /// A key of the vault.
    package var key: Secret?
    /// The name of a variable that holds a key.
    package var variable: String?

    package init(
        helper: CredentialProgram? = nil, key: Secret? = nil, variable: String? = nil
    ) {
        self.helper = helper
        self.key = key
        self.variable = variable
    }
}

/// Which key is used. The first of these that the settings name:
///
/// 1. the helper program; it beats a key, so that a key may stay behind as what it replaces;
/// 2. the key of the vault;
/// 3. the variable.
///
/// A variable that the settings do not name is never read, whatever official clients would do: a
/// key of one provider is not sent to another because it lies about. A key of the vault beside a
/// variable is refused as ambiguous.
package enum KeySearch {
    /// - Parameters:
    ///   - settings: The provider's settings.
    ///   - surroundings: Variables.
    /// - Returns: The flow or why there is none, and the report.
    package static func run(
        _ settings: KeySettings, in surroundings: Surroundings
    ) -> CredentialChoice {
        CredentialSearch.run { (search) throws(CredentialError) in
            try find(settings, surroundings.environment, &search)
        }
    }

    private static func find(
        _ settings: KeySettings, _ environment: CredentialEnvironment,
        _ search: inout CredentialSearch
    ) throws(CredentialError) -> any CredentialFlow {
        let variable = settings.variable
        if let helper = settings.helper {
            if settings.key != nil {
                search.passOver(.storedKey, "settings", "the settings name a helper program")
            }
            if let variable {
                search.passOver(.variable, variable, "the settings name a helper program")
            }
            return search.choose(helper, "settings", "a helper program comes before keys")
        }
        search.absent(.helper, "settings")
        if let key = settings.key {
            search.look(at: .storedKey, "settings")
            if let variable {
                throw CredentialError(
                    .ambiguous,
                    "The settings have a key and name the variable \(variable); take "
                        + "one of them away.")
            }
            let flow = try FixedCredential.token(key, .storedKey, from: "The key of the settings")
            return search.choose(flow, "settings", "the key of the vault")
        }
        search.absent(.storedKey, "settings")
        search.look(at: .variable, variable ?? "settings")
        guard let variable else {
            throw CredentialError(
                .absent,
                "The provider has no credential; `coffer provider set NAME --key-file FILE` gives "
                    + "it a key.")
        }
        guard let value = environment[variable] else {
            throw CredentialError(.absent, "The variable \(variable) is not set; set it.")
        }
        let flow = try FixedCredential.token(
            Secret(value), .variable, from: "The variable \(variable)")
        return search.choose(flow, variable, "the settings name it")
    }
}
