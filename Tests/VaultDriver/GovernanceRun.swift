import Vault
import VaultCrypto

/// Destroys and erases by the engine, and says what a vault's log and certificates are.
struct GovernanceRun {
    let vault: Vault

    static func start(_ options: DriverOptions) throws {
        let run = GovernanceRun(vault: try options.openVault())
        switch options.work {
        case .dispose(let query): try Lines.write(try run.erase(run.dispose(query)))
        case .disposeOnly(let query): try Lines.write(try run.dispose(query))
        case .erase: try Lines.write(try run.erase(DisposalLine()))
        case .state: try Lines.write(try run.state())
        case .holdOpen(let query): try run.holdOpen(query)
        default: preconditionFailure("not a work of governance")
        }
        try run.vault.close()
    }

    private func dispose(_ query: String) throws -> DisposalLine {
        let request = DisposalRequest(
            .matching(ConversationFilter(), query: query), reason: "a proof")
        var line = DisposalLine()
        let time = try ContinuousClock().measure {
            let plan = try vault.planDisposal(request)
            let report = try vault.dispose(plan, of: request)
            line.conversations = report.conversations
            line.messages = report.messages
            line.attachments = report.attachments
            line.kept = plan.kept.count + report.kept.count
            line.entry = report.entry
        }
        line.purgeSeconds = time.seconds
        line.generation = try vault.status().generation
        return line
    }

    private func erase(_ line: DisposalLine) throws -> DisposalLine {
        var line = line
        let time = try ContinuousClock().measure {
            switch try vault.erase(tool: "VaultDriver") {
            case .done(let certificate): line.certificateEntry = certificate.entry
            case .nothingToDo: line.isNothingToDo = true
            case .deferred: line.isDeferred = true
            }
        }
        line.eraseSeconds = time.seconds
        line.generation = try vault.status().generation
        return line
    }

    private func state() throws -> StateLine {
        var line = StateLine()
        line.generation = try vault.status().generation
        line.needsErasure = try vault.needsErasure()
        line.auditFaults = try vault.verifyAudit().faults.map { "\($0.path): \($0.fault)" }
        line.certificates = try vault.certificates().map {
            StateLine.Certificate(
                entry: $0.entry, facts: $0.statement.facts, note: $0.statement.note)
        }
        try vault.forEachRecord(.everything) { conversation, messages, _ in
            line.commitments[conversation.id.description] = messages.map {
                Hex.text($0.commitment)
            }
        }
        var open: Set<Int64> = []
        try vault.forEachAuditEntry { entry, document in
            if [.purgeIntended, .eraseIntended].contains(entry.event) { open.insert(entry.index) }
            if let ends = entry.ends { open.remove(ends) }
            guard entry.event == .purgeDone, let document else { return }
            line.purges.append(document)
        }
        line.openIntents = open.count
        return line
    }

    /// Reads all that is stored, so that it has been in memory.
    private func holdOpen(_ query: String) throws {
        var line = OpenLine()
        try vault.forEachRecord(.everything) { _, messages, versions in
            line.records += messages.count + versions.count
        }
        line.found = try vault.search(SearchRequest(query)).hits.count
        try Lines.write(line)
        while readLine() != nil {}
    }
}

struct DisposalLine: Encodable {
    var conversations = 0
    var messages = 0
    var attachments = 0
    /// Conversations that were selected and stayed.
    var kept = 0
    /// The entry that says what was destroyed.
    var entry: Int64?
    var certificateEntry: Int64?
    var isNothingToDo = false
    var isDeferred = false
    var purgeSeconds = 0.0
    var eraseSeconds = 0.0
    var generation = 0
}

struct StateLine: Encodable {
    struct Certificate: Encodable {
        var entry: Int64
        var facts: String
        var note: String
    }

    var generation = 0
    var needsErasure = false
    var auditFaults: [String] = []
    /// Destructions that were announced and have no result.
    var openIntents = 0
    /// What the results of purges say.
    var purges: [String] = []
    var certificates: [Certificate] = []
    /// Of the messages of each conversation, which were compared with them.
    var commitments: [String: [String]] = [:]
}

struct OpenLine: Encodable {
    var records = 0
    var found = 0
}

extension ConversationFilter {
    fileprivate static var everything: ConversationFilter {
        var filter = ConversationFilter()
        filter.includesHidden = true
        return filter
    }
}

extension Duration {
    var seconds: Double { self / .seconds(1) }
}
