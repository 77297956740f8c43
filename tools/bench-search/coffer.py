"""Coffer's side: vaults made by the command line, searched by the program VaultDriver."""

import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
clock = time.perf_counter


def built():
    """Builds the command line and VaultDriver; answers the folder that they are in."""
    command = ["swift", "build", "--configuration", "release", "--static-swift-stdlib"]
    for product in ("coffer", "VaultDriver"):
        done = subprocess.run([*command, "--product", product], cwd=ROOT, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            sys.exit(f"tools/bench: {product} does not build\n{done.stdout}")
    shown = subprocess.run([*command, "--show-bin-path"], cwd=ROOT, text=True, check=True,
                           stdout=subprocess.PIPE)
    return pathlib.Path(shown.stdout.strip())


class Vault:
    """A vault of its own in a folder, which is the home of what is run on it, too.

    Its passphrase slot has the least cost that a new slot may have: 2 to the 15th.
    """

    def __init__(self, folder, programs, stemming=None):
        self.folder = folder
        self.programs = programs
        self.path = folder / "bench.coffer"
        self.passphrase = folder / "passphrase"
        folder.mkdir(parents=True)
        self.passphrase.write_text("correct horse battery staple\n")
        self.passphrase.chmod(0o600)
        self.environment = {"HOME": str(folder), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        options = ["--stemming", stemming] if stemming else []
        self.run("init", "--work-factor", "15", "--custodian", "Bench", *options,
                 "--passphrase-file", self.passphrase)

    def command(self, *arguments):
        return [self.programs / "coffer", *map(str, arguments), "--vault", self.path]

    def run(self, *arguments):
        """Runs one command; answers what it printed and its wall seconds."""
        start = clock()
        process = subprocess.Popen(self.command(*arguments), env=self.environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        output, errors = process.communicate()
        seconds = clock() - start
        if process.returncode != 0:
            sys.exit(f"tools/bench: coffer {arguments[0]} failed: {errors}")
        return output, seconds

    def unlock(self):
        """Puts the key into the keyring; whether there is one here."""
        done = subprocess.run(
            self.command("unlock", "--passphrase-file", self.passphrase), env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode == 0

    def lock(self):
        """Takes the key out of the keyring again."""
        self.run("lock")

    def import_records(self, records):
        """Imports conversations in Coffer's form; answers stored messages, seconds and memory."""
        file, cost = self.folder / "conversations.jsonl", self.folder / "cost.json"
        with open(file, "w", encoding="utf-8") as out:
            for record in records:
                out.write(json.dumps(record, ensure_ascii=False) + "\n")
        command = self.command("import", file, "--format", "jsonl", "--json",
                               "--passphrase-file", self.passphrase)
        launcher = [sys.executable, pathlib.Path(__file__).with_name("launch.py"), cost]
        done = subprocess.run(launcher + command, env=self.environment, text=True,
                              stdout=subprocess.PIPE)
        if done.returncode != 0:
            sys.exit("tools/bench: coffer import failed")
        file.unlink()
        return {"added": json.loads(done.stdout)["messages"]["added"],
                **json.loads(cost.read_text())}

    def bench(self, *arguments, secret=None):
        """The call of VaultDriver, for Popen and its like."""
        return [self.programs / "VaultDriver", self.path, secret or self.passphrase,
                *map(str, arguments)]

    def lines(self, *arguments):
        """What VaultDriver says, one value a line; the first is about opening."""
        done = subprocess.run(self.bench(*arguments), env=self.environment, text=True,
                              stdout=subprocess.PIPE)
        if done.returncode != 0:
            sys.exit("tools/bench: VaultDriver failed")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def origins(self):
        """Id in the source by id of a conversation."""
        output, _ = self.run("list", "--json", "--passphrase-file", self.passphrase)
        rows = map(json.loads, output.splitlines())
        return {row["id"]: row["origin"]["id"] for row in rows}

    def bytes(self):
        """Bytes of all files of the vault."""
        return sum(file.stat().st_size for file in self.path.rglob("*") if file.is_file())
