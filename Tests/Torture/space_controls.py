"""A control of `space`: a program that says it is done whenever it failed."""

import time

import control as engines
import space
import volumes
from proof import COFFER

SECONDS = 40


def control(run, until):
    volumes.have_own_mounts()
    engines.try_all(run, until, [("Coffer that always succeeds", lambda end: liar(run, end))])


def liar(run, until):
    """Every amount of room for the first operations of a workload."""
    program = run.folder / "liar"
    program.write_text(f'#!/bin/sh\n"{COFFER}" "$@" || exit 0\n', encoding="utf-8")
    program.chmod(0o700)
    end = min(until, time.monotonic() + SECONDS)
    folder, disk = space.disk_in_memory(run, "space-control")
    with disk:
        stage = space.Scarce(run, folder, disk, program)
        tally = space.Tally(space.Room)
        try:
            for words, before, after in space.operations(stage):
                tally.add(stage, words, before, after, 8, end)
                if time.monotonic() > end or len(tally.findings) > 10:
                    break
                stage.go_back()
                stage.work.run(*words)
        finally:
            stage.close()
    return tally.runs, len(tally.findings), True
