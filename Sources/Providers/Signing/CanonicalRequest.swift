import VaultCrypto

/// The one text of a request that Signature Version 4 signs (AWS IAM user guide, "Create a signed
/// AWS API request").
///
///     method
///     path, every byte but unreserved ones and / percent-encoded, % of the wire included
///     query, each name and value encoded, sorted by name and then value
///     headers, lower case, sorted, one a line, spaces folded
///     (empty)
///     names of the headers
///     SHA-256 of the body, in hexadecimal digits
package struct CanonicalRequest: Sendable, Equatable {
    package let text: String
    /// `host;x-amz-date`.
    package let signedHeaders: String

    /// Makes the text.
    ///
    /// - Parameters:
    ///   - method: `GET` or `POST`.
    ///   - path: The path on the wire. It is encoded once more: the services that are called here
    ///     want a `%` of the wire as `%25`.
    ///   - query: What follows `?` on the wire.
    ///   - headers: The headers to sign; several of one name keep their order.
    ///   - payloadHash: The SHA-256 of the body.
    ///   - normalises: Whether `.`, `..` and empty segments of the path are resolved.
    package init(
        method: String, path: String, query: String, headers: [WireHeader], payloadHash: String,
        normalises: Bool = true
    ) {
        let path = normalises ? Self.normalised(path) : path
        let values = Dictionary(grouping: headers) { $0.name.lowercased() }
        let names = values.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let lines = names.map { name in
            name + ":" + (values[name] ?? []).map { Self.folded($0.value) }.joined(separator: ",")
        }
        signedHeaders = names.joined(separator: ";")
        text = [
            method, PercentEncoding.encode(path.isEmpty ? "/" : path, keeping: "/"),
            Self.canonicalQuery(query), lines.joined(separator: "\n"), "", signedHeaders,
            payloadHash,
        ].joined(separator: "\n")
    }

    /// The digest that goes into the string to sign.
    var digest: String { Hex.text(SHA256Digest.hash(utf8: text)) }

    /// Without spaces around it, and with one for several inside it.
    private static func folded(_ value: String) -> String {
        value.split { $0 == " " || $0 == "\n" || $0 == "\r\n" || $0 == "\t" }
            .joined(separator: " ")
    }

    private static func canonicalQuery(_ query: String) -> String {
        let pairs = query.split(separator: "&").map { pair -> (String, String) in
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (encoded(halves[0]), halves.count > 1 ? encoded(halves[1]) : "")
        }
        let sorted = pairs.sorted { one, other in
            one.0 == other.0
                ? one.1.utf8.lexicographicallyPrecedes(other.1.utf8)
                : one.0.utf8.lexicographicallyPrecedes(other.0.utf8)
        }
        return sorted.map { "\($0)=\($1)" }.joined(separator: "&")
    }

    /// What was encoded on the wire in any way, encoded in the one way.
    private static func encoded(_ text: Substring) -> String {
        guard let bytes = PercentEncoding.decode(text) else { return PercentEncoding.encode(text) }
        return PercentEncoding.encode(String(decoding: bytes, as: UTF8.self))
    }

    /// RFC 3986, section 5.2.4, and no empty segments.
    private static func normalised(_ path: String) -> String {
        var segments: [Substring] = []
        for segment in path.split(separator: "/") where segment != "." {
            if segment == ".." { _ = segments.popLast() } else { segments.append(segment) }
        }
        let isFolder = ["/", "/.", "/.."].contains { path.hasSuffix($0) } && !segments.isEmpty
        return "/" + segments.joined(separator: "/") + (isFolder ? "/" : "")
    }
}
