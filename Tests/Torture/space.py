"""What a system runs out of: room, inodes, handles, sizes of files, memory; and writing at all.

An operation runs again and again from the same state of a vault, each time with a little more of
something, from none until it is enough. Where it is not, the program ends with a sentence and a
status that is documented; only without memory may it end as it likes, and below the least number
of handles the loader of programs speaks for it. Nothing is said to be done that is not. When there
is enough again, the vault opens and takes in a conversation, or the same operation comes to its
end.
"""

import errno
import os
import random
import resource
import shutil
import signal
import subprocess
import time

import filesystem
import judges
import volumes
from filesystem import PlainWorkload, Program, kind_of, said, tidy
from proof import COFFER
from run import OPERATIONS

PAGE = 4096
LARGE = 256 << 20
# How the loader of programs ends what it cannot start.
NOT_STARTED = 127
# Swift ends a program that gets no memory, wherever it is.
WITHOUT_MEMORY = {-number for number in (
    signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGKILL, signal.SIGSEGV,
    signal.SIGTRAP)}
# With so many minutes: how many steps are one, for a kind of operation that comes for the first
# time, and for a later one.
STRIDES = ((20, (1, 5)), (5, (3, 9)), (0, (8, 16)))
# A step that is never enough by here is a fault.
MOST_STEPS = 1500


class Scarce:
    """A vault on a small file system, in the state before an operation."""

    def __init__(self, run, folder, disk, program=COFFER):
        """The workload lives on the disk; what it goes back to is kept elsewhere."""
        self.disk, self.program = disk, program
        work = run.new_folder(disk.folder, "work")
        self.work = PlainWorkload(work, f"{run.seed}/space/{disk.kind}")
        self.work.step()
        self.judge = judges.Judge()
        self.kept = folder / "kept"
        self.source = random.Random(f"{run.seed}/space/{disk.kind}")
        self.interposer = run.interposer
        self.runs = self.failed = 0
        self.findings = []

    def close(self):
        self.judge.close()

    def keep(self):
        shutil.rmtree(self.kept, ignore_errors=True)
        for name in ("place", "home"):
            shutil.copytree(self.work.folder / name, self.kept / name)

    def go_back(self):
        for name in ("place", "home"):
            shutil.rmtree(self.work.folder / name)
            shutil.copytree(self.kept / name, self.work.folder / name)

    def state(self, **options):
        """What the vault says; an identity that waits for a vault is not the one that opens it."""
        identities = self.work.identity.parent
        names = sorted(path for path in identities.iterdir()) if identities.is_dir() else []
        named = [path for path in names if not path.name.startswith("new-")]
        identity = (named or names or [self.work.identity])[0]
        return self.judge.ask(self.work.place, identity, examines=True, **options)

    def first(self):
        """Making the vault, with the states before and after it."""
        after = self.state()
        for name in ("place", "home"):
            shutil.rmtree(self.work.folder / name)
            (self.work.folder / name).mkdir()
        self.keep()
        return self.work.begin()[0], filesystem.EMPTY, after

    def next(self):
        """The next operation's words, with the states before and after it."""
        words, done = self.work.next()
        self.keep()
        before = self.state()
        self.go_back()
        outcome = self.work.run(*words)
        if outcome.returncode == 0:
            done()
        elif (words[0], outcome.returncode) != ("purge", 3):
            raise AssertionError(f"{said(words)} ended with {outcome.returncode}")
        after = self.state()
        tidy(words)
        return words, before, after

    def attempt(self, words, trouble, step, before, after):
        """Runs the operation with so much; whether that was enough."""
        self.go_back()
        tidy(words)
        trouble.begin(step)
        try:
            status, text = trouble.run(words, step)
        finally:
            trouble.end(step)
        isDone = status == 0 or (words[0], status) == ("purge", 3)
        wrong = trouble.wrong_ending(status, text)
        wrong += self.wrong_state(words, status, before, after)
        tidy(words)
        self.runs += 1
        if wrong:
            self.findings.append(
                f"{trouble.name} {step}, {said(words)}, it ended with {status}: "
                + "; ".join(wrong[:4]))
        self.failed += not isDone
        return isDone

    def wrong_state(self, words, status, before, after):
        """What is lost, half there, or not there although it was acknowledged."""
        if status == 0:
            answer = self.state(writes=True)
            return judges.differences(answer, after, after) + self.wrong_output(words)
        if self.source.random() < 0.5:
            # The same once more, and nothing looks at the vault between.
            tidy(words)
            again = self.work.run(*words)
            if again.returncode == 0:
                return judges.differences(self.state(), after, after)
        answer = self.state(writes=True)
        if before is filesystem.EMPTY and answer["refused"] == "absent":
            return [] if self.work.run(*words).returncode == 0 else ["no vault can be made then"]
        return judges.differences(answer, before, after)

    def wrong_output(self, words):
        """An archive or a checkpoint that is said to be written is all there."""
        for option in ("--output", "--out"):
            if option not in words:
                continue
            path = words[words.index(option) + 1]
            if not path.is_dir():
                return [] if path.exists() and path.stat().st_size > 100 else ["it is not there"]
            done = self.work.run("verify", path)
            if done.returncode != 0:
                return [f"the archive is wrong: {done.stderr.decode()[-200:]}"]
        return []


class Trouble:
    """Something of which there is not enough."""

    name = "nothing is scarce at"
    most = MOST_STEPS
    # Seconds after which a run has not ended.
    longest = 120

    def __init__(self, stage):
        self.stage = stage

    def steps(self):
        """From too little to enough."""
        return range(self.most)

    def begin(self, step):
        """Makes it scarce for all."""

    def end(self, step):
        """Gives back what is missing."""

    def limit(self, step):
        """Makes it scarce for one process, which is about to become the program."""

    def run(self, words, step):
        """Runs the program: its status, and what it said."""
        work = self.stage.work
        try:
            done = subprocess.run(
                [self.stage.program, *map(str, words)], cwd=work.folder, env=work.environment(),
                stdin=subprocess.DEVNULL, capture_output=True, check=False,
                timeout=self.longest, preexec_fn=lambda: self.limit(step))
        except subprocess.TimeoutExpired:
            return -signal.SIGKILL, "it did not end"
        except OSError as error:
            return NOT_STARTED, f"error while loading shared libraries: {error}"
        return done.returncode, done.stderr.decode(errors="replace").strip()

    def wrong_ending(self, status, text):
        if status == 0 or (status in filesystem.ENDINGS and is_sentence(text)):
            return []
        return [f"that is no ending of ours: {text[-200:]}"]


def is_sentence(text):
    """Whether the last line that was said is a sentence of the program's, or one in JSON."""
    last = text.split("\n")[-1]
    return last.startswith(("coffer: ", '{"error":')) and last.endswith((".", "}}"))


class MemoryDisk:
    """A file system in memory whose size can be set."""

    kind = "tmpfs"

    def __init__(self, folder):
        self.folder = folder
        volumes.mount("tmpfs", folder, "tmpfs", options=f"size={LARGE}")

    def set(self, options, flags=0):
        volumes.mount("tmpfs", self.folder, "tmpfs", volumes.MS_REMOUNT | flags, options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        volumes.unmount(self.folder)


class Room(Trouble):
    """Pages of a file system in memory."""

    name = "a disk with free pages:"

    def begin(self, step):
        room = os.statvfs(self.stage.disk.folder)
        used = (room.f_blocks - room.f_bfree) * room.f_frsize
        self.stage.disk.set(f"size={used + step * PAGE}")

    def end(self, step):
        self.stage.disk.set(f"size={LARGE}")


class Inodes(Trouble):
    """Files of a file system in memory."""

    name = "a disk with free inodes:"

    def begin(self, step):
        room = os.statvfs(self.stage.disk.folder)
        self.stage.disk.set(f"nr_inodes={room.f_files - room.f_ffree + step}")

    def end(self, step):
        self.stage.disk.set("nr_inodes=100000")


class ReadOnly(Trouble):
    """A disk that may only be read, from the start."""

    name = "a read-only disk"
    most = 1

    def begin(self, step):
        self.stage.disk.set("", volumes.MS_RDONLY)

    def end(self, step):
        self.stage.disk.set(f"size={LARGE}")


class Handles(Trouble):
    """Numbers of open files.

    The library that waits for events ends the program by SIGILL where it gets no handle, and
    libgcrypt by SIGABRT.
    """

    name = "open files at most:"

    def steps(self):
        return range(3, self.most)

    def limit(self, step):
        resource.setrlimit(resource.RLIMIT_NOFILE, (step, step))

    def wrong_ending(self, status, text):
        if status == NOT_STARTED and "error while loading shared libraries" in text:
            return []
        if status == -signal.SIGILL and not text:
            return []
        if status == -signal.SIGABRT and "libgcrypt" in text:
            return []
        return super().wrong_ending(status, text)


class FileSizes(Trouble):
    """Pages of a file."""

    name = "pages of a file at most:"

    def limit(self, step):
        resource.setrlimit(resource.RLIMIT_FSIZE, (step * PAGE, step * PAGE))


class Memory(Trouble):
    """The address space of a process, of which its libraries take most.

    The library that starts threads waits until there is room for one's stack, once a second,
    without end; such a run is killed.
    """

    name = "MiB of memory at most:"
    longest = 5

    def steps(self):
        """The large ones are coarse: they are about stacks and heaps of threads."""
        return sorted({*range(64, 320, 4), *range(320, 1024, 16), *range(1024, 4096, 64)})

    def limit(self, step):
        resource.setrlimit(resource.RLIMIT_AS, (step << 20, step << 20))

    def wrong_ending(self, status, text):
        if status in WITHOUT_MEMORY or status == NOT_STARTED:
            return []
        return super().wrong_ending(status, text)


class Blocks(Trouble):
    """Blocks of an ext4, on which half of the times the power goes afterwards."""

    name = "an ext4 with free blocks:"

    def begin(self, step):
        self.folder = self.stage.disk.folder
        volumes.sync(self.folder)
        self.filler = os.open(self.folder / "filler", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self.fill(step)
        finally:
            os.close(self.filler)

    def fill(self, step):
        """Takes all blocks but so many."""
        size = 0
        for count in (1024, 256, 64, 16, 4, 1):
            while os.statvfs(self.folder).f_bavail - step >= count:
                try:
                    os.posix_fallocate(self.filler, size * PAGE, count * PAGE)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    break
                size += count
        os.fsync(self.filler)

    def end(self, step):
        if self.stage.source.random() < 0.5:
            self.stage.disk.crash()
        self.stage.disk.restart()
        os.unlink(self.folder / "filler")


class Abort(Trouble):
    """An ext4 that goes over to reading at a change of a file, as it does after an error."""

    name = "an ext4 is read-only from change"

    def steps(self):
        return range(1, self.most)

    def begin(self, step):
        """What is not on the disk yet does not come there any more."""
        volumes.sync(self.stage.disk.folder)

    def run(self, words, step):
        work, stage = self.stage.work, self.stage
        with Program(work, words, {
                "LD_PRELOAD": str(stage.interposer), "TORTURE_ROOT": str(work.folder),
                "TORTURE_STOP": str(step)}) as program:
            if program.wait_until_stopped():
                volumes.mount("none", stage.disk.folder, flags=volumes.MS_REMOUNT,
                              options="abort")
                program.signal(signal.SIGCONT)
            return program.end(), program.said

    def end(self, step):
        self.stage.disk.restart()


MEMORY_DISK = (Room, Inodes, ReadOnly, Handles, FileSizes, Memory)
REAL_DISK = (Blocks, Abort)


def operations(stage):
    """Each operation of a workload, with the states before and after it."""
    yield stage.first()
    for _ in range(OPERATIONS):
        yield stage.next()


class Tally:
    """What came of one trouble."""

    def __init__(self, kind):
        self.kind = kind
        self.runs = self.failed = self.seconds = 0
        self.findings = []

    def add(self, stage, words, before, after, stride, until):
        """Every so many steps from too little to enough, for one operation."""
        trouble, start = self.kind(stage), time.monotonic()
        runs, failed, found = stage.runs, stage.failed, len(stage.findings)
        steps = list(trouble.steps())
        for step in steps[stage.source.randrange(min(stride, len(steps)))::stride]:
            if time.monotonic() > until or stage.attempt(words, trouble, step, before, after):
                break
        else:
            if len(steps) > 1:
                stage.findings.append(f"{self.kind.name} never enough for {said(words)}")
        self.runs += stage.runs - runs
        self.failed += stage.failed - failed
        self.findings += stage.findings[found:]
        self.seconds += time.monotonic() - start

    def report(self, run):
        """Its row; that nothing ever failed would be a trouble that is none."""
        if self.runs > 50 and self.failed == 0:
            self.findings.append("it stopped nothing")
        run.row(f"{self.kind.name.rstrip(':')} ({self.failed:,} failed)", self.runs, "runs",
                self.findings, time.monotonic() - self.seconds)


def scarcity(run, stage, kinds, until):
    """All troubles for one operation after the other, until a time."""
    tallies = [Tally(kind) for kind in kinds]
    strides = next(pair for minutes, pair in STRIDES if run.minutes >= minutes)
    known = set()
    try:
        for words, before, after in operations(stage):
            stride = strides[kind_of(words) in known]
            known.add(kind_of(words))
            for tally in tallies:
                tally.add(stage, words, before, after, stride, until)
            if time.monotonic() > until:
                break
            stage.go_back()
            stage.work.run(*words)
    finally:
        stage.close()
    for tally in tallies:
        tally.report(run)


def disk_in_memory(run, name):
    folder = run.new_folder(run.scratch, name)
    disk = run.new_folder(folder, "disk")
    return folder, MemoryDisk(disk)


def space(run, until):
    """The two disks, one after the other."""
    volumes.have_own_mounts()
    start = time.monotonic()
    folder, memory = disk_in_memory(run, "space")
    with memory:
        scarcity(run, Scarce(run, folder, memory), MEMORY_DISK, start + (until - start) * 0.6)
    folder = run.new_folder(run.scratch, "space-ext4")
    with volumes.Volume("ext4", run.new_folder(folder, "disk"), folder / "image") as disk:
        disk.format()
        scarcity(run, Scarce(run, folder, disk), REAL_DISK, until)
