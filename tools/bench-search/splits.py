"""Coffer alone, on a vault that was filled by several imports: its index may be in more parts."""

import coffer
import table
from classes import CLASSES
from contest import WARMING, Process, note, write

PARTS = (1, 8, 32)


def measure(folder, corpus, queries, programs, rounds):
    """By number of imports: live segments, and milliseconds by class and percentile."""
    return {parts: Split(folder, corpus, programs, parts).measure(queries, rounds)
            for parts in PARTS}


class Split:
    def __init__(self, folder, corpus, programs, parts):
        note(f"a vault of {parts} imports")
        self.vault = coffer.Vault(folder / f"split-{parts}", programs)
        count = sum(1 for _ in corpus.records())
        for part in range(parts):
            self.vault.import_records(
                record for number, record in enumerate(corpus.records())
                if number * parts // count == part)

    def measure(self, queries, rounds):
        file = self.vault.folder / "queries.jsonl"
        write(file, queries)
        process = Process(self.vault.bench(file, "--paced"), self.vault.environment)
        found = {}
        for name in CLASSES:
            times = [process.run(name) for _ in range(WARMING + rounds)][WARMING:]
            found[name] = {percent: table.summary(times, percent) for percent in (50, 95, 99)}
        process.end()
        live = self.vault.lines("--size")[1].get("segments")
        return {"segments": live, "milliseconds": found}


def show(splits):
    for parts, row in splits.items():
        live = row["segments"]
        print(f"coffer, {parts} imports, {'unknown' if live is None else live} segments: "
              + ", ".join(f"{name} {table.milliseconds(times[50])}"
                          for name, times in row["milliseconds"].items()))
    print("ms, p50\n")
