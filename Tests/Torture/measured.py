"""What `soak`, `scale` and `large` share: vaults of made-up conversations, what is in them by
arithmetic, and what a command costs.
"""

import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys

from proof import COFFER, ROOT, skip

# Messages of a conversation, and of the piece of them that has a label of its own.
TURNS, PIECE = 8, 1000
# Messages of one import while a vault grows.
PART = 250_000
# No command takes longer.
MOST_SECONDS = 3600
# What every command promises to stay below at a million messages.
MOST_MEMORY = 100_000_000

# Holds last for a day after their release at least, so that only what stays is ever held.
POLICY = {"version": 1, "timeZone": "UTC", "holdReleaseGrace": "P1D", "retention": [
    {"id": "kept", "kind": "delete", "period": "P30Y", "start": "created",
     "scope": {"class": "org"}, "basis": "business"}]}


class Texts:
    """Made-up conversations of words of which few are common, as in text.

    Message n of all says `harbour` where n % 14 is 3, `amber` where n % 50 is 7, `lantern` where it
    is 11, and `amber lantern` where n % 1000 is 500; all of conversation c say `c<c>x`.
    """

    MARKS = ((14, 3, "harbour"), (50, 7, "amber"), (50, 11, "lantern"),
             (1000, 500, "amber lantern"))

    def __init__(self, seed):
        self.seed = seed
        source = random.Random(f"texts/{seed}")
        parts = [first + second for first in "bdfgklmnprstvz" for second in "aeiou"]
        words = ["".join(source.choices(parts, k=source.randint(2, 4))) for _ in range(20_000)]
        total, sums = 0.0, []
        for rank in range(len(words)):
            total += 1 / (rank + 3)
            sums.append(total)
        self.sentences = [
            " ".join(source.choices(words, cum_weights=sums, k=12)) for _ in range(20_000)]

    @staticmethod
    def marked(messages, word):
        """How many of the first messages say a word, or two in a row."""
        return sum(max(0, (messages - 1 - rest) // step + 1)
                   for step, rest, mark in Texts.MARKS if word in (mark, *mark.split()))

    def text(self, source, number, sentences):
        marks = [mark for step, rest, mark in self.MARKS if number % step == rest]
        return " ".join([f"c{number // TURNS}x", *marks,
                         *source.choices(self.sentences, k=sentences)])

    def conversation(self, number, label, sentences=None):
        """Of 2 to 6 sentences a message, where no other number is given."""
        source = random.Random(f"{self.seed}/{number}")
        day = f"2024-{1 + number // 28 % 12:02}-{1 + number % 28:02}"
        return {
            "id": f"c{number}", "title": f"Conversation {number}", "labels": [label],
            "project": f"project {number % 3}", "custodian": "Ada Lindqvist",
            "created": f"{day}T10:00:00Z", "messages": [
                {"id": f"m{turn}", "parent": f"m{turn - 1}" if turn else None,
                 "role": "assistant" if turn % 2 else "user",
                 "text": self.text(source, number * TURNS + turn,
                                   sentences or source.randint(2, 6)),
                 "created": f"{day}T10:{turn:02}:00Z"} for turn in range(TURNS)]}


class Cost:
    """What a command took, and what it said."""

    def __init__(self, words, status, measured, out, err):
        self.words, self.status, self.out, self.err = words, status, out, err
        self.seconds = measured.get("seconds", 0.0)
        self.processor = measured.get("processorSeconds", 0.0)
        self.memory = measured.get("peakBytes", 0)

    def __str__(self):
        said = (self.err + self.out)[-400:].decode("utf-8", "replace").strip()
        return f"`coffer {' '.join(map(str, self.words))}` ended with {self.status}: {said}"

    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]


class MeasuredVault:
    """A vault in a folder of its own whose device opens it, and the commands that were run on it.

    `faults` is what was not as it should be; `memory` has the most that each kind of command took.
    """

    LAUNCHER = ROOT / "tools/bench-search/launch.py"

    def __init__(self, folder, seed, sentences=None):
        """With `sentences` every message has so many."""
        if not os.access(COFFER, os.X_OK):
            skip(f"there is no program at {COFFER}")
        self.folder, self.path = folder, folder / "vault"
        self.texts, self.sentences = Texts(seed), sentences
        self.faults, self.memory, self.commands = [], {}, 0
        # Messages that stay, and bytes of files that were imported.
        self.messages, self.brought = 0, 0
        for name in ("home", "out"):
            (folder / name).mkdir()
        self.done("init", "--device", "--no-passphrase", "--custodian", "ada")
        self.done("retention", "set", self.write("policy.json", json.dumps(POLICY)), "--yes")
        if self.faults:
            raise AssertionError(self.faults[0])

    def write(self, name, text):
        path = self.folder / "out" / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return path

    @property
    def identity(self):
        return next((self.folder / "home/.config/coffer/identities").iterdir())

    def environment(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder / "home"), "TZ": "UTC",
                "XDG_STATE_HOME": str(self.folder / "state"), "LC_ALL": "C.UTF-8",
                "TMPDIR": str(self.folder / "out"), "COFFER_VAULT": str(self.path),
                "NO_COLOR": "1"}

    def run(self, *words, program=COFFER):
        """Runs a command; a small process starts it, whose own memory does not count."""
        measured, said = self.folder / "out/cost.json", self.folder / "out/said"
        measured.unlink(missing_ok=True)
        complaints = said.with_suffix(".err")
        with open(said, "wb") as out, open(complaints, "wb") as err:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", self.LAUNCHER, measured, program, *map(str, words)],
                cwd=self.folder, stdin=subprocess.DEVNULL, env=self.environment(), stdout=out,
                stderr=err, start_new_session=True)
            try:
                status = process.wait(MOST_SECONDS)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        taken = json.loads(measured.read_text()) if measured.exists() else {}
        cost = Cost(words, status, taken, said.read_bytes(), complaints.read_bytes())
        self.commands += 1
        kind = " ".join(word for word in map(str, words[:2]) if word.isalpha())
        self.memory[kind] = max(self.memory.get(kind, 0), cost.memory)
        return cost

    def done(self, *words, status=0):
        """Runs what must end so; that it does not is a fault."""
        cost = self.run(*words)
        self.expect(cost.status == status, str(cost))
        return cost

    def expect(self, condition, text):
        if not condition:
            self.faults.append(f"at {self.messages:,} messages: {text}")
        return bool(condition)

    def counted(self, query, expected):
        """Runs a search whose messages are counted; they must be so many."""
        cost = self.done("search", query, "--count", "--limit", "1", "--json")
        said = self.answer(cost).get("matched")
        self.expect(said == expected, f"{query} is in {said} messages, not {expected}")
        return cost

    @staticmethod
    def answer(cost):
        """The last document of an answer in JSON."""
        try:
            return cost.lines()[-1]
        except (ValueError, IndexError):
            return {}

    # ---- What it has ----

    def bring(self, numbers, label=None):
        """Imports these conversations; those of a piece have a label together."""
        path = self.folder / "out/import.jsonl"
        with open(path, "w", encoding="utf-8") as out:
            for number in numbers:
                entry = self.texts.conversation(
                    number, label or f"piece {number * TURNS // PIECE}", self.sentences)
                out.write(json.dumps(entry, separators=(",", ":")) + "\n")
        cost = self.done("import", path, "--format", "jsonl", "--json")
        self.brought += path.stat().st_size
        path.unlink()
        added = self.answer(cost).get("messages", {}).get("added")
        self.expect(added == len(numbers) * TURNS, f"an import of {numbers} added {added} messages")
        return cost

    def grow(self, messages, goes_on=lambda: True):
        """Imports until there are so many; the costs of the imports."""
        costs = []
        while self.messages < messages and goes_on():
            more = min(PART, messages - self.messages)
            first = self.messages // TURNS
            costs.append(self.bring(range(first, first + more // TURNS)))
            self.messages += more
        return costs

    def ids(self, label):
        """Of the conversations with a label; that there are none ends the run."""
        cost = self.done("list", "--label", label, "--json")
        ids = [entry["id"] for entry in cost.lines()]
        if not ids:
            raise AssertionError(f"nothing has the label {label}: {(self.faults or [cost])[0]}")
        return ids

    def size(self):
        """What all files of the vault take, in bytes."""
        total = 0
        for path in self.path.rglob("*"):
            total += path.stat().st_size if path.is_file() else 0
        return total

    def export(self, label, messages):
        """Exports what has a label into a folder, and verifies it: both costs."""
        bag = self.folder / "out/bag"
        written = self.done("export", "--output", bag, "--label", label, "--quiet")
        verified = self.done("verify", bag, "--json")
        said = self.answer(verified).get("messages")
        self.expect(said == messages, f"an export of {label} has {said} messages, not {messages}")
        shutil.rmtree(bag, ignore_errors=True)
        return written, verified


def slope(values):
    """The median of the slopes between any two values, a step."""
    return statistics.median(
        (values[later] - values[first]) / (later - first)
        for first in range(len(values)) for later in range(first + 1, len(values)))


def growth(values, warm_up=0.2, fewest=6):
    """How much a value grew by its trend after a warm-up, and its median; nothing for too few."""
    kept = values[max(1, int(len(values) * warm_up)):]
    if len(kept) < fewest:
        return None
    if len(kept) > 400:
        kept = kept[::len(kept) // 200]
    return slope(kept) * (len(kept) - 1), statistics.median(kept)
