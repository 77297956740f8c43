"""Canaries in every field and flow: none is in what is written, said, left or handed on.

Each round has a vault of its own with new canaries, in ids, titles, texts, labels, projects,
custodians, models, further fields, names and bytes of attachments, passphrases and the variables of
other programs. calls.c notes every change of any file on the machine that the program makes, so
that what is written and taken away again is searched as well; only folders of its own and the place
that was named may be written to. Searched are: all written bytes and names; every file that is
there afterwards; the words and errors of commands that have nothing to do with content; errors
about damaged imports and wrong passphrases; arguments and variables of programs that are started;
what a signal leaves that makes a core file. An archive is written encrypted, so that it counts too.
Now and then the flows to credentials are gone through (`Tests/Scripts/credentials`), which start
programs and ask servers.

Controls: a search says a canary; canaries are among the bytes that are written, and in the files,
when an archive is not encrypted; a process that nothing protects leaves a core file.
"""

import collections
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import time
import zipfile

import notes
import vaultkeys
from canaries import Canaries, planted_export, planted_lines
from proof import COFFER, ROOT, WEAK

# What a command may say that has nothing to do with content.
NAMES = {"label", "project", "custodian", "id", "model", "matter"}
UNRELATED = (
    ("status",), ("doctor",), ("stats",), ("slot", "list"), ("audit", "verify"), ("audit", "log"),
    ("audit", "certificate"), ("key", "show"), ("policy", "show"), ("retention", "list"),
    ("hold", "list"), ("provider", "list"), ("index", "show"), ("trust", "list"), ("label", "list"))
CRASHES = ("SIGABRT", "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGQUIT", "SIGTRAP")
BYSTANDERS = ("ANTHROPIC_API_KEY", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY")
# Each so many rounds a flow to a credential, which takes some seconds.
ROUNDS_FOR_EACH_FLOW = 4
PATIENCE_SECONDS = 60


class Round:
    """One vault, and all that is done with it."""

    def __init__(self, run, seed, findings, figures):
        self.interposer, self.seed = run.interposer, seed
        self.folder = run.new_folder(run.scratch, "leaks")
        self.source = random.Random(f"leaks/{seed}")
        self.findings, self.figures = findings, figures
        self.canaries = Canaries()
        for name in ("home", "temporary", "elsewhere", "inputs"):
            (self.folder / name).mkdir()
        self.vault, self.trace = self.folder / "vault", self.folder / "trace"
        self.bystanders = {name: self.canaries.new("bystander") for name in BYSTANDERS}
        self.secret = self.passphrase("passphrase")
        self.told = set()

    def wrong(self, text):
        if text not in self.told:
            self.told.add(text)
            self.findings.append(f"round {self.seed}: {text}")

    # ---- Looking ----

    def kinds(self, content):
        """What of the canaries is in it: the kinds of those as they are, and other forms."""
        forms = self.canaries.forms_in(content)
        if not forms:
            return set()
        small = content.lower()
        found = {what for what, word in self.canaries.planted if word.lower().encode() in small}
        return found | {f"form {form}" for form in forms if form != "plain"} | (
            {"a part"} if forms and not found else set())

    def look(self, what, content, allowed=frozenset()):
        self.figures["bytes"] += len(content)
        # A narrow screen breaks words.
        joined = re.sub(rb"\s+", b"", content) if what.startswith("what") else b""
        if left := (self.kinds(content) | (self.kinds(joined) if joined else set())) - allowed:
            self.wrong(f"{what} has canaries: {', '.join(sorted(left))}")

    def look_at_changes(self, words):
        """Every byte that was written, every name, and where."""
        written = collections.defaultdict(list)
        for event in notes.read(self.trace):
            self.figures["changes"] += 1
            written[event.inode] += [event.first, event.second]
            if event.change == notes.WRITE:
                continue
            for name in filter(None, (event.first, event.second)):
                # A file without a name gets one by the link to it that a process has.
                if not name.startswith(b"/proc/self/fd/"):
                    self.look_at_name(words, name)
        for pieces in written.values():
            self.look(f"a file that `{words}` wrote", b"".join(pieces))
        self.trace.write_bytes(b"")

    def look_at_name(self, words, name):
        path = pathlib.Path(os.fsdecode(name))
        if path.is_absolute() and not path.is_relative_to(self.folder):
            self.wrong(f"`{words}` changes {path}, outside of its folders")
        elif path.is_relative_to(self.folder / "inputs"):
            self.wrong(f"`{words}` changes {path.name}, which it reads")

    def look_at_files(self, when):
        for path in self.folder.rglob("*"):
            if path.is_relative_to(self.folder / "inputs") or path == self.trace:
                continue
            self.figures["files"] += 1
            self.look("the name of a file", str(path).encode())
            if path.name.startswith("core"):
                self.wrong(f"{when} there is {path.name}")
            if path.is_file():
                self.look(f"{when} the file {path.relative_to(self.folder)}", path.read_bytes())

    # ---- Running ----

    def passphrase(self, name):
        return self.input(f"{name}.passphrase", self.canaries.new("passphrase") + "\n")

    def input(self, name, content):
        path = self.folder / "inputs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(0o600)
        return path

    def environment(self):
        return self.bystanders | {
            "PATH": os.environ["PATH"], "HOME": str(self.folder / "home"), "TZ": "UTC",
            "TMPDIR": str(self.folder / "temporary"), "LC_ALL": "C.UTF-8", "NO_COLOR": "1",
            "COFFER_VAULT": str(self.vault), "LD_PRELOAD": str(self.interposer),
            # Below the root of all files is every file.
            "TORTURE_ROOT": "", "TORTURE_TRACE": str(self.trace)}

    def run(self, *words, allowed=frozenset(), status=(0,), opens=True, searches=True):
        """Runs a command; what it wrote is searched, and what it said, but for what it may say."""
        opening = ("--passphrase-file", self.secret) if opens else ()
        said = " ".join(map(str, words))[:80]
        self.trace.touch()
        log = self.folder / "started"
        traced = ("strace", "-f", "-qqq", "-v", "-s", "65536", "-e", "trace=execve", "-o", log) \
            if shutil.which("strace") and self.source.random() < 0.2 else ()
        done = subprocess.run(
            [*map(str, traced), COFFER, *map(str, words), *map(str, opening)],
            env=self.environment(), cwd=self.folder / "temporary", stdin=subprocess.DEVNULL,
            capture_output=True, timeout=PATIENCE_SECONDS, check=False)
        if done.returncode not in status:
            raise AssertionError(f"`{said}` ended with {done.returncode}: {done.stderr.decode()}")
        self.figures["answers"] += 1
        self.look(f"what `{said}` says", done.stdout, allowed)
        self.look(f"what `{said}` warns of", done.stderr, allowed)
        if traced:
            self.look_at_started(said, log)
        if searches:
            self.look_at_changes(said)
        return done.stdout

    def look_at_started(self, words, log):
        """The programs that it starts, but itself; the tracer's own is the first."""
        for line in log.read_bytes().splitlines()[1:]:
            self.figures["programs"] += 1
            self.look(f"a program that `{words}` starts", line)
        self.figures["traced"] += 1
        log.unlink()

    # ---- The flows ----

    def round(self):
        new = self.canaries.new
        everything = {what for what, _ in self.canaries.planted} | NAMES | {
            "title", "text", "extra", "attachment", "file-name"}
        self.run("init", *WEAK, "--custodian", new("custodian"), allowed=NAMES)
        self.bring()
        for words in self.source.sample(UNRELATED, len(UNRELATED)):
            for form in ((), ("--json",)):
                # `doctor` finds that the passphrase is cheap.
                self.run(*words, *form, allowed=NAMES, status=(0, 2))
        self.failures()
        text = next(word for what, word in self.canaries.planted if what == "text")
        shown = self.run("search", text, "--json", allowed=everything)
        if text.lower().encode() not in shown.lower():
            self.wrong("control: a search for a canary does not say it")
        self.govern(everything)
        self.hand_over()
        self.crash()
        self.run("lock", opens=False)
        self.look_at_files("at the end")

    def bring(self):
        own = self.input("own.jsonl", planted_lines(self.canaries, 20))
        folder = self.folder / "inputs/folder"
        for name, content in planted_export(self.canaries, "Folder").items():
            self.input(f"folder/{name}", content)
        packed = self.folder / "inputs/packed.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in planted_export(self.canaries, "Packed").items():
                archive.writestr(name, content)
        label = self.canaries.new("label")
        for words in ((own, "--format", "jsonl", "--label", label), (folder,), (packed,)):
            self.run("import", *words, allowed=NAMES)

    def failures(self):
        """Errors about what is damaged or wrong do not repeat it."""
        whole = planted_lines(self.canaries, 3)
        for name, content in (
                ("cut.jsonl", whole[:-40]), ("binary.jsonl", b"\0\xff" + whole.encode()),
                ("types.jsonl", whole.replace('"role":"user"', '"role":7')),
                ("keys.jsonl", whole.replace('"messages":', '"nothing":')),
                ("quotes.jsonl", whole.replace('"text":"', '"text":')),
                ("conversations.json", whole)):
            path = self.input(f"damaged/{name}", content)
            form = ("--format", "jsonl") if name.endswith("l") else ()
            self.run("import", path, *form, allowed=NAMES, status=range(65))
        right, self.secret = self.secret, self.passphrase("wrong")
        self.run("list", status=(4,))
        self.run("slot", "list", "--json", status=(0, 4))
        self.secret = right

    def govern(self, everything):
        """Labels, holds, slots, keys, destruction."""
        listed = [json.loads(line) for line in self.run(
            "list", "--json", "--limit", "0", allowed=everything).splitlines()]
        chosen = [entry["id"] for entry in self.source.sample(listed, 4)]
        self.run("label", "add", self.canaries.new("label"), chosen[0], allowed=NAMES)
        self.run("hold", "place", self.canaries.new("matter"), "--label", "none", allowed=NAMES)
        extra = self.passphrase("extra")
        self.run("slot", "add", "office", "--new-passphrase-file", extra, *WEAK)
        following = self.passphrase("next")
        self.run("slot", "rotate", "office", "--new-passphrase-file", following, *WEAK)
        self.run("delete", chosen[1], allowed=everything)
        self.run("purge", *chosen[2:], "--reason", "a proof", "--yes", allowed=everything)
        self.run("slot", "remove", "office", "--yes")
        for words in (("audit", "certificate"), ("audit", "log"), ("doctor",)):
            self.run(*words, "--json", allowed=NAMES, status=(0, 2))

    def hand_over(self):
        """An archive for a recipient, which is encrypted before a byte is written."""
        phrase = self.secret.read_bytes().rstrip(b"\n")
        identity = vaultkeys.of_slot(self.vault, "passphrase", phrase)["identity's text"].decode()
        recipient = vaultkeys.header_of(self.vault)["slots"][0]["recipient"]
        file = self.input("identity.txt", f"AGE-SECRET-KEY-1{identity}\n")
        sealed = self.folder / "elsewhere/sealed.tar.age"
        self.run("export", "--output", sealed, "--recipient", recipient, allowed=NAMES)
        self.run("verify", sealed, "--identity", file, allowed=NAMES, opens=False)
        self.run("verify", sealed, "--identity", file, "--json", allowed=NAMES, opens=False)
        plain = self.folder / "elsewhere/plain"
        self.run("export", "--output", plain, allowed=NAMES, searches=False)
        if not self.canaries.forms_in(self.trace.read_bytes()):
            self.wrong("control: the bytes of an archive that is not encrypted show no canary")
        if not any(self.canaries.forms_in(path.read_bytes())
                   for path in plain.rglob("*") if path.is_file()):
            self.wrong("control: the files of an archive that is not encrypted show no canary")
        shutil.rmtree(plain)
        self.trace.write_bytes(b"")

    def crash(self):
        """A signal that leaves a core file, where one may be written, while the vault is open."""
        number = signal.Signals[self.source.choice(CRASHES)]
        path = self.input("more.jsonl", planted_lines(self.canaries, 1500))
        unlimited = (resource.RLIM_INFINITY,) * 2
        process = subprocess.Popen(
            [COFFER, "import", path, "--format", "jsonl", "--acknowledge", "--passphrase-file",
             self.secret], env=self.environment(), cwd=self.folder / "temporary",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, unlimited))
        # The key is in memory, and a batch went through.
        process.stdout.read(1)
        process.send_signal(number)
        out, errors = process.communicate(timeout=PATIENCE_SECONDS)
        if process.returncode == -number:
            self.figures["crashes"] += 1
        self.look(f"what a process says that {number.name} ends", out + errors, NAMES)
        self.look_at_changes("import")
        self.look_at_files(f"after {number.name}")


def leaves_core(folder):
    """Whether a process that nothing protects leaves a core file here."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    process = subprocess.Popen(["sh", "-c", "kill -ABRT $$"], cwd=folder)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    resource.setrlimit(resource.RLIMIT_CORE, before)
    return os.WCOREDUMP(status)


def credentials(source):
    """One flow to a credential, by the proof that knows them; whether it ran, and what it found."""
    text = (ROOT / "Tests/Scripts/credential_flows.py").read_text(encoding="utf-8")
    names = re.findall(r'Row\("([^"]+)"', text)
    name = source.choice(names) if names else ""
    done = subprocess.run(
        [ROOT / "Tests/Scripts/credentials", name], capture_output=True, text=True, check=False,
        env=os.environ | {"COFFER": str(COFFER), "COFFER_QUICK": "1"})
    found = [f"credentials {name}: {line}" for line in done.stdout.splitlines()
             if line.startswith("WRONG")] if done.returncode == 1 else []
    if done.returncode not in (0, 1, 77):
        found.append(f"credentials {name} ended with {done.returncode}: {done.stderr[-300:]}")
    return done.returncode != 77, found


def leaks(run, until):
    """Rounds with new canaries, until the time is over."""
    start, rounds, findings = time.monotonic(), 0, []
    figures = collections.Counter()
    source = random.Random(f"leaks/{run.seed}")
    planted = 0
    while rounds == 0 or time.monotonic() < until:
        one = Round(run, f"{run.seed}/{rounds}", findings, figures)
        one.round()
        planted += len(one.canaries.planted)
        if rounds % ROUNDS_FOR_EACH_FLOW == 0:
            ran, found = credentials(source)
            figures["flows"] += ran
            findings += found
        rounds += 1
    print(f"  {rounds} rounds; searched: {figures['answers']:,} answers, {figures['changes']:,} "
          f"changes of files, {figures['files']:,} files, {figures['bytes'] >> 20:,} MB, "
          f"{figures['programs']} programs that {figures['traced']} commands started, "
          f"{figures['crashes']} crashes, {figures['flows']} flows to credentials", flush=True)
    if not leaves_core(run.new_folder(run.folder, "control")):
        print("  no control of crashes: nothing leaves a core file here", flush=True)
    run.row("leaks", planted, "canaries", findings, start)
