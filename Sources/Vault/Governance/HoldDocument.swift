import JSONText
import Policy
import VaultCrypto

/// What an entry `hold.place` says: a canonical JSON object.
///
/// ```
/// matched   ids of the conversations that the hold matched when it was placed: they stay held even
///           where what it selects by is changed later
/// matter    the name of the matter
/// restored  absent, or which archive brought the hold: {"bag","hold","signer","tagManifest",
///           "vault"}; `hold` is its id in the vault of the archive
/// messages  {"count","root"}: the messages of the matched conversations as leaves of a tree, see
///           `HoldStanding`
/// salt      32 hex digits
/// scope     {"after","before","conversations","custodians","labels","projects","query"}, each
///           absent where it selects by nothing; times in milliseconds
/// ```
struct HoldDocument: Equatable {
    /// Where a hold comes from that an archive brought; `nil` for one that was placed here.
    private(set) var origin: HoldOrigin?
    var matter: String
    var scope: HoldScope
    var matched: Set<RecordID>
    var messages: CommittedMessages

    var json: JSONObject {
        [
            "messages": .object([
                "count": .integer(messages.count), "root": .string(Hex.text(messages.root)),
            ]),
            "matched": .array(matched.sorted().map { .string($0.description) }),
            "matter": .string(matter),
            "scope": .object(Self.json(of: scope)),
        ]
    }

    static func json(of scope: HoldScope) -> JSONObject {
        var object = JSONObject()
        for (name, values) in [
            ("custodians", scope.custodians), ("conversations", scope.conversations),
            ("labels", scope.labels), ("projects", scope.projects),
        ] where !values.isEmpty {
            object[name] = .array(values.sorted().map(JSON.string))
        }
        object["after"] = scope.after.map { .integer($0) }
        object["before"] = scope.before.map { .integer($0) }
        object["query"] = scope.query.map(JSON.string)
        return object
    }

    init(
        matter: String, scope: HoldScope, matched: Set<RecordID>, messages: CommittedMessages
    ) {
        self.messages = messages
        self.matter = matter
        self.scope = scope
        self.matched = matched
    }

    /// - Throws: `damaged` for anything else: a hold that cannot be understood stops destruction.
    init(_ json: JSONObject) throws(VaultError) {
        guard let matter = json["matter"]?.string, let said = json["scope"]?.object,
            let matched = json["matched"]?.array?.map({ $0.string.flatMap { RecordID($0) } }),
            !matched.contains(nil),
            let count = json["messages"]?["count"]?.int,
            let root = json["messages"]?["root"]?.string.flatMap(Hex.bytes)
        else { throw Self.fault }
        var scope = HoldScope()
        for member in said.members {
            let texts = member.value.array?.compactMap(\.string)
            switch (member.key, texts, member.value.int, member.value.string) {
            case ("custodians", let values?, _, _): scope.custodians = Set(values)
            case ("conversations", let values?, _, _): scope.conversations = Set(values)
            case ("labels", let values?, _, _): scope.labels = Set(values)
            case ("projects", let values?, _, _): scope.projects = Set(values)
            case ("after", _, let time?, _): scope.after = time
            case ("before", _, let time?, _): scope.before = time
            case ("query", _, _, let query?): scope.query = query
            default: throw Self.fault
            }
        }
        self.matter = matter
        self.scope = scope
        self.matched = Set(matched.compactMap(\.self))
        messages = CommittedMessages(count: Int(count), root: root)
        origin = json["restored"].flatMap { HoldOrigin($0, matter: matter) }
    }

    static var fault: VaultError {
        VaultError(
            .damaged,
            "A hold in the audit log cannot be understood, so that nothing is destroyed; update "
                + "Coffer or run `coffer audit verify`.")
    }
}

/// A hold of another vault.
struct HoldOrigin: Equatable {
    /// Its id there.
    var hold: String
    /// `SHA256:…` of the key that signed the archive.
    var signer: String
    /// The vault's id, as the archive says it.
    var vault: String?

    init(hold: String, signer: String, vault: String?) {
        self.hold = hold
        self.signer = signer
        self.vault = vault
    }

    /// What the member `restored` says; before it had `hold`, the matter was the hold's id.
    fileprivate init?(_ said: JSON, matter: String) {
        guard let signer = said["signer"]?.string else { return nil }
        self.init(
            hold: said["hold"]?.string ?? matter, signer: signer, vault: said["vault"]?.string)
    }
}
