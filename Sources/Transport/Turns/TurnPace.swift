package import Foundation

/// What a transport of turns takes from outside the network: waiting, chance, the time of day.
package struct TurnPace: Sendable {
    /// Waits so many milliseconds; ends early with an error when the task is cancelled.
    package var wait: @Sendable (Int) async throws -> Void
    /// A number from 0 up to 1.
    package var chance: @Sendable () -> Double
    package var now: @Sendable () -> Date

    package init(
        wait: @escaping @Sendable (Int) async throws -> Void,
        chance: @escaping @Sendable () -> Double, now: @escaping @Sendable () -> Date
    ) {
        self.wait = wait
        self.chance = chance
        self.now = now
    }

    /// This machine's.
    package static let real = TurnPace(
        wait: { try await Task.sleep(for: .milliseconds($0)) },
        chance: { Double.random(in: 0..<1) }, now: { Date() })
}
