import JSONText
import VaultCrypto

/// The slots that were added and rotated in a generation, as the log says it, against those of the
/// header.
///
/// The header is authentic as long as its key is in force, an older one of the same generation too.
/// Within a generation no slot goes, so one that was added must be there, and none may have a
/// recipient that was replaced. A change is logged when it is done: a slot that no entry names may
/// come of one that was cut off.
struct LoggedSlots {
    private struct Said {
        /// The last entry about the slot.
        var entry: Int64
        /// Recipients that it had.
        var former: Set<String> = []
    }

    /// The last generation of which an entry says something.
    private var generation: Int64 = 0
    private var said: [String: Said] = [:]

    mutating func take(_ entry: AuditEntry, _ document: JSONObject?) {
        guard [.slotAdded, .slotRotated].contains(entry.event), let name = entry.object,
            let number = entry.figures[Self.generationFigure]
        else { return }
        if number != generation { said = [:] }
        generation = number
        said[name, default: Said(entry: entry.index)].entry = entry.index
        if let former = document?[Self.formerMember]?.string {
            said[name]?.former.insert(former)
        }
    }

    /// What an entry about a slot calls the generation that it was added or rotated in.
    static let generationFigure = "generation"
    /// What its document calls the recipient that was replaced.
    static let formerMember = "former"

    /// What contradicts the log.
    func faults(_ header: VaultHeader) -> [VaultFault] {
        guard generation == header.generation else { return [] }
        return said.sorted { $0.value.entry < $1.value.entry }.compactMap { name, said in
            let slot = header.slots.first { $0.name == name }
            if let slot, !said.former.contains(slot.recipient.description) { return nil }
            let what = slot == nil ? "has no slot \(name)" : "has the slot \(name) as it was before"
            return VaultFault(
                path: "coffer.json",
                fault: "\(what), against entry \(said.entry): an older header was put back; "
                    + (slot == nil ? "add the slot again" : "rotate the slot again"))
        }
    }
}
