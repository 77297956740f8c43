import Foundation
import JSONText
import Policy
import Providers
import Testing

/// Where a request would run, and what two policies say to it: one region, and the European Union.
@Suite struct ResidencyTests {
    private static func policy(_ allow: String) throws -> PolicyDocument {
        let text = """
            {"version":1,"timeZone":"UTC","retention":[],"residency":{"allow":[\(allow)]}}
            """
        return try PolicyDocument.read(Array(text.utf8), timeZoneFile: zoneFile)
    }

    /// A file of this machine's tz database.
    private static func zoneFile(_ name: String) -> [UInt8]? {
        (try? Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)"))).map { [UInt8]($0) }
    }

    private static func oneRegion() throws -> PolicyDocument {
        try policy(
            """
            {"provider":"vertex","regions":["europe-west4"]},
            {"provider":"bedrock","regions":["eu-central-1"]}
            """)
    }

    private static func union() throws -> PolicyDocument {
        try policy(
            """
            {"provider":"vertex","regions":["europe-west1","europe-west4","eu"]},
            {"provider":"bedrock","regions":["eu-central-1","eu-west-1"],"profiles":["eu"]},
            {"provider":"gateway","hosts":["llm.example.org","127.0.0.1:11434"],"declared":"EU"}
            """)
    }

    enum Verdict { case verified, declared, refused }

    private static func verdict(_ decision: ResidencyDecision) -> Verdict? {
        switch decision {
        case .allowed(_, .verified): .verified
        case .allowed(_, .declared): .declared
        case .refused: .refused
        case .unrestricted: nil
        }
    }

    private static let profiles = [
        "eu.anthropic.claude-a": ["eu-central-1", "eu-north-1", "eu-west-3"],
        "eu.anthropic.claude-zurich": ["eu-central-1", "eu-central-2"],
        "us.anthropic.claude-a": ["us-east-1", "us-west-2"],
        "global.anthropic.claude-a": ["eu-central-1"],
        "eu.anthropic.claude-anywhere": ["", "eu-central-1"],
        "eu.anthropic.claude-empty": [],
        arn("application-inference-profile/inside"): ["eu-central-1"],
        arn("application-inference-profile/across"): ["eu-central-1", "eu-west-3"],
        arn("application-inference-profile/outside"): ["eu-central-1", "us-east-1"],
        arn("inference-profile/eu.anthropic.claude-a"): ["eu-central-1", "eu-west-1"],
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/inside":
            ["eu-central-1"],
    ]

    private static func arn(_ resource: String) -> String {
        "arn:aws:bedrock:eu-central-1:123456789012:\(resource)"
    }

    private static func decide(_ policy: PolicyDocument, _ request: WireRequest) -> Verdict? {
        verdict(policy.residency(of: PlaceReader(profiles: profiles).place(of: request)))
    }

    private static func bedrock(_ model: String, host: String? = nil) throws -> WireRequest {
        let host = host ?? "bedrock-runtime.eu-central-1.amazonaws.com"
        let encoded = model.replacing("/", with: "%2F").replacing(":", with: "%3A")
        return WireRequest(
            .post, try WebOrigin("https://\(host)"), path: "/model/\(encoded)/converse-stream")
    }

    private static func vertex(_ host: String, _ location: String) throws -> WireRequest {
        WireRequest(
            .post, try WebOrigin("https://\(host)"),
            path: "/v1/projects/p/locations/\(location)/publishers/anthropic/models/m:rawPredict")
    }

    private static func messages(_ host: String, _ path: String, _ model: String) throws
        -> WireRequest
    {
        WireRequest(
            .post, try WebOrigin("https://\(host)"), path: path,
            body: Array("{\"model\":\"\(model)\"}".utf8))
    }

    // MARK: The table

    @Test(
        arguments: [
            ("europe-west4-aiplatform.googleapis.com", "europe-west4", Verdict.verified, .verified),
            ("europe-west1-aiplatform.googleapis.com", "europe-west1", .refused, .verified),
            ("us-east5-aiplatform.googleapis.com", "us-east5", .refused, .refused),
            ("europe-west4-aiplatform.googleapis.com", "europe-west1", .refused, .refused),
            ("europe-west4-aiplatform.googleapis.com", "global", .refused, .refused),
            ("aiplatform.eu.rep.googleapis.com", "eu", .refused, .verified),
            ("aiplatform.us.rep.googleapis.com", "us", .refused, .refused),
            ("aiplatform.eu.rep.googleapis.com", "us", .refused, .refused),
            ("aiplatform.googleapis.com", "global", .refused, .refused),
            ("aiplatform.googleapis.com", "europe-west4", .refused, .refused),
            ("generativelanguage.googleapis.com", "europe-west4", .refused, .refused),
            ("x.europe-west4-aiplatform.googleapis.com", "europe-west4", .refused, .refused),
            (
                "europe-west4-aiplatform.googleapis.com.evil.example", "europe-west4", .refused,
                .refused
            ),
        ] as [(String, String, Verdict, Verdict)])
    func `Vertex AI`(host: String, location: String, region: Verdict, union: Verdict) throws {
        let request = try Self.vertex(host, location)
        #expect(try Self.decide(Self.oneRegion(), request) == region)
        #expect(try Self.decide(Self.union(), request) == union)
    }

    @Test(
        arguments: [
            ("anthropic.claude-a-v1:0", Verdict.verified, .verified),
            ("eu.anthropic.claude-a", .refused, .verified),
            ("eu.anthropic.claude-zurich", .refused, .refused),
            ("eu.anthropic.claude-not-asked-for", .refused, .refused),
            ("eu.anthropic.claude-anywhere", .refused, .refused),
            ("eu.anthropic.claude-empty", .refused, .refused),
            ("us.anthropic.claude-a", .refused, .refused),
            ("apac.anthropic.claude-a", .refused, .refused),
            ("jp.anthropic.claude-a", .refused, .refused),
            ("sa.anthropic.claude-a", .refused, .refused),
            ("global.anthropic.claude-a", .refused, .refused),
            ("EU.anthropic.claude-a", .refused, .refused),
            ("eu.", .refused, .refused), ("claude-a", .refused, .refused),
            ("unheard-of.model", .refused, .refused), ("anthropic..claude", .refused, .refused),
        ] as [(String, Verdict, Verdict)])
    func `Bedrock's model ids`(model: String, region: Verdict, union: Verdict) throws {
        let request = try Self.bedrock(model)
        #expect(try Self.decide(Self.oneRegion(), request) == region)
        #expect(try Self.decide(Self.union(), request) == union)
        let other = try Self.messages(
            "bedrock-runtime.eu-central-1.amazonaws.com", "/anthropic/v1/messages", model)
        #expect(try Self.decide(Self.union(), other) == union)
    }

    @Test(
        arguments: [
            ("application-inference-profile/inside", Verdict.verified, .verified),
            ("application-inference-profile/across", .refused, .verified),
            ("application-inference-profile/outside", .refused, .refused),
            ("application-inference-profile/not-asked-for", .refused, .refused),
            ("inference-profile/eu.anthropic.claude-a", .refused, .verified),
            ("inference-profile/global.anthropic.claude-a", .refused, .refused),
            ("prompt-router/x", .refused, .refused), ("custom-model/x", .refused, .refused),
            ("provisioned-model/x", .refused, .refused), ("imported-model/x", .refused, .refused),
            ("default-prompt-router/anthropic.claude:1", .refused, .refused),
            ("foundation-model/anthropic.claude-a", .refused, .refused),
        ] as [(String, Verdict, Verdict)])
    func `Bedrock's ARNs`(resource: String, region: Verdict, union: Verdict) throws {
        let request = try Self.bedrock(Self.arn(resource))
        #expect(try Self.decide(Self.oneRegion(), request) == region)
        #expect(try Self.decide(Self.union(), request) == union)
    }

    @Test func `A profile of another region is refused, and so is one of SageMaker`() throws {
        for arn in [
            "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/inside",
            "arn:aws:sagemaker:eu-central-1:123456789012:endpoint/x", "arn:", "arn:aws:bedrock",
            "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/inside/x",
        ] {
            #expect(try Self.decide(Self.union(), try Self.bedrock(arn)) == .refused, "\(arn)")
        }
    }

    @Test(arguments: [
        ("bedrock-runtime.eu-central-1.amazonaws.com", Verdict.verified),
        ("bedrock-runtime-fips.eu-central-1.amazonaws.com", .verified),
        ("bedrock-runtime.eu-central-1.api.aws", .verified),
        ("bedrock-runtime-fips.eu-central-1.api.aws", .verified),
        ("BEDROCK-RUNTIME.EU-Central-1.AmazonAWS.com", .verified),
        ("bedrock-runtime.us-east-1.amazonaws.com", .refused),
        ("bedrock-runtime.eu-central-1.amazonaws.com.cn", .refused),
        ("bedrock-runtime.cn-north-1.amazonaws.com", .refused),
        ("bedrock-runtime.eusc-de-east-1.amazonaws.eu", .refused),
        ("bedrock-runtime.eusc-de-east-1.amazonaws.com", .refused),
        ("bedrock-runtime.us-gov-west-1.amazonaws.com", .refused),
        ("bedrock-runtime.eu-central-1.amazonaws.com:8443", .refused),
        ("bedrock-runtime.eu-central-1.amazonaws.com.evil.example", .refused),
        ("bedrock-runtime.eu-central-1.evil.amazonaws.com", .refused),
        ("eu-central-1.bedrock-runtime.amazonaws.com", .refused),
        ("bedrock-runtime-eu-central-1.amazonaws.com", .refused),
        ("evilbedrock-runtime.eu-central-1.amazonaws.com", .refused),
        ("vpce-1.bedrock-runtime.eu-central-1.vpce.amazonaws.com", .refused),
        ("bedrock.eu-central-1.amazonaws.com", .refused),
        ("amazonaws.com", .refused), ("eu-central-1.amazonaws.com", .refused),
        ("52.94.1.1", .refused), ("xn--bedrock-runtime-9k.example", .refused),
    ])
    func `Bedrock's hosts`(host: String, union: Verdict) throws {
        let request = try Self.bedrock("anthropic.claude-a", host: host)
        #expect(try Self.decide(Self.union(), request) == union)
    }

    @Test func `Other partitions are allowed where they are named`() throws {
        let policy = try Self.policy(
            #"{"provider":"bedrock","regions":["cn-north-1","eusc-de-east-1","us-gov-west-1"]}"#)
        for host in [
            "bedrock-runtime.cn-north-1.amazonaws.com.cn",
            "bedrock-runtime.eusc-de-east-1.amazonaws.eu",
            "bedrock-runtime-fips.us-gov-west-1.amazonaws.com",
        ] {
            let request = try Self.bedrock("anthropic.claude-a", host: host)
            #expect(Self.decide(policy, request) == .verified, "\(host)")
        }
        // A region under the end of another partition's hosts is no known form.
        for host in [
            "bedrock-runtime.cn-north-1.amazonaws.com", "bedrock-runtime.cn-north-1.api.aws",
            "bedrock-runtime.eusc-de-east-1.amazonaws.com",
            "bedrock-runtime.eusc-de-east-1.amazonaws.com.cn",
            "bedrock-runtime.us-gov-west-1.amazonaws.com.cn",
            "bedrock-runtime.us-gov-west-1.amazonaws.eu",
        ] {
            let request = try Self.bedrock("anthropic.claude-a", host: host)
            #expect(Self.decide(policy, request) == .refused, "\(host)")
        }
    }

    @Test(arguments: [
        ("bedrock-mantle.eu-central-1.api.aws", "anthropic.claude-a", Verdict.verified),
        ("bedrock-mantle.us-east-1.api.aws", "anthropic.claude-a", .refused),
        ("bedrock-mantle.eu-central-1.api.aws", "eu.anthropic.claude-a", .refused),
        ("bedrock-mantle.eu-central-1.amazonaws.com", "anthropic.claude-a", .refused),
        ("aws-external-anthropic.eu-central-1.api.aws", "anthropic.claude-a", .refused),
        ("api.anthropic.com", "claude-a", .refused),
        ("claude.googleapis.com", "claude-a", .refused),
        ("our-models.services.ai.azure.com", "claude-a", .refused),
        ("llm.example.org", "claude-a", .declared), ("LLM.example.ORG", "claude-a", .declared),
        ("llm.example.org:8443", "claude-a", .refused),
        ("other.example.org", "claude-a", .refused), ("evil-llm.example.org", "claude-a", .refused),
        ("llm.example.org.evil.example", "claude-a", .refused), ("10.0.0.5", "claude-a", .refused),
    ])
    func `Endpoints of the Messages form`(host: String, model: String, union: Verdict) throws {
        let request = try Self.messages(host, "/anthropic/v1/messages", model)
        #expect(try Self.decide(Self.union(), request) == union)
        if union != .declared {
            // A single region has no row for gateways; Mantle at that region has one.
            #expect(try Self.decide(Self.oneRegion(), request) == union)
        }
    }

    @Test func `A server on this machine is declared like any other`() throws {
        let request = WireRequest(
            .post, try WebOrigin("http://127.0.0.1:11434"), path: "/v1/chat/completions")
        #expect(try Self.decide(Self.union(), request) == .declared)
        let other = WireRequest(
            .post, try WebOrigin("http://127.0.0.1:11435"), path: "/v1/chat/completions")
        #expect(try Self.decide(Self.union(), other) == .refused)
    }

    @Test func `Foundry is allowed by a resource's declaration alone`() throws {
        let policy = try Self.policy(
            #"{"provider":"foundry","resources":["our-models"],"declared":"US data zone"}"#)
        let decide = { (host: String) throws in
            Self.decide(policy, try Self.messages(host, "/anthropic/v1/messages", "m"))
        }
        #expect(try decide("our-models.services.ai.azure.com") == .declared)
        #expect(try decide("our-models.openai.azure.com") == .declared)
        #expect(try decide("others.services.ai.azure.com") == .refused)
        #expect(try decide("our-models.x.services.ai.azure.com") == .refused)
        #expect(try decide("services.ai.azure.com") == .refused)
        #expect(try decide("our-models.services.ai.azure.com.evil.example") == .refused)
    }

    @Test(arguments: [
        "/model/anthropic.claude-a/converse-stream/../../eu.anthropic.claude-a/invoke",
        "/model//converse", "/model/./converse", "/model/%2e%2e/converse", "//model/a.b/converse",
        "/model/anthropic.claude-a/retrieve", "/model/anthropic.claude-a", "/", "",
        "/model/anthropic.claude-a%2Fconverse", "/model/anthropic.claude-a%/converse",
        "/model/anthropic.claude-a/converse/", "/agents/x/y", "/model/a%5Cb/converse",
        "/model/anthropic.claude%FF/converse", "/guardrail/x/apply",
    ])
    func `Paths that are not plain are refused`(path: String) throws {
        let request = WireRequest(
            .post, try WebOrigin("https://bedrock-runtime.eu-central-1.amazonaws.com"), path: path)
        #expect(try Self.decide(Self.union(), request) == .refused)
    }

    @Test func `Requests of the adapters are where their settings say`() throws {
        let turn = TurnRequest(model: "anthropic.claude-a", messages: [])
        var place = BedrockPlace(region: "eu-central-1")
        #expect(
            try Self.decide(
                Self.union(), ConverseAdapter(place).request(for: turn, streaming: true))
                == .verified)
        place.base = try BaseURL("https://proxy.example")
        let moved = try ConverseAdapter(place).request(for: turn, streaming: true)
        #expect(try Self.decide(Self.union(), moved) == .refused)
        var vertex = VertexAdapter(project: "p", location: "eu")
        #expect(
            try Self.decide(Self.union(), vertex.request(for: turn, streaming: true)) == .verified)
        vertex.base = try BaseURL("https://aiplatform.googleapis.com/v1")
        #expect(
            try Self.decide(Self.union(), vertex.request(for: turn, streaming: true)) == .refused)
    }

    // MARK: Words

    @Test func `Without residency nothing is restricted`() throws {
        let policy = try PolicyDocument.read(
            Array(#"{"version":1,"timeZone":"UTC","retention":[]}"#.utf8),
            timeZoneFile: Self.zoneFile)
        #expect(policy.residency(of: .operatorsChoice("x")) == .unrestricted)
    }

    @Test func `A refusal says what, by which element, and what is allowed`() throws {
        let policy = try Self.union()
        let sentence = { (request: WireRequest) -> String? in
            let place = PlaceReader(profiles: Self.profiles).place(of: request)
            guard case .refused(let refusal) = policy.residency(of: place) else { return nil }
            return refusal.description
        }
        #expect(
            try sentence(Self.vertex("aiplatform.googleapis.com", "global"))
                == "Refused: Vertex AI at location global is not allowed (residency.allow[0]); "
                + "allowed are regions europe-west1, europe-west4 and eu.")
        #expect(
            try sentence(Self.bedrock("eu.anthropic.claude-zurich"))
                == "Refused: the inference profile eu.anthropic.claude-zurich, which runs models in "
                + "eu-central-1 and eu-central-2, is not allowed (residency.allow[1]); allowed are "
                + "regions eu-central-1 and eu-west-1 and profiles of eu.")
        #expect(
            try sentence(Self.messages("r.services.ai.azure.com", "/anthropic/v1/messages", "m"))
                == "Refused: the Foundry resource r is not allowed (residency.allow); allowed is "
                + "bedrock, gateway and vertex.")
        #expect(
            try sentence(Self.messages("api.anthropic.com", "/v1/messages", "m"))
                == "Refused: where Anthropic's own interface runs models is its operator's choice "
                + "(residency.allow); choose a provider at a region.")
    }

    @Test func `What Bedrock says of a profile is read`() throws {
        let text = """
            {"inferenceProfileId":"eu.anthropic.claude-a","inferenceProfileArn":"arn:x",
            "status":"ACTIVE","type":"SYSTEM_DEFINED","models":[
            {"modelArn":"arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-a"},
            {"modelArn":"arn:aws:bedrock:eu-central-1::foundation-model/anthropic.claude-a"},
            {"modelArn":"arn:aws:bedrock:::foundation-model/anthropic.claude-a"}]}
            """
        let profile = try #require(BedrockProfile(try JSONReader.parse(text)))
        #expect(profile.id == "eu.anthropic.claude-a" && profile.arn == "arn:x")
        #expect(profile.regions == ["", "eu-central-1", "eu-west-1"])
        for broken in [
            text.replacing("ACTIVE", with: "OTHER"),
            text.replacing("arn:aws:bedrock:::", with: "x:"),
            "{}",
        ] {
            #expect(BedrockProfile(try JSONReader.parse(broken)) == nil)
        }
    }
}
