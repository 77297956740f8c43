import Foundation
import Vault
import VaultCrypto

/// Destroys conversations of all threads, and erases what was destroyed.
final class Purger: Worker {
    private let scene: Scene
    private var draw: Draw

    init(_ scene: Scene, _ name: String) {
        self.scene = scene
        draw = Draw("\(scene.seed)/\(name)")
    }

    func step() throws {
        scene.pause(milliseconds: 100 + draw.below(200))
        guard let chosen = scene.ledger.choose(&draw), let taken = scene.ledger.take(chosen) else {
            return
        }
        let request = DisposalRequest(.conversations([taken.id]), reason: "torture")
        var destroyed: Int?
        do {
            try scene.repeated {
                let plan = try scene.vault.planDisposal(request)
                for fault in plan.faults { scene.ledger.find("planning a purge: \(fault)") }
                destroyed = try scene.vault.dispose(plan, of: request).conversations
            }
        } catch let error as VaultError where error.code == .notFound {
            // Repeated, because the end of it met a change of the key.
            destroyed = 1
        }
        settle(chosen, taken.isHeld, destroyed ?? 0)
        if draw.below(3) == 0 { try erase() }
    }

    private func settle(_ name: String, _ wasHeld: Bool, _ destroyed: Int) {
        if destroyed == 1 {
            if wasHeld { scene.ledger.find("\(name) was held and is destroyed") }
            scene.ledger.lose(name)
            return
        }
        let isHolding = scene.ledger.entry(name)?.isHolding ?? false
        if !isHolding { scene.ledger.find("\(name) was to be destroyed and is not") }
        scene.ledger.change(name) { $0.isGoing = false }
    }

    private func erase() throws {
        switch try scene.repeated({ try scene.vault.erase(tool: "torture") }) {
        case .nothingToDo: scene.ledger.count("erasures of nothing")
        case .deferred: scene.ledger.count("erasures put off")
        case .done: scene.ledger.count("erasures")
        }
    }
}

/// Adds slots, gives them other recipients, and removes them, which changes the vault's key.
final class SlotKeeper: Worker {
    private let scene: Scene
    private let name: String
    private var draw: Draw
    private var mine: [String] = []
    private var count = 0

    init(_ scene: Scene, _ name: String) {
        self.scene = scene
        self.name = name
        draw = Draw("\(scene.seed)/\(name)")
    }

    func step() throws {
        scene.pause(milliseconds: 60 + draw.below(200))
        let identity = AgeIdentity.generate()
        if mine.isEmpty || draw.below(3) == 0 {
            count += 1
            let slot = "\(name)-\(scene.seed.filter { $0.isNumber })-\(count)"
            try scene.ledger.changeSlot {
                try scene.repeated {
                    try scene.vault.addSlot(
                        name: slot, kind: .recovery, recipient: identity.recipient)
                }
            } _: { slots in
                slots.insert(slot)
            }
            mine.append(slot)
        } else if draw.below(2) == 0 {
            let slot = mine[draw.below(mine.count)]
            try scene.repeated {
                try scene.vault.rotateSlot(name: slot, recipient: identity.recipient)
            }
        } else {
            let slot = mine.removeLast()
            try scene.ledger.changeSlot {
                try scene.repeated { try scene.vault.removeSlot(name: slot) }
            } _: { slots in
                slots.remove(slot)
            }
            scene.ledger.count("new keys")
        }
    }
}
