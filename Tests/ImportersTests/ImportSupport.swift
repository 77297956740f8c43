import Foundation
import Importers
import JSONText
import Testing
import Vault
import VaultCrypto

/// What an import yielded.
struct Outcome {
    var format: String
    var conversations: [ImportedConversation] = []
    var skipped: [SkippedRecord] = []
    var passedOver: [String] = []

    /// Opens and runs.
    init(_ path: String, format: String? = nil) throws(VaultError) {
        let job = try ImportJob.open(path, format: format)
        self.format = job.formatName
        passedOver = job.passedOver
        var conversations: [ImportedConversation] = []
        var skipped: [SkippedRecord] = []
        try job.run(progress: { _ in }) { (event) throws(VaultError) in
            switch event {
            case .conversation(let conversation): conversations.append(conversation)
            case .skipped(let record): skipped.append(record)
            }
        }
        self.conversations = conversations
        self.skipped = skipped
    }

    /// Everything of it as text, to compare two runs.
    var dump: String {
        (conversations.map { RecordDump($0).text } + skipped.map { "\($0)" })
            .joined(separator: "\n")
    }

    func conversation(_ id: String) throws -> ImportedConversation {
        try #require(conversations.first { $0.origin.id == id })
    }
}

/// A conversation written out with every field.
struct RecordDump {
    private(set) var strings: [String] = []
    var text: String { strings.joined(separator: "\u{1}") }

    init(_ conversation: ImportedConversation) {
        add(conversation.origin.source, conversation.origin.id, conversation.title)
        add(conversation.custodian, conversation.project, conversation.current)
        add(conversation.created?.description, conversation.modified?.description)
        strings += conversation.labels
        add(.object(conversation.extra))
        for message in conversation.messages {
            add(message.originID, message.parent, message.role.rawValue, message.state.rawValue)
            add(message.created?.description, message.model, message.stopReason)
            add(message.usage.map(JSON.object))
            add(.object(message.extra))
            for part in message.parts {
                add(part.part.kind.rawValue, part.part.name, part.part.text)
                add(part.file?.name, part.file?.mediaType)
                add(part.part.data)
            }
        }
    }

    private mutating func add(_ texts: String?...) { strings += texts.compactMap { $0 } }

    private mutating func add(_ value: JSON?) {
        switch value {
        case .string(let text): strings.append(text)
        case .number(let text): strings.append(text)
        case .bool(let flag): strings.append("\(flag)")
        case .array(let elements): for element in elements { add(element) }
        case .object(let object):
            for member in object.members {
                strings.append(member.key)
                add(member.value)
            }
        case .null, nil: break
        }
    }
}

extension ImportedMessage {
    /// The message as `id <- parent role state: kind(name)+file text | …`.
    var outline: String {
        let pieces = parts.map { part in
            let name = part.part.name.map { "(\($0))" } ?? ""
            let file = part.file == nil ? "" : "+file"
            return "\(part.part.kind.rawValue)\(name)\(file) \(part.part.text ?? "-")"
        }
        let suffix = state == .complete ? "" : " \(state.rawValue)"
        return "\(originID) <- \(parent ?? "-") \(role.rawValue)\(suffix): "
            + pieces.joined(separator: " | ")
    }
}

/// A folder that is removed with its owner.
final class Scratch {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "coffer-importers-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and returns its path.
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = URL(filePath: path).appending(path: name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
        return file.path
    }

    func write(_ name: String, _ text: String) throws -> String {
        try write(name, Array(text.utf8))
    }

    /// Runs a Python script with this folder as its working directory.
    func python(_ script: String, _ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script] + arguments
        process.currentDirectoryURL = URL(filePath: path)
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "the Python script failed")
    }

    /// Packs a folder or file into a zip.
    func zip(_ source: String, as name: String = "export.zip") throws -> String {
        try python(
            """
            import os, sys, zipfile
            source, name = sys.argv[1:]
            with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as z:
                if os.path.isfile(source):
                    z.write(source, os.path.basename(source))
                for top, folders, files in os.walk(source):
                    folders.sort()
                    for file in sorted(files):
                        path = os.path.join(top, file)
                        z.write(path, os.path.relpath(path, source))
            """, source, name)
        return path + "/" + name
    }
}

/// One fixture of a format.
struct FixtureCase: CustomTestStringConvertible, Sendable {
    var format: ImportFormat
    /// The file or folder below `fixtures/imports`.
    var name: String
    /// One document of it that is an export in itself.
    var file: String?
    var conversations: Int
    var messages: Int

    var testDescription: String { "\(format.rawValue): \(name)" }

    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "fixtures/imports").path

    var path: String { Self.root + "/" + name }
    var filePath: String? { file.map { path + "/" + $0 } }

    static let all: [FixtureCase] = [
        .init(
            format: .chatGPT, name: "chatgpt", file: "conversations.json", conversations: 3,
            messages: 24),
        .init(
            format: .claudeAI, name: "claude_ai", file: "conversations.json", conversations: 5,
            messages: 10),
        .init(
            format: .claudeCode, name: "claude_code/projects",
            file: "-srv-dock/5e55a0aa-0000-4000-8000-000000000001.jsonl", conversations: 2,
            messages: 15),
        .init(
            format: .claudeCode, name: "claude_code", file: "web-session.json", conversations: 3,
            messages: 18),
        .init(format: .cowork, name: "cowork", conversations: 1, messages: 2),
        .init(
            format: .openWebUI, name: "open_webui", file: "chats.json", conversations: 2,
            messages: 5),
        .init(
            format: .libreChat, name: "librechat", file: "recursive.json", conversations: 4,
            messages: 11),
        .init(
            format: .lmStudio, name: "lm_studio", file: "1717000000000.conversation.json",
            conversations: 1, messages: 5),
        .init(format: .jan, name: "jan", conversations: 1, messages: 2),
        .init(
            format: .jsonl, name: "jsonl", file: "conversations.jsonl", conversations: 4,
            messages: 11),
    ]

    static let files = all.filter { $0.file != nil }
}
