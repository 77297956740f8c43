import Foundation
import Synchronization

/// Hashes consecutive files on a thread of its own, and checks the records in them.
///
/// Bytes travel in batches, so that small files cost little. Findings come back in the order of the
/// files.
final class FileLane: Sendable {
    private static let batchBytes = 262_144
    private static let batchMarks = 2048
    private static let maximumBatches = 8

    /// Bytes, and the places in them where a file begins or ends.
    private struct Batch {
        var bytes: [UInt8] = []
        var marks: [(offset: Int, mark: Mark)] = []
        var isLast = false
    }

    private enum Mark {
        case begin(FileWork)
        case end
    }

    private struct State {
        var doneBytes = 0
        var finished: [FileFinding] = []
        /// Room of batches that were gone through, to be filled again.
        var spare: [[UInt8]] = []
    }

    private let batches = Handover<Batch>(maximum: FileLane.maximumBatches)
    private let state = Mutex(State())
    private let done = DispatchSemaphore(value: 0)

    /// The caller's end of the lane; one thread uses it.
    final class Feed {
        private let lane = FileLane()
        private var batch = Batch()
        private var takenBytes = 0
        private var isClosed = false

        init() {
            let lane = lane
            Thread.detachNewThread { lane.run() }
        }

        /// How many bytes the lane has still to go through.
        var backlogBytes: Int { takenBytes - lane.state.withLock { $0.doneBytes } }

        /// Starts a file; one that was not ended is forgotten.
        func begin(_ work: FileWork) { mark(.begin(work)) }

        func update(_ bytes: UnsafeRawBufferPointer) {
            takenBytes += bytes.count
            var rest = unsafe bytes
            while rest.count > 0 {
                let count = min(rest.count, FileLane.batchBytes - batch.bytes.count)
                unsafe batch.bytes.append(contentsOf: rest[..<count])
                unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                if batch.bytes.count == FileLane.batchBytes { send() }
            }
        }

        /// Ends the current file.
        func endFile() { mark(.end) }

        private func mark(_ mark: Mark) {
            batch.marks.append((batch.bytes.count, mark))
            if batch.marks.count >= FileLane.batchMarks { send() }
        }

        /// What was found out by now, in order; each finding is handed out once.
        func takeFinished() -> [FileFinding] {
            lane.state.withLock { state in
                let findings = state.finished
                state.finished.removeAll(keepingCapacity: true)
                return findings
            }
        }

        /// Waits for everything and returns the findings that were not taken.
        func close() -> [FileFinding] {
            guard !isClosed else { return [] }
            isClosed = true
            batch.isLast = true
            send()
            lane.done.wait()
            return takeFinished()
        }

        private func send() {
            lane.batches.give(batch)
            batch = Batch(bytes: lane.state.withLock { $0.spare.popLast() } ?? [])
            batch.bytes.reserveCapacity(FileLane.batchBytes)
        }

        deinit { _ = close() }
    }

    private func run() {
        var file = FileExamination(FileWork())
        while true {
            var batch = batches.take()
            let finished = Self.examine(batch, &file)
            let count = batch.bytes.count
            batch.bytes.removeAll(keepingCapacity: true)
            let room = batch.bytes
            batch.bytes = []
            state.withLock { state in
                state.doneBytes += count
                state.finished.append(contentsOf: finished)
                state.spare.append(room)
            }
            if batch.isLast { break }
        }
        done.signal()
    }

    private static func examine(_ batch: Batch, _ file: inout FileExamination) -> [FileFinding] {
        unsafe batch.bytes.span.bytes.withUnsafeBytes { bytes in
            var finished: [FileFinding] = []
            var start = 0
            for (offset, mark) in batch.marks {
                unsafe file.take(UnsafeRawBufferPointer(rebasing: bytes[start..<offset]))
                start = offset
                switch mark {
                case .begin(let work): file = FileExamination(work)
                case .end:
                    finished.append(file.finish())
                    file = FileExamination(FileWork())
                }
            }
            unsafe file.take(UnsafeRawBufferPointer(rebasing: bytes[start...]))
            return finished
        }
    }
}
