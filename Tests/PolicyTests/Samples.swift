import Foundation
import Policy

/// Times, zones and periods of the tests.
enum Sample {
    /// A file of this machine's tz database.
    static func zoneFile(_ name: String) -> [UInt8]? {
        (try? Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)"))).map { [UInt8]($0) }
    }

    static func zone(_ name: String) -> TimeZoneRules {
        guard let file = zoneFile(name), let rules = TimeZoneRules(name: name, file: file) else {
            preconditionFailure("This machine has no file of \(name); install tzdata.")
        }
        return rules
    }

    static let utc = zone("UTC")
    static let zurich = zone("Europe/Zurich")

    /// Milliseconds of `2024-02-29T12:00:00Z`, or of midnight where there is no time.
    static func time(_ text: String) -> Int64 {
        let parts = text.split(whereSeparator: { "-T:Z.".contains($0) }).compactMap { Int64($0) }
        let date = CivilDate(year: parts[0], month: parts[1], day: parts[2])
        let clock = parts.count > 3 ? (parts[3] * 60 + parts[4]) * 60 + parts[5] : 0
        return (date.daysSinceEpoch * 86_400 + clock) * 1000
    }

    static func period(_ text: String) -> Period {
        text == "forever"
            ? .forever : (try? CalendarSpan(text)).map(Period.span) ?? .forever
    }
}
