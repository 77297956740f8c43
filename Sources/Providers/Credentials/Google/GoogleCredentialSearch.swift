import JSONText

/// Which Google credential is used. The first of these that is there:
///
/// 1. the credentials file of the settings;
/// 2. the file that `GOOGLE_APPLICATION_CREDENTIALS` names;
/// 3. `application_default_credentials.json` in `CLOUDSDK_CONFIG` or `~/.config/gcloud`;
/// 4. the metadata server, unless `NO_GCE_CHECK` is `true`.
///
/// A file that is named and missing or broken ends the search: the next source would be another
/// identity. Kinds of files: `service_account`, `authorized_user`, `external_account`,
/// `external_account_authorized_user`, `impersonated_service_account`.
package enum GoogleCredentialSearch {
    /// Finds the source; asks no server and runs no program.
    ///
    /// - Parameters:
    ///   - file: The credentials file of the settings.
    ///   - surroundings: Variables and files.
    /// - Returns: The flow or why there is none, and the report.
    package static func run(file: String?, in surroundings: Surroundings) -> CredentialChoice {
        CredentialSearch.run { (search) throws(CredentialError) in
            try find(file, surroundings, &search)
        }
    }

    private static func find(
        _ file: String?, _ surroundings: Surroundings, _ search: inout CredentialSearch
    ) throws(CredentialError) -> any CredentialFlow {
        let variable = "GOOGLE_APPLICATION_CREDENTIALS"
        let environment = surroundings.environment
        if let file {
            if environment[variable] != nil {
                search.passOver(.googleServiceAccount, variable, "the settings name a file")
            }
            search.look(at: .googleServiceAccount, file)
            return search.choose(try flow(file, surroundings), file, "the settings name it")
        }
        if let file = environment[variable] {
            search.look(at: .googleServiceAccount, file)
            return search.choose(try flow(file, surroundings), file, "\(variable) names it")
        }
        search.absent(.googleServiceAccount, variable)
        let folder = environment["CLOUDSDK_CONFIG"] ?? "~/.config/gcloud"
        let known = folder + "/application_default_credentials.json"
        search.look(at: .googleUser, known)
        if let bytes = try surroundings.fileIfPresent(known) {
            let document = try CredentialDocument(bytes, "The file \(known)")
            return search.choose(
                try flow(document, environment), known, "gcloud has signed in there")
        }
        search.absent(.googleUser, known)
        search.look(at: .googleMetadata, "metadata.google.internal")
        guard environment["NO_GCE_CHECK"]?.lowercased() != "true" else {
            throw CredentialError(
                .absent,
                "There is no Google credential: no file, and NO_GCE_CHECK is set; run "
                    + "gcloud auth application-default login.")
        }
        let metadata = try GoogleMetadata(environment)
        return search.choose(
            metadata, metadata.address.host, "nothing else is set; the machine is asked")
    }

    private static func flow(
        _ path: String, _ surroundings: Surroundings
    ) throws(CredentialError) -> any CredentialFlow {
        try flow(try surroundings.document(path), surroundings.environment)
    }

    /// The flow of a file.
    static func flow(
        _ file: CredentialDocument, _ environment: CredentialEnvironment
    ) throws(CredentialError) -> any CredentialFlow {
        switch try file.text("type") {
        case "service_account": return try GoogleServiceAccount(file)
        case "authorized_user": return try GoogleUser(file)
        case "external_account": return try GoogleExternalAccount.flow(file, environment)
        case "external_account_authorized_user": return try GoogleExternalUser(file)
        case "impersonated_service_account": return try impersonation(file)
        default:
            throw CredentialError(
                .unsupported,
                "\(file.name) is of a \"type\" that Coffer does not know; make one "
                    + "with gcloud auth application-default login.")
        }
    }

    private static func impersonation(
        _ file: CredentialDocument
    ) throws(CredentialError) -> any CredentialFlow {
        guard let settings = try file.member("source_credentials") else {
            throw CredentialError(
                .malformed, "\(file.name) has no \"source_credentials\"; make it anew with gcloud.")
        }
        let base: any CredentialFlow
        var quotaProject: String?
        switch try settings.text("type") {
        case "authorized_user":
            let user = try GoogleUser(settings)
            quotaProject = user.quotaProject
            base = user
        case "service_account":
            var account = try GoogleServiceAccount(settings)
            account.scope = GoogleScope.iam
            base = account
        case "external_account_authorized_user":
            let user = try GoogleExternalUser(settings)
            quotaProject = user.quotaProject
            base = user
        default:
            throw CredentialError(
                .unsupported,
                "\(settings.name.prefix(1).uppercased() + settings.name.dropFirst()) "
                    + "are of a \"type\" that cannot become a service account; make it anew with "
                    + "gcloud.")
        }
        let delegates = (file.object["delegates"]?.array ?? []).compactMap(\.string)
        return try GoogleImpersonation(
            base, try file.text("service_account_impersonation_url"), of: file,
            delegates: delegates, lifetimeSeconds: 3600, quotaProject: quotaProject)
    }
}
