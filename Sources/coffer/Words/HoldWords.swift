import JSONText
import Policy
import Vault
import VaultCrypto

/// Holds as people and programs read them.
enum HoldWords {
    /// `custodian ada or bob, label merger, messages from 2024-03-01`.
    static func scope(_ scope: HoldScope) -> String {
        guard !scope.matchesEverything else { return "everything" }
        let lists: [(String, Set<String>)] = [
            ("custodian", scope.custodians), ("conversation", scope.conversations),
            ("label", scope.labels), ("project", scope.projects),
        ]
        var parts = lists.filter { !$0.1.isEmpty }
            .map { "\($0.0) \($0.1.sorted().joined(separator: " or "))" }
        switch (scope.after.map(date), scope.before.map(date)) {
        case (let after?, let before?): parts.append("a message from \(after) and before \(before)")
        case (let after?, nil): parts.append("a message from \(after) on")
        case (nil, let before?): parts.append("a message before \(before)")
        case (nil, nil): break
        }
        if let query = scope.query { parts.append("a message that \(query) finds") }
        return parts.joined(separator: ", ")
    }

    /// A day where it is one, else the minute.
    private static func date(_ time: Int64) -> String {
        let instant = Instant(milliseconds: time)
        let isMidnight = instant.milliseconds % 86_400_000 == 0
        return isMidnight ? Figures.date(instant) : Figures.minute(instant)
    }

    /// `3 conversations, 17 messages`.
    static func counts(_ hold: HoldSummary) -> String {
        "\(Figures.count(hold.conversations, "conversation")), "
            + Figures.count(hold.messages, "message")
    }

    /// What became of it: `in force since 2024-03-01 10:11`.
    static func state(_ hold: HoldSummary) -> String {
        guard let released = hold.released else {
            return "in force since \(Figures.minute(hold.placed))"
        }
        let grace = hold.graceUntil.map { "grace until \(Figures.minute($0))" } ?? "grace for ever"
        return
            "placed \(Figures.minute(hold.placed)), released \(Figures.minute(released)), \(grace)"
    }

    /// What `hold --json` prints of each.
    static func json(_ hold: HoldSummary) -> JSONObject {
        [
            "id": .string(hold.id), "matter": .string(hold.matter),
            "scope": .object(json(hold.scope)), "placed": .time(hold.placed),
            "released": .time(hold.released), "graceUntil": .time(hold.graceUntil),
            "conversations": .integer(hold.conversations), "messages": .integer(hold.messages),
            "entry": .integer(hold.entry),
        ]
    }

    private static func json(_ scope: HoldScope) -> JSONObject {
        func list(_ values: Set<String>) -> JSON { .array(values.sorted().map(JSON.string)) }
        return [
            "custodians": list(scope.custodians), "conversations": list(scope.conversations),
            "labels": list(scope.labels), "projects": list(scope.projects),
            "after": .time(scope.after.map(Instant.init(milliseconds:))),
            "before": .time(scope.before.map(Instant.init(milliseconds:))),
            "query": .text(scope.query),
        ]
    }
}
