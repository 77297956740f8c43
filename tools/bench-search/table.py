"""What the contest says, in tables, beside the targets."""

import math
import statistics

from classes import CLASSES, FREQUENCIES, NAMES, bounds

ENGINES = ("coffer", "fts5", "xapian", "tantivy")
# By class: which percentile counts, the most milliseconds for Coffer on a million messages, and
# the most that it may take of Tantivy's time in the same run.
TARGETS = {
    "rare": (50, 0.02, 2.0), "medium": (50, 0.03, 1.0), "common": (50, 0.1, 0.4),
    "both": (50, 0.12, 1.5), "either": (50, 0.2, 0.8), "phrase": (95, 1.5, 0.5),
    "newest": (50, 0.06, 0.3), "prefix": (50, 0.3, 1.5),
}
# Milliseconds of the first query, seconds to build, bytes of index by bytes of text.
COLD, BUILD, SIZE = 2.5, 6.0, 0.5
# Matches may differ by this share before it is said.
TOLERANCE = 0.05


def percentile(values, percent):
    """By the nearest rank; not a number for no values."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def summary(rounds, percent):
    """The median over rounds of a percentile over the queries, in milliseconds."""
    return statistics.median(percentile(times, percent) for times in rounds) / 1e3


def ratio(a, b):
    return a / b if b else math.nan


def verdict(*good):
    return "met" if all(good) else "MISSED"


def warm(times):
    """Rows by class: percentiles by engine, ratios, and whether the target is met."""
    rows = {}
    for name in CLASSES:
        shown = {engine: {percent: summary(rounds, percent) for percent in (50, 95, 99)}
                 for engine, rounds in times[name].items()}
        percent, most, share = TARGETS[name]
        mine = shown["coffer"][percent]
        by_tantivy = ratio(mine, shown["tantivy"][percent])
        rows[name] = {
            "queries": len(times[name]["coffer"][0]), "milliseconds": shown,
            "counted": percent, "byTantivy": by_tantivy,
            "byFTS5": ratio(mine, shown["fts5"][percent]),
            "isMet": mine <= most, "isRatioMet": by_tantivy <= share,
        }
    return rows


def matches(hits, queries):
    """By class: the median of matches by engine, and queries that differ from FTS5's by engine."""
    rows = {}
    for name in CLASSES:
        places = [place for place, query in enumerate(queries) if query["class"] == name]
        counts = {engine: [hits[engine][place] for place in places] for engine in ENGINES}
        rows[name] = {
            "median": {engine: statistics.median(counts[engine] or [0]) for engine in ENGINES},
            "differing": {
                engine: sum(abs(a - b) > TOLERANCE * max(a, b)
                            for a, b in zip(counts[engine], counts["fts5"]))
                for engine in ENGINES if engine != "fts5"},
        }
    return rows


def milliseconds(value):
    return f"{value:.4f}" if value < 0.1 else f"{value:.3f}" if value < 10 else f"{value:.1f}"


def print_warm(rows):
    head = "".join(f"{engine:>26}" for engine in ENGINES)
    print(f"{'ms: p50 / p95 / p99':22}{head}   c/t    c/f  target")
    for name, row in rows.items():
        cells = "".join(
            " / ".join(milliseconds(row["milliseconds"][engine][percent])
                       for percent in (50, 95, 99)).rjust(26) for engine in ENGINES)
        percent, most, share = TARGETS[name]
        print(f"{NAMES[name]:22}{cells} {row['byTantivy']:6.2f} {row['byFTS5']:6.3f}  "
              f"p{percent} <= {most:g}: {verdict(row['isMet'])}, "
              f"c/t <= {share:g}: {verdict(row['isRatioMet'])}")
    print("c/t: Coffer's time by Tantivy's, c/f: by FTS5's; of the percentile in the target\n")


def print_matches(rows, messages):
    print(f"{'messages that match':22}" + "".join(f"{engine:>12}" for engine in ENGINES)
          + "  queries   bounds of the class")
    for name, row in rows.items():
        cells = "".join(f"{row['median'][engine]:12,.0f}" for engine in ENGINES)
        print(f"{NAMES[name]:22}{cells}  {row['queries']:7}   {described(name, messages)}")
    print("Medians over the queries.")
    for name, row in rows.items():
        for engine, count in row["differing"].items():
            if count:
                print(f"warning: {NAMES[name]}: {engine} matches differ from FTS5's by more than "
                      f"{TOLERANCE:.0%} in {count} of {row['queries']} queries")
    print()


def described(name, messages):
    if name == "phrase":
        return "two neighbours from the text"
    kind = {"both": "pair", "either": "pair", "newest": "prefix"}.get(name, name)
    assert kind in FREQUENCIES
    low, high = bounds(kind, messages)
    what = {"pair": "words of ", "prefix": "four letters of a word of "}.get(kind, "")
    return f"{what}{low:,} to {high:,}"


def print_cold(rows):
    print(f"{'cold: process (query)':22}" + "".join(f"{engine:>19}" for engine in ENGINES)
          + "   coffer: open   coffer search")
    worst = 0
    for name, row in rows.items():
        cells = "".join(f"{row[engine]['process']:.1f} ({milliseconds(row[engine]['query'])})"
                        .rjust(19) for engine in ENGINES)
        command = f"{row['command']['process']:.1f}" if "command" in row else "no keyring"
        print(f"{NAMES[name]:22}{cells}{row['coffer']['open']:15.2f}{command:>16}")
        worst = max(worst, row["coffer"]["query"])
    print(f"ms, medians; Coffer's slowest query {milliseconds(worst)}, target <= {COLD:g}: "
          f"{verdict(worst <= COLD)}\n")


def print_building(facts, size, rebuild):
    print(f"{'':22}{'seconds':>10}{'index MB':>10}{'index/text':>12}")
    for engine in ENGINES:
        row = facts[engine]
        print(f"{engine:22}{row['seconds']:10.1f}{row['bytes'] / 1e6:10.1f}"
              f"{row['bytes'] / size:12.2f}  {row['version']}")
    mine = facts["coffer"]
    print(f"coffer's seconds are the whole import: {size / 1e6 / mine['seconds']:.1f} MB of text a "
          f"second in {mine['peakBytes'] / 1e6:.0f} MB of memory; the vault has "
          f"{mine['vaultBytes'] / 1e6:.1f} MB"
          + (f", its index {mine['segments']} segments" if mine.get("segments") else ""))
    print(f"the index alone, from the texts in the vault: {rebuild:.1f} s, target <= {BUILD:g}: "
          f"{verdict(rebuild <= BUILD)}; index/text target <= {SIZE:g}: "
          f"{verdict(mine['bytes'] / size <= SIZE)}\n")


def is_met(result):
    """Whether every target is met."""
    return (all(row["isMet"] and row["isRatioMet"] for row in result["warm"].values())
            and all(row["coffer"]["query"] <= COLD for row in result.get("cold", {}).values())
            and result["rebuildSeconds"] <= BUILD
            and result["facts"]["coffer"]["bytes"] / result["textBytes"] <= SIZE)
