/// A header of a request or an answer.
package struct WireHeader: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// Headers in their order; names are compared without regard to case.
package struct WireHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    package private(set) var all: [WireHeader] = []

    package init() {}

    package init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { self[name] = value }
    }

    /// Several of one name, in their order.
    package init(_ headers: [WireHeader]) { all = headers }

    /// The first value; setting takes away all others of the name, and nil takes away all.
    package subscript(name: String) -> String? {
        get { all.first { Self.same($0.name, name) }?.value }
        set {
            all.removeAll { Self.same($0.name, name) }
            if let newValue { all.append(WireHeader(name, newValue)) }
        }
    }

    private static func same(_ one: String, _ other: String) -> Bool {
        one.lowercased() == other.lowercased()
    }
}

/// What a request is for.
package enum WirePurpose: String, Sendable, CaseIterable {
    /// A prompt, or a question about models.
    case model
    /// Asks for a token or keys. It carries proofs of identity, and no word of a conversation.
    case credential
    /// Asks who this machine is: metadata servers, and what issues tokens to workloads.
    case machineIdentity
}

/// One HTTP request as a value: everything but the connection.
///
/// It may carry a credential in its headers; therefore its descriptions show method, host and path
/// alone.
package struct WireRequest: Sendable, Equatable {
    package enum Method: String, Sendable { case get = "GET", post = "POST", put = "PUT" }

    package var method: Method
    /// Where it goes: scheme, host and port.
    package var origin: WebOrigin
    /// The path as it stands on the wire, percent-encoded.
    package var path: String
    /// What follows `?`, encoded; empty for none.
    package var query: String
    package var headers: WireHeaders
    package var body: [UInt8]
    /// What it is for.
    ///
    /// A guard of residency lets prompts and credentials go to different hosts.
    package var purpose = WirePurpose.model
    /// What it was signed with, which does not go out: for `SentSecrets`.
    var signer: Secret?
    /// Where the answer shall stop, as the body says: for `SentSecrets`.
    var stops: [String] = []

    package init(
        _ method: Method, _ origin: WebOrigin, path: String, query: String = "",
        headers: WireHeaders = [:], body: [UInt8] = []
    ) {
        self.method = method
        self.origin = origin
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }
}

extension WireRequest: CustomStringConvertible, CustomReflectable {
    package var description: String { "\(method.rawValue) \(origin)\(path)" }
    package var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}
