"""One run of tools/torture: its seed, its time, its scratch folders, and what came out."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from proof import ROOT, skip

WORKERS = 2
# Operations of one workload.
OPERATIONS = 25


class Run:
    """What every command needs: folders of its own, calls.so, a place for its results."""

    def __init__(self, seed, minutes):
        self.seed = seed
        self.minutes = minutes
        # What a command was asked for besides.
        self.kind = None
        self.until = time.monotonic() + minutes * 60
        self.rows = []
        self.findings = []
        shared = pathlib.Path("/dev/shm")
        memory = shared if os.access(shared, os.W_OK) else None
        # On a disk, and in memory where that can be had.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="coffer-torture-"))
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="coffer-torture-", dir=memory))
        self.interposer = self.build()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.scratch, ignore_errors=True)

    def build(self):
        """calls.c as a library."""
        compiler = shutil.which("cc") or shutil.which("clang") or skip("there is no C compiler")
        library = self.folder / "calls.so"
        subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", library,
                        ROOT / "Tests/Torture/calls.c"], check=True)
        return library

    def new_folder(self, base, name):
        path = base / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        return path

    def row(self, name, count, unit, findings, start):
        """Adds a line to the table: so many were tried since `start`, and this was found."""
        self.rows.append((name, count, unit, len(findings), time.monotonic() - start))
        for text in findings[:20]:
            print(f"FOUND ({name}): {text}", flush=True)
        self.findings += findings

    def report(self):
        """Prints the table; the exit code."""
        for name, count, unit, found, seconds in self.rows:
            rate = count / max(seconds, 0.001)
            print(f"  {name:<38} {count:>9,} {unit:<12} {found:>4} found {seconds:>6.0f} s"
                  f" {rate:>5.0f}/s")
        counts = ", ".join(f"{count:,} {unit}" for _, count, unit, _, _ in self.rows)
        print(f"{len(self.findings) or 'nothing'} found in {counts} (seed {self.seed})")
        return 2 if self.findings else 0
