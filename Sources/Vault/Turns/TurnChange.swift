package import JSONText

/// A step by which an answer grows.
///
/// In a line of the journal, a canonical JSON list, a step is one of
/// `{"facts":{…}}`, with the members of `TurnFacts` that it says,
/// `{"part":0,"set":{"data":…,"name":"…","text":"…","type":"text"}}`, `{"part":0,"text":"…"}` and
/// `{"data":…,"part":0}`.
package enum TurnChange: Sendable, Equatable {
    /// A part begins, or becomes another one.
    ///
    /// Parts have no files: what a model makes comes as text.
    case part(Int, Part)
    /// Text that comes at the end of a part.
    case text(Int, String)
    /// What is the data of a part from now on.
    case data(Int, JSON)
    /// What is known of the answer from now on.
    case facts(TurnFacts)
}

/// What is known of an answer besides its parts; what is nil was not said.
package struct TurnFacts: Sendable, Equatable {
    package var model: String?
    package var provider: String?
    /// Where it was asked for: the endpoint's host.
    package var host: String?
    package var region: String?
    /// Whether `region` decides also where it is nil: it turned out that nobody knows the region.
    package var decidesRegion = false
    package var stopReason: String?
    package var usage: JSONObject?
    /// Members for the message's `extra`.
    package var extra = JSONObject()

    package init() {}

    /// Takes over what newer facts say.
    package mutating func update(_ newer: TurnFacts) {
        model = newer.model ?? model
        provider = newer.provider ?? provider
        host = newer.host ?? host
        region = newer.decidesRegion ? newer.region : newer.region ?? region
        stopReason = newer.stopReason ?? stopReason
        usage = newer.usage ?? usage
        for member in newer.extra.members { extra[member.key] = member.value }
    }
}

extension TurnFacts {
    var json: JSONObject {
        var object = JSONObject()
        if !extra.isEmpty { object["extra"] = .object(extra) }
        object["host"] = host.map(JSON.string)
        object["model"] = model.map(JSON.string)
        object["provider"] = provider.map(JSON.string)
        object["region"] = region.map(JSON.string) ?? (decidesRegion ? .null : nil)
        object["stopReason"] = stopReason.map(JSON.string)
        object["usage"] = usage.map { .object($0) }
        return object
    }

    init(_ object: JSONObject) {
        extra = object["extra"]?.object ?? JSONObject()
        host = object["host"]?.string
        model = object["model"]?.string
        provider = object["provider"]?.string
        region = object["region"]?.string
        decidesRegion = object["region"]?.isNull == true
        stopReason = object["stopReason"]?.string
        usage = object["usage"]?.object
    }
}

extension TurnChange {
    /// The line of the journal for some steps; pieces of text that follow each other are one.
    static func line(_ changes: [TurnChange]) -> String {
        let json = merged(changes).map { JSON.object($0.json) }
        return String(decoding: JSONWriter.canonical(.array(json)), as: UTF8.self)
    }

    private static func merged(_ changes: [TurnChange]) -> [TurnChange] {
        var merged: [TurnChange] = []
        for change in changes {
            if case .text(let part, let piece) = change, case .text(part, let before) = merged.last
            {
                merged[merged.count - 1] = .text(part, before + piece)
            } else {
                merged.append(change)
            }
        }
        return merged
    }

    /// The steps of a line; nil where it is not one.
    static func changes(line: String) -> [TurnChange]? {
        guard let list = (try? JSONReader.parse(line))?.array else { return nil }
        var changes: [TurnChange] = []
        for json in list {
            guard let change = json.object.flatMap(TurnChange.init) else { return nil }
            changes.append(change)
        }
        return changes
    }

    private var json: JSONObject {
        switch self {
        case .facts(let facts): return ["facts": .object(facts.json)]
        case .text(let place, let piece): return ["part": .integer(place), "text": .string(piece)]
        case .data(let place, let data): return ["data": data, "part": .integer(place)]
        case .part(let place, let part):
            var object: JSONObject = ["type": .string(part.kind.rawValue)]
            object["data"] = part.data
            object["name"] = part.name.map(JSON.string)
            object["text"] = part.text.map(JSON.string)
            return ["part": .integer(place), "set": .object(object)]
        }
    }

    private init?(_ object: JSONObject) {
        if let facts = object["facts"]?.object {
            self = .facts(TurnFacts(facts))
            return
        }
        guard let place = object["part"]?.int.flatMap({ Int(exactly: $0) }),
            (0..<PreparedMessage.maximumParts).contains(place)
        else { return nil }
        if let piece = object["text"]?.string {
            self = .text(place, piece)
        } else if let data = object["data"] {
            self = .data(place, data)
        } else if let set = object["set"]?.object,
            let kind = set["type"]?.string.flatMap(Part.Kind.init(rawValue:))
        {
            self = .part(
                place,
                Part(
                    kind, text: set["text"]?.string, name: set["name"]?.string, data: set["data"]))
        } else {
            return nil
        }
    }
}
