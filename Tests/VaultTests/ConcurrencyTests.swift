import Foundation
import Synchronization
import Testing
import Vault
import VaultCrypto

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
}
