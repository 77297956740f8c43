"""Crashes of real file systems: ext4 and XFS on a loop device go down while the program works.

The kernel throws away all that its log and its caches hold, by an ioctl; then the file system is
mounted anew, and the vault is opened, read and compared with what was acknowledged. The next
operation goes on from there, on the same vault, until that has become large.

An operation that is in progress when its file system goes down may be there afterwards or not.
Which state comes after it is known from a copy in memory, on which it runs undisturbed.
"""

import os
import random
import shutil
import signal
import subprocess
import time

import judges
import notes
from proof import COFFER
from volumes import Volume, have_own_mounts, sync
from workload import Workload

# How the file system goes down: right behind an acknowledged operation; with the program killed
# before that, or stopped, at a change of a file or at any time, where a stopped one goes on
# afterwards, and sees all fail; or with the program running. There a sync that is in progress in
# the kernel may be answered although nothing of it is kept, which no program can notice; so what
# is acknowledged by a program that saw its file system go down while it ran may be lost.
MANNERS = ("done", "kill at change", "stop at change", "kill", "stop", "run")
# With which options: what a file system does on its own for programs that do not sync is off, too.
OPTIONS = {
    "ext4": ("", "noauto_da_alloc", "data=writeback,noauto_da_alloc", "data=journal",
             "nodelalloc"),
    "xfs": ("",)}
# The share of the time, and how many crashes there are of one vault.
SHARES = (("ext4", 0.75), ("xfs", 1.0))
LONGEST = 40
LARGEST_BYTES = 2 << 20

EMPTY = {"items": {}, "logged": 0}
# What holds chance, so that it is another in two runs of one operation.
CHANCE = ("commitment/", "certificate/")
ENDINGS = {0: "done", 1: "failed", 2: "found something wrong", 3: "refused", 4: "locked",
           5: "absent"}


class PlainWorkload(Workload):
    """The operations that need no model, and no clock but the right one."""

    def next(self):
        self.count += 1
        return self.begin() if self.count == 1 else self.source.choice(self.operations())()

    def operations(self):
        choices = [self.add, self.add, self.add, self.grow, self.search, self.export,
                   self.set_policy, self.checkpoint, self.slot]
        if len(self.known) > 2:
            choices += [self.label, self.label, self.hide, self.hold, self.purge]
        if self.holds:
            choices.append(self.release)
        return choices


class Program:
    """The program, running one operation on a vault."""

    def __init__(self, work, words, extra):
        self.process = subprocess.Popen(
            [COFFER, *map(str, words)], cwd=work.folder, env=work.environment() | extra,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.said = ""

    def wait_until_stopped(self):
        """Whether it stands still, with no call in progress; else it has ended."""
        if self.process.returncode is not None:
            return False
        found = os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        return found.si_code == os.CLD_STOPPED

    def wait_at_most(self, seconds):
        """Whether it still runs after that time."""
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return True
        return False

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        """Its status, when it has come to its end."""
        if not self.process.stderr.closed:
            said = self.process.communicate(timeout=120)[1]
            self.said = said.decode(errors="replace").strip()
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stderr.close()


class Crashes:
    """Crashes of one kind of file system, on one vault after the other."""

    def __init__(self, run, kind, folder, variables=None):
        """With `variables`, calls.so stands between whatever the manner, and is told these."""
        self.run, self.kind, self.folder = run, kind, folder
        self.variables = variables
        self.source = random.Random(f"{run.seed}/{kind}")
        self.mounted = folder / "mounted"
        self.mounted.mkdir()
        self.twin = folder / "twin"
        self.judge = judges.Judge()
        self.volume = Volume(kind, self.mounted, folder / "image")
        self.vaults = self.cycles = self.crashes = 0
        self.findings = []
        # Of each kind of operation: how long it takes, and how many changes of files it makes.
        self.sizes = {}
        self.begin()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.judge.close()
        self.volume.__exit__()

    # ---- Vaults ----

    def begin(self):
        """A new file system with a vault, and the device's memory in it or elsewhere."""
        self.volume.unmount()
        self.vaults += 1
        folder = self.run.new_folder(self.folder, "work")
        self.work = PlainWorkload(folder, f"{self.run.seed}/{self.kind}/{self.vaults}")
        self.volume.folder = self.work.place
        self.volume.format(self.source.choice(OPTIONS[self.kind]))
        self.isApart = self.source.random() < 0.5
        if self.isApart:
            (folder / "state").mkdir()
            (self.work.place / "state").symlink_to(folder / "state")
            sync(self.work.place)
        self.before = EMPTY
        self.cycles = 0
        self.calm()

    def calm(self):
        """An operation without a crash; what comes of it is what the next one begins with."""
        words, done = self.work.next()
        with Program(self.work, words, self.interposed(self.variables)) as program:
            status = program.end()
        if status == 0:
            done()
        elif (words[0], status) != ("purge", 3):
            raise AssertionError(f"{said(words)} ended with {status}: {program.said}")
        if self.variables:
            # Where syncs are not done, losses shall be those of the operation that is cut off.
            sync(self.work.place)
        self.copy()
        self.before = self.look(self.twin)
        if self.before["refused"] or self.before["faults"]:
            raise AssertionError(f"after {said(words)}: {self.before}")

    def look(self, place, **options):
        return self.judge.ask(place, self.work.identity, commitments=True, **options)

    def copy(self):
        shutil.rmtree(self.twin, ignore_errors=True)
        self.twin.mkdir()
        for name in ("vault", "state"):
            shutil.copytree(self.work.place / name, self.twin / name)

    def after(self, words):
        """What the vault says when the operation runs undisturbed, on the copy."""
        trace = self.folder / "trace"
        trace.write_bytes(b"")
        start = time.monotonic()
        outcome = self.work.run(*words, extra={
            "COFFER_VAULT": str(self.twin / "vault"), "XDG_STATE_HOME": str(self.twin / "state"),
            "LD_PRELOAD": str(self.run.interposer), "TORTURE_ROOT": str(self.twin),
            "TORTURE_TRACE": str(trace)})
        self.sizes[kind_of(words)] = (time.monotonic() - start, len(notes.read(trace)))
        if outcome.returncode not in ((0, 3) if words[0] == "purge" else (0,)):
            raise AssertionError(f"{said(words)} ended with {outcome.returncode}")
        return self.look(self.twin)

    # ---- Crashes ----

    def cycle(self):
        """One operation, one crash, and what is there afterwards."""
        try:
            self.one_cycle()
        except AssertionError as error:
            # What went well in the copy, or before any crash, must go well.
            self.findings.append(f"{self.kind}, vault {self.vaults}: {error}")
            self.begin()

    def one_cycle(self):
        self.cycles += 1
        if self.source.random() < 0.2:
            self.calm()
        words, _ = self.work.next()
        manner = self.source.choice(MANNERS)
        # The operation may write a file outside, which must not be there when it runs again.
        self.copy()
        after = None
        if kind_of(words) not in self.sizes:
            after = self.undisturbed(words)
            self.copy()
        status, isTrue, said_last = self.crash(words, manner)
        self.volume.restart()
        self.crashes += 1
        answer = self.look(self.work.place, examines=self.crashes % 4 == 0)
        wrong = self.differences(words, answer, after, status == 0 and isTrue)
        wrong += self.wrong_ending(status, said_last)
        tidy(words)
        if wrong:
            self.findings.append(
                f"{self.kind} ({self.volume.options or 'no options'}), vault {self.vaults}, "
                f"{said(words)}, {manner}, it ended with {status}: " + "; ".join(wrong[:4]))
        size = sum(path.stat().st_size for path in self.work.vault.rglob("*") if path.is_file())
        if wrong or self.cycles >= LONGEST or size > LARGEST_BYTES:
            self.begin()
        else:
            self.before = answer
            self.adopt(answer)

    def undisturbed(self, words):
        answer = self.after(words)
        tidy(words)
        return answer

    def differences(self, words, answer, after, isAcknowledged):
        """What is lost or half there; the state after the operation is made only when needed."""
        if not isAcknowledged and answer["items"] == self.before["items"]:
            return judges.differences(answer, self.before, self.before)
        if after is None:
            tidy(words)
            after = self.undisturbed(words)
        states = [self.comparable(state, after) for state in (self.before, answer, after)]
        before, seen, wanted = states
        return judges.differences(seen, wanted if isAcknowledged else before, wanted)

    def comparable(self, state, after):
        """A state without what holds chance and the operation made or changed."""
        old, new = self.before["items"], after["items"]
        items = {name: value for name, value in state["items"].items()
                 if not name.startswith(CHANCE)
                 or (name in old and new.get(name, old[name]) == old[name])}
        return state | {"items": items}

    def crash(self, words, manner):
        """Runs an operation, during which the file system goes down.

        Gives the status with which it ended, whether an acknowledgement binds, and what it said.
        """
        seconds, changes = self.sizes[kind_of(words)]
        number = str(self.source.randint(1, changes + changes // 4 + 1))
        moment = self.source.uniform(0, seconds * 1.1)
        variables = self.variables
        if manner.endswith("at change"):
            variable = "TORTURE_KILL" if manner.startswith("kill") else "TORTURE_STOP"
            variables = (variables or {}) | {variable: number}
        extra = self.interposed(variables)
        isTrue = True
        with Program(self.work, words, extra) as program:
            if manner == "stop at change":
                program.wait_until_stopped()
                self.volume.crash()
                program.signal(signal.SIGCONT)
            elif manner in ("kill", "stop", "run"):
                isTrue = self.at_moment(program, manner, moment)
            status = program.end()
            if manner in ("done", "kill at change"):
                self.volume.crash()
        return status, isTrue, program.said

    def at_moment(self, program, manner, moment):
        """The end of the file system while a program works; whether what it says then is true."""
        isRunning = program.wait_at_most(moment)
        if manner == "kill":
            program.signal(signal.SIGKILL)
            program.end()
        elif manner == "stop":
            program.signal(signal.SIGSTOP)
            program.wait_until_stopped()
        self.volume.crash()
        program.signal(signal.SIGCONT)
        return not (manner == "run" and isRunning)

    def interposed(self, variables):
        """What puts calls.so between, if it is told something."""
        if not variables:
            return {}
        return variables | {
            "LD_PRELOAD": str(self.run.interposer), "TORTURE_ROOT": str(self.work.place)}

    def wrong_ending(self, status, text):
        if status == -signal.SIGKILL or (status in ENDINGS and (status == 0 or text)):
            return []
        return [f"that is no ending of ours: {text[-200:]}"]

    def adopt(self, answer):
        """What the workload believes to be there is what is there."""
        items = answer["items"]
        known = {}
        for name in items:
            if name.startswith("message/"):
                identifier = name.split("/")[1]
                known[identifier] = known.get(identifier, 0) + 1
        work = self.work
        work.known = {name: known[name] for name in sorted(known)}
        numbers = [int(name[1:]) + 1 for name in known]
        work.imported = max([work.imported, *numbers])
        work.holds = [name.removeprefix("hold/") for name in sorted(items)
                      if name.startswith("hold/") and items[name].endswith("in force")]
        slots = [name.removeprefix("slot/") for name in sorted(items) if name.startswith("slot/")]
        work.slots = ["device"] + [name for name in slots if name != "device"]


def kind_of(words):
    """What decides how long an operation takes."""
    return " ".join(word for word in words[:2] if isinstance(word, str) and "-" not in word)


def said(words):
    return f"`{' '.join(map(str, words))}`"


def tidy(words):
    """Takes away what an operation wrote outside of the vault."""
    for option in ("--output", "--out"):
        if option in words:
            path = words[words.index(option) + 1]
            for left in [path, *path.parent.glob(f".{path.name}*")]:
                shutil.rmtree(left, ignore_errors=True)
                left.unlink(missing_ok=True)


def filesystem(run, until):
    """Crashes of each kind, until its share of the time is over."""
    have_own_mounts()
    for kind in OPTIONS:
        # Where one cannot be had, nothing runs.
        folder = run.new_folder(run.scratch, f"{kind}-first")
        with Volume(kind, run.new_folder(folder, "mounted"), folder / "image") as volume:
            volume.format()
    begun = time.monotonic()
    for kind, share in SHARES:
        start = time.monotonic()
        end = begun + (until - begun) * share
        with Crashes(run, kind, run.new_folder(run.scratch, kind)) as crashes:
            while time.monotonic() < end:
                crashes.cycle()
        run.row(f"{kind} goes down", crashes.crashes, "crashes", crashes.findings, start)
