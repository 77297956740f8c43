import Foundation
import JSONText
import Testing
import VaultCrypto

@testable import Vault
@testable import VaultArchive

/// Vaults whose archives go back and forth, in a folder that is removed at the end.
final class RestoreWorld {
    let place: TemporaryFolder

    init() throws { place = try TemporaryFolder() }

    func vault(_ name: String, trusting others: [Vault] = []) throws -> Vault {
        var creation = VaultCreation(custodian: name)
        creation.passphrase = SecretBytes(count: 8) {
            $0.initializeMemory(as: UInt8.self, repeating: 0x61)
        }
        creation.workFactor = 4
        creation.allowsWeakWorkFactor = true
        let vault = try Vault.create(
            at: "\(place.path)/\(name).coffer", creation, now: { testTime(0) })
        for other in others {
            _ = try vault.trust(other.ownFingerprint(), name: other.directory)
        }
        return vault
    }

    /// Exports everything, hidden conversations too, unless the filter says otherwise.
    ///
    /// Under the key of these tests where it is to be signed again.
    @discardableResult
    func export(
        _ vault: Vault, _ name: String, isResigned: Bool = false,
        change: (inout ConversationFilter) -> Void = { _ in }
    ) throws -> String {
        var filter = ConversationFilter()
        filter.includesHidden = true
        change(&filter)
        try? place.remove(name)
        try vault.withSnapshot { snapshot in
            let source = try VaultArchiveSource(
                snapshot, of: vault.id, filter: filter, only: nil, begun: nil, tool: "Coffer test")
            let resigned = ResignedSource(source: source)
            _ = try ArchiveExport.run(isResigned ? resigned : source, place.request(name))
        }
        return "\(place.path)/\(name)"
    }

    @discardableResult
    func restore(
        _ path: String, into vault: Vault, isDryRun: Bool = false
    ) throws -> RestoreReport {
        var request = ArchiveRestore.Request(path)
        request.isDryRun = isDryRun
        switch try ArchiveRestore.run(request, into: vault) {
        case .restored(let restored): return restored.report
        case .faults(let result): throw Faults(faults: result.faults)
        }
    }

    /// Restores the only conversation of an archive as one that another key signed, its records
    /// and what it says of other vaults changed.
    func restore(
        _ path: String, into vault: Vault, by signer: String,
        brought: BroughtRecords? = nil,
        change: (inout [RestoredRecord]) -> Void = { _ in }
    ) throws -> RestoreReport {
        let name = (path as NSString).lastPathComponent
        let file = try #require(try place.files("\(name)/data/native").first)
        let lines = try place.read("\(name)/data/native/\(file)").split(separator: 0x0A)
            .map { String(decoding: $0, as: UTF8.self) }
        var conversation = try RestoredConversation(header: lines[0])
        conversation.brought = try brought ?? self.brought(name).first
        var records = try lines.dropFirst().map { try RestoredRecord(parsing: $0) }
        change(&records)
        for record in records { conversation.add(record) }
        try conversation.requireStorable()
        let source = RestoreSource(bag: name, vault: nil, signer: signer, tagManifest: [])
        let restoration = try vault.beginRestoration(of: source, isDryRun: false) {
            (_) throws(VaultError) in nil
        }
        try restoration.add(conversation)
        try restoration.finish()
        return restoration.report
    }

    /// What an archive says of other vaults, by conversation.
    func brought(_ name: String) throws -> [BroughtRecords] {
        guard try place.files(name).contains("meta/restored.jsonl") else { return [] }
        return try place.read("\(name)/meta/restored.jsonl").split(separator: 0x0A).map { line in
            try #require(BroughtLine.parse(line))
        }
    }

    struct Faults: Error {
        let faults: [ArchiveFault]
    }

    /// The files of an archive's `data/`, by name.
    func payload(_ name: String) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for file in try place.files("\(name)/data") {
            files[file] = try place.read("\(name)/data/\(file)")
        }
        return files
    }
}

extension Vault {
    /// Imports one conversation; texts by the messages' ids in the source, in a row.
    func ingest(
        _ id: String, title: String? = nil, modified: Int = 0, project: String? = nil,
        labels: [String] = [], isDated: Bool = true, _ texts: [(String, String)]
    ) throws {
        let ingestion = try beginIngestion()
        var entry = ImportedConversation(origin: Origin(source: "jsonl", id: id))
        entry.title = title
        entry.created = testTime(0)
        entry.modified = testTime(modified)
        entry.project = project
        entry.labels = labels
        for (place, (message, text)) in texts.enumerated() {
            var made = ImportedMessage(
                originID: message, parent: place == 0 ? nil : texts[place - 1].0,
                role: place.isMultiple(of: 2) ? .user : .assistant)
            made.created = isDated ? testTime(place) : nil
            made.model = place.isMultiple(of: 2) ? nil : "model-é"
            made.usage = place.isMultiple(of: 2) ? nil : ["output_tokens": .integer(12)]
            made.extra = ["place": .integer(place)]
            made.parts = [ImportedPart(Part(.text, text: text))]
            if text.hasPrefix("file ") {
                let content = Array(text.utf8)
                made.parts.append(
                    ImportedPart(
                        Part(.document, name: "a.txt"),
                        file: ImportedFile(name: "a.txt", mediaType: "text/plain") {
                            () throws(VaultError) in BytesSource(content)
                        }))
            }
            entry.messages.append(made)
        }
        try ingestion.add(entry)
        _ = try ingestion.finish()
    }

    func conversationIDs() throws -> [RecordID] {
        var filter = ConversationFilter()
        filter.includesHidden = true
        return try withSnapshot { try $0.conversationIDs(filter) }
    }

    /// The texts of all messages, sorted.
    func texts() throws -> [String] {
        try conversationIDs().flatMap { try messages(of: $0) }
            .map { $0.parts.compactMap(\.text).joined(separator: "|") }.sorted()
    }

    /// How many messages a query finds.
    func found(_ query: String) throws -> Int {
        var count = 0
        _ = try forEachMatch(query, includeHidden: true) { _ in
            count += 1
            return true
        }
        return count
    }
}
