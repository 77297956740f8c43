import Foundation

/// Checks RSMF files for what the schema says nothing of: that every reference leads somewhere,
/// that counts and sizes are right, and that events lie in the file's day.
struct RSMFChecker {
    let name: String
    let zone: String
    private(set) var faults: [String] = []
    private(set) var manifest: [String: Any] = [:]
    private(set) var transcript = ""
    private(set) var headers: [String: String] = [:]
    private var files: [String: [UInt8]] = [:]

    init(_ name: String, _ bytes: [UInt8], zone: String) {
        self.name = name
        self.zone = zone
        do {
            let mail = try MailReader(bytes)
            headers = mail.headers
            guard mail.parts.count == 2,
                MailReader.parameter(
                    "filename", in: mail.parts[1].headers["content-disposition"] ?? "")
                    == "rsmf.zip"
            else { throw MailReader.Fault(text: "it has not a text and a rsmf.zip") }
            transcript = String(decoding: mail.parts[0].content, as: UTF8.self)
            files = try ZipReader(mail.parts[1].content).files
            let json = files["rsmf_manifest.json"] ?? []
            manifest = try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any] ?? [:]
            check()
        } catch {
            fault("\(error)")
        }
    }

    private mutating func fault(_ text: String) { faults.append("\(name): \(text)") }

    private mutating func expect(_ isTrue: Bool, _ text: String) { if !isTrue { fault(text) } }

    var events: [[String: Any]] { manifest["events"] as? [[String: Any]] ?? [] }
    var participants: [[String: Any]] { manifest["participants"] as? [[String: Any]] ?? [] }
    private var conversations: [[String: Any]] {
        manifest["conversations"] as? [[String: Any]] ?? []
    }

    static func custom(_ object: [String: Any], _ name: String) -> String? {
        let facts = object["custom"] as? [[String: String]] ?? []
        return facts.first { $0["name"] == name }?["value"]
    }

    static func isContext(_ event: [String: Any]) -> Bool { custom(event, "Context") != nil }

    private mutating func check() {
        expect(manifest["version"] as? String == "2.0.0", "wrong version")
        expect(!events.isEmpty, "no event")
        expect(events.contains { !Self.isContext($0) }, "nothing but context")
        expect(events.count <= 10_000, "\(events.count) events")
        expect(!Self.hasEmpty(manifest), "an empty member")
        let people = ids(participants, "participant")
        let conversationIDs = ids(conversations, "conversation")
        let eventIDs = ids(events, "event")
        for conversation in conversations {
            let members = conversation["participants"] as? [String] ?? []
            expect(Set(members) == people, "other participants in the conversation")
            expect(
                people.contains(conversation["custodian"] as? String ?? ""), "unknown custodian")
        }
        for event in events {
            let id = event["id"] as? String ?? "?"
            expect(people.contains(event["participant"] as? String ?? ""), "\(id): unknown author")
            expect(
                conversationIDs.contains(event["conversation"] as? String ?? ""),
                "\(id): unknown conversation")
            if let parent = event["parent"] as? String {
                expect(eventIDs.contains(parent) && parent != id, "\(id): unknown parent")
            }
            for edit in event["edits"] as? [[String: Any]] ?? [] {
                expect(people.contains(edit["participant"] as? String ?? ""), "\(id): edited by?")
            }
            checkTime(event, id)
        }
        checkFiles()
        checkHeaders()
    }

    private mutating func ids(_ objects: [[String: Any]], _ kind: String) -> Set<String> {
        let ids = objects.compactMap { $0["id"] as? String }
        expect(ids.count == objects.count && Set(ids).count == ids.count, "ids of a \(kind)")
        return Set(ids)
    }

    private mutating func checkTime(_ event: [String: Any], _ id: String) {
        let text = event["timestamp"] as? String ?? ""
        guard text.hasSuffix("Z"), let time = Self.date(text) else {
            return fault("\(id): the time \(text)")
        }
        if Self.isContext(event) { return expect(event["parent"] == nil, "\(id): a parent") }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: zone) ?? .gmt
        let parts = calendar.dateComponents([.year, .month, .day], from: time)
        let day = String(format: "%04d%02d%02d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
        expect(name.contains("_\(day)_"), "\(id) of \(day) is not of this file's day")
    }

    static func date(_ text: String) -> Date? {
        let format = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
        return try? format.parse(text)
    }

    private mutating func checkFiles() {
        var named: Set<String> = ["rsmf_manifest.json"]
        for event in events {
            for attachment in event["attachments"] as? [[String: Any]] ?? [] {
                let id = attachment["id"] as? String ?? ""
                named.insert(id)
                let content = files[id]
                expect(content != nil, "the attachment \(id) is not in the zip")
                expect(content?.count == attachment["size"] as? Int, "the size of \(id)")
                expect(!id.contains("/"), "\(id) is not flat")
            }
        }
        expect(Set(files.keys) == named, "the zip has files that no event names")
    }

    private mutating func checkHeaders() {
        let own = events.filter { !Self.isContext($0) }
        let times = own.compactMap { ($0["timestamp"] as? String).flatMap(Self.date) }
        let files = own.reduce(0) { $0 + (($1["attachments"] as? [Any])?.count ?? 0) }
        let wanted: [(String, String)] = [
            ("version", "2.0.0"), ("eventcount", String(events.count)),
            ("contextcount", String(events.count - own.count)),
            ("attachmentcount", String(files)), ("timezone", zone),
            ("eventcollectionid", manifest["eventcollectionid"] as? String ?? ""),
        ]
        for (header, value) in wanted {
            expect(headers["x-rsmf-\(header)"] == value, "X-RSMF-\(header) is not \(value)")
        }
        for (header, time) in [("begindate", times.min()), ("enddate", times.max())] {
            let said = headers["x-rsmf-\(header)"].flatMap(Self.date)
            expect(said == time, "X-RSMF-\(header)")
        }
        expect(headers["x-rsmf-bagid"] == nil, "a header that differs with each export")
        for header in ["from", "to", "subject", "date", "mime-version"] {
            expect(headers[header]?.isEmpty == false, "no \(header)")
        }
    }

    /// Whether a text, list or object anywhere is empty.
    private static func hasEmpty(_ value: Any) -> Bool {
        switch value {
        case let text as String: text.isEmpty
        case let list as [Any]: list.isEmpty || list.contains(where: hasEmpty)
        case let object as [String: Any]: object.isEmpty || object.values.contains(where: hasEmpty)
        default: value is NSNull
        }
    }
}
