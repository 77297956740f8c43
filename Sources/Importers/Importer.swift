import JSONText
import Vault
import VaultCrypto

/// Reads one export format.
protocol Importer {
    static var format: ImportFormat { get }

    /// Whether a record (an element of an array, a line, a whole document) is of this format,
    /// judged by its members.
    static func recognises(_ value: JSON) -> Bool

    /// Imports one record.
    static func read(_ record: SourceRecord, _ emit: Emit) throws(VaultError)

    /// Imports one document; by default record by record.
    static func read(
        _ stream: DocumentStream, _ context: ImportContext, _ emit: Emit
    ) throws(VaultError)
}

extension Importer {
    static func read(
        _ stream: DocumentStream, _ context: ImportContext, _ emit: Emit
    ) throws(VaultError) {
        stream.readsSiblings = true
        var siblings = SiblingArrays(importer: Self.self)
        while try stream.next() {
            guard siblings.isRead(stream) else { continue }
            switch stream.value() {
            case .success(let value):
                try read(SourceRecord(value: value, stream: stream, context: context), emit)
            case .failure(let fault):
                try emit(
                    .skipped(
                        .init(
                            place: stream.place, reason: fault.reason, isConversation: true)))
            }
        }
    }

    static func read(_ record: SourceRecord, _ emit: Emit) throws(VaultError) {
        try record.skip("It is not a record of this format.", emit)
    }
}

/// Which arrays beside a wrapped one hold records: the first element of each decides.
struct SiblingArrays {
    let importer: any Importer.Type
    private var verdicts: [String: Bool] = [:]

    init(importer: any Importer.Type) { self.importer = importer }

    /// Whether the record that the stream reached is to be read.
    mutating func isRead(_ stream: DocumentStream) -> Bool {
        guard let name = stream.sibling else { return true }
        if let known = verdicts[name] { return known }
        let first = try? stream.value().get()
        let verdict = first.map { importer.recognises($0) } ?? false
        verdicts[name] = verdict
        return verdict
    }

    /// Names of the arrays that are not read.
    var unread: [String] { verdicts.filter { !$0.value }.keys.sorted() }
}

/// One parsed record and where it was found.
struct SourceRecord {
    let value: JSON
    let stream: DocumentStream
    let context: ImportContext

    var place: String { stream.place }

    /// Reports that the whole record is left out.
    func skip(_ reason: String, _ emit: Emit) throws(VaultError) {
        try emit(.skipped(.init(place: place, reason: reason, isConversation: true)))
    }

    /// Reports that one message of it is left out.
    func skip(message id: String, _ reason: String, _ emit: Emit) throws(VaultError) {
        try emit(
            .skipped(
                .init(
                    place: "\(place), message \(id)", reason: reason, isConversation: false)))
    }
}

/// What a document's importer may know of the rest of the export.
struct ImportContext: Sendable {
    /// Files that messages point to.
    let assets: AssetIndex
    /// Files that belong to this document: a session's transcript, a thread's messages.
    var companions: [ExportFile] = []
    /// Audit logs of a session.
    var audits: [ExportFile] = []
}

/// All importers, the more particular ones first.
enum Importers {
    static var all: [any Importer.Type] {
        [
            ChatGPT.self, ClaudeAI.self, OpenWebUI.self, LibreChat.self, LMStudio.self, Jan.self,
            Cowork.self, ClaudeCode.self, JSONLines.self,
        ]
    }

    static func importer(for value: JSON) -> (any Importer.Type)? {
        all.first { $0.recognises(value) }
    }

    static func importer(for format: ImportFormat) -> (any Importer.Type)? {
        all.first { $0.format == format }
    }
}
