#!/usr/bin/env python3
"""Export and verification beside stock tools, on the same bytes in the same run.

A vault of made-up conversations, or of those in FILE (JSON lines), is exported encrypted;
`tar | zstd -3 | age` packs the same bag from its folder. `coffer verify` checks that folder, and
`sha256sum -c` reads it as far as its first manifest says. Medians of several rounds; the most
memory that each run of Coffer had. Targets: export at 0.8 times the speed of the pipe or more,
verification at 1.5 times that of sha256sum or more, each below 150 MB.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
COFFER = ROOT / ".build/release/coffer"
EXPORT_TIMES, VERIFY_TIMES, MEGABYTES = 0.8, 1.5, 150


def made_up(path, megabytes):
    """Conversations whose texts have few common words and many rare ones, as texts do."""
    source = random.Random("archive")
    parts = [first + second for first in "bdfgklmnprstvz" for second in "aeiou"]
    words = ["".join(source.choices(parts, k=source.randint(1, 4))) for _ in range(20_000)]
    weights = [1 / (rank + 3) for rank in range(len(words))]
    sentences = [" ".join(source.choices(words, weights, k=18)) for _ in range(50_000)]
    written, number = 0, 0
    with open(path, "w", encoding="utf-8") as file:
        while written < megabytes * 1_000_000:
            texts = [" ".join(source.choices(sentences, k=source.choice((3, 20, 160))))
                     for _ in range(8)]
            written += sum(map(len, texts))
            file.write(json.dumps({
                "id": f"c{number}", "title": f"Conversation {number}",
                "created": f"2024-03-{1 + number % 28:02}T10:00:00Z", "messages": [
                    {"id": f"m{turn}", "role": "assistant" if turn % 2 else "user", "text": text}
                    for turn, text in enumerate(texts)]}) + "\n")
            number += 1


def timed(*words, **options):
    """Seconds, and the most memory in MB."""
    start = time.monotonic()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, **options)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{words[0]} {words[1]} ended with {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def size(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def median(runs):
    return statistics.median(seconds for seconds, _ in runs)


def prepare(folder, given, megabytes):
    """A filled vault, the bag as a folder, and an age recipient."""
    environment = os.environ | {"HOME": str(folder), "COFFER_VAULT": str(folder / "vault")}
    environment.pop("XDG_DATA_HOME", None)
    lines = pathlib.Path(given) if given else folder / "made-up.jsonl"
    if not given:
        made_up(lines, megabytes)
    for words in (
            ["init", "--device", "--no-passphrase", "--quiet"],
            ["import", lines, "--format", "jsonl", "--quiet"],
            ["export", "--output", folder / "bag", "--quiet"]):
        subprocess.run([COFFER, *words], check=True, env=environment, stdout=subprocess.DEVNULL)
    identity = folder / "identity"
    subprocess.run(["age-keygen", "-o", identity], check=True, stderr=subprocess.DEVNULL)
    recipient = subprocess.run(
        ["age-keygen", "-y", identity], check=True, capture_output=True, text=True).stdout.strip()
    return environment, recipient


def measure(folder, environment, recipient, rounds):
    runs = {name: [] for name in ("export", "pipe", "verify", "sha256sum")}
    bag = folder / "bag"
    for _ in range(rounds):
        packed, piped = folder / "packed.tar.zst.age", folder / "piped.tar.zst.age"
        runs["export"].append(timed(
            COFFER, "export", "--output", packed, "--recipient", recipient, "--quiet",
            env=environment))
        runs["pipe"].append(timed(
            "bash", "-o", "pipefail", "-c",
            'tar -C "$1" -cf - bag | zstd -3 -T1 -q | age -r "$2" -o "$3" && sync "$3"', "-",
            folder, recipient, piped))
        runs["verify"].append(timed(COFFER, "verify", bag, "--quiet", env=environment))
        runs["sha256sum"].append(timed(
            "sha256sum", "--quiet", "-c", "manifest-sha256.txt", cwd=bag))
        packed.unlink()
        piped.unlink()
    return runs


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", nargs="?", help="conversations, JSON lines; made up without")
    parser.add_argument("--megabytes", type=int, default=1000, help="of made-up text")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", help="where; a temporary folder without")
    parser.add_argument("--json", help="write the figures there")
    given = parser.parse_args()
    if not os.access(COFFER, os.X_OK):
        sys.exit("swift build -c release --product coffer --static-swift-stdlib comes first")
    folder = pathlib.Path(tempfile.mkdtemp(dir=given.folder, prefix="coffer-archive-"))
    try:
        environment, recipient = prepare(folder, given.file, given.megabytes)
        bytes_ = size(folder / "bag")
        runs = measure(folder, environment, recipient, given.rounds)
    finally:
        shutil.rmtree(folder)
    export = median(runs["pipe"]) / median(runs["export"])
    verify = median(runs["sha256sum"]) / median(runs["verify"])
    most = {name: max(memory for _, memory in runs[name]) for name in ("export", "verify")}
    print(f"{bytes_ / 1e6:.0f} MB in the bag's folder, {given.rounds} rounds")
    for name, all_ in runs.items():
        seconds = ", ".join(f"{seconds:.1f}" for seconds, _ in all_)
        print(f"  {name:10} {median(all_):6.1f} s  {bytes_ / 1e6 / median(all_):5.0f} MB/s  "
              f"({seconds})")
    rows = (("export", export, EXPORT_TIMES), ("verify", verify, VERIFY_TIMES))
    for name, times, target in rows:
        word = "met" if times >= target and most[name] <= MEGABYTES else "MISSED"
        print(f"  {name} at {times:.2f} times ({target} wanted), {most[name]:.0f} MB of memory "
              f"({MEGABYTES} wanted): {word}")
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps({
            "bytes": bytes_, "runs": runs, "export": export, "verify": verify, "memory": most}))
    sys.exit(any(
        times < target or most[name] > MEGABYTES for name, times, target in rows))


main()
