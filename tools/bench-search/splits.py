"""Coffer alone, on one vault whose index is in more and more segments."""

import table
from classes import CLASSES
from contest import WARMING, Process, note, write

PARTS = (1, 8, 32)
# What a message takes of a step beside its text.
MESSAGE = 64


def measure(vault, corpus, queries, rounds):
    """By number of segments asked for: live segments, and milliseconds by class, percentile."""
    file = vault.folder / "queries.jsonl"
    write(file, queries)
    return {parts: times(vault, corpus, file, parts, rounds) for parts in PARTS}


def times(vault, corpus, file, parts, rounds):
    note(f"an index of {parts} segments")
    if parts == 1:
        vault.lines("--merge", 1)
    else:
        vault.lines("--split", parts, "--step",
                    (corpus.bytes() + MESSAGE * corpus.count) // parts + 1)
    process = Process(vault.bench(file, "--paced"), vault.environment)
    found = {}
    for name in CLASSES:
        passes = [process.run(name) for _ in range(WARMING + rounds)][WARMING:]
        found[name] = {percent: table.summary(passes, percent) for percent in (50, 95, 99)}
    process.end()
    return {"segments": vault.lines("--size")[1].get("segments"), "milliseconds": found}


def show(splits):
    for row in splits.values():
        print(f"coffer, {row['segments']} segments: "
              + ", ".join(f"{name} {table.milliseconds(times[50])}"
                          for name, times in row["milliseconds"].items()))
    print("ms, p50\n")
