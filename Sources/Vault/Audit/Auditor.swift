import Foundation
import VaultCrypto

/// Who does what is logged, and where this device remembers how far the log went.
package struct Auditor: Sendable {
    /// The number of the operating system's user.
    let user: UInt32
    /// The same with a name, as `1000` or `1000:anna`.
    package let actor: String
    /// Eight hexadecimal digits that are the same for all that one process does.
    package let session: String
    /// A folder outside all vaults for their newest checkpoints; `nil` remembers none.
    package let memory: String?
    /// Where what the owner of an open vault reads is counted.
    private(set) var uses: OwnerUses?

    /// - Parameters:
    ///   - name: The name that the user logged in with.
    ///   - memory: A folder for checkpoints; it is made when it is needed.
    ///   - user: The number of the user who does it.
    package init(name: String? = nil, memory: String? = nil, user: UInt32 = getuid()) {
        let clean = name?.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F } == true
        actor = clean ? "\(user):\(name?.prefix(64) ?? "")" : String(user)
        session = Hex.text(Randomness.bytes(4))
        self.memory = memory
        self.user = user
    }

    /// The same for an open vault.
    func counting(at path: String) -> Auditor {
        var auditor = self
        auditor.uses = OwnerUses(path: path)
        return auditor
    }
}
