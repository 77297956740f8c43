import Vault

/// Messages per day as bars, for days in UTC.
///
/// Up to twelve months stand in one panel; a longer time has a panel for each calendar year, all
/// with the same scale. Places across are percentages, so the chart fits any width without making
/// its letters smaller.
struct DayChart {
    /// A month of the calendar.
    struct Month: Equatable {
        var year: Int
        /// 1 to 12.
        var number: Int

        init(year: Int, number: Int) {
            self.year = year
            self.number = number
        }

        /// The month of a day since 1970-01-01.
        init(day: Int64) {
            let words = Instant(day: day).description.prefix(7).split(separator: "-")
            self.init(
                year: words.first.flatMap { Int($0) } ?? 1970,
                number: words.last.flatMap { Int($0) } ?? 1)
        }

        /// `2026-03`.
        var description: String { number < 10 ? "\(year)-0\(number)" : "\(year)-\(number)" }
        var next: Month {
            number == 12
                ? Month(year: year + 1, number: 1) : Month(year: year, number: number + 1)
        }
        /// The first day, since 1970-01-01.
        var firstDay: Int64 { Instant(description + "-01")?.day ?? 0 }
        var name: String {
            let names = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(separator: " ")
            return String(names[number - 1])
        }
    }

    /// Some months side by side.
    struct Panel: Equatable {
        var first: Month
        /// The month after the last one.
        var end: Month
    }

    /// The days with messages, in order.
    let days: [(day: Int64, messages: Int)]
    let panels: [Panel]
    /// What the top line stands for.
    let top: Int

    /// - Parameter counts: Messages by day since 1970-01-01.
    init(_ counts: [Int64: Int]) {
        days = counts.map { ($0.key, $0.value) }.sorted { $0.day < $1.day }
        top = Self.scale(days.map(\.messages).max() ?? 0)
        guard let first = days.first, let last = days.last else {
            panels = []
            return
        }
        let (start, end) = (Month(day: first.day), Month(day: last.day).next)
        if (end.year - start.year) * 12 + end.number - start.number <= 12 {
            panels = [Panel(first: start, end: end)]
            return
        }
        var years: [Int] = []
        for (day, _) in days {
            let year = Month(day: day).year
            if years.last != year { years.append(year) }
        }
        panels = years.map {
            Panel(first: Month(year: $0, number: 1), end: Month(year: $0 + 1, number: 1))
        }
    }

    /// The next of 2, 4, 6, 8, 10, 20, 40 and so on: its half is a whole number too.
    static func scale(_ most: Int) -> Int {
        var unit = 1
        while unit * 10 < most { unit *= 10 }
        return [2, 4, 6, 8, 10].map { $0 * unit }.first { $0 >= most } ?? 10 * unit
    }

    // MARK: Drawing

    private static let barHeight = 104
    private static let above = 12
    private var below: Int { panels.count > 1 ? 24 : 36 }

    /// Appends a panel as a picture.
    ///
    /// - Parameters:
    ///   - panel: Which.
    ///   - label: What the picture is called.
    ///   - html: The document.
    func draw(_ panel: Panel, label: String, into html: inout HTMLBuffer) {
        let start = panel.first.firstDay
        let count = panel.end.firstDay - start
        html.markup("<div class=\"plot\"><svg role=\"img\" width=\"100%\" height=\"")
        html.number(Self.above + Self.barHeight + below)
        html.markup("\" aria-label=\"")
        html.text(label)
        html.markup("\">\n")
        for value in [top, top / 2, 0] { line(value, into: &html) }
        for (day, messages) in days where day >= start && day < start + count {
            bar(day, messages, at: day - start, of: count, into: &html)
        }
        months(panel, into: &html)
        html.markup("</svg></div>\n")
    }

    private func height(_ messages: Int) -> Int {
        messages == 0 ? 0 : max(1, messages * Self.barHeight / top)
    }

    /// A line across, with the number that it stands for.
    private func line(_ value: Int, into html: inout HTMLBuffer) {
        let place = Self.above + Self.barHeight - height(value)
        html.markup("<line x1=\"0\" x2=\"100%\"")
        html.attribute("y1", String(place))
        html.attribute("y2", String(place))
        html.markup("></line><text class=\"value\" x=\"-8\"")
        html.attribute("y", String(place + 4))
        html.markup(">")
        html.text(value.grouped)
        html.markup("</text>\n")
    }

    private func bar(
        _ day: Int64, _ messages: Int, at offset: Int64, of count: Int64,
        into html: inout HTMLBuffer
    ) {
        let height = height(messages)
        // Narrow bars touch each other; a gap of less than a pixel would only blur them.
        let share: Int64 = count > 62 ? 100 : 80
        html.markup("<rect")
        html.attribute("x", Self.percent(offset, of: count))
        html.attribute("width", Self.percent(share, of: count * 100))
        html.attribute("y", String(Self.above + Self.barHeight - height))
        html.attribute("height", String(height))
        html.markup("><title>")
        html.text(Instant(day: day).dayText)
        html.markup(": ")
        html.text(messages.grouped)
        html.markup("</title></rect>\n")
    }

    private func months(_ panel: Panel, into html: inout HTMLBuffer) {
        let start = panel.first.firstDay
        let count = panel.end.firstDay - start
        let isYear = panels.count > 1
        var month = panel.first
        while month != panel.end {
            let begin = month.firstDay
            // A narrow window has room for every other month only.
            let isSecond = count > 200 && (month.number - panel.first.number) % 2 != 0
            tick(
                month.name, at: begin - start, of: count, row: 0, isSecond: isSecond, into: &html)
            if !isYear, month == panel.first || month.number == 1 {
                tick(String(month.year), at: begin - start, of: count, row: 1, into: &html)
            }
            if count <= 62 {
                for day in [8, 15, 22] {
                    tick(
                        String(day), at: begin - start + Int64(day) - 1, of: count, row: 0,
                        into: &html)
                }
            }
            month = month.next
        }
    }

    private func tick(
        _ word: String, at offset: Int64, of count: Int64, row: Int, isSecond: Bool = false,
        into html: inout HTMLBuffer
    ) {
        let bottom = Self.above + Self.barHeight
        let place = Self.percent(offset, of: count)
        if row == 0 {
            html.markup("<line")
            html.attribute("x1", place)
            html.attribute("x2", place)
            html.attribute("y1", String(bottom))
            html.attribute("y2", String(bottom + 4))
            html.markup("></line>")
        }
        html.markup(isSecond ? "<text class=\"second\"" : "<text")
        html.attribute("x", place)
        html.attribute("y", String(bottom + 17 + row * 15))
        html.markup(">")
        html.text(word)
        html.markup("</text>\n")
    }

    /// A share in percent with three decimals.
    private static func percent(_ part: Int64, of whole: Int64) -> String {
        let thousandths = part * 100_000 / whole
        let decimals = String(thousandths % 1000 + 1000).dropFirst()
        return "\(thousandths / 1000).\(decimals)%"
    }
}

extension Instant {
    /// The day alone: `2026-03-01`.
    var dayText: String { String(description.prefix(10)) }
}
