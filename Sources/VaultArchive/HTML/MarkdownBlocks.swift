import JSONText

/// A safe renderer for the Markdown that models and people write in chats.
///
/// Blocks: paragraphs, headings (moved below the page's own), nested lists, task boxes, fenced and
/// indented code, tables, quotes, rules. Inline: see `MarkdownInline`. Raw HTML is shown as text.
/// Every output byte is either a literal of this program or escaped input. Work is linear in the
/// input up to the fixed depth of nesting.
struct Markdown {
    /// Containers nested deeper than this are shown as plain paragraphs.
    static let maximumDepth = 12

    let source: [UInt8]
    var html = HTMLBuffer()

    /// Appends the rendering of `text`.
    static func render(_ text: String, into html: inout HTMLBuffer) {
        var renderer = Markdown(source: Array(text.utf8))
        swap(&renderer.html, &html)
        let lines = renderer.lines()
        renderer.blocks(lines[...], depth: 0)
        swap(&renderer.html, &html)
    }

    private init(source: [UInt8]) { self.source = source }

    /// The lines without their ends; CR, LF and CRLF end a line.
    private func lines() -> [Range<Int>] {
        var lines: [Range<Int>] = []
        var start = 0
        while start < source.count {
            let end = endOfLine(from: start)
            lines.append(start..<end)
            let isPair = end + 1 < source.count && source[end] == 0x0D && source[end + 1] == 0x0A
            start = end + (isPair ? 2 : 1)
        }
        return lines
    }

    private func endOfLine(from start: Int) -> Int {
        unsafe source.withUnsafeBufferPointer { bytes in
            unsafe ByteRun.end(in: bytes, from: start) {
                ByteRun.equal($0, 0x0A) | ByteRun.equal($0, 0x0D)
            }
        }
    }

    /// Renders the lines of one container.
    mutating func blocks(_ lines: ArraySlice<Range<Int>>, depth: Int, isTight: Bool = false) {
        var rest = lines
        while let line = rest.first {
            switch depth < Self.maximumDepth ? start(of: line) : .none {
            case _ where isBlank(line): rest = rest.dropFirst()
            case .fence(let fence): rest = fencedCode(rest, fence)
            case .heading(let level): rest = heading(rest, level)
            case .rule:
                html.markup("<hr>\n")
                rest = rest.dropFirst()
            case .quote: rest = quote(rest, depth: depth)
            case .item(let marker): rest = list(rest, first: marker, depth: depth)
            case .code: rest = indentedCode(rest)
            case .none: rest = tableOrParagraph(rest, depth: depth, isTight: isTight)
            }
        }
    }

    // MARK: Leaves

    private mutating func heading(
        _ lines: ArraySlice<Range<Int>>, _ level: Int
    ) -> ArraySlice<Range<Int>> {
        guard let line = lines.first else { return lines }
        var content = trimmed(line)
        while !content.isEmpty, source[content.lowerBound] == UInt8(ascii: "#") {
            content = content.dropFirst()
        }
        content = trimmed(content)
        // A closing run of # is decoration when a blank stands before it.
        var end = content.upperBound
        while end > content.lowerBound, source[end - 1] == UInt8(ascii: "#") { end -= 1 }
        if end == content.lowerBound || isSpace(source[end - 1]) {
            content = trimmed(content.lowerBound..<end)
        }
        headingElement(content, level)
        return lines.dropFirst()
    }

    /// The page has h1 for its title and h2 for each message, so that `#` becomes h3.
    private mutating func headingElement(_ content: Range<Int>, _ level: Int) {
        let opening: [StaticString] = [
            "<h3 dir=\"auto\">", "<h4 dir=\"auto\">", "<h5 dir=\"auto\">", "<h6 dir=\"auto\">",
        ]
        let closing: [StaticString] = ["</h3>\n", "</h4>\n", "</h5>\n", "</h6>\n"]
        let index = min(level, opening.count) - 1
        html.markup(opening[index])
        inline([content])
        html.markup(closing[index])
    }

    private mutating func fencedCode(
        _ lines: ArraySlice<Range<Int>>, _ fence: Fence
    ) -> ArraySlice<Range<Int>> {
        var body: [Range<Int>] = []
        var rest = lines.dropFirst()
        while let line = rest.first {
            rest = rest.dropFirst()
            if closes(line, fence) { break }
            body.append(line.lowerBound + columns(fence.indent, of: line)..<line.upperBound)
        }
        code(body[...], language: fence.language)
        return rest
    }

    private mutating func indentedCode(
        _ lines: ArraySlice<Range<Int>>
    ) -> ArraySlice<Range<Int>> {
        var end = lines.startIndex
        var index = end
        while index < lines.endIndex, isBlank(lines[index]) || indent(of: lines[index]) >= 4 {
            if !isBlank(lines[index]) { end = index + 1 }
            index += 1
        }
        let body = lines[..<end].map { $0.lowerBound + columns(4, of: $0)..<$0.upperBound }
        code(body[...], language: nil)
        return lines[end...]
    }

    private mutating func code(_ body: ArraySlice<Range<Int>>, language: Range<Int>?) {
        html.markup("<pre tabindex=\"0\"")
        if let language {
            html.markup(" data-language=\"")
            html.text(source[language])
            html.markup("\"")
        }
        html.markup("><code>")
        for line in body {
            html.text(source[line])
            html.markup("\n")
        }
        html.markup("</code></pre>\n")
    }

    private mutating func tableOrParagraph(
        _ lines: ArraySlice<Range<Int>>, depth: Int, isTight: Bool
    ) -> ArraySlice<Range<Int>> {
        if depth < Self.maximumDepth, let rest = table(lines) { return rest }
        var end = lines.startIndex + 1
        while end < lines.endIndex, !isBlank(lines[end]) {
            // Under one line it is a heading; under several, people mean the dashes as a rule.
            if end == lines.startIndex + 1, let level = underline(lines[end]) {
                headingElement(trimmed(lines[end - 1]), level)
                return lines[(end + 1)...]
            }
            if depth < Self.maximumDepth, interruptsParagraph(lines[end]) { break }
            end += 1
        }
        paragraph(lines[..<end].map(trimmed), isTight: isTight)
        return lines[end...]
    }

    private mutating func paragraph(_ lines: [Range<Int>], isTight: Bool) {
        if !isTight { html.markup("<p dir=\"auto\">") }
        inline(lines)
        html.markup(isTight ? "\n" : "</p>\n")
    }

    // MARK: Containers

    private mutating func quote(
        _ lines: ArraySlice<Range<Int>>, depth: Int
    ) -> ArraySlice<Range<Int>> {
        var body: [Range<Int>] = []
        var rest = lines
        while let line = rest.first {
            let content = withoutIndent(line)
            guard !content.isEmpty, source[content.lowerBound] == UInt8(ascii: ">") else { break }
            let inner = content.dropFirst()
            body.append(
                !inner.isEmpty && isSpace(source[inner.lowerBound]) ? inner.dropFirst() : inner)
            rest = rest.dropFirst()
        }
        html.markup("<blockquote dir=\"auto\">\n")
        blocks(body[...], depth: depth + 1)
        html.markup("</blockquote>\n")
        return rest
    }

    private mutating func list(
        _ lines: ArraySlice<Range<Int>>, first: Marker, depth: Int
    ) -> ArraySlice<Range<Int>> {
        var items: [[Range<Int>]] = []
        var rest = lines
        var isLoose = false
        while let line = rest.first, case .item(let marker)? = start(of: line),
            marker.kind == first.kind
        {
            let (body, after, hasGap) = item(rest, marker)
            items.append(body)
            rest = after
            let next = rest.first.flatMap(start)
            if hasGap, case .item(let following)? = next, following.kind == first.kind {
                isLoose = true
            }
            isLoose = isLoose || hasInnerGap(body)
        }
        open(first)
        for body in items {
            html.markup("<li dir=\"auto\">")
            blocks(taskBox(body)[...], depth: depth + 1, isTight: !isLoose)
            html.markup("</li>\n")
        }
        html.markup(first.kind.isOrdered ? "</ol>\n" : "</ul>\n")
        return rest
    }

    private mutating func open(_ marker: Marker) {
        guard marker.kind.isOrdered else { return html.markup("<ul>\n") }
        html.markup("<ol")
        if marker.number != 1 {
            html.markup(" start=\"")
            html.number(marker.number)
            html.markup("\"")
        }
        html.markup(">\n")
    }

    /// The lines of one item, what follows it, and whether blank lines stood at its end.
    private func item(
        _ lines: ArraySlice<Range<Int>>, _ marker: Marker
    ) -> (body: [Range<Int>], rest: ArraySlice<Range<Int>>, hasGap: Bool) {
        guard let first = lines.first else { return ([], lines, false) }
        var body = [
            min(first.lowerBound + marker.contentIndent, first.upperBound)..<first.upperBound
        ]
        var rest = lines.dropFirst()
        var hasGap = false
        while let line = rest.first {
            if isBlank(line) {
                hasGap = true
            } else if indent(of: line) >= marker.contentIndent {
                hasGap = false
            } else if hasGap || start(of: line) != nil {
                break
            }
            body.append(line.lowerBound + columns(marker.contentIndent, of: line)..<line.upperBound)
            rest = rest.dropFirst()
        }
        while let last = body.last, body.count > 1, isBlank(last) { body.removeLast() }
        return (body, rest, hasGap)
    }

    /// Whether blank lines separate the item's own paragraphs, which makes the list a loose one.
    private func hasInnerGap(_ body: [Range<Int>]) -> Bool {
        for index in body.indices.dropFirst().dropLast() where isBlank(body[index]) {
            if indent(of: body[index + 1]) == 0, start(of: body[index + 1]) == nil { return true }
        }
        return false
    }

    /// Shows `[ ]` and `[x]` at the start of an item as a box.
    private mutating func taskBox(_ body: [Range<Int>]) -> [Range<Int>] {
        guard let first = body.first, first.count >= 4,
            source[first.lowerBound] == UInt8(ascii: "["),
            source[first.lowerBound + 2] == UInt8(ascii: "]"), isSpace(source[first.lowerBound + 3])
        else { return body }
        switch source[first.lowerBound + 1] {
        case UInt8(ascii: " "): html.markup("\u{2610} ")
        case UInt8(ascii: "x"), UInt8(ascii: "X"): html.markup("\u{2611} ")
        default: return body
        }
        return [first.lowerBound + 4..<first.upperBound] + body.dropFirst()
    }

    mutating func inline(_ lines: [Range<Int>]) {
        var content: [UInt8] = []
        for (index, line) in lines.enumerated() {
            if index > 0 { content.append(0x0A) }
            content.append(contentsOf: source[line])
        }
        MarkdownInline.render(content, into: &html)
    }
}
