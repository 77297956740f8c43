import Vault

/// Stores the steps of an answer, and shows each when it is durable.
///
/// One transaction at a time: what comes while it runs goes into the next one together, so that a
/// fast answer has fewer and larger ones.
actor StepQueue {
    /// So many steps may wait; whoever brings more waits with them.
    private static let mostWaiting = 256
    /// So much text may wait, in bytes.
    private static let mostWaitingBytes = 1 << 20

    private struct Step {
        var changes: [TurnChange]
        var news: ChatNews
    }

    private let journal: TurnJournal
    private let show: @Sendable (ChatNews) async -> Void
    private var waiting: [Step] = []
    private var waitingBytes = 0
    private var isWriting = false
    private var failure: (any Error)?
    private var waiters: [CheckedContinuation<Void, Never>] = []

    init(_ journal: TurnJournal, show: @escaping @Sendable (ChatNews) async -> Void) {
        self.journal = journal
        self.show = show
    }

    /// Takes a step; it is stored soon.
    ///
    /// - Throws: What kept an earlier step from being stored.
    func add(_ changes: [TurnChange], then news: ChatNews) async throws {
        if let failure { throw failure }
        waiting.append(Step(changes: changes, news: news))
        waitingBytes += changes.reduce(0) { $0 + $1.textBytes }
        if !isWriting {
            isWriting = true
            Task { await writeAll() }
        }
        if waiting.count >= Self.mostWaiting || waitingBytes >= Self.mostWaitingBytes {
            try await drain()
        }
    }

    /// Waits until all that was taken is stored and shown.
    ///
    /// - Throws: What kept a step from being stored.
    func drain() async throws {
        if isWriting { await withCheckedContinuation { waiters.append($0) } }
        if let failure { throw failure }
    }

    private func writeAll() async {
        while !waiting.isEmpty, failure == nil {
            let batch = waiting
            waiting = []
            waitingBytes = 0
            let changes = batch.flatMap(\.changes)
            do {
                if !changes.isEmpty {
                    try await BlockingWork.run { [journal] in try journal.append(changes) }
                }
                for step in batch { await show(step.news) }
            } catch { failure = error }
        }
        isWriting = false
        let waiters = waiters
        self.waiters = []
        for waiter in waiters { waiter.resume() }
    }
}

extension TurnChange {
    /// The length of its text; what else an answer has is bounded by `PartOrder`.
    fileprivate var textBytes: Int {
        switch self {
        case .text(_, let piece): piece.utf8.count
        case .part(_, let part): part.text?.utf8.count ?? 0
        case .data, .facts: 0
        }
    }
}
