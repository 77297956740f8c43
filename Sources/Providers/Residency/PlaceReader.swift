import JSONText
package import Policy

/// Reads from a final request where its model would run.
///
/// Host, path and model are what counts, not the adapter that made the request: a setting may have
/// sent it elsewhere. Hosts of the known clouds are taken apart by their labels, since the end of a
/// name says nothing of its beginning; a form that is not known there is `unknown`. All other
/// servers are gateways.
package struct PlaceReader: Sendable {
    /// The member regions of Bedrock's inference profiles that were asked for, by id or ARN.
    package var profiles: [String: [String]]

    package init(profiles: [String: [String]] = [:]) { self.profiles = profiles }

    /// The place, for `PolicyDocument.residency(of:)`.
    package func place(of request: WireRequest) -> InferencePlace {
        let labels = request.origin.host.split(separator: ".").map(String.init)
        let end = labels.suffix(2).joined(separator: ".")
        switch end {
        case "googleapis.com", "google.com": break
        case "amazonaws.com", "com.cn", "amazonaws.eu", "api.aws", "anthropic.com", "claude.ai",
            "claude.com", "azure.com":
            break
        default: return .gateway(host: request.origin.authority)
        }
        guard request.origin.scheme == .https, request.origin.port == 443 else {
            return .unknown("\(request.origin) has a port that the provider does not use")
        }
        guard let path = Self.segments(request.path) else {
            return .unknown("the path \(request.path) is not in its plain form")
        }
        switch end {
        case "googleapis.com", "google.com": return GooglePlaces.place(labels, path)
        case "anthropic.com", "claude.ai", "claude.com":
            return .operatorsChoice("Anthropic's own interface")
        case "azure.com": return azure(labels, request)
        case "com.cn" where !labels.dropLast(2).last.isAmazon:
            return .gateway(host: request.origin.authority)
        default: return AmazonPlaces(profiles: profiles).place(labels, path, request)
        }
    }

    /// Segments of a path, decoded once; nil where one is empty, `.` or `..`, or badly encoded.
    private static func segments(_ path: String) -> [String]? {
        guard path.hasPrefix("/"), path.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return nil
        }
        var segments: [String] = []
        for piece in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let bytes = PercentEncoding.decode(piece),
                let text = String(validating: bytes, as: UTF8.self),
                !text.isEmpty, text != ".", text != "..", !text.contains("\\")
            else { return nil }
            segments.append(text)
        }
        return segments
    }

    /// `RESOURCE.services.ai.azure.com` and `RESOURCE.openai.azure.com`; the other servers there
    /// are whatever runs on them.
    private func azure(_ labels: [String], _ request: WireRequest) -> InferencePlace {
        let services = [["services", "ai", "azure", "com"], ["openai", "azure", "com"]]
        for service in services where Array(labels.suffix(service.count)) == service {
            guard labels.count == service.count + 1 else {
                return .unknown("\(request.origin.host) is not the host of one resource")
            }
            return .foundry(resource: labels[0])
        }
        return .gateway(host: request.origin.authority)
    }
}

extension String? {
    fileprivate var isAmazon: Bool { self == "amazonaws" }
}
