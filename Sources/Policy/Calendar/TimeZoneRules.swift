/// How the clocks of one time zone differ from UTC, at any time.
///
/// Made from the tz database's file of the zone, which the caller reads: whoever has no such file
/// has no rules, and a policy without them is unreadable. All times are milliseconds since 1970 in
/// UTC; a local time is the same number on the zone's clock.
package struct TimeZoneRules: Sendable, Equatable {
    /// The IANA name, such as `Europe/Zurich`.
    package let name: String

    /// When the clock was changed, in ascending order, and the offset from then on.
    private let changes: [Int64]
    private let offsets: [Int64]
    private let earliestOffset: Int64
    /// From here on the last 400 years repeat.
    private let horizon: Int64

    /// The Gregorian calendar repeats after 400 years, which are whole weeks.
    private static let cycle: Int64 = 146_097 * 86_400_000
    /// More than any clock differs from UTC (RFC 8536, section 3.2: 25 hours and 59 minutes).
    static let mostOffset: Int64 = 26 * 3_600_000

    /// - Parameters:
    ///   - name: The IANA name.
    ///   - earliestOffset: The offset before the first change.
    ///   - changes: Times and offsets from then on, ascending.
    ///   - horizon: The time from which on the changes of the 400 years before it repeat.
    init(
        name: String, earliestOffset: Int64, changes: [(time: Int64, offset: Int64)], horizon: Int64
    ) {
        self.name = name
        self.earliestOffset = earliestOffset
        self.changes = changes.map(\.time)
        self.offsets = changes.map(\.offset)
        self.horizon = horizon
    }

    // MARK: From UTC to the zone's clock and back

    /// What the zone's clock shows at a time.
    package func localTime(at time: Int64) -> Int64 {
        time + offset(from: changesBegun(at: time - shift(time)))
    }

    /// The last time at which the zone's clock shows `local`; where it is set forward past it, the
    /// moment of the change.
    ///
    /// - Parameter local: What the clock shows.
    /// - Returns: The time.
    package func time(ofLocal local: Int64) -> Int64 {
        let shift = shift(local + Self.mostOffset)
        let local = local - shift
        // Backwards, to the last stretch between two changes that does not begin behind `local`.
        var index = changesBegun(at: local + Self.mostOffset)
        while index > 0, local - offset(from: index) < changes[index - 1] { index -= 1 }
        let reached = local - offset(from: index)
        return (index < changes.count ? min(reached, changes[index]) : reached) + shift
    }

    /// The offset after `count` changes.
    private func offset(from count: Int) -> Int64 {
        count == 0 ? earliestOffset : offsets[count - 1]
    }

    /// How many changes had been made at a time.
    private func changesBegun(at time: Int64) -> Int {
        var low = 0
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle] <= time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Whole cycles that bring a time before the horizon.
    private func shift(_ time: Int64) -> Int64 {
        time < horizon ? 0 : ((time - horizon) / Self.cycle + 1) * Self.cycle
    }
}

extension TimeZoneRules {
    /// The last time that is told from never: the end of the year 9999, the last of RFC 3339.
    private static let latest: Int64 = 253_402_300_799_999

    /// The end of a period: the same time of day on the zone's clock, months and days later.
    ///
    /// Months count first and are clamped to the month's last day, so that 29 February and a year
    /// give 28 February; then come the days. The end is the last time at which the zone's clock
    /// shows that date and time: the second one when the clock is set back and shows it twice. When
    /// it is set forward and skips it, the end is the moment of the change. What would end after
    /// the year 9999 never ends.
    ///
    /// - Parameters:
    ///   - period: How long.
    ///   - local: What the zone's clock shows at the beginning.
    /// - Returns: The end.
    package func end(of period: Period, fromLocal local: Int64) -> Deadline {
        guard case .span(let span) = period else { return .never }
        let day = local.flooredDivision(by: 86_400_000)
        let endDay = span.days(after: CivilDate(daysSinceEpoch: day))
        let end = time(ofLocal: endDay * 86_400_000 + local - day * 86_400_000)
        return end <= Self.latest ? .at(end) : .never
    }

    /// The same from a time in UTC.
    package func end(of period: Period, from start: Int64) -> Deadline {
        end(of: period, fromLocal: localTime(at: start))
    }
}
