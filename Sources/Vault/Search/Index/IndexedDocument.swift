/// What a message's record says, as it is indexed beside its text.
///
/// A fact is a term that no text gives: its first byte is 1. It has one position, 0.
enum IndexFact: Equatable {
    case role(Int64)
    case model(Int64)
    case provider(Int64)
    case source(Int64)
    case custodian(Int64)
    case attachment
    case conversation(Int64)

    /// Whether a term is a fact.
    static func isFact(_ term: [UInt8]) -> Bool { term.first == 1 }

    /// The term's bytes; those of the conversations ascend with their numbers.
    var term: [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return Array(bytes.dropFirst())
    }

    /// Appends a byte with the term's length and the term.
    func append(to bytes: inout [UInt8]) {
        switch self {
        case .role(let code): Self.append("r", code, to: &bytes)
        case .model(let name): Self.append("m", name, to: &bytes)
        case .provider(let name): Self.append("p", name, to: &bytes)
        case .source(let name): Self.append("s", name, to: &bytes)
        case .custodian(let name): Self.append("u", name, to: &bytes)
        case .attachment: bytes.append(contentsOf: [2, 1, UInt8(ascii: "a")])
        case .conversation(let number): Self.append("c", number, to: &bytes)
        }
    }

    private static func append(_ kind: Unicode.Scalar, _ number: Int64, to bytes: inout [UInt8]) {
        bytes.append(10)
        bytes.append(1)
        bytes.append(UInt8(ascii: kind))
        for shift in stride(from: Int64(56), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    /// Lends terms that `append` wrote.
    static func forEach(_ terms: [UInt8], _ body: (ArraySlice<UInt8>) -> Void) {
        var place = 0
        while place < terms.count {
            let end = place + 1 + Int(terms[place])
            body(terms[(place + 1)..<end])
            place = end
        }
    }
}

/// The facts of one message, as numbers of `name` and `conversation`.
struct MessageFacts {
    var conversation: Int64
    var role: Int64
    var model: Int64?
    var provider: Int64?
    var source: Int64
    var custodian: Int64
    var hasAttachment: Bool

    /// The terms, of each a byte with its length and its bytes.
    var terms: [UInt8] {
        var terms: [UInt8] = []
        terms.reserveCapacity(80)
        IndexFact.conversation(conversation).append(to: &terms)
        IndexFact.role(role).append(to: &terms)
        IndexFact.source(source).append(to: &terms)
        IndexFact.custodian(custodian).append(to: &terms)
        if let model { IndexFact.model(model).append(to: &terms) }
        if let provider { IndexFact.provider(provider).append(to: &terms) }
        if hasAttachment { IndexFact.attachment.append(to: &terms) }
        return terms
    }
}

/// A message that goes into the index.
package struct IndexedDocument: Sendable {
    /// Its words; `text.message` is `message.num`.
    var text: AnalysedDocument
    /// Milliseconds since 1970: the message's time or its conversation's; 0 without.
    var time: Int64
    /// The terms of its facts, as `MessageFacts.terms` has them.
    var facts: [UInt8]
}
