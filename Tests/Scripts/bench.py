"""What the proofs of search share: a vault of given texts, and what VaultDriver matches in it.

A message is known by its time, which no other has.
"""

import functools
import gzip
import json
import os
import pathlib
import re
import subprocess
import threading
import time

from proof import COFFER, ROOT, skip

# The first message's time in milliseconds; the next one's is one more.
FIRST_TIME = 1_000_000_000_000
MOST_SECONDS = 3000
# What ends a quoted phrase or means a prefix in a query.
QUOTES = re.compile('["“”„«»*\\x00]')


def opened(path):
    """A text file, compressed or not."""
    opener = gzip.open if str(path).endswith(".gz") else open
    return opener(path, "rt", encoding="utf-8")


def unquoted(text):
    return QUOTES.sub(" ", text)


def program():
    """VaultDriver; without one the proof is skipped."""
    named = os.environ.get("COFFER_DRIVER")
    for path in ([named] if named else [COFFER.with_name("VaultDriver"),
                                        ROOT / ".build/debug/VaultDriver"]):
        if os.access(path, os.X_OK):
            return pathlib.Path(path)
    return skip("there is no VaultDriver; `swift build --product VaultDriver` makes it")


def instant(number):
    milliseconds = FIRST_TIME + number
    return f"{second(milliseconds // 1000)}.{milliseconds % 1000:03}Z"


@functools.lru_cache(8)
def second(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def imported(place, texts):
    """A vault with these messages, a hundred in each conversation."""
    vault = place.vault("searched")
    path = place.root / "messages.jsonl"
    with open(path, "w", encoding="utf-8") as out:
        for first in range(0, len(texts), 100):
            messages = [{"id": str(number), "role": "user", "text": text,
                         "created": instant(number)}
                        for number, text in enumerate(texts[first:first + 100], first)]
            out.write(json.dumps({"id": f"c{first}", "messages": messages}) + "\n")
    report = vault.done("import", path, "--format", "jsonl", "--json", timeout=MOST_SECONDS)
    path.unlink()
    if report.json()["messages"]["added"] != len(texts):
        raise AssertionError(f"not every message was imported: {report.text}")
    return vault


def matches(place, vault, queries):
    """For each query the numbers of the messages that match, ascending."""
    lines = place.write("queries.jsonl", "".join(
        json.dumps({"class": "", "query": query, "order": "newest"}) + "\n" for query in queries))
    with subprocess.Popen([program(), vault.path, vault.secret, lines, "--matches"],
                          env=place.environment(), stdout=subprocess.PIPE) as process:
        watch = threading.Timer(MOST_SECONDS, process.kill)
        watch.daemon = True
        watch.start()
        process.stdout.readline()
        while (line := process.stdout.readline()).endswith(b"\n"):
            yield [int(time) - FIRST_TIME for time in line.split()]
        watch.cancel()
    if process.returncode != 0:
        raise AssertionError(f"VaultDriver ended with {process.returncode}")
