import Policy

/// The clock of one time zone, for days that begin at its midnight.
///
/// Its rules come from the machine's tz database, as those of policies do; UTC needs none.
package struct ZoneClock: Sendable, Equatable {
    package static let utc = ZoneClock(name: "UTC", rules: nil)

    /// The IANA name, such as `Europe/Zurich`.
    package let name: String
    private let rules: TimeZoneRules?

    /// `nil` when the tz database of this machine has no zone of that name.
    package init?(_ name: String) {
        if name == Self.utc.name {
            self = .utc
            return
        }
        guard TimeZoneRules.isName(name), let file = TimeZoneFolder.file(name),
            let rules = TimeZoneRules(name: name, file: file)
        else { return nil }
        self.init(name: name, rules: rules)
    }

    private init(name: String, rules: TimeZoneRules?) {
        self.name = name
        self.rules = rules
    }

    /// What the clock shows at an instant.
    package func reading(at instant: Instant) -> ClockReading {
        let local = rules?.localTime(at: instant.milliseconds) ?? instant.milliseconds
        return ClockReading(
            local: Instant(milliseconds: local),
            offsetMinutes: (local - instant.milliseconds).flooredDivision(by: 60_000))
    }
}

/// What a clock shows.
package struct ClockReading: Sendable, Equatable {
    /// The time that a UTC clock would show the same at.
    fileprivate let local: Instant
    /// East of Greenwich.
    package let offsetMinutes: Int64

    /// The date, counted in days since 1970-01-01.
    package var day: Int64 { local.milliseconds.flooredDivision(by: 86_400_000) }
    /// 0 to 23.
    package var hour: Int64 { (local.milliseconds - day * 86_400_000) / 3_600_000 }
    /// 0 for Sunday.
    package var weekday: Int { Int(day + 4 - (day + 4).flooredDivision(by: 7) * 7) }
    /// `2026-03-01`.
    package var date: String { String(local.description.prefix(10)) }
    /// `09:30:00`, without decimals.
    package var time: String { String(local.description.dropFirst(11).prefix(8)) }
    /// `+01:00`.
    package var offset: String {
        let minutes = abs(offsetMinutes)
        return (offsetMinutes < 0 ? "-" : "+") + CivilDate.padded(minutes / 60, 2) + ":"
            + CivilDate.padded(minutes % 60, 2)
    }
}
