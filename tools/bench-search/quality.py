"""Measures how well Coffer ranks, on collections with judged answers.

Each document becomes a conversation of one message; each query is any of its words, the best 1,000
documents by relevance; no words are left out. Beside it stand SQLite's FTS5 in the same run and
what others measured. FOLDER holds the collections, a folder each: see judged.py.
"""

import argparse
import json
import pathlib
import re
import sqlite3
import sys
import tempfile

import coffer
from judged import GOALS, MEASURES, PUBLISHED, TOLERANCE, Collection, means

DEPTH = 1000
WORD = re.compile(r"[^\W_]+")


def words(text):
    """The words of a query in lower case; a repeated one counts as often, as BM25 has it."""
    return WORD.findall(text.lower())


def by_coffer(collection, folder, programs, stemming):
    """Rankings by query: ids of documents, the best first."""
    vault = coffer.Vault(folder, programs, stemming)
    done = vault.import_records(
        {"id": name, "messages": [{"role": "user", "text": text}]}
        for name, text in collection.documents.items())
    if done["added"] != len(collection.documents):
        sys.exit(f"tools/bench: {done['added']} of {len(collection.documents)} documents arrived")
    file = folder / "queries.jsonl"
    file.write_text("".join(
        json.dumps({"class": query, "query": " OR ".join(words(text)), "order": "relevance"}) + "\n"
        for query, text in collection.queries.items()))
    origins = vault.origins()
    lines = vault.lines(file, 1, "--conversations", "--limit", DEPTH)[1:]
    return {line["class"]: [origins[hit] for hit in line["conversations"]] for line in lines}


def by_fts5(collection, tokenizer):
    database = sqlite3.connect(":memory:")
    database.execute(f"CREATE VIRTUAL TABLE message USING fts5 (body, tokenize = '{tokenizer}')")
    names = list(collection.documents)
    database.executemany("INSERT INTO message (rowid, body) VALUES (?, ?)",
                         enumerate(collection.documents.values()))
    found = {}
    for query, text in collection.queries.items():
        any_of = " OR ".join(f'"{word}"' for word in words(text))
        rows = database.execute(
            f"SELECT rowid FROM message WHERE message MATCH ? ORDER BY rank LIMIT {DEPTH}",
            (any_of,))
        found[query] = [names[number] for (number,) in rows]
    return found


def measure(collection, folder, programs, stemming):
    """Figures by engine."""
    name = f"Coffer, {stemming}" if stemming else "Coffer"
    rankings = {
        name: by_coffer(collection, folder / collection.name, programs, stemming),
        f"FTS5 {sqlite3.sqlite_version}": by_fts5(collection, "unicode61"),
        f"FTS5 {sqlite3.sqlite_version} porter": by_fts5(collection, "porter unicode61"),
    }
    return {engine: means(ranking, collection) for engine, ranking in rankings.items()}


def show(collection, figures):
    """Prints one table; whether Coffer's nDCG@10 reaches the goal."""
    print(f"{collection.name}: {len(collection.documents):,} documents, "
          f"{len(collection.judged())} queries with relevant ones")
    print(" " * 28 + "".join(f"{measure:>13}" for measure in MEASURES))
    for engine, row in {**figures, **PUBLISHED.get(collection.name, {})}.items():
        cells = (f"{row[measure]:.4f}" if measure in row else "" for measure in MEASURES)
        print(f"{engine:28}" + "".join(f"{cell:>13}" for cell in cells))
    mine = next(iter(figures.values()))["nDCG@10"]
    goal = GOALS.get(collection.name)
    good = goal is None or mine >= goal - TOLERANCE
    if goal:
        print(f"nDCG@10 >= {goal:.4f} - {TOLERANCE}: {'met' if good else 'MISSED'}")
    print()
    return good


def main():
    parser = argparse.ArgumentParser(
        prog="tools/bench quality", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, help="the collections, a folder each")
    parser.add_argument("--stemming", metavar="WORD", help="for coffer init, as english")
    parser.add_argument("--json", help="file for the figures")
    options = parser.parse_args()
    folders = sorted(path.parent for path in options.folder.glob("*/qrels.txt"))
    if not folders:
        sys.exit(f"tools/bench: {options.folder} holds no judged collection")
    programs = coffer.built()
    results, good = {}, True
    with tempfile.TemporaryDirectory() as place:
        for folder in folders:
            collection = Collection(folder)
            figures = measure(collection, pathlib.Path(place).resolve(), programs, options.stemming)
            good = show(collection, figures) and good
            results[collection.name] = figures
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1) + "\n")
    sys.exit(0 if good else 1)


main()
