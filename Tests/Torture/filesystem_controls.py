"""Controls of `filesystem`: engines of which it is known whether a crash takes something from them.

The same as those of `crash`, on real file systems.
"""

import os
import random
import subprocess
import sys
import time

import control as engines
import notes
from filesystem import OPTIONS, Crashes
from volumes import Volume, have_own_mounts

# Crashes of each, and how many rows are committed before one.
CRASHES = 15
ROWS = (20, 200)
# The writer's own end; from outside it would come while it waits for a sync, most of the times.
KILLED = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"


def control(run, until):
    engines.try_all(run, until, controls(run))


def controls(run):
    """What is run on each kind, and whether losses are to be seen."""
    have_own_mounts()
    return [
        (f"{kind}, {name}", lambda until, work=work, kind=kind: work(run, kind, until))
        for kind in OPTIONS for name, work in (
            ("Coffer without syncs", without_syncs),
            ("SQLite, synchronous=NORMAL", lambda *given: sqlite(*given, "NORMAL", True)),
            ("SQLite, synchronous=FULL", lambda *given: sqlite(*given, "FULL", False)))]


def without_syncs(run, kind, until):
    """Crashes below a program whose syncs are answered and not done."""
    end = min(until, time.monotonic() + 40)
    folder = run.new_folder(run.scratch, f"{kind}-control")
    with Crashes(run, kind, folder, engines.FORGETS) as crashes:
        while time.monotonic() < end and crashes.crashes < 2 * CRASHES:
            crashes.cycle()
    return crashes.crashes, len(crashes.findings), True


def sqlite(run, kind, until, level, isWanted):
    """Crashes below SQLite, which is killed while it commits rows."""
    folder = run.new_folder(run.scratch, f"{kind}-sqlite")
    source = random.Random(f"{run.seed}/{kind}/{level}")
    trace = folder / "trace"
    count = losses = 0
    with Volume(kind, run.new_folder(folder, "mounted"), folder / "image") as volume:
        while count < CRASHES and time.monotonic() < until:
            volume.format()
            trace.write_bytes(b"")
            subprocess.run(
                [sys.executable, "-c", engines.WRITER + KILLED, os.path.dirname(__file__),
                 volume.folder / "base", trace, level, str(source.randint(*ROWS))], check=False)
            volume.crash()
            volume.restart()
            acknowledged = max(event.place for event in notes.read(trace)
                               if event.change == notes.ACKNOWLEDGED)
            losses += engines.counted(volume.folder / "base") < acknowledged
            count += 1
    return count, losses, isWanted
