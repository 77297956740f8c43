package import Foundation

/// The moment of a signature, in UTC.
package struct SigningTime: Sendable, Equatable {
    /// `20260102T030405Z`.
    package let stamp: String
    /// `20260102`.
    var day: String { String(stamp.prefix(8)) }

    /// The moment of a clock that the caller has read.
    package init(_ date: Date) {
        let style = Date.ISO8601FormatStyle(
            dateSeparator: .omitted, dateTimeSeparator: .standard, timeSeparator: .omitted)
        stamp = date.formatted(style)
    }
}
