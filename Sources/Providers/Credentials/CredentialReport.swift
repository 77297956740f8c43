package import JSONText

/// Which sources were looked at for a credential, which one won, and why; it holds no secret.
package struct CredentialReport: Sendable, Equatable {
    package enum Outcome: String, Sendable {
        case chosen, absent, failed
        case passedOver = "passed over"
    }

    package struct Entry: Sendable, Equatable {
        package var source: CredentialSource
        /// A file, a variable or a setting, by its name.
        package var place: String
        package var outcome: Outcome
        /// A clause or a sentence.
        package var reason: String

        package init(
            source: CredentialSource, place: String, outcome: Outcome, reason: String
        ) {
            self.source = source
            self.place = place
            self.outcome = outcome
            self.reason = reason
        }
    }

    /// In the order in which they were looked at.
    package var entries: [Entry] = []
    /// What else was found: the region and what named it.
    package var notes: [String] = []

    package init() {}

    package var chosen: Entry? { entries.first { $0.outcome == .chosen } }

    package var json: JSON {
        let list = entries.map { entry -> JSON in
            .object([
                "outcome": .string(entry.outcome.rawValue), "place": .string(entry.place),
                "reason": .string(entry.reason), "source": .string(entry.source.rawValue),
            ])
        }
        return .object(["notes": .array(notes.map(JSON.string)), "sources": .array(list)])
    }
}

extension CredentialReport: CustomStringConvertible {
    /// A line for each source and note.
    package var description: String {
        let lines = entries.map {
            "\($0.outcome.rawValue): \($0.source.rawValue) (\($0.place)): \($0.reason)"
        }
        return (lines + notes).joined(separator: "\n")
    }
}

/// What a search for a credential came to.
package struct CredentialChoice: Sendable {
    /// The way to the credential, or why there is none.
    package var flow: Result<any CredentialFlow, CredentialError>
    package var report: CredentialReport
    /// A region that the same settings name.
    package var region: String?

    package init(flow: Result<any CredentialFlow, CredentialError>, report: CredentialReport) {
        self.flow = flow
        self.report = report
    }
}

/// Looks at sources in their order and writes the report as it goes.
struct CredentialSearch {
    private(set) var report = CredentialReport()
    private var current: (source: CredentialSource, place: String)?

    /// Runs a search; what it throws ends up in the report, too.
    static func run(
        _ body: (inout CredentialSearch) throws(CredentialError) -> any CredentialFlow
    ) -> CredentialChoice {
        var search = CredentialSearch()
        do {
            let flow = try body(&search)
            return CredentialChoice(flow: .success(flow), report: search.report)
        } catch {
            if let (source, place) = search.current {
                search.add(source, place, .failed, error.sentence)
            }
            return CredentialChoice(flow: .failure(error), report: search.report)
        }
    }

    private mutating func add(
        _ source: CredentialSource, _ place: String, _ outcome: CredentialReport.Outcome,
        _ reason: String
    ) {
        // The same cleaning of names as in sentences.
        let clean: (String) -> String = { CredentialError(.absent, $0).sentence }
        report.entries.append(
            .init(source: source, place: clean(place), outcome: outcome, reason: clean(reason)))
        current = nil
    }

    /// Says what is looked at next: an error from here on is this source's.
    mutating func look(at source: CredentialSource, _ place: String) {
        current = (source, place)
    }

    mutating func absent(_ source: CredentialSource, _ place: String) {
        add(source, place, .absent, "is not set")
    }

    mutating func passOver(_ source: CredentialSource, _ place: String, _ reason: String) {
        add(source, place, .passedOver, reason)
    }

    mutating func choose(
        _ flow: any CredentialFlow, _ place: String, _ reason: String
    ) -> any CredentialFlow {
        add(flow.source, place, .chosen, reason)
        return flow
    }

    mutating func note(_ text: String) {
        report.notes.append(CredentialError(.absent, text).sentence)
    }
}

/// A credential that is there already: keys of a variable, a profile or the vault.
struct FixedCredential: CredentialFlow {
    var credential: Credential
    var source: CredentialSource { credential.source }
    var hosts: [CredentialHost] { [] }

    func issue(
        _ occasion: CredentialOccasion, in surroundings: Surroundings
    ) async throws(CredentialError) -> Credential {
        credential
    }

    /// A token or key that fits into a header.
    static func token(
        _ secret: Secret, _ source: CredentialSource, from place: String
    ) throws(CredentialError) -> FixedCredential {
        guard secret.fitsHeader else {
            throw CredentialError(
                .malformed, "\(place) does not hold one key without spaces; set it again.")
        }
        return FixedCredential(credential: Credential(.token(secret), source: source))
    }
}
