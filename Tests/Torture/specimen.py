"""A small vault that has one of everything, and all the states that it went through.

Each state is kept in two forms: with the log beside the database, as a process leaves it that ends
behind its commit, and settled, as the next process leaves it.
"""

import dataclasses
import itertools
import os
import random

import judges
import notes
from proof import chatgpt
from workload import Workload

PAGE, FRAME, HEAD = 4096, 4096 + 24, 32
PICTURE_BYTES = 9000
# What is done in one process that closes the vault when it has committed.
LOGGED = ("import", "label", "release", "hold", "policy", "hide", "unlabel",
          "purge for later")
# The first file that a process makes when it closes a vault.
CLOSING = "vault/checkpoint.new"


@dataclasses.dataclass
class State:
    """What one was made by, its files in both forms, and what it says of itself."""

    name: str
    logged: dict
    settled: dict
    answer: dict

    @property
    def items(self):
        return self.answer["items"]


def paths(place, front=""):
    """Paths below a folder, and whether each is a folder; a folder comes before what is in it."""
    for entry in os.scandir(os.path.join(place, front)):
        name = front + entry.name
        yield name, entry.is_dir(follow_symlinks=False)
        if entry.is_dir(follow_symlinks=False):
            yield from paths(place, name + "/")


def files(place):
    """Every file below a folder with its bytes, and every folder with None, by its path there."""
    return {name: None if isFolder else content_of(os.path.join(place, name))
            for name, isFolder in paths(place)}


def content_of(path):
    with open(path, "rb") as file:
        return file.read()


def put_back(place, content):
    """Makes a folder what it was: these files and folders, and no others.

    Only what differs is written, so that a small change of a vault costs little.
    """
    found = dict(paths(place))
    for name in reversed(list(found)):
        if name not in content or found[name] != (content[name] is None):
            path = os.path.join(place, name)
            os.rmdir(path) if found.pop(name) else os.unlink(path)
    for name, bytes_ in sorted(content.items()):
        path = os.path.join(place, name)
        if bytes_ is None:
            if name not in found:
                os.mkdir(path, 0o700)
        elif name not in found or content_of(path) != bytes_:
            with open(path, "wb", opener=private) as file:
                file.write(bytes_)


def private(path, flags):
    return os.open(path, flags, 0o600)


def database(content):
    """The name of the newest database among files."""
    return max(name for name in content if name.endswith(".db"))


def changed_names(one, other):
    """Names of files that are not the same in two states."""
    names = {*one, *other}
    return sorted(name for name in names if one.get(name) != other.get(name)
                  and (one.get(name) is not None or other.get(name) is not None))


class Specimen:
    """The vault, made by the program itself."""

    def __init__(self, folder, seed, library):
        self.work = Workload(folder, seed, library)
        self.source = random.Random(f"specimen/{seed}")
        self.judge = judges.Judge()
        self.published = folder / "out/published.checkpoint"
        self.states, self.later = [], 0
        self.perform("init", "--device", "--no-passphrase", "--custodian", "ada")
        self.work.count = 1
        for name, words in self.history():
            self.advance(name, words)
        self.identity = self.work.identity
        self.judge.close()

    def history(self):
        """What is done, one after the other; a pair is a name for it and the words of a command.

        The purge makes a new generation of the key and the database, and a certificate; all that
        comes behind it changes little, which is where an older page is hardest to tell.
        """
        work = self.work
        yield "import", ("import", self.pictures(), "--quiet")
        yield "import", ("import", self.told(0, 2), "--format", "jsonl", "--quiet")
        yield "import", ("import", self.told(1, 2), "--format", "jsonl", "--quiet")
        yield "slot", work.slot()[0]
        yield "purge", ("purge", self.named("c1"), "--reason", "torture", "--yes")
        yield "hold", ("hold", "place", "matter", "--label", "label 0", "--json")
        yield "policy", work.set_policy()[0]
        yield "label", ("label", "add", "label-1", self.named("c0"))
        yield "release", ("hold", "release", "matter", "--reason", "settled", "--yes")
        yield "hide", ("delete", self.named("c0"))
        yield "hold", ("hold", "place", "other", "--label", "label 0", "--json")
        yield "slot", self.second_slot()
        yield "checkpoint", ("audit", "checkpoint", "--out", self.published)
        yield "newer export", ("import", self.told(0, 3), "--format", "jsonl", "--quiet")
        work.count += 1
        yield "policy", work.set_policy()[0]
        yield "unlabel", ("label", "remove", "label-1", self.named("c0"))
        yield "import", ("import", self.told(2, 1), "--format", "jsonl", "--quiet")
        # Several transactions, so that the log has more than its last.
        yield "purge for later", (
            "purge", self.named("c2"), "--reason", "torture", "--yes", "--batch")

    def pictures(self):
        """An export with a conversation that has a file."""
        folder = self.work.folder / "out/pictures"
        folder.mkdir()
        content = random.Random(f"{self.work.seed}/picture").randbytes(PICTURE_BYTES)
        conversations = [("chat-1", "Chat 1", [
            ("a plan of the harbour", [("file-Picture", "plan.png", content)]),
            ("what granite says", [])])]
        for name, bytes_ in chatgpt(conversations).items():
            (folder / name).write_bytes(bytes_)
        return folder

    def told(self, number, messages):
        """A file with one conversation; where it was told of before, its first text is another."""
        self.work.count += 1
        entry = self.work.told(number, messages)
        if messages > 2:
            entry["messages"][0]["text"] = "changed harbour"
        return self.work.file([entry])

    def second_slot(self):
        self.work.slots = ["device"]
        self.work.count += 1
        return self.work.slot()[0]

    def named(self, origin):
        """The id of a conversation by that of its source."""
        listed = self.work.asked("list", "--limit", "0")
        listed += self.work.asked("list", "--limit", "0", "--hidden")
        return next(entry["id"] for entry in listed if entry["origin"]["id"] == origin)

    def perform(self, *words):
        outcome = self.work.run(*words, isTraced=False)
        if outcome.returncode != 0:
            raise AssertionError(f"{words}: {outcome.stderr.decode()}")

    def advance(self, name, words):
        """One state further, twice: first to its end, then only behind its commit."""
        kept, earlier = files(self.work.place), len(notes.read(self.work.trace))
        outcome = self.work.run(*words)
        if outcome.returncode != 0:
            raise AssertionError(f"{words}: {outcome.stderr.decode()}")
        logged = self.killed(words, kept, earlier) if name in LOGGED else {}
        settled, answer = self.settle()
        self.states.append(State(name, logged or settled, settled, answer))

    def killed(self, words, kept, earlier):
        """Runs it again, and kills it where it begins to close: the log has everything then.

        Not every change that is counted is noted, so the right one comes a little later, most often
        by as much as the last time.
        """
        number = 0
        for event in notes.read(self.work.trace)[earlier:]:
            number += event.change in notes.WORDS
            if event.change == notes.CREATE and event.path.endswith(CLOSING):
                break
        for later in (self.later, *range(20)):
            put_back(self.work.place, kept)
            self.work.run(*words, extra={"TORTURE_KILL": str(number + later)})
            logged = files(self.work.place)
            if CLOSING in logged:
                self.later = later
                (self.work.place / CLOSING).unlink()
                return {name: content for name, content in logged.items() if name != CLOSING}
        raise AssertionError(f"{words} does not close as it should")

    def settle(self):
        answer = self.judge.ask_all(self.work.place, self.work.identity)
        if answer["refused"] or answer["faults"]:
            raise AssertionError(f"a state that should be valid: {answer}")
        return files(self.work.place), answer


class Changes:
    """All changes of one kind, by their numbers from 0 on.

    `make(number)` gives words for it and the files after it.
    """

    def __init__(self, name, count, make):
        self.name, self.count, self.make = name, count, make


@dataclasses.dataclass
class Change:
    """What was changed, of which form of the last state, and the files after it."""

    what: str
    content: dict
    isLogged: bool = False
    # Files that an older state, or nothing, stands in the place of.
    older: tuple = ()


def every_kind(states, seed):
    """The enumerations for a history of states, whatever engine made it."""
    return Enumeration(states, seed).kinds()


class Blocks:
    """A file of equal blocks, the pages of a database or the frames of a log."""

    def __init__(self, content, name):
        self.name, self.content = name, content[name]
        isLog = name.endswith("-wal")
        self.head, self.size = (HEAD, FRAME) if isLog else (0, PAGE)
        self.noun = "frame" if isLog else "page"
        self.count = (len(self.content) - self.head) // self.size

    def place(self, index):
        return self.head + index * self.size

    def block(self, index):
        return self.content[self.place(index):self.place(index + 1)]

    def with_blocks(self, blocks):
        """The file with other blocks in some places."""
        changed = bytearray(self.content)
        for index, block in blocks.items():
            changed[self.place(index):self.place(index + 1)] = block
        return bytes(changed)

    def without(self, index):
        return self.content[:self.place(index)] + self.content[self.place(index + 1):]

    def doubled(self, index):
        return self.content[:self.place(index + 1)] + self.content[self.place(index):]


def pair(number, count):
    """The pair of that number of all pairs (first, second) of which first < second < count."""
    for first in range(count):
        left = count - first - 1
        if number < left:
            return first, first + 1 + number
        number -= left
    raise IndexError


def two(number, count):
    """The same of all pairs of two that differ."""
    first, second = divmod(number, count - 1)
    return first, second + (second >= first)


class Enumeration:
    """Numbers all changes of the last state of a history."""

    def __init__(self, states, seed):
        self.states, self.seed = states, seed
        self.settled, self.logged = states[-1].settled, states[-1].logged
        self.name = database(self.settled)
        self.pages = Blocks(self.settled, self.name)
        self.frames = Blocks(self.logged, self.name + "-wal")
        # Names of files with something in them.
        self.names = sorted(name for name, content in self.settled.items() if content)
        self.small = [name for name in self.names if name != self.name]
        self.index = self.name + "-shm"
        # The earlier states of the same database, and those in which a page of it differs.
        self.earlier = [state for state in states[:-1] if self.name in state.settled]
        # Whoever puts pages back may take away what remembers newer ones.
        self.anchors = [name for name in self.names if "checkpoint" in name]
        ways = (False, True) if self.anchors else (False,)
        self.stale = [(state, isBare, index) for state in self.earlier for isBare in ways
                      for index in self.stale_pages(state)]
        self.pairs = [(state, isBare, both) for state in self.earlier for isBare in ways
                      for both in itertools.combinations(self.stale_pages(state), 2)]

    def kinds(self):
        return [
            self.bits(), self.page_bytes(), self.frame_bytes(), self.bytes_below_log(),
            self.index_bits(),
            self.cuts(), self.swaps(), self.copies(), self.doubles(), self.drops(),
            self.stale_page(), self.stale_pair(), self.stale_but_one(), self.stale_some(),
            self.stale_frames(), self.older_files()]

    def stale_pages(self, state):
        """Pages that were others then."""
        old = Blocks(state.settled, self.name)
        return [index for index in range(min(old.count, self.pages.count))
                if old.block(index) != self.pages.block(index)]

    def choice(self, *words):
        return random.Random("/".join(map(str, (self.seed, *words))))

    # ---- Bits ----

    def flipped(self, files_, name, place, bit):
        content = bytearray(files_[name])
        content[place] ^= 1 << bit
        return Change(f"{name}, byte {place}, bit {bit}", files_ | {name: bytes(content)},
                      files_ is self.logged)

    def bits(self):
        """Each bit of each file but the database and its log."""
        ends = list(itertools.accumulate(8 * len(self.settled[name]) for name in self.small))

        def make(number):
            index = next(index for index, end in enumerate(ends) if number < end)
            place = number - (ends[index - 1] if index else 0)
            return self.flipped(self.settled, self.small[index], place // 8, place % 8)

        return Changes("bits of files", ends[-1] if ends else 0, make)

    def page_bytes(self):
        """One bit of each byte of the database, with no log beside it."""
        return Changes("bytes of pages", len(self.pages.content), lambda number: self.flipped(
            self.settled, self.name, number, self.choice("page", number).randrange(8)))

    def frame_bytes(self):
        return Changes("bytes of the log", len(self.frames.content), lambda number: self.flipped(
            self.logged, self.frames.name, number, self.choice("frame", number).randrange(8)))

    def bytes_below_log(self, each=4):
        """Some bytes of each page with a log beside it, which may have a newer page."""
        size = len(self.logged[self.name])
        return Changes("pages below the log", size // PAGE * each, lambda number: self.flipped(
            self.logged, self.name,
            number // each * PAGE + self.choice("below", number).randrange(PAGE), number % 8))

    def index_bits(self, head=136, step=16):
        """Each bit of the head of the log's index, and one of some of its other bytes."""
        length = len(self.logged.get(self.index) or b"")
        head = min(head, length)
        rest = range(head, length, step)

        def make(number):
            if number < head * 8:
                return self.flipped(self.logged, self.index, number // 8, number % 8)
            place = rest[number - head * 8]
            return self.flipped(self.logged, self.index, place, place // step % 8)

        return Changes("index of the log", head * 8 + len(rest), make)

    def cuts(self):
        """Each file at each multiple of 64 bytes."""
        sources = [(self.settled, name) for name in self.names] + [(self.logged, self.frames.name)]
        cuts = [(source, name, size) for source, name in sources
                for size in range(0, len(source[name]), 64)]

        def make(number):
            source, name, size = cuts[number]
            return Change(f"{name}, cut at {size}", source | {name: source[name][:size]},
                          source is self.logged)

        return Changes("cuts", len(cuts), make)

    # ---- Pages, frames and files exchanged ----

    def arranged(self, name, count_of, make_block, make_file):
        """A kind that does the same to pages, frames and files."""
        pages, frames = count_of(self.pages.count), count_of(self.frames.count)
        count = pages + frames + (count_of(len(self.names)) if make_file else 0)

        def make(number):
            for blocks, source, size in (
                    (self.pages, self.settled, pages), (self.frames, self.logged, frames)):
                if number < size:
                    what, content = make_block(blocks, number)
                    return Change(f"{blocks.name}, {blocks.noun} {what}",
                                  source | {blocks.name: content}, source is self.logged)
                number -= size
            return make_file(number)

        return Changes(name, count, make)

    def swaps(self):
        def block(blocks, number):
            one, other = pair(number, blocks.count)
            return f"{one} and {other} exchanged", blocks.with_blocks(
                {one: blocks.block(other), other: blocks.block(one)})

        def file(number):
            one, other = (self.names[index] for index in pair(number, len(self.names)))
            return Change(f"{one} and {other} exchanged", self.settled | {
                one: self.settled[other], other: self.settled[one]})

        return self.arranged("exchanged", lambda count: count * (count - 1) // 2, block, file)

    def copies(self):
        def block(blocks, number):
            one, other = two(number, blocks.count)
            return f"{other} over {one}", blocks.with_blocks({one: blocks.block(other)})

        def file(number):
            one, other = (self.names[index] for index in two(number, len(self.names)))
            return Change(f"{other} over {one}", self.settled | {one: self.settled[other]})

        return self.arranged("copied", lambda count: count * (count - 1), block, file)

    def doubles(self):
        return self.arranged("twice", lambda count: count, lambda blocks, number: (
            f"{number} twice", blocks.doubled(number)), lambda number: Change(
                f"{self.names[number]} twice", self.settled | {
                    self.names[number]: self.settled[self.names[number]] * 2}))

    def drops(self):
        def gone(number):
            name = self.names[number]
            return Change(f"{name} is gone", {other: content for other, content
                                              in self.settled.items() if other != name})

        return self.arranged("taken out", lambda count: count, lambda blocks, number: (
            f"{number} taken out", blocks.without(number)), gone)

    # ---- Pages, frames and files as they were earlier ----

    def aged(self, what, state, isBare, indices):
        """Pages as they were in a state; without the checkpoints that are remembered if `isBare`.
        """
        old = Blocks(state.settled, self.name)
        content = self.settled | {self.name: self.pages.with_blocks(
            {index: old.block(index) for index in indices})}
        said = f"{what} as of {self.described(state)}"
        if not isBare:
            return Change(said, content, older=(self.name,))
        kept = {name: bytes_ for name, bytes_ in content.items() if name not in self.anchors}
        return Change(said + ", no checkpoints", kept, older=(self.name, *self.anchors))

    def described(self, state):
        return f"{len(self.states) - 1 - self.states.index(state)} changes ago ({state.name})"

    def stale_page(self):
        def make(number):
            state, isBare, index = self.stale[number]
            return self.aged(f"page {index}", state, isBare, [index])

        return Changes("an older page", len(self.stale), make)

    def stale_pair(self):
        def make(number):
            state, isBare, both = self.pairs[number]
            return self.aged(f"pages {both}", state, isBare, both)

        return Changes("two older pages", len(self.pairs), make)

    def stale_but_one(self):
        """An older database with one page of now."""
        def make(number):
            state, isBare, index = self.stale[number]
            others = [other for other in self.stale_pages(state) if other != index]
            return self.aged(f"all pages but {index}", state, isBare, others)

        return Changes("older but for a page", len(self.stale), make)

    def stale_some(self, count=4000):
        """Any number of older pages, drawn: there are too many sets to try each."""
        def make(number):
            source = self.choice("some", number)
            state, share = source.choice(self.earlier), source.random()
            drawn = [index for index in self.stale_pages(state) if source.random() < share]
            return self.aged(f"pages {drawn}", state, number % 2 and self.anchors, drawn)

        return Changes("some older pages", count if self.earlier else 0, make)

    def stale_frames(self):
        """Each frame of each earlier log in each place of the log."""
        logs = [(state, Blocks(state.logged, self.frames.name)) for state in self.earlier
                if state.logged.get(self.frames.name)]
        work = [(state, log, index, place) for state, log in logs
                for index in range(log.count) for place in range(self.frames.count)]

        def make(number):
            state, log, index, place = work[number]
            return Change(
                f"frame {index} of the log {self.described(state)} in place {place}",
                self.logged | {
                    self.frames.name: self.frames.with_blocks({place: log.block(index)})}, True)

        return Changes("an older frame", len(work), make)

    def older_files(self):
        """Each set of files as they were earlier, or gone where the vault makes them anew."""
        work = []
        for state in self.states[:-1]:
            for form in ("settled", "logged"):
                old = getattr(state, form)
                if form == "logged" and old is state.settled:
                    continue
                work += self.sets(state, old)

        def make(number):
            state, choices = work[number]
            content = dict(self.settled)
            for name, bytes_ in choices.items():
                content.pop(name, None)
                if bytes_ is not None:
                    content[name] = bytes_
            content |= self.folders_of(content, state)
            said = ", ".join(f"{name} {'is gone' if bytes_ is None else 'is older'}"
                             for name, bytes_ in choices.items())
            return Change(f"{said}: {self.described(state)}", content,
                          older=tuple(choices))

        return Changes("older files", len(work), make)

    def folders_of(self, content, state):
        """Folders that are in neither state stay away, others come along with their files."""
        return {name: None for name, bytes_ in {**state.settled, **self.settled}.items()
                if bytes_ is None and any(other.startswith(name + "/") for other in content)}

    def sets(self, state, old):
        """What may stand in each file's place, in each combination; but not nothing at all."""
        names = changed_names(old, self.settled)
        # A generation comes or goes as a whole; anything else in it is a stranger's file.
        groups = {}
        for name in names:
            folder = name.split("generations/")
            isWhole = len(folder) > 1 and database(old) != self.name
            groups.setdefault(folder[1].split("/")[0] if isWhole else name, []).append(name)
        choices = []
        for members in groups.values():
            both = [{}, {name: old.get(name) for name in members}]
            if len(members) == 1 and "checkpoint" in members[0]:
                both.append({members[0]: None})
            choices.append(both)
        for chosen in itertools.product(*choices):
            together = {}
            for one in chosen:
                together |= one
            if together:
                yield state, together
