import VaultCrypto

/// The style sheet of every page, and the policy that admits it and nothing else.
enum PageStyle {
    /// System fonts, a measure of about 70 letters, light and dark, and rules for paper.
    static let css: StaticString = """
        :root{color-scheme:light dark;--paper:#fcfcfa;--ink:#1c1f24;--soft:#565c66;--line:#d9dbd7;\
        --link:#11598a;--user:#edf3f8;--user-edge:#5b86a7;--code:#f2f2ee;--mark:#8a5a00}
        @media (prefers-color-scheme:dark){:root{--paper:#15171a;--ink:#e3e5e8;--soft:#a4abb5;\
        --line:#363b42;--link:#8fc6ee;--user:#1d2730;--user-edge:#6f9dc0;--code:#1f2226;--mark:#e0b264}}
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-padding-top:1rem}
        body{margin:0;background:var(--paper);color:var(--ink);\
        font:1.0625rem/1.62 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans CJK SC",\
        "Noto Color Emoji",sans-serif;overflow-wrap:anywhere}
        .skip{position:absolute;left:-999rem}
        .skip:focus{left:1rem;top:1rem;padding:.5rem 1rem;background:var(--paper);z-index:1}
        .page{max-width:46rem;margin:0 auto;padding:2.5rem 1.25rem}
        .wide{max-width:60rem}
        a{color:var(--link);text-underline-offset:.15em}
        :focus-visible{outline:3px solid var(--link);outline-offset:2px}
        h1,h2,h3,h4,h5,h6{line-height:1.25;text-wrap:balance}
        h1{font-size:1.9rem;letter-spacing:-.015em;margin:.4rem 0 1.25rem}
        h1.long{font-size:1.2rem;letter-spacing:0}
        h3{font-size:1.3rem;margin:1.6rem 0 .6rem}
        h4{font-size:1.13rem;margin:1.4rem 0 .5rem}
        h5,h6{font-size:1rem;margin:1.2rem 0 .4rem}
        h6{color:var(--soft)}
        .back{margin:0;font-size:.9rem}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.25rem;margin:0;font-size:.9rem}
        dt{color:var(--soft)}
        dd{margin:0;min-width:0}
        .about{padding-bottom:1.75rem;border-bottom:1px solid var(--line)}
        main{padding-top:.5rem}
        article{margin:1.75rem 0;padding:0 0 0 1.1rem;border-left:4px solid transparent}
        .user>:last-child>:last-child{margin-bottom:0}
        .user{background:var(--user);border-left:4px solid var(--user-edge);border-radius:0 .5rem .5rem 0;\
        padding:1rem 1.25rem 1rem 1.1rem}
        .system{border-left:4px dashed var(--line)}
        .tool{border-left:4px dotted var(--soft)}
        article:target{outline:2px solid var(--link);outline-offset:.4rem}
        article>header{display:flex;flex-wrap:wrap;align-items:baseline;gap:.1rem .75rem;margin-bottom:.5rem}
        article h2{font-size:1rem;margin:0}
        .facts{margin:0;color:var(--soft);font-size:.85rem}
        .facts span+span::before,.facts span+time::before{content:"\\00b7";margin:0 .45em}
        .number{color:var(--soft);font-weight:400;font-size:.85rem;text-decoration:none}
        .number:hover{text-decoration:underline}
        .state{color:var(--mark);font-weight:600;font-size:.85rem;margin:.5rem 0}
        .withheld{border-left:.3rem solid currentColor;padding:.15rem .6rem;color:var(--soft);font-style:italic;margin:.5rem 0}
        .note{color:var(--soft);font-size:.9em}
        time{white-space:nowrap}
        p{margin:.75rem 0}
        header+div>:first-child{margin-top:0}
        ul,ol{padding-inline-start:1.6rem;margin:.75rem 0}
        li{margin:.25rem 0}
        li>ul,li>ol{margin:.25rem 0}
        blockquote{margin:1rem 0;padding-inline-start:1rem;border-inline-start:3px solid var(--line);\
        color:var(--soft)}
        hr{border:0;border-top:1px solid var(--line);margin:1.75rem 0}
        code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",\
        "Noto Sans Mono",monospace;font-size:.875em}
        :not(pre)>code{background:var(--code);border-radius:.25rem;padding:.1em .3em}
        pre{background:var(--code);border:1px solid var(--line);border-radius:.5rem;padding:.8rem 1rem;\
        margin:1rem 0;overflow-x:auto;line-height:1.5;overflow-wrap:normal;tab-size:4}
        pre code{font-size:1em}
        pre[data-language]::before{content:attr(data-language);display:block;color:var(--soft);\
        font:.75rem system-ui,sans-serif;margin-bottom:.4rem}
        .plain{white-space:pre-wrap;overflow-wrap:anywhere}
        .table{overflow-x:auto;margin:1rem 0}
        table{border-collapse:collapse;font-size:.94em}
        th,td{text-align:start;vertical-align:top;padding:.4rem .8rem;border-bottom:1px solid var(--line);\
        overflow-wrap:break-word;min-width:4rem}
        th{border-bottom:2px solid var(--line)}
        .center{text-align:center}
        .end{text-align:end;font-variant-numeric:tabular-nums}
        details{margin:.75rem 0;border:1px solid var(--line);border-radius:.5rem;padding:.45rem .9rem}
        details[open]{padding-bottom:.9rem}
        summary{cursor:pointer;font-size:.9rem;font-weight:600}
        details>pre{border:0;padding:.5rem 0 0;margin:0;background:none}
        .record,.record[open]{border:0;padding:0;margin:0 0 0 auto}
        .record[open]{flex-basis:100%}
        .record>summary{color:var(--soft);font-size:.8rem;font-weight:400;text-align:end}
        .record dl{font-size:.8rem;margin:.4rem 0 .6rem}
        .branch{border-style:dashed}
        .branch article{margin:1rem 0}
        .answers{font-size:.9rem;margin:.75rem 0 .75rem 1.1rem}
        figure{margin:1rem 0}
        img{max-width:100%;height:auto;border-radius:.5rem;border:1px solid var(--line);background:#fff}
        figcaption{color:var(--soft);font-size:.85rem}
        footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);\
        font-size:.85rem}
        .list{width:100%}
        .list td{overflow-wrap:anywhere}
        .list td:first-child,.list th:first-child{padding-inline-start:0}
        .list td:last-child,.list th:last-child{padding-inline-end:0}
        .list .date,.list th{white-space:nowrap}
        .list .date{overflow-wrap:normal}
        .list td:nth-child(3){min-width:9rem}
        .pages ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;margin:1.5rem 0 0;padding:0}
        @media (max-width:34rem){.page{padding:1.25rem 1rem}h1{font-size:1.5rem}h1.long{font-size:1.15rem}\
        article,.user{padding-left:.8rem}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.4rem}\
        .list thead{position:absolute;left:-999rem}.list tr{display:block;padding:.6rem 0;\
        border-bottom:1px solid var(--line)}.list td{display:inline;border:0;padding:0;font-size:.9rem;\
        color:var(--soft)}.list td:first-child{display:block;font-size:1rem}\
        .list td:nth-child(3)::before{content:" \\00b7  "}\
        .list td:last-child::before{content:" \\00b7  messages: "}}
        @media print{:root{--paper:#fff;--ink:#000;--soft:#444;--line:#bbb;--link:#000;--user:#fff;\
        --user-edge:#000;--code:#fff;--mark:#000;color-scheme:light}
        @page{margin:2cm}
        body{font-size:10.5pt;line-height:1.45}
        .page{max-width:none;padding:0}
        .skip,.back,.pages{display:none}
        .record{display:none}
        summary{list-style:none}
        details::details-content{content-visibility:visible;display:block;height:auto}
        article{break-inside:auto}
        h1,h2,h3,h4,h5,h6,article>header,summary{break-after:avoid}
        article>header,h1,h2,h3,h4,h5,h6,summary{break-inside:avoid}
        article>header{display:block}
        header+div>:first-child{break-before:avoid}
        p,li{orphans:3;widows:3}
        tr,figure{break-inside:avoid}
        .table{overflow:visible}
        .table th,.table td{min-width:0;padding:.3rem .4rem;overflow-wrap:anywhere}
        pre{white-space:pre-wrap;overflow-wrap:anywhere;overflow:visible}
        main a.named::after,main a[download]::after{content:" (" attr(href) ")";font-size:.85em;\
        color:var(--soft)}}

        """

    /// What a page is for: it decides about its width, its style sheet and what it may run.
    enum Kind: CaseIterable {
        /// Prose with a search inside it.
        case conversation
        /// Tables.
        case list
        /// The first page of an archive: tables and a chart.
        case front
    }

    /// The style sheet of a page.
    static func styles(of kind: Kind) -> [StaticString] {
        switch kind {
        case .conversation: [css, SearchScript.css]
        case .list: [css]
        case .front: [css, FrontStyle.css]
        }
    }

    private static let conversationPolicy = makePolicy(.conversation)
    private static let listPolicy = makePolicy(.list)
    private static let frontPolicy = makePolicy(.front)

    private static func policy(_ kind: Kind) -> String {
        switch kind {
        case .conversation: conversationPolicy
        case .list: listPolicy
        case .front: frontPolicy
        }
    }

    /// No frame, no remote source of any kind; pictures only from beside a conversation's page,
    /// and no script but the search.
    private static func makePolicy(_ kind: Kind) -> String {
        var policy = "default-src 'none'; style-src \(source(styles(of: kind)))"
        if kind == .conversation {
            policy += "; script-src \(source([SearchScript.source])); img-src 'self' file:"
        }
        return policy + "; base-uri 'none'; form-action 'none'"
    }

    /// The hash that admits an inline style sheet or script (CSP Level 3, section 2.3.1).
    private static func source(_ pieces: [StaticString]) -> String {
        let content = pieces.flatMap { Array($0.description.utf8) }
        return "'sha256-\(Base64.string(SHA256Digest.hash(content)))'"
    }

    /// Appends everything before the page's own content, with the body opened.
    ///
    /// - Parameters:
    ///   - title: The window's title.
    ///   - kind: What the page is for.
    ///   - html: The document.
    static func begin(title: String, as kind: Kind, into html: inout HTMLBuffer) {
        html.markup("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        html.markup("<meta http-equiv=\"Content-Security-Policy\" content=\"")
        html.text(policy(kind))
        html.markup("\">\n<meta name=\"referrer\" content=\"no-referrer\">\n")
        html.markup("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        html.markup("<title>")
        html.bareLabel(title)
        html.markup("</title>\n<style>")
        for style in styles(of: kind) { html.markup(style) }
        html.markup("</style>\n</head>\n<body>\n")
        html.markup("<a class=\"skip\" href=\"#content\">Skip to the content</a>\n")
        html.markup(
            kind == .conversation ? "<div class=\"page\">\n" : "<div class=\"page wide\">\n")
    }

    /// Appends the end of a page.
    static func end(into html: inout HTMLBuffer) {
        html.markup("</div>\n</body>\n</html>\n")
    }
}
