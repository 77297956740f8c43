"""What the engine draws by chance, by its own functions: no value comes twice, over a fork either.

Ids, salts of messages, parts and log entries, keys and file keys, nonces of sealed bytes,
identities, signing keys, and of age files the ephemeral shares, salts and nonces.
"""

import collections
import itertools
import subprocess
import time

import judges
from proof import in_parallel, skip
from run import WORKERS

KINDS = ("id", "salt", "key", "file-key", "nonce", "identity", "signing-key", "age-recipient",
         "age-passphrase")
WANTED = 1_000_000
# So many of a kind are drawn at a time.
STEP = 5_000
CONTROL = "stock"


class Drawn:
    """All values of a kind, field by field."""

    def __init__(self, folder, kind):
        self.folder, self.kind = folder, kind
        self.fields = []
        self.count = self.repeated = 0

    def draw(self, count):
        done = subprocess.run([judges.driver(), "randoms", self.kind, str(count), self.folder],
                              capture_output=True, text=True, check=False)
        if done.returncode == 64:
            skip("this TortureDriver draws no values; `swift build --product TortureDriver`")
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        widths = [int(word) for word in done.stdout.split()]
        for name in ("before", "parent", "child"):
            content = (self.folder / name).read_bytes()
            self.take(content, widths)

    def take(self, content, widths):
        self.fields = self.fields or [set() for _ in widths]
        offsets = [0, *itertools.accumulate(widths)]
        for at in range(0, len(content), sum(widths)):
            self.count += 1
            for field, start, end in zip(self.fields, offsets, offsets[1:]):
                value = content[at + start:at + end]
                # Of a text the end, because its beginning is common to all.
                self.repeated += value[-16:] in field
                field.add(value[-16:])


def randoms(run, until):
    """A million of each kind, or as many as there is time for, evenly."""
    start = time.monotonic()
    kinds = [Drawn(run.new_folder(run.scratch, kind), kind) for kind in KINDS]
    control = Drawn(run.new_folder(run.scratch, CONTROL), CONTROL)
    control.draw(STEP)
    findings = [] if control.repeated else ["control: a stock that two processes use is not seen"]
    counts = collections.Counter()
    while not counts or time.monotonic() < until and kinds[0].count < WANTED:
        in_parallel(lambda kind: kind.draw(min(STEP, WANTED - kind.count)), kinds, WORKERS)
        counts = collections.Counter({kind.kind: kind.count for kind in kinds})
    findings += [f"{kind.repeated} of {kind.count:,} values come again: {kind.kind}"
                 for kind in kinds if kind.repeated]
    print("  " + ", ".join(f"{kind} {count:,}" for kind, count in counts.items()), flush=True)
    run.row("randoms", counts.total(), "values", findings, start)
