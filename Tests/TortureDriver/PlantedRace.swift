import Foundation

/// A number that two threads change without asking each other: what ThreadSanitizer must see.
private final class PlainCounter: @unchecked Sendable {
    var count = 0
}

/// `threads --planted`: a race that is none of Coffer's.
enum PlantedRace {
    private static let steps = 10_000

    /// Changes a number in two threads.
    ///
    /// - Returns: What it is at the end; twice the steps where nothing was lost.
    static func run() -> Int {
        let counter = PlainCounter()
        let group = DispatchGroup()
        for _ in 0..<2 {
            group.enter()
            Thread {
                for _ in 0..<steps { counter.count += 1 }
                group.leave()
            }.start()
        }
        group.wait()
        return counter.count
    }
}
