"""All engines on the same messages and queries, one at a time, in turns."""

import json
import pathlib
import statistics
import subprocess
import sys
import time

import coffer
from classes import CLASSES

HERE = pathlib.Path(__file__).resolve().parent
ORDER = ("coffer", "fts5", "xapian", "tantivy")
WARMING = 3
clock = time.perf_counter


def note(text):
    print(text, file=sys.stderr, flush=True)


def write(path, queries):
    path.write_text("".join(json.dumps(query) + "\n" for query in queries))


def interpreter(engine):
    """Xapian's module is a package of the system and known to the system's Python alone."""
    return "/usr/bin/python3" if engine == "xapian" else sys.executable


class Process:
    """An engine that waits for the name of a class and then makes one pass over its queries."""

    def __init__(self, command, environment=None):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env=environment)
        self.opening = self.line()

    def line(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit("tools/bench: an engine ended early")
        return json.loads(line)

    def run(self, name):
        """Microseconds for each query of a class."""
        self.process.stdin.write(name + "\n")
        self.process.stdin.flush()
        return self.line()["microseconds"]

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Contest:
    """`facts` by engine: version, seconds to build, bytes of index."""

    def __init__(self, folder, corpus, queries, programs):
        self.folder = folder
        self.corpus = corpus
        self.queries = queries
        self.programs = programs
        self.file = folder / "queries.jsonl"
        write(self.file, queries)
        self.facts = {}

    def peer(self, work, engine, *arguments):
        return [interpreter(engine), HERE / "peers.py", work, engine, self.folder / engine,
                *arguments]

    # Building

    def build(self):
        for engine in ORDER[1:]:
            note(f"building {engine}")
            self.facts[engine] = self.build_peer(engine)
        note("building coffer")
        self.vault = coffer.Vault(self.folder / "coffer", self.programs)
        done = self.vault.import_records(self.corpus.records())
        if done["added"] != self.corpus.count:
            note(f"warning: {done['added']} of {self.corpus.count} messages were imported")
        self.facts["coffer"] = {"version": "Coffer", **done, **self.measured()}

    def measured(self):
        size = self.vault.lines("--size")[1]
        return {"bytes": size["indexBytes"], "segments": size.get("segments"),
                "vaultBytes": self.vault.bytes()}

    def build_peer(self, engine):
        (self.folder / engine).mkdir()
        process = subprocess.Popen(self.peer("build", engine), stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True, encoding="utf-8")
        for text in self.corpus.texts():
            process.stdin.write(json.dumps(text) + "\n")
        process.stdin.close()
        facts = json.loads(process.stdout.readline() or sys.exit(f"tools/bench: {engine} failed"))
        process.wait()
        size = sum(file.stat().st_size for file in (self.folder / engine).rglob("*")
                   if file.is_file())
        return {**facts, "bytes": size}

    def rebuild(self):
        """Seconds in which Coffer builds its index alone, from the texts in the vault."""
        note("rebuilding coffer's index")
        return self.vault.lines("--rebuild")[1]["rebuildMicroseconds"] / 1e6

    # Matches

    def hits(self):
        """How many messages match, by engine, in the order of the queries."""
        found = {"coffer": [line["hits"] for line in self.vault.lines(self.file, 1, "--count")[1:]]}
        for engine in ORDER[1:]:
            done = subprocess.run(self.peer("count", engine, self.file), check=True, text=True,
                                  stdout=subprocess.PIPE)
            found[engine] = json.loads(done.stdout)["hits"]
        return found

    # Warm

    def start(self):
        started = {"coffer": Process(self.vault.bench(self.file, "--paced"),
                                     self.vault.environment)}
        for engine in ORDER[1:]:
            started[engine] = Process(self.peer("serve", engine, self.file))
        return started

    def warm(self, rounds):
        """Microseconds by class, engine and round, a list for the queries.

        Every engine makes WARMING passes over the list of a class that do not count, then one in
        each round; in each round another engine comes first.
        """
        processes = self.start()
        times = {}
        for name in CLASSES:
            note(f"{name}: {WARMING} passes to warm up, {rounds} rounds")
            times[name] = {engine: [] for engine in ORDER}
            for number in range(WARMING + rounds):
                shift = number % len(ORDER)
                for engine in ORDER[shift:] + ORDER[:shift]:
                    passed = processes[engine].run(name)
                    if number >= WARMING:
                        times[name][engine].append(passed)
        for process in processes.values():
            process.end()
        return times

    # Cold

    def cold(self, repetitions):
        """Milliseconds by class and engine: the process, opening, and the query; medians.

        Each is a fresh process with one query; the files are in the system's cache. `command` is
        the whole of `coffer search`, with the key in the keyring.
        """
        times = {}
        self.has_keyring = self.vault.unlock()
        for name in CLASSES:
            note(f"{name}: cold processes")
            chosen = [query for query in self.queries if query["class"] == name][:repetitions]
            times[name] = {engine: self.first(engine, chosen) for engine in ORDER}
            if self.has_keyring:
                times[name]["command"] = self.commands(chosen)
        if self.has_keyring:
            self.vault.lock()
        return times

    def first(self, engine, chosen):
        """Medians over one process for each query."""
        rows = []
        for query in chosen:
            file = self.folder / "query.jsonl"
            write(file, [query])
            if engine == "coffer":
                command = self.vault.bench(file, 1, secret="-" if self.has_keyring else None)
                environment = self.vault.environment
            else:
                command, environment = self.peer("first", engine, file), None
            start = clock()
            done = subprocess.run(command, env=environment, check=True, text=True,
                                  stdout=subprocess.PIPE)
            wall = (clock() - start) * 1e3
            said = {}
            for line in done.stdout.splitlines():
                said |= json.loads(line)
            rows.append((wall, said["openMicroseconds"] / 1e3, said["microseconds"][0] / 1e3))
        middle = [statistics.median(column) for column in zip(*rows)] or [float("nan")] * 3
        return dict(zip(("process", "open", "query"), middle))

    def commands(self, chosen):
        walls = []
        for query in chosen:
            newest = ["--newest"] if query["order"] == "newest" else []
            _, seconds = self.vault.run(
                "search", query["query"], "--limit", "10", "--json", *newest)
            walls.append(seconds * 1e3)
        return {"process": statistics.median(walls) if walls else float("nan")}
