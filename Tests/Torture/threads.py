"""Many threads at once on one open vault, and what is left of it afterwards.

TortureDriver imports, holds conversations, labels, places holds, destroys, erases, changes slots
and keys, merges the index, searches, lists, exports, verifies and examines in nineteen threads of
one process, and closes the vault under them. What was acknowledged is kept in a ledger and compared
with the vault each time it was closed; the log is verified and the vault examined. A thread that
waits for ever, a process that dies, and an answer that no state of the vault explains are findings.

Where `tools/torture sanitizers thread` has built TortureDriver with ThreadSanitizer, half of the
time is spent with that one, and what it reports is a finding too. What it sees depends on how
threads take turns: a race may need many runs.
"""

import json
import os
import signal
import subprocess
import time

import judges
import sanitized
from proof import skip

# One process; the seed of the next is another.
SECONDS = 60
# What a process may take beyond its time before it hangs; it says so itself before that.
GRACE_SECONDS = 900
# So often a planted race may stay unseen.
PLANTED_RUNS = 30


def sanitized_driver():
    """TortureDriver with ThreadSanitizer; None where it was not built."""
    path = sanitized.scratch("thread") / "debug/TortureDriver"
    return path if os.access(path, os.X_OK) else None


def run_once(program, words, folder, seconds, options=None):
    """One process to its end: what it printed, and how that is a finding."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TZ": "UTC"}
    process = subprocess.Popen(
        [program, "threads", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=environment | (options or {}), cwd=folder,
        start_new_session=True)
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return b"", ["the process hangs"]
    if process.returncode != 0:
        said = err.decode(errors="replace").strip()[-1500:]
        return out, [f"the process ended with {process.returncode}: {said}"]
    return out, []


def rounds(run, name, program, until):
    """Runs processes with ever new seeds; adds a line to the summary."""
    start = time.monotonic()
    findings, operations, number = [], 0, 0
    while time.monotonic() < until - 5:
        seed = f"{run.seed}t{number}"
        folder = run.new_folder(run.folder, "threads")
        seconds = max(5, min(SECONDS, int(until - time.monotonic())))
        options = sanitized.options("thread", folder) if program == sanitized_driver() else None
        out, wrong = run_once(program, [str(folder), seed, str(seconds)], folder,
                              seconds + GRACE_SECONDS, options)
        if out:
            said = json.loads(out)
            operations += sum(said["counts"].values())
            wrong += said["findings"]
            counts = ", ".join(f"{count} {what}" for what, count in said["counts"].items())
            print(f"  seed {seed}: {counts}", flush=True)
        wrong += sanitized.reports(folder)
        findings += [f"seed {seed}, {seconds} s: {text}" for text in wrong]
        number += 1
    run.row(name, operations, "operations", findings, start)


def threads(run, until):
    with_sanitizer = sanitized_driver()
    now = time.monotonic()
    half = now + (until - now) / 2 if with_sanitizer else until
    rounds(run, "threads", judges.driver(), half)
    if with_sanitizer:
        rounds(run, "threads under ThreadSanitizer", with_sanitizer, until)
    else:
        print("  not under ThreadSanitizer: `tools/torture sanitizers thread` builds it",
              flush=True)


def control(run, until):
    """A race that was planted must be reported, and a change that nobody was told of found."""
    unsaid(run, min(until, time.monotonic() + 60))
    planted(run, until)


def unsaid(run, until):
    start = time.monotonic()
    folder = run.new_folder(run.folder, "unsaid")
    seconds = max(3, int((until - start) / 3))
    out, findings = run_once(judges.driver(), [str(folder), run.seed, str(seconds), "unsaid"],
                             folder, seconds + GRACE_SECONDS)
    seen = json.loads(out)["findings"] if out else []
    findings += [f"a change that nobody was told of is not found: {wanted}"
                 for wanted in ("is missing", '"unsaid"')
                 if not any(wanted in text for text in seen)]
    run.row(f"unsaid changes: {len(seen)} found", 1, "runs", findings, start)


def planted(run, until):
    program = sanitized_driver() or skip(
        "no TortureDriver with ThreadSanitizer; `tools/torture sanitizers thread` builds it")
    start = time.monotonic()
    seen = 0
    runs = 0
    while not seen and runs < PLANTED_RUNS and time.monotonic() < until:
        folder = run.new_folder(run.folder, "planted")
        runs += 1
        options = sanitized.options("thread", folder)
        _, wrong = run_once(program, ["--planted"], folder, 60, options)
        seen += len(sanitized.reports(folder))
        if wrong:
            break
    findings = [] if seen else [f"ThreadSanitizer did not see a planted race in {runs} runs"]
    run.row(f"planted race: {seen} reports", runs, "runs", findings, start)
