"""Controls: engines of which it is known whether they lose something when the power goes.

Coffer on a disk that answers syncs and does not do them must lose something, and so must SQLite
with `synchronous=NORMAL`; SQLite with `synchronous=FULL` must not. Where that does not come out,
the harness sees nothing, or sees what is not there.
"""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time

import crash
import disk
import notes

STEPS = 40
FORGETS = {"TORTURE_FORGET": "1"}

# Commits rows one by one; each is marked in the trace before and after.
WRITER = """
import sqlite3, sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import notes
path, trace, level, steps = sys.argv[2:6]
base = sqlite3.connect(path, isolation_level=None)
base.execute("PRAGMA journal_mode=WAL")
base.execute(f"PRAGMA synchronous={level}")
base.execute("PRAGMA wal_autocheckpoint=20")
base.execute("CREATE TABLE entry (number INTEGER, text TEXT)")
notes.mark(trace, notes.ACKNOWLEDGED, 0)
for number in range(1, int(steps) + 1):
    notes.mark(trace, notes.BEGUN, number)
    base.execute("BEGIN IMMEDIATE")
    base.execute("INSERT INTO entry VALUES (?, ?)", (number, f"{number} " * 400))
    base.execute("COMMIT")
    notes.mark(trace, notes.ACKNOWLEDGED, number)
"""


def controls(run):
    """What is run, and whether losses are to be seen."""
    return (
        ("Coffer without syncs", lambda until: coffer(run, until)),
        ("SQLite, synchronous=NORMAL", lambda until: sqlite(run, "NORMAL", True)),
        ("SQLite, synchronous=FULL", lambda until: sqlite(run, "FULL", False)))


def coffer(run, until):
    script = crash.Script(run.new_folder(run.folder, "control"), f"{run.seed}/control", 8,
                          run.interposer, FORGETS)
    states, findings = crash.judged(
        script, run.new_folder(run.scratch, "control"), run.seed, len(disk.MANNERS),
        min(until, time.monotonic() + 60))
    return states, len(findings), True


def sqlite(run, level, isWanted):
    folder = run.new_folder(run.folder, "sqlite")
    place, trace = folder / "place", folder / "trace"
    place.mkdir()
    trace.touch()
    subprocess.run(
        [sys.executable, "-c", WRITER, os.path.dirname(__file__), place / "base", trace, level,
         str(STEPS)], check=True,
        env={"LD_PRELOAD": str(run.interposer), "TORTURE_ROOT": str(place),
             "TORTURE_TRACE": str(trace), "PATH": os.environ["PATH"]})
    shown = disk.Disk(str(place))
    states = losses = acknowledged = 0
    isMade = False
    for index, event in enumerate(notes.read(trace)):
        if event.change == notes.ACKNOWLEDGED:
            acknowledged, isMade = event.place, True
        elif event.change != notes.BEGUN:
            shown.take(event)
        for draw in range(4 if isMade else 0):
            source = random.Random(f"{run.seed}/{level}/{index}/{draw}")
            seen = shown.after_loss(disk.MANNERS[(index + draw) % len(disk.MANNERS)], source)
            states += 1
            losses += rows(seen, place, run.new_folder(run.scratch, "sqlite")) < acknowledged
    return states, losses, isWanted


def rows(seen, place, folder):
    """How many rows a state has."""
    disk.store(seen, str(place), folder)
    shutil.rmtree(folder / "base-shm", ignore_errors=True)
    return counted(folder / "base")


def counted(path):
    """How many rows a database has; -1 for one that is not sound."""
    try:
        base = sqlite3.connect(path)
        sound = base.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        count = base.execute("SELECT count(*) FROM entry").fetchone()[0]
        base.close()
        return count if sound else -1
    except sqlite3.Error:
        return -1


def control(run, until):
    """Losses that must be seen, and one engine without."""
    try_all(run, until, controls(run))


def try_all(run, until, pairs):
    """Runs controls, each a name and what gives states, losses, and whether these are wanted."""
    for name, work in pairs:
        start = time.monotonic()
        states, losses, isWanted = work(until)
        wrong = [] if isWanted == bool(losses) else [
            f"{losses} losses, and {'some' if isWanted else 'none'} should be seen"]
        run.row(f"{name}: {losses} losses", states, "states", wrong, start)
