/// An answer as far as it has come.
package struct TurnDraft: Sendable, Equatable {
    package private(set) var facts = TurnFacts()
    /// By their place; a place that nothing was said of is not there.
    private var places: [Int: Part] = [:]

    package init() {}

    /// Takes a step; text for a part that never began is a part of text.
    package mutating func take(_ change: TurnChange) {
        switch change {
        case .facts(let newer): facts.update(newer)
        case .part(let place, let part): places[place] = part
        case .data(let place, let data): places[place, default: Part(.text)].data = data
        case .text(let place, let piece):
            // In place: an answer of megabytes must not be copied for each word.
            places[place, default: Part(.text)].text.append(piece)
        }
    }

    /// The parts in their order; one that never got anything is left out.
    package var parts: [Part] {
        places.sorted { $0.key < $1.key }.map(\.value).filter { part in
            part.text?.isEmpty == false || part.data != nil || part.name != nil
        }
    }
}

extension String? {
    fileprivate mutating func append(_ piece: String) {
        if self == nil { self = piece } else { self?.append(piece) }
    }
}
