import Dispatch

/// Runs what waits for a disk outside the threads that tasks share.
enum BlockingWork {
    private static let queue = DispatchQueue(label: "coffer.chat", attributes: .concurrent)

    static func run<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result { try body() }) }
        }
    }
}
