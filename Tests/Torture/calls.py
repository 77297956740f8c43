"""Calls that fail, and processes that end, at every change and every call of a kind.

An operation is run again and again from the same state of a vault: the program is killed instead of
its first change of a file, of its second, until it comes to its end, and as often at any moment; or
its first call of a kind fails, its second. After each run the vault opens, everything in it is as
it was before the operation or as it is after it, and after it where the program said that it had
succeeded. Where it said so although a sync had failed, what is on the disk without doubt must be
enough for that.
"""

import errno
import random
import shutil
import time

import crash
import disk
import judges
import notes
import snapshots
from run import OPERATIONS, WORKERS
from workload import Workload

KINDS = ("open", "read", "write", "sync", "rename", "unlink", "truncate", "mmap", "lock", "mkdir")
# What a call of a kind fails with: a number and for how long.
FAILURES = {
    "open": ((errno.EIO, "once"), (errno.EMFILE, "from")),
    "read": ((errno.EIO, "once"), (errno.EIO, "from"), (errno.EINTR, "once")),
    "write": ((errno.EIO, "once"), (errno.ENOSPC, "from"), (errno.ENOSPC, "short"),
              (errno.EINTR, "once")),
    "sync": ((errno.EIO, "once"), (errno.EIO, "from")),
    "rename": ((errno.EIO, "once"), (errno.ENOSPC, "from")),
    "unlink": ((errno.EIO, "once"), (errno.EROFS, "from")),
    "truncate": ((errno.EIO, "once"), (errno.EIO, "from")),
    "mmap": ((errno.ENOMEM, "once"), (errno.ENOMEM, "from")),
    "lock": ((errno.EIO, "once"), (errno.ENOLCK, "from")),
    "mkdir": ((errno.ENOSPC, "once"), (errno.EROFS, "from"))}

# How often an operation is killed at a moment that changes next to nothing.
QUIET_KILLS = 3

# What may fail without the answer being another: what is only read and can do without, what is
# tidied up later.
ANSWERS = {0: "done", 1: "failed", 2: "found something wrong", 3: "refused", 4: "locked",
           5: "absent"}


class Stage:
    """A vault in the state before an operation, to which it can go back."""

    def __init__(self, folder, seed, library, variables=None):
        self.work = Workload(folder, seed, library, variables)
        self.work.step()
        self.kept = {}
        self.hit = folder / "hit"
        self.trace = folder / "run-trace"
        self.span = folder / "span"
        self.judge = judges.Judge()
        self.source = random.Random(f"kill/{seed}")
        self.runs = 0
        self.findings = []
        # Of the states behind this operation that were judged: digests of all their files.
        self.judged = set()

    def close(self):
        self.judge.close()
        self.work.close()

    def keep(self):
        self.kept = snapshots.taken(self.work.place)
        self.judged = set()

    def go_back(self):
        snapshots.put_back(self.work.place, self.kept)
        self.hit.unlink(missing_ok=True)

    def state(self, **options):
        return self.judge.ask(self.work.place, self.work.identity, examines=True, **options)

    def next(self):
        """The next operation's words, with the states before and after it."""
        words, done = self.work.next()
        self.keep()
        before = self.state()
        self.go_back()
        outcome = self.work.run(*words, extra={"TORTURE_SPAN": str(self.span)})
        after = self.state()
        self.work.expect(words, outcome, before, after)
        self.clear(words)
        if outcome.returncode == 0:
            done()
        return words, before, after

    def clear(self, words):
        """Takes away what an operation wrote outside of the vault."""
        for option in ("--output", "--out"):
            if option in words:
                path = words[words.index(option) + 1]
                for left in [path, *path.parent.glob(f".{path.name}*")]:
                    shutil.rmtree(left, ignore_errors=True)
                    if left.exists():
                        left.unlink()

    def run(self, words, variables, what, before, after, wants=None):
        """One run that is disturbed; whether it was, and came to be judged."""
        self.go_back()
        shown = self.disk() if what.startswith("sync") else None
        self.trace.write_bytes(b"")
        outcome = self.work.run(*words, extra=variables | {
            "TORTURE_HIT": str(self.hit), "TORTURE_TRACE": str(self.trace)})
        if not self.hit.exists():
            return False
        self.runs += 1
        answer = self.state(writes=True)
        wrong = judges.differences(answer, before, after)
        wrong += self.wrong_answer(outcome, answer, after) if wants is None else wants(outcome)
        if outcome.returncode == 0 and what.startswith("sync"):
            wrong += self.wrong_promise(shown, after)
        self.clear(words)
        if wrong:
            self.findings.append(
                f"{what} in `{' '.join(map(str, words))}`: " + "; ".join(wrong[:4]))
        return True

    def disk(self):
        """A disk on which the vault is as it is now."""
        shown = disk.Disk(str(self.work.place))
        paths = sorted(self.work.place.rglob("*"))
        shown.load(
            {path.stat().st_ino: (str(path), path.read_bytes()) for path in paths
             if path.is_file()},
            {path.stat().st_ino: str(path) for path in paths if path.is_dir()})
        return shown

    def wrong_promise(self, shown, after):
        """What is missing of an acknowledged operation when the power goes right behind it."""
        for event in notes.read(self.trace):
            shown.take(event)
        shutil.rmtree(self.work.place)
        self.work.place.mkdir()
        disk.store(shown.after_loss("none", random.Random(0)), str(self.work.place),
                   self.work.place)
        lost = judges.differences(self.state(), after, after)
        return [f"it said that it was done, and without power: {lost[0]}"] if lost else []

    def wrong_answer(self, outcome, answer, after):
        """A command whose call failed ends by itself, with a sentence, and says what is so."""
        said = outcome.stderr.decode(errors="replace").strip()
        if outcome.returncode not in ANSWERS:
            return [f"it ended with {outcome.returncode}: {said[-200:]}"]
        if outcome.returncode == 0:
            return [] if not judges.differences(answer, after, after) else [
                "it said that it was done, and " + judges.differences(answer, after, after)[0]]
        return [] if said else [f"it ended with {outcome.returncode} and without a sentence"]

    def kill(self, words, variables, what, before, after):
        """One run that is killed; whether it was.

        A state of which every file is as in one that was judged is not judged again: much of a
        command is reading.
        """
        self.go_back()
        outcome = self.work.run(*words, extra=variables | {"TORTURE_TRACE": ""})
        self.clear(words)
        if outcome.returncode != -9:
            return False
        self.runs += 1
        said = outcome.stdout if words[0] == "ask" else b""
        digest = snapshots.digest(self.work.place)
        if digest in self.judged and not said:
            return True
        self.judged.add(digest)
        answer = self.state(writes=True)
        wrong = judges.differences(answer, before, after)
        wrong += self.lost_words(words, said, answer)
        if wrong:
            self.findings.append(
                f"{what} in `{' '.join(map(str, words))}`: " + "; ".join(wrong[:4]))
        return True

    def lost_words(self, words, said, answer):
        """What was printed of an answer is kept."""
        if not said:
            return []
        model = "/" + words[words.index("--model") + 1]
        kept = [value.split(" ", 2)[2] for name, value in answer["items"].items()
                if name.startswith("turn/") and name.endswith(model)]
        text = said.decode(errors="ignore").removesuffix("\n")
        return [] if any(one.startswith(text) for one in kept) else [
            f"{text[-40:]!r} was printed, kept is {[one[-40:] for one in kept]}"]

    def moment(self):
        """A moment at which to kill, in microseconds behind the start: one in five before the
        first change of a file, the others between that and the end."""
        _, first, end = map(int, self.span.read_text().split())
        isEarly = self.source.random() < 0.2
        return max(1, int(self.source.uniform(*((0, first) if isEarly else (first, end)))))


def kills(stage, operations, until):
    """SIGKILL instead of every change of every operation, and as often at any moment of it."""
    for _ in range(operations):
        words, before, after = stage.next()
        changes = int(stage.span.read_text().split()[0])
        for number in range(1, max(changes, QUIET_KILLS) + 1):
            if time.monotonic() > until:
                return
            moment = stage.moment()
            stage.kill(words, {"TORTURE_AFTER": str(moment)}, f"killed after {moment} µs",
                       before, after)
            if number <= changes:
                stage.kill(words, {"TORTURE_KILL": str(number)}, f"killed at change {number}",
                           before, after)
        stage.go_back()
        stage.work.run(*words)


def failures(stage, operations, until):
    """Every call of every kind fails."""
    for _ in range(operations):
        words, before, after = stage.next()
        for kind in KINDS:
            for number, word in FAILURES[kind]:
                call = 1
                while time.monotonic() < until and stage.run(
                        words, {"TORTURE_FAIL": f"{kind}:{call}:{number}:{word}"},
                        f"{kind} {call} fails with {errno.errorcode[number]} ({word})",
                        before, after):
                    call += 1
        stage.go_back()
        stage.work.run(*words)
        if time.monotonic() > until:
            break


def staged(run, name, unit, work, until, make=Stage):
    """One workload after the other for each worker, each with a vault of its own."""

    def share(number, results):
        runs, findings, count = 0, [], 0
        while count == 0 or time.monotonic() < until:
            folder = run.new_folder(run.scratch, f"{name}-{number}")
            stage = make(folder, f"{run.seed}/{name}/{number}/{count}", run.interposer)
            work(stage, OPERATIONS, until)
            stage.close()
            runs, findings, count = runs + stage.runs, findings + stage.findings, count + 1
        results.put((runs, findings))

    start = time.monotonic()
    found = crash.in_processes(share, WORKERS)
    run.row(name, sum(runs for runs, _ in found), unit,
            [text for _, texts in found for text in texts], start)


def kill(run, until):
    staged(run, "kill", "kills", kills, until)


def faults(run, until):
    staged(run, "faults", "failed calls", failures, until)
