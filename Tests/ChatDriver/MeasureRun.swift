import Chat
import Foundation
import JSONText
import Providers
import Synchronization
import Vault

/// Times each event of an answer from the moment at which the source has it until it is durable and
/// shown, and looks at the memory of the process now and then.
struct MeasureRun {
    private struct State {
        /// When each event came that is not shown yet, the oldest first.
        var waiting: [ContinuousClock.Instant] = []
        var first = 0
        var durations = Durations()
        var residentKilobytes: [Int] = []

        mutating func drop() {
            waiting.removeFirst(first)
            first = 0
        }
    }

    static func start(_ options: DriverOptions) async throws {
        let vault = try options.openVault()
        let boxed = Box()
        let clock = ContinuousClock()
        var source = options.source
        let sampled = max(1, (source.words + 20) / 10)
        source.onEvent = { boxed.state.withLock { $0.waiting.append(clock.now) } }
        let chat = Chat(vault, over: source, settings: ChatSettings(model: "scripted-1"))
        let conversation = try await chat.begin(Question("How long does it take?"))
        let begin = clock.now
        _ = try await chat.answer(in: conversation) { news in
            guard case .answer = news else { return }
            boxed.state.withLock { state in
                let waited = clock.now - state.waiting[state.first]
                state.first += 1
                if state.first == 4096 { state.drop() }
                state.durations.add(waited)
                if state.durations.count % sampled == 0 {
                    state.residentKilobytes.append(residentKilobytes())
                }
            }
        }
        let seconds = (clock.now - begin) / .seconds(1)
        boxed.state.withLock { report($0.durations, $0.residentKilobytes, seconds: seconds) }
        try vault.close()
    }

    private final class Box: Sendable {
        let state = Mutex(State())
    }

    /// Says in one line how long events took, and how much memory there was meanwhile.
    static func report(_ durations: Durations, _ kilobytes: [Int], seconds: Double) {
        func share(_ part: Double) -> JSON { .integer(durations.microseconds(at: part)) }
        let line: JSONObject = [
            "events": .integer(durations.count), "seconds": .number(String(seconds)),
            "medianMicroseconds": share(0.5), "p95Microseconds": share(0.95),
            "p99Microseconds": share(0.99), "mostMicroseconds": share(1),
            "residentKilobytes": .array(kilobytes.map { .integer($0) }),
            "endKilobytes": .integer(residentKilobytes()),
        ]
        FileHandle.standardOutput.write(Data((JSONWriter.line(.object(line)) + "\n").utf8))
    }

    /// Linux only; 0 elsewhere.
    static func residentKilobytes() -> Int {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") })
        else { return 0 }
        return line.split(separator: " ").compactMap { Int($0) }.first ?? 0
    }
}

/// How often each duration came, in steps of 10 microseconds up to a tenth of a second: its memory
/// does not grow, so that what grows is the program's.
struct Durations {
    private static let stepMicroseconds = 10
    private var counts = [Int](repeating: 0, count: 10_001)
    private(set) var count = 0
    private var most = 0

    mutating func add(_ duration: Duration) {
        let microseconds = Int(duration / .microseconds(1))
        counts[min(microseconds / Self.stepMicroseconds, counts.count - 1)] += 1
        count += 1
        most = max(most, microseconds)
    }

    /// The duration that this share of all is not longer than.
    func microseconds(at share: Double) -> Int {
        if share >= 1 { return most }
        var left = Int(Double(count) * share)
        for (step, number) in counts.enumerated() {
            left -= number
            if left < 0 { return (step + 1) * Self.stepMicroseconds }
        }
        return most
    }
}
