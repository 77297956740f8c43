import Foundation
import Vault
import VaultCrypto

/// Searches for a word that each imported conversation has in an even number of messages.
final class Searcher: Worker {
    private let scene: Scene
    private var draw: Draw

    init(_ scene: Scene, _ name: String) {
        self.scene = scene
        draw = Draw("\(scene.seed)/\(name)")
    }

    func step() throws {
        let word = ["needle", "granite walnut", "\"needle\" OR harbour", "重要"][draw.below(4)]
        let answer = try scene.vault.search(
            SearchRequest(
                word, limit: 100_000, order: draw.below(2) == 0 ? .relevance : .newest,
                idsOnly: draw.below(4) > 0, includeHidden: draw.below(2) == 0))
        if answer.hits.count % 2 != 0 {
            scene.ledger.find("a search met half a conversation: \(answer.hits.count) hits")
        }
        if answer.indexed != answer.total || answer.unreadable != 0 {
            scene.ledger.find(
                "a search met \(answer.indexed) of \(answer.total) messages in the index, "
                    + "\(answer.unreadable) of them not readable")
        }
        if draw.below(8) == 0 {
            let found = try scene.vault.conversations(matching: "needle", includeHidden: true)
            scene.ledger.note("search", "found \(found.count)")
        }
        scene.pause(milliseconds: draw.below(20))
    }
}

/// Shows conversations, lists them, and asks what else there is.
final class Shower: Worker {
    private let scene: Scene
    private let name: String
    private var draw: Draw
    private var generation = 0

    init(_ scene: Scene, _ name: String) {
        self.scene = scene
        self.name = name
        draw = Draw("\(scene.seed)/\(name)")
    }

    func step() throws {
        switch draw.below(8) {
        case 0: try list()
        case 1: try status()
        case 2: _ = try scene.vault.turnsInFlight()
        case 3: _ = (try scene.vault.labels(), try scene.vault.statistics())
        case 4: _ = (try scene.vault.holds(), try scene.vault.heldConversations())
        case 5: _ = (try scene.vault.governanceStatus(), try scene.vault.certificates())
        default: try show()
        }
        scene.pause(milliseconds: draw.below(20))
    }

    /// What was acknowledged before is there.
    private func show() throws {
        guard let chosen = scene.ledger.choose(&draw), let entry = scene.ledger.entry(chosen)
        else { return }
        scene.ledger.note(name, "shows \(chosen)")
        let shown = Result { () throws(VaultError) in try scene.vault.messages(of: entry.id) }
        if case .failure(let error) = shown, error.code == .notFound,
            scene.ledger.mayBeAbsent(chosen)
        {
            return
        }
        let texts = Set(try shown.get().map { $0.parts.compactMap(\.text).joined() })
        // An answer that was left without an end is no record before the next opening.
        guard !chosen.hasPrefix("chat/") else { return }
        for (message, text) in entry.texts where !texts.contains(text) {
            scene.ledger.find("\(chosen) does not show its message \(message)")
        }
    }

    private func list() throws {
        var filter = ConversationFilter()
        filter.includesHidden = true
        var halves = 0
        try scene.vault.forEachConversation(filter) { conversation in
            let isOdd = conversation.messageCount % 2 != 0
            if isOdd, conversation.origin.source == "jsonl" { halves += 1 }
        }
        if halves > 0 { scene.ledger.find("a list shows \(halves) half conversations") }
    }

    private func status() throws {
        let status = try scene.vault.status()
        if status.generation < generation {
            scene.ledger.find("generation \(status.generation) after \(generation)")
        }
        generation = status.generation
    }
}

/// Reads the vault as an archive is made from it: one state, however long that takes.
final class Exporter: Worker {
    private let scene: Scene
    private var draw: Draw

    init(_ scene: Scene, _ name: String) {
        self.scene = scene
        draw = Draw("\(scene.seed)/\(name)")
    }

    func step() throws {
        var filter = ConversationFilter()
        filter.includesHidden = true
        let vault = scene.vault.id
        let wrong = try scene.vault.withSnapshot { snapshot -> [String] in
            var wrong: [String] = []
            let ids = try snapshot.conversationIDs(filter)
            for id in ids.prefix(60) {
                let conversation = try snapshot.conversation(id)
                let messages = try snapshot.messages(of: id)
                if conversation.messageCount != messages.count {
                    wrong.append("\(id) has \(messages.count) of \(conversation.messageCount)")
                }
            }
            _ = try snapshot.checkpoint(of: vault)
            _ = try snapshot.governanceInForce()
            let again = try snapshot.conversationIDs(filter)
            if again != ids { wrong.append("one state has \(ids.count) and \(again.count)") }
            return wrong
        }
        for text in wrong { scene.ledger.find("a snapshot: \(text)") }
        scene.pause(milliseconds: 20 + draw.below(60))
    }
}

/// Verifies the log, signs it, and examines the vault.
final class Verifier: Worker {
    private let scene: Scene
    private let name: String
    private var draw: Draw
    private var logged: Int64 = 0

    init(_ scene: Scene, _ name: String) {
        self.scene = scene
        self.name = name
        draw = Draw("\(scene.seed)/\(name)")
    }

    func step() throws {
        scene.pause(milliseconds: 30 + draw.below(100))
        switch draw.below(5) {
        case 0:
            scene.ledger.note(name, "verifies")
            for fault in try scene.vault.verifyAudit().faults {
                scene.ledger.find("the log: \(fault.path): \(fault.fault)")
            }
        case 1: try examine()
        case 2: _ = try scene.vault.checkpoint()
        case 3: _ = try scene.repeated { try scene.vault.anchor() }
        default: try readLog()
        }
    }

    private func examine() throws {
        scene.ledger.note(name, "examines")
        for fault in try scene.vault.examine(repairs: false).faults where !fault.isRepaired {
            // What a talker left without an end.
            if fault.fault.contains("was cut off") { continue }
            scene.ledger.find("the examination: \(fault.path): \(fault.fault)")
        }
        scene.ledger.count("examinations")
    }

    private func readLog() throws {
        var count: Int64 = 0
        try scene.vault.forEachAuditEntry { entry, _ in count = entry.index + 1 }
        if count < logged { scene.ledger.find("the log has \(count) entries after \(logged)") }
        logged = count
    }
}

/// Merges the search index, and builds it anew.
final class IndexKeeper: Worker {
    private let scene: Scene
    private var draw: Draw

    init(_ scene: Scene, _ name: String) {
        self.scene = scene
        draw = Draw("\(scene.seed)/\(name)")
    }

    func step() throws {
        scene.pause(milliseconds: 50 + draw.below(100))
        if draw.below(5) == 0 {
            _ = try scene.repeated { try scene.vault.rebuildSearchIndex(textBytes: 4096) }
        } else {
            try scene.repeated {
                try scene.vault.mergeSearchIndex(
                    draw.below(2) == 0 ? .settled : .tiers, postings: 2000
                ) { true }
            }
        }
    }
}
