package import JSONText
import VaultCrypto

/// Who speaks.
package enum Role: String, Sendable, CaseIterable {
    case user, assistant, system, tool
}

/// How far a message got.
package enum MessageState: String, Sendable, CaseIterable {
    case streaming, complete, stopped, failed
}

/// One piece of a message, whatever tool it came from.
///
/// Canonical form, one line, absent members left out:
/// `{"attachment":{"mediaType","name","sha256","size"},"data":…,"name":"…","salt":"<32 hex>",
/// "text":"…","type":"text"}`. The salt is random, so that the hash of a line says nothing about
/// its content.
package struct Part: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        case text
        case thinking
        case toolUse = "tool_use"
        case toolResult = "tool_result"
        case image
        case document
        /// A kind that Coffer has no name for; `data` holds it as it was found.
        case other
    }

    package var kind: Kind
    /// What a person reads and searches: the text, the tool's output, a caption, a transcript.
    package var text: String?
    /// The tool's name, or the name of the file.
    package var name: String?
    /// What has structure: a tool's input, citations, a block of unknown kind as it was found.
    package var data: JSON?
    package var attachment: AttachmentReference?

    package init(
        _ kind: Kind, text: String? = nil, name: String? = nil, data: JSON? = nil,
        attachment: AttachmentReference? = nil
    ) {
        self.kind = kind
        self.text = text
        self.name = name
        self.data = data
        self.attachment = attachment
    }

    /// Everything in the part that search finds: name, text, the strings in `data` in the canonical
    /// order of its members, the attachment's name.
    ///
    /// The same before a part is stored and after.
    package var searchableText: String {
        var pieces = [name, text].compactMap { $0 }
        if let data { Self.collectStrings(data, into: &pieces) }
        if let file = attachment?.name, file != name { pieces.append(file) }
        return pieces.joined(separator: "\n")
    }

    private static func collectStrings(_ value: JSON, into pieces: inout [String]) {
        switch value {
        case .string(let text): pieces.append(text)
        case .array(let elements):
            for element in elements { collectStrings(element, into: &pieces) }
        case .object(let object):
            for member in object.canonicalMembers { collectStrings(member.value, into: &pieces) }
        case .null, .bool, .number: break
        }
    }
}

/// A file that belongs to a message.
///
/// The content is stored once in the vault, by its SHA-256.
package struct AttachmentReference: Sendable, Hashable {
    /// 32 bytes.
    package var sha256: [UInt8]
    package var sizeBytes: Int64
    package var name: String?
    package var mediaType: String?

    package init(sha256: [UInt8], sizeBytes: Int64, name: String?, mediaType: String?) {
        self.sha256 = sha256
        self.sizeBytes = sizeBytes
        self.name = name
        self.mediaType = mediaType
    }
}
