package import JSONText
package import Providers
import Vault
import VaultCrypto

/// Reads a file that is attached to the conversation, as text.
///
/// It reaches nothing but the files of the branch that it was asked for in.
package struct AttachmentTool: ChatTool {
    /// So much of a file at a time.
    private static let mostBytes: Int64 = 200_000

    package init() {}

    package var definition: ToolDefinition {
        ToolDefinition(
            name: "read_attachment",
            description: """
                Reads a text file that is attached to this conversation. Long files are read in \
                pieces, from `offset` on, in bytes.
                """,
            inputSchema: ToolSchema.object(
                [
                    ("name", "string", "The file's name."),
                    ("offset", "integer", "0 where it is not given."),
                ], required: ["name"]))
    }

    package func run(_ input: JSON, in place: ToolPlace) async throws -> ToolResult.Content {
        let name = input["name"]?.string
        let offset = input["offset"]?.int ?? 0
        let files = place.path.messages.flatMap(\.parts).compactMap(\.attachment)
        guard let file = files.last(where: { $0.name == name }), offset >= 0 else {
            let names = files.compactMap(\.name).joined(separator: ", ")
            throw VaultError(
                .notFound, "There is no such file; attached are: \(names.isEmpty ? "none" : names)."
            )
        }
        return try await BlockingWork.run {
            let sink = PieceSink(from: offset, atMost: Self.mostBytes)
            try place.vault.readAttachment(file.sha256, into: sink)
            var object: JSONObject = ["sizeBytes": .integer(file.sizeBytes)]
            guard !sink.bytes.contains(0) else {
                throw VaultError(.unsupported, "The file is no text; ask the person about it.")
            }
            object["text"] = .string(String(decoding: sink.bytes, as: UTF8.self))
            let end = offset + Int64(sink.bytes.count)
            if end < file.sizeBytes { object["nextOffset"] = .integer(end) }
            return .json(.object(object))
        }
    }
}

/// Keeps a piece of what is written into it.
private final class PieceSink: ByteSink {
    private var place: Int64 = 0
    private let range: Range<Int64>
    private(set) var bytes: [UInt8] = []

    init(from start: Int64, atMost count: Int64) {
        range = start..<(start.addingReportingOverflow(count).overflow ? .max : start + count)
    }

    func write(_ buffer: UnsafeRawBufferPointer) {
        let piece = place..<(place + Int64(buffer.count))
        let wanted = piece.clamped(to: range)
        if !wanted.isEmpty {
            let start = Int(wanted.lowerBound - place)
            unsafe bytes.append(contentsOf: buffer[start..<start + wanted.count])
        }
        place = piece.upperBound
    }
}
