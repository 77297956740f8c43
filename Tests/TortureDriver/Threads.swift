import Foundation
import Synchronization
import Vault
import VaultCrypto

/// `threads FOLDER SEED SECONDS`: many threads at once on one vault, again and again.
///
/// What is left of the vault is looked at each time. One line of JSON says what was done and found.
/// The seed decides what each thread does, and not how they take turns. With `unsaid` behind it,
/// something is changed each time that the ledger is not told of, which must be found.
struct Threads {
    private struct Report: Encodable {
        var counts: [String: Int]
        var findings: [String]
    }

    private static let parts: [ThreadRole] = [
        ThreadRole(name: "import1", isWriter: true) { Importer($0, $1) },
        ThreadRole(name: "import2", isWriter: true) { Importer($0, $1) },
        ThreadRole(name: "turns1", isWriter: true) { Talker($0, $1) },
        ThreadRole(name: "turns2", isWriter: true) { Talker($0, $1) },
        ThreadRole(name: "labels1", isWriter: true) { Labeller($0, $1) },
        ThreadRole(name: "labels2", isWriter: true) { Labeller($0, $1) },
        ThreadRole(name: "holds1", isWriter: true) { Holder($0, $1) },
        ThreadRole(name: "purges1", isWriter: true) { Purger($0, $1) },
        ThreadRole(name: "purges2", isWriter: true) { Purger($0, $1) },
        ThreadRole(name: "slots1", isWriter: true) { SlotKeeper($0, $1) },
        ThreadRole(name: "slots2", isWriter: true) { SlotKeeper($0, $1) },
        ThreadRole(name: "index1", isWriter: true) { IndexKeeper($0, $1) },
        ThreadRole(name: "search1", isWriter: false) { Searcher($0, $1) },
        ThreadRole(name: "search2", isWriter: false) { Searcher($0, $1) },
        ThreadRole(name: "show1", isWriter: false) { Shower($0, $1) },
        ThreadRole(name: "show2", isWriter: false) { Shower($0, $1) },
        ThreadRole(name: "export1", isWriter: false) { Exporter($0, $1) },
        ThreadRole(name: "verify1", isWriter: false) { Verifier($0, $1) },
        ThreadRole(name: "verify2", isWriter: false) { Verifier($0, $1) },
    ]

    private let folder: String
    private let seed: String
    private let seconds: Double
    private let hidesChanges: Bool
    private let ledger = Ledger()
    private let identity = AgeIdentity.generate()
    private let watch = Watch()

    init?(_ words: [String]) {
        guard words.count >= 3, let seconds = Double(words[2]) else { return nil }
        hidesChanges = words.dropFirst(3) == ["unsaid"]
        guard words.count == 3 || hidesChanges else { return nil }
        (folder, seed) = (words[0], words[1])
        self.seconds = seconds
    }

    func run() throws {
        let ledger = ledger
        watch.start { phase in
            ledger.find("nothing moves any more: \(phase): \(ledger.doing)")
            Self.report(ledger)
            // What hangs cannot be waited for.
            _exit(0)
        }
        let end = Date(timeIntervalSinceNow: seconds)
        var vaults = 0
        while Date.now < end {
            vaults += 1
            try use("\(folder)/vault-\(vaults)", "\(seed)v\(vaults)", until: end)
            try FileManager.default.removeItem(atPath: "\(folder)/vault-\(vaults)")
        }
        Self.report(ledger)
    }

    private static func report(_ ledger: Ledger) {
        let (counts, findings) = ledger.result
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let line = try? encoder.encode(Report(counts: counts, findings: findings)) else {
            return
        }
        FileHandle.standardOutput.write(line + Data("\n".utf8))
    }

    // MARK: One vault

    /// Makes a vault, and opens it a few times.
    private func use(_ place: String, _ seed: String, until end: Date) throws {
        let path = try writeIdentity(place)
        var creation = VaultCreation(custodian: "ada")
        creation.recipients = [("device", .device, identity.recipient)]
        var draw = Draw("\(seed)/rounds")
        if draw.below(2) == 0, let english = Stemming(name: "english") {
            creation.stemming = english
        }
        try Vault.create(at: "\(place)/vault", creation, auditor: auditor(place)).close()
        ledger.begin(slots: ["device"])
        for round in 0..<3 where Date.now < end {
            let vault = try Vault.open(
                at: "\(place)/vault", by: .identityFile(path), auditor: auditor(place))
            let scene = Scene(vault, ledger, seed: "\(seed)r\(round)")
            try work(scene, seconds: 2 + Double(draw.below(4)), closesEarly: draw.below(3) == 0)
            if hidesChanges { try changeUnsaid(place, path) }
            judge(place, path, "\(seed)r\(round)", writes: round == 2)
            ledger.count("rounds")
        }
    }

    private func auditor(_ place: String) -> Auditor { Auditor(memory: "\(place)/checkpoints") }

    private func writeIdentity(_ place: String) throws -> String {
        try FileManager.default.createDirectory(
            atPath: place, withIntermediateDirectories: true)
        let sink = BytesSink()
        try identity.write(to: sink)
        let path = "\(place)/identity.txt"
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data(sink.bytes),
                attributes: [.posixPermissions: 0o600])
        else { throw VaultError(.inputOutput, "\(path) cannot be written.") }
        return path
    }

    /// Runs all threads, and closes the vault while some of them still read, or all go on.
    private func work(_ scene: Scene, seconds: Double, closesEarly: Bool) throws {
        let (writers, readers) = (DispatchGroup(), DispatchGroup())
        watch.expect("works", withinSeconds: seconds + 180)
        for part in Self.parts {
            let group = part.isWriter ? writers : readers
            group.enter()
            // Some are tasks, which take turns on few threads.
            if part.name == "search2" || part.name == "show2" {
                Task.detached {
                    scene.run(part)
                    group.leave()
                }
            } else {
                let thread = Thread {
                    scene.run(part)
                    group.leave()
                }
                // That of the main thread: a debug build needs more than a thread usually has.
                thread.stackSize = 8 << 20
                thread.start()
            }
        }
        Thread.sleep(forTimeInterval: seconds)
        if !closesEarly {
            scene.isEnding.store(true, ordering: .sequentiallyConsistent)
            writers.wait()
        }
        scene.isClosing.store(true, ordering: .sequentiallyConsistent)
        do {
            try scene.vault.close()
        } catch {
            ledger.find("closing: \(error)")
        }
        writers.wait()
        readers.wait()
    }

    /// Brings two conversations, destroys one and labels the other, and says only the first.
    private func changeUnsaid(_ place: String, _ path: String) throws {
        let vault = try Vault.open(
            at: "\(place)/vault", by: .identityFile(path), auditor: auditor(place))
        defer { try? vault.close() }
        var ids: [RecordID] = []
        for text in ["lost", "labelled"] {
            var message = ImportedMessage(originID: "", parent: nil, role: .user)
            message.parts = [ImportedPart(Part(.text, text: text))]
            let id = try vault.beginConversation(title: nil, [message])
            let first = try vault.messages(of: id).first?.id.description ?? ""
            ledger.add("chat/\(id)", Ledger.Entry(id: id, texts: [first: text]))
            ids.append(id)
        }
        _ = try vault.purgeAskingNoRule([ids[0]])
        _ = try vault.addLabel("unsaid", to: [ids[1]])
    }

    // MARK: What is left

    private func judge(_ place: String, _ path: String, _ seed: String, writes: Bool) {
        watch.expect("is judged", withinSeconds: 240)
        let request = JudgeRequest(
            vault: "\(place)/vault", identity: path, memory: "\(place)/checkpoints",
            words: ["harbour"], examines: true, writes: writes)
        let judgement = Judge(request).judgement()
        if let refused = judgement.refused {
            ledger.find("\(seed): \(refused): \(judgement.message ?? "")")
        }
        for fault in judgement.faults { ledger.find("\(seed): \(fault)") }
        do {
            let (found, slots) = try contents(place, path)
            for wrong in ledger.compare(with: found, slots: slots) {
                ledger.find("\(seed): \(wrong)")
            }
            ledger.settle(found, slots)
        } catch {
            ledger.find("\(seed): \(error)")
        }
    }

    /// All that the vault has, as a ledger would say it.
    private func contents(
        _ place: String, _ path: String
    ) throws -> ([String: Ledger.Entry], Set<String>) {
        let vault = try Vault.open(
            at: "\(place)/vault", by: .identityFile(path), auditor: auditor(place))
        defer { try? vault.close() }
        var everything = ConversationFilter()
        everything.includesHidden = true
        var found: [String: Ledger.Entry] = [:]
        try vault.forEachRecord(everything) { conversation, messages, _ in
            // What the judge adds, to see whether it can.
            if conversation.origin.id == "after" { return }
            let isOurs = conversation.origin.source == Vault.ownSource
            var entry = Ledger.Entry(id: conversation.id)
            for message in messages {
                let name = isOurs ? message.id.description : message.originID ?? ""
                entry.texts[name] = message.parts.compactMap(\.text).joined()
            }
            entry.labels = Set(conversation.labels)
            entry.isHidden = conversation.isHidden
            found[isOurs ? "chat/\(conversation.id)" : conversation.origin.id] = entry
        }
        return (found, Set(vault.slots.map(\.name)))
    }
}
