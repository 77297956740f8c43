import Vault

// The chart and the counts of an archive's first page.
extension FrontPage {
    mutating func timeline() {
        heading("days", "Messages per day")
        let chart = DayChart(overview.days)
        html.markup("<figure>\n<figcaption>")
        html.text(sentence(chart))
        html.markup("</figcaption>\n")
        for panel in chart.panels {
            if chart.panels.count > 1 { year(panel, chart) }
            chart.draw(panel, label: "Messages per day, \(name(panel))", into: &html)
        }
        html.markup("</figure>\n")
        if !chart.days.isEmpty { table(chart) }
    }

    private func sentence(_ chart: DayChart) -> String {
        let undated = overview.undatedMessages
        let rest =
            undated == 0
            ? ""
            : " \(undated.counted("message")) without a date \(undated == 1 ? "is" : "are") not "
                + "in the chart."
        guard let most = chart.days.max(by: { $0.messages < $1.messages }) else {
            return "No message has a date." + rest
        }
        let sum = chart.days.reduce(0) { $0 + $1.messages }
        return "\(sum.counted("message")) on \(chart.days.count.counted("day")) (UTC); most on "
            + "\(Instant(day: most.day).dayText): \(most.messages.grouped)." + rest
    }

    private func name(_ panel: DayChart.Panel) -> String {
        let last = DayChart.Month(day: panel.end.firstDay - 1)
        return panel.first == last
            ? last.description : "\(panel.first.description) to \(last.description)"
    }

    /// The heading of a calendar year, with what it has.
    private mutating func year(_ panel: DayChart.Panel, _ chart: DayChart) {
        let range = panel.first.firstDay..<panel.end.firstDay
        let sum = chart.days.reduce(0) { $0 + (range.contains($1.day) ? $1.messages : 0) }
        html.markup("<h3 class=\"year\">")
        html.text(String(panel.first.year))
        html.markup(" <span class=\"note\">")
        html.text(sum.counted("message"))
        html.markup("</span></h3>\n")
    }

    /// The chart's numbers: a group of rows for each month, the days folded in.
    private mutating func table(_ chart: DayChart) {
        html.markup("<details><summary>The numbers of the chart as a table</summary>\n")
        html.markup("<table class=\"days\">\n<thead><tr><th scope=\"col\">Month and day (UTC)</th>")
        html.markup("<th scope=\"col\" class=\"end\">Messages</th></tr></thead>\n")
        var rest = chart.days[...]
        while let first = rest.first {
            let month = DayChart.Month(day: first.day)
            let end = month.next.firstDay
            let days = rest.prefix { $0.day < end }
            rest = rest.dropFirst(days.count)
            html.markup("<tbody>\n<tr class=\"month\"><th scope=\"rowgroup\">")
            html.text(month.description)
            html.markup("</th><td class=\"end\">")
            html.text(days.reduce(0) { $0 + $1.messages }.grouped)
            html.markup("</td></tr>\n")
            for (day, messages) in days { row(day, messages) }
            html.markup("</tbody>\n")
        }
        html.markup("</table>\n</details>\n")
    }

    private mutating func row(_ day: Int64, _ messages: Int) {
        html.markup("<tr class=\"day\"><th scope=\"row\">")
        html.text(Instant(day: day).dayText)
        html.markup("</th><td class=\"end\">")
        html.text(messages.grouped)
        html.markup("</td></tr>\n")
    }

    // MARK: Counts

    /// How many names a table shows.
    private static let namesShown = 15

    mutating func counts() {
        guard tags.counts.conversations > 0 else { return }
        heading("counts", "Custodians, models and sources")
        html.markup("<div class=\"counts\">\n")
        counts("By custodian", "Custodian", overview.custodians)
        counts("By model", "Model", overview.models)
        counts("By source", "Source", overview.sources)
        html.markup("</div>\n")
    }

    private mutating func counts(
        _ caption: StaticString, _ kind: StaticString, _ names: ArchiveOverview.Names
    ) {
        let (ranked, rest) = names.ranked(most: Self.namesShown)
        html.markup("<table>\n<caption>")
        html.markup(caption)
        html.markup("</caption>\n<thead><tr><th scope=\"col\">")
        html.markup(kind)
        html.markup("</th><th scope=\"col\" class=\"end\">Conversations</th>")
        html.markup("<th scope=\"col\" class=\"end\">Messages</th></tr></thead>\n<tbody>\n")
        for (name, amount) in ranked { counted(name, amount) }
        if rest != ArchiveOverview.Amount() { counted(nil, rest) }
        html.markup("</tbody>\n</table>\n")
    }

    /// A row; `nil` stands for all names that are not shown.
    private mutating func counted(_ name: String?, _ amount: ArchiveOverview.Amount) {
        html.markup("<tr><th scope=\"row\" dir=\"auto\">")
        switch name {
        case nil: html.markup("<span class=\"note\">all others</span>")
        case "": html.markup("<span class=\"note\">not stated</span>")
        case let name?: html.bareLabel(name)
        }
        html.markup("</th><td class=\"end\">")
        html.text(amount.conversations.grouped)
        html.markup("</td><td class=\"end\">")
        html.text(amount.messages.grouped)
        html.markup("</td></tr>\n")
    }
}
