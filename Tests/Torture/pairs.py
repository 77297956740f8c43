"""Two operations of the workload at the same time on one vault.

Both are run in both orders first, which gives the states and the statuses that are right. Then they
are run at once, again and again from the same state, one behind the other by a part of the first
one's time; of some runs one is killed, or pauses in front of a change of a file. Each ends as in
one of the orders, or says that another process is in its way. Where both had their will, each thing
in the vault is as in one of the orders; else as in one of these or without one or both.
"""

import json
import os
import random
import signal
import subprocess
import time

import calls
import judges
import snapshots
from run import OPERATIONS
from workload import LONGEST_SECONDS

# How often two operations are run at once.
TRIALS = 12
KILLED, PAUSED = 0.2, 0.15
BRIEF_SECONDS = 0.4
# What others do not wait for: an opening waits 5 seconds for a key change, 10 for what makes the
# log readable, and a transaction 20 for another one.
LONG_PAUSES = (6, 12, 23)
LONG = 0.1
# The status of what did not end.
NO_END = 124


class Drawn:
    """An operation, with all that the workload says of how it is run."""

    def __init__(self, work):
        self.words, self.done = work.next()
        if "--json" not in self.words and self.words[0] != "chat":
            self.words += ("--json",)
        self.work = work
        self.input, self.clock = work.input, work.clock
        # With which statuses it ends in an order, and how many changes it makes.
        self.statuses, self.seconds, self.changes = set(), 0.0, 0

    def start(self, **variables):
        self.work.clock, self.work.input = self.clock, self.input
        process = self.work.start(*self.words, extra=variables)
        process.stdin.write(self.input or b"")
        process.stdin.close()
        process.stdin = None
        return process

    def measure(self, span):
        """Runs it alone."""
        start = time.monotonic()
        process = self.start(TORTURE_SPAN=str(span))
        process.communicate(timeout=LONGEST_SECONDS)
        self.seconds = time.monotonic() - start
        self.statuses.add(process.returncode)
        self.changes = max(self.changes, int(span.read_text().split()[0]))
        return process.returncode

    def __str__(self):
        return f"`{' '.join(map(str, self.words))}`"


def code(outcome):
    """The code of the error with which a command ended, where it says one in JSON."""
    for line in outcome.stderr.decode(errors="replace").splitlines():
        try:
            return json.loads(line)["error"]["code"]
        except (ValueError, KeyError, TypeError):
            continue
    return None


def is_busy(outcome):
    """Whether a command says that another process is in its way."""
    if outcome.returncode != 1:
        return False
    if found := code(outcome):
        return found == "busy"
    said = outcome.stderr.decode(errors="replace")
    return "nother process" in said or "again" in said


class Pairs(calls.Stage):
    """A vault in the state before two operations."""

    def __init__(self, folder, seed, library, variables=None):
        super().__init__(folder, seed, library, variables)
        # Turns need a provider, and neither of two operations knows of the other.
        self.work.step()

    def orders(self):
        """Two operations that were run in both orders, and the states: without them, with one,
        with both."""
        first, second = Drawn(self.work), Drawn(self.work)
        self.keep()
        states = {"": self.state()}
        self.go_back()
        for name, order in (("first", (first, second)), ("second", (second, first))):
            for count, one in enumerate(order):
                one.measure(self.span)
                states[name + " alone" * (count == 0)] = self.state()
            for one in order:
                self.clear(one.words)
            self.go_back()
        return first, second, states

    def trial(self, first, second, states):
        """One run of both at once."""
        self.go_back()
        order = [first, second]
        self.source.shuffle(order)
        harmed, how = self.source.choice(order), self.source.random()
        variables = {"TORTURE_TRACE": "", "TORTURE_HIT": str(self.hit)}
        if how < KILLED:
            variables["TORTURE_AFTER"] = str(
                int(self.source.uniform(0.1, 1.2) * harmed.seconds * 1e6) + 1)
        elif how < KILLED + PAUSED and harmed.changes:
            variables["TORTURE_STOP"] = str(self.source.randint(1, harmed.changes))
        processes = []
        for one in order:
            if processes:
                time.sleep(self.source.uniform(0, order[0].seconds))
            processes.append(one.start(**(variables if one is harmed else {"TORTURE_TRACE": ""})))
        if "TORTURE_STOP" in variables:
            self.resume(processes[order.index(harmed)])
        outcomes = [ended(process) for process in processes]
        self.runs += 1
        wrong = self.wrong(order, outcomes, states)
        for one in order:
            self.clear(one.words)
        if wrong:
            told = {name: value for name, value in variables.items() if value.isdigit()}
            self.findings.append(f"{order[0]} and {order[1]}, {told} for {harmed.words[0]}, "
                                 f"{[outcome.returncode for outcome in outcomes]}: "
                                 + "; ".join(wrong[:4]))

    def resume(self, process):
        """Lets a process go on that pauses in front of a change, or kills it, after a while."""
        while not self.hit.exists() and process.poll() is None:
            time.sleep(0.002)
        isLong = self.source.random() < LONG
        time.sleep(self.source.choice(LONG_PAUSES) if isLong
                   else self.source.uniform(0, BRIEF_SECONDS))
        process.send_signal(self.source.choice((signal.SIGCONT, signal.SIGCONT, signal.SIGKILL)))
        process.send_signal(signal.SIGCONT)

    def wrong(self, order, outcomes, states):
        wrong, isWhole = [], True
        for one, outcome in zip(order, outcomes):
            # What is expected to fail may have failed for another reason.
            isDone = outcome.returncode in one.statuses and not is_busy(outcome)
            # A sitting says so, and goes on with the next line.
            isWhole = isWhole and isDone and not (
                one.words[0] == "chat" and b"nother process" in outcome.stdout + outcome.stderr)
            if not isDone and outcome.returncode != -signal.SIGKILL and not is_busy(outcome):
                said = outcome.stderr.decode(errors="replace").strip()
                wrong.append(f"{one.words[0]} ended with {outcome.returncode}: {said[-200:]}")
        answer = self.state(writes=True)
        if isWhole:
            return wrong + judges.differences(
                answer | {"logged": max(answer["logged"], states[""]["logged"])},
                states["first"] | {"logged": 0}, states["second"])
        return wrong + judges.differences(answer, states[""], *states.values())

    def go_on(self, first, second):
        """Goes to the state behind both."""
        self.go_back()
        for one in (first, second):
            if one.measure(self.span) == 0:
                one.done()


def ended(process):
    """How a process ended, which must do so by itself."""
    try:
        out, err = process.communicate(timeout=LONGEST_SECONDS)
        status = process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        status, err = NO_END, err + b" it did not end"
    return subprocess.CompletedProcess(process.args, status, out, err)


def pairs(stage, operations, until):
    """Two operations after the other two, until a time."""
    for _ in range(operations):
        first, second, states = stage.orders()
        for _ in range(TRIALS):
            if time.monotonic() > until:
                return
            stage.trial(first, second, states)
        stage.go_on(first, second)
