"""What every operation costs while a vault grows, and what it costs in a vault of many gigabytes.

A vault of made-up conversations grows from each size to the next. At each the same operations run
as whole processes: seconds, seconds of processors and the most memory. An operation of `CONSTANT`
must cost about the same in every vault, one of `WALKS` little more, and any other at most in
proportion to its size.
"""

import pathlib
import statistics
import sys
import time

import plot
from measured import MOST_MEMORY, PART, PIECE, TURNS, MeasuredVault, Texts

# What an operation of any size of vault may take more of than in the smallest one, in seconds of
# processors: so much, and as often as that. Processors that do other work as well are slower.
SPARE, MOST_TIMES = 0.05, 2.0
# What others may take in proportion to what the vault has more.
MOST_IN_PROPORTION = 1.5
DEFAULT_SIZES = "10000,100000,1000000"
# Up to so many messages the memory of a command is promised.
PROMISED = 1_000_000
# How often an operation is repeated: while it takes less than so many seconds.
REPEATED = ((1.0, 5), (20.0, 3))
# Conversations of the imports that are measured, and purged again.
EXTRA = PIECE // TURNS
# Where the numbers of what comes and goes begin; these say none of the words that are counted.
COMES_AND_GOES = 100_000_000

CONSTANT = (
    "open", "search: rare word", "show", "label", "hide", "import of 1,000", "verify of it",
    "search, a hold in force", "slot added")
# These walk the table of conversations, and may take so many seconds more for each message.
WALKS = ("list of one label", "list of one label, a hold in force", "export of 1,000")
MOST_TO_WALK = 1e-6


class Measures:
    """The operations on one vault at one size: name by name the costs of their runs."""

    def __init__(self, vault, extra, until):
        self.vault, self.costs, self.extra, self.until = vault, {}, extra, until

    def repeat(self, name, work):
        """Runs an operation as often as it is short."""
        costs = self.costs.setdefault(name, [])
        costs.append(work())
        for seconds, times in REPEATED:
            while len(costs) < times and costs[0].seconds < seconds and self.has_time:
                costs.append(work())

    @property
    def has_time(self):
        return time.monotonic() < self.until

    def again(self, name, *words):
        self.repeat(name, lambda: self.vault.done(*words))

    def once(self, name, *words):
        self.costs.setdefault(name, []).append(self.vault.done(*words))

    def numbers(self):
        """Those of conversations that come and go: each is used once."""
        first = COMES_AND_GOES + self.extra * EXTRA
        self.extra += 1
        return range(first, first + EXTRA)

    def read(self):
        vault, count = self.vault, self.vault.messages
        self.again("open", "list", "--limit", "1", "--json")
        middle = f"c{count // TURNS // 2}x"
        self.repeat("search: rare word", lambda: vault.counted(middle, TURNS))
        self.repeat("search: common word", lambda: vault.counted(
            "harbour", Texts.marked(count, "harbour")))
        self.repeat("search: phrase", lambda: vault.counted(
            '"amber lantern"', Texts.marked(count, "amber lantern")))
        shown = vault.ids("piece 0")[0]
        self.again("show", "show", shown, "--json")
        self.again("list of one label", "list", "--label", "piece 0", "--json")
        self.again("list of all", "list", "--json")
        self.again("statistics", "stats", "--json")
        self.again("size of the index", "index", "--json")
        self.again("policy, dry run", "purge", "--dry-run", "--json")
        self.export()

    def export(self):
        for _ in range(3):
            written, verified = self.vault.export("piece 0", PIECE)
            self.costs.setdefault("export of 1,000", []).append(written)
            self.costs.setdefault("verify of it", []).append(verified)

    def change(self):
        """Labels and hidden conversations, and what a hold costs that is in force."""
        vault, shown = self.vault, self.vault.ids("piece 1")[0]
        for count in range(5):
            self.once("label", "label", "add", f"mark {count}", shown)
            self.once("hide", "delete", shown)
            vault.done("delete", shown, "--undo")
            vault.done("label", "remove", f"mark {count}", shown)
        matter = f"matter {vault.messages}"
        self.again("hold placed", "hold", "place", matter, "--label", "piece 1", "--json")
        self.again("hold list", "hold", "list", "--json")
        self.again("list of one label, a hold in force", "list", "--label", "piece 0", "--json")
        self.again("search, a hold in force", "search", "harbour", "--json")
        vault.done("purge", shown, "--reason", "torture", "--yes", status=3)
        for hold in vault.done("hold", "list", "--json").lines():
            self.once("hold released", "hold", "release", hold["id"], "--reason", "settled",
                      "--yes")

    def come_and_go(self):
        """Imports into the vault, and purges of what came: at the end it has what it had."""
        vault, labels = self.vault, []
        for _ in range(3):
            labels.append(f"extra {self.extra}")
            self.costs.setdefault("import of 1,000", []).append(
                vault.bring(self.numbers(), labels[-1]))
        single = vault.ids(labels[0])
        self.repeat("purge of one, erasure", lambda: self.purged(TURNS, single.pop()))
        self.costs["purge of 1,000, no erasure"] = [
            self.purged(PIECE, "--label", label, "--batch") for label in labels[1:]]
        self.costs["purge of the rest, erasure"] = [
            self.purged(len(single) * TURNS, "--label", labels[0])]
        vault.counted("harbour", Texts.marked(vault.messages, "harbour"))

    def purged(self, messages, *words):
        cost = self.vault.done("purge", *words, "--reason", "torture", "--yes", "--json")
        said = self.vault.answer(cost)
        self.vault.expect(
            said.get("messages") == messages and said.get("erased") == ("--batch" not in words),
            f"a purge of {messages} messages destroyed {said.get('messages')}, "
            f"erased: {said.get('erased')}")
        return cost

    def change_key(self):
        secret = self.vault.write("passphrase", "a passphrase of torture\n")
        for name in ("first", "second", "third"):
            self.once("slot added", "slot", "add", name, "--passphrase", "--new-passphrase-file",
                      secret, "--work-factor", "15", "--allow-weak-work-factor")
            self.once("new key", "slot", "remove", name, "--yes")

    def examine(self):
        self.again("audit verify", "audit", "verify", "--json")
        self.again("doctor", "doctor", "--json")

    def all(self, *parts):
        """Runs the groups of operations for which there is time."""
        for part in parts or (
                self.read, self.come_and_go, self.change, self.change_key, self.examine):
            if not self.has_time:
                print(f"  no time for {part.__name__.replace('_', ' ')}")
                continue
            part()
        return {name: figures(costs) for name, costs in self.costs.items()}


def figures(costs):
    """Medians of what the runs of an operation took."""
    return {
        "runs": len(costs), "seconds": round(statistics.median(cost.seconds for cost in costs), 4),
        "processorSeconds": round(statistics.median(cost.processor for cost in costs), 4),
        "peakBytes": max(cost.memory for cost in costs)}



def imported(costs, messages, volume):
    """What the imports took by which a vault grew."""
    return {
        "messages": messages, "bytes": volume,
        "seconds": round(sum(cost.seconds for cost in costs), 3),
        "processorSeconds": round(sum(cost.processor for cost in costs), 3),
        "peakBytes": max(cost.memory for cost in costs)}


# ---- What must hold ----

def judged(table):
    """What costs more than it may, by name."""
    found = []
    for line in table:
        for name, cost in line["operations"].items():
            found += slower(table, line, name, cost["processorSeconds"])
            if line["messages"] <= PROMISED and cost["peakBytes"] > MOST_MEMORY:
                found.append(f"{name} at {line['messages']:,} messages takes "
                             f"{cost['peakBytes'] / 1e6:.0f} MB of memory")
    found += [f"an import of up to {PART:,} messages takes "
              f"{line['import']['peakBytes'] / 1e6:.0f} MB of memory" for line in table
              if line["messages"] <= PROMISED and line["import"]["peakBytes"] > MOST_MEMORY]
    for before, line in zip(table, table[1:]):
        old, new = (part["import"]["processorSeconds"] / part["import"]["messages"]
                    for part in (before, line))
        if new > MOST_TIMES * old:
            found.append(f"a message is imported in {new * 1e6:.0f} µs of a processor up to "
                         f"{line['messages']:,} messages, and was in {old * 1e6:.0f} µs")
    return found


def slower(table, line, name, cost):
    """An operation at one size, compared with what it took in smaller vaults."""
    first = table[0]
    index = table.index(line)
    if index == 0 or any(name not in part["operations"] for part in (first, table[index - 1])):
        return []
    before = first if name in CONSTANT + WALKS else table[index - 1]
    known = before["operations"][name]["processorSeconds"]
    most = MOST_TIMES if name in CONSTANT + WALKS else (
        MOST_IN_PROPORTION * line["messages"] / before["messages"])
    walked = MOST_TO_WALK * line["messages"] if name in WALKS else 0.0
    if cost <= known * most + walked + SPARE:
        return []
    return [f"{name} takes {cost:.2f} s of a processor at {line['messages']:,} messages and "
            f"{known:.2f} s at {before['messages']:,}"]


# ---- The commands ----

def sizes_of(text):
    """The sizes in ascending order, each of whole pieces and two of them at least."""
    return sorted({max(2 * PIECE, int(word) // PIECE * PIECE) for word in text.split(",")})


def seconds_needed(table, size):
    """What the next size will take by what the last one took, with a fifth more."""
    if not table:
        return 0.0
    last = table[-1]
    times = size / last["messages"]
    total = (size - last["messages"]) * last["import"]["seconds"] / last["import"]["messages"]
    measured = 0.0
    for name, cost in last["operations"].items():
        measured += cost["seconds"] * cost["runs"]
        seconds = cost["seconds"] * (1 if name in CONSTANT + WALKS else times)
        total += seconds * min(cost["runs"], runs_of(seconds))
    # What was not measured, such as the making of texts.
    return 1.2 * (total + last["totalSeconds"] - last["import"]["seconds"] - measured)


def runs_of(seconds):
    """How often an operation is run that takes so long."""
    return max([1] + [times for most, times in REPEATED if seconds < most])


def scale(run, until):
    """Grows one vault from size to size."""
    vault = MeasuredVault(run.new_folder(run.folder, "scale"), run.seed)
    table, extra = [], 0
    for size in sizes_of(run.options.sizes or DEFAULT_SIZES):
        needed = seconds_needed(table, size)
        if time.monotonic() + needed > until:
            print(f"no time for {size:,} messages, which need about {needed / 60:.0f} minutes")
            break
        start, before = time.monotonic(), vault.messages
        vault.brought = 0
        imports = vault.grow(size)
        line = {"messages": size, "conversations": size // TURNS,
                "import": imported(imports, size - before, vault.brought),
                "sizeBytes": vault.size()}
        measures = Measures(vault, extra, until)
        line["operations"] = measures.all()
        line["totalSeconds"] = round(time.monotonic() - start, 1)
        extra = measures.extra
        table.append(line)
        print(lines_of(line), flush=True)
        run.row(f"operations at {size:,} messages", vault.commands, "commands", vault.faults, start)
        vault.commands, vault.faults = 0, []
    finish(run, table, vault.texts.seed)


def finish(run, table, seed):
    start = time.monotonic()
    count = sum(len(line["operations"]) for line in table)
    run.row("costs that were compared", count, "costs", judged(table), start)
    if run.options.write:
        plot.write(pathlib.Path(run.options.write), table, seed, CONSTANT + WALKS)


def lines_of(line):
    """The table of one size."""
    size, brought = line["sizeBytes"], line["import"]
    rows = [
        f"{line['messages']:,} messages, {size / 1e6:,.1f} MB, {size / line['messages']:,.0f} bytes"
        f" a message; {brought['messages']:,} imported in {brought['seconds']:.1f} s "
        f"({brought['processorSeconds']:.1f} s of a processor), "
        f"{brought['messages'] / brought['seconds']:,.0f} a second, "
        f"{brought['peakBytes'] / 1e6:.0f} MB of memory; all in {line['totalSeconds']:.0f} s"]
    for name, cost in line["operations"].items():
        rows.append(f"  {name:<38} {cost['runs']} × {cost['seconds'] * 1000:>10,.1f} ms "
                    f"{cost['processorSeconds'] * 1000:>10,.1f} ms of a processor "
                    f"{cost['peakBytes'] / 1e6:>7.1f} MB")
    return "\n".join(rows)


# ---- Control ----

# Takes time with the square of the messages, and memory that no command may have.
PLANTED = """import sys, time
end = time.process_time() + 0.1 * (int(sys.argv[1]) / 5000) ** 2
held = bytearray(150 << 20)
while time.process_time() < end: pass
"""


def control(run, _):
    """Plants an operation that is slow and large, and a count that is wrong; each must be seen."""
    start = time.monotonic()
    vault, table = MeasuredVault(run.new_folder(run.folder, "control"), run.seed), []
    for size in (5000, 20_000):
        imports = vault.grow(size)
        planted = figures([vault.run("-c", PLANTED, size, program=sys.executable)])
        sound = figures([vault.done("list", "--limit", "1")])
        table.append({
            "messages": size, "import": imported(imports, size, vault.brought),
            "operations": {"show": planted, "planted, in proportion": planted, "open": sound}})
    vault.counted("harbour", Texts.marked(size, "harbour"))
    found, wrong = judged(table), list(vault.faults)
    vault.counted("harbour", Texts.marked(size, "harbour") + 1)
    missed = [f"{name} was not found to be slow" for name in ("show", "planted")
              if not any(text.startswith(name) and " s at 5,000" in text for text in found)]
    missed += [] if sum("MB of memory" in text for text in found) == 4 else ["memory was not seen"]
    missed += [] if len(vault.faults) == len(wrong) + 1 else ["a wrong count was not seen"]
    missed += wrong + [text for text in found if text.startswith("open")]
    run.row("planted faults", 4, "faults", missed, start)
