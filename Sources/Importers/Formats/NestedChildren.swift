import Vault

/// Rewrites a recursive LibreChat export as a flat one, without recursion.
///
/// Each message of a recursive export holds its answers in `children`, so that a chat of 130
/// messages is nested deeper than `JSONReader` goes. Here the messages are cut out of each other:
/// every one goes to a text of its own with `"children":[]`, and the document gets the flat list.
/// The tree is not lost, each message names its parent.
struct NestedChildren {
    /// Texts of the messages in the order of their beginnings; the first is the document.
    private var texts: [[UInt8]] = [[]]
    /// Objects that are open, and lists of messages (`text` is then that of the owner).
    private var stack: [(text: Int, depth: Int)] = []
    private var text = 0
    private var depth = 0
    private var isInList = false
    private var insertion: Int?

    /// The flat document; `nil` when the bytes are not of that form.
    static func flatten(_ bytes: [UInt8]) -> [UInt8]? {
        var rewriter = NestedChildren()
        guard rewriter.run(bytes), let insertion = rewriter.insertion else { return nil }
        var document = rewriter.texts[0]
        let messages = Array(rewriter.texts.dropFirst().joined(separator: [UInt8(ascii: ",")]))
        document.insert(contentsOf: messages, at: insertion)
        return document
    }

    private mutating func run(_ bytes: [UInt8]) -> Bool {
        var index = 0
        var key: ArraySlice<UInt8> = []
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                guard !isInList, let end = Self.stringEnd(bytes, index) else { return false }
                key = bytes[index + 1..<end - 1]
                texts[text] += bytes[index..<end]
                index = end
                continue
            }
            index += 1
            switch byte {
            case 0x20, 0x0A, 0x0D, 0x09: continue
            case UInt8(ascii: ":"): texts[text].append(byte)
            case UInt8(ascii: "["), UInt8(ascii: "{"): guard open(byte, key) else { return false }
            case UInt8(ascii: "]"), UInt8(ascii: "}"): guard close(byte) else { return false }
            default:
                if isInList, byte != UInt8(ascii: ",") { return false }
                if !isInList { texts[text].append(byte) }
            }
            if byte != UInt8(ascii: ":") { key = [] }
        }
        return stack.isEmpty && depth == 0 && !isInList
    }

    private mutating func open(_ byte: UInt8, _ key: ArraySlice<UInt8>) -> Bool {
        if isInList {
            guard byte == UInt8(ascii: "{") else { return false }
            texts.append([byte])
            text = texts.count - 1
            depth = 1
            isInList = false
            return true
        }
        texts[text].append(byte)
        let names = text == 0 ? ["messages", "messagesTree"] : ["children"]
        let isList = depth == 1 && names.contains { key.elementsEqual($0.utf8) }
        if isList, byte == UInt8(ascii: "[") {
            if text == 0 { insertion = texts[0].count }
            stack.append((text, depth))
            isInList = true
        } else {
            depth += 1
        }
        return true
    }

    private mutating func close(_ byte: UInt8) -> Bool {
        if isInList {
            guard byte == UInt8(ascii: "]"), let owner = stack.popLast() else { return false }
            (text, depth) = owner
            isInList = false
            texts[text].append(byte)
            return true
        }
        texts[text].append(byte)
        depth -= 1
        if depth == 0, text > 0 { isInList = true }
        return depth >= 0
    }

    /// The index behind the closing quote of the string that begins at `start`.
    private static func stringEnd(_ bytes: [UInt8], _ start: Int) -> Int? {
        var index = start + 1
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""): return index + 1
            case UInt8(ascii: "\\"): index += 2
            default: index += 1
            }
        }
        return nil
    }
}
