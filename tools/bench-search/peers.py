"""The other engines; also a program, so that each works in a process of its own.

    peers.py build ENGINE FOLDER          texts, one JSON string a line, on standard input
    peers.py serve ENGINE FOLDER QUERIES  one pass for each class named on standard input
    peers.py count ENGINE FOLDER QUERIES  how many messages match each query
    peers.py first ENGINE FOLDER QUERIES  the first query of a cold process

All index one document a message, text only, with positions, and answer with the ten best by BM25.
An engine has `begin()`, `add(texts)` and `finish()` to build, `prepared(query)` and `top(prepared)`
to answer, and `count(prepared)`. A warm time is that of `top` alone.
"""

import importlib
import itertools
import json
import pathlib
import sqlite3
import sys
import time

clock = time.perf_counter
LIMIT = 10


class FTS5:
    """SQLite's index without the texts; parsing the query is inside its times."""

    name = "fts5"

    def __init__(self, folder):
        self.database = sqlite3.connect(folder / "index.db", isolation_level=None)
        self.database.execute("PRAGMA cache_size = -65536")

    def begin(self):
        self.database.execute("CREATE VIRTUAL TABLE message USING fts5 (body, content = '')")
        self.database.execute("BEGIN")
        self.added = 0

    def add(self, texts):
        rows = [(self.added + number, text) for number, text in enumerate(texts, 1)]
        self.database.executemany("INSERT INTO message (rowid, body) VALUES (?, ?)", rows)
        self.added += len(rows)

    def finish(self):
        self.database.execute("COMMIT")
        self.database.execute("INSERT INTO message (message) VALUES ('optimize')")

    def version(self):
        return f"SQLite {sqlite3.sqlite_version} FTS5"

    def prepared(self, query):
        order = "rowid DESC" if query["order"] == "newest" else "rank"
        return (f"SELECT rowid FROM message WHERE message MATCH ? ORDER BY {order} LIMIT {LIMIT}",
                (self.spelled(query),))

    def spelled(self, query):
        words = query["words"]
        if query["class"] in ("newest", "prefix"):
            return f'"{words[0]}"*'
        if query["class"] == "phrase":
            return f'"{" ".join(words)}"'
        return (" OR " if query["class"] == "either" else " ").join(f'"{word}"' for word in words)

    def top(self, prepared):
        return self.database.execute(*prepared).fetchall()

    def count(self, prepared):
        return self.database.execute(
            "SELECT count(*) FROM message WHERE message MATCH ?", prepared[1]).fetchone()[0]


class Tantivy:
    """One indexing thread; its queries are made before the clock runs. A prefix is not scored."""

    name = "tantivy"

    def __init__(self, folder):
        tantivy = self.tantivy = importlib.import_module("tantivy")
        self.folder = folder
        self.schema = tantivy.SchemaBuilder().add_text_field("body").build()
        if tantivy.Index.exists(str(folder)):
            self.index = tantivy.Index.open(str(folder))
            self.searcher = self.index.searcher()

    def begin(self):
        self.index = self.tantivy.Index(self.schema, path=str(self.folder))
        self.writer = self.index.writer(heap_size=1_000_000_000, num_threads=1)

    def add(self, texts):
        for text in texts:
            self.writer.add_document(self.tantivy.Document(body=text))

    def finish(self):
        self.writer.commit()
        self.writer.wait_merging_threads()

    def version(self):
        self.index.reload()
        version = self.tantivy.__version__.split(",")[0]
        return f"{version} (Python), {self.index.searcher().num_segments} segments"

    def prepared(self, query):
        made, occur = self.tantivy.Query, self.tantivy.Occur
        words = query["words"]
        if query["class"] in ("newest", "prefix"):
            return made.regex_query(self.schema, "body", words[0] + ".*")
        if query["class"] == "phrase":
            return made.phrase_query(self.schema, "body", words)
        terms = [made.term_query(self.schema, "body", word) for word in words]
        if len(terms) == 1:
            return terms[0]
        which = occur.Should if query["class"] == "either" else occur.Must
        return made.boolean_query([(which, term) for term in terms])

    def top(self, prepared):
        return self.searcher.search(prepared, LIMIT, count=False).hits

    def count(self, prepared):
        return self.searcher.search(prepared, 1, count=True).count


class Xapian:
    """TermGenerator without stemming; its queries are made before the clock runs."""

    name = "xapian"

    def __init__(self, folder):
        xapian = self.xapian = importlib.import_module("xapian")
        self.folder = folder / "index"
        if self.folder.exists():
            self.database = xapian.Database(str(self.folder))
            self.enquire = xapian.Enquire(self.database)

    def begin(self):
        self.database = self.xapian.WritableDatabase(str(self.folder))
        self.generator = self.xapian.TermGenerator()

    def add(self, texts):
        for text in texts:
            document = self.xapian.Document()
            self.generator.set_document(document)
            self.generator.index_text(text)
            self.database.add_document(document)

    def finish(self):
        self.database.commit()
        self.database.close()

    def version(self):
        return "Xapian " + self.xapian.version_string()

    def prepared(self, query):
        made, words = self.xapian.Query, query["words"]
        operators = {"both": made.OP_AND, "either": made.OP_OR, "phrase": made.OP_PHRASE}
        if query["class"] in ("newest", "prefix"):
            return query["order"], made(
                made.OP_WILDCARD, words[0], 0, made.WILDCARD_LIMIT_ERROR, made.OP_SYNONYM)
        if len(words) == 1:
            return query["order"], made(words[0])
        return query["order"], made(operators[query["class"]], words)

    def top(self, prepared):
        order, query = prepared
        self.enquire.set_query(query)
        if order == "newest":
            self.enquire.set_docid_order(self.xapian.Enquire.DESCENDING)
            self.enquire.set_weighting_scheme(self.xapian.BoolWeight())
        else:
            self.enquire.set_docid_order(self.xapian.Enquire.ASCENDING)
            self.enquire.set_weighting_scheme(self.xapian.BM25Weight())
        return [match.docid for match in self.enquire.get_mset(0, LIMIT)]

    def count(self, prepared):
        self.enquire.set_query(prepared[1])
        return self.enquire.get_mset(0, 1, self.database.get_doccount()).get_matches_estimated()


ENGINES = {engine.name: engine for engine in (FTS5, Xapian, Tantivy)}


def say(**members):
    print(json.dumps(members), flush=True)


def build(engine):
    """Times what the engine does; reading and parsing the input is outside."""
    texts, seconds = map(json.loads, sys.stdin), 0.0
    start = clock()
    engine.begin()
    seconds += clock() - start
    while batch := list(itertools.islice(texts, 10_000)):
        start = clock()
        engine.add(batch)
        seconds += clock() - start
    start = clock()
    engine.finish()
    seconds += clock() - start
    if engine.name == "fts5":
        # Pages that building left free are no part of the index.
        engine.database.execute("VACUUM")
    say(version=engine.version(), seconds=seconds)


def serve(engine, queries):
    classes = {}
    for query in queries:
        classes.setdefault(query["class"], []).append(engine.prepared(query))
    say(version=engine.version())
    for line in sys.stdin:
        times = []
        for prepared in classes.get(line.strip(), []):
            start = clock()
            engine.top(prepared)
            times.append((clock() - start) * 1e6)
        say(microseconds=times, **{"class": line.strip()})


def first(engine, queries, opened):
    """The first query, its preparation included; the time of imports is outside."""
    start = clock()
    engine.top(engine.prepared(queries[0]))
    say(openMicroseconds=opened * 1e6, microseconds=[(clock() - start) * 1e6])


def main():
    work, name, folder, *rest = sys.argv[1:]
    queries = []
    if rest:
        queries = [json.loads(line) for line in pathlib.Path(rest[0]).read_text().splitlines()]
    if name != "fts5":
        importlib.import_module(name)
    start = clock()
    engine = ENGINES[name](pathlib.Path(folder))
    opened = clock() - start
    if work == "build":
        build(engine)
    elif work == "serve":
        serve(engine, queries)
    elif work == "count":
        say(hits=[engine.count(engine.prepared(query)) for query in queries])
    else:
        first(engine, queries, opened)


if __name__ == "__main__":
    main()
