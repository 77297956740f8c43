"""The engine and its suites with AddressSanitizer or ThreadSanitizer.

They are built without the network stack (COFFER_ENGINE_ONLY in Package.swift), each in a folder of
its own, which takes about ten minutes of one core the first time. What a sanitizer reports is a
finding, and so is a suite that fails.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

from proof import ROOT, skip

KINDS = ("thread", "address")
SUITES = ("VaultTests|VaultCryptoTests|PageVFSTests|JSONTextTests|PolicyTests|ImportersTests"
          "|ForeignArchivesTests|VaultArchiveTests")
SUMMARY = re.compile(r"^SUMMARY: (\S+Sanitizer: .*)$", re.MULTILINE)
FAILED = re.compile(r"^. (Test .* (?:failed after|recorded an issue).*)$", re.MULTILINE)
COUNT = re.compile(r"Test run with ([\d,]+) tests?")


def scratch(kind):
    return ROOT / f".build-{kind}"


def options(kind, folder):
    """Variables with which a sanitizer writes its reports into a folder.

    ThreadSanitizer goes on after a report, and is shown the mutexes of Swift (mutexes.c).
    """
    place = f"log_path={folder}/report"
    if kind == "thread":
        return {"TSAN_OPTIONS": f"{place}:exitcode=0:halt_on_error=0",
                "LD_PRELOAD": str(mutexes(folder))}
    # What is made once and kept for ever is no leak.
    return {"ASAN_OPTIONS": f"{place}:halt_on_error=1:detect_leaks=0"}


def mutexes(folder):
    """mutexes.c as a library; it needs the compiler that knows how Swift calls."""
    swift = shutil.which("swift") or skip("there is no Swift compiler")
    clang = pathlib.Path(swift).resolve().with_name("clang")
    library = pathlib.Path(folder) / "mutexes.so"
    subprocess.run([clang, "-O1", "-shared", "-fPIC", "-fuse-ld=lld", "-o", library,
                    ROOT / "Tests/Torture/mutexes.c"], check=True)
    return library


def reports(folder):
    """What a sanitizer reported: each place once, with the beginning of what it said."""
    texts = {}
    for path in sorted(pathlib.Path(folder).glob("report.*")):
        for part in path.read_text(errors="replace").split("=" * 18):
            found = SUMMARY.search(part)
            if found:
                texts.setdefault(found.group(1), part.strip())
    return [f"{summary}\n{text[:3000]}" for summary, text in texts.items()]


def work(words, until, environment, log):
    """Runs a command in the background of everything else; whether it came to its end, and how."""
    with open(log, "wb") as out:
        process = subprocess.Popen(
            ["nice", "-n", "15", *words], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, env=environment, start_new_session=True)
        try:
            return process.wait(timeout=max(1, until - time.monotonic()))
        except (subprocess.TimeoutExpired, SystemExit):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return None


def build(kind, until, log):
    """Builds the engine, its suites and TortureDriver."""
    swift = shutil.which("swift") or skip("there is no Swift compiler")
    status = work(
        [swift, "build", "--build-tests", f"--sanitize={kind}", "--scratch-path", scratch(kind)],
        until, os.environ | {"COFFER_ENGINE_ONLY": "1"}, log)
    if status is None:
        skip(f"the time was too short to build with {kind} sanitizer; give --minutes 60")
    if status != 0:
        print(log.read_text(errors="replace")[-3000:])
        skip(f"the engine does not build with {kind} sanitizer here")


def suites(run, kind, until):
    """Runs the suites of the engine with one sanitizer; adds a line to the summary."""
    start = time.monotonic()
    folder = run.new_folder(run.folder, kind)
    build(kind, until, folder / "build.log")
    log = folder / "test.log"
    status = work(
        [shutil.which("swift"), "test", "--skip-build", f"--sanitize={kind}", "--scratch-path",
         scratch(kind), "--filter", SUITES],
        until, os.environ | {"COFFER_ENGINE_ONLY": "1"} | options(kind, folder), log)
    said = log.read_text(errors="replace")
    findings = reports(folder) + FAILED.findall(said)
    if status is None:
        findings.append("the time was too short for the suites; give more --minutes")
    elif status != 0 and not findings:
        findings.append(f"the suites ended with {status}: {said[-1500:]}")
    counts = [int(text.replace(",", "")) for text in COUNT.findall(said)]
    run.row(f"suites under {kind} sanitizer", max(counts, default=0), "tests", findings, start)


def sanitizers(run, until):
    """Both, or the one that was named."""
    kinds = [run.options.kind] if run.options.kind else KINDS
    for kind in kinds:
        suites(run, kind, until)
