// Tables: a row with bars, a row of dashes, and rows up to a blank line.
extension Markdown {
    private enum Alignment { case start, center, end }

    /// Columns beyond this many are not shown as a table.
    private static let maximumColumns = 64

    /// Renders a table that begins at the first line.
    ///
    /// - Parameter lines: What is left of the container.
    /// - Returns: The lines after the table, or `nil` when there is none.
    mutating func table(_ lines: ArraySlice<Range<Int>>) -> ArraySlice<Range<Int>>? {
        guard let head = lines.first, let second = lines.dropFirst().first,
            source[head].contains(UInt8(ascii: "|")), let alignments = alignments(second)
        else { return nil }
        let titles = cells(head)
        guard titles.count == alignments.count else { return nil }
        // The region can be scrolled by keyboard where the table is wider than the page.
        html.markup("<div class=\"table\" role=\"region\" aria-label=\"Table\" tabindex=\"0\">")
        html.markup("<table>\n<thead>")
        row(titles, alignments, isHead: true)
        html.markup("</thead>\n<tbody>\n")
        var rest = lines.dropFirst(2)
        while let line = rest.first, !isBlank(line), source[line].contains(UInt8(ascii: "|")) {
            row(cells(line), alignments, isHead: false)
            rest = rest.dropFirst()
        }
        html.markup("</tbody>\n</table></div>\n")
        return rest
    }

    private mutating func row(_ cells: [Range<Int>], _ alignments: [Alignment], isHead: Bool) {
        html.markup("<tr>")
        for (index, alignment) in alignments.enumerated() {
            html.markup(isHead ? "<th scope=\"col\" dir=\"auto\"" : "<td dir=\"auto\"")
            switch alignment {
            case .start: html.markup(">")
            case .center: html.markup(" class=\"center\">")
            case .end: html.markup(" class=\"end\">")
            }
            if index < cells.count { inline([cells[index]]) }
            html.markup(isHead ? "</th>" : "</td>")
        }
        html.markup("</tr>\n")
    }

    private func alignments(_ line: Range<Int>) -> [Alignment]? {
        guard source[line].contains(UInt8(ascii: "-")), indent(of: line) < 4,
            source[line].allSatisfy({ isSpace($0) || $0 == 0x7C || $0 == 0x2D || $0 == 0x3A })
        else { return nil }
        let cells = cells(line)
        guard cells.count <= Self.maximumColumns else { return nil }
        var result: [Alignment] = []
        for cell in cells {
            guard let first = cell.first, cell.contains(where: { source[$0] == 0x2D }),
                !source[cell].dropFirst().dropLast().contains(UInt8(ascii: ":")),
                !source[cell].contains(where: isSpace)
            else { return nil }
            let isLeft = source[first] == UInt8(ascii: ":")
            let isRight = source[cell.upperBound - 1] == UInt8(ascii: ":")
            result.append(isRight ? (isLeft ? .center : .end) : .start)
        }
        return result
    }

    /// The cells of a row; a bar after a backslash is text.
    private func cells(_ line: Range<Int>) -> [Range<Int>] {
        var content = trimmed(line)
        if let first = content.first, source[first] == UInt8(ascii: "|") {
            content = content.dropFirst()
        }
        var cells: [Range<Int>] = []
        var start = content.lowerBound
        var index = start
        while index < content.upperBound {
            if source[index] == UInt8(ascii: "\\") {
                index += 2
                continue
            }
            if source[index] == UInt8(ascii: "|") {
                cells.append(trimmed(start..<index))
                start = index + 1
            }
            index += 1
        }
        if start < content.upperBound { cells.append(trimmed(start..<content.upperBound)) }
        return cells
    }
}
