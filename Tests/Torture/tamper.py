"""Changed, cut, swapped and older bytes in the files of a vault.

A small vault has gone through some states (`specimen.py`); the last one, settled or with its log
beside it, is changed in every way that is numbered there:

- one bit of each byte of the database and of its log, each bit of every other file;
- each file cut at each multiple of 64 bytes;
- pages of the database, frames of the log and files exchanged, copied over another, put in twice,
  taken out: each one and each pair;
- pages, frames and files as they were in each earlier state: each page, each two, all but one, some
  that are drawn; each frame in each place; each set of files; with and without the checkpoints
  that are remembered;
- the whole vault as it was in each earlier state, with each set of the three anchors.

The changes of each kind come in an order that the seed gives, so that a run that ends early has
taken a fair sample.

Each is judged: refused when the vault was opened, or when it was read; found by the verification of
the log or the examination; mended, where there were two of something; harmless, where it is known
why; read as a crash that cut the log off. A vault that is whole, but as it once was, is not
checkable where no newer checkpoint is at hand, and then `audit verify` says UNANCHORED. What is
left is a finding: what is shown is not what was stored (`wrong`), or what governs is not in force
(`governs`), and nobody says so; or nothing is lost, and it is not known why (`unknown`).
"""

import collections
import dataclasses
import itertools
import json
import random
import sys
import time

import crash
import judges
import specimen
from run import WORKERS
from specimen import put_back

GOVERNING = ("hold/", "policy", "slot/")
# What may not be shown as it never was, even where a fault is found.
CONTENT = ("message/", "commitment/", "attachment/", "versions/", *GOVERNING)
NOTICED = ("refused", "read", "verified")
FOUND = ("wrong", "governs", "unknown")
# How a result that is no finding and was not noticed is known to be right.
HARMLESS = {
    "same": "the bytes are the same",
    "same rows": "the rows of every table are the same, and only leftovers differ",
    "counters": "numbers that the search index keeps of itself; a new segment takes a free one",
    "traces": "traces of what was purged; without all of them there is no certificate",
    "below log": "the log has a newer page, which was moved over it",
    "index": "the log's index, which whoever opens the vault first makes anew",
    "uses": "the file `uses`, a count that nobody relies on",
    "cut off": "the log lost its last transactions: to a reader that is a crash"}
# Tables whose rows may be others without anything being shown that is not so.
TABLES = {
    "same rows": set(),
    "counters": {"search_state"},
    "traces": {"trace"},
    "declared": {"search_state", "trace", "conversation", "label", "name"}}
# `declared` is what SECURITY.md says is not noticed: what a conversation says of itself (title,
# project, dates) and labels that an import brought, in an older page.
COLUMNS = (*NOTICED, "mended", "harmless", "unanchored", "declared", *FOUND)
CONTROL_EVERY = 500


class Engine:
    """Coffer: what opens a copy and says what is in it."""

    name = "Coffer"
    # Whether it is said to users what an older page can do.
    isDeclared = True

    def __init__(self, vault):
        self.identity = vault.work.identity
        self.judge, self.reader = judges.Judge(), judges.PageReader()
        self.rows = None

    def ask(self, place, anchors=()):
        return self.judge.ask_all(place, self.identity, anchors)

    def other_tables(self, place, state):
        """The tables of a database in a place that have other rows than those of the last state."""
        name = specimen.database(state.settled)
        now = self.reader.rows(place / name, self.identity)
        if self.rows is None:
            put_back(place, state.settled)
            self.rows = self.reader.rows(place / name, self.identity)
        return {table for table in now.keys() | self.rows.keys()
                if now.get(table) != self.rows.get(table)}

    def close(self):
        self.judge.close()
        self.reader.close()


class Tampering:
    """Judges changes of the last of some states in a folder of its own."""

    def __init__(self, engine, states, folder, seed):
        self.engine, self.states, self.place, self.seed = engine, states, folder, seed
        self.last = states[-1]
        self.classes = collections.Counter()
        self.findings = []
        self.count = 0
        self.answer = None

    def run(self, share, shares, until, only=None):
        """Every `shares`-th change of each kind, or of one, round by round, until a time."""
        kinds = [kind for kind in specimen.every_kind(self.states, self.seed)
                 if only in (None, kind.name)]
        orders = [random.Random(f"{self.seed}/{kind.name}").sample(range(kind.count), kind.count)
                  for kind in kinds]
        for turn in itertools.count(share, shares):
            left = [(kind, order) for kind, order in zip(kinds, orders) if turn < len(order)]
            if not left:
                return
            for kind, order in left:
                if time.monotonic() > until:
                    return
                self.judged(kind.name, order[turn], kind.make(order[turn]))

    def check_control(self):
        """What nobody changed is as it was, or the classes would say nothing."""
        for content in (self.last.settled, self.last.logged):
            put_back(self.place, content)
            answer = self.engine.ask(self.place)
            if answer["refused"] or answer["faults"] or answer["items"] != self.last.items:
                raise AssertionError(f"what nobody changed is found: {answer}")

    def judged(self, kind, number, change, anchors=()):
        if self.count % CONTROL_EVERY == 0:
            self.check_control()
        self.count += 1
        if change.content == (self.last.logged if change.isLogged else self.last.settled):
            self.classes[kind, "same"] += 1
            return
        put_back(self.place, change.content)
        answer = self.answer = self.engine.ask(self.place, anchors)
        result = self.result(answer, change)
        self.classes[kind, result] += 1
        if result in FOUND:
            self.findings.append(
                f"{result}: {kind}:{number}: {change.what}: {self.said(answer)}")

    def said(self, answer):
        """What is other than it should be."""
        late, items = self.last.items, answer["items"]
        others = [f"{name} is {items.get(name)}, not {late.get(name)}"
                  for name in sorted(late.keys() | items.keys())
                  if late.get(name) != items.get(name)]
        return answer["message"] or "; ".join(others[:4]) or "all is as it was, and why is unknown"

    def result(self, answer, change):
        if answer["refused"] == "crash":
            return "unknown"
        if answer["refused"]:
            return "read" if answer["isOpen"] else "refused"
        if answer["faults"]:
            return self.found_with_faults(answer)
        if answer["items"] == self.last.items:
            return self.harmless(answer, change)
        if all(name.endswith("-wal") for name in self.changed(change)):
            if self.is_cut_off(answer):
                return "cut off"
        elif answer.get("anchor") == "UNANCHORED" and self.is_older(
                answer["items"], change.content):
            return "unanchored"
        return self.accusation(answer["items"])

    def accusation(self, items):
        late = self.last.items
        others = {name for name in late.keys() | items.keys() if late.get(name) != items.get(name)}
        if self.engine.isDeclared and all(name.startswith("conversation/") for name in others):
            return "declared"
        return "governs" if any(name.startswith(GOVERNING) for name in others) else "wrong"

    def found_with_faults(self, answer):
        """Somebody says that it is not right; even so nothing may be shown that never was."""
        for name, value in answer["items"].items():
            if name.startswith(CONTENT) and not any(
                    state.items.get(name) == value for state in self.states):
                return self.accusation(answer["items"])
        return "verified"

    def changed(self, change):
        base = self.last.logged if change.isLogged else self.last.settled
        return specimen.changed_names(change.content, base)

    def harmless(self, answer, change):
        """How it is known that nothing was lost though nobody refused; `unknown` if it is not."""
        names = self.changed(change)
        if change.isLogged and any(name.endswith("-wal") for name in names):
            return "cut off"
        after, settled = specimen.files(self.place), self.last.settled
        if not change.isLogged and all(after.get(name) == settled.get(name) for name in (
                *names, specimen.database(settled))):
            return "mended"
        if all(name.endswith("-shm") and name not in after for name in names):
            return "index"
        if all(name.endswith("/uses") for name in names):
            return "uses"
        if change.isLogged and all(self.is_moved_over(name, change, after) for name in names):
            return "below log"
        if answer["mended"]:
            return "mended"
        tables = self.engine.other_tables(self.place, self.last)
        return next((word for word, known in TABLES.items() if tables <= known), "unknown")

    def is_moved_over(self, name, change, after):
        """Whether all pages that were changed are others now."""
        if not name.endswith(".db"):
            return False
        now, then, was = (specimen.Blocks(content, name) for content in (
            after, change.content, self.last.logged))
        return all(now.block(index) != then.block(index) for index in range(was.count)
                   if then.block(index) != was.block(index))

    def is_cut_off(self, answer):
        """Whether all is as before the last change, of which the log may have some transactions."""
        before = self.states[-2]
        return (answer["items"] | {"log": 0}) == (before.items | {"log": 0}) and (
            before.answer["logged"] <= answer["logged"] <= self.last.answer["logged"])

    def is_older(self, items, content):
        """Whether all is as in one earlier state, and no checkpoint at hand is of a later one.

        The slots stand in a file of their own, which may be of a later state: a change of slots
        that was cut off looks the same.
        """
        slots, stored = parted(items)
        for index, state in enumerate(self.states[:-1]):
            later = [other for other in self.states[index + 1:]
                     if other.answer["logged"] > state.answer["logged"]]
            if stored == parted(state.items)[1] and any(
                    slots == parted(other.items)[0] for other in self.states[index:]) and not any(
                        name.endswith("checkpoint") and bytes_ and bytes_ == other.settled.get(name)
                        for name, bytes_ in content.items() for other in later):
                return True
        return False


def parted(items):
    """What a vault says of its slots, and the rest."""
    slots = {name: value for name, value in items.items() if name.startswith("slot/")}
    return slots, {name: value for name, value in items.items() if name not in slots}


# ---- The whole vault ----

ANCHORS = ("beside the vault", "on the device", "published")


class Rollback:
    """The whole vault as it was, with each set of the anchors that remember a newer one."""

    kind = "whole vault"

    def __init__(self, vault):
        self.vault, self.states, self.published = vault, vault.states, vault.published
        # The second line of a checkpoint says of how many entries it is.
        self.published_size = int(self.published.read_text().split("\n")[1])
        self.work = [(state, kept) for state in self.states[:-1]
                     for kept in itertools.product((False, True), repeat=len(ANCHORS))
                     if self.is_before_published(state) or not kept[2]]

    def is_before_published(self, state):
        return state.answer["logged"] < self.published_size

    def run(self, tampering, share, shares, until):
        for number in range(share, len(self.work), shares):
            if time.monotonic() > until:
                return
            self.judged(tampering, number)

    def judged(self, tampering, number):
        state, kept = self.work[number]
        tampering.judged(self.kind, number, self.change(state, kept),
                         (self.published,) if kept[2] else ())

    def change(self, state, kept):
        content = dict(state.settled)
        names = [name for name in content if name.endswith("checkpoint")]
        late = self.states[-1].settled
        for name in names:
            isKept = kept[1] if name.startswith("state/") else kept[0]
            if isKept:
                content[name] = late[name]
            else:
                del content[name]
        said = [name for name, isKept in zip(ANCHORS, kept) if isKept]
        return specimen.Change(
            f"all as of {state.name}, newer checkpoint {' and '.join(said) or 'nowhere'}", content)

    def check_program(self):
        """What `audit verify` itself says of each older state; how many, and what is wrong."""
        wrong, answers = [], []
        for index, state in enumerate(self.states[:-1]):
            alone = self.shown(state)
            said = json.loads(alone.stdout or "{}")
            answers.append(alone)
            if alone.returncode != 0 or said.get("anchor") != "UNANCHORED":
                wrong.append(f"state {index} ({state.name}) is not said to be UNANCHORED: {said}")
            if self.is_before_published(state):
                answers.append(self.shown(state, "--anchor", self.published))
                if answers[-1].returncode != 2:
                    wrong.append(f"state {index} ({state.name}) is not found to be older than "
                                 f"the published checkpoint: {answers[-1].stdout}")
        return len(answers), wrong

    def shown(self, state, *words):
        work = self.vault.work
        put_back(work.place, self.change(state, (False, False, False)).content)
        return work.run("audit", "verify", "--json", *words, isTraced=False)


def cell(classes, kind, column):
    if column == "harmless":
        return sum(classes[kind, name] for name in HARMLESS)
    return classes[kind, column]


def table(results, kinds=()):
    """For each kind of change a line of each engine: how many of how many, and what they came to.

    `results` has the name, the counts by kind and the classes of each engine. Without `kinds` all
    are told.
    """
    lines = [f"  {'':<33}{'n of N':>17}" + "".join(f"{name:>11}" for name in COLUMNS)]
    for kind in kinds or results[0][1]:
        for name, counts, classes in results:
            done = sum(number for (other, _), number in classes.items() if other == kind)
            said = f"{kind:<21}" if name == results[0][0] else " " * 21
            lines.append(
                f"  {said}{name:<12}{f'{done:,} of {counts[kind]:,}':>17}"
                + "".join(f"{cell(classes, kind, column):>11,}" for column in COLUMNS))
    for name, counts, classes in results:
        done, every = classes.total(), sum(counts.values())
        lines.append(f"  {name}: {'all' if done == every else f'{done:,} of'} {every:,} changes")
        lines += [f"  {name}: harmless: {classes_of(classes, word):,}: {reason}"
                  for word, reason in HARMLESS.items() if classes_of(classes, word)]
    return "\n".join(lines)


def classes_of(classes, word):
    return sum(number for (_, result), number in classes.items() if result == word)


@dataclasses.dataclass
class Outcome:
    """How many changes there are of each kind, what those that were tried came to, and findings."""

    rollback: Rollback
    counts: dict
    classes: collections.Counter
    findings: list


def of_coffer(run, until):
    """The changes of a vault that is made for it."""
    vault = specimen.Specimen(
        run.new_folder(run.scratch, "specimen"), f"{run.seed}/tamper", run.interposer)
    rollback = Rollback(vault)

    def share(number, results):
        folder = run.new_folder(run.scratch, f"tamper-{number}")
        tampering = Tampering(Engine(vault), vault.states, folder, run.seed)
        if run.options.only in (None, rollback.kind):
            rollback.run(tampering, number, WORKERS, until)
        tampering.run(number, WORKERS, until, run.options.only)
        tampering.engine.close()
        results.put((tampering.classes, tampering.findings))

    counts = {kind.name: kind.count for kind in specimen.every_kind(vault.states, run.seed)}
    counts[rollback.kind] = len(rollback.work)
    if run.options.only and run.options.only not in counts:
        sys.exit(f"tools/torture: there is no kind {run.options.only}; "
                 f"there are {', '.join(counts)}")
    found = crash.in_processes(share, WORKERS)
    classes = sum((classes for classes, _ in found), collections.Counter())
    return Outcome(rollback, counts, classes, [text for _, texts in found for text in texts])


def one(run, chosen):
    """The change of a kind and number again, with all that was said of it."""
    kind, _, number = chosen.rpartition(":")
    vault = specimen.Specimen(
        run.new_folder(run.scratch, "specimen"), f"{run.seed}/tamper", run.interposer)
    tampering = Tampering(
        Engine(vault), vault.states, run.new_folder(run.scratch, "tamper"), run.seed)
    if kind == Rollback.kind:
        Rollback(vault).judged(tampering, int(number))
    else:
        found = next((known for known in specimen.every_kind(vault.states, run.seed)
                      if known.name == kind and int(number) < known.count), None)
        if found is None:
            sys.exit(f"tools/torture: there is no change {chosen}")
        tampering.judged(kind, int(number), found.make(int(number)))
    (_, result), = tampering.classes
    said = {name: tampering.answer[name] for name in ("refused", "message", "faults", "mended")}
    print(f"{chosen}: {result}: {json.dumps(said, ensure_ascii=False)}")
    return tampering


def tamper(run, until):
    """Changes of one vault, with a table of what became of them."""
    start = time.monotonic()
    if run.options.only and ":" in run.options.only:
        tampering = one(run, run.options.only)
        return run.row("tamper", tampering.count, "change", tampering.findings, start)
    done = of_coffer(run, until)
    kinds = run.options.only and [run.options.only]
    print(table([(Engine.name, done.counts, done.classes)], kinds), flush=True)
    run.row("tamper", done.classes.total(), "changes", done.findings, start)
    start = time.monotonic()
    count, wrong = done.rollback.check_program()
    run.row("older vaults, told by `audit verify`", count, "answers", wrong, start)
