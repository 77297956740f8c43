"""A vault of many gigabytes: it opens, is searched, verifies, and destroys one conversation of it.

Half of it are texts of 64 KiB a message, half are attached files of 1 MiB that nothing makes
smaller. What is measured is what `scale` measures, and how much a command reads or writes a second.
"""

import json
import os
import shutil
import time

from measured import MOST_MEMORY, PIECE, TURNS, MeasuredVault
from proof import chatgpt, skip
from scale import Measures, imported, lines_of

# About 64 KiB of words a message.
SENTENCES = 700
FILE_BYTES, FILES = 1 << 20, 64
# Room on the disk, in vaults: an erasure writes the vault anew before the old one goes, and copies
# of exports and imports stand beside it.
ROOM = 2.5
# What a command may take of memory: it reads messages and files one by one, some at once.
MOST_BYTES = 2 * MOST_MEMORY


class LargeVault(MeasuredVault):
    """Grows by a piece of long texts and then one of attached files, in turn."""

    def __init__(self, folder, seed):
        super().__init__(folder, seed, sentences=SENTENCES)
        self.files = 0

    def grow_to(self, volume, until):
        """Imports until the folder has so many bytes; the costs of the imports."""
        costs = []
        while self.size() < volume and time.monotonic() < until:
            first = self.messages // TURNS
            costs.append(self.bring(range(first, first + PIECE // TURNS)))
            self.messages += PIECE
            costs.append(self.bring_files())
        return costs

    def bring_files(self):
        """Imports a ChatGPT export of conversations with a file each."""
        folder = self.folder / "out/export"
        folder.mkdir()
        entries = []
        for number in range(self.files, self.files + FILES):
            attached = (f"file-{number:08}", "picture.png", os.urandom(FILE_BYTES))
            entries.append((f"f{number}", f"Pictures {number}", [(f"f{number}x", [attached])]))
        for name, content in chatgpt(entries).items():
            (folder / name).write_bytes(content)
        cost = self.done("import", folder, "--format", "chatgpt", "--json")
        added = self.answer(cost).get("attachments", {}).get("added")
        self.expect(added == FILES, f"an import added {added} files, not {FILES}")
        self.files += FILES
        self.brought += FILES * FILE_BYTES
        shutil.rmtree(folder)
        return cost


class LargeMeasures(Measures):
    """What is measured in it; what looks at everything comes first."""

    def all(self):
        self.vault.counted(f"f{self.vault.files // 2}x", 1)
        return super().all(self.read, self.examine, self.come_and_go, self.change_key)


def large(run, until):
    """Fills a vault in half of the time at most, and measures it in what is left."""
    start = time.monotonic()
    volume = int((run.options.gigabytes or 10) * 1e9)
    if shutil.disk_usage(run.folder).free < ROOM * volume:
        skip(f"{run.folder} has no room for {ROOM} times {volume / 1e9:g} GB")
    vault = LargeVault(run.new_folder(run.folder, "large"), run.seed)
    imports = vault.grow_to(volume, start + (until - start) / 2)
    line = {"messages": vault.messages, "conversations": vault.messages // TURNS,
            "import": imported(imports, vault.messages + vault.files, vault.brought),
            "sizeBytes": vault.size()}
    brought = line["import"]
    print(f"  {vault.files:,} files of 1 MiB; {vault.brought / 1e6 / brought['seconds']:.0f} MB "
          f"imported a second ({vault.brought / 1e6 / brought['processorSeconds']:.0f} MB a second "
          f"of a processor)", flush=True)
    line["operations"] = LargeMeasures(vault, 0, until).all()
    line["totalSeconds"] = round(time.monotonic() - start, 1)
    print(lines_of(line), flush=True)
    for name in ("purge of one, erasure", "new key", "audit verify", "doctor"):
        if cost := line["operations"].get(name):
            print(f"  {name}: {line['sizeBytes'] / 1e6 / cost['seconds']:,.0f} MB a second")
    found = [f"{name} takes {cost['peakBytes'] / 1e6:.0f} MB of memory"
             for name, cost in {"import": brought, **line["operations"]}.items()
             if cost["peakBytes"] > MOST_BYTES]
    if line["sizeBytes"] < volume:
        print(f"  the time was enough for {line['sizeBytes'] / 1e9:.2f} GB")
    if run.options.write:
        path = os.path.join(run.options.write, "large.json")
        with open(path, "w", encoding="utf-8") as out:
            json.dump({"seed": run.seed} | line, out, indent=1)
    run.row(f"operations at {line['sizeBytes'] / 1e9:.1f} GB", vault.commands, "commands",
            vault.faults + found, start)
