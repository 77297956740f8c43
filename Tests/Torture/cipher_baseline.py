"""The control of `tamper`: the same changes of a database of SQLCipher 4.

SQLCipher seals each page alone, so an older page in the place of a newer one, or the whole file as
it was, is as valid as the newest. A harness that does not see that SQLCipher then shows what is not
so would see nothing in Coffer either.
"""

import collections
import json
import os
import subprocess
import time

import crash
import specimen
import tamper
from proof import ROOT, skip
from run import WORKERS
from specimen import State

WHERE = ROOT / "Tests/Torture/cipher_engine.py"
# Kinds in which SQLCipher must be seen to take what is old for what is new.
ACCEPTED = ("an older page", "whole vault")


def python():
    """The Python that has SQLCipher."""
    path = ROOT / ".build-tools/venv/bin/python"
    done = os.access(path, os.X_OK) and subprocess.run(
        [path, "-c", "import sqlcipher3"], capture_output=True, check=False)
    if not done or done.returncode != 0:
        skip("there is no SQLCipher to compare with; `tools/setup --bench` installs it")
    return path


class Engine:
    """SQLCipher 4: `cipher_integrity_check`, `integrity_check`, and all rows read."""

    name = "SQLCipher 4"
    isDeclared = False

    def __init__(self):
        self.process = None

    def ask(self, place, _=()):
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                [python(), "-B", WHERE, "ask"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True)
        self.process.stdin.write(f"{place}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        return {"refused": "crash", "message": f"it ended with {self.process.wait()}",
                "isOpen": False, "items": {}, "faults": [], "mended": [], "logged": 0}

    def other_tables(self, place, state):
        """One of no name where any rows are others."""
        return set() if self.ask(place).get("rows") == state.answer["rows"] else {""}

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()


def history(folder):
    """The states of a database, each judged."""
    subprocess.run([python(), "-B", WHERE, "make", folder], check=True)
    engine, states = Engine(), []
    for path in sorted(folder.iterdir(), key=lambda path: int(path.name.split("-")[0])):
        logged, settled = (
            {name: content for name, content in specimen.files(path / form).items() if content}
            for form in ("logged", "settled"))
        # Its connection had the index open.
        settled = {name: content for name, content in settled.items() if name == "base.db"}
        answer = engine.ask(path / "settled")
        if answer["refused"] or answer["faults"]:
            raise AssertionError(f"a state that should be valid: {answer}")
        states.append(State(path.name.partition("-")[2], logged, settled, answer))
    engine.close()
    return states


def of_cipher(run, until):
    """As `tamper.of_coffer`."""
    states = history(run.new_folder(run.scratch, "cipher"))

    def share(number, results):
        tampering = tamper.Tampering(
            Engine(), states, run.new_folder(run.scratch, f"cipher-{number}"), run.seed)
        for index in range(number, len(states) - 1, WORKERS):
            tampering.judged("whole vault", index, specimen.Change(
                f"all as of {states[index].name}", states[index].settled))
        tampering.run(number, WORKERS, until)
        tampering.engine.close()
        results.put((tampering.classes, tampering.findings))

    counts = {kind.name: kind.count for kind in specimen.every_kind(states, run.seed)}
    counts["whole vault"] = len(states) - 1
    found = crash.in_processes(share, WORKERS)
    return counts, sum((classes for classes, _ in found), collections.Counter()), [
        text for _, texts in found for text in texts]


def accepted(classes, kind):
    return classes[kind, "wrong"] + classes[kind, "governs"]


def control(run, until):
    """Both engines under the same changes, in one table; SQLCipher must be seen to be deceived."""
    start = time.monotonic()
    ours = tamper.of_coffer(run, start + (until - start) / 2)
    run.row("tamper", ours.classes.total(), "changes", ours.findings, start)
    start = time.monotonic()
    counts, classes, texts = of_cipher(run, until)
    print(tamper.table([(tamper.Engine.name, ours.counts, ours.classes),
                        (Engine.name, counts, classes)]))
    for text in texts[:6]:
        print(f"SQLCipher: {text}")
    wrong = [f"SQLCipher accepts nothing of the kind `{kind}`, so the harness sees nothing"
             for kind in ACCEPTED if not accepted(classes, kind)]
    deceived = sum(number for (_, result), number in classes.items()
                   if result in ("wrong", "governs"))
    run.row(f"SQLCipher: {deceived} accepted", classes.total(), "changes", wrong, start)
