import Providers
import Synchronization

/// Takes an answer up to the length that is wanted of its text; then it says that it has enough.
final class AnswerBeginning: Sendable {
    /// Nothing more is wanted.
    struct Enough: Error {}

    /// So many pieces are taken at most, whatever is in them.
    private static let mostPieces = 1_000

    private struct State {
        var text = ""
        var pieces = 0
    }
    private let state = Mutex(State())
    private let characters: Int

    /// - Parameter characters: So many are kept at most.
    init(characters: Int) { self.characters = characters }

    var text: String { state.withLock(\.text) }

    /// - Throws: `Enough`; the error with which the answer failed.
    func take(_ news: TransportNews) throws {
        switch news {
        case .event(.failed(let error)): throw error
        case .event(.text(_, let piece)), .event(.began(_, .text(let piece))): try add(piece)
        case .event: try add("")
        case .retrying: break
        }
    }

    private func add(_ piece: String) throws(Enough) {
        let isEnough = state.withLock { state in
            state.pieces += 1
            state.text += piece.prefix(characters - state.text.count)
            return state.text.count >= characters || state.pieces >= Self.mostPieces
        }
        if isEnough { throw Enough() }
    }
}
