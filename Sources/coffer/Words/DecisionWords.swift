import JSONText
import Policy
import Vault
import VaultCrypto

/// Decisions of retention as people read them: a clause with the rules or holds that decided.
struct DecisionWords {
    let decision: Decision
    /// The end of the grace, where it is known.
    var graceUntil: Instant?

    init(_ decision: Decision, graceUntil: Instant? = nil) {
        self.decision = decision
        self.graceUntil = graceUntil
    }

    /// Such as `kept until 2029-03-05 by rule org-5y`.
    var clause: String {
        switch decision.row {
        case 1: "nothing is certain enough to destroy it: \(doubts)"
        case 2, 3, 4: "held by \(names.joined(separator: ", "))"
        case 5:
            "in the grace after a hold or a rule that ended"
                + (graceUntil.map { ", until \(Figures.date($0))" } ?? "")
        case 6, 8: "kept \(until(decision.dates.retainUntil)) by \(keepers)"
        case 7: "kept by \(keepers) for no legal duty, which an erasure overrides"
        case 9: notDue
        case 10: "\(rules) \(names.count == 1 ? "wants" : "want") a review first"
        case 11 where words.contains(.purge): "chosen, and nothing bars it" + approval
        case 11:
            "due since \(Figures.date(decision.dates.deleteAt?.instant)) by \(rules)" + approval
        default: "nothing bars it"
        }
    }

    private var words: [ReasonWord] { decision.why.compactMap(ReasonWord.init) }
    private var names: [String] { decision.why.filter { ReasonWord(rawValue: $0) == nil } }
    private var rules: String {
        "\(names.count == 1 ? "rule" : "rules") \(names.joined(separator: " and "))"
    }

    private var approval: String { words.contains(.approved) ? ", approved" : "" }

    private var keepers: String {
        let promise = words.contains(.floor) ? "the promise of a locked rule" : nil
        let known = [names.isEmpty ? nil : rules, promise].compactMap(\.self)
        return known.joined(separator: " and ") + cause
    }

    private var cause: String {
        if words.contains(.undated) { return ", for want of a date" }
        return words.contains(.noEvent) ? ", whose event has not happened" : ""
    }

    private var notDue: String {
        if words.contains(.noDelete) { return "no rule destroys it" }
        guard let due = decision.dates.deleteAt?.instant else {
            return "never due by \(rules)" + cause
        }
        return "not due before \(Figures.date(due)) by \(rules)"
    }

    private func until(_ end: Deadline?) -> String {
        end?.instant.map { "until \(Figures.date($0))" } ?? "for ever"
    }

    private var doubts: String {
        words.map { word in
            switch word {
            case .policyUnreadable: "the policy cannot be read"
            case .holdsUnreadable: "the holds cannot be read"
            case .logUnsound: "the audit log is not sound"
            case .clock: "the clock is behind the audit log"
            default: word.rawValue
            }
        }.joined(separator: ", ")
    }

    /// The state that an outcome is, for counts: `not due`.
    static func state(_ outcome: Outcome) -> String {
        switch outcome {
        case .refuseFailClosed: "uncertain"
        case .keepHeld: "held"
        case .keepGrace: "in grace"
        case .keepRetain: "kept by a rule"
        case .keepNotDue: "not due"
        case .hideKeep: "hidden and kept"
        case .deferRestrict: "waiting for erasure"
        case .pendingReview: "waiting for review"
        case .destroy: "destroyed"
        }
    }
}

extension Decision {
    /// The answer for one record.
    func object(_ id: String) -> JSONObject {
        [
            "id": .string(id), "outcome": .string(outcome.rawValue),
            "retainUntil": dates.retainUntil.map(Self.text) ?? .null,
            "deleteAt": .time(dates.deleteAt?.instant), "purgeAt": .time(dates.purgeAt?.instant),
            "why": .array(why.map(JSON.string)),
        ]
    }

    /// An end of retention, which is told from none where it never comes.
    private static func text(_ end: Deadline) -> JSON {
        end.instant.map { .time($0) } ?? .string(Period.forever.description)
    }
}

extension Deadline {
    var instant: Instant? { milliseconds.map(Instant.init(milliseconds:)) }
}
