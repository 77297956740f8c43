"""Compares Coffer's search, encrypted, with plaintext FTS5, Xapian and Tantivy on one corpus.

Every engine has the same messages, one document each, text only, with positions, and answers the
same queries with its ten best by BM25 (Coffer's answers are encrypted on disk, and carry ids). Each
engine is one process; only one works at a time. Each makes three passes over the queries of a
class to warm up and then one in every round, in turns; a figure is the median over the rounds of a
percentile over the queries.

What a time contains: for Coffer reading the query, searching, and the ids and times of the hits;
for FTS5 parsing the query and the row ids; for Xapian and Tantivy the search and the hits, with the
query made before. The three peers are called from Python, which adds about a microsecond. Tantivy
does not score a prefix and has no order by time here: both prefix classes are its unscored query.
Building: the peers get texts that are parsed already; Coffer imports a file of JSON lines.
"""

import argparse
import json
import pathlib
import sys
import tempfile

import coffer
import splits
import table
from classes import Draw
from contest import Contest, note
from corpus import Corpus


def arguments():
    parser = argparse.ArgumentParser(
        prog="tools/bench search", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="JSON lines of conversations, also compressed with gzip")
    parser.add_argument("--messages", type=int,
                        help="so many; the file is repeated with shifted ids when it has fewer")
    parser.add_argument("--rounds", type=int, default=7, help="interleaved rounds (7)")
    parser.add_argument("--queries", type=int, default=80, help="queries a class (80)")
    parser.add_argument("--seed", type=int, default=1, help="of the queries (1)")
    parser.add_argument("--json", help="file for all figures and every single time")
    parser.add_argument("--cold", action="store_true",
                        help="also a fresh process for a query of each class")
    parser.add_argument("--segments", action="store_true",
                        help="also Coffer alone, its index in 1, 8 and 32 segments")
    parser.add_argument("--folder", help="where to work, instead of the system's temporary folder")
    return parser.parse_args()


def heading(options, corpus, result):
    print(f"{corpus.count:,} messages, {result['textBytes'] / 1e6:.1f} MB of text, "
          f"{options.rounds} rounds, seed {options.seed}")
    if corpus.repetitions > 1:
        print(f"The file has {len(corpus.base):,} messages: they are repeated "
              f"{corpus.repetitions:.2f} times with shifted ids, so there are fewer different "
              "words than in so much real text.")
    if corpus.count != 1_000_000:
        print("The targets are for 1,000,000 messages, and the classes' bounds are in proportion.")
    print("; ".join(facts["version"] for facts in result["facts"].values()) + "\n")


def measure(options, corpus, folder):
    programs = coffer.built()
    queries = Draw(corpus, options.queries, options.seed).queries()
    contest = Contest(folder, corpus, queries, programs)
    contest.build()
    times = contest.warm(options.rounds)
    result = {"messages": corpus.count, "repetitions": corpus.repetitions,
              "textBytes": corpus.bytes(), "seed": options.seed, "facts": contest.facts,
              "warm": table.warm(times), "microseconds": times}
    if options.cold:
        result["cold"] = contest.cold(5)
    note("counting matches")
    result["matches"] = table.matches(contest.hits(), queries)
    for name, row in result["matches"].items():
        row["queries"] = result["warm"][name]["queries"]
    result["rebuildSeconds"] = contest.rebuild()
    if options.segments:
        result["splits"] = splits.measure(contest.vault, corpus, queries, options.rounds)
    return result


def report(options, corpus, result):
    heading(options, corpus, result)
    table.print_warm(result["warm"])
    if "cold" in result:
        table.print_cold(result["cold"])
    table.print_building(result["facts"], result["textBytes"], result["rebuildSeconds"])
    if "splits" in result:
        splits.show(result["splits"])
    table.print_matches(result["matches"], corpus.count)


def main():
    options = arguments()
    corpus = Corpus(options.file, options.messages)
    if options.folder:
        pathlib.Path(options.folder).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        result = measure(options, corpus, pathlib.Path(folder).resolve())
    report(options, corpus, result)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(result) + "\n")
    sys.exit(0 if table.is_met(result) else 1)


main()
