import JSONText
import Vault

/// JSON with one member a line, for people.
struct PrettyJSON {
    private var text = ""

    static func text(_ value: JSON) -> String {
        var writer = PrettyJSON()
        writer.write(value, indent: 0)
        return writer.text
    }

    private mutating func write(_ value: JSON, indent: Int) {
        switch value {
        case .object(let object) where !object.isEmpty:
            text += "{"
            for (index, member) in object.members.enumerated() {
                newLine(indent + 1, comma: index > 0)
                text += JSONWriter.line(.string(member.key)) + ": "
                write(member.value, indent: indent + 1)
            }
            newLine(indent, comma: false)
            text += "}"
        case .array(let elements) where !elements.isEmpty:
            text += "["
            for (index, element) in elements.enumerated() {
                newLine(indent + 1, comma: index > 0)
                write(element, indent: indent + 1)
            }
            newLine(indent, comma: false)
            text += "]"
        default: text += JSONWriter.line(value)
        }
    }

    /// Beyond 20 levels the indent stays, or deep values would grow with the square of their depth.
    private mutating func newLine(_ indent: Int, comma: Bool) {
        if comma { text += "," }
        text += "\n" + String(repeating: "  ", count: min(indent, 20))
    }
}
