package import JSONText
package import Providers
import Vault
import VaultCrypto

/// Searches the person's vault.
///
/// What it finds goes to the provider, so it is asked for unless somebody allows it.
package struct VaultSearchTool: ChatTool {
    private static let mostHits = 10

    package init() {}

    package var definition: ToolDefinition {
        ToolDefinition(
            name: "search_vault",
            description: """
                Searches the person's earlier conversations. Words must all be there; "a phrase", \
                OR, -word and word* are understood. Gives titles, dates and snippets.
                """,
            inputSchema: ToolSchema.object(
                [("query", "string", "What to look for.")], required: ["query"]))
    }

    package func run(_ input: JSON, in place: ToolPlace) async throws -> ToolResult.Content {
        guard let query = input["query"]?.string, !query.isEmpty else {
            throw VaultError(.badInput, "search_vault takes a text, `query`; give one.")
        }
        return try await BlockingWork.run {
            let answer = try place.vault.search(SearchRequest(query, limit: Self.mostHits))
            let hits = answer.hits.map { hit -> JSON in
                var object: JSONObject = ["conversation": .string(hit.conversation.description)]
                object["title"] = hit.title.map(JSON.string)
                object["created"] = hit.created.map { .string($0.description) }
                object["snippet"] = (hit.snippet?.text).map(JSON.string)
                return .object(object)
            }
            return .json(.object(["hits": .array(hits)]))
        }
    }
}
