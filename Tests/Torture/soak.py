"""A large vault in use for hours: what comes is purged again, and nothing may grow but the log.

Each round imports conversations, finds and labels them, hides one, places a hold on what stays,
releases it, exports a part and verifies it, and purges what came: by --batch, and in every third
round with erasure. Doctor and the log's verification run as often as they fit into a third of the
time. Then one process keeps the vault open and does the same inside (`TortureDriver soak`).
"""

import json
import signal
import statistics
import subprocess
import sys
import threading
import time

from judges import driver
from measured import PIECE, TURNS, MeasuredVault, Texts, growth

# Conversations that come and go in a round.
DEFAULT_MESSAGES = 1_000_000
COMING = 100
# Every so many rounds what was purged is erased.
ERASED_EVERY = 3
# The share of the time in which the vault may grow, and that of the process that stays.
GROWING, STAYING = 0.5, 0.3
# The share of the rounds in which everything is examined.
EXAMINING = 0.33
# What a command's memory may grow by its trend over all rounds: a share of it, or so many bytes.
MEMORY_SHARE, MEMORY_BYTES = 0.05, 4_000_000
# What the log keeps for ever: of a round with all its commands, and of a message that came and was
# purged, with what its certificate says of it.
ROUND_BYTES, MESSAGE_BYTES = 16_384, 384
COMES_AND_GOES = 100_000_000


class Soak:
    """The rounds on one vault, and what was measured after each."""

    def __init__(self, vault, erased_every=ERASED_EVERY, keeps=0):
        """With `keeps`, for the control, so many conversations of a round are not purged."""
        self.vault, self.rounds = vault, 0
        self.erased_every, self.keeps = erased_every, keeps
        self.sizes, self.memory = [], {}
        self.examined = self.examinations = 0

    def round(self):
        vault, label = self.vault, f"round {self.rounds}"
        first = COMES_AND_GOES + self.rounds * COMING
        self.note("import", vault.bring(range(first, first + COMING), label))
        ids = vault.ids(label)
        vault.expect(len(ids) == COMING, f"{label} has {len(ids)} conversations")
        self.look(first)
        self.note("label", vault.done("label", "add", "seen", *ids[:10]))
        self.note("hide", vault.done("delete", ids[0]))
        vault.done("delete", ids[0], "--undo")
        self.hold()
        piece = f"piece {self.rounds % (vault.messages // PIECE)}"
        written, verified = vault.export(piece, PIECE)
        self.note("export", written)
        self.note("verify", verified)
        self.purge(ids[self.keeps:])
        self.rounds += 1

    def note(self, name, cost):
        self.memory.setdefault(name, []).append(cost.memory)

    def look(self, first):
        """What came is found, and what was there still is."""
        vault = self.vault
        self.note("search", vault.counted(f"c{first + COMING // 2}x", TURNS))
        came = Texts.marked((first + COMING) * TURNS, "harbour") - Texts.marked(
            first * TURNS, "harbour")
        vault.counted("harbour", Texts.marked(vault.messages, "harbour") + came)

    def hold(self):
        """A hold on what stays: while it is in force a purge of it is refused."""
        vault, label = self.vault, f"piece {self.rounds % 2}"
        held = vault.answer(vault.done(
            "hold", "place", f"round {self.rounds}", "--label", label, "--json"))
        refused = vault.done("purge", "--label", label, "--reason", "torture", "--yes", status=3)
        self.note("refused purge", refused)
        self.note("hold release", vault.done(
            "hold", "release", held.get("id", "none"), "--reason", "settled", "--yes"))

    def purge(self, ids):
        """What came goes; what is erased is measured."""
        vault, erases = self.vault, (self.rounds + 1) % self.erased_every == 0
        batch = () if erases else ("--batch",)
        cost = vault.done("purge", *ids, "--reason", "torture", "--yes", "--json", *batch)
        said = vault.answer(cost)
        vault.expect(
            said.get("conversations") == len(ids) and said.get("erased") == erases,
            f"a purge of {len(ids)} conversations destroyed {said.get('conversations')}")
        self.note("erasing purge" if erases else "purge", cost)
        if erases:
            vault.counted("harbour", Texts.marked(vault.messages, "harbour"))
            self.sizes.append(vault.size())

    def examine(self):
        """Doctor finds nothing, and the log agrees with what is there."""
        start = time.monotonic()
        self.note("doctor", self.vault.done("doctor", "--json"))
        verified = self.vault.done("audit", "verify", "--json")
        self.note("audit verify", verified)
        self.examinations += 1
        self.examined += time.monotonic() - start

    def run(self, until):
        """Rounds until a time, whole groups of them up to an erasure, and an examination."""
        start, longest = time.monotonic(), 0.0
        while time.monotonic() + longest + self.one_examination < until:
            begun = time.monotonic()
            for _ in range(self.erased_every):
                self.round()
            longest = max(longest, time.monotonic() - begun)
            if self.examined <= EXAMINING * (time.monotonic() - start):
                self.examine()
        self.examine()

    @property
    def one_examination(self):
        return self.examined / max(1, self.examinations)

    # ---- What must hold ----

    def grown(self):
        """What grew more than it may."""
        found = []
        for name, values in self.memory.items():
            found += memory_grown(name, values)
        if trend := growth(self.sizes):
            more, size = trend
            steps = len(self.sizes) - 1
            most = steps * self.erased_every * (
                ROUND_BYTES + COMING * TURNS * MESSAGE_BYTES)
            if more > most:
                rounds = steps * self.erased_every
                found.append(f"the vault of {size / 1e6:.1f} MB grew by {more / 1e6:.2f} MB in "
                             f"{rounds} rounds; its log explains {most / 1e6:.2f} MB")
        return found

    def described(self):
        """The medians of memory, and how the folder grew."""
        peaks = ", ".join(f"{name} {statistics.median(values) / 1e6:.0f} MB (trend "
                          f"{(growth(values) or (0, 0))[0] / 1e6:+.2f})"
                          for name, values in self.memory.items())
        lines = [f"  most memory: {peaks}"]
        if len(self.sizes) > 1:
            each = (self.sizes[-1] - self.sizes[0]) / (len(self.sizes) - 1) / self.erased_every
            lines.append(f"  the folder: {self.sizes[0] / 1e6:.2f} MB, then "
                         f"{self.sizes[-1] / 1e6:.2f} MB, {each:,.0f} bytes a round")
        unknown = [name for name, values in [*self.memory.items(), ("the folder", self.sizes)]
                   if growth(values) is None]
        if unknown:
            lines.append("  too few rounds for a trend, and nothing is said of: "
                         f"{', '.join(unknown)}")
        return "\n".join(lines)


def memory_grown(name, values):
    trend = growth(values)
    if trend is None:
        return []
    more, usual = trend
    if more <= max(MEMORY_SHARE * usual, MEMORY_BYTES):
        return []
    return [f"the memory of {name}, {usual / 1e6:.1f} MB, grew by {more / 1e6:.1f} MB in "
            f"{len(values)} runs"]


# ---- The process that stays ----


def stay(vault, seconds, *options):
    """Lets one process work in the vault: what it says of itself, a line for each second."""
    command = [driver(), "soak", vault.path, vault.identity,
               vault.folder / "state/coffer/checkpoints", str(seconds), *options]
    process = subprocess.Popen(
        list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=vault.environment())
    # It ends by itself; what hangs is ended.
    watch = threading.Timer(2 * seconds + 300, process.send_signal, (signal.SIGKILL,))
    watch.daemon = True
    watch.start()
    out, err = process.communicate()
    watch.cancel()
    vault.expect(process.returncode == 0, f"TortureDriver soak ended with {process.returncode}: "
                                          f"{err.decode(errors='replace')[-300:]}")
    return [json.loads(line) for line in out.splitlines()]


def judge_staying(samples):
    """What a process that stays must not gather."""
    if not samples:
        return ["the process that stays said nothing"]
    found = [fault for sample in samples for fault in sample["faults"]]
    found += memory_grown("the process that stays", [sample["residentBytes"] for sample in samples])
    for name in ("handles", "threads"):
        trend = growth([sample[name] for sample in samples])
        if trend and trend[0] > 1.5:
            found.append(f"the process that stays has {trend[0]:.0f} {name} more in "
                         f"{len(samples)} seconds")
    return found


def describe_staying(samples):
    if samples:
        last = samples[-1]
        trend = growth([sample["residentBytes"] for sample in samples]) or (0, 0)
        print(f"  the process that stays: {last['rounds']:,} rounds, "
              f"{last['residentBytes'] / 1e6:.1f} MB (trend {trend[0] / 1e6:+.2f}), "
              f"{last['handles']} open files, {last['threads']} threads")


# ---- The commands ----


def soak(run, until):
    """Grows the vault, and works in it by commands and by one process."""
    start = time.monotonic()
    growing = start + GROWING * (until - start)
    vault = MeasuredVault(run.new_folder(run.folder, "soak"), run.seed)
    messages = run.options.messages or DEFAULT_MESSAGES
    vault.grow(messages // PIECE * PIECE, lambda: time.monotonic() < growing)
    print(f"  {vault.messages:,} messages in {time.monotonic() - start:.0f} s, "
          f"{vault.size() / 1e6:.1f} MB", flush=True)
    run.row("messages that were imported", vault.messages, "messages", vault.faults, start)
    start, vault.faults = time.monotonic(), []
    soak = Soak(vault)
    soak.run(until - STAYING * (until - start))
    print(soak.described(), flush=True)
    run.row(f"rounds at {vault.messages:,} messages", soak.rounds, "rounds",
            vault.faults + soak.grown(), start)
    start, vault.faults = time.monotonic(), []
    samples = stay(vault, max(10, int(until - start - soak.one_examination)))
    describe_staying(samples)
    soak.examine()
    rounds = samples[-1]["rounds"] if samples else 0
    run.row("rounds of one process", rounds, "rounds", vault.faults + judge_staying(samples), start)


# Takes more memory with every round.
PLANTED = "import sys; held = bytearray(int(sys.argv[1]) << 20)"


def control(run, until):
    """Plants what grows, and must be found: the vault, and memory and files of processes."""
    start = time.monotonic()
    vault = MeasuredVault(run.new_folder(run.folder, "control"), run.seed)
    vault.grow(4000)
    soak = Soak(vault, erased_every=1, keeps=COMING // 2)
    while soak.rounds < 10 and time.monotonic() < until - 60:
        soak.round()
        vault.faults = []
        soak.note("planted", vault.run("-c", PLANTED, 10 + soak.rounds, program=sys.executable))
    print(soak.described(), flush=True)
    found = soak.grown() + judge_staying(stay(vault, 20, "--leaks"))
    missed = [f"{name} was not found to grow" for name in (
        "the vault of", "the memory of planted", "the memory of the process that stays", "handles")
        if not any(name in text for text in found)]
    run.row("planted growth", 4, "faults", missed, start)
