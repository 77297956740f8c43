import Foundation
import Policy

/// A point in time in whole milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// Text is RFC 3339 in UTC: `2024-03-01T10:11:12Z`, with three decimals only when they are not
/// zero.
package struct Instant: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Seconds as exports write them (`1714992000.123`); `nil` when not finite or out of range.
    package init?(seconds: Double) {
        let scaled = (seconds * 1000).rounded()
        guard scaled.isFinite, abs(scaled) < 9e15 else { return nil }
        self.milliseconds = Int64(scaled)
    }

    package static var now: Instant {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    package static func < (left: Instant, right: Instant) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// Whether a record's date can be true: from 1990 to 2199.
    ///
    /// An export that says 1970 has lost its clock and one that says 9999 holds a placeholder;
    /// retention must not act on either.
    package var isPlausible: Bool {
        milliseconds >= 631_152_000_000 && milliseconds < 7_258_118_400_000
    }

    package var description: String {
        let day = milliseconds.flooredDivision(by: 86_400_000)
        let inDay = milliseconds - day * 86_400_000
        let date = CivilDate(daysSinceEpoch: day)
        let seconds = inDay / 1000
        let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map {
            CivilDate.padded($0, 2)
        }
        let fraction = inDay % 1000
        let decimals = fraction == 0 ? "" : "." + CivilDate.padded(fraction, 3)
        return "\(date)T\(clock.joined(separator: ":"))\(decimals)Z"
    }
}
