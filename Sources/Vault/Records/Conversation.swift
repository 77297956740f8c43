package import JSONText

/// Where a conversation came from: the kind of tool and its own id there.
package struct Origin: Sendable, Hashable {
    /// `chatgpt`, `claude.ai`, `claude-code`, `cowork`, `open-webui`, `librechat`, `lm-studio`,
    /// `jan`, `llm`, `jsonl`, or `coffer` for a chat held here.
    package var source: String
    package var id: String

    package init(source: String, id: String) {
        self.source = source
        self.id = id
    }
}

/// What is known of a conversation besides its messages.
package struct Conversation: Sendable, Hashable {
    package let id: RecordID
    package var title: String?
    package var custodian: String
    package var origin: Origin
    package var project: String?
    package var labels: [String]
    /// `nil` when the source says no time at all.
    package var created: Instant?
    package var modified: Instant?
    /// When it came into the vault.
    package var imported: Instant
    package var isHidden: Bool
    /// The leaf of the branch that was last on the screen.
    package var current: RecordID?
    package var messageCount: Int
    /// What the source holds that has no field here.
    package var extra: JSONObject
}

/// One message as it is stored.
///
/// Its envelope, one canonical line, carries in place of the parts the SHA-256 of each part's line:
/// `{"conversation","created","extra","host","id","model","origin","parent","parts":["<hex>"…],
/// "provider","region","role","salt","state","stopReason","usage","v":1,"version"}`, absent members
/// left out. `commitment = SHA-256(envelope line)`: one part can be withheld and the rest verifies.
package struct Message: Sendable, Hashable {
    package let id: RecordID
    package let conversation: RecordID
    package var parent: RecordID?
    /// The message's own id in the source.
    package var originID: String?
    package var role: Role
    package var state: MessageState
    /// 1 for the first; an edit keeps the earlier ones.
    package var version: Int
    /// `nil` when the source does not say.
    package var created: Instant?
    package var model: String?
    package var provider: String?
    package var host: String?
    package var region: String?
    package var stopReason: String?
    package var usage: JSONObject?
    package var extra: JSONObject
    package var parts: [Part]
    /// The canonical line of each part, byte for byte as it was committed to.
    package var partLines: [String]
    /// The canonical line of the envelope.
    package var envelopeLine: String
    /// 32 bytes.
    package var commitment: [UInt8]

    /// The line that an archive shows: commitment, envelope and parts, the latter two verbatim.
    package var recordLine: String { RecordLines.record(of: self) }
}
