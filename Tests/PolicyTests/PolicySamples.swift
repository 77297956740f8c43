import Policy

/// Policies, and a record that their scopes take.
extension Sample {
    /// A rule from its kind, period and class: `rule("retain", "P5Y", .org)`.
    static func rule(
        _ kind: String, _ period: String, _ scope: RuleScope = RuleScope(.org),
        id: String? = nil, start: RetentionRule.Start = .created,
        basis: RetentionRule.Basis = .business, review: Bool = false, locked: Bool = false
    ) -> RetentionRule {
        RetentionRule(
            id: id ?? "\(scope.scopeClass)-\(kind)-\(period)",
            kind: RetentionRule.Kind(rawValue: kind) ?? .retain, period: Self.period(period),
            start: start, scope: scope, basis: basis, needsReview: review, isLocked: locked)
    }

    static let label = RuleScope(.label, [.labels: ["L"]])
    static let scoped = RuleScope(.scoped, [.projects: ["P"]])

    static func policy(_ rules: RetentionRule..., zone: TimeZoneRules = utc) -> PolicyDocument {
        policy(rules, zone: zone)
    }

    static func policy(_ rules: [RetentionRule], zone: TimeZoneRules = utc) -> PolicyDocument {
        PolicyDocument(timeZone: zone, holdReleaseGrace: thirtyDays, retention: rules)
    }

    static let thirtyDays: CalendarSpan = {
        guard let span = CalendarSpan(months: 0, days: 30) else { preconditionFailure() }
        return span
    }()

    /// A record of label L and project P, created on 1 March 2020 at noon, which every scope above
    /// takes.
    static var item: RetentionItem {
        var item = RetentionItem(id: "i")
        item.created = time("2020-03-01T12:00:00Z")
        item.modified = item.created
        item.labels = ["L"]
        item.labelled = .at(time("2020-03-01T12:00:00Z"))
        item.project = "P"
        item.custodian = "ada"
        item.origin = "chatgpt"
        return item
    }

    /// So many years after the record's creation.
    static func year(_ number: Int64) -> Int64 { time("\(2020 + number)-03-01T12:00:00Z") }
}
