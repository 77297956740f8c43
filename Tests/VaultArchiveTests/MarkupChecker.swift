import Testing
@testable import VaultArchive

/// Reads HTML as far as this program writes it, and refuses everything else.
enum MarkupChecker {
    private static let tags: Set<String> = [
        "html", "head", "meta", "title", "style", "body", "a", "div", "header", "main", "footer",
        "p",
        "h1", "h2", "h3", "h4", "h5", "h6", "dl", "dt", "dd", "article", "section", "details",
        "summary",
        "span", "time", "figure", "img", "figcaption", "pre", "code", "table", "thead", "tbody",
        "tr",
        "th", "td", "ul", "ol", "li", "blockquote", "hr", "br", "em", "strong", "del", "bdi",
        "nav", "caption", "svg", "rect", "line", "text", "script", "label", "input", "button",
    ]
    private static let void: Set<String> = ["meta", "img", "hr", "br", "input"]
    private static let attributes: Set<String> = [
        "class", "id", "href", "rel", "dir", "tabindex", "lang", "charset", "http-equiv", "content",
        "name", "aria-label", "aria-labelledby", "datetime", "role", "scope", "start",
        "data-language",
        "src", "alt", "loading", "download", "aria-current", "hidden", "type", "for",
        "autocomplete",
        "spellcheck", "disabled", "width", "height", "x", "y", "x1", "x2", "y1", "y2",
    ]

    static func fault(in html: String) -> String? {
        var rest = Substring(html)
        if rest.hasPrefix("<!doctype html>") { rest = rest.dropFirst(15) }
        var open: [String] = []
        while let start = rest.firstIndex(of: "<") {
            if rest[..<start].contains(">") && open.last != "style" { return "a bare > in text" }
            rest = rest[start...].dropFirst()
            guard let end = rest.firstIndex(of: ">") else { return "a tag without end" }
            let tag = String(rest[..<end])
            rest = rest[end...].dropFirst()
            if tag.hasPrefix("/") {
                guard open.popLast() == String(tag.dropFirst()) else {
                    return "</> out of place: \(tag)"
                }
                continue
            }
            let name = String(tag.prefix { $0 != " " })
            guard tags.contains(name) else { return "unknown tag: \(tag)" }
            if let fault = attributeFault(tag.dropFirst(name.count)) { return "\(fault): \(tag)" }
            if name == "script" {
                // The one script of this program; what it holds is no markup.
                let source = "\(SearchScript.source)</script>"
                guard tag == "script", rest.hasPrefix(source) else { return "a foreign script" }
                rest = rest.dropFirst(source.count)
                continue
            }
            if !void.contains(name) { open.append(name) }
        }
        return open.isEmpty ? nil : "left open: \(open)"
    }

    private static func attributeFault(_ text: Substring) -> String? {
        var rest = text
        while !rest.isEmpty {
            guard rest.first == " " else { return "no blank before an attribute" }
            rest = rest.dropFirst()
            let name = rest.prefix { $0 != "=" }
            guard attributes.contains(String(name)) else { return "unknown attribute" }
            rest = rest.dropFirst(name.count)
            guard rest.hasPrefix("=\"") else { return "no quoted value" }
            rest = rest.dropFirst(2)
            let value = rest.prefix { $0 != "\"" }
            rest = rest.dropFirst(value.count)
            guard rest.first == "\"" else { return "an open quote" }
            rest = rest.dropFirst()
            if let fault = addressFault(String(name), value) { return fault }
        }
        return nil
    }

    private static func addressFault(_ name: String, _ value: Substring) -> String? {
        let allowed = [
            "http://", "https://", "mailto:", "#", "../attachments/", "index.html", "index-",
            "../../index.html", "data/", "readme.txt", "meta/", "018f3a10-0000-7000-",
        ]
        guard name == "href" || name == "src" else { return nil }
        return allowed.contains { value.lowercased().hasPrefix($0) } ? nil : "a forbidden address"
    }
}
