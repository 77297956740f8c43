"""A script of operations on one vault, drawn by a seed, each run by the real program.

What the program acknowledged is known in two ways: by a model of ours, which counts conversations,
messages and holds, and by what the vault says of itself after each operation (`Judge`).
"""

import json
import os
import random
import subprocess
import sys
import time

import notes

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "Scripts"))
from proof import COFFER, conversation, lines  # noqa: E402

from turns import Turns  # noqa: E402

# Words of the made-up texts whose hits are compared.
SEARCHED = ("harbour", "granite", "重要", "\"zephyr anchor\" OR walnut")

# All but what `set_policy` draws; the conversations are of 2024.
POLICY = {"version": 1, "timeZone": "UTC", "holdReleaseGrace": "P30D", "retention": [
    {"id": "all", "kind": "delete", "period": "P30Y", "start": "created",
     "scope": {"class": "org"}},
    {"id": "project", "kind": "delete", "period": "P1Y", "start": "created",
     "scope": {"class": "scoped", "projects": ["project 2"]}},
    {"id": "keep", "kind": "retain", "period": "P40Y", "start": "created", "basis": "legal",
     "scope": {"class": "label", "labels": ["label-3"]}}]}

# What is asked of the search, and looked at: nothing of it changes what is in the vault.
QUERIES = (("harbour",), ('"zephyr anchor"',), ("harb*", "--newest"), ("granite or walnut",),
           ("role:user", "harbour", "--count"), ("harbour", "-granite", "--include-hidden"),
           ("重要", "--ids"), ("after:2024-03-05", "signal"))
LOOKS = (("status",), ("list", "--hidden"), ("stats", "--months"), ("doctor",),
         ("audit", "verify"), ("index", "show"), ("slot", "list"))

# No command takes longer.
LONGEST_SECONDS = 120
DAY = 86_400
# How the clock of an operation may be off, in seconds; for most of them it is right. By more than
# it takes to run an operation again and again: what a clock is behind of, it stays behind of.
JUMPS = (-7200, -DAY, DAY, -3 * DAY, 3 * DAY, -400 * DAY, 400 * DAY, 6 * 365 * DAY)
JUMPING = 0.25
# What has an entry of its time in the log whenever it succeeds.
LOGGED = ("import", "export", "restore", "hold", "slot", "provider", "ask", "retention")


class Workload:
    """One vault in a folder of its own, and what was done with it."""

    def __init__(self, folder, seed, library=None, variables=None):
        """With `library`, calls.so, all that happens below `place` is noted in `trace`."""
        self.folder = folder
        self.source = random.Random(f"workload/{seed}")
        self.seed = seed
        self.place = folder / "place"
        self.vault = self.place / "vault"
        self.trace = folder / "trace"
        self.interposer = library
        self.variables = variables or {}
        for name in ("place", "home", "out"):
            (folder / name).mkdir()
        self.trace.touch()
        self.count = 0
        # The model: conversations by the id of their source, with how often each was told of.
        self.known, self.holds, self.slots, self.exports = {}, [], ["device"], []
        self.imported, self.isUnlocked = 0, False
        self.turns = Turns(self)
        # Of the operation that is drawn: what standard input has, the statuses with which it may
        # end, how many seconds its clock is off, and, by that clock, when it began.
        self.input, self.statuses, self.clock, self.begun = None, {0}, 0, 0.0
        # When the log has at least an entry of, in seconds since 1970.
        self.newest = 0.0

    def close(self):
        self.turns.close()

    @property
    def identity(self):
        """The device's key, once `init` was run."""
        folder = self.folder / "home/.config/coffer/identities"
        return next(folder.iterdir(), folder) if folder.is_dir() else folder

    def environment(self, isTraced=True):
        kept = {"PATH": os.environ["PATH"], "HOME": str(self.folder / "home"), "TZ": "UTC",
                "XDG_STATE_HOME": str(self.place / "state"), "LC_ALL": "C.UTF-8",
                "TMPDIR": str(self.folder / "out"), "COFFER_VAULT": str(self.vault),
                "NO_COLOR": "1"}
        if self.interposer and isTraced:
            kept |= {"LD_PRELOAD": str(self.interposer), "TORTURE_ROOT": str(self.place),
                     "TORTURE_TRACE": str(self.trace)} | self.variables
        if self.clock:
            kept["TORTURE_CLOCK"] = str(self.clock)
        return kept

    def run(self, *words, isTraced=True, extra=None):
        """Runs a command; one that is traced has the standard input of the operation."""
        process = self.start(*words, isTraced=isTraced, extra=extra)
        try:
            out, err = process.communicate(
                (self.input if isTraced else None) or b"", timeout=LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def start(self, *words, isTraced=True, extra=None):
        """Starts a command; all it has to say and to hear goes through pipes."""
        return subprocess.Popen(
            [COFFER, *map(str, words)], cwd=self.folder, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=self.environment(isTraced) | (extra or {}))

    def asked(self, *words):
        """The answer in JSON of what changes nothing."""
        done = self.run(*words, "--json", isTraced=False)
        if done.returncode != 0:
            raise AssertionError(f"{words}: {done.stderr.decode()}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    # ---- Operations: each gives the words of a command, and what it changes in the model ----

    def begin(self):
        return ("init", "--device", "--no-passphrase", "--custodian", "ada"), lambda: None

    def operations(self):
        """What may come next, each as often as it is likely."""
        choices = [self.add, self.add, self.add, self.grow, self.grow, self.search, self.look,
                   self.export, self.checkpoint, self.rebuild, self.set_policy, self.slot,
                   self.slot, self.purge_due, *self.turns.operations()]
        if len(self.known) > 2:
            choices += [self.label, self.label, self.hide, self.hold, self.purge, self.purge]
        if self.holds:
            choices.append(self.release)
        if self.exports:
            choices += [self.restore] * 2
        if self.newest > time.time():
            choices += [self.accept_clock] * 4
        choices.append(self.lock if self.isUnlocked else self.unlock)
        return choices

    def say(self, text):
        """Gives the operation that is drawn a standard input."""
        self.input = text.encode()

    def mayFail(self, *statuses):
        """Allows the operation that is drawn to end with another status."""
        self.statuses |= set(statuses)

    def told(self, number, messages):
        """A made-up conversation; longer when it was told of before."""
        return conversation(self.seed, number, messages, self.source.choice((5, 20, 120)))

    def file(self, entries):
        path = self.folder / "out" / f"import-{self.count}.jsonl"
        path.write_text(lines(entries), encoding="utf-8")
        return path

    def add(self):
        numbers = range(self.imported, self.imported + self.source.randint(1, 3))
        entries = [self.told(number, self.source.randint(1, 5)) for number in numbers]

        def done():
            self.imported = numbers.stop
            self.known |= {entry["id"]: len(entry["messages"]) for entry in entries}

        return ("import", self.file(entries), "--format", "jsonl", "--quiet"), done

    def grow(self):
        """A newer export: earlier conversations have gone on, and a text was changed."""
        if not self.known:
            return self.add()
        identifier = self.source.choice(sorted(self.known))
        entry = self.told(int(identifier[1:]), self.known[identifier] + 2)
        entry["messages"][0]["text"] = f"changed {self.count} harbour"

        def done():
            self.known[identifier] = len(entry["messages"])

        return ("import", self.file([entry]), "--format", "jsonl", "--quiet"), done

    def chosen(self):
        listed = self.asked("list", "--limit", "0", "--hidden") + self.asked("list", "--limit", "0")
        return self.source.choice(sorted({entry["id"]: entry for entry in listed}.items()))[1]

    def label(self):
        word = f"label-{self.source.randint(0, 3)}"
        return ("label", self.source.choice(("add", "remove")), word,
                self.chosen()["id"]), lambda: None

    def hide(self):
        undo = self.source.choice(((), ("--undo",)))
        return ("delete", self.chosen()["id"], *undo), lambda: None

    def hold(self):
        name = f"matter {self.count}"
        return ("hold", "place", name, "--label", f"label {self.source.randint(0, 4)}",
                "--json"), lambda: self.holds.append(name.replace(" ", "-"))

    def release(self):
        name = self.holds[0]
        return ("hold", "release", name, "--reason", "settled",
                "--yes"), lambda: self.holds.__delitem__(slice(1))

    def purge(self):
        entry = self.chosen()
        identifier = entry["origin"]["id"]
        batch = self.source.choice(((), ("--batch",)))

        def done():
            self.known.pop(identifier, None)

        self.mayFail(3)
        return ("purge", entry["id"], "--reason", "torture", "--yes", *batch), done

    def purge_due(self):
        """What the policy says is due, by whatever clock."""
        self.mayFail(3)
        return ("purge", "--yes"), lambda: None

    def accept_clock(self):
        """The clock is right, and the log has a time that is to come."""
        self.clock = 0
        return ("audit", "clock", "--reason", "it was ahead", "--yes"), lambda: None

    def set_policy(self):
        path = self.folder / "out" / f"policy-{self.count}.json"
        policy = json.loads(json.dumps(POLICY))
        policy["retention"][0]["period"] = f"P{30 + self.count % 7}Y"
        policy["retention"][1]["period"] = self.source.choice(("P1Y", "P6Y"))
        path.write_text(json.dumps(policy), encoding="utf-8")
        return ("retention", "set", path, "--yes"), lambda: None

    def checkpoint(self):
        path = self.folder / "out" / f"{self.count}.checkpoint"
        return ("audit", "checkpoint", "--out", path), lambda: None

    def unlock(self):
        """The key in the kernel's keyring, where there is one: it stays what it was where the
        vault goes back, or moves to another key."""
        self.mayFail(1)
        return ("unlock", "--timeout", "90s"), lambda: self.keep_key(True)

    def lock(self):
        self.mayFail(1)
        return ("lock",), lambda: self.keep_key(False)

    def keep_key(self, isUnlocked):
        self.isUnlocked = isUnlocked

    def search(self):
        return ("search", *self.source.choice(QUERIES), "--json"), lambda: None

    def look(self):
        if self.source.random() < 0.3:
            return ("show", self.chosen()["id"]) if self.known else ("list",), lambda: None
        return self.source.choice(LOOKS), lambda: None

    def rebuild(self):
        stemming = self.source.choice(((), ("--stemming", "english")))
        return ("index", "rebuild", *stemming), lambda: None

    def export(self):
        path = self.folder / "out" / f"bag-{self.count}"
        return ("export", "--output", path, "--allow-empty",
                "--quiet"), lambda: self.exports.append(path)

    def restore(self):
        """An earlier export into the vault that it is of: what was destroyed stays so."""
        return ("restore", self.source.choice(self.exports), "--quiet"), lambda: None

    def slot(self):
        """A slot comes, or the last one goes, and with it the key."""
        if len(self.slots) > 1:
            name = self.slots[-1]
            return ("slot", "remove", name, "--yes"), self.slots.pop
        name = f"slot-{self.count}"
        path = self.folder / "out" / name
        path.write_text("a passphrase of torture\n", encoding="utf-8")
        path.chmod(0o600)
        return ("slot", "add", name, "--passphrase", "--new-passphrase-file", path,
                "--work-factor", "1", "--allow-weak-work-factor"), lambda: self.slots.append(name)

    # ---- Running ----

    def next(self):
        """Draws the next operation: its words, and what its success means."""
        self.count += 1
        self.input, self.statuses, self.clock = None, {0}, 0
        if self.count == 1:
            return self.begin()
        if self.count == 2:
            return self.turns.add_provider()
        if self.source.random() < JUMPING:
            self.clock = self.source.choice(JUMPS)
        words, done = self.source.choice(self.operations())()
        self.begun = time.time() + self.clock

        def finish():
            done()
            if words[0] in LOGGED:
                self.newest = max(self.newest, self.begun)
            if words[:2] == ("audit", "clock"):
                self.newest = 0.0

        return words, finish

    def step(self):
        """Runs the next operation between two marks; what is held is not destroyed."""
        words, done = self.next()
        notes.mark(self.trace, notes.BEGUN, self.count)
        outcome = self.run(*words)
        self.expect(words, outcome)
        if outcome.returncode == 0:
            done()
        notes.mark(self.trace, notes.ACKNOWLEDGED, self.count)
        return words

    def expect(self, words, outcome, before=None, after=None):
        """An operation that nobody disturbs ends well; under a clock that is behind the log
        nothing is destroyed."""
        isBehind = words[0] == "purge" and time.time() + self.clock < self.newest
        what = " under a clock that is behind the log" if isBehind else ""
        if outcome.returncode not in ({3} if isBehind else self.statuses):
            said = outcome.stderr.decode(errors="replace").strip()
            raise AssertionError(f"`coffer {' '.join(map(str, words))}` ended with "
                                 f"{outcome.returncode}{what}: {said}")
        if isBehind and before and before["items"] != after["items"]:
            raise AssertionError(f"`coffer {' '.join(map(str, words))}` destroyed{what}")
