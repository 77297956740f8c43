import Policy
import Testing

/// `residency` of a policy: its four forms, its faults, and what its elements allow.
@Suite struct ResidencyTests {
    private func text(_ allow: String) -> String {
        "{\"version\":1,\"timeZone\":\"UTC\",\"retention\":[],\"residency\":{\"allow\":[\(allow)]}}"
    }

    private func read(_ allow: String) throws -> PolicyDocument {
        try PolicyDocument.read(Array(text(allow).utf8), timeZoneFile: Sample.zoneFile)
    }

    private func faults(_ allow: String) -> [String] {
        do throws(PolicyFaults) {
            _ = try PolicyDocument.read(Array(text(allow).utf8), timeZoneFile: Sample.zoneFile)
            return []
        } catch {
            return error.faults.map { "\($0.path) \($0.fault)" }
        }
    }

    private static let forms = """
        {"provider":"vertex","regions":["europe-west4","eu"]},
        {"provider":"bedrock","regions":["eu-central-1"],"profiles":["eu"]},
        {"provider":"foundry","resources":["our-models"],"declared":"US data zone"},
        {"provider":"gateway","hosts":["llm.example.org","127.0.0.1:11434"],"declared":"EU"},
        {"provider":"gateway","hosts":["us.example.org:8443","[::1]:8080"],"declared":"US"}
        """

    @Test func `All forms are read, and written in the same order`() throws {
        let policy = try read(Self.forms)
        #expect(
            policy.residency == [
                .vertex(regions: ["europe-west4", "eu"]),
                .bedrock(regions: ["eu-central-1"], profiles: ["eu"]),
                .foundry(resources: ["our-models"], declared: "US data zone"),
                .gateway(hosts: ["llm.example.org", "127.0.0.1:11434"], declared: "EU"),
                .gateway(hosts: ["us.example.org:8443", "[::1]:8080"], declared: "US"),
            ])
        let again = try PolicyDocument.read(policy.canonical, timeZoneFile: Sample.zoneFile)
        #expect(again == policy && again.canonical == policy.canonical)
    }

    @Test(arguments: [
        (
            #"{"provider":"openai","regions":["eu"]}"#,
            "residency.allow[0].provider has to be \"vertex\", \"bedrock\", \"foundry\" or "
                + "\"gateway\""
        ),
        (#"{"regions":["eu"]}"#, "residency.allow[0].provider is missing; name the provider"),
        (
            #"{"provider":"vertex","regions":["global"]}"#,
            "residency.allow[0].regions[0] \"global\" means any region of the world; list regions, "
                + "or take residency away"
        ),
        (
            #"{"provider":"vertex","regions":[]}"#,
            "residency.allow[0].regions is empty; list the regions, or take the provider away"
        ),
        (
            #"{"provider":"vertex","regions":["EU"]}"#,
            "residency.allow[0].regions[0] \"EU\" is no region; write it as the provider does, in "
                + "small letters"
        ),
        (
            #"{"provider":"bedrock","regions":["eu-central-1"],"profiles":["global"]}"#,
            "residency.allow[0].profiles[0] \"global\" is no geography of inference profiles; write "
                + "\"eu\", \"us\", \"apac\", \"jp\", \"au\", \"ca\" or \"us-gov\""
        ),
        (
            #"{"provider":"vertex","regions":["eu"],"profiles":["eu"]}"#,
            "residency.allow[0].profiles is not known; take it away, or write one of provider and "
                + "regions"
        ),
        (
            #"{"provider":"gateway","hosts":["llm.example.org"]}"#,
            "residency.allow[0].declared is missing; say where its models run, as you know it"
        ),
        (
            #"{"provider":"gateway","hosts":["https://llm.example.org"],"declared":"EU"}"#,
            "residency.allow[0].hosts[0] \"https://llm.example.org\" is no host; write it in small "
                + "letters, without https:// and without a path"
        ),
        (
            #"{"provider":"foundry","resources":["a.b"],"declared":"US"}"#,
            "residency.allow[0].resources[0] \"a.b\" is no resource; write the first word of its "
                + "host, in small letters"
        ),
        (
            #"{"provider":"vertex","regions":["eu"]},{"provider":"vertex","regions":["us"]}"#,
            "residency.allow[1].provider \"vertex\" stands twice; list all its regions in one place"
        ),
    ])
    func `A fault says where it is and what to do`(allow: String, fault: String) {
        #expect(faults(allow) == [fault])
    }

    @Test func `An empty list allows nothing`() throws {
        let policy = try read("")
        guard case .refused(let refusal) = policy.residency(of: .vertex(location: "eu")) else {
            return #expect(Bool(false))
        }
        #expect(refusal.description.hasSuffix("(residency.allow); no provider is allowed."))
    }

    @Test func `A profile needs its geography, its endpoint's region and each of its members`()
        throws
    {
        let place = { (region: String, geography: String?, members: [String]?) in
            InferencePlace.bedrock(
                BedrockTarget(
                    region: region,
                    model: .profile("p", geography: geography, members: members)))
        }
        let members = ["eu-central-1", "eu-west-3"]
        let union = try read(
            #"{"provider":"bedrock","regions":["eu-central-1"],"profiles":["eu"]}"#)
        let allowed = ResidencyDecision.allowed(element: 0, .verified(regions: members))
        #expect(union.residency(of: place("eu-central-1", "eu", members)) == allowed)
        #expect(union.residency(of: place("eu-central-1", nil, members)) == allowed)
        for refused in [
            place("eu-west-3", "eu", members), place("eu-central-1", "us", members),
            place("eu-central-1", "eu", nil), place("eu-central-1", "eu", []),
            place("eu-central-1", "eu", members + ["eu-central-2"]),
            place("eu-central-1", "eu", members + [""]),
            place("eu-central-1", "global", members),
        ] {
            guard case .refused = union.residency(of: refused) else {
                Issue.record("\(refused) is not refused")
                continue
            }
        }
        // A policy may name a region that the geography's own list leaves out.
        let wider = try read(
            #"{"provider":"bedrock","regions":["eu-central-1","eu-central-2"],"profiles":["eu"]}"#)
        let swiss = ["eu-central-1", "eu-central-2"]
        #expect(
            wider.residency(of: place("eu-central-1", "eu", swiss))
                == .allowed(element: 0, .verified(regions: swiss)))
    }
}
