/// A time span of the calendar: whole months, and whole days after them.
///
/// Text is an ISO 8601 duration of years, months, weeks and days, in this order: `P5Y`, `P1Y6M`,
/// `P2W`, `P30D`. A year is twelve months, a week seven days. It has neither times nor signs nor
/// fractions, is a day at least and 1,000 years at most.
package struct CalendarSpan: Sendable, Hashable, CustomStringConvertible {
    package let months: Int64
    package let days: Int64

    static let mostYears: Int64 = 1000
    private static let mostMonths = mostYears * 12
    private static let mostDays: Int64 = 365_243

    /// A span; `nil` when a number is out of range, or both are 0.
    ///
    /// - Parameters:
    ///   - months: Whole months, from 0 to 12,000.
    ///   - days: Whole days, from 0 to 365,243 (1,000 years of the calendar).
    package init?(months: Int64, days: Int64) {
        guard (0...Self.mostMonths).contains(months), (0...Self.mostDays).contains(days),
            months + days > 0
        else { return nil }
        self.months = months
        self.days = days
    }

    /// The shortest text: `P1Y6M14D`.
    package var description: String {
        let parts = [(months / 12, "Y"), (months % 12, "M"), (days, "D")]
        return "P" + parts.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
    }

    /// The date after this span: first the months, clamped to the month's last day, then the days.
    ///
    /// - Parameter date: Where the span begins.
    /// - Returns: The date, as days since 1970-01-01.
    package func days(after date: CivilDate) -> Int64 {
        guard months > 0 else { return date.daysSinceEpoch + days }
        let month = date.year * 12 + date.month - 1 + months
        let first = CivilDate(
            year: month.flooredDivision(by: 12), month: month.flooredRemainder(by: 12) + 1, day: 1)
        return first.daysSinceEpoch + min(date.day, first.daysInMonth) - 1 + days
    }

    /// Whether this span ends no earlier than another one, whatever the day on which both begin.
    ///
    /// Compared on every day of the month that can matter, in each of the 4,800 months after which
    /// the calendar repeats: `P1Y` covers `P365D` and `P12M`, `P365D` does not cover `P1Y`.
    package func covers(_ other: CalendarSpan) -> Bool {
        if months >= other.months, days >= other.days { return true }
        return (Int64(0)..<4800).allSatisfy { month in
            let year = 2000 + month / 12
            let first = CivilDate(year: year, month: month % 12 + 1, day: 1)
            // The first 28 days of a month are never clamped, so that one stands for all of them.
            return (28...first.daysInMonth).allSatisfy { day in
                let date = CivilDate(year: year, month: first.month, day: day)
                return days(after: date) >= other.days(after: date)
            }
        }
    }
}

extension CivilDate {
    /// How many days the date's month has.
    var daysInMonth: Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }
}

extension Int64 {
    /// What is left of a floored division; never negative for a positive divisor.
    func flooredRemainder(by divisor: Int64) -> Int64 {
        self - flooredDivision(by: divisor) * divisor
    }
}

// MARK: Text

/// Why a text is no duration, with what to write instead.
package struct SpanFault: Error, Sendable, Equatable {
    package let sentence: String

    package init(sentence: String) { self.sentence = sentence }
}

extension CalendarSpan {
    /// Reads an ISO 8601 duration.
    ///
    /// - Parameter text: Such as `P1Y6M`.
    /// - Throws: `SpanFault` for any other text, for no time at all and for more than 1,000 years.
    package init(_ text: String) throws(SpanFault) {
        let remedy = "give an ISO 8601 duration such as P5Y, P1Y6M, P2W or P30D"
        guard text.hasPrefix("P") else {
            throw SpanFault(sentence: "is no duration; \(remedy)")
        }
        guard !text.contains("T") else {
            throw SpanFault(sentence: "has hours, minutes or seconds; \(remedy), in whole days")
        }
        guard let parts = Self.parts(of: text.dropFirst()) else {
            throw SpanFault(sentence: "is no duration; \(remedy)")
        }
        let months = parts["Y", default: 0] * 12 + parts["M", default: 0]
        let days = parts["W", default: 0] * 7 + parts["D", default: 0]
        guard months + days > 0 else {
            throw SpanFault(sentence: "is no time at all; give a day at least, as P1D")
        }
        guard let span = CalendarSpan(months: months, days: days) else {
            throw SpanFault(
                sentence: "is more than \(Self.mostYears) years; give fewer, as P100Y")
        }
        self = span
    }

    /// The numbers before `Y`, `M`, `W` and `D`, each once and in this order.
    private static func parts(of text: Substring) -> [Character: Int64]? {
        var rest = text
        var parts: [Character: Int64] = [:]
        var units = "YMWD"[...]
        while !rest.isEmpty {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            rest = rest.dropFirst(digits.count)
            // More digits than any number of days up to 1,000 years has.
            guard !digits.isEmpty, digits.count <= 9, let number = Int64(digits),
                let unit = rest.popFirst(), let place = units.firstIndex(of: unit)
            else { return nil }
            units = units[units.index(after: place)...]
            parts[unit] = number
        }
        return parts.isEmpty ? nil : parts
    }
}

// MARK: Periods and ends

/// How long a rule keeps: a span of the calendar, or for ever.
package enum Period: Sendable, Hashable, CustomStringConvertible {
    case span(CalendarSpan)
    case forever

    static let foreverWord = "forever"

    package var description: String {
        switch self {
        case .span(let span): span.description
        case .forever: Self.foreverWord
        }
    }

    /// Whether this period ends no earlier than another one, whenever both begin.
    package func covers(_ other: Period) -> Bool {
        switch (self, other) {
        case (.forever, _): true
        case (.span, .forever): false
        case (.span(let own), .span(let other)): own.covers(other)
        }
    }
}

/// When something ends: at a time, or never; never is later than any time.
package enum Deadline: Sendable, Hashable, Comparable {
    /// Milliseconds since 1970 in UTC.
    case at(Int64)
    case never

    /// The time; `nil` for never.
    package var milliseconds: Int64? { if case .at(let time) = self { time } else { nil } }

    /// Whether it has come; a time belongs to what comes after it.
    package func hasPassed(at now: Int64) -> Bool { self <= .at(now) }
}
