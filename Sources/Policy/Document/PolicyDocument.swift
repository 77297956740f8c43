/// What an organisation has decided: how long records are kept, when they go, and where models may
/// run.
///
/// It is a JSON object (`PolicyReader` reads it, `PolicyWriter` writes it) with these members:
///
/// - `version`: 1.
/// - `timeZone`: an IANA name; periods are counted on this zone's calendar and clock.
/// - `holdReleaseGrace`: how long a record still counts as held after its last hold; `P30D` where
///   it is absent.
/// - `retention`: a list of rules, which may be empty.
/// - `residency`: an object with `allow`, a list of where models may run (`ResidencyAllowance`);
///   where it is absent, no provider is barred.
///
/// A rule of `retention` has:
///
/// - `id`: the name that reasons state; each rule has one of its own.
/// - `kind`: `retain`, `delete`, or both: `retain+delete`.
/// - `period`: years, months, weeks and days as in ISO 8601 (`P1Y6M`, `P2W`), or `forever`.
/// - `start`: when the period begins: `created`, `modified`, `labelled` or `event`.
/// - `scope`: which records, see below.
/// - `basis`: `legal` or `business`; a legal one bars a data subject's erasure. A rule that only
///   deletes may be without.
/// - `review`: whether a person has to approve the destruction; `false` where it is absent.
/// - `locked`: whether the rule can from now on only be extended (`PolicyChange`); `false` where it
///   is absent.
///
/// A scope has a `class`, and lists of `labels`, `projects`, `custodians` and `origins`. An empty
/// list and an absent one select by nothing; of a list one value has to fit, and of several lists
/// each. Class `label` needs labels and takes nothing else; `scoped` needs a list at least; `org`
/// (everything) and `default` (what no other rule applies to) take none. The class decides which
/// deletion prevails: label before scoped, before org, before default.
package struct PolicyDocument: Sendable, Equatable {
    package static let version = 1

    package var timeZone: TimeZoneRules
    package var holdReleaseGrace: CalendarSpan
    package var retention: [RetentionRule]
    /// `nil` where nothing is said, which bars no provider.
    package var residency: [ResidencyAllowance]?

    package init(
        timeZone: TimeZoneRules, holdReleaseGrace: CalendarSpan, retention: [RetentionRule],
        residency: [ResidencyAllowance]? = nil
    ) {
        self.timeZone = timeZone
        self.holdReleaseGrace = holdReleaseGrace
        self.retention = retention
        self.residency = residency
    }
}

/// One rule of retention.
package struct RetentionRule: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case retain, delete
        case retainAndDelete = "retain+delete"

        package var retains: Bool { self != .delete }
        package var deletes: Bool { self != .retain }
    }

    /// What the period begins with.
    package enum Start: String, Sendable, CaseIterable {
        case created, modified, labelled, event
    }

    /// Why something is kept: a legal duty, or the organisation's own interest.
    package enum Basis: String, Sendable, CaseIterable {
        case legal, business
    }

    package var id: String
    package var kind: Kind
    package var period: Period
    package var start: Start
    package var scope: RuleScope
    /// Always there where the rule retains.
    package var basis: Basis?
    package var needsReview = false
    package var isLocked = false

    package init(
        id: String, kind: Kind, period: Period, start: Start, scope: RuleScope, basis: Basis?,
        needsReview: Bool = false, isLocked: Bool = false
    ) {
        self.id = id
        self.kind = kind
        self.period = period
        self.start = start
        self.scope = scope
        self.basis = basis
        self.needsReview = needsReview
        self.isLocked = isLocked
    }
}

/// Which records a rule applies to.
package struct RuleScope: Sendable, Equatable {
    package enum Class: String, Sendable, CaseIterable {
        case label, scoped, org
        case `default`
    }

    /// What a list of a scope selects by.
    package enum Selector: String, Sendable, CaseIterable {
        case labels, projects, custodians, origins
    }

    package var scopeClass: Class
    private let labels, projects, custodians, origins: Set<String>
    /// Whether it selects by anything.
    package let hasSelectors: Bool

    /// A scope of a class.
    ///
    /// - Parameters:
    ///   - scopeClass: The class.
    ///   - values: What has to fit; an absent or empty set selects by nothing. Text is compared by
    ///     its characters, however they are composed.
    package init(_ scopeClass: Class, _ values: [Selector: Set<String>] = [:]) {
        self.scopeClass = scopeClass
        labels = values[.labels] ?? []
        projects = values[.projects] ?? []
        custodians = values[.custodians] ?? []
        origins = values[.origins] ?? []
        hasSelectors = values.values.contains { !$0.isEmpty }
    }

    package subscript(selector: Selector) -> Set<String> {
        switch selector {
        case .labels: labels
        case .projects: projects
        case .custodians: custodians
        case .origins: origins
        }
    }

    /// Whether each record of another scope is one of this scope.
    package func covers(_ other: RuleScope) -> Bool {
        Selector.allCases.allSatisfy { selector in
            let own = self[selector]
            return own.isEmpty || (!other[selector].isEmpty && own.isSuperset(of: other[selector]))
        }
    }
}
