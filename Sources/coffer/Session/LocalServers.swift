import Chat
import JSONText
import Policy
import Providers
import Transport
import Vault
import VaultCrypto

/// Model servers on this machine that speak OpenAI's form.
enum LocalServers {
    /// One that answered.
    struct Server: Sendable {
        /// For a command: `ollama`.
        var name: String
        /// For people: `Ollama`.
        var title: String
        var port: Int
        /// Its models, in its own order; not empty.
        var models: [String]

        var address: String { "http://127.0.0.1:\(port)" }
        var model: String { models.first ?? "" }

        func settings(name: String) -> ProviderSettings {
            ProviderSettings(
                name: name, kind: ProviderKind.openai.rawValue,
                settings: [
                    "baseURL": .string("\(address)/v1"),
                    "credential": .object(["none": .bool(true)]),
                    "models": .array(models.prefix(50).map(JSON.string)),
                ])
        }
    }

    private struct Candidate: Sendable {
        var name: String
        var title: String
        var port: Int
    }

    private static let usual = [
        Candidate(name: "ollama", title: "Ollama", port: 11_434),
        Candidate(name: "llama", title: "llama.cpp", port: 8080),
        Candidate(name: "vllm", title: "vLLM", port: 8000),
        Candidate(name: "lmstudio", title: "LM Studio", port: 1234),
    ]

    private static func candidates(_ port: Int?) -> [Candidate] {
        guard let port else { return usual }
        return [
            usual.first { $0.port == port }
                ?? Candidate(name: "local", title: "a model server", port: port)
        ]
    }

    /// Where is looked: `127.0.0.1, ports 11434, 8080`.
    static func places(_ port: Int?) -> String {
        let ports = candidates(port).map { String($0.port) }
        return "127.0.0.1, \(ports.count == 1 ? "port" : "ports") \(ports.joined(separator: ", "))"
    }

    /// Asks each port for its list of models; nothing but loopback is asked.
    ///
    /// - Parameter port: This one alone; nil for the usual ones.
    /// - Returns: Those that answered with at least one model.
    /// - Throws: `ProviderError` where no connection can be prepared at all.
    static func find(port: Int?) throws -> [Server] {
        let candidates = candidates(port)
        return try AsyncWork.run {
            var settings = TransportSettings()
            (settings.connectSeconds, settings.idleSeconds) = (1, 2)
            settings.totalSeconds = 3
            // Nothing is prompted yet, so that no policy has to allow it.
            let network = try HTTPTransport(settings, guard: ResidencyGuard(policy: nil))
            var servers: [Server] = []
            for candidate in candidates {
                let models = await models(candidate, network)
                if models.isEmpty { continue }
                servers.append(
                    Server(
                        name: candidate.name, title: candidate.title, port: candidate.port,
                        models: models))
            }
            await network.shutdown()
            return servers
        }
    }

    private static func models(_ candidate: Candidate, _ network: HTTPTransport) async -> [String] {
        guard let base = try? BaseURL("http://127.0.0.1:\(candidate.port)/v1") else { return [] }
        let adapter = CompletionsAdapter(base)
        guard let request = adapter.modelsRequest(),
            let answer = try? await network.exchange(request, maximumBytes: 1 << 20),
            answer.status == 200, let body = try? JSONReader.parse(answer.body)
        else { return [] }
        return adapter.models(body)
    }

    /// What has to be known of such a server.
    static func words(_ server: Server) -> String {
        "\(server.title) answers at \(server.address) with "
            + "\(Figures.count(server.models.count, "model")). Where it runs them is its "
            + "operator's affair, and Coffer cannot verify it. A policy with residency has to "
            + "declare it: {\"provider\":\"gateway\",\"hosts\":[\"127.0.0.1:\(server.port)\"],"
            + "\"declared\":\"…\"}."
    }
}
