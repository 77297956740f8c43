import Foundation
import Synchronization

/// Runs programs of this machine.
///
/// A program has nothing on its standard input, its errors go nowhere (they may quote what it
/// read), and it is the first of a process group, which is ended as a whole when a bound is
/// reached.
package struct MachinePrograms: ProgramRunner {
    package init() {}

    package func run(_ call: ProgramCall) async throws(ProgramFault) -> [UInt8] {
        let run = ProgramRun()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // It waits for a child, for which no thread of a pool is to be spent: where all are
                // busy, the bounds of time would not be kept.
                Thread.detachNewThread {
                    continuation.resume(returning: run.result(of: call))
                }
            }
        } onCancel: {
            run.cancel()
        }
        return try result.get()
    }
}

/// One run of a program.
private final class ProgramRun: Sendable {
    private let isCancelled = Mutex(false)

    func cancel() { isCancelled.withLock { $0 = true } }

    /// Blocks until the program has ended or a bound is reached.
    func result(of call: ProgramCall) -> Result<[UInt8], ProgramFault> {
        guard let path = Self.path(of: call) else { return .failure(.notStarted) }
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = call.arguments
        process.environment = call.environment
        let output = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        let deadline = ContinuousClock.now.advanced(by: .seconds(call.timeLimitSeconds))
        guard (try? process.run()) != nil else { return .failure(.notStarted) }
        try? output.fileHandleForWriting.close()
        var bytes = read(output.fileHandleForReading.fileDescriptor, call, until: deadline)
        // A program may close its output and go on.
        while case .success = bytes, ended.wait(timeout: .now() + .milliseconds(50)) != .success {
            if let fault = fault(at: deadline) { bytes = .failure(fault) }
        }
        guard case .success = bytes else {
            end(process)
            return bytes
        }
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            return .failure(.failed(status: process.terminationStatus))
        }
        return bytes
    }

    /// What comes until the program closes its output.
    private func read(
        _ file: Int32, _ call: ProgramCall, until deadline: ContinuousClock.Instant
    ) -> Result<[UInt8], ProgramFault> {
        var bytes: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 4096)
        while true {
            if let fault = fault(at: deadline) { return .failure(fault) }
            var wanted = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
            // Short waits, so that a cancellation is seen within a twentieth of a second.
            guard unsafe poll(&wanted, 1, 50) > 0 else { continue }
            let count = unsafe Foundation.read(file, &room, room.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return .success(bytes) }
            bytes += room[..<count]
            guard bytes.count <= call.outputLimitBytes else { return .failure(.printedTooMuch) }
        }
    }

    private func fault(at deadline: ContinuousClock.Instant) -> ProgramFault? {
        if isCancelled.withLock({ $0 }) { return .cancelled }
        return ContinuousClock.now < deadline ? nil : .tookTooLong
    }

    private func end(_ process: Process) {
        // Foundation makes each child the first of a group of its own.
        kill(-process.processIdentifier, SIGKILL)
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    private static func path(of call: ProgramCall) -> String? {
        if call.path.contains("/") { return call.path }
        let folders = (call.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        return folders.map { "\($0)/\(call.path)" }.first { unsafe access($0, X_OK) == 0 }
    }
}
