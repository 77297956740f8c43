package import JSONText
package import VaultCrypto

/// A conversation as an importer found it; the vault gives it ids and salts.
package struct ImportedConversation: Sendable {
    /// The source's kind and the conversation's id there: the key by which a second import finds
    /// it.
    package var origin: Origin
    package var title: String?
    /// `nil`: the custodian that the import names.
    package var custodian: String?
    package var project: String?
    package var labels: [String] = []
    package var created: Instant?
    package var modified: Instant?
    /// `originID` of the leaf of the branch that was last on the screen.
    package var current: String?
    /// Parents before children is not required; a parent that is not there makes a root.
    package var messages: [ImportedMessage] = []
    /// Members of the source that have no field here.
    package var extra = JSONObject()

    package init(origin: Origin) { self.origin = origin }
}

/// A message as an importer found it.
package struct ImportedMessage: Sendable {
    /// Unique in its conversation and the same in every export of it; where the source has no ids,
    /// the importer makes one from what does not change (position and content).
    package var originID: String
    package var parent: String?
    package var role: Role
    package var state: MessageState = .complete
    package var created: Instant?
    package var model: String?
    package var provider: String?
    package var host: String?
    package var region: String?
    package var stopReason: String?
    package var usage: JSONObject?
    package var parts: [ImportedPart] = []
    package var extra = JSONObject()

    package init(originID: String, parent: String?, role: Role) {
        self.originID = originID
        self.parent = parent
        self.role = role
    }
}

/// A part, with the file that belongs to it when the export holds one.
package struct ImportedPart: Sendable {
    /// Its `attachment` stays `nil`: the vault fills it from `file`.
    package var part: Part
    package var file: ImportedFile?

    package init(_ part: Part, file: ImportedFile? = nil) {
        self.part = part
        self.file = file
    }
}

/// An attachment's content, opened only when it is stored.
package struct ImportedFile: Sendable {
    package var name: String?
    package var mediaType: String?
    /// How much memory its content takes until it is stored; 0 when `open` reads it from a file.
    package var heldBytes: Int
    /// Opens the content; each call starts at its beginning.
    package var open: @Sendable () throws(VaultError) -> any ByteSource

    package init(
        name: String?, mediaType: String?, heldBytes: Int = 0,
        open: @escaping @Sendable () throws(VaultError) -> any ByteSource
    ) {
        self.name = name
        self.mediaType = mediaType
        self.heldBytes = heldBytes
        self.open = open
    }
}

/// A record that could not be imported, for the report.
package struct SkippedRecord: Sendable, Hashable {
    /// Where it is: file, and line, index or id inside it.
    package var place: String
    /// Why, in one sentence without content.
    package var reason: String
    /// Whether a whole conversation was left out, or one message of it.
    package var isConversation: Bool

    package init(place: String, reason: String, isConversation: Bool) {
        self.place = place
        self.reason = reason
        self.isConversation = isConversation
    }
}
