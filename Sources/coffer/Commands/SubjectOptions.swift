import ArgumentParser
import JSONText
import Vault
import VaultArchive

/// An archive for the person whose data it holds.
struct SubjectOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Only what this custodian said and was told, hidden conversations too, with other \
            people's names, mail addresses and telephone numbers with a country's code masked. \
            More goes than that: all in front of an address in brackets, and what is only like a \
            name or number.
            """, valueName: "custodian"))
    var subject: String?

    @Option(
        help: ArgumentHelp(
            "A mail address of the subject's own, which stays (repeatable).",
            valueName: "address"))
    var ownAddress: [String] = []

    @Option(
        help: ArgumentHelp(
            "Mask these names and addresses too: a file with one on each line.",
            valueName: "file"),
        completion: .file())
    var mask: String?

    func validate() throws {
        if subject?.allSatisfy(\.isWhitespace) == true {
            throw ValidationError("--subject is empty; name the custodian.")
        }
        if subject == nil, mask != nil || !ownAddress.isEmpty {
            throw ValidationError("--mask and --own-address go with --subject.")
        }
    }

    /// Restricts a selection to the subject.
    func restrict(_ filter: inout ConversationFilter) {
        guard let subject else { return }
        filter.custodian = subject
        filter.includesHidden = true
    }

    /// Who is masked; `nil` without a subject.
    func mask(in vault: Vault) throws -> SubjectMask? {
        guard let subject else { return nil }
        var mask = SubjectMask(subject: subject)
        mask.ownAddresses = ownAddress
        mask.others = try vault.statistics().custodians.compactMap(\.name)
        mask.listed = try self.mask.map(Self.listed) ?? []
        return mask
    }

    private static func listed(_ path: String) throws -> [String] {
        let text = String(decoding: try NewFile.read(path), as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).map(String.init)
            .filter { line in line.contains { !$0.isWhitespace } && !line.hasPrefix("#") }
    }

    static let note =
        "Others are masked where their names or addresses are known. Read the pages before you "
        + "hand them over: a name that nobody listed and what attached files say is still there; "
        + "--mask FILE lists more."
}
