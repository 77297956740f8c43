import JSONText
import Vault
import VaultCrypto

/// Threads of Jan: `thread.json` beside `messages.jsonl`.
///
/// A thread's messages follow each other in the order of the file. Messages without their thread
/// make a conversation of the id that they name.
enum Jan: Importer {
    static let format = ImportFormat.jan

    static func recognises(_ value: JSON) -> Bool {
        switch value["object"]?.string {
        case "thread.message": value["thread_id"]?.string != nil
        case "thread": value["id"]?.string != nil
        default: false
        }
    }

    /// Whether a recognised document is a thread, not its messages.
    static func isThread(_ value: JSON) -> Bool { value["object"]?.string == "thread" }

    static func read(
        _ stream: DocumentStream, _ context: ImportContext, _ emit: Emit
    ) throws(VaultError) {
        var threads: [Thread] = []
        try collect(stream, into: &threads, emit)
        for file in context.companions {
            try collect(try DocumentStream(file), into: &threads, emit)
        }
        for thread in threads {
            try Emission.send(thread.conversation, at: stream.file.place, emit)
        }
    }

    private static func collect(
        _ stream: DocumentStream, into threads: inout [Thread], _ emit: Emit
    ) throws(VaultError) {
        while try stream.next() {
            switch stream.value() {
            case .success(let value):
                guard let id = isThread(value) ? value["id"]?.string : value["thread_id"]?.string
                else {
                    let reason = "It is neither a thread nor a message."
                    try emit(
                        .skipped(.init(place: stream.place, reason: reason, isConversation: false)))
                    continue
                }
                let index = threads.firstIndex { $0.id == id } ?? threads.count
                if index == threads.count { threads.append(Thread(id: id)) }
                threads[index].add(value)
            case .failure(let fault):
                try emit(
                    .skipped(
                        .init(place: stream.place, reason: fault.reason, isConversation: false)))
            }
        }
    }

    /// A thread while its documents are read.
    private struct Thread {
        let id: String
        private(set) var conversation: ImportedConversation

        init(id: String) {
            self.id = id
            conversation = .init(origin: .init(source: Jan.format.rawValue, id: id))
        }

        mutating func add(_ value: JSON) {
            guard var fields = Fields(value) else { return }
            fields.drop("object") { _ in true }
            if Jan.isThread(value) {
                fields.drop("id") { _ in true }
                conversation.title = fields.text("title")
                conversation.created = fields.instant("created")
                conversation.modified = fields.instant("updated")
                conversation.extra = fields.rest
                return
            }
            fields.drop("thread_id") { _ in true }
            let number = conversation.messages.count + 1
            let id = fields.text("id") ?? "\(number)-\(ContentID.of(value).prefix(12))"
            var message = ImportedMessage(
                originID: id, parent: conversation.messages.last?.originID, role: .user)
            if let word = fields["role"]?.string, let role = Role(word: word) {
                message.role = role
                fields.drop("role") { _ in role.rawValue == word }
            }
            message.created = fields.instant("created") ?? fields.instant("created_at")
            let created = message.created
            fields.drop("updated") { Instant(json: $0) == created }
            message.parts = Self.parts(&fields)
            message.extra = fields.rest
            conversation.messages.append(message)
            conversation.current = id
        }

        private static func parts(_ fields: inout Fields) -> [ImportedPart] {
            if let text = fields.text("content") { return [.init(Part(.text, text: text))] }
            return (fields.array("content") ?? []).map { block in
                guard var item = Fields(block) else { return .init(Part(.other, data: block)) }
                switch item["type"]?.string {
                case "text", "reasoning":
                    let kind: Part.Kind = item["type"]?.string == "text" ? .text : .thinking
                    item.drop("type") { _ in true }
                    if var inner = Fields(item["text"]) {
                        let text = inner.text("value")
                        return .init(Part(kind, text: text, data: inner.restValue))
                    }
                    let text = item.text("text")
                    return .init(Part(kind, text: text, data: item.restValue))
                case "image_url", "image":
                    let url = item["image_url"]?["url"]?.string
                    let file = url.flatMap { EmbeddedFile.decode(url: $0, name: nil) }
                    if file != nil { item.drop("image_url") { _ in true } }
                    return .init(Part(.image, data: item.restValue), file: file)
                default: return .init(Part(.other, data: block))
                }
            }
        }
    }
}
