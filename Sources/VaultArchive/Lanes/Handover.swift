import Foundation
import Synchronization

/// Hands batches from one thread to another, in order.
///
/// At most `maximum` wait, so that memory stays constant. Every batch has to be taken in the end.
final class Handover<Batch: Sendable>: Sendable {
    private let waiting = Mutex<[Batch]>([])
    private let room: DispatchSemaphore
    private let work = DispatchSemaphore(value: 0)

    init(maximum: Int) { room = DispatchSemaphore(value: maximum) }

    /// Waits for room.
    func give(_ batch: Batch) {
        room.wait()
        waiting.withLock { $0.append(batch) }
        work.signal()
    }

    /// Waits for a batch.
    func take() -> Batch {
        work.wait()
        let batch = waiting.withLock { $0.removeFirst() }
        room.signal()
        return batch
    }
}
