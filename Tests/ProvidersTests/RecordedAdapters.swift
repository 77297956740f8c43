import JSONText
import Providers
import Testing

/// The adapter with the settings that a recorded client had.
enum RecordedAdapters {
    static func adapter(
        for recording: RecordedRequestTests.Recording
    ) throws -> any ProviderAdapter {
        let family = recording.name.split(separator: ".")[0]
        switch family {
        case "vertex": return vertex(recording)
        case "bedrock", "boto3": return bedrock(recording)
        case "openai": return try completions(recording)
        default: return try messages(recording)
        }
    }

    private static func vertex(
        _ recording: RecordedRequestTests.Recording
    ) -> any ProviderAdapter {
        let place = String(recording.name.split(separator: ".")[1])
        var adapter = VertexAdapter(
            project: "proj-1", location: place == "region" ? "europe-west1" : place)
        if recording.isSecond { adapter.version = .october2026 }
        return adapter
    }

    private static func bedrock(
        _ recording: RecordedRequestTests.Recording
    ) -> any ProviderAdapter {
        var place = BedrockPlace(region: "eu-central-1")
        if recording.name == "boto3.invoke.guardrail_headers" {
            place.extraHeaders = [
                "X-Amzn-Bedrock-GuardrailIdentifier": "gr1",
                "X-Amzn-Bedrock-GuardrailVersion": "DRAFT", "X-Amzn-Bedrock-Trace": "ENABLED",
                "X-Amzn-Bedrock-PerformanceConfig-Latency": "optimized",
                "X-Amzn-Bedrock-Service-Tier": "flex",
            ]
        }
        if recording.name.hasPrefix("boto3.converse.") { return ConverseAdapter(place) }
        var adapter = BedrockAdapter(place)
        if recording.isSecond { adapter.version = .october2026 }
        return adapter
    }

    private static func messages(
        _ recording: RecordedRequestTests.Recording
    ) throws -> any ProviderAdapter {
        let words = recording.name.split(separator: ".")
        var adapter: MessagesAdapter
        switch words[0] {
        case "foundry":
            adapter = try MessagesAdapter(foundry: "my-res", usesKey: words[1] == "apikey")
        case "mantle":
            adapter = try MessagesAdapter(
                .mantle, region: "eu-central-1", signs: words[1] == "sigv4")
        case "google_anthropic_managed":
            adapter = MessagesAdapter(
                gateway: try BaseURL(
                    "https://claude.googleapis.com/v1/projects/proj-1/locations/global"
                        + "/workspaces/wrkspc_1/invoke"), placement: .bearer)
        default:
            // Version 1 sends a key alone, version 2 as a bearer token.
            let isBearer = recording.isSecond || words[1] == "authtoken"
            adapter = MessagesAdapter(
                gateway: try BaseURL("https://gateway.example.com/llm"),
                placement: isBearer ? .bearer : .headers(["x-api-key"]))
        }
        if words[1] == "extra_headers" {
            adapter.query = "api=v9"
            adapter.extraHeaders = ["x-api-key": "gw-key", "x-tenant": "t1"]
        }
        if recording.isSecond { adapter.version = .october2026 }
        return adapter
    }

    private static func completions(
        _ recording: RecordedRequestTests.Recording
    ) throws -> any ProviderAdapter {
        if recording.name.contains("azure_classic") {
            var adapter = CompletionsAdapter(
                try BaseURL(
                    "https://my-res.openai.azure.com/openai/deployments/my-deployment"))
            adapter.query = "api-version=2024-10-21"
            adapter.placement = .headers(["api-key"])
            return adapter
        }
        var adapter = CompletionsAdapter(try BaseURL("https://gateway.example.com/v1"))
        if recording.request["body"]?["max_completion_tokens"] != nil {
            adapter.limitName = .maximumOfCompletion
        }
        if recording.name.contains("org_headers") {
            adapter.extraHeaders = [
                "OpenAI-Organization": "org-1", "OpenAI-Project": "proj_1", "x-tenant": "t1",
            ]
        }
        return adapter
    }
}
