/// Scheme, host and port of a server, read strictly.
///
/// Other readers of URLs forgive much, and each forgives something else; what they disagree about
/// leads requests astray. Here a host is a name of letters, digits and hyphens with dots between
/// (`xn--` forms are such names), a dotted address of four plain numbers, or an IPv6 address in
/// brackets. Upper case becomes lower case. Refused are a user before `@`, a dot at the end, empty
/// labels, letters beyond ASCII, `%`, and numbers that some readers take for addresses (`127.1`,
/// `0x7f.0.0.1`, `2130706433`).
package struct WebOrigin: Sendable, Equatable, Hashable, CustomStringConvertible {
    package enum Scheme: String, Sendable { case http, https }

    package let scheme: Scheme
    /// In lower case; an IPv6 address with its brackets.
    package let host: String
    package let port: Int

    /// What is wrong with a text that should be an origin; a clause for a sentence.
    package struct Fault: Error, Sendable, Equatable {
        package let clause: String
        package init(_ clause: String) { self.clause = clause }
    }

    /// Reads `https://host` or `https://host:port`, without a path.
    ///
    /// - Parameter text: The origin; `http` is for servers on this machine only.
    /// - Throws: What is wrong with it.
    package init(_ text: some StringProtocol) throws(Fault) {
        guard let colon = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: text[..<colon.lowerBound].lowercased())
        else { throw Fault("begins with neither https:// nor http://") }
        var rest = text[colon.upperBound...]
        guard !rest.contains("@") else { throw Fault("has a user name; take it away") }
        var port = scheme == .https ? 443 : 80
        if let mark = rest.lastIndex(of: ":"), !rest[mark...].contains("]") {
            port = try Self.port(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        self.scheme = scheme
        self.host = try HostName.read(rest)
        self.port = port
        if scheme == .http, !isLoopback {
            throw Fault("is not encrypted; write https://")
        }
    }

    /// Reads `http://host:port` of a proxy.
    ///
    /// A proxy is asked without encryption to connect to a server; what then passes it is encrypted
    /// to that server, and it sees hosts and lengths.
    ///
    /// - Parameter text: The address, without a user and without a path.
    /// - Throws: What is wrong with it.
    package init(proxy text: some StringProtocol) throws(Fault) {
        guard let colon = text.firstRange(of: "://"),
            text[..<colon.lowerBound].lowercased() == "http"
        else { throw Fault("is no proxy that is asked over HTTP; write http://host:port") }
        // The rules for hosts and ports are those of all addresses.
        let rest = text[colon.upperBound...]
        let origin = try WebOrigin("https://" + rest)
        scheme = .http
        host = origin.host
        port = origin.port == 443 && !rest.hasSuffix(":443") ? 80 : origin.port
    }

    /// Whether it is on this machine, by its address; a name other than `localhost` never is.
    package var isLoopback: Bool {
        host == "localhost" || host == "[::1]"
            || (HostName.isAddress(host) && host.hasPrefix("127."))
    }

    /// The host, with the port where it is not the scheme's own: what stands in a `Host` header.
    package var authority: String {
        port == (scheme == .https ? 443 : 80) ? host : "\(host):\(port)"
    }

    package var description: String { "\(scheme.rawValue)://\(authority)" }

    private static func port(_ text: some StringProtocol) throws(Fault) -> Int {
        guard text.allSatisfy({ $0.isASCII && $0.isNumber }), text.first != "0",
            let port = Int(text), port <= 65_535
        else { throw Fault("has no port between 1 and 65535 after the colon") }
        return port
    }
}
