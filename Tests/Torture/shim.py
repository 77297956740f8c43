"""The C code below SQLite, by the programs of Tests/PageVFSHarness that tools/check-page-vfs runs.

Each is tried on sources in which a fault was planted as well, and must see it. What they try is not
drawn: a finding names the allocation or the bit, and the same command meets it again.
"""

import re
import subprocess
import time

from proof import ROOT, skip

# Somewhat more, because frames that are written again as they are count once.
NONCES = 10_400_000
# Compiling the programs and the planted faults takes about this much of a command's time.
PREPARATION_SECONDS = 45
SUMMARY = re.compile(r"^(\w+): (\d+) (.+), (\d+) bad$", re.MULTILINE)


def check(run, words, until):
    """Runs one program by tools/check-page-vfs, and adds its row."""
    start = time.monotonic()
    seconds = max(1, int(until - start) - PREPARATION_SECONDS)
    outcome = subprocess.run(
        [ROOT / "tools/check-page-vfs", "--seconds", str(seconds), *words],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if "No clang" in outcome.stdout:
        skip(outcome.stdout.strip())
    print(outcome.stdout, end="", flush=True)
    findings = []
    if outcome.returncode != 0:
        findings = [line.strip() for line in outcome.stdout.splitlines()
                    if "FAILED" in line or "ERROR: " in line] or [f"exit {outcome.returncode}"]
    tried = SUMMARY.search(outcome.stdout)
    name, count, unit = tried.groups()[:3] if tried else (words[-1], 0, "programs")
    run.row(f"shim: {name}", int(count), unit.split()[-1], findings, start)


def shim(run, until):
    """Allocations that fail, and every bit of every page and frame."""
    check(run, ("--minutes", "1", "memory"), time.monotonic() + (until - time.monotonic()) / 2)
    check(run, ("--minutes", "1", "bits"), until)


def nonces(run, until):
    """As many nonces as come in the time, ten million at most."""
    check(run, ("--nonces", str(NONCES), "nonces"), until)
