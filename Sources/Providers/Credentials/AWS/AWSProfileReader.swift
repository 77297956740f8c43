/// What a profile of AWS gives: a role, a sign-in, keys or a program, and only one of them.
struct AWSProfileReader {
    private let files: AWSProfileFiles
    private let surroundings: Surroundings
    private let region: String?
    /// Profiles on the way to the one at hand.
    private var path: [String] = []

    init(_ files: AWSProfileFiles, _ surroundings: Surroundings, region: String?) {
        self.files = files
        self.surroundings = surroundings
        self.region = region
    }

    /// - Parameter profile: A profile.
    /// - Returns: Its flow; nil where it holds no credential.
    /// - Throws: What is wrong with it.
    mutating func flow(of profile: AWSProfile) throws(CredentialError) -> (any CredentialFlow)? {
        let isOwnSource = profile["source_profile"] == profile.name
        let kinds = [
            profile["role_arn"] != nil ? "role_arn" : nil,
            profile["sso_session"] ?? profile["sso_start_url"] != nil ? "sso_session" : nil,
            profile["aws_access_key_id"] ?? profile["aws_secret_access_key"] != nil
                && !(isOwnSource && profile["role_arn"] != nil) ? "aws_access_key_id" : nil,
            profile["credential_process"] != nil ? "credential_process" : nil,
        ].compactMap(\.self)
        guard kinds.count < 2 else {
            throw fault(
                .ambiguous, profile, "has both \(kinds[0]) and \(kinds[1]); take one of them away")
        }
        switch kinds.first {
        case "role_arn": return try role(profile)
        case "sso_session": return try signOn(profile)
        case "aws_access_key_id": return try keys(profile)
        case "credential_process": return try AWSProcess(profile["credential_process"] ?? "")
        default: return nil
        }
    }

    private func fault(
        _ kind: CredentialError.Kind, _ profile: AWSProfile, _ clause: String
    ) -> CredentialError {
        CredentialError(kind, "The profile \(profile.name) \(clause).")
    }

    private func keys(_ profile: AWSProfile) throws(CredentialError) -> FixedCredential {
        guard let id = profile["aws_access_key_id"], let secret = profile["aws_secret_access_key"]
        else {
            throw fault(.ambiguous, profile, "has half a pair of keys; set both or none")
        }
        return FixedCredential(
            credential: try AWSKeys.credential(
                id, Secret(secret), profile["aws_session_token"].map(Secret.init),
                source: .awsProfile))
    }

    // MARK: Sign-in

    private func signOn(_ profile: AWSProfile) throws(CredentialError) -> AWSSingleSignOn {
        let session = profile["sso_session"]
        let settings: AWSProfile
        if let session {
            guard let found = files.session(session) else {
                throw fault(
                    .absent, profile,
                    "names the sso-session \(session), which \(files.configPath) "
                        + "lacks; add it")
            }
            settings = found
        } else {
            settings = profile
        }
        guard let start = settings["sso_start_url"], let region = settings["sso_region"],
            let account = profile["sso_account_id"], let role = profile["sso_role_name"]
        else {
            throw fault(
                .absent, profile,
                "lacks one of sso_start_url, sso_region, sso_account_id and "
                    + "sso_role_name; run aws configure sso")
        }
        return try AWSSingleSignOn(
            region: region, account: account, role: role,
            cacheKey: session ?? start, profile: profile.name)
    }

    // MARK: Roles

    private mutating func role(_ profile: AWSProfile) throws(CredentialError) -> any CredentialFlow
    {
        guard profile["mfa_serial"] == nil else {
            throw fault(
                .unsupported, profile,
                "asks for a code of a device; get keys with "
                    + "aws sts assume-role, and set them")
        }
        let role = AWSRole(
            arn: profile["role_arn"] ?? "", sessionName: profile["role_session_name"],
            externalID: profile["external_id"],
            durationSeconds: profile["duration_seconds"].flatMap { Int($0) })
        let service = try AWSTokenService(region: region ?? profile["region"])
        let sources = ["source_profile", "credential_source", "web_identity_token_file"]
            .filter { profile[$0] != nil }
        guard sources.count == 1 else {
            throw fault(
                sources.isEmpty ? .absent : .ambiguous, profile,
                "has a role and must have one of source_profile, credential_source and "
                    + "web_identity_token_file; correct it")
        }
        if let file = profile["web_identity_token_file"] {
            return AWSWebIdentity(tokenFile: file, role: role, service: service)
        }
        let base = try profile["source_profile"] == nil ? named(profile) : source(profile)
        return AWSAssumeRole(base: base, role: role, service: service)
    }

    private mutating func source(
        _ profile: AWSProfile
    ) throws(CredentialError) -> any CredentialFlow {
        let name = profile["source_profile"] ?? ""
        if name == profile.name { return try keys(profile) }
        path.append(profile.name)
        guard !path.contains(name), path.count <= 8 else {
            throw fault(
                .ambiguous, profile, "gets its keys by way of itself; correct source_profile")
        }
        guard let next = files.profile(name), let flow = try flow(of: next) else {
            throw fault(
                .absent, profile,
                "gets its keys from the profile \(name), which holds none; "
                    + "correct source_profile")
        }
        return flow
    }

    /// `credential_source`.
    private func named(_ profile: AWSProfile) throws(CredentialError) -> any CredentialFlow {
        let environment = surroundings.environment
        switch profile["credential_source"] {
        case "Environment":
            guard let id = environment["AWS_ACCESS_KEY_ID"],
                let secret = environment["AWS_SECRET_ACCESS_KEY"]
            else {
                throw fault(.absent, profile, "wants keys of the environment; set them")
            }
            return FixedCredential(
                credential: try AWSKeys.credential(
                    id, Secret(secret), environment["AWS_SESSION_TOKEN"].map(Secret.init),
                    source: .awsEnvironment))
        case "Ec2InstanceMetadata": return AWSInstanceMetadata()
        case "EcsContainer":
            if let container = try AWSCredentialSearch.container(environment) { return container }
            throw fault(.absent, profile, "wants the role of a container, and there is none")
        default:
            throw fault(
                .malformed, profile,
                "has a credential_source other than Environment, "
                    + "Ec2InstanceMetadata and EcsContainer; correct it")
        }
    }
}
