/// The rule in the footer of a tz database file, for all times after its last change.
///
/// POSIX.1-2017, section 8.3, with the extension of RFC 8536, section 3.3.1: offsets and times of
/// day may be negative and up to 167 hours. `CET-1CEST,M3.5.0,M10.5.0/3` is central Europe.
struct TransitionRule {
    /// When in a year the clock is changed, by the clock before the change.
    fileprivate struct Moment {
        enum Day {
            /// Day 1 to 365; 29 February is never counted.
            case withoutLeapDay(Int64)
            /// Day 0 to 365.
            case ofYear(Int64)
            /// The `week`th `weekday` of a month; week 5 is the last, weekday 0 a Sunday.
            case ofMonth(month: Int64, week: Int64, weekday: Int64)
        }
        var day: Day
        /// Seconds after midnight.
        var second: Int64 = 7200
    }

    private struct Summer {
        var offset: Int64
        var start: Moment
        var end: Moment
    }

    /// Seconds east of Greenwich.
    private var offset: Int64
    private var summer: Summer?

    /// Reads a rule; `nil` when the text is none.
    ///
    /// - Parameter text: The footer without its line ends.
    init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        guard Self.skipName(&rest), let west = Self.clock(&rest) else { return nil }
        offset = -west
        if rest.isEmpty { return }
        guard Self.skipName(&rest) else { return nil }
        var summerOffset = offset + 3600
        if rest.first != UInt8(ascii: ",") {
            guard let west = Self.clock(&rest) else { return nil }
            summerOffset = -west
        }
        guard let start = Self.moment(&rest), let end = Self.moment(&rest), rest.isEmpty else {
            return nil
        }
        summer = Summer(offset: summerOffset, start: start, end: end)
    }

    /// The changes in some years, in milliseconds since 1970 and of offset, ascending.
    func changes(inYears years: ClosedRange<Int64>) -> [(time: Int64, offset: Int64)] {
        guard let summer else { return [] }
        var changes: [(time: Int64, offset: Int64)] = []
        for year in years {
            let start = summer.start.second(inYear: year) - offset
            let end = summer.end.second(inYear: year) - summer.offset
            changes.append((start * 1000, summer.offset * 1000))
            changes.append((end * 1000, offset * 1000))
        }
        return changes.sorted { $0.time < $1.time }
    }

    // MARK: Text

    /// `CET` or `<+03>`.
    private static func skipName(_ rest: inout ArraySlice<UInt8>) -> Bool {
        if rest.first == UInt8(ascii: "<") {
            guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
            rest = rest[(end + 1)...]
            return true
        }
        let letters = rest.prefix { ($0 | 0x20) &- UInt8(ascii: "a") < 26 }
        rest = rest.dropFirst(letters.count)
        return letters.count >= 3
    }

    private static func skip(_ sign: Unicode.Scalar, _ rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.first == UInt8(ascii: sign) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private static func number(
        _ range: ClosedRange<Int64>, _ rest: inout ArraySlice<UInt8>
    ) -> Int64? {
        let digits = rest.prefix { $0 &- 0x30 < 10 }
        rest = rest.dropFirst(digits.count)
        guard !digits.isEmpty, digits.count <= 3 else { return nil }
        let value = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
        return range.contains(value) ? value : nil
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    private static func clock(
        _ rest: inout ArraySlice<UInt8>, mostHours: Int64 = 24
    ) -> Int64? {
        let isNegative = skip("-", &rest)
        if !isNegative { _ = skip("+", &rest) }
        guard var seconds = number(0...mostHours, &rest).map({ $0 * 3600 }) else { return nil }
        for unit: Int64 in [60, 1] where skip(":", &rest) {
            guard let part = number(0...59, &rest) else { return nil }
            seconds += part * unit
        }
        return isNegative ? -seconds : seconds
    }

    /// `,Mm.w.d`, `,Jn` or `,n`, with `/time` behind it or not.
    private static func moment(_ rest: inout ArraySlice<UInt8>) -> Moment? {
        guard skip(",", &rest) else { return nil }
        var moment: Moment
        if skip("M", &rest) {
            guard let month = number(1...12, &rest), skip(".", &rest),
                let week = number(1...5, &rest), skip(".", &rest),
                let weekday = number(0...6, &rest)
            else { return nil }
            moment = Moment(day: .ofMonth(month: month, week: week, weekday: weekday))
        } else if skip("J", &rest) {
            guard let day = number(1...365, &rest) else { return nil }
            moment = Moment(day: .withoutLeapDay(day))
        } else {
            guard let day = number(0...365, &rest) else { return nil }
            moment = Moment(day: .ofYear(day))
        }
        if skip("/", &rest) {
            guard let second = clock(&rest, mostHours: 167) else { return nil }
            moment.second = second
        }
        return moment
    }
}

extension TransitionRule.Moment {
    /// Seconds since 1970 on the clock before the change.
    fileprivate func second(inYear year: Int64) -> Int64 {
        let january = CivilDate(year: year, month: 1, day: 1).daysSinceEpoch
        let date: Int64
        switch day {
        case .ofYear(let day): date = january + day
        case .withoutLeapDay(let day):
            let isLeap = CivilDate(year: year, month: 2, day: 1).daysInMonth == 29
            date = january + day - 1 + (isLeap && day >= 60 ? 1 : 0)
        case .ofMonth(let month, let week, let weekday):
            let first = CivilDate(year: year, month: month, day: 1)
            // 1 January 1970 was a Thursday, day 4 of the week.
            let firstWeekday = (first.daysSinceEpoch + 4).flooredRemainder(by: 7)
            let day = (weekday - firstWeekday).flooredRemainder(by: 7) + (week - 1) * 7
            date = first.daysSinceEpoch + (day < first.daysInMonth ? day : day - 7)
        }
        return date * 86_400 + second
    }
}
