"""Power losses: a script of operations runs once; then the disk shows what it might have kept.

After each change of a file there is a moment at which the power may go. For each moment states are
drawn (`disk.py`), written to a folder, opened, read, and compared with what was acknowledged.
"""

import multiprocessing
import pathlib
import queue
import random
import shutil
import time

import disk
import judges
import notes
from run import OPERATIONS, WORKERS
from workload import Workload

# States that are drawn for each moment of a crash: each manner of `disk.MANNERS` once, or more.
DRAWS = 7
# The first operation makes the vault: before it is acknowledged there may be none.
EMPTY = {"items": {}, "logged": 0}


class Script:
    """A workload that was run, its trace, and what the vault said after each operation."""

    def __init__(self, folder, seed, operations, library, variables=None):
        self.work = Workload(folder, seed, library, variables)
        self.after = {0: EMPTY}
        self.words = {}
        judge = judges.Judge()
        for _ in range(operations):
            words = self.work.step()
            number = self.work.count
            self.words[number] = " ".join(map(str, words))
            answer = judged_copy(judge, self.work, folder / "copy")
            if answer["refused"] or answer["faults"]:
                raise AssertionError(f"after {self.words[number]}: {answer}")
            self.after[number] = answer
        judge.close()
        self.work.close()
        self.events = notes.read(self.work.trace)
        self.check_replay()

    def check_replay(self):
        """The trace must tell all: what it says the files are is what they are."""
        shown = disk.Disk(str(self.work.place))
        for event in self.events:
            shown.take(event)
        real = {str(path): None if path.is_dir() else path.read_bytes()
                for path in self.work.place.rglob("*")}
        said = {path: content for path, content in shown.now().items()}
        for path in sorted(real.keys() | said.keys()):
            # The index of the log is a memory map.
            if not path.endswith("-shm") and real.get(path, 0) != said.get(path, 0):
                raise AssertionError(f"the trace does not tell all of {path}")


def judged_copy(judge, work, copy):
    shutil.copytree(work.place, copy)
    try:
        return judge.ask(copy, work.identity, examines=True, commitments=True)
    finally:
        shutil.rmtree(copy)


class Losses:
    """Draws and judges the states of one script."""

    def __init__(self, script, scratch, seed):
        self.script, self.scratch, self.seed = script, scratch, seed
        self.judge = judges.Judge()
        self.states = 0
        self.findings = []
        self.refusals = 0

    def run(self, share, shares, draws, until):
        """Judges every `shares`-th moment, `draws` states each, until a time."""
        shown = disk.Disk(str(self.script.work.place))
        acknowledged = begun = 0
        for index, event in enumerate(self.script.events):
            if event.change == notes.BEGUN:
                begun = event.place
            elif event.change == notes.ACKNOWLEDGED:
                acknowledged = event.place
            else:
                shown.take(event)
            if index % shares == share:
                for draw in range(draws):
                    self.state(shown, index, draw, acknowledged, begun)
            if time.monotonic() > until:
                break
        self.judge.close()

    def state(self, shown, index, draw, acknowledged, begun):
        source = random.Random(f"{self.seed}/{index}/{draw}")
        manner = disk.MANNERS[draw % len(disk.MANNERS)]
        seen = shown.after_loss(manner, source)
        place = self.scratch / "place"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        disk.store(seen, str(self.script.work.place), place)
        answer = self.judge.ask(place, self.script.work.identity, examines=draw == 1,
                                writes=draw % 4 == 0, commitments=True)
        self.states += 1
        if acknowledged == 0 and answer["refused"] == "absent":
            return
        wrong = judges.differences(
            answer, self.script.after[acknowledged], self.script.after[max(begun, acknowledged)])
        if wrong:
            what = notes.WORDS.get(self.script.events[index].change, "mark")
            self.findings.append(
                f"event {index} ({what}), draw {draw} ({manner}), in `{self.script.words[begun]}`: "
                + "; ".join(wrong[:4]))


def judged(script, scratch, seed, draws, until, workers=2):
    """All moments of a script; how many states there were, and what was wrong."""

    def work(share, results):
        folder = pathlib.Path(scratch) / f"worker-{share}"
        folder.mkdir()
        losses = Losses(script, folder, seed)
        losses.run(share, workers, draws, until)
        results.put((losses.states, losses.findings))

    found = in_processes(work, workers)
    return sum(states for states, _ in found), [text for _, texts in found for text in texts]


def in_processes(work, workers):
    """What `work(share, results)` puts into the queue, in so many processes."""
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    processes = [context.Process(target=work, args=(share, results)) for share in range(workers)]
    for process in processes:
        process.start()
    found = []
    while len(found) < workers:
        try:
            found.append(results.get(timeout=1))
        except queue.Empty:
            if any(process.exitcode for process in processes):
                raise AssertionError("a worker ended with an error") from None
    for process in processes:
        process.join()
    return found


def crash(run, until):
    """Scripts one after the other, until the time is over; the first one to its end."""
    start, states, findings, number = time.monotonic(), 0, [], 0
    while number == 0 or time.monotonic() < until:
        seed = f"{run.seed}/crash/{number}"
        script = Script(run.new_folder(run.folder, "script"), seed, OPERATIONS, run.interposer)
        done, found = judged(
            script, run.new_folder(run.scratch, "states"), seed, DRAWS, until, WORKERS)
        states += done
        findings += [f"script {number}, {text}" for text in found]
        number += 1
    run.row("power loss", states, "states", findings, start)
