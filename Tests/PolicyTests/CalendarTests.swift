import Foundation
import Policy
import Testing

/// Periods on the calendar and on the clocks of time zones.
@Suite struct CalendarTests {
    @Test(arguments: [
        ("P5Y", "P5Y"), ("P1Y6M", "P1Y6M"), ("P30D", "P30D"), ("P2W", "P14D"), ("P12M", "P1Y"),
        ("P1Y2M3W4D", "P1Y2M25D"), ("P0Y1D", "P1D"), ("P1000Y", "P1000Y"),
    ])
    func `A duration is read, and written in its shortest form`(_ text: String, _ shortest: String)
        throws
    {
        #expect(try CalendarSpan(text).description == shortest)
    }

    @Test(arguments: [
        ("P0D", "is no time at all; give a day at least, as P1D"),
        ("P0Y0M", "is no time at all; give a day at least, as P1D"),
        (
            "PT24H",
            "has hours, minutes or seconds; give an ISO 8601 duration such as P5Y, P1Y6M, P2W or "
                + "P30D, in whole days"
        ),
        ("P1001Y", "is more than 1000 years; give fewer, as P100Y"),
        ("P365244D", "is more than 1000 years; give fewer, as P100Y"),
    ])
    func `What is no period says what to write instead`(_ text: String, _ sentence: String) {
        #expect(throws: SpanFault(sentence: sentence)) { try CalendarSpan(text) }
    }

    @Test(arguments: [
        "", "P", "5Y", "P5", "P-1Y", "-P1Y", "+P1Y", "P1.5Y", "P1,5Y", "P1D1Y", "P1Y1Y", "p1y",
        "P1Y ", "P٣D", "P99999999999Y", "P1Q", "forever",
    ])
    func `What is no duration is refused`(_ text: String) {
        let sentence =
            "is no duration; give an ISO 8601 duration such as P5Y, P1Y6M, P2W or P30D"
        #expect(throws: SpanFault(sentence: sentence)) { try CalendarSpan(text) }
    }

    private func end(_ zone: TimeZoneRules, _ start: String, _ period: String) -> Deadline {
        zone.end(of: Sample.period(period), from: Sample.time(start))
    }

    @Test(arguments: [
        // 29 February, and back to it.
        ("2024-02-29T10:00:00Z", "P1Y", "2025-02-28T10:00:00Z"),
        ("2024-02-29T10:00:00Z", "P4Y", "2028-02-29T10:00:00Z"),
        ("2096-02-29T10:00:00Z", "P4Y", "2100-02-28T10:00:00Z"),
        ("2023-02-28T10:00:00Z", "P1Y", "2024-02-28T10:00:00Z"),
        ("2024-02-28T10:00:00Z", "P1Y1D", "2025-03-01T10:00:00Z"),
        // Ends of months.
        ("2023-01-31T00:00:00Z", "P1M", "2023-02-28T00:00:00Z"),
        ("2023-01-31T00:00:00Z", "P2M", "2023-03-31T00:00:00Z"),
        ("2023-08-31T00:00:00Z", "P1M", "2023-09-30T00:00:00Z"),
        ("2023-12-31T23:59:59Z", "P2M", "2024-02-29T23:59:59Z"),
        ("2023-01-31T00:00:00Z", "P1M1D", "2023-03-01T00:00:00Z"),
        ("2023-11-15T00:00:00Z", "P14M", "2025-01-15T00:00:00Z"),
        ("2023-12-31T00:00:00Z", "P1D", "2024-01-01T00:00:00Z"),
        ("2024-02-15T00:00:00Z", "P2W", "2024-02-29T00:00:00Z"),
    ])
    func `Months are clamped to the month's last day, and days come after them`(
        _ start: String, _ period: String, _ end: String
    ) {
        #expect(self.end(Sample.utc, start, period) == .at(Sample.time(end)))
    }

    @Test(arguments: [
        // The time of day on the clock stays: in UTC it moves with summer time.
        ("2024-01-15T11:00:00Z", "P6M", "2024-07-15T10:00:00Z"),
        // The date is that of the zone: 31 January at 00:30 is still 30 January in UTC.
        ("2024-01-30T23:30:00Z", "P1M", "2024-02-28T23:30:00Z"),
        // 31 March 2024 at 02:30 does not exist: the moment of the change.
        ("2023-03-31T00:30:00Z", "P1Y", "2024-03-31T01:00:00Z"),
        // 27 October 2024 at 02:30 comes twice: the second time.
        ("2023-10-27T00:30:00Z", "P1Y", "2024-10-27T01:30:00Z"),
        // And 02:00 as well, the second time at the very moment of the change.
        ("2023-10-27T00:00:00Z", "P1Y", "2024-10-27T01:00:00Z"),
        ("2023-10-27T01:00:00Z", "P1Y", "2024-10-27T02:00:00Z"),
        // Both begin on a day of change.
        ("2024-03-31T01:00:00Z", "P1Y", "2025-03-31T01:00:00Z"),
        ("2024-10-27T00:30:00Z", "P1D", "2024-10-28T01:30:00Z"),
        ("2024-10-27T01:30:00Z", "P1D", "2024-10-28T01:30:00Z"),
        // Behind the years that files list, by the rule in their footer.
        ("2049-01-15T11:00:00Z", "P200Y6M", "2249-07-15T10:00:00Z"),
        ("2023-07-01T10:00:00Z", "P900Y", "2923-07-01T10:00:00Z"),
    ])
    func `Ends keep the time of day in the policy's zone`(
        _ start: String, _ period: String, _ end: String
    ) {
        #expect(self.end(Sample.zurich, start, period) == .at(Sample.time(end)))
    }

    @Test(arguments: [
        ("Pacific/Apia", "2011-11-30T22:00:00Z", "P1M", "2011-12-30T10:00:00Z"),
        ("Asia/Kathmandu", "2024-01-31T18:30:00Z", "P1M", "2024-02-29T18:30:00Z"),
        ("America/New_York", "2024-02-01T04:30:00Z", "P1M", "2024-03-01T04:30:00Z"),
        ("Australia/Lord_Howe", "2024-03-06T14:45:00Z", "P1M", "2024-04-06T15:15:00Z"),
        ("Africa/Casablanca", "2024-03-09T01:30:00Z", "P1D", "2024-03-10T02:30:00Z"),
    ])
    func `Each policy counts on the clock of its own zone`(
        _ zone: String, _ start: String, _ period: String, _ end: String
    ) {
        #expect(self.end(Sample.zone(zone), start, period) == .at(Sample.time(end)))
    }

    @Test func `What would end after the year 9999 never ends`() {
        #expect(
            end(Sample.utc, "9998-12-31T23:59:59Z", "P1Y")
                == .at(Sample.time("9999-12-31T23:59:59Z")))
        #expect(end(Sample.utc, "9999-01-01T00:00:00Z", "P1Y") == .never)
        #expect(end(Sample.utc, "2024-01-01T00:00:00Z", "forever") == .never)
        #expect(Deadline.at(.max) < .never)
    }

    @Test func `A period that covers another never ends before it, on any clock`() throws {
        let texts = [
            "P1D", "P28D", "P1M", "P31D", "P1M1D", "P365D", "P1Y", "P366D", "P1Y1M", "P4Y",
        ]
        let periods = texts.map(Sample.period)
        let covers = periods.map { long in periods.map { long.covers($0) } }
        for name in ["Europe/Zurich", "America/St_Johns", "Pacific/Apia", "Africa/Casablanca"] {
            let zone = Sample.zone(name)
            for step in Int64(0)..<2_000 {
                let start = Sample.time("2010-01-01") + step * 3_999_900_000
                let ends = periods.map { zone.end(of: $0, from: start) }
                for long in periods.indices {
                    for short in periods.indices where covers[long][short] {
                        #expect(ends[long] >= ends[short])
                    }
                }
            }
        }
    }

    /// A file without changes, for a zone that has only a rule.
    private func file(footer: String) -> [UInt8] {
        let header: (Int) -> [UInt8] = { types in
            Array("TZif2".utf8) + [UInt8](repeating: 0, count: 31)
                + [0, 0, 0, UInt8(types), 0, 0, 0, UInt8(types * 4)]
        }
        let type: [UInt8] = [0, 0, 0, 0, 0, 0] + Array("AAA\0".utf8)
        return header(1) + type + header(1) + type + Array("\n\(footer)\n".utf8)
    }

    @Test(arguments: [
        // Day 60 without leap days is always 1 March, day 59 from 0 is 29 February in leap years.
        ("AAA0BBB,J60/0,J300/0", "2023-03-01", "2024-03-01"),
        ("AAA0BBB,59/0,299/0", "2023-03-01", "2024-02-29"),
        ("AAA0BBB,M3.1.3/-24,M10.1.0", "2023-02-28", "2024-03-05"),
        ("AAA0BBB,M2.5.4/24,M10.1.0", "2023-02-24", "2024-03-01"),
        ("<-00>0<+01>-1,M2.5.4/167:00:00,M10.1.0", "2023-03-01T23:00:00Z", "2024-03-06T23:00:00Z"),
    ])
    func `Every form of a rule in a file's footer is understood`(
        _ footer: String, _ common: String, _ leap: String
    ) throws {
        let rules = try #require(TimeZoneRules(name: "X", file: file(footer: footer)))
        for change in [common, leap].map(Sample.time) {
            #expect(rules.localTime(at: change - 1) == change - 1)
            #expect(rules.localTime(at: change) == change + 3_600_000)
            // After 400 years it is the same again.
            let later = change + 146_097 * 86_400_000
            #expect(rules.localTime(at: later - 1) == later - 1)
            #expect(rules.localTime(at: later) == later + 3_600_000)
        }
    }

    @Test(arguments: [
        "AAA", "AAA0BBB", "AAA0BBB,", "AAA0BBB,M3.1.0", "AAA0BBB,M13.1.0,M10.1.0",
        "AAA0BBB,M3.6.0,M10.1.0", "AAA0BBB,M3.1.7,M10.1.0", "AAA0BBB,J0,J300", "AAA0BBB,J60,366",
        "AA0", "<AAA0", "AAA25", "AAA0BBB,J60/168,J300", "AAA0BBB,J60,J300,J301", "AAA0:60",
    ])
    func `A footer that is no rule gives no rules`(_ footer: String) {
        #expect(TimeZoneRules(name: "X", file: file(footer: footer)) == nil)
    }

    @Test func `A file of a time zone that is damaged gives no rules`() throws {
        let file = try #require(Sample.zoneFile("Europe/Zurich"))
        #expect(TimeZoneRules(name: "Europe/Zurich", file: file) != nil)
        for count in 0..<file.count {
            #expect(TimeZoneRules(name: "Europe/Zurich", file: Array(file[..<count])) == nil)
        }
        #expect(TimeZoneRules(name: "X", file: Array("not a time zone".utf8)) == nil)
        // Every byte as another one: rules or none, and no trap.
        for index in file.indices {
            for value: UInt8 in [0x7F, 0xFF, file[index] ^ 1] {
                var damaged = file
                damaged[index] = value
                let rules = TimeZoneRules(name: "X", file: damaged)
                _ = rules?.end(of: Sample.period("P1Y"), from: Sample.time("2024-02-29"))
            }
        }
    }

    @Test(arguments: [
        "", "/etc/passwd", "../../etc/passwd", "Europe/../UTC", "Europe//Zurich", "Europe/",
        "localtime", "posixrules", "posix/UTC", "right/UTC", "Factory", "Europe/Z\u{FC}rich",
        "Europe Zurich", "-UTC", "Europe.Zurich",
    ])
    func `A name that is no zone's or that leads elsewhere is refused`(_ name: String) {
        #expect(!TimeZoneRules.isName(name))
    }

    @Test(arguments: [
        ("P1Y", "P365D", true), ("P365D", "P1Y", false), ("P366D", "P1Y", true),
        ("P12M", "P1Y", true), ("P1Y", "P12M", true), ("P1M", "P28D", true), ("P1M", "P29D", false),
        ("P31D", "P1M", true), ("P30D", "P1M", false), ("P5Y", "P3Y", true), ("P3Y", "P5Y", false),
        ("P1M1D", "P1M", true), ("P1M", "P1M1D", false), ("P4Y", "P1461D", false),
        ("P4Y", "P1460D", true), ("P400Y", "P146097D", true), ("P146097D", "P400Y", true),
        ("forever", "P1000Y", true), ("P1000Y", "forever", false), ("forever", "forever", true),
        // No month is longer than 31 days.
        ("P1M31D", "P2M", true), ("P2M", "P1M28D", true), ("P2M", "P1M31D", false),
    ])
    func `A period covers another when it ends no earlier in any year`(
        _ long: String, _ short: String, _ covers: Bool
    ) {
        #expect(Sample.period(long).covers(Sample.period(short)) == covers)
    }
}
