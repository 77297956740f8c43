"""Changed, cut, swapped and older bytes in the files of a vault.

A small vault has two states that were valid, an earlier and a later one, and the later one has a
log beside its database, as a killed process leaves it. Changes are drawn from all that there are:

- `flip`: one bit of one byte of any file;
- `cut`: any file at any multiple of 64 bytes, or gone;
- `swap`, `copy`, `drop`: pages of the database and frames of the log;
- `replay`: a page, a frame or a file of the earlier state in the later one;
- `rollback`: all files of the earlier state.

Each is judged: refused when the vault was opened, or when it was read; found by the verification of
the log or the examination; mended; harmless, as everything in it is as it was. What is left is a
finding: something that never was is shown, something is gone, or what governs is another, and
nobody says so. Only the end of the log may be lost in silence: to a reader that is a crash.
"""

import collections
import random
import shutil
import time

import crash
import judges
import notes
from run import WORKERS
from workload import Workload

PAGE, FRAME, HEAD = 4096, 4096 + 24, 32
GOVERNING = ("hold/", "policy", "slot/")
KINDS = ("flip", "cut", "swap", "copy", "drop", "replay")
CLASSES = ("refused", "read", "verified", "mended", "harmless", "crash-like", "not checkable")


def files(place):
    """Every file below a folder with its bytes, and every folder with None, by its path there."""
    return {str(path.relative_to(place)): None if path.is_dir() else path.read_bytes()
            for path in sorted(place.rglob("*")) if not path.name.endswith("-shm")}


def put_back(place, content):
    """Makes a folder what it was: these files and folders, and no others."""
    shutil.rmtree(place)
    place.mkdir(mode=0o700)
    for name, bytes_ in sorted(content.items()):
        path = place / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if bytes_ is None:
            path.mkdir(mode=0o700, exist_ok=True)
        else:
            path.write_bytes(bytes_)
            path.chmod(0o600)


class Specimen:
    """The two states, and what they say of themselves."""

    def __init__(self, folder, seed, library):
        self.work = Workload(folder, seed, library)
        self.judge = judges.Judge()
        work = self.work
        work.step()
        for make in (work.add, work.hold, work.add, work.slot, work.set_policy):
            self.perform(make)
        self.earlier = files(work.place)
        self.early = self.state()
        for make in (work.grow, work.release, work.add, work.label, work.checkpoint):
            self.perform(make)
        self.before = self.state()
        self.perform_killed(work.add)
        self.later = files(work.place)
        self.late = self.state()
        self.identity = work.identity
        self.judge.close()

    def perform(self, make):
        self.work.count += 1
        words, done = make()
        outcome = self.work.run(*words, isTraced=False)
        if outcome.returncode != 0:
            raise AssertionError(f"{words}: {outcome.stderr.decode()}")
        done()

    def perform_killed(self, make):
        """Ends the process behind its commit, so that its log lies beside the database."""
        self.work.count += 1
        words, _ = make()
        kept = files(self.work.place)
        base = next(self.work.place.rglob("vault.db")).stat().st_ino
        earlier = len(notes.read(self.work.trace))
        self.work.run(*words)
        number = 0
        # The first page that goes from the log into the database: until then the log has it alone.
        for event in notes.read(self.work.trace)[earlier:]:
            number += event.change in notes.WORDS
            if event.change == notes.WRITE and event.inode == base:
                break
        put_back(self.work.place, kept)
        self.work.run(*words, extra={"TORTURE_KILL": str(number)})
        if not any(name.endswith("-wal") and content
                   for name, content in files(self.work.place).items()):
            raise AssertionError("the kill left no log")

    def state(self):
        kept = files(self.work.place)
        answer = self.judge.ask(self.work.place, self.work.identity, examines=True)
        put_back(self.work.place, kept)
        if answer["refused"] or answer["faults"]:
            raise AssertionError(f"a state that should be valid: {answer}")
        return answer

    # ---- Changes: each is a word for it, and the files after it ----

    def draw(self, kind, source):
        return getattr(self, kind)(source)

    def flip(self, source):
        name = self.weighed(source)
        place, bit = source.randrange(len(self.later[name])), source.randrange(8)
        content = bytearray(self.later[name])
        content[place] ^= 1 << bit
        return f"{name}, byte {place}, bit {bit}", self.later | {name: bytes(content)}

    def weighed(self, source):
        """A file: half of the time a small one, else by its length."""
        names = sorted(name for name, content in self.later.items() if content)
        if source.random() < 0.5:
            return source.choice(names)
        return source.choices(names, [len(self.later[name]) for name in names])[0]

    def cut(self, source):
        name = self.weighed(source)
        size = source.randrange(0, len(self.later[name]), 64)
        if size == 0 and source.random() < 0.5:
            return f"{name} is gone", {
                other: content for other, content in self.later.items() if other != name}
        return f"{name}, cut at {size}", self.later | {name: self.later[name][:size]}

    def blocks(self, source):
        """A file of equal blocks: its name, how long its head is, and how long a block."""
        name = source.choice([name for name in self.later if name.endswith((".db", "-wal"))
                              and self.later[name]])
        return (name, HEAD, FRAME) if name.endswith("-wal") else (name, 0, PAGE)

    def two(self, source):
        name, head, size = self.blocks(source)
        content = self.later[name]
        count = (len(content) - head) // size
        first, second = source.sample(range(count), 2) if count > 1 else (0, 0)
        return name, content, (head + first * size, head + second * size, size), (first, second)

    def swap(self, source):
        name, content, (first, second, size), places = self.two(source)
        changed = bytearray(content)
        changed[first:first + size] = content[second:second + size]
        changed[second:second + size] = content[first:first + size]
        return f"{name}, {places} exchanged", self.later | {name: bytes(changed)}

    def copy(self, source):
        name, content, (first, second, size), places = self.two(source)
        changed = bytearray(content)
        changed[first:first + size] = content[second:second + size]
        return f"{name}, {places[1]} over {places[0]}", self.later | {name: bytes(changed)}

    def drop(self, source):
        name, content, (first, _, size), places = self.two(source)
        return f"{name}, {places[0]} taken out", self.later | {
            name: content[:first] + content[first + size:]}

    def replay(self, source):
        """A page or a whole file as it was earlier."""
        name = source.choice([name for name in self.earlier if self.earlier[name]])
        old, new = self.earlier[name], self.later.get(name, b"")
        if not name.endswith(".db") or source.random() < 0.1:
            return f"{name} as it was earlier", self.later | {name: old}
        at = source.randrange(min(len(old), len(new)) // PAGE) * PAGE
        return f"{name}, page {at // PAGE} as it was earlier", self.later | {
            name: new[:at] + old[at:at + PAGE] + new[at + PAGE:]}


class Tampering:
    """Judges changes of one specimen in a folder of its own."""

    def __init__(self, specimen, folder, seed):
        self.specimen, self.place, self.seed = specimen, folder / "place", seed
        shutil.copytree(specimen.work.place, self.place)
        self.judge = judges.Judge()
        self.classes = collections.Counter()
        self.findings = []

    def run(self, share, shares, until):
        number = share
        while time.monotonic() < until:
            if number // shares % 50 == 0:
                self.check_control()
            kind = KINDS[(number // shares) % len(KINDS)]
            what, content = self.specimen.draw(kind, random.Random(f"{self.seed}/{number}"))
            self.judged(kind, f"change {number}: {what}", content)
            number += shares
        if share == 0:
            self.roll_back()
        self.judge.close()

    def check_control(self):
        """What nobody changed is harmless, or the classes would say nothing."""
        put_back(self.place, self.specimen.later)
        answer = self.judge.ask(self.place, self.specimen.identity, examines=True)
        if self.result(answer, "") not in ("mended", "harmless"):
            raise AssertionError(f"what nobody changed is found: {answer}")

    def judged(self, kind, what, content):
        if content == self.specimen.later:
            return
        put_back(self.place, content)
        answer = self.judge.ask(self.place, self.specimen.identity, examines=True)
        result = self.result(answer, what)
        self.classes[kind, result] += 1
        if result == "found":
            late = self.specimen.late["items"]
            others = sorted(name for name in late.keys() | answer["items"].keys()
                            if late.get(name) != answer["items"].get(name))
            self.findings.append(f"{what}: {answer['message'] or others[:4]}")

    def result(self, answer, what):
        if answer["refused"] == "crash":
            return "found"
        if answer["refused"]:
            return "read" if answer["isOpen"] else "refused"
        late, items = self.specimen.late["items"], answer["items"]
        changed = {name for name in items if items[name] != late.get(name)}
        wrong = {name for name in changed if name.startswith(("message/", "conversation/"))}
        if answer["faults"]:
            # What can be read is true, or it is said.
            return "found" if any(name.startswith("message/") for name in wrong) else "verified"
        if items == late:
            return "mended" if answer["mended"] else "harmless"
        if "-wal" in what and items == self.specimen.before["items"]:
            return "crash-like"
        return "found"

    def roll_back(self):
        """The whole vault as it was: with what the device remembers of it, and without."""
        specimen = self.specimen
        memory = {name: content for name, content in specimen.later.items()
                  if name.startswith("state/")}
        vault = {name: content for name, content in specimen.earlier.items()
                 if not name.startswith("state/")}
        self.judged("rollback", "the whole vault, not the device", vault | memory)
        put_back(self.place, vault)
        answer = self.judge.ask(self.place, specimen.identity, examines=True)
        isOld = answer["items"] == specimen.early["items"] and not answer["refused"]
        self.classes["rollback", "not checkable" if isOld else "refused"] += 1


def table(classes):
    """Rows of kinds, columns of classes."""
    rows = [f"  {'':<10}" + "".join(f"{name:>14}" for name in CLASSES) + f"{'found':>8}"]
    for kind in (*KINDS, "rollback"):
        counts = [classes[kind, name] for name in (*CLASSES, "found")]
        rows.append(f"  {kind:<10}" + "".join(f"{count:>14,}" for count in counts[:-1])
                    + f"{counts[-1]:>8,}")
    return "\n".join(rows)


def tamper(run, until):
    """Changes of one vault, with a table of what became of them."""
    start = time.monotonic()
    specimen = Specimen(
        run.new_folder(run.scratch, "specimen"), f"{run.seed}/tamper", run.interposer)

    def share(number, results):
        tampering = Tampering(
            specimen, run.new_folder(run.scratch, f"tamper-{number}"), run.seed)
        tampering.run(number, WORKERS, until)
        results.put((tampering.classes, tampering.findings))

    found = crash.in_processes(share, WORKERS)
    classes = sum((counts for counts, _ in found), collections.Counter())
    print(table(classes), flush=True)
    run.row("tamper", classes.total(), "changes",
            [text for _, texts in found for text in texts], start)
