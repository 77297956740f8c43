/// An address that a credential's settings name, with its query.
///
/// Settings come from files that others hand out, and lead proofs of identity to where they point.
/// Therefore every address is https, but for the services of the machine itself: loopback, and the
/// fixed addresses at which clouds answer their own machines.
package struct CredentialAddress: Sendable, Equatable {
    var base: BaseURL
    var query = ""

    var host: String { base.origin.host }

    init(_ origin: WebOrigin, path: String = "") {
        base = BaseURL(origin, path: path)
    }

    /// Reads an address.
    ///
    /// - Parameters:
    ///   - text: `https://…`, or `http://…` of a service of the machine.
    ///   - name: What names it; the subject of the sentence.
    /// - Throws: `notAllowed`.
    init(_ text: String, _ name: String) throws(CredentialError) {
        let halves = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let address = String(halves.first ?? "")
        query = halves.count > 1 ? String(halves[1]) : ""
        guard query.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x23 }) else {
            throw CredentialError(.notAllowed, "\(name) is no plain address; correct it.")
        }
        if let service = Self.machineService(address) {
            base = service
            return
        }
        do {
            base = try BaseURL(address)
        } catch {
            throw CredentialError(.notAllowed, "\(name) \(error.clause).")
        }
    }

    /// The same; the host must be one that a rule allows, or on this machine.
    ///
    /// - Parameters:
    ///   - text: As above.
    ///   - name: As above.
    ///   - allows: Judges a host in lower case.
    /// - Throws: `notAllowed`.
    init(
        _ text: String, _ name: String, allows: (String) -> Bool
    ) throws(CredentialError) {
        try self.init(text, name)
        guard base.origin.isLoopback || (base.origin.scheme == .https && allows(host)) else {
            throw CredentialError(
                .notAllowed,
                "\(name) leads to \(host), which gives no such credentials; correct it.")
        }
    }

    /// Hosts of Google's token servers.
    static func isGoogle(_ host: String) -> Bool {
        host == "accounts.google.com" || host.hasSuffix(".googleapis.com")
    }

    /// Hosts of Entra: the public cloud and the national ones.
    static func isEntra(_ host: String) -> Bool {
        [
            "login.microsoftonline.com", "login.microsoftonline.us",
            "login.partner.microsoftonline.cn", "login.chinacloudapi.cn",
        ].contains(host)
    }

    /// Addresses that never leave the machine or its host, which therefore speak plain HTTP.
    static let machineServices: Set<String> = [
        "169.254.169.254", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]",
        "metadata.google.internal",
    ]

    private static func machineService(_ text: String) -> BaseURL? {
        guard text.lowercased().hasPrefix("http://") else { return nil }
        let rest = text.dropFirst("http://".count)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let path = String(rest[slash...])
        let host = rest[..<slash].lowercased()
        let isPlain = path.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x5C }
        guard machineServices.contains(host), isPlain, !path.contains("..") else { return nil }
        return BaseURL(WebOrigin(machineService: host), path: path == "/" ? "" : path)
    }

    /// A request to it.
    func request(
        _ method: WireRequest.Method = .get, path: String = "", query: String? = nil,
        headers: WireHeaders = [:]
    ) -> WireRequest {
        let whole = base.path + path
        return WireRequest(
            method, base.origin, path: whole.isEmpty ? "/" : whole, query: query ?? self.query,
            headers: headers)
    }

    func declared(_ purpose: WirePurpose = .credential) -> CredentialHost {
        CredentialHost(origin: base.origin, purpose: purpose)
    }
}

extension BaseURL {
    /// Parts that are known to be good.
    init(_ origin: WebOrigin, path: String) {
        self.origin = origin
        self.path = path
    }
}

extension WebOrigin {
    /// One of `CredentialAddress.machineServices`, over plain HTTP.
    init(machineService host: String) {
        precondition(CredentialAddress.machineServices.contains(host), "the list is fixed")
        scheme = .http
        self.host = host
        port = 80
    }
}
