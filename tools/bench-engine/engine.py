"""Full scan, point reads and bulk insert under plaintext SQLite, Coffer's pages and SQLCipher 4.

All three run in one process on one SQLite library, the one inside SQLCipher's Python package: the
sources of CPageVFS are compiled as an extension and loaded into it. So nothing differs but what
happens to a page on its way to the file. Rounds are interleaved; medians are reported, and the
range beside them. Page size 4096, write-ahead log, synchronous=FULL, a page cache of 1 MB.
"""

import argparse
import ctypes
import gzip
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from sqlcipher3 import dbapi2 as sqlite

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
clock = time.perf_counter
ENGINES = ("plain", "coffer", "sqlcipher")
KEY = bytes(range(32))
SCHEMA = """
CREATE TABLE message (num INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX message_by_conversation ON message (conversation);
"""
# Measures, with the most that Coffer may take of the plaintext time and how much faster than
# SQLCipher it must be.
MEASURES = {
    "full scan, warm": (1.7, 1.5),
    "full scan, evicted": (None, 1.0),
    "point reads": (1.7, 1.1),
    "point reads in one join": (None, 1.0),
    "bulk insert": (None, 1.0),
}


def extension(folder):
    """Compiles CPageVFS for the library inside SQLCipher's package."""
    compiler = next(filter(None, map(shutil.which, ("clang", "cc"))), None)
    if compiler is None:
        sys.exit("tools/bench: there is no C compiler")
    here = pathlib.Path(__file__).parent
    out = folder / "coffer_pages.so"
    sources = sorted((ROOT / "Sources/CPageVFS").glob("*.c"))
    subprocess.run(
        [compiler, "-O2", "-fPIC", "-shared", "-o", out, f"-I{ROOT}/Sources/CPageVFS/include",
         f"-I{ROOT}/Sources/CPageVFS", "-include", here / "redirect.h", here / "extension.c",
         *sources, "-lsodium"], check=True)
    return out


def corpus(arguments):
    """Rows (conversation, body), the same in every run."""
    if not arguments.data:
        generator = random.Random(1)
        words = ["".join(generator.choices("etaoinshrdlucmf", k=generator.randint(2, 11)))
                 for _ in range(20_000)]
        return [(row // 8, " ".join(generator.choices(words, k=generator.randint(10, 180))))
                for row in range(arguments.rows)]
    rows = []
    opener = gzip.open if arguments.data.endswith(".gz") else open
    with opener(arguments.data, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file):
            record = json.loads(line)
            for turn in record.get("turns") or record.get("messages") or []:
                rows.append((number, turn["text"]))
                if len(rows) == arguments.rows:
                    return rows
    return rows


class Bench:
    def __init__(self, folder, rows):
        self.folder = folder
        self.rows = rows
        self.library = extension(folder)
        loader = sqlite.connect(":memory:")
        loader.enable_load_extension(True)
        loader.load_extension(str(self.library))
        self.pages = ctypes.CDLL(str(self.library))
        generator = random.Random(2)
        self.wanted = [generator.randint(1, len(rows)) for _ in range(20_000)]

    def connect(self, engine, path):
        if engine == "coffer":
            if self.pages.cvfs_add_key(str(path).encode(), KEY) != 0:
                sys.exit("tools/bench: the key was refused")
            database = sqlite.connect(f"file:{path}?vfs=coffer", uri=True, isolation_level=None)
        else:
            database = sqlite.connect(f"file:{path}?vfs=unix", uri=True, isolation_level=None)
        if engine == "sqlcipher":
            database.execute(f"PRAGMA key = \"x'{KEY.hex()}'\"")
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "temp_store = MEMORY",
                       "cache_size = -1024", "mmap_size = 0"):
            database.execute("PRAGMA " + pragma).fetchall()
        return database

    def path(self, engine):
        return self.folder / f"{engine}.db"

    def bulk_insert(self, engine):
        for file in self.folder.glob(f"{engine}.db*"):
            file.unlink()
        database = self.connect(engine, self.path(engine))
        database.executescript(SCHEMA)
        start = clock()
        for first in range(0, len(self.rows), 1000):
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO message (conversation, body) VALUES (?, ?)",
                                 self.rows[first:first + 1000])
            database.execute("COMMIT")
        taken = clock() - start
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        database.close()
        return taken

    def evict(self, engine):
        handle = os.open(self.path(engine), os.O_RDONLY)
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)

    def scan(self, database):
        start = clock()
        (total,) = database.execute("SELECT sum(length(body)) FROM message").fetchone()
        taken = clock() - start
        if total != sum(len(body) for _, body in self.rows):
            sys.exit("tools/bench: the scan read something else than was written")
        return taken

    def point_reads(self, database):
        start = clock()
        for num in self.wanted:
            database.execute("SELECT body FROM message WHERE num = ?", (num,)).fetchone()
        return clock() - start

    def point_join(self, database):
        database.execute("CREATE TEMP TABLE wanted (num INTEGER)")
        database.executemany("INSERT INTO wanted VALUES (?)", [(num,) for num in self.wanted])
        start = clock()
        database.execute(
            "SELECT sum(length(body)) FROM wanted CROSS JOIN message USING (num)").fetchone()
        return clock() - start

    def round(self, engine):
        """One time in seconds for each measure."""
        insert = self.bulk_insert(engine)
        self.evict(engine)
        database = self.connect(engine, self.path(engine))
        evicted = self.scan(database)
        times = {
            "full scan, warm": min(self.scan(database) for _ in range(2)),
            "full scan, evicted": evicted,
            "point reads": self.point_reads(database),
            "point reads in one join": self.point_join(database),
            "bulk insert": insert,
        }
        database.close()
        return times


def report(times, rows, rounds):
    """The table, and whether every target is met."""
    size = sum(len(body) for _, body in rows)
    print(f"{len(rows):,} rows, {size / 1e6:.1f} million characters, "
          f"{rounds} rounds; SQLite {sqlite.sqlite_version}; "
          "medians (lowest to highest), seconds\n")
    print(f"{'':24}{'plain':>19}{'coffer':>19}{'sqlcipher':>19}   c/p   s/p   s/c  targets")
    met = True
    for measure, (most, faster) in MEASURES.items():
        middle, cells = {}, ""
        for engine in ENGINES:
            values = times[engine][measure]
            middle[engine] = statistics.median(values)
            cells += f"{middle[engine]:.3f} ({min(values):.2f}-{max(values):.2f})".rjust(19)
        cost = middle["coffer"] / middle["plain"]
        lead = middle["sqlcipher"] / middle["coffer"]
        good = (most is None or cost <= most) and lead >= faster
        met = met and good
        print(f"{measure:24}{cells}  {cost:4.2f}  {middle['sqlcipher'] / middle['plain']:4.2f}  "
              f"{lead:4.2f}  {'' if most is None else f'c/p <= {most}, '}s/c >= {faster}: "
              f"{'met' if good else 'MISSED'}")
    print("\nc/p: Coffer's time by plaintext's; s/p: SQLCipher's by plaintext's; s/c: SQLCipher's "
          "by Coffer's")
    return met


def main():
    parser = argparse.ArgumentParser(prog="tools/bench engine", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="rows at most (100000)")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (5)")
    parser.add_argument("--data", help="JSON lines of conversations instead of made-up words")
    parser.add_argument("--json", help="file for every single time")
    parser.add_argument("--cpu", action="store_true",
                        help="processor time instead of the clock's, for a machine with other work")
    arguments = parser.parse_args()
    if arguments.cpu:
        globals()["clock"] = time.process_time
    rows = corpus(arguments)
    times = {engine: {measure: [] for measure in MEASURES} for engine in ENGINES}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(pathlib.Path(folder).resolve(), rows)
        for number in range(arguments.rounds):
            # Each engine comes first equally often.
            shift = number % len(ENGINES)
            for engine in ENGINES[shift:] + ENGINES[:shift]:
                for measure, seconds in bench.round(engine).items():
                    times[engine][measure].append(seconds)
            print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)
    met = report(times, rows, arguments.rounds)
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(times, indent=1) + "\n")
    sys.exit(0 if met else 1)


main()
