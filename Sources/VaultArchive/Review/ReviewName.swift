import JSONText
import Vault

extension ArchiveName {
    /// The conversation that a file for review is named for; `nil` when the name is not one that an
    /// export gives.
    static func conversation(ofReview path: String) -> RecordID? {
        guard let folder = review.first(where: { path.hasPrefix($0) }),
            let id = RecordID(path.dropFirst(folder.count).prefix(36))
        else { return nil }
        if folder == sessions { return path == session(id) ? id : nil }
        let words = path.dropFirst(folder.count + 36).prefix { $0 != "." }.split(
            separator: "_", omittingEmptySubsequences: false)
        guard words.count == 3, words[0].isEmpty, words[1].utf8.count == 8, words[2].utf8.count > 1,
            words.allSatisfy({ $0.utf8.allSatisfy { $0 &- 0x30 < 10 } })
        else { return nil }
        let name = "\(id)\(words.joined(separator: "_"))"
        return path == (folder == rsmf ? rsmf(name) : eml(name)) ? id : nil
    }

    /// The format that a file for review belongs to.
    static func format(ofReview path: String) -> ReviewOptions.Format? {
        switch path {
        case loadFile, loadFileReadme: .dat
        case _ where path.hasPrefix(rsmf): .rsmf
        case _ where path.hasPrefix(eml): .eml
        case _ where path.hasPrefix(sessions): .sessions
        default: nil
        }
    }
}

// Of the files for review the names are checked; their content is covered by the signatures.
extension BagChecker {
    /// Every file for review has to be named for a conversation of the archive, and to be of a kind
    /// that `meta/export.json` says was asked for.
    mutating func checkReview() {
        let chosen = export?["review"]?["formats"]?.array ?? []
        for file in ledger.files.values where file.isPresent && !faults.names(file.path) {
            guard let format = ArchiveName.format(ofReview: file.path) else { continue }
            if let fault = nameFault(file.path, format) {
                faults.add(file.path, fault)
            } else if isIntact(ArchiveName.export), !chosen.contains(.string(format.rawValue)) {
                faults.add(
                    file.path, "\(ArchiveName.export) does not say that there are such files")
            }
        }
    }

    private func nameFault(_ path: String, _ format: ReviewOptions.Format) -> String? {
        if format == .dat { return nil }
        guard let id = ArchiveName.conversation(ofReview: path) else {
            return "the file is not named for a conversation"
        }
        return ledger[ArchiveName.native(id)] == nil ? "the conversation has no record file" : nil
    }
}
