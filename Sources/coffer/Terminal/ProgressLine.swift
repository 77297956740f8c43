import Foundation
import Synchronization
import Vault

/// A line on the terminal that says how far a long command is, and how long it will still take.
///
/// It appears after a second and leaves nothing behind.
struct ProgressLine {
    enum Unit { case bytes, items(String) }

    private static let delay = Duration.seconds(1)
    private static let interval = Duration.milliseconds(100)
    private static let isShown = Mutex(false)

    private let isOn: Bool
    private let unit: Unit
    private let start = ContinuousClock.now
    private var last: ContinuousClock.Instant?

    init(_ unit: Unit, _ options: GlobalOptions) {
        self.unit = unit
        isOn = Console.showsProgress && !options.quiet
    }

    /// Shows how much is done; a total of 0 is unknown.
    mutating func update(_ done: Int64, of total: Int64, _ verb: String = "") {
        guard isOn else { return }
        let now = ContinuousClock.now
        guard now - start >= Self.delay, last.map({ now - $0 >= Self.interval }) ?? true else {
            return
        }
        last = now
        let text = Self.text(done, of: total, unit, verb, elapsed: now - start)
        Notes.write(Array("\r\u{1B}[K\(Columns.clip(text, Console.width - 1))".utf8))
        Self.isShown.withLock { $0 = true }
    }

    static func text(
        _ done: Int64, of total: Int64, _ unit: Unit, _ verb: String, elapsed: Duration
    ) -> String {
        let seconds = max(
            0.001,
            Double(elapsed.components.seconds)
                + Double(elapsed.components.attoseconds) / 1e18)
        let rate = Double(done) / seconds
        var pieces = verb.isEmpty ? [] : [verb]
        if total > 0 {
            pieces.append("\(min(100, done * 100 / total)) %")
            pieces.append("\(amount(done, unit)) of \(amount(total, unit))")
        } else {
            pieces.append(amount(done, unit))
        }
        pieces.append("\(amount(Int64(rate), unit))/s")
        if total > done, rate > 0 {
            let left = Int((Double(total - done) / rate).rounded(.up))
            pieces.append("about \(Figures.duration(seconds: left)) left")
        }
        return pieces.joined(separator: "  ")
    }

    private static func amount(_ value: Int64, _ unit: Unit) -> String {
        switch unit {
        case .bytes: Figures.bytes(value)
        case .items(let noun): Figures.count(value, noun)
        }
    }

    /// Removes the line.
    func clear() { Self.clearCurrent() }

    static func clearCurrent() {
        let wasShown = isShown.withLock { shown in
            defer { shown = false }
            return shown
        }
        if wasShown { Notes.write(Array("\r\u{1B}[K".utf8)) }
    }
}
