import Foundation
import Policy
import Vault
import VaultCrypto

/// What a process that stays in one vault has at a moment.
struct SoakSample: Encodable {
    var seconds = 0.0
    var rounds = 0
    var residentBytes = 0
    /// Open files.
    var handles = 0
    var threads = 0
    /// What was not as it should be since the sample before.
    var faults: [String] = []
}

/// Keeps one vault open for a time and works in it.
///
/// What comes is purged again, so that the vault stays as it was but for its log. Says what the
/// process has, about every second.
final class Soak {
    private static let conversations = 5
    private static let turns = 8
    /// A hold looks at every conversation, and an erasure writes the vault anew.
    private static let roundsToHold = 10
    private static let roundsToErasure = 20

    private let vault: Vault
    private let duration: Duration
    /// For the control: whether each round keeps memory and an open file.
    private let leaks: Bool
    private var kept: [(memory: [UInt8], file: FileHandle?)] = []
    private var sample = SoakSample()

    /// - Parameter words: The vault's folder, an identity that opens it, where this device
    ///   remembers checkpoints, and how many seconds; `--leaks` for the control.
    /// - Throws: `badInput` for other words; what opening throws.
    init(_ words: [String]) throws {
        guard words.count >= 4, let seconds = Double(words[3]) else {
            throw VaultError(.badInput, "soak takes VAULT IDENTITY MEMORY SECONDS [--leaks].")
        }
        duration = .seconds(seconds)
        leaks = words.contains("--leaks")
        vault = try Vault.open(
            at: words[0], by: .identityFile(words[1]), auditor: Auditor(memory: words[2]))
    }

    func run() throws {
        let clock = ContinuousClock()
        let start = clock.now
        var said = start
        while clock.now - start < duration {
            try round()
            sample.rounds += 1
            guard clock.now - said >= .seconds(1) else { continue }
            said = clock.now
            sample.seconds = (said - start) / .seconds(1)
            try say()
        }
        sample.faults += try vault.verifyAudit().faults.map { "audit: \($0.path): \($0.fault)" }
        sample.seconds = (clock.now - start) / .seconds(1)
        try say()
        try vault.close()
    }

    private func round() throws {
        let word = "soak\(sample.rounds)word"
        try bring(word)
        let ids = Array(try vault.conversations(matching: word))
        expect(ids.count == Self.conversations, "\(word) is in \(ids.count) conversations")
        let hits = try vault.search(SearchRequest(word, limit: 100)).hits.count
        expect(hits == Self.conversations * Self.turns, "\(word) is in \(hits) messages")
        _ = try vault.addLabel("soaked", to: ids)
        _ = try vault.hide(ids)
        _ = try vault.unhide(ids)
        for id in ids { _ = try vault.conversation(id) }
        if sample.rounds % Self.roundsToHold == 1 { try hold() }
        try purge(ids)
        if sample.rounds % Self.roundsToErasure == 2 { try erase() }
        if leaks { keep() }
    }

    private func bring(_ word: String) throws {
        let ingestion = try vault.beginIngestion()
        for number in 0..<Self.conversations {
            var conversation = ImportedConversation(
                origin: Origin(source: "soak", id: "\(word) \(number)"))
            for turn in 0..<Self.turns {
                var message = ImportedMessage(
                    originID: "\(turn)", parent: nil, role: turn % 2 == 0 ? .user : .assistant)
                message.created = Instant(milliseconds: 1_800_000_000_000 + Int64(turn))
                message.parts = [ImportedPart(Part(.text, text: "\(word) comes and goes"))]
                conversation.messages.append(message)
            }
            try ingestion.add(conversation)
        }
        _ = try ingestion.finish()
    }

    /// On what stays, which is held for a day after its release.
    private func hold() throws {
        var scope = HoldScope()
        scope.labels = ["piece 0"]
        let hold = try vault.placeHold(matter: "soak \(sample.rounds)", scope: scope)
        _ = try vault.releaseHold(hold.id, reason: "settled")
    }

    private func purge(_ ids: [RecordID]) throws {
        let request = DisposalRequest(.conversations(ids), reason: "torture")
        let report = try vault.dispose(try vault.planDisposal(request), of: request)
        expect(report.conversations == ids.count, "\(report.conversations) were purged")
    }

    private func erase() throws {
        guard case .done = try vault.erase(tool: "TortureDriver") else {
            return sample.faults.append("what was purged was not erased")
        }
    }

    private func keep() {
        kept.append(
            ([UInt8](repeating: 1, count: 1 << 20), FileHandle(forReadingAtPath: "/dev/null")))
    }

    private func expect(_ condition: Bool, _ fault: @autoclosure () -> String) {
        if !condition { sample.faults.append("round \(sample.rounds): \(fault())") }
    }

    // ---- What the process has ----

    private func say() throws {
        sample.residentBytes = try Self.residentBytes()
        sample.handles = try Self.entries("/proc/self/fd")
        sample.threads = try Self.entries("/proc/self/task")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = try encoder.encode(sample) + [UInt8(ascii: "\n")]
        try FileHandle.standardOutput.write(contentsOf: line)
        sample.faults = []
    }

    private static func entries(_ folder: String) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: folder).count
    }

    private static func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * Int(getpagesize())
    }
}
