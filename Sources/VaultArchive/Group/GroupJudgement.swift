import JSONText
import Vault

/// What an archive of a group says of itself, for a comparison with the others.
package struct GroupMember: Sendable {
    package let group: ArchiveGroup
    /// The vault, and the state of its log.
    let origin: String
    let conversations: Set<String>
    let messages: Int
}

extension BagChecker {
    /// The archive's place in its group, when that is as it was signed.
    var member: GroupMember? {
        guard isIntact(ArchiveName.export), let export,
            let group = export["group"].flatMap(ArchiveGroup.init)
        else { return nil }
        let origin = JSONWriter.line(
            .array([export["vault"] ?? .null, export["log"] ?? .null, export["signer"] ?? .null]))
        let records = ledger.files.values.filter {
            $0.isPresent && $0.path.hasPrefix(ArchiveName.native)
        }
        return GroupMember(
            group: group, origin: origin, conversations: Set(records.map(\.path)),
            messages: Int(messages))
    }

    /// Compares what `bag-info.txt` says of the group with `meta/export.json`.
    ///
    /// A copy is of no group: of the archives that were redacted, the seal says how many there are.
    mutating func checkGroup() {
        guard isIntact(ArchiveName.export) else { return }
        let said = export?["group"]
        let group = said.flatMap(ArchiveGroup.init)
        if said != nil, group == nil {
            return faults.add(ArchiveName.export, "its group cannot be")
        }
        if said != nil, !saidOriginals.isEmpty {
            return faults.add(
                ArchiveName.export, "it says that it is of a group, and a copy is of none")
        }
        guard isIntact(ArchiveName.bagInfo) else { return }
        let lines = text(ArchiveName.bagInfo)?.split(separator: "\n") ?? []
        let found = lines.filter {
            $0.hasPrefix("Bag-Group-Identifier:") || $0.hasPrefix("Bag-Count:")
        }
        let isOther = group.map { found.map(String.init) != $0.bagInfo }
        if isOther ?? found.contains(where: { $0 != "Bag-Count: 1 of 1" }) {
            faults.add(
                ArchiveName.bagInfo, "it names another group of archives than meta/export.json")
        }
    }
}

/// Whether several archives are one group, and all of it.
package struct GroupJudgement: Sendable {
    /// The group, when every archive is of it.
    package private(set) var group: ArchiveGroup?
    /// With the name of the archive in question as the path; empty for the group as a whole.
    package private(set) var faults: [ArchiveFault] = []

    /// - Parameter archives: What was found in each, with the name to tell it by.
    package init(_ archives: [(name: String, result: ArchiveVerifier.Result)]) {
        let members = archives.compactMap { name, result in
            result.member.map { (name: name, member: $0) }
        }
        for (name, result) in archives where result.member == nil {
            add(
                name,
                result.isValid
                    ? "it is \(Self.kind(result))of no group; verify it by itself"
                    : "nothing tells which group it is of")
        }
        guard let first = members.first else { return }
        var numbers: [Int: String] = [:]
        var places: [String: String] = [:]
        for (name, member) in members {
            let group = member.group
            guard group.isWith(first.member.group) else {
                add(name, "it is of another group than \(first.name)")
                continue
            }
            if let other = numbers.updateValue(name, forKey: group.number) {
                add(name, "it is archive \(group.place), and so is \(other)")
                continue
            }
            if member.origin != first.member.origin {
                add(
                    name,
                    "it shows another state of the log, or has another signer, than the others")
            }
            let twice = member.conversations.filter {
                places.updateValue(name, forKey: $0) != nil
            }
            if !twice.isEmpty {
                let verb = twice.count == 1 ? "is" : "are"
                add(name, "\(twice.count.counted("conversation")) of it \(verb) in another one too")
            }
        }
        let group = first.member.group
        if faults.isEmpty { self.group = group }
        let missing = (1...group.count).filter { numbers[$0] == nil }
        for number in missing { add("", "archive \(number) of \(group.count) is missing") }
        guard faults.isEmpty else { return }
        compareTotals(members.map(\.member), group)
    }

    /// What may be taken for an archive of a group, since it was made of one.
    private static func kind(_ result: ArchiveVerifier.Result) -> String {
        guard result.withheld?.isCopy == true, let group = result.withheld?.group else { return "" }
        return "a copy of archive \(group.place), which is "
    }

    private mutating func compareTotals(_ members: [GroupMember], _ group: ArchiveGroup) {
        let conversations = members.reduce(0) { $0 + $1.conversations.count }
        let messages = members.reduce(0) { $0 + $1.messages }
        if conversations != group.conversations || messages != group.messages {
            add(
                "",
                "together they have \(conversations.counted("conversation")) and "
                    + "\(messages.counted("message")), and each says that there are "
                    + "\(group.conversations.grouped) and \(group.messages.grouped)")
        }
    }

    private mutating func add(_ name: String, _ fault: String) {
        faults.append(ArchiveFault(path: name, fault: fault))
    }
}

extension ArchiveGroup {
    /// Whether two places are of the same group.
    fileprivate func isWith(_ other: ArchiveGroup) -> Bool {
        (id, count, conversations, messages)
            == (other.id, other.count, other.conversations, other.messages)
    }
}
