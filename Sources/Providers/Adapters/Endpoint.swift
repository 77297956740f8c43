import JSONText

/// Where an adapter's requests begin, and what all of them have.
struct Endpoint {
    var origin: WebOrigin
    /// What stands before each path.
    var prefix: String
    /// The query of each request, encoded.
    var query = ""
    /// Headers of a setting; they replace those of an adapter.
    var settings = WireHeaders()

    /// The provider's own host, or the address of a setting.
    ///
    /// - Parameters:
    ///   - base: The address of a setting; its path stands before the adapter's own.
    ///   - host: The provider's host, made of words that settings may hold.
    ///   - prefix: What stands before each path at the provider's own host.
    /// - Throws: `unsupported` where such a host cannot be.
    init(_ base: BaseURL?, host: String, under prefix: String = "") throws(ProviderError) {
        if let base {
            origin = base.origin
            self.prefix = base.path
            return
        }
        guard let origin = try? WebOrigin("https://" + host), origin.host == host else {
            throw ProviderError(
                .unsupported,
                message: "The settings of the provider give the host \(host), which cannot be.")
        }
        self.origin = origin
        self.prefix = prefix
    }

    init(_ base: BaseURL) {
        origin = base.origin
        prefix = base.path
    }

    /// A request with a JSON body.
    func post(_ path: String, _ body: JSONObject, headers: WireHeaders = [:]) -> WireRequest {
        let all: WireHeaders = ["accept": "application/json", "content-type": "application/json"]
        var request = WireRequest(
            .post, origin, path: prefix + path, query: query, headers: all + headers + settings,
            body: Array(JSONWriter.line(.object(body)).utf8))
        request.stops = Self.stops(body)
        return request
    }

    /// Where an answer shall stop, by the name that a form of bodies has for it.
    private static func stops(_ body: JSONObject) -> [String] {
        let lists = [
            body["stop_sequences"], body["stop"], body["inferenceConfig"]?["stopSequences"],
        ]
        return lists.flatMap { $0?.array ?? [] }.compactMap(\.string)
    }

    /// A request without a body.
    func get(_ path: String, query: String = "", headers: WireHeaders = [:]) -> WireRequest {
        let queries = [self.query, query].filter { !$0.isEmpty }
        return WireRequest(
            .get, origin, path: prefix + path, query: queries.joined(separator: "&"),
            headers: ["accept": "application/json"] + headers + settings)
    }

    /// The header that names features to switch on.
    static func betas(_ betas: [String]) -> WireHeaders {
        betas.isEmpty ? [:] : ["anthropic-beta": betas.joined(separator: ",")]
    }
}

extension WireHeaders {
    /// Both; of one name the newer value alone.
    static func + (older: WireHeaders, newer: WireHeaders) -> WireHeaders {
        var all = older
        for header in newer.all { all[header.name] = header.value }
        return all
    }
}
