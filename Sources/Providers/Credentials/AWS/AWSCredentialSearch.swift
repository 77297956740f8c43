/// What a provider's settings say of AWS credentials.
package struct AWSCredentialSettings: Sendable {
    /// A Bedrock API key of the vault.
    package var bearer: Secret?
    /// A profile that is named in the settings.
    package var profile: String?
    package var region: String?

    package init(bearer: Secret? = nil, profile: String? = nil, region: String? = nil) {
        self.bearer = bearer
        self.profile = profile
        self.region = region
    }
}

/// Which AWS credential is used. The first of these that is there:
///
/// 1. the Bedrock API key of the settings;
/// 2. the profile of the settings (8 to 11 within it);
/// 3. `AWS_BEARER_TOKEN_BEDROCK`;
/// 4. `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, with `AWS_SESSION_TOKEN`;
/// 5. the profile of `AWS_PROFILE`, or `default`, where it has a role (8);
/// 6. `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`;
/// 7. otherwise the same profile, by 9 to 11:
/// 8. a role: `role_arn` with `source_profile`, `credential_source` or `web_identity_token_file`;
/// 9. a sign-in: `sso_session`, or `sso_start_url` and `sso_region`;
/// 10. keys, where both files have some those of the credentials file;
/// 11. `credential_process`;
/// 12. the container's role: `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `…_FULL_URI`;
/// 13. the machine's role, unless `AWS_EC2_METADATA_DISABLED` is `true`.
///
/// A source that is there and broken ends the search: the next one would be another identity.
/// Refused as ambiguous: a Bedrock API key beside a profile of the settings or beside keys of the
/// environment (the official clients differ in which they take), half a pair of keys, a profile
/// with two of 8 to 11, both addresses of a container.
package struct AWSCredentialSearch {
    private let settings: AWSCredentialSettings
    private let surroundings: Surroundings
    private var environment: CredentialEnvironment { surroundings.environment }

    private init(_ settings: AWSCredentialSettings, _ surroundings: Surroundings) {
        self.settings = settings
        self.surroundings = surroundings
    }

    /// Finds the source; asks no server and runs no program.
    ///
    /// - Parameters:
    ///   - settings: The provider's settings.
    ///   - surroundings: Variables and files.
    /// - Returns: The flow or why there is none, the report, and the region.
    package static func run(
        _ settings: AWSCredentialSettings, in surroundings: Surroundings
    ) -> CredentialChoice {
        let search = AWSCredentialSearch(settings, surroundings)
        var region: String?
        var choice = CredentialSearch.run { (report) throws(CredentialError) in
            try search.find(&report, &region)
        }
        choice.region = region
        return choice
    }

    private func find(
        _ search: inout CredentialSearch, _ region: inout String?
    ) throws(CredentialError) -> any CredentialFlow {
        let name = settings.profile ?? environment["AWS_PROFILE"] ?? "default"
        search.look(at: .awsProfile, "profile \(name)")
        let files = try AWSProfileFiles(surroundings)
        region = noteRegion(files.profile(name), &search)
        if let flow = try bearer(&search) { return flow }
        if let flow = try keysOfEnvironment(&search) { return flow }
        var reader = AWSProfileReader(files, surroundings, region: region)
        search.look(at: .awsProfile, "profile \(name)")
        let profile = files.profile(name)
        if profile == nil, settings.profile != nil || environment["AWS_PROFILE"] != nil {
            throw CredentialError(
                .absent,
                "There is no profile \(name) in \(files.configPath) and "
                    + "\(files.credentialsPath); check its name.")
        }
        var flow: (any CredentialFlow)?
        if let profile { flow = try reader.flow(of: profile) }
        if settings.profile == nil, flow?.source != .awsRole,
            let token = try webIdentity(&search, region)
        {
            return token
        }
        if let flow { return search.choose(flow, "profile \(name)", "the profile has it") }
        guard settings.profile == nil else {
            throw CredentialError(
                .absent, "The profile \(name) holds no credential; add one, or name another.")
        }
        search.absent(.awsProfile, "profile \(name)")
        return try ofMachine(&search)
    }

    // MARK: Region

    private func noteRegion(
        _ profile: AWSProfile?, _ search: inout CredentialSearch
    ) -> String? {
        let found: [(String?, String)] = [
            (settings.region, "the settings"), (environment["AWS_REGION"], "AWS_REGION"),
            (environment["AWS_DEFAULT_REGION"], "AWS_DEFAULT_REGION"),
            (profile?["region"], "profile \(profile?.name ?? "")"),
        ]
        guard let (region, place) = found.first(where: { $0.0 != nil }), let region else {
            search.note("region: not set")
            return nil
        }
        search.note("region: \(region) (\(place))")
        return region
    }

    // MARK: Keys at hand

    private func bearer(
        _ search: inout CredentialSearch
    ) throws(CredentialError) -> (any CredentialFlow)? {
        let variable = environment["AWS_BEARER_TOKEN_BEDROCK"].map(Secret.init)
        let place = settings.bearer == nil ? "AWS_BEARER_TOKEN_BEDROCK" : "settings"
        guard let token = settings.bearer ?? variable else {
            search.absent(.awsBearer, place)
            return nil
        }
        search.look(at: .awsBearer, place)
        if settings.bearer == nil, environment["AWS_ACCESS_KEY_ID"] != nil {
            throw CredentialError(
                .ambiguous,
                "AWS_BEARER_TOKEN_BEDROCK and AWS_ACCESS_KEY_ID are both set; unset "
                    + "one of them.")
        }
        if settings.profile != nil {
            throw CredentialError(
                .ambiguous,
                "There is both a Bedrock API key (\(place)) and a profile in the "
                    + "settings; take one of them away.")
        }
        let flow = try FixedCredential.token(token, .awsBearer, from: place)
        return search.choose(flow, place, "a Bedrock API key comes before all keys")
    }

    private func keysOfEnvironment(
        _ search: inout CredentialSearch
    ) throws(CredentialError) -> (any CredentialFlow)? {
        let place = "AWS_ACCESS_KEY_ID"
        let (id, secret) = (environment[place], environment["AWS_SECRET_ACCESS_KEY"])
        guard id != nil || secret != nil else {
            search.absent(.awsEnvironment, place)
            return nil
        }
        if settings.profile != nil {
            search.passOver(.awsEnvironment, place, "the settings name a profile")
            return nil
        }
        search.look(at: .awsEnvironment, place)
        guard let id, let secret else {
            throw CredentialError(
                .ambiguous,
                "Of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set; set "
                    + "both or none.")
        }
        let credential = try AWSKeys.credential(
            id, Secret(secret), environment["AWS_SESSION_TOKEN"].map(Secret.init),
            source: .awsEnvironment)
        let reason = "keys of the environment come before AWS_PROFILE"
        return search.choose(FixedCredential(credential: credential), place, reason)
    }

    // MARK: Workloads

    private func webIdentity(
        _ search: inout CredentialSearch, _ region: String?
    ) throws(CredentialError) -> (any CredentialFlow)? {
        let place = "AWS_WEB_IDENTITY_TOKEN_FILE"
        guard let file = environment[place] else {
            search.absent(.awsWebIdentity, place)
            return nil
        }
        search.look(at: .awsWebIdentity, place)
        guard let arn = environment["AWS_ROLE_ARN"] else {
            throw CredentialError(
                .absent, "\(place) is set and AWS_ROLE_ARN is not; set the role, too.")
        }
        let role = AWSRole(arn: arn, sessionName: environment["AWS_ROLE_SESSION_NAME"])
        let flow = AWSWebIdentity(
            tokenFile: file, role: role, service: try AWSTokenService(region: region))
        return search.choose(flow, place, "the workload has a token for a role")
    }

    private func ofMachine(
        _ search: inout CredentialSearch
    ) throws(CredentialError) -> any CredentialFlow {
        search.look(at: .awsContainer, "AWS_CONTAINER_CREDENTIALS_FULL_URI")
        if let container = try Self.container(environment) {
            return search.choose(container, container.address.host, "the container has a role")
        }
        search.absent(.awsContainer, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
        search.look(at: .awsInstance, "169.254.169.254")
        guard environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() != "true" else {
            throw CredentialError(
                .absent,
                "There is no AWS credential: neither keys nor a profile, and "
                    + "AWS_EC2_METADATA_DISABLED is set; set AWS_PROFILE, or run aws configure.")
        }
        return search.choose(
            AWSInstanceMetadata(), "169.254.169.254", "nothing else is set; the machine is asked")
    }

    /// The container's role, where its variables are set.
    static func container(
        _ environment: CredentialEnvironment
    ) throws(CredentialError) -> AWSContainer? {
        let relative = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
        let full = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
        let address: CredentialAddress
        switch (relative, full) {
        case (nil, nil): return nil
        case (.some, .some):
            throw CredentialError(
                .ambiguous,
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and …_FULL_URI are both set; "
                    + "unset one of them.")
        case (let path?, nil):
            address = try CredentialAddress(
                "http://169.254.170.2" + (path.hasPrefix("/") ? path : "/" + path),
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
        case (nil, let text?):
            address = try CredentialAddress(text, "AWS_CONTAINER_CREDENTIALS_FULL_URI")
        }
        return AWSContainer(
            address: address,
            token: environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"].map(Secret.init),
            tokenFile: environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"])
    }
}
