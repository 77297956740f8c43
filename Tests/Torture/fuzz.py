"""Fuzzes whatever reads bytes from outside: libFuzzer and the address sanitizer around the judges
of Tests/InputFuzzTests.

One program has all of them and is told by its environment which one it is. The first build takes
minutes, a later one less. What libFuzzer keeps as interesting stays in .build/fuzz/input-corpus,
what is found in .build/fuzz/found; `COFFER_FUZZ_TARGET=NAME .build/fuzz/inputs FILE` says once
more what becomes of it.
"""

import hashlib
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import time

from proof import ROOT, skip

SCRATCH = ROOT / ".build/fuzz"
PROGRAM = SCRATCH / "inputs"
MODULES = ("CPageVFS", "JSONText", "Policy", "VaultCrypto", "ForeignArchives", "Vault", "GRDB",
           "VaultArchive", "Importers", "Providers", "Chat", "InputFuzzTests")
PACKAGES = ("sqlite3", "libsodium", "nettle", "hogweed", "gmp", "libgcrypt", "libarchive")
PROBE = '@_cdecl("LLVMFuzzerTestOneInput") func f(_: UnsafeRawPointer?, _: Int) -> CInt { 0 }\n'
# Readers that have programs of their own, which run only where they are named.
OTHERS = {
    "archives": ("tools/check-foreign-archives",),
    "bags": ("tools/check-foreign-archives", "--bags"),
    "index": ("tools/check-search-index", "--chunks"),
}
# Swift keeps pointers where the search for leaks does not see them; memory that grows is seen by
# its limit. A backtrace of Swift's own would hang in libFuzzer.
SETTINGS = {"ASAN_OPTIONS": "detect_leaks=0:malloc_context_size=2:quarantine_size_mb=8",
            "SWIFT_BACKTRACE": "enable=no"}
# The judge itself measures the time of the processor; this is for an endless loop.
LIMITS = ("-rss_limit_mb=1024", "-malloc_limit_mb=256", "-timeout=60", "-max_len=16384",
          "-len_control=50", "-detect_leaks=0", "-print_final_stats=1", "-verbosity=1")
DEFAULT_RUNS = 2_000_000
# So many seconds of the processor each planted fault may take to be found.
CONTROL_SECONDS = 240
PLANTS = {"trap": "PLANTED: a rare value traps", "wrong": "WRONG: PLANTED",
          "slow": "WRONG: it took"}


def build():
    """The program, made anew where something has changed."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    if shutil.which("swiftc") is None:
        skip("there is no Swift toolchain")
    linker = ["-use-ld=lld"] if shutil.which("ld.lld") else []
    (SCRATCH / "probe.swift").write_text(PROBE)
    probe = ["swiftc", "-parse-as-library", "-sanitize=fuzzer,address", *linker,
             SCRATCH / "probe.swift", "-o", SCRATCH / "probe"]
    if subprocess.run(probe, capture_output=True).returncode:
        skip("this Swift toolchain has no libFuzzer or no address sanitizer")
    subprocess.run(
        ["nice", "swift", "build", "--configuration", "release", "--scratch-path", SCRATCH,
         "--target", "InputFuzzTests", "--sanitize=address", "-Xswiftc", "-enable-testing",
         "-Xswiftc", "-sanitize=fuzzer", "-Xswiftc", "-enforce-exclusivity=unchecked"],
        cwd=ROOT, check=True)
    libraries = subprocess.run(["pkg-config", "--libs", *PACKAGES], check=True,
                               capture_output=True, text=True).stdout.split()
    subprocess.run(
        ["nice", "swiftc", "-sanitize=fuzzer,address", *linker, *objects(), "-o", PROGRAM,
         "-Xlinker", "--defsym=LLVMFuzzerTestOneInput=judgeForeignInput",
         "-Xlinker", "--defsym=LLVMFuzzerInitialize=prepareForeignInputs",
         *libraries, "-lstemmer"], check=True)


def objects():
    """What the compiler made of the modules; objects of sources that are gone may lie there too."""
    for module in MODULES:
        folder = SCRATCH / f"release/{module}.build"
        listed = folder / "output-file-map.json"
        if listed.exists():
            files = json.loads(listed.read_text()).values()
            paths = [pathlib.Path(entry["object"]) for entry in files if "object" in entry]
        else:
            paths = sorted(folder.glob("**/*.o"))
        yield from (path for path in paths if path.exists())


def environment(run, **variables):
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TZ": "UTC",
            "TMPDIR": str(run.scratch), "COFFER_FUZZ_SCRATCH": str(run.scratch)} \
        | SETTINGS | variables


def names(run):
    answer = subprocess.run([PROGRAM], env=environment(run, COFFER_FUZZ_NAMES="1"), check=True,
                            capture_output=True, text=True)
    return answer.stdout.split()


class Attempt:
    """One run of libFuzzer on one target."""

    def __init__(self, run, name, runs, seconds, corpus, plant=None):
        self.name = name
        seeds = run.new_folder(run.folder, f"seeds-{name}")
        corpus.mkdir(parents=True, exist_ok=True)
        found = SCRATCH / "found"
        found.mkdir(exist_ok=True)
        words = pathlib.Path(f"{seeds}.words")
        variables = {"COFFER_FUZZ_TARGET": name, "COFFER_FUZZ_SEEDS": str(seeds)}
        if plant:
            variables["COFFER_FUZZ_PLANT"] = plant
            found = run.folder
        # The words are read before the program could write them, so that they come first.
        subprocess.run([PROGRAM, "-runs=0", f"-artifact_prefix={run.folder}/", seeds],
                       env=environment(run, **variables), capture_output=True)
        digest = hashlib.sha256(f"{run.seed}/{name}".encode()).digest()
        self.begun = time.monotonic()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.answer = subprocess.run(
            ["nice", PROGRAM, *LIMITS, f"-runs={runs}", f"-max_total_time={max(1, int(seconds))}",
             f"-seed={int.from_bytes(digest[:3], 'big') + 1}", f"-dict={words}",
             f"-artifact_prefix={found}/{name}-", corpus, seeds],
            env=environment(run, **variables), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.said = self.answer.stderr.decode(errors="replace")

    def figure(self, name):
        match = re.search(rf"stat::{name}:\s*(\d+)", self.said)
        return int(match[1]) if match else 0

    @property
    def count(self):
        return self.figure("number_of_executed_units")

    @property
    def coverage(self):
        found = re.findall(r"cov: (\d+)", self.said)
        return int(found[-1]) if found else 0

    @property
    def finding(self):
        """What was found and where the input is; None for nothing."""
        if self.answer.returncode == 0:
            return None
        said = re.search(r"(WRONG: .*|PLANTED: .*|Fatal error.*|ERROR: .*)", self.said)
        place = re.search(r"Test unit written to (\S+)", self.said)
        return (f"{self.name}: {said[1] if said else self.said[-400:]}"
                f" ({place[1] if place else 'no input was kept'})")


def attempt(run, name, until):
    """Fuzzes one target until its runs are done or the time is over."""
    attempted = Attempt(run, name, run.options.runs or DEFAULT_RUNS, until - time.monotonic(),
                        SCRATCH / "input-corpus" / name)
    finding = attempted.finding
    rate = attempted.count / max(attempted.seconds, 0.001)
    print(f"  {name}: {attempted.coverage} places of the program, {rate:,.0f} inputs a second of"
          f" one core, {attempted.figure('peak_rss_mb')} MB", flush=True)
    run.row(f"fuzz {name}", attempted.count, "inputs", [finding] if finding else [],
            attempted.begun)


def other(run, name):
    start = time.monotonic()
    runs = run.options.runs or 50_000
    answer = subprocess.run([*OTHERS[name], "--runs", str(runs)], cwd=ROOT, capture_output=True,
                            text=True)
    if answer.returncode == 77:
        skip(answer.stdout.strip())
    wrong = [] if answer.returncode == 0 else [f"{name}: {answer.stdout[-500:]}"]
    run.row(f"fuzz {name}", runs, "inputs", wrong, start)


def fuzz(run, until):
    """Every target, or those of `--target`, the time shared among them."""
    named = run.options.target or []
    for name in named:
        if name in OTHERS:
            other(run, name)
    if named and all(name in OTHERS for name in named):
        return
    begun = time.monotonic()
    build()
    # The minutes are for the inputs.
    until += time.monotonic() - begun
    known = names(run)
    unknown = set(named) - set(known) - set(OTHERS)
    if unknown:
        skip(f"there is no target {', '.join(sorted(unknown))}; there are"
             f" {', '.join([*known, *OTHERS])}")
    chosen = [name for name in known if not named or name in named]
    for index, name in enumerate(chosen):
        left = until - time.monotonic()
        attempt(run, name, time.monotonic() + left / (len(chosen) - index))


def control(run, until):
    """Faults that were planted into the reading of JSON must be found."""
    build()
    for plant, words in PLANTS.items():
        corpus = run.new_folder(run.folder, f"corpus-{plant}")
        attempted = Attempt(run, "json", 20_000_000, min(CONTROL_SECONDS, max(
            60, until - time.monotonic())), corpus, plant)
        finding = attempted.finding or "nothing was found"
        run.row(f"fuzz, planted: {plant}", attempted.count, "inputs",
                [] if words in finding else [f"{plant}: {finding}"], attempted.begun)
