import Foundation
import Synchronization
import Vault
import VaultCrypto

/// One opening of a vault that many threads use.
final class Scene: Sendable {
    let vault: Vault
    let ledger: Ledger
    let seed: String
    /// Who writes comes to an end.
    let isEnding = Atomic(false)
    /// The vault is being closed: from now on calls may be refused.
    let isClosing = Atomic(false)

    init(_ vault: Vault, _ ledger: Ledger, seed: String) {
        self.vault = vault
        self.ledger = ledger
        self.seed = seed
    }

    /// Does a change that may meet a change of the vault's key: what was refused so is repeated.
    func repeated<T>(_ body: () throws -> T) throws -> T {
        for _ in 0..<200 {
            do {
                return try body()
            } catch let error as VaultError where error.code == .busy && !isOver {
                ledger.count("busy")
                Thread.sleep(forTimeInterval: 0.02)
            }
        }
        return try body()
    }

    /// Changes a conversation and notes it once that is acknowledged.
    ///
    /// - Parameters:
    ///   - name: The ledger's name of it.
    ///   - body: The change.
    ///   - said: What is known once it is done.
    /// - Throws: What the change throws, but `notFound` for one that may be absent.
    func change(
        _ name: String, _ body: () throws -> Void, _ said: (inout Ledger.Entry) -> Void
    ) throws {
        ledger.change(name) { $0.pending += 1 }
        do {
            try repeated(body)
        } catch let error as VaultError where error.code == .notFound && ledger.mayBeAbsent(name) {
            return
        }
        ledger.change(name) { entry in
            entry.pending -= 1
            said(&entry)
        }
    }

    var isOver: Bool { isClosing.load(ordering: .sequentiallyConsistent) }

    /// Waits for so long, or until the end.
    func pause(milliseconds: Int) {
        for _ in 0..<(milliseconds + 9) / 10 {
            if isEnding.load(ordering: .relaxed) || isOver { return }
            Thread.sleep(forTimeInterval: 0.01)
        }
    }
}

/// What a thread does again and again.
protocol Worker: AnyObject {
    func step() throws
}

/// A thread of a scene.
struct ThreadRole: Sendable {
    var name: String
    /// Whether it ends before the vault is closed, so that all it did was acknowledged.
    var isWriter: Bool
    var make: @Sendable (Scene, String) -> any Worker
}

extension Scene {
    /// Lets a worker work until its time is over.
    func run(_ part: ThreadRole) {
        let worker = part.make(self, part.name)
        while !isOver, !(part.isWriter && isEnding.load(ordering: .sequentiallyConsistent)) {
            ledger.note(part.name, "works")
            do {
                try worker.step()
                ledger.count(String(part.name.prefix { $0.isLetter }))
            } catch {
                if isOver { break }
                let failure = error as? VaultError
                if failure?.code == .busy {
                    ledger.count("busy")
                } else {
                    ledger.find(
                        "\(part.name): \(failure?.code.rawValue ?? "\(type(of: error))"): "
                            + "\(failure?.message ?? "\(error)") "
                            + "\(failure?.underlying.map { "\($0)" } ?? "")")
                }
            }
        }
        ledger.note(part.name, "is done")
    }
}
