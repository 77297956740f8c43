"""Small purges, one after the other: nothing of what was destroyed is anywhere, decrypted.

Vaults of a few conversations with words by chance in every field, with newer versions and moves
from generation to generation. After each purge and erasure no ten letters of any word that ever
went are on a page or log frame of the database, decrypted with the key that there is, nor in a
file as it is; every key that there was before opens nothing; and every kept conversation still has
its words there, or the search sees nothing. Before the last purge of each vault a copy has the same
rows deleted with a plain DELETE: there the words must be seen.
"""

import collections
import random
import shutil
import tempfile
import time

import crash
import vaultkeys
from erasing import Canaries, ErasedVault, require
from proof import Place, conversation, lines
from run import WORKERS

LARGEST_BYTES = 256 << 20
CONVERSATIONS = (8, 24)
SCRIPTS = ("Cyrillic", "Greek", "Chinese")


class DerivedKey(ErasedVault):
    """A vault whose key is derived from its passphrase, without another program."""

    def key(self, key_file=None):
        out = self.place.root / f"{self.path.name}-{self.generation}.key"
        if not out.exists():
            phrase = self.vault.secret.read_bytes().rstrip(b"\n")
            out.write_bytes(vaultkeys.of_vault(self.path, "passphrase", phrase)["vault key"])
        return out


class Purges:
    """Purges of one vault until nothing is left to purge."""

    def __init__(self, place, seed, findings):
        self.place, self.seed, self.findings = place, seed, findings
        self.source = random.Random(f"erasure/{seed}")
        # What a canary is of is the conversation that it stands in.
        self.canaries = Canaries(self.source)
        self.vault = DerivedKey(place.vault("small"), None)
        self.entries, self.gone, self.old_keys = {}, set(), []
        self.runs = self.residue = self.controls = 0

    def wrong(self, text):
        self.findings.append(f"vault {self.seed}, purge {self.runs}: {text}")

    def entry(self, number):
        """A conversation with a word in each field, in some with many."""
        entry = conversation(self.seed, number, self.source.randint(1, 5), 25)
        name = f"x{number}x"

        def new(script="Latin"):
            return self.canaries.new(name, script)

        entry["id"] = f"{name} {new()}"
        entry["title"] = f"{new()} {new(self.source.choice(SCRIPTS))}"
        entry["labels"].append(new())
        entry["project"], entry["custodian"] = new(), new()
        entry["note"] = {"aside": [new()]}
        for turn in entry["messages"]:
            turn["text"] += f" {new()} {new(self.source.choice(SCRIPTS))}"
        if self.source.random() < 0.2:
            entry["messages"][-1]["text"] += "".join(f" {new()}" for _ in range(300))
        return name, entry

    def bring(self, count):
        """Conversations that are new, and newer versions of some that are there."""
        first = len(self.entries) + len(self.gone)
        self.entries |= dict(self.entry(number) for number in range(first, first + count))
        self.write(list(self.entries.values())[-count:])
        changed = self.source.sample(sorted(self.entries), min(3, len(self.entries)))
        for name in changed:
            turn = self.entries[name]["messages"][0]
            turn["text"] = f"{self.canaries.new(name)} instead"
        self.write([self.entries[name] for name in changed])
        self.canaries.write_patterns(self.place.root / "patterns")

    def write(self, entries):
        path = self.place.write("part.jsonl", lines(entries))
        self.vault.vault.done("import", path, "--format", "jsonl", "--quiet")
        path.unlink()

    def run(self, until):
        self.bring(self.source.randint(*CONVERSATIONS))
        while self.entries and (self.runs == 0 or time.monotonic() < until):
            if self.source.random() < 0.2:
                self.bring(self.source.randint(1, 4))
            doomed = self.source.sample(
                sorted(self.entries), min(self.source.randint(1, 4), len(self.entries)))
            if self.runs == 0:
                self.control(doomed)
            self.purge(doomed)

    def purge(self, doomed):
        self.runs += 1
        ids = {entry["origin"]["id"].split()[0]: entry["id"] for entry in self.vault.vault.list()}
        self.old_keys.append(self.vault.key())
        words = [ids[name] for name in doomed]
        if self.source.random() < 0.15:
            self.vault.vault.done("purge", *words, "--reason", "a proof", "--yes", "--batch")
            self.vault.vault.done("purge", "--yes")
        else:
            self.vault.vault.done("purge", *words, "--reason", "a proof", "--yes")
        for name in doomed:
            self.gone.add(name)
            del self.entries[name]
        self.look()

    def look(self):
        """Every page with the key that there is, every file as it is, every key that there was."""
        seen = self.canaries.in_pages(self.vault)
        if left := self.gone & seen.keys():
            self.wrong(f"pages hold words of {sorted(left)}")
        if missing := self.entries.keys() - seen.keys():
            self.wrong(f"control: pages show no word of {sorted(missing)}, which is kept")
        if plain := self.canaries.search(self.vault.path, self.place.home, self.place.temporary):
            self.wrong(f"files hold words of {sorted(plain)}")
        if self.vault.generations != [str(self.vault.generation)]:
            self.wrong(f"there are the generations {self.vault.generations}")
        for key in self.old_keys[-1:] if self.entries else self.old_keys:
            if self.vault.look_below("--probe", key=key) != "wrongKey":
                self.wrong(f"the key {key.name} still opens the database")

    def control(self, doomed):
        """A plain DELETE of the same conversations leaves words."""
        copy = self.vault.vault.copy(self.place.root / "plain.coffer")
        plain = DerivedKey(copy, None)
        for name in doomed:
            plain.look_below("--plain-delete", f"{name} ")
        seen = self.canaries.in_pages(plain)
        self.controls += 1
        self.residue += bool(seen.keys() & set(doomed))
        shutil.rmtree(copy.path)


def erasure(run, until):
    """Vault after vault, on every core."""
    require("grep")
    start = time.monotonic()

    def share(number, results):
        tempfile.tempdir = str(run.scratch)
        counts, findings, vaults = collections.Counter(), [], 0
        while vaults == 0 or time.monotonic() < until:
            with Place("erasure", LARGEST_BYTES) as place:
                purges = Purges(place, f"{run.seed}/{number}/{vaults}", findings)
                purges.run(until)
            counts += collections.Counter(
                runs=purges.runs, residue=purges.residue, controls=purges.controls,
                words=len(purges.canaries.kinds))
            vaults += 1
        if counts["residue"] < counts["controls"]:
            findings.append(f"control: a plain DELETE leaves words in {counts['residue']} of "
                            f"{counts['controls']} vaults only")
        results.put((counts, findings))

    found = crash.in_processes(share, WORKERS)
    counts = sum((counts for counts, _ in found), collections.Counter())
    print(f"  {counts['words']:,} words; a plain DELETE leaves some in {counts['residue']} of "
          f"{counts['controls']} vaults", flush=True)
    run.row("erasure", counts["runs"], "purges", [text for _, texts in found for text in texts],
            start)
