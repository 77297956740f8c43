import JSONText

/// The JSON schema of what a tool takes.
enum ToolSchema {
    /// An object with members of one type each.
    static func object(
        _ members: [(name: String, type: String, description: String)], required: [String]
    ) -> JSON {
        var properties = JSONObject()
        for member in members {
            properties[member.name] = .object([
                "type": .string(member.type), "description": .string(member.description),
            ])
        }
        return .object([
            "type": .string("object"), "properties": .object(properties),
            "required": .array(required.map(JSON.string)),
        ])
    }
}
