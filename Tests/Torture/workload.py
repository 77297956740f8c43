"""A script of operations on one vault, drawn by a seed, each run by the real program.

What the program acknowledged is known in two ways: by a model of ours, which counts conversations,
messages and holds, and by what the vault says of itself after each operation (`Judge`).
"""

import json
import os
import random
import subprocess
import sys

import notes

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "Scripts"))
from proof import COFFER, conversation, lines  # noqa: E402

# Words of the made-up texts whose hits are compared.
SEARCHED = ("harbour", "granite", "重要", "\"zephyr anchor\" OR walnut")

POLICY = {"version": 1, "timeZone": "UTC", "holdReleaseGrace": "P30D", "retention": [
    {"id": "short", "kind": "delete", "period": "P30Y", "start": "created",
     "scope": {"class": "org"}, "basis": "business"}]}


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
        self.known, self.holds, self.slots, self.labels = {}, [], ["device"], []
        self.imported = 0

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
        return kept

    def run(self, *words, isTraced=True, extra=None):
        return subprocess.run(
            [COFFER, *map(str, words)], cwd=self.folder, stdin=subprocess.DEVNULL, timeout=120,
            env=self.environment(isTraced) | (extra or {}), capture_output=True, check=False)

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
        choices = [self.add, self.add, self.add, self.grow, self.search, self.export]
        if len(self.known) > 2:
            choices += [self.label, self.label, self.hide, self.hold, self.purge]
        if any(self.holds):
            choices.append(self.release)
        choices += [self.set_policy, self.checkpoint, self.slot]
        return choices

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
        return ("hold", "release", name, "--reason", "settled", "--yes"), lambda: self.holds.pop(0)

    def purge(self):
        entry = self.chosen()
        identifier = entry["origin"]["id"]
        batch = self.source.choice(((), ("--batch",)))

        def done():
            self.known.pop(identifier, None)

        return ("purge", entry["id"], "--reason", "torture", "--yes", *batch), done

    def set_policy(self):
        path = self.folder / "out" / f"policy-{self.count}.json"
        policy = json.loads(json.dumps(POLICY))
        policy["retention"][0]["period"] = f"P{30 + self.count % 7}Y"
        path.write_text(json.dumps(policy), encoding="utf-8")
        return ("retention", "set", path, "--yes"), lambda: None

    def checkpoint(self):
        path = self.folder / "out" / f"{self.count}.checkpoint"
        return ("audit", "checkpoint", "--out", path), lambda: None

    def search(self):
        return ("search", "harbour", "--json"), lambda: None

    def export(self):
        return ("export", "--output", self.folder / "out" / f"bag-{self.count}",
                "--allow-empty", "--quiet"), lambda: None

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
        return self.begin() if self.count == 1 else self.source.choice(self.operations())()

    def step(self):
        """Runs the next operation between two marks; what is held is not destroyed."""
        words, done = self.next()
        notes.mark(self.trace, notes.BEGUN, self.count)
        outcome = self.run(*words)
        if outcome.returncode not in ((0, 3) if words[0] == "purge" else (0,)):
            said = outcome.stderr.decode(errors="replace").strip()
            raise AssertionError(f"`coffer {' '.join(map(str, words))}` ended with "
                                 f"{outcome.returncode}: {said}")
        if outcome.returncode == 0:
            done()
        notes.mark(self.trace, notes.ACKNOWLEDGED, self.count)
        return words
