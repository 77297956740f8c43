/// The search inside a conversation's page: a field, and the one script that archives contain.
///
/// Without the script the page is whole and the field is not shown. The script makes no request
/// and changes nothing but which folded parts are open: what it finds is marked with the browser's
/// highlights, or with its selection where there are none.
enum SearchScript {
    /// The script as it stands in a page.
    ///
    /// Letters match in either case and with or without the accents of Latin and Greek; what a
    /// message's head says is not searched. A browser that does not know the language of the script
    /// shows no field.
    static let source: StaticString = """

        (() => {
        "use strict";
        const box = document.querySelector(".search");
        const main = document.querySelector("main");
        const field = box.querySelector("input");
        const [back, next] = box.querySelectorAll("button");
        const status = box.querySelector("[role=status]");
        const blocks = "p,li,pre,td,th,h2,h3,h4,h5,h6,summary,dd,blockquote,figcaption,article";
        const most = 5000;
        let pieces = null, text = "", found = [], at = -1, timer = 0;

        // A letter as it is compared: it may become several, or none.
        const letters = new Map();
        const plain = (letter) => {
          if (!letters.has(letter)) letters.set(letter, /\\s/.test(letter) ? " "
            : letter.normalize("NFKD").toLowerCase().replace(/[\\u0300-\\u036f]/g, ""));
          return letters.get(letter);
        };

        // A text as it is compared, and for each letter its place in the text as it is, or null
        // where these are the same.
        const fold = (string) => {
          let isSame = true;
          const quick = string.replace(/[^ -~]/gu, (letter) => {
            const folded = plain(letter);
            if (folded.length !== letter.length) isSame = false;
            return folded;
          }).toLowerCase();
          if (isSame && !quick.includes("  ")) return [quick, null];
          const folded = [], places = [];
          let place = 0, last = "";
          for (const letter of string) {
            for (const one of plain(letter)) {
              if (one === " " && last === " ") continue;
              folded.push(one);
              for (let i = 0; i < one.length; i++) places.push(place);
              last = one;
            }
            place += letter.length;
          }
          return [folded.join(""), places];
        };

        const read = () => {
          pieces = [];
          const parts = [], walk = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
          let length = 0, last = null;
          while (walk.nextNode()) {
            const node = walk.currentNode, parent = node.parentElement;
            if (parent.closest("article>header,.answers")) continue;
            const block = parent.closest(blocks);
            if (block !== last) { parts.push("\\n"); length++; last = block; }
            const [folded, places] = fold(node.data);
            pieces.push({node, places, start: length});
            parts.push(folded);
            length += folded.length;
          }
          text = parts.join("");
        };

        const range = (start, end) => {
          const locate = (place) => {
            let low = 0, high = pieces.length - 1;
            while (low < high) {
              const middle = (low + high + 1) >> 1;
              if (pieces[middle].start <= place) low = middle; else high = middle - 1;
            }
            return [pieces[low], place - pieces[low].start];
          };
          const result = document.createRange();
          const [first, from] = locate(start), [final, to] = locate(end - 1);
          result.setStart(first.node, first.places ? first.places[from] : from);
          let stop = to + 1;
          if (final.places) {
            while (final.places[stop] === final.places[to]) stop++;
            stop = stop < final.places.length ? final.places[stop] : final.node.length;
          }
          result.setEnd(final.node, stop);
          return result;
        };

        const mark = (name, ranges) => {
          if (!window.Highlight || !CSS.highlights) return false;
          CSS.highlights.set(name, new Highlight(...ranges));
          return true;
        };

        const say = (words, article) => {
          status.textContent = words;
          if (!article) return;
          const link = document.createElement("a");
          link.href = "#" + article.id;
          link.textContent = "message " + article.id.slice(1);
          status.append(" in ", link);
        };

        const count = () => (found.length < most ? "" : "at least ") + found.length;

        const look = () => {
          if (!pieces) read();
          const query = fold(field.value.trim())[0];
          found = [];
          at = -1;
          for (let i = query ? text.indexOf(query) : -1; i >= 0 && found.length < most;
            i = text.indexOf(query, i + query.length)) found.push(range(i, i + query.length));
          mark("found", found);
          mark("here", []);
          back.disabled = next.disabled = !found.length;
          say(!query ? "" : found.length ? count() + " found" : "Nothing found");
        };

        const go = (step) => {
          if (timer) { clearTimeout(timer); timer = 0; look(); }
          if (!found.length) return;
          at = at < 0 && step < 0 ? found.length - 1 : (at + step + found.length) % found.length;
          const here = found[at], parent = here.startContainer.parentElement;
          for (let e = parent; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
          if (!mark("here", [here])) {
            getSelection().removeAllRanges();
            getSelection().addRange(here);
          }
          const place = here.getBoundingClientRect();
          if (place.top < box.offsetHeight + 16 || place.bottom > innerHeight - 16)
            scrollBy(0, place.top - innerHeight / 3);
          const wide = parent.closest("pre,.table");
          if (wide) wide.scrollLeft += place.left - wide.getBoundingClientRect().left - 48;
          say(at + 1 + " of " + count(), parent.closest("article"));
        };

        const wait = () => {
          clearTimeout(timer);
          timer = setTimeout(() => { timer = 0; look(); }, 150);
        };
        field.addEventListener("input", wait);
        field.addEventListener("keydown", (event) => {
          if (event.isComposing) return;
          if (event.key === "Enter") { event.preventDefault(); go(event.shiftKey ? -1 : 1); }
          if (event.key === "Escape") { field.value = ""; look(); }
        });
        back.addEventListener("click", () => go(-1));
        next.addEventListener("click", () => go(1));
        box.hidden = false;
        document.documentElement.classList.add("searchable");
        })();

        """

    /// Appends the field, hidden until the script shows it.
    static func field(into html: inout HTMLBuffer) {
        html.markup("<div class=\"search\" role=\"search\" hidden=\"\">\n")
        html.markup("<label for=\"find\">Search in this conversation</label>\n")
        html.markup("<input id=\"find\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\">")
        html.markup("\n<button type=\"button\" disabled=\"\">Previous</button>\n")
        html.markup("<button type=\"button\" disabled=\"\">Next</button>\n")
        html.markup("<p role=\"status\"></p>\n</div>\n")
    }

    /// Appends the script, which the page's policy names by its hash.
    static func append(to html: inout HTMLBuffer) {
        html.markup("<script>")
        html.markup(source)
        html.markup("</script>\n")
    }

    /// What the field adds to the style sheet.
    static let css: StaticString = """
        .search{position:sticky;top:0;z-index:1;display:flex;flex-wrap:wrap;align-items:center;\
        gap:.4rem .6rem;padding:.6rem 0;background:var(--paper);border-bottom:1px solid var(--line);\
        font-size:.9rem}
        .search[hidden]{display:none}
        .searchable{scroll-padding-top:5rem}
        .search input{flex:1 1 9rem;min-width:0;font:inherit;color:inherit;background:var(--paper);\
        border:1px solid var(--soft);border-radius:.4rem;padding:.3rem .6rem}
        .search button{font:inherit;color:inherit;background:var(--code);border:1px solid var(--soft);\
        border-radius:.4rem;padding:.3rem .8rem;cursor:pointer}
        .search button:disabled{color:var(--soft);border-color:var(--line);cursor:default}
        .search p{margin:0;color:var(--soft)}
        ::highlight(found){background-color:#ffe27a;color:#000}
        ::highlight(here){background-color:#ff9d2e;color:#000}
        @media (max-width:34rem){.search label,.search p{flex-basis:100%}\
        .searchable{scroll-padding-top:8.5rem}}
        @media print{.search{display:none}}

        """
}
