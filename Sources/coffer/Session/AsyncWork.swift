import Dispatch
import Synchronization

/// Runs what is asynchronous for a command, which is not.
enum AsyncWork {
    /// How often it is looked whether somebody stops it: a stop is seen within this.
    private static let patience = DispatchTimeInterval.milliseconds(20)

    /// Runs a task to its end.
    ///
    /// Ctrl-C and a reader that has gone cancel it; it ends in order then.
    ///
    /// - Parameter body: The work.
    /// - Returns: What it returns.
    /// - Throws: What it throws; an end with 130 after Ctrl-C.
    static func run<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) throws -> Value {
        let done = DispatchSemaphore(value: 0)
        let outcome = Outcome<Value>()
        let task = Task.detached {
            do {
                outcome.set(.success(try await body()))
            } catch {
                outcome.set(.failure(error))
            }
            done.signal()
        }
        while done.wait(timeout: .now() + patience) != .success {
            if Interruption.isRequested || Output.isUseless { task.cancel() }
        }
        do {
            return try outcome.get()
        } catch {
            // What a cancelled task throws says nothing to whoever cancelled it.
            guard Interruption.isRequested else { throw error }
            throw CommandFailure.interrupted("Stopped; what was kept until then stays.")
        }
    }

    /// Takes a result from one thread to another.
    private final class Outcome<Value: Sendable>: Sendable {
        private let result = Mutex<Result<Value, any Error>?>(nil)

        func set(_ value: Result<Value, any Error>) { result.withLock { $0 = value } }

        func get() throws -> Value {
            guard let result = result.withLock({ $0 }) else {
                preconditionFailure("the task says its result before it signals")
            }
            return try result.get()
        }
    }
}
