"""Processes at once on one vault: two operations of the workload, and four workers of every kind.

Of the workers one imports, labels and asks a model, one imports and purges, one adds and removes
slots, purges and erases, so that the vault moves to new keys, and one reads. Each has conversations
of its own, and the ledger knows what was acknowledged of them. Some commands are killed, some pause
in front of a change of a file, a few of these for longer than the others wait; some clocks are off.

A command succeeds, or says that another process is in its way. A list has all that was acknowledged
before it began, and nothing that was purged before it. After each round the vault is examined, its
log is verified, and every conversation and answer is compared with the ledger.
"""

import hashlib
import json
import random
import signal
import threading
import time

import calls
import judges
import pairs
from proof import conversation, lines, sentence
from workload import DAY, Workload

ROUND_SECONDS = 10
ROUNDS = 5
KILLED, PAUSED, OFF = 0.08, 0.05, 0.1
JUMPS = (-400 * DAY, -3600, -60, 60, 3600, 3 * DAY)
# Of the pauses, those that are longer than the others wait.
LONG = 0.15
# What doctor may say of a process that was killed a moment ago.
CUT_OFF = "was cut off and is no record yet; run this again"


def digest(*texts):
    """As `Judge.digest`."""
    return hashlib.sha256("\x1f".join(texts).encode()).hexdigest()[:24]


class Ledger:
    """What may be in the vault: for each conversation its possible states, one where all of its
    operations were answered. A state is the set of its labels, or None for a purged one."""

    def __init__(self):
        self.lock = threading.Lock()
        self.entries, self.states, self.changes, self.answers = {}, {}, {}, {}

    def begin(self, entry, state):
        """An operation begins that may lead to a state."""
        with self.lock:
            name = entry["id"]
            self.entries[name] = entry
            self.states.setdefault(name, [None]).append(state)
            self.changes[name] = self.changes.get(name, 0) + 1

    def end(self, entry, state):
        """It is known that this is the state."""
        with self.lock:
            self.states[entry["id"]] = [state]
            self.changes[entry["id"]] += 1

    def certain(self):
        """Each conversation whose state is known, with the number of its changes."""
        with self.lock:
            return {name: (states[0], self.changes[name])
                    for name, states in self.states.items() if len(states) == 1}

    def answer(self, name, text):
        with self.lock:
            self.answers[name] = text

    def of(self, worker, isWanted):
        """The conversations of a worker in a state that is known and wanted."""
        return [self.entries[name] for name, (state, _) in sorted(self.certain().items())
                if name.startswith(worker) and isWanted(state)]

    def items(self, entry, state):
        """What the judge says of a conversation in a state."""
        if state is None:
            return {}
        messages = entry["messages"]
        items = {f"conversation/{entry['id']}": digest(
            entry["title"], entry["custodian"], entry["project"],
            ",".join(sorted({*entry["labels"], *state})), "false", f"{len(messages)} 0")}
        for message in messages:
            items[f"message/{entry['id']}/{message['id']}"] = digest(
                message["role"], "complete", "1", message["text"])
        return items

    def settle(self, answer):
        """What is wrong with what the vault says; after that it is what is known."""
        if answer["refused"]:
            return [f"{answer['refused']}: {answer['message']}"]
        wrong, items = list(answer["faults"]), answer["items"]
        for name, states in sorted(self.states.items()):
            entry = self.entries[name]
            parts = (f"conversation/{name}", f"message/{name}/")
            found = {key: value for key, value in items.items()
                     if key == parts[0] or key.startswith(parts[1])}
            fitting = [state for state in states if self.items(entry, state) == found]
            if not fitting:
                wrong.append(f"{name} is none of {states}: {sorted(found) or 'it is missing'}")
            self.states[name] = fitting[:1] or states[-1:]
        for name, text in sorted(self.answers.items()):
            if not items.get(name, "").startswith(f"complete 1 {text}"):
                wrong.append(f"{name} is {items.get(name, 'missing')[:80]}")
        return wrong


class Worker:
    """One process after the other, until a time."""

    def __init__(self, vault, name):
        self.vault, self.name, self.work, self.ledger = vault, name, vault.work, vault.ledger
        self.source = random.Random(f"{vault.seed}/{name}")
        self.number = self.commands = self.busy = 0
        self.hit = vault.work.folder / f"hit-{name}"

    def run(self, *words, statuses=(0,), codes=()):
        """Runs a command, which may be killed or pause; None unless it was done.

        It may end with other statuses or codes of errors than those of success and of another
        process in the way, where these are right.
        """
        variables = {"TORTURE_TRACE": "", "TORTURE_HIT": str(self.hit)} | self.harm()
        self.hit.unlink(missing_ok=True)
        process = self.work.start(*words, "--json", extra=variables)
        process.stdin.close()
        process.stdin = None
        isAtChange = "TORTURE_STOP" in variables
        if isAtChange or self.source.random() < PAUSED:
            threading.Thread(target=self.pause, args=(process, isAtChange)).start()
        outcome = pairs.ended(process)
        self.commands += 1
        if outcome.returncode in statuses:
            return outcome
        if pairs.is_busy(outcome):
            self.busy += 1
        elif outcome.returncode != -signal.SIGKILL and pairs.code(outcome) not in codes:
            said = (outcome.stdout + outcome.stderr).decode(errors="replace").strip()[-300:]
            del variables["TORTURE_HIT"]
            self.vault.find(f"`{' '.join(map(str, words))}` with {variables} ended with "
                            f"{outcome.returncode}: {said}")
        return None

    def harm(self):
        """What happens to a command; to most of them nothing."""
        draw, variables = self.source.random(), {}
        if draw < KILLED:
            variables["TORTURE_AFTER"] = str(self.source.randint(5_000, 200_000))
        elif draw < KILLED + PAUSED:
            most = self.source.choice((10, 40, 300))
            variables["TORTURE_STOP"] = str(self.source.randint(1, most))
        if self.source.random() < OFF:
            variables["TORTURE_CLOCK"] = str(self.source.choice(JUMPS))
        return variables

    def pause(self, process, isAtChange):
        """Lets a process pause, in front of a change or at any moment, and go on, or kills it."""
        seconds = self.source.uniform(0, 1)
        if self.source.random() < LONG:
            seconds = self.source.choice(pairs.LONG_PAUSES)
        if isAtChange:
            while not self.hit.exists() and process.poll() is None:
                time.sleep(0.005)
        else:
            time.sleep(self.source.uniform(0, 0.2))
            process.send_signal(signal.SIGSTOP)
        if process.poll() is not None:
            return
        self.vault.pauses += 1
        time.sleep(seconds)
        process.send_signal(self.source.choice((signal.SIGCONT, signal.SIGCONT, signal.SIGKILL)))
        process.send_signal(signal.SIGCONT)

    def until(self, end):
        while time.monotonic() < end:
            self.source.choice(self.operations())()

    # ---- Operations ----

    def add(self):
        entries = []
        for _ in range(self.source.randint(1, 3)):
            self.number += 1
            entry = conversation(self.vault.seed, self.number, self.source.randint(1, 4), 20)
            entry["id"] = f"{self.name}{self.number}"
            entry["labels"] = [f"only {entry['id']}"]
            entries.append(entry)
            self.ledger.begin(entry, frozenset())
        path = self.work.folder / "out" / f"{self.name}.jsonl"
        path.write_text(lines(entries), encoding="utf-8")
        if self.run("import", path, "--format", "jsonl"):
            for entry in entries:
                self.ledger.end(entry, frozenset())

    def own(self, isWanted=lambda state: state is not None):
        found = self.ledger.of(self.name, isWanted)
        return self.source.choice(found) if found else None

    def label(self):
        if not (entry := self.own()):
            return self.add()
        listed = self.run("list", "--label", entry["labels"][0])
        if not listed:
            return None
        if not listed.stdout.strip():
            return self.vault.find(f"{entry['id']} was acknowledged and is not listed")
        identifier = json.loads(listed.stdout.splitlines()[0])["id"]
        word = self.source.choice(("red", "green", "blue"))
        full = self.ledger.certain()[entry["id"]][0] | {word}
        self.ledger.begin(entry, full)
        if self.run("label", "add", word, identifier):
            self.ledger.end(entry, full)
        return None

    def ask(self):
        self.number += 1
        question = f"q{self.name}{self.number} " + sentence(self.source, 8)
        provider, prefix = self.work.turns.providers[0]
        model = f"{prefix}echo-{self.name}{self.number}"
        if done := self.run("ask", question, "--provider", provider, "--model", model):
            self.ledger.answer(f"turn/{question.split(' ')[0]}/{model}",
                               json.loads(done.stdout)["answer"])

    def purge(self, *options):
        if not (entry := self.own()):
            return self.add()
        state = self.ledger.certain()[entry["id"]][0]
        self.ledger.begin(entry, None)
        done = self.run("purge", "--label", entry["labels"][0], "--reason", "torture", "--yes",
                        *options, statuses=(0, 3))
        if done and done.returncode == 0:
            self.ledger.end(entry, None)
        elif done:
            self.ledger.end(entry, state)
            # Under a clock that was ahead somebody logged something.
            self.run("audit", "clock", "--reason", "it was ahead", "--yes", codes=("badInput",))
        return None

    def purge_in_batch(self):
        self.purge("--batch")

    def erase(self):
        self.run("purge", "--yes", statuses=(0, 3))

    def change_slots(self):
        self.number += 1
        path = self.work.folder / "out" / f"slot-{self.name}"
        path.write_text("a passphrase of torture\n", encoding="utf-8")
        path.chmod(0o600)
        name = f"slot-{self.number}"
        done = self.run("slot", "add", name, "--passphrase", "--new-passphrase-file", path,
                        "--work-factor", "1", "--allow-weak-work-factor")
        self.run("slot", "remove", name, "--yes", codes=() if done else ("notFound",))

    def look(self):
        self.run(*self.source.choice((
            ("search", "harbour"), ("status",), ("stats",), ("audit", "verify"),
            ("list",), ("index", "show"), ("search", "only", "--newest"))))

    def examine(self):
        if done := self.run("doctor", statuses=(0, 2)):
            faults = [fault["fault"] for fault in json.loads(done.stdout)["faults"]]
            if any(fault != CUT_OFF for fault in faults):
                self.vault.find(f"doctor: {faults}")

    def list(self):
        """All that was acknowledged is listed, nothing that was purged is."""
        before = self.ledger.certain()
        done = self.run("list", "--limit", "0")
        if not done:
            return
        listed = {json.loads(line)["origin"]["id"] for line in done.stdout.splitlines()}
        after = self.ledger.certain()
        for name, (state, changes) in before.items():
            if after.get(name, (None, -1))[1] == changes and (state is None) == (name in listed):
                self.vault.find(f"{name} was {'purged' if state is None else 'stored'}, and a list "
                                f"that began later {'has' if state is None else 'lacks'} it")

    def operations(self):
        return {
            "w": [self.add, self.add, self.label, self.ask, self.ask],
            "p": [self.add, self.add, self.purge, self.purge_in_batch],
            "e": [self.add, self.purge, self.change_slots, self.erase],
            "r": [self.look, self.look, self.list, self.list, self.examine]}[self.name]


class Vault:
    """A vault with four workers, and what was found wrong in it."""

    def __init__(self, folder, seed, library, variables=None):
        self.seed = seed
        self.work = Workload(folder, seed, library, variables)
        self.work.step()
        self.work.step()
        self.work.clock = 0
        self.work.input = None
        self.ledger = Ledger()
        self.judge = judges.Judge()
        self.findings, self.pauses, self.logged = [], 0, 0
        self.workers = [Worker(self, name) for name in "wper"]

    def close(self):
        self.judge.close()
        self.work.close()

    def find(self, text):
        self.findings.append(text)

    def round(self, seconds):
        """All workers at once; then all is looked at."""
        end = time.monotonic() + seconds
        threads = [threading.Thread(target=self.guarded, args=(worker, end))
                   for worker in self.workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        answer = self.judge.ask(self.work.place, self.work.identity, examines=True)
        self.findings += self.ledger.settle(answer)
        if answer["logged"] < self.logged:
            self.find(f"the log has {answer['logged']} entries, not {self.logged}")
        self.logged = answer["logged"]

    def guarded(self, worker, end):
        try:
            worker.until(end)
        except Exception as error:  # A thread's error would go unseen.
            self.find(f"worker {worker.name}: {type(error).__name__}: {error}")


def workers(run, until, variables=None, isControl=False):
    """Vaults one after the other; how many commands ran, how many found another in their way, how
    many paused, and what was found."""
    number = commands = busy = pauses = 0
    findings = []
    while number == 0 or time.monotonic() < until:
        folder = run.new_folder(run.scratch, "concurrency")
        vault = Vault(folder, f"{run.seed}/concurrency/{number}", run.interposer, variables)
        for count in range(ROUNDS):
            vault.round(min(ROUND_SECONDS, max(2, until - time.monotonic())))
            if vault.findings or time.monotonic() > until:
                break
        vault.close()
        commands += sum(worker.commands for worker in vault.workers)
        busy += sum(worker.busy for worker in vault.workers)
        pauses += vault.pauses
        findings += [f"vault {number}, round {count}: {text}" for text in vault.findings]
        number += 1
        if isControl and findings:
            break
    return commands, busy, pauses, findings


def concurrency(run, until):
    start = time.monotonic()
    calls.staged(run, "two operations at once", "runs", pairs.pairs,
                 start + (until - start) / 2, pairs.Pairs)
    start = time.monotonic()
    commands, busy, pauses, findings = workers(run, until)
    run.row(f"four processes, {busy} busy, {pauses} paused", commands, "commands", findings, start)


def control(run, until):
    """Locks that are answered and not taken: something must be lost, or the harness sees nothing.
    """
    start = time.monotonic()
    commands, _, _, findings = workers(run, until, {"TORTURE_NOLOCK": "1"}, isControl=True)
    print(f"without locks, as wanted: {findings[:1]}")
    run.row(f"without locks: {len(findings)} faults", commands, "commands",
            [] if findings else ["nothing is wrong without locks"], start)
