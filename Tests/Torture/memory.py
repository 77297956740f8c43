"""What of a vault's secrets is in the memory of a process: all of it is read, and searched.

Every secret between the passphrase and the pages is derived from the vault's files by vaultkeys.py.
The program is held in three moments, by strace, which makes its call wait: when it opens the
database, when it has done its work and closes it, and at its last call. Then no piece of 8 bytes of
a secret may be in its memory; before, the keys of the database must be there, or the search sees
nothing, and what only led to them must not. TortureDriver does the same with the
engine alone, whose process goes on after the vault is closed, and keeps a key in plain memory when
it is told to. Texts of messages are in the heap that SQLite and Swift have given back, as
SECURITY.md says; they are counted, and no finding.
"""

import collections
import contextlib
import os
import pathlib
import random
import shutil
import subprocess
import time

import judges
import vaultkeys
from canaries import Canaries, planted_lines
from proof import COFFER, ROOT, WEAK, skip

PASSPHRASE_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
# What an open vault needs; everything else only led to it.
NEEDED = {"vault key", "database key", "page key", "log key"}
# At most so long is a program held, and waited for.
PATIENCE_SECONDS = 300
EXIT_GROUP, UNLINK, OPENAT = "231", "87", "257"
# A vault whose passphrase is cheap is one that `doctor` and a purge that keeps something remark on.
DONE = (0, 2, 3)
TEXT = "a message's text"
# Each command with what its options need; `{}` is a file of a passphrase for a new slot.
READING = (
    ("list", "--json"), ("search", "harbour", "--json"), ("status", "--json"), ("doctor", "--json"),
    ("slot", "list", "--json"), ("audit", "verify", "--json"), ("stats", "--json"),
    ("label", "list", "--json"))
CHANGING = (
    ("slot", "add", "office", "--new-passphrase-file", "{}", *WEAK),
    ("slot", "rotate", "passphrase", "--new-passphrase-file", "{}", *WEAK),
    ("slot", "remove", "office", "--yes"),
    ("purge", "--query", "harbour", "--reason", "a proof", "--yes", "--quiet"))


class Memory:
    """Searches processes for pieces of secrets."""

    def __init__(self, folder):
        compiler = shutil.which("cc") or shutil.which("clang") or skip("there is no C compiler")
        self.program, self.needles = folder / "memory", folder / "needles"
        subprocess.run([compiler, "-O2", "-o", self.program, ROOT / "Tests/Torture/memory.c"],
                       check=True)
        self.bytes = self.looks = 0

    def found(self, process, secrets):
        """The names of the secrets of which a piece is there, each with where the first stands."""
        known = vaultkeys.pieces(secrets)
        self.needles.write_bytes(b"".join(piece for _, piece in known))
        done = subprocess.run([self.program, str(process), self.needles], capture_output=True,
                              text=True, check=False)
        if done.returncode != 0 and pathlib.Path(f"/proc/{process}/maps").exists():
            skip("the memory of other processes cannot be read here")
        if done.returncode != 0:
            raise AssertionError("the process ended while its memory was read")
        *hits, last = done.stdout.splitlines()
        self.bytes += int(last.split()[1])
        self.looks += 1
        places = {}
        for hit in hits:
            number, place = hit.split(" ", 1)
            places.setdefault(known[int(number)][0], " ".join(place.split()))
        return places


@contextlib.contextmanager
def held(words, environment, call, number, folder, path=None):
    """Runs a program until it enters a call; gives its process id, or None when it ended before."""
    filters = ("-P", path) if path else ()
    tracer = subprocess.Popen(
        ["strace", "-f", "--seccomp-bpf", "-qqq", "-o", "/dev/null", *filters, "-e",
         f"trace={call}", "-e", f"inject={call}:delay_enter={PATIENCE_SECONDS}s", COFFER, *words],
        env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=open(folder / "out", "wb"),
        stderr=open(folder / "err", "wb"))
    process = None
    try:
        end = time.monotonic() + PATIENCE_SECONDS / 2
        while time.monotonic() < end and tracer.poll() is None:
            process = child_at(tracer.pid, number, path)
            if process:
                break
            time.sleep(0.005)
        yield process
    finally:
        for child in children(tracer.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, 9)
        tracer.kill()
        tracer.wait()


def children(number):
    with contextlib.suppress(OSError):
        text = pathlib.Path(f"/proc/{number}/task/{number}/children").read_text()
        return [int(word) for word in text.split()]
    return []


def child_at(tracer, number, path):
    """The traced program, when one of its threads is in the call, about that path."""
    for child in children(tracer):
        calls = []
        # It may have ended meanwhile.
        with contextlib.suppress(FileNotFoundError):
            calls = list(pathlib.Path(f"/proc/{child}/task").glob("*/syscall"))
        for call in calls:
            with contextlib.suppress(OSError, ValueError):
                called, *arguments = call.read_text().split()
                if called == number and (path is None or is_about(child, arguments, path)):
                    return child
    return None


def is_about(process, arguments, path):
    """Whether the first or the second argument of a call is the address of a path.

    A call about another file is not held, and only passes by.
    """
    wanted = os.fsencode(path) + b"\0"
    with open(f"/proc/{process}/mem", "rb", buffering=0) as memory:
        for argument in arguments[:2]:
            with contextlib.suppress(OSError, OverflowError):
                if os.pread(memory.fileno(), len(wanted), int(argument, 16)) == wanted:
                    return True
    return False


def status(process):
    """The code with which a program that is held at its last call will end; None for no program."""
    if process is None:
        return None
    return int(pathlib.Path(f"/proc/{process}/syscall").read_text().split()[1], 16)


class Subject:
    """A vault, what opens it, and the secrets that it has and had."""

    def __init__(self, folder, seed):
        self.folder, self.source = folder, random.Random(f"memory/{seed}")
        self.canaries = Canaries()
        self.vault = folder / "vault"
        self.files = {}
        self.secrets = {TEXT: self.canaries.stem.encode()}
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "TZ": "UTC", "LC_ALL": "C.UTF-8",
            "COFFER_VAULT": str(self.vault), "XDG_STATE_HOME": str(folder / "state"),
            "NO_COLOR": "1", "TMPDIR": str(folder)}
        self.write(planted_lines(self.canaries, 12), "own.jsonl")
        self.first = self.new_passphrase("passphrase")

    def write(self, text, name):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return path

    def new_passphrase(self, slot):
        text = "".join(self.source.choice(PASSPHRASE_LETTERS) for _ in range(32))
        path = self.write(text + "\n", f"{slot}-{len(self.files)}.passphrase")
        self.files[path] = text.encode()
        return path

    @property
    def generation(self):
        return vaultkeys.header_of(self.vault)["generation"]

    def learn(self):
        """Derives what the vault's files lead to now; what was known stays known."""
        for path, passphrase in self.files.items():
            self.secrets[f"passphrase ({path.stem})"] = passphrase
            for slot in self.vault.glob("slots/*.age"):
                # Not the passphrase of this slot.
                with contextlib.suppress(vaultkeys.WrongKey):
                    found = vaultkeys.of_vault(self.vault, slot.stem, passphrase)
                    known = set(self.secrets.values())
                    self.secrets |= {f"{name} (generation {self.generation}, {path.stem})": secret
                                     for name, secret in found.items() if secret not in known}

    def needs(self, name):
        """Whether a secret is one that the open vault needs."""
        return name.split(" (")[0] in NEEDED and f"(generation {self.generation}," in name


class Runs:
    """Rounds of commands on a vault each, and what they left."""

    def __init__(self, run, memory):
        self.run, self.memory = run, memory
        self.findings = []
        self.closed = self.opened = self.seen = self.with_texts = 0
        self.commands = collections.Counter()

    def round(self, seed):
        """One vault: every command once."""
        self.subject = subject = Subject(self.run.new_folder(self.run.scratch, "memory"), seed)
        self.expect_nothing(("init", "--passphrase-file", subject.first, *WEAK, "--custodian",
                             subject.canaries.new("custodian")))
        self.expect_nothing(self.opening("import", "own.jsonl", "--format", "jsonl", "--quiet"))
        for words in (*READING[:3], CHANGING[0], *READING[3:6], *CHANGING[1:3], *READING[6:],
                      CHANGING[3]):
            isChanging = words in CHANGING
            if "{}" in words:
                file = subject.new_passphrase("other")
                words = [str(file) if word == "{}" else word for word in words]
            words = self.opening(*words)
            if not isChanging:
                self.expect_keys(words, "openat", OPENAT, "vault.db-shm")
                self.expect_keys(words, "unlink", UNLINK, "vault.db-shm")
            self.expect_nothing(words)
            if words[:2] == ("slot", "rotate"):
                subject.first = file
        self.keyring()

    def opening(self, *words):
        return (*words, "--passphrase-file", str(self.subject.first))

    def find(self, words, found, when):
        for name, place in found.items():
            self.findings.append(
                f"{when} `coffer {' '.join(map(str, words))}` has a piece of the {name} at {place}")

    def expect_nothing(self, words):
        """The memory at the last call of the program."""
        subject = self.subject
        with held(words, subject.environment, "exit_group", EXIT_GROUP, subject.folder) as process:
            if status(process) not in DONE:
                said = (subject.folder / "err").read_text(errors="replace").strip()[-300:]
                raise AssertionError(f"`coffer {' '.join(map(str, words))}` failed: {said}")
            subject.learn()
            found = self.memory.found(process, subject.secrets)
            self.with_texts += found.pop(TEXT, None) is not None
            self.find(words, found, "at the end of")
        self.closed += 1
        self.commands[words[0]] += 1

    def expect_keys(self, words, call, number, file):
        """The memory when the vault opens or closes: its keys, and nothing that only led to them.

        When it opens, the passphrase is what opens it.
        """
        subject = self.subject
        path = subject.vault / f"generations/{subject.generation}/{file}"
        with held(words, subject.environment, call, number, subject.folder, path) as process:
            found = self.memory.found(process, subject.secrets) if process else {}
            found.pop(TEXT, None)
        needed = {name for name in found if subject.needs(name)}
        if call == "openat":
            needed |= {name for name in found if name.startswith("passphrase (")
                       and name.endswith(f"{subject.first.stem})")}
        self.seen += NEEDED <= {name.split(" (")[0] for name in needed}
        self.opened += process is not None
        found = {name: place for name, place in found.items() if name not in needed}
        self.find(words, found, "when the vault opens," if call == "openat" else
                  "when the vault closes,")

    def keyring(self):
        """`lock` leaves nothing of what `unlock` put into the kernel's keyring."""
        subject = self.subject
        self.expect_nothing(self.opening("unlock", "--timeout", "120s"))
        if not keys_of(subject):
            self.findings.append("`coffer unlock` puts no key into the keyring")
        self.expect_nothing(("list", "--json"))
        self.expect_nothing(("lock",))
        if left := [line for line in keys_of(subject) if not is_gone(line)]:
            self.findings.append(f"`coffer lock` leaves {left}")


def keys_of(subject):
    """What the kernel lists of a vault's keys."""
    header = vaultkeys.header_of(subject.vault)
    lines = pathlib.Path("/proc/keys").read_text().splitlines()
    return [line for line in lines if f"coffer:{header['vault']}:" in line]


def is_gone(line):
    """A revoked key is listed until the kernel tidies up; its secret is gone."""
    return "R" in line.split()[1] and line.endswith(": 0")


def engine(run, memory, seed, isPlain=False):
    """The engine's own process, which goes on after the vault is closed: what is found when."""
    subject = Subject(run.new_folder(run.scratch, "engine"), f"{seed}/engine")
    subprocess.run([COFFER, "init", "--passphrase-file", subject.first, *WEAK],
                   env=subject.environment, check=True, capture_output=True)
    subject.learn()
    process = subprocess.Popen(
        [judges.driver(), "memory", subject.vault, subject.first, subject.folder / "own.jsonl",
         *(("plain",) if isPlain else ())],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=subject.environment, text=True)
    found = {}
    try:
        while word := process.stdout.readline().strip():
            found[word] = memory.found(process.pid, subject.secrets)
            process.stdin.write("\n")
            process.stdin.flush()
    finally:
        process.stdin.close()
        process.wait(30)
    return found


def engine_findings(found):
    """What is wrong with the memory of the engine's process."""
    findings = [] if set(found) == {"open", "closed", "over"} else [f"it came to {list(found)}"]
    for moment, places in found.items():
        for name, place in places.items():
            isNeeded = moment == "open" and name.split(" (")[0] in NEEDED
            if name != TEXT and not isNeeded:
                findings.append(f"the engine, {moment}, has a piece of the {name} at {place}")
    missing = NEEDED - {name.split(" (")[0] for name in found.get("open", {})}
    return findings + [f"control: an open vault shows no {name}" for name in sorted(missing)]


def memory(run, until):
    """Commands at their end and in the middle, and the engine after it closed a vault."""
    if not shutil.which("strace"):
        skip("there is no strace here")
    search = Memory(run.folder)
    runs, start, rounds, engines = Runs(run, search), time.monotonic(), 0, []
    while rounds == 0 or time.monotonic() < until:
        runs.round(f"{run.seed}/{rounds}")
        engines += engine_findings(engine(run, search, f"{run.seed}/{rounds}"))
        rounds += 1
    control = engine(run, search, run.seed, isPlain=True)
    if not any(name.startswith("vault key") for name in control.get("closed", {})):
        engines.append("control: a key in plain memory is not seen after the vault is closed")
    if runs.seen == 0:
        runs.findings.append("control: no command shows the keys of an open vault")
    print(f"  {search.looks} looks at {search.bytes >> 20:,} MB; {runs.opened} while the vault was "
          f"open, {runs.seen} of them with its keys; texts of messages, of which nothing is "
          f"promised, at the end of {runs.with_texts} of {runs.closed} commands", flush=True)
    run.row("memory of commands", runs.closed, "ends", runs.findings, start)
    run.row("memory of the engine", rounds, "vaults", engines, start)
