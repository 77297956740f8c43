/// What retention knows of one record: no content, only times and who it belongs to.
///
/// Times are milliseconds since 1970 in UTC. `nil` is not known: a rule that begins with such a
/// time never ends, so that it keeps and never deletes.
package struct RetentionItem: Sendable, Equatable {
    /// When labels were given.
    package enum Labelled: Sendable, Equatable {
        case unknown
        /// All of them at one time.
        case at(Int64)
        /// Each at a time of its own.
        case each([String: Int64])
    }

    package var id: String
    package var created: Int64?
    package var modified: Int64?
    /// The latest time of what another vault's archive added to the record.
    ///
    /// A rule that retains counts from it where that is later, so that what was added is kept too;
    /// none deletes later because of it.
    package var added: Int64?
    package var labels: [String] = []
    package var labelled: Labelled = .unknown
    /// When the event happened that rules of start `event` wait for.
    package var event: Int64?
    package var project: String?
    package var custodian: String?
    package var origin: String?
    /// The ids of the holds that apply now.
    package var holds: [String] = []
    /// The end of the grace after the last hold, or after what covered the record before.
    package var graceUntil: Int64?
    /// What locked rules promised when the record came: it is kept until then whatever rules say.
    package var retainFloor: Deadline?
    /// Whether a person has approved its destruction.
    package var isApproved = false

    package init(id: String) { self.id = id }
}

extension RuleScope {
    /// Whether a record is one of this scope, its class aside.
    func contains(_ item: RetentionItem) -> Bool {
        guard hasSelectors else { return true }
        return Selector.allCases.allSatisfy { selector in
            let wanted = self[selector]
            if wanted.isEmpty { return true }
            return switch selector {
            case .labels: item.labels.contains(where: wanted.contains)
            case .projects: item.project.map(wanted.contains) ?? false
            case .custodians: item.custodian.map(wanted.contains) ?? false
            case .origins: item.origin.map(wanted.contains) ?? false
            }
        }
    }
}

extension RetentionItem {
    /// The times with which a rule's period may begin for this record; none where it is not known.
    ///
    /// Only start `labelled` has several: those of the record's labels that the rule names, or of
    /// all where it names none. The period ends last of all that they give.
    func starts(of rule: RetentionRule) -> [Int64] {
        switch rule.start {
        case .created: created.map { [$0] } ?? []
        case .modified: modified.map { [$0] } ?? []
        case .event: event.map { [$0] } ?? []
        case .labelled: labelTimes(rule.scope[.labels])
        }
    }

    /// The same, for how long a rule that retains keeps the record.
    func retainingStarts(of rule: RetentionRule) -> [Int64] {
        let starts = starts(of: rule)
        guard let added, !starts.isEmpty, rule.start == .created || rule.start == .modified else {
            return starts
        }
        return starts + [added]
    }

    private func labelTimes(_ named: Set<String>) -> [Int64] {
        let labels = named.isEmpty ? self.labels : self.labels.filter(named.contains)
        switch labelled {
        case .unknown: return []
        case .at(let time): return labels.isEmpty ? [] : [time]
        case .each(let times):
            // One label of an unknown time may be the one that ends last.
            let known = labels.compactMap { times[$0] }
            return known.count == labels.count ? known : []
        }
    }
}
