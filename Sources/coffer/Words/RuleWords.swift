import JSONText
import Policy
import Vault
import VaultCrypto

/// Rules of retention as people read them.
enum RuleWords {
    /// `keeps 5 years from created, then destroys`.
    static func sentence(_ rule: RetentionRule) -> String {
        let start = rule.start.rawValue
        return switch (rule.kind, rule.period) {
        case (.retain, .forever): "keeps for ever"
        case (.delete, .forever): "destroys nothing"
        case (.retainAndDelete, .forever): "keeps for ever and destroys nothing"
        case (.retain, .span(let span)): "keeps \(words(span)) from \(start)"
        case (.delete, .span(let span)): "destroys \(words(span)) from \(start)"
        case (.retainAndDelete, .span(let span)):
            "keeps \(words(span)) from \(start), then destroys"
        }
    }

    /// `1 year, 6 months`.
    static func words(_ span: CalendarSpan) -> String {
        [(span.months / 12, "year"), (span.months % 12, "month"), (span.days, "day")]
            .filter { $0.0 > 0 }.map { Figures.count($0.0, $0.1) }.joined(separator: ", ")
    }

    /// Which conversations, and what else is to be known: `project Lindqvist; legal; locked`.
    static func facts(_ rule: RetentionRule) -> String {
        var facts = [scope(rule.scope)]
        if let basis = rule.basis { facts.append(basis.rawValue) }
        if rule.needsReview { facts.append("after a review") }
        if rule.isLocked { facts.append("locked") }
        return facts.joined(separator: "; ")
    }

    private static func scope(_ scope: RuleScope) -> String {
        switch scope.scopeClass {
        case .org: return "everything"
        case .default: return "what no other rule applies to"
        case .label, .scoped: break
        }
        let nouns: [(RuleScope.Selector, String)] = [
            (.labels, "label"), (.projects, "project"), (.custodians, "custodian"),
            (.origins, "source"),
        ]
        return nouns.filter { !scope[$0.0].isEmpty }
            .map { "\($0.1) \(scope[$0.0].sorted().joined(separator: " or "))" }
            .joined(separator: ", ")
    }

    /// Where a policy comes from: `the vault's own policy`.
    static func source(_ source: PolicyStatus.Source) -> String {
        switch source {
        case .managed: "this device's managed policy"
        case .vault: "the vault's own policy"
        case .none: "no policy"
        }
    }

    /// Prints each rule on two lines.
    static func show(_ policy: PolicyDocument) {
        for rule in policy.retention {
            for (text, indent) in [
                ("\(rule.id): \(sentence(rule))", ""), (facts(rule), "  "),
            ] {
                let lines = Wrapping.lines(
                    of: Printable.line(text), width: Console.width - indent.count)
                for line in lines { Output.line(indent + line) }
            }
        }
    }

    /// The policy as its JSON; `nil` without one.
    static func json(_ policy: PolicyDocument?) -> JSON {
        (policy?.canonical).flatMap { try? JSONReader.parse($0) } ?? .null
    }
}
