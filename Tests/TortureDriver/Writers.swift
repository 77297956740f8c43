import Foundation
import Policy
import Vault
import VaultCrypto

/// What a message of ours says: words that many have, and one that its conversation alone has.
private func words(_ name: String, _ number: Int) -> String {
    "needle \(name) harbour \(number) granite walnut 重要"
}

/// Imports conversations, and brings more messages of those that it has imported; always two
/// messages in one transaction.
final class Importer: Worker {
    private let scene: Scene
    private let prefix: String
    private var draw: Draw
    private var count = 0
    private var mine: [String] = []

    init(_ scene: Scene, _ name: String) {
        self.scene = scene
        draw = Draw("\(scene.seed)/\(name)")
        // One word, which a search finds as it is.
        prefix = "\(name)x\(scene.seed)".filter { $0.isLetter || $0.isNumber }
    }

    func step() throws {
        mine.removeAll { scene.ledger.mayBeAbsent($0) }
        if !mine.isEmpty, draw.below(3) > 0 {
            try grow(mine[draw.below(mine.count)])
        } else {
            try bring()
        }
        scene.pause(milliseconds: draw.below(30))
    }

    private func bring() throws {
        count += 1
        let name = "\(prefix)n\(count)"
        let texts = try add(name, to: 2 + 2 * draw.below(3))
        let hits = try scene.repeated { try scene.vault.search(Self.request(name)).hits }
        guard hits.count == texts.count else {
            return scene.ledger.find(
                "\(name) came with \(texts.count) messages and \(hits.count) are found")
        }
        scene.ledger.add(name, Ledger.Entry(id: hits[0].conversation, texts: texts))
        mine.append(name)
    }

    private func grow(_ name: String) throws {
        guard scene.ledger.grow(name), let entry = scene.ledger.entry(name) else { return }
        scene.ledger.change(name) { $0.pending += 1 }
        let texts = try add(name, to: entry.texts.count + 2)
        let hits = try scene.vault.search(Self.request(name)).hits.count
        if hits != texts.count {
            scene.ledger.find("\(name) has \(texts.count) messages and \(hits) are found")
        }
        scene.ledger.change(name) { entry in
            entry.texts = texts
            entry.pending -= 1
            entry.isGrowing = false
        }
    }

    private static func request(_ name: String) -> SearchRequest {
        SearchRequest(name, limit: 1000, idsOnly: true, includeHidden: true)
    }

    /// Imports a conversation as an export has it, with so many messages.
    private func add(_ name: String, to count: Int) throws -> [String: String] {
        var conversation = ImportedConversation(origin: Origin(source: "jsonl", id: name))
        var texts: [String: String] = [:]
        for number in 0..<count {
            var message = ImportedMessage(
                originID: "m\(number)", parent: number == 0 ? nil : "m\(number - 1)",
                role: number % 2 == 0 ? .user : .assistant)
            texts[message.originID] = words(name, number)
            message.parts = [ImportedPart(Part(.text, text: texts[message.originID]))]
            conversation.messages.append(message)
        }
        try scene.repeated {
            let ingestion = try scene.vault.beginIngestion()
            try ingestion.add(conversation)
            let report = try ingestion.finish()
            if !report.skipped.isEmpty { scene.ledger.find("\(name) was skipped") }
        }
        return texts
    }
}

/// Holds conversations as `coffer chat` does: a question, and an answer step by step.
final class Talker: Worker {
    private let scene: Scene
    private let name: String
    private var draw: Draw
    private var conversations: [(name: String, id: RecordID, last: RecordID)] = []

    init(_ scene: Scene, _ name: String) {
        self.scene = scene
        self.name = name
        draw = Draw("\(scene.seed)/\(name)")
    }

    func step() throws {
        conversations.removeAll { scene.ledger.mayBeAbsent($0.name) }
        if conversations.isEmpty || draw.below(4) == 0 { try begin() }
        guard !conversations.isEmpty else { return }
        let place = draw.below(conversations.count)
        try ask(in: place)
        try answer(in: place)
        scene.pause(milliseconds: draw.below(20))
    }

    private func begin() throws {
        let question = Self.message("thimble \(draw.next())")
        let id = try scene.repeated {
            try scene.vault.beginConversation(title: "A talk of \(name)", [question])
        }
        guard let first = try scene.repeated({ try scene.vault.messages(of: id) }).first else {
            return scene.ledger.find("conversation \(id) began without its message")
        }
        let said = question.parts[0].part.text ?? ""
        scene.ledger.add(
            "chat/\(id)", Ledger.Entry(id: id, texts: [first.id.description: said]))
        conversations.append(("chat/\(id)", id, first.id))
    }

    private func ask(in place: Int) throws {
        let (name, id, last) = conversations[place]
        let text = "thimble \(draw.next())"
        var added: RecordID?
        try scene.change(name) {
            added = try scene.vault.addMessage(Self.message(text), to: id, below: last)
        } _: { entry in
            if let added { entry.texts[added.description] = text }
        }
        if let added { conversations[place].last = added }
    }

    /// An answer of some steps, which may be left without an end.
    private func answer(in place: Int) throws {
        let (name, id, last) = conversations[place]
        let pieces = (0..<1 + draw.below(5)).map { _ in "thimble \(draw.next()) " }
        let end: TurnEnd? = [.complete, .complete, .stopped, .failed, nil][draw.below(5)]
        var answer: RecordID?
        try scene.change(name) {
            var facts = TurnFacts()
            facts.model = "made-up-1"
            let journal = try scene.vault.beginTurn(in: id, below: last, facts)
            for piece in pieces { try scene.repeated { try journal.append([.text(0, piece)]) } }
            if let end { _ = try scene.repeated { try journal.finish(end) } }
            answer = journal.id
        } _: { entry in
            if let answer { entry.texts[answer.description] = pieces.joined() }
        }
        if let answer, end != nil { conversations[place].last = answer }
    }

    private static func message(_ text: String) -> ImportedMessage {
        var message = ImportedMessage(originID: "", parent: nil, role: .user)
        message.parts = [ImportedPart(Part(.text, text: text))]
        return message
    }
}

/// Labels conversations of all threads with labels of its own; one of them hides as well.
final class Labeller: Worker {
    private let scene: Scene
    private let name: String
    private var draw: Draw

    init(_ scene: Scene, _ name: String) {
        self.scene = scene
        self.name = name
        draw = Draw("\(scene.seed)/\(name)")
    }

    func step() throws {
        scene.pause(milliseconds: draw.below(20))
        guard let chosen = scene.ledger.choose(&draw), let entry = scene.ledger.entry(chosen)
        else { return }
        let ids = [entry.id]
        let label = "\(name)-\(draw.below(3))"
        switch draw.below(name == "labels1" ? 4 : 2) {
        case 0:
            try scene.change(chosen) {
                _ = try scene.vault.addLabel(label, to: ids)
            } _: { entry in
                entry.labels.insert(label)
            }
        case 1:
            try scene.change(chosen) {
                _ = try scene.vault.removeLabel(label, from: ids)
            } _: { entry in
                entry.labels.remove(label)
            }
        case 2: try hide(chosen, ids)
        default: try show(chosen, ids)
        }
    }

    private func hide(_ chosen: String, _ ids: [RecordID]) throws {
        try scene.change(chosen) {
            _ = try scene.vault.hide(ids)
        } _: { entry in
            entry.isHidden = true
        }
    }

    private func show(_ chosen: String, _ ids: [RecordID]) throws {
        try scene.change(chosen) {
            _ = try scene.vault.unhide(ids)
        } _: { entry in
            entry.isHidden = false
        }
    }
}

/// Places holds on single conversations.
final class Holder: Worker {
    private let scene: Scene
    private var draw: Draw
    private var count = 0

    init(_ scene: Scene, _ name: String) {
        self.scene = scene
        draw = Draw("\(scene.seed)/\(name)")
    }

    func step() throws {
        scene.pause(milliseconds: 200 + draw.below(400))
        guard let chosen = scene.ledger.choose(&draw, where: { !$0.isHolding }),
            let entry = scene.ledger.entry(chosen)
        else { return }
        count += 1
        var scope = HoldScope()
        scope.conversations = [entry.id.description]
        scene.ledger.change(chosen) { $0.isHolding = true }
        let matter = "matter \(count) of \(scene.seed)"
        try scene.change(chosen) {
            let hold = try scene.vault.placeHold(matter: matter, scope: scope)
            if hold.conversations != 1, !scene.ledger.mayBeAbsent(chosen) {
                scene.ledger.find("the hold on \(chosen) matches \(hold.conversations)")
            }
        } _: { entry in
            entry.isHeld = true
        }
    }
}
