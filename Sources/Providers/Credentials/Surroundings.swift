package import Foundation

/// What flows may use: the network, the clock, variables, files and programs.
package struct Surroundings: Sendable {
    package var wire: any WireExchange
    package var now: @Sendable () -> Date
    package var environment: CredentialEnvironment
    package var files: any CredentialFiles
    package var programs: any ProgramRunner

    package init(
        wire: any WireExchange, now: @escaping @Sendable () -> Date,
        environment: CredentialEnvironment, files: any CredentialFiles,
        programs: any ProgramRunner
    ) {
        self.wire = wire
        self.now = now
        self.environment = environment
        self.files = files
        self.programs = programs
    }

    /// An answer of a token server is never longer.
    static let answerLimitBytes = 1 << 20

    /// Sends a request of a flow.
    ///
    /// - Parameters:
    ///   - request: The request, without its purpose.
    ///   - purpose: What it is for.
    /// - Returns: The answer, whatever its status.
    /// - Throws: `unreachable`; of the network's words the family alone is kept, because they may
    ///   quote the request.
    func send(
        _ request: WireRequest, for purpose: WirePurpose = .credential
    ) async throws(CredentialError) -> WireAnswer {
        var request = request
        request.purpose = purpose
        do {
            return try await wire.exchange(request, maximumBytes: Self.answerLimitBytes)
        } catch {
            let host = request.origin.host
            switch error.kind {
            case .timeout:
                throw CredentialError(
                    .unreachable, "\(host) took too long to give a credential; try again.")
            case .notAllowed:
                // Of our own guard, which says what may not go where.
                throw CredentialError(
                    .notAllowed,
                    error.providerMessage ?? "\(host) may not be asked for a credential.")
            case .untrusted:
                throw CredentialError(
                    .unreachable,
                    "\(host) gave no credential, because its certificate is not trusted; check "
                        + "the authorities in the provider's settings.")
            case .malformed, .tooLarge:
                throw CredentialError(
                    .malformed, "\(host) answers in a form that no credential has; try again.")
            default:
                throw CredentialError(
                    .unreachable,
                    "\(host) gave no credential, because the connection failed; check the network.")
            }
        }
    }
}

/// Variables of the environment; an empty one counts as absent, and values are not shown.
package struct CredentialEnvironment: Sendable, ExpressibleByDictionaryLiteral {
    private let values: [String: String]

    package init(_ values: [String: String]) { self.values = values }
    package init(dictionaryLiteral elements: (String, String)...) {
        values = Dictionary(elements) { _, last in last }
    }

    package subscript(name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// The home directory; the root where there is none.
    var home: String { self["HOME"] ?? "/" }

    /// A path with its `~/` resolved.
    func resolved(_ path: String) -> String {
        path.hasPrefix("~/") ? home + path.dropFirst() : path
    }

    /// What a program that gives credentials may know: where to find its own files, never a secret.
    ///
    /// Names are listed, because nobody can list all names of secrets. A proxy with a user in its
    /// address stays out.
    func forPrograms(adding more: [String: String] = [:]) -> [String: String] {
        var kept = values.filter { name, value in
            Self.shared.contains(name) || name.hasPrefix("LC_") || name.hasPrefix("XDG_")
                || (Self.proxies.contains(name.lowercased()) && !value.contains("@"))
        }
        kept.merge(more) { _, new in new }
        return kept
    }

    private static let shared: Set<String> = [
        "HOME", "PATH", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR", "DISPLAY",
        "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "SSH_AUTH_SOCK", "GNUPGHOME", "KRB5CCNAME",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION",
        "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE", "CLOUDSDK_CONFIG",
        "AZURE_CONFIG_DIR",
    ]
    private static let proxies: Set<String> = [
        "http_proxy", "https_proxy", "no_proxy", "all_proxy",
    ]
}

extension CredentialEnvironment: CustomStringConvertible, CustomReflectable {
    package var description: String { "\(values.count) variables" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Reads and replaces small files.
package protocol CredentialFiles: Sendable {
    /// - Parameters:
    ///   - path: An absolute path; links are followed, because workloads get their tokens through
    ///     them.
    ///   - maximumBytes: The largest file that is read.
    /// - Returns: All its bytes.
    /// - Throws: Why it cannot be read.
    func read(_ path: String, maximumBytes: Int) throws(FileFault) -> [UInt8]

    /// Puts a file in the place of another at once, readable by its owner alone.
    func replace(_ path: String, with bytes: [UInt8]) throws(FileFault)
}

/// Why a file could not be read or written; a clause after its name.
package enum FileFault: Error, Sendable, Equatable {
    case missing, denied, notAFile, tooLarge, tooManyLinks
    /// An error number of the system.
    case other(Int32)

    var clause: String {
        switch self {
        case .missing: "does not exist; check its name"
        case .denied: "may not be read; check its permissions"
        case .notAFile: "is not a file; check its name"
        case .tooLarge: "is too large for what it should hold; check its name"
        case .tooManyLinks: "is a link that leads in a circle; remove it"
        case .other(let number): "cannot be read (error \(number)); check the disk"
        }
    }
}

/// Runs programs that print credentials.
package protocol ProgramRunner: Sendable {
    /// - Parameter call: The program and its bounds.
    /// - Returns: What it printed.
    /// - Throws: Why that is not to be used.
    func run(_ call: ProgramCall) async throws(ProgramFault) -> [UInt8]
}

/// A program, what it is told, and how far it may go.
package struct ProgramCall: Sendable, Equatable {
    /// A path, or a name that is looked for in the `PATH` of `environment`.
    package var path: String
    package var arguments: [String]
    /// All that it sees of the environment.
    package var environment: [String: String]
    package var timeLimitSeconds: Int
    package var outputLimitBytes: Int

    package init(
        path: String, arguments: [String] = [], environment: [String: String],
        timeLimitSeconds: Int = 60, outputLimitBytes: Int = 65_536
    ) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.timeLimitSeconds = timeLimitSeconds
        self.outputLimitBytes = outputLimitBytes
    }
}

/// Why a program's output cannot be used; a clause after its name.
package enum ProgramFault: Error, Sendable, Equatable {
    case notStarted, tookTooLong, printedTooMuch, cancelled
    case failed(status: Int32)

    var clause: String {
        switch self {
        case .notStarted: "cannot be run; check that it exists and may be executed"
        case .tookTooLong: "took too long and was stopped; run it by hand to see why"
        case .printedTooMuch: "printed more than a credential; run it by hand to see what"
        case .cancelled: "was stopped, because nobody waited for it any more"
        case .failed(let status):
            "failed with status \(status); run it by hand to see what it says"
        }
    }
}
