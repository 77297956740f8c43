import VaultCrypto

/// What went out as a secret with the requests of a turn, and is kept out of what a server says.
///
/// Servers quote requests in their errors. Here is the one place that takes secrets out of their
/// words: values of the headers that a credential added, and of those that are named like one, with
/// and without their scheme; of a signature the access key, the signature and, although it does not
/// go out, the secret key; values of a query that a credential added, or that are named like one.
/// Masked is every run of twelve characters or more of one, also in base64, in hexadecimal digits
/// with and without signs between them, and behind the escapes that `QuotedText` knows, in small or
/// capital letters; a shorter secret as a whole. What stands behind the name of a credential's
/// header is masked whatever it is.
///
/// A word of a server, whatever it is called, is cut short before it is looked at, so that no
/// answer makes this long: to `longestWord` signs, a message to `ProviderError.longestMessage`. A
/// text at which we asked an answer to stop is ours, and stays.
///
/// It holds no secret: what it compares are hashes of runs, seeded for this process.
package struct SentSecrets: Sendable {
    private var runs = SecretRuns()
    private var names = SentSecrets.usualNames
    /// Where an answer shall stop, as the requests say.
    private var stops: Set<String> = []

    /// So many signs are kept of a word, in Unicode scalars.
    package static let longestWord = 200

    package init() {}

    /// The secrets of one request.
    ///
    /// - Parameters:
    ///   - outgoing: The request as it goes out.
    ///   - request: The same before a credential was put into it.
    package init(_ outgoing: WireRequest, besides request: WireRequest) {
        add(outgoing, besides: request)
    }

    /// Adds the secrets of a further request; what was known stays.
    package mutating func add(_ outgoing: WireRequest, besides request: WireRequest) {
        for header in outgoing.headers.all {
            let name = header.name.lowercased()
            let isAdded = !request.headers.all.contains(header)
            guard Self.isCredential(name) || (isAdded && !Self.plainNames.contains(name)) else {
                continue
            }
            if name.utf8.count >= 5 { names.insert(name) }
            for secret in Self.secrets(in: header.value) { runs.add(secret) }
        }
        if let signer = outgoing.signer { runs.add(signer.revealBytes()) }
        stops.formUnion(request.stops)
        let settings = request.query.split(separator: "&")
        for pair in outgoing.query.split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1)
            guard halves.count == 2,
                Self.isCredentialOfQuery(halves[0].lowercased()) || !settings.contains(pair)
            else { continue }
            runs.add(Array(halves[1].utf8))
            if let plain = PercentEncoding.decode(halves[1]) { runs.add(plain) }
        }
    }

    // MARK: What is a secret

    private static let usualNames: Set = [
        "authorization", "api-key", "x-amz-security-token", "cookie", "proxy-authorization",
    ]
    /// Parts of names of headers that carry proofs of identity.
    private static let hints = [
        "auth", "key", "token", "secret", "cookie", "session", "passw", "signature", "credential",
    ]
    /// Headers that an adapter, a signature or the transport says, and that are no secrets.
    private static let plainNames: Set = [
        "accept", "content-type", "user-agent", "x-amz-date", "anthropic-version",
        "anthropic-beta",
    ]

    private static func isCredential(_ name: String) -> Bool {
        hints.contains { name.contains($0) }
    }

    /// Beside those of headers the names by which Azure has a key of a function, or a signature.
    private static func isCredentialOfQuery(_ name: String) -> Bool {
        isCredential(name) || name == "code" || name == "sig"
    }

    /// The value and its parts that are secrets by themselves.
    private static func secrets(in value: String) -> [[UInt8]] {
        if value.hasPrefix(SignatureV4.algorithm) {
            // Region, service and the names of headers stand there too, and are no secrets.
            return ["Credential=", "Signature="].compactMap { mark in
                guard let start = value.firstRange(of: mark)?.upperBound else { return nil }
                return Array(value[start...].prefix { !"/, ".contains($0) }.utf8)
            }
        }
        var secrets = [Array(value.utf8)]
        let halves = value.split(separator: " ", maxSplits: 1)
        guard halves.count == 2 else { return secrets }
        secrets.append(Array(halves[1].utf8))
        if halves[0].lowercased() == "basic", let pair = Base64.decode(halves[1].utf8) {
            secrets.append(pair)
            if let colon = pair.firstIndex(of: UInt8(ascii: ":")) {
                secrets.append(Array(pair[(colon + 1)...]))
            }
        }
        return secrets
    }

    // MARK: What a server says

    /// A text without secrets, cut to the length of a message; `[masked]` stands in their place.
    package func masked(_ text: String) -> String {
        masked(text, atMost: ProviderError.longestMessage)
    }

    private func masked(_ text: String, atMost most: Int) -> String {
        let beginning = text.unicodeScalars.prefix(most)
        // One that is as long may have been cut before.
        var quoted = QuotedText(String(beginning), isCut: beginning.count == most)
        quoted.cover(runs)
        quoted.cover(valuesOf: names)
        return quoted.text
    }

    private func mark(_ text: String) -> String { masked(text, atMost: Self.longestWord) }

    /// A code or the name of a request, where it is one; nil also where it holds a secret.
    package func word(_ text: String?) -> String? {
        guard let word = text.flatMap(ProviderError.word), masked(word) == word else { return nil }
        return word
    }

    /// An error of a server, without secrets in what it says.
    ///
    /// What comes in the middle of a stream about the credential itself is left out altogether, as
    /// it is where a status says that.
    package func masked(_ error: ProviderError) -> ProviderError {
        var error = error
        error.providerCode = word(error.providerCode)
        error.requestID = word(error.requestID)
        error.providerMessage = error.providerMessage.map(masked)
        let isAboutCredential = error.kind == .authentication || error.kind == .expiredCredential
        if isAboutCredential, error.status == nil { error.providerMessage = nil }
        return error
    }

    /// An event of an answer, without secrets in the words that are the server's and not a model's.
    ///
    /// A model's are texts, thoughts, citations and inputs of tools, and all that goes back to the
    /// provider as it came: signatures, and parts of a kind that is not known here.
    package func masked(_ event: TurnEvent) -> TurnEvent {
        switch event {
        case .started(let id, let model):
            return .started(id: id.map(mark), model: model.map(mark))
        case .began(let part, .toolUse(let id, let name, let input)):
            // `PartOrder` bounds both; a part of an id would be that of no tool.
            let use = PartBeginning.toolUse(
                id: masked(id, atMost: PartOrder.longestID), name: mark(name), input: input)
            return .began(part: part, use)
        case .usage(var usage):
            usage.serviceTier = usage.serviceTier.map(mark)
            usage.inferencePlace = usage.inferencePlace.map(mark)
            return .usage(usage)
        case .stopped(let reason, let sequence):
            let stop = sequence.map { stops.contains($0) ? $0 : mark($0) }
            guard case .other(let word) = reason else {
                return .stopped(reason, sequence: stop)
            }
            return .stopped(.other(mark(word)), sequence: stop)
        case .failed(let error): return .failed(masked(error))
        case .began, .text, .thinking, .signature, .citation, .toolInput, .ended, .other,
            .finished:
            return event
        }
    }
}

extension SentSecrets: CustomStringConvertible, CustomReflectable {
    package var description: String { "(secrets)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
