"""The notes that calls.c makes of what happened to the files of a folder."""

import dataclasses
import os
import struct

CREATE, WRITE, TRUNCATE, SYNC, RENAME, UNLINK, MKDIR, RMDIR, LINK = range(1, 10)
# Not from calls.c: an operation of the workload begins, or was acknowledged.
BEGUN, ACKNOWLEDGED = 100, 101

WORDS = {
    CREATE: "create", WRITE: "write", TRUNCATE: "truncate", SYNC: "sync", RENAME: "rename",
    UNLINK: "unlink", MKDIR: "mkdir", RMDIR: "rmdir", LINK: "link"}

HEAD = struct.Struct("=IIQQII")


@dataclasses.dataclass(frozen=True)
class Event:
    change: int
    inode: int
    # Where a write begins, how long a file is after a truncation, which operation it is.
    place: int
    first: bytes
    second: bytes

    @property
    def path(self):
        return self.first.decode()

    @property
    def target(self):
        return self.second.decode()


def read(path):
    """All events of a trace."""
    with open(path, "rb") as file:
        content = file.read()
    events, at = [], 0
    while at < len(content):
        change, _, inode, place, first, second = HEAD.unpack_from(content, at)
        at += HEAD.size
        texts = content[at:at + first + second]
        events.append(Event(change, inode, place, texts[:first], texts[first:]))
        at += first + second
    return events


def mark(path, change, number):
    """Appends that an operation begins or was acknowledged."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND)
    try:
        os.write(file, HEAD.pack(change, os.getpid(), 0, number, 0, 0))
    finally:
        os.close(file)
