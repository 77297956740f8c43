"""Asks TortureDriver what is in a copy of a vault, and compares it with what was acknowledged."""

import base64
import hashlib
import json
import os
import sqlite3
import subprocess

from proof import COFFER, ROOT, skip

from workload import SEARCHED


def driver():
    for path in (COFFER.with_name("TortureDriver"), ROOT / ".build/debug/TortureDriver"):
        if os.access(path, os.X_OK):
            return path
    return skip("there is no TortureDriver; `swift build --product TortureDriver` makes it")


class Judge:
    """One process that answers for one copy after the other."""

    def __init__(self):
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [driver()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TZ": "UTC"})

    def ask(self, place, identity, examines=False, writes=False, commitments=False,
            anchors=()):
        """What the vault in a place says; a driver that died says so as well."""
        if self.process is None:
            self.start()
        request = {
            "vault": str(place / "vault"), "identity": str(identity), "words": SEARCHED,
            "memory": str(place / "state/coffer/checkpoints"), "examines": examines,
            "writes": writes, "commitments": commitments,
            "anchors": [str(path) for path in anchors]}
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = b""
        if answer:
            return {"refused": None, "message": None} | json.loads(answer)
        said = self.process.stderr.read().decode(errors="replace")[-300:]
        status = self.process.wait()
        self.process = None
        return {"refused": "crash", "message": f"TortureDriver ended with {status}: {said}",
                "isOpen": False, "items": {}, "faults": [], "mended": [], "logged": 0}

    def ask_all(self, place, identity, anchors=()):
        """The same, with all that can be asked; how long the log is counts as a thing, too."""
        answer = self.ask(place, identity, examines=True, commitments=True, anchors=anchors)
        answer["items"]["log"] = answer["logged"]
        return answer

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()
            self.process = None


class PageReader:
    """Says what rows there are in the tables of a settled database."""

    def __init__(self):
        self.process = None

    def rows(self, database, identity):
        """A digest of the rows of each table; leftovers of rows that are gone do not matter."""
        if self.process is None:
            self.process = subprocess.Popen(
                [driver(), "pages"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"})
        request = {"database": str(database), "keyFile": str(database.with_name("key.age")),
                   "identity": str(identity)}
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        content = bytearray(base64.b64decode(self.process.stdout.readline()))
        # What has no log beside it.
        content[18:20] = b"\1\1"
        base = sqlite3.connect(":memory:")
        base.deserialize(bytes(content))
        names = base.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        digests = {name: hashlib.sha256("\n".join(sorted(
            map(repr, base.execute(f"SELECT * FROM {name}")))).encode()).digest()
            for name, in names}
        base.close()
        return digests

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()


def differences(answer, before, *afters):
    """What is wrong with a state that lies between others that were acknowledged.

    Each thing is as it was before the operation, or as it is after it; an answer may be the
    beginning of what it is after it. Of several operations at once each order has its end.
    """
    if answer["refused"]:
        return [f"{answer['refused']}: {answer['message']}"]
    wrong = list(answer["faults"])
    items, states = answer["items"], [state["items"] for state in (before, *afters)]
    for name in sorted(items.keys() | {name for state in states for name in state}):
        wanted = [state.get(name) for state in states]
        if items.get(name) not in wanted and not (
                name in items and any(is_cut_off(items[name], whole) for whole in wanted)):
            wrong.append(f"{name} {what_is(items.get(name), wanted)}")
    if answer["logged"] < before["logged"]:
        wrong.append(f"the log has {answer['logged']} entries, not {before['logged']}")
    return wrong


def what_is(kept, wanted):
    """A thing that is missing, or like nothing that was acknowledged."""
    if kept is None:
        return "is missing"
    others = " or ".join(sorted({repr(str(other)[:60]) for other in wanted}))
    return f"is as it never was: {str(kept)[:60]!r} and not {others}"


def is_cut_off(kept, whole):
    """Whether a message of a turn is one that was stopped on the way to another.

    What comes together with the end of a connection may be taken once and not the next time.
    """
    if whole is None or not str(kept).startswith(("stopped ", "failed ")):
        return False
    state, version, text = kept.split(" ", 2)
    end, last, all_of_it = whole.split(" ", 2)
    if version != last:
        return False
    if end == "complete":
        return state == "stopped" and all_of_it.startswith(text)
    return all_of_it.startswith(text) or text.startswith(all_of_it)
