/// What an archive's first page adds to the style sheet.
enum FrontStyle {
    static let css: StaticString = """
        h2{font-size:1.3rem;margin:2.5rem 0 .75rem}
        .about dl{max-width:46rem}
        dd code{font-size:.95em}
        .warning{border-inline-start:4px solid var(--mark);padding:.1rem 0 .1rem 1rem;\
        max-width:46rem}
        .prose{max-width:46rem}
        figure{margin:.5rem 0}
        figcaption{font-size:1em;color:inherit;max-width:46rem}
        .plot{padding-inline-start:3.25rem;margin:1rem 0;direction:ltr}
        .plot svg{display:block;overflow:visible}
        .plot rect{fill:var(--user-edge)}
        .plot rect:hover{fill:var(--link)}
        .plot line{stroke:var(--line);shape-rendering:crispEdges}
        .plot text{fill:var(--soft);font-size:.75rem;font-variant-numeric:tabular-nums}
        .plot .value{text-anchor:end}
        .contents{font-size:.9rem}
        .contents ul{margin:1.25rem 0 0}
        ol dl{margin-top:.75rem}
        .year .note{font-weight:400}
        .year{font-size:1rem;margin:1.25rem 0 0}
        .counts{columns:2 22rem;column-gap:2.5rem}
        .counts table{break-inside:avoid;margin-bottom:1.75rem}
        .counts table,.files{width:100%}
        caption{text-align:start;font-weight:600;padding-bottom:.35rem}
        .counts th:first-child,.counts td:first-child,.days th:first-child,.files th:first-child{\
        padding-inline-start:0}
        .counts th:last-child,.counts td:last-child{padding-inline-end:0}
        tbody th{font-weight:400;border-bottom:1px solid var(--line)}
        .counts tbody th{overflow-wrap:anywhere;min-width:5rem;width:100%}
        .month th,.month td{font-weight:600;border-bottom:2px solid var(--line)}
        .days .day th{padding-inline-start:1.25rem}
        .files th{white-space:nowrap}
        ol>li{margin:1rem 0}
        @media (max-width:34rem){.plot{padding-inline-start:2.5rem}.plot .second{display:none}\
        .files thead{position:absolute;left:-999rem}\
        .files tr{display:block;border-bottom:1px solid var(--line);padding:.4rem 0}\
        .files th,.files td{display:block;border:0;padding:.1rem 0;white-space:normal}\
        .counts table,.days{font-size:.9rem}.counts th,.counts td{padding-inline:.4rem}}
        @media print{.day{display:none}.plot rect{fill:#000}.plot rect,.plot line{\
        print-color-adjust:exact}.plot{break-inside:avoid}h2{margin-top:1.5rem}}

        """
}
