import Foundation
import Synchronization
import Testing
import VaultCrypto

@testable import Vault

@Suite struct ConcurrencyTests {
    @Test func `searches in a second opening see whole batches while an import runs`() throws {
        let test = try TestVault()
        let writer = try test.create()
        defer { try? writer.close() }
        let reader = try test.open()
        defer { try? reader.close() }
        let finished = Atomic(false)
        let failure = Mutex<String?>(nil)
        let thread = Thread {
            while !finished.load(ordering: .acquiring) {
                do {
                    let answer = try reader.search(SearchRequest("needle", limit: 100_000))
                    // Two messages of every conversation have the word: an odd number is half a
                    // one.
                    if answer.hits.count % 2 != 0 || answer.indexed != answer.total {
                        failure.withLock { $0 = "\(answer.hits.count) of \(answer.total)" }
                    }
                } catch { failure.withLock { $0 = "\(error)" } }
            }
        }
        thread.start()
        for round in 0..<20 {
            try writer.ingest(
                (0..<10).map {
                    conversation("r\(round)c\($0)", texts: ["a needle", "hay", "needle"])
                })
        }
        finished.store(true, ordering: .releasing)
        while !thread.isFinished { Thread.sleep(forTimeInterval: 0.01) }
        #expect(failure.withLock { $0 } == nil)
        #expect(try reader.search(SearchRequest("needle", limit: 1000)).hits.count == 400)
    }

    @Test func `a slot change waits for nobody who has the vault open for long`() throws {
        let test = try TestVault()
        let one = try test.create()
        defer { try? one.close() }
        let two = try test.open()
        let identity = AgeIdentity.generate()
        let error = #expect(throws: VaultError.self) {
            try one.addSlot(name: "office", kind: .recovery, recipient: identity.recipient)
        }
        #expect(error?.code == .busy)
        try two.close()
        try one.addSlot(name: "office", kind: .recovery, recipient: identity.recipient)
        #expect(one.slots.map(\.name) == ["passphrase", "office"])
    }

    @Test func `an emptied database is damage and never a new vault`() throws {
        let test = try TestVault()
        let vault = try test.create()
        try vault.ingest([conversation("a", texts: ["one"])])
        try vault.close()
        let path = test.directory + "/generations/1/vault.db"
        truncate(path, 0)
        #expect(#expect(throws: VaultError.self) { _ = try test.open() }?.code == .damaged)
        #expect(try Data(contentsOf: URL(filePath: path)).isEmpty)
        unlink(path)
        #expect(#expect(throws: VaultError.self) { _ = try test.open() }?.code == .damaged)
    }

    /// Runs work in a thread of its own.
    ///
    /// - Returns: What tells that it is done.
    private func start(_ work: @escaping @Sendable () -> Void) -> DispatchSemaphore {
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            work()
            done.signal()
        }
        thread.start()
        return done
    }

    @Test func `reads go on while the key of the vault changes`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        try vault.ingest([conversation("a", texts: ["needle", "needle"])])
        let id = try vault.conversationID(
            matching: vault.search(SearchRequest("needle")).hits[0].conversation.description)
        let finished = Atomic(false)
        let failures = Mutex<[String]>([])
        let readers = (0..<3).map { _ in
            start {
                while !finished.load(ordering: .acquiring) {
                    do {
                        _ = try vault.status()
                        let count = try vault.messages(of: id).count
                        let hits = try vault.search(SearchRequest("needle")).hits.count
                        if count != 2 || hits != 2 {
                            failures.withLock { $0.append("\(count), \(hits)") }
                        }
                    } catch { failures.withLock { $0.append("\(error)") } }
                }
            }
        }
        let changes = start {
            for round in 0..<10 {
                let recipient = AgeIdentity.generate().recipient
                do {
                    try vault.addSlot(name: "s\(round)", kind: .recovery, recipient: recipient)
                    try vault.removeSlot(name: "s\(round)")
                } catch { failures.withLock { $0.append("\(error)") } }
            }
        }
        // A change that waits for a reader who waits for it never ends.
        try #require(changes.wait(timeout: .now() + 120) == .success)
        finished.store(true, ordering: .releasing)
        for reader in readers { reader.wait() }
        #expect(failures.withLock { $0 } == [])
        #expect(try vault.status().generation == 11)
    }

    @Test func `an import that meets a new key is refused as busy and can be repeated`() throws {
        let test = try TestVault()
        let identity = AgeIdentity.generate()
        let vault = try test.create(recovery: identity.recipient)
        defer { try? vault.close() }
        let ingestion = try vault.beginIngestion()
        try ingestion.add(conversation("a", texts: ["needle", "needle"]))
        try vault.removeSlot(name: "office")
        let error = #expect(throws: VaultError.self) { try ingestion.finish() }
        #expect(error?.code == .busy)
        #expect(try vault.search(SearchRequest("needle")).hits.isEmpty)
        try vault.ingest([conversation("a", texts: ["needle", "needle"])])
        #expect(try vault.search(SearchRequest("needle")).hits.count == 2)
    }

    @Test func `of two changes of slots the second has the vault for itself as well`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        let (isIn, goOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let shared = Mutex<[VaultError.Code?]>([])
        let first = start {
            try? vault.changeAlone { _, _ in
                isIn.signal()
                goOn.wait()
            }
        }
        isIn.wait()
        let second = start {
            try? vault.changeAlone { (_, layout) throws(VaultError) in
                let other = try VaultLock(layout.lock)
                let taken = Result { () throws(VaultError) in
                    try other.take(.shared, withinMilliseconds: 0)
                }
                var code: VaultError.Code?
                if case .failure(let error) = taken { code = error.code }
                shared.withLock { $0.append(code) }
            }
        }
        Thread.sleep(forTimeInterval: 0.2)
        goOn.signal()
        first.wait()
        second.wait()
        #expect(shared.withLock { $0 } == [.busy])
    }

    @Test func `one opening is closed and another in the same process goes on`() throws {
        let test = try TestVault()
        let one = try test.create()
        defer { try? one.close() }
        let two = try test.open()
        try two.close()
        try? two.close()
        let generation = Mutex(0)
        // A second reader at the same time needs a connection that was not there before.
        try one.withSnapshot { _ in
            let reader = start {
                let found = (try? one.status().generation) ?? -1
                generation.withLock { $0 = found }
            }
            reader.wait()
        }
        #expect(generation.withLock { $0 } == 1)
    }

    @Test func `a vault is closed under its readers, and changes nothing afterwards`() throws {
        let test = try TestVault()
        let vault = try test.create()
        try vault.ingest([conversation("a", texts: ["needle", "needle"])])
        let codes = Mutex<Set<VaultError.Code?>>([])
        let readers = (0..<4).map { _ in
            start {
                do {
                    while true { _ = try vault.search(SearchRequest("needle")) }
                } catch {
                    let code = (error as? VaultError)?.code
                    codes.withLock { _ = $0.insert(code) }
                }
            }
        }
        Thread.sleep(forTimeInterval: 0.1)
        try vault.close()
        for reader in readers { reader.wait() }
        #expect(codes.withLock { $0 } == [.internalFault])
        let recipient = AgeIdentity.generate().recipient
        #expect(throws: VaultError.self) {
            try vault.addSlot(name: "late", kind: .recovery, recipient: recipient)
        }
        let again = try test.open()
        defer { try? again.close() }
        #expect(again.slots.map(\.name) == ["passphrase"])
        try again.addSlot(name: "next", kind: .recovery, recipient: recipient)
    }
}
