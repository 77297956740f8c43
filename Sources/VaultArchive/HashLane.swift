import Foundation
import Synchronization
import VaultCrypto

/// Computes SHA-512 digests of consecutive files on a thread of its own.
///
/// An archive needs two hashes of every byte; with the second one beside the main work, two cores
/// are busy. Bytes travel in batches, so that small files cost little; at most `maximumBatches`
/// wait, so that memory stays constant. Digests come back in the order of the files.
final class HashLane: Sendable {
    private static let batchBytes = 262_144
    private static let maximumBatches = 8

    /// Bytes, and the places in them where a file ends.
    struct Batch {
        var bytes: [UInt8] = []
        var ends: [Int] = []
        var isLast = false
    }

    private struct State {
        var queue: [Batch] = []
        var finished: [[UInt8]] = []
    }

    private let state = Mutex(State())
    private let room = DispatchSemaphore(value: HashLane.maximumBatches)
    private let work = DispatchSemaphore(value: 0)
    private let done = DispatchSemaphore(value: 0)

    /// The caller's end of the lane; one thread uses it.
    final class Feed {
        private let lane = HashLane()
        private var batch = Batch()
        private var isClosed = false

        init() {
            let lane = lane
            Thread.detachNewThread { lane.run() }
        }

        func update(_ bytes: UnsafeRawBufferPointer) {
            var rest = unsafe bytes
            while rest.count > 0 {
                let count = min(rest.count, HashLane.batchBytes - batch.bytes.count)
                unsafe batch.bytes.append(contentsOf: rest[..<count])
                unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                if batch.bytes.count == HashLane.batchBytes { send() }
            }
        }

        /// Ends the current file.
        func endFile() {
            batch.ends.append(batch.bytes.count)
            if batch.ends.count >= 1024 { send() }
        }

        /// The digests that are ready, in order; each is handed out once.
        func takeFinished() -> [[UInt8]] {
            lane.state.withLock { state in
                let digests = state.finished
                state.finished.removeAll(keepingCapacity: true)
                return digests
            }
        }

        /// Waits for everything and returns the digests that were not taken.
        func close() -> [[UInt8]] {
            guard !isClosed else { return [] }
            isClosed = true
            batch.isLast = true
            send()
            lane.done.wait()
            return takeFinished()
        }

        private func send() {
            lane.room.wait()
            let full = batch
            batch = Batch()
            batch.bytes.reserveCapacity(HashLane.batchBytes)
            lane.state.withLock { $0.queue.append(full) }
            lane.work.signal()
        }

        deinit { _ = close() }
    }

    private func run() {
        var digest = SHA512Digest()
        while true {
            work.wait()
            let batch = state.withLock { $0.queue.removeFirst() }
            room.signal()
            let finished = Self.hash(batch, &digest)
            state.withLock { $0.finished.append(contentsOf: finished) }
            if batch.isLast { break }
        }
        done.signal()
    }

    private static func hash(_ batch: Batch, _ digest: inout SHA512Digest) -> [[UInt8]] {
        unsafe batch.bytes.span.bytes.withUnsafeBytes { bytes in
            var finished: [[UInt8]] = []
            var start = 0
            for end in batch.ends {
                unsafe digest.update(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                finished.append(digest.finalize())
                digest = SHA512Digest()
                start = end
            }
            unsafe digest.update(UnsafeRawBufferPointer(rebasing: bytes[start...]))
            return finished
        }
    }
}
