"""SQLCipher 4 as a store of conversations: makes a history of one, and says what is in copies.

Runs in the Python that has SQLCipher, without anything else of ours: `cipher_engine.py make FOLDER`
writes every state of a history, `cipher_engine.py ask` answers one place a line.
"""

import hashlib
import json
import pathlib
import random
import shutil
import sys

from sqlcipher3 import dbapi2 as sqlite

KEY = bytes(range(32)).hex()
SCHEMA = """
CREATE TABLE conversation (id TEXT PRIMARY KEY, title TEXT, hidden INTEGER);
CREATE TABLE label (conversation TEXT, name TEXT, PRIMARY KEY (conversation, name));
CREATE TABLE message (id TEXT PRIMARY KEY, conversation TEXT, body TEXT);
CREATE INDEX message_by_conversation ON message (conversation);
CREATE TABLE attachment (id TEXT PRIMARY KEY, content BLOB);
CREATE TABLE hold (id TEXT PRIMARY KEY, scope TEXT, state TEXT);
CREATE TABLE policy (id TEXT PRIMARY KEY, rules TEXT);
CREATE TABLE log_entry (num INTEGER PRIMARY KEY, line TEXT);
"""


def history():
    """What is done, one after the other: a name for it, and statements."""
    text = random.Random("cipher")

    def body():
        return " ".join(text.choices(("harbour", "granite", "walnut", "anchor"), k=120))

    picture = text.randbytes(9000)
    new = "INSERT INTO conversation VALUES (?, ?, NULL)"
    say = "INSERT INTO message VALUES (?, ?, ?)"
    yield "import", [(new, ("c0", "Chat 0")), (say, ("m0", "c0", body())),
                     ("INSERT INTO attachment VALUES ('plan', ?)", (picture,))]
    yield "import", [(new, ("c1", "Chat 1")), *((say, (f"m{n}", "c1", body())) for n in (1, 2, 3))]
    yield "hold", [("INSERT INTO hold VALUES ('matter', 'label 0', 'in force')", ())]
    yield "policy", [("INSERT INTO policy VALUES ('vault', 'P30Y')", ())]
    yield "label", [("INSERT INTO label VALUES ('c0', 'label 1')", ())]
    yield "release", [("UPDATE hold SET state = 'released' WHERE id = 'matter'", ())]
    yield "hide", [("UPDATE conversation SET hidden = 1 WHERE id = 'c0'", ())]
    yield "hold", [("INSERT INTO hold VALUES ('other', 'label 0', 'in force')", ())]
    yield "newer export", [("UPDATE message SET body = 'changed ' || body WHERE id = 'm1'", ()),
                           (say, ("m4", "c1", body()))]
    yield "policy", [("UPDATE policy SET rules = 'P31Y' WHERE id = 'vault'", ())]
    yield "unlabel", [("DELETE FROM label WHERE conversation = 'c0'", ())]
    yield "import", [(new, ("c2", "Chat 2")), (say, ("m5", "c2", body()))]


def connect(path):
    base = sqlite.connect(f"file:{path}?mode=rw", uri=True, isolation_level=None)
    base.execute(f"PRAGMA key = \"x'{KEY}'\"")
    return base


def make(folder):
    """Each state as a process leaves it that does not close (`logged`), and as `settled`."""
    place = folder / "place"
    place.mkdir(mode=0o700)
    (place / "base.db").touch(0o600)
    base = connect(place / "base.db")
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("PRAGMA synchronous = FULL")
    base.executescript(SCHEMA)
    for number, (name, statements) in enumerate(history()):
        base.execute("BEGIN IMMEDIATE")
        for statement, values in statements:
            base.execute(statement, values)
        base.execute("INSERT INTO log_entry VALUES (?, ?)", (number, name))
        base.execute("COMMIT")
        shutil.copytree(place, folder / f"{number}-{name}/logged")
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        shutil.copytree(place, folder / f"{number}-{name}/settled")
    base.close()
    shutil.rmtree(place)


def answer(place):
    """What a copy says, in the words of `Judgement`."""
    said = {"refused": None, "message": None, "isOpen": False, "items": {}, "faults": [],
            "mended": [], "logged": 0}
    base = None
    try:
        base = connect(place / "base.db")
        base.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        said["isOpen"] = True
        read(base, said)
        for check in ("cipher_integrity_check", "integrity_check"):
            said["faults"] += [f"{check}: {text}" for text, in base.execute(f"PRAGMA {check}")
                               if text != "ok"]
    # A page that fails its check is out of memory to this binding.
    except (sqlite.Error, MemoryError) as error:
        said["refused"], said["message"] = "error", repr(error)
    finally:
        if base:
            base.close()
    return said


def read(base, said):
    items, digest = said["items"], hashlib.sha256()
    for number, title, hidden in base.execute("SELECT * FROM conversation"):
        labels = base.execute(
            "SELECT name FROM label WHERE conversation = ? ORDER BY name", (number,)).fetchall()
        items[f"conversation/{number}"] = f"{title} {hidden} {labels}"
    for number, conversation, text in base.execute("SELECT * FROM message"):
        items[f"message/{conversation}/{number}"] = hashlib.sha256(text.encode()).hexdigest()[:24]
    for number, content in base.execute("SELECT * FROM attachment"):
        items[f"attachment/{number}"] = hashlib.sha256(content).hexdigest()[:24]
    for number, scope, state in base.execute("SELECT * FROM hold"):
        items[f"hold/{number}"] = f"{scope}, {state}"
    items["policy"] = str(base.execute("SELECT * FROM policy").fetchall())
    # What stands in the index, which answers questions as well.
    items["search/c1"] = str(base.execute(
        "SELECT id FROM message INDEXED BY message_by_conversation WHERE conversation = 'c1'"
    ).fetchall())
    for name, in base.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall():
        for row in sorted(map(repr, base.execute(f"SELECT * FROM {name}"))):
            digest.update(f"{name}: {row}\n".encode())
    said["rows"] = digest.hexdigest()


def main():
    if sys.argv[1] == "make":
        return make(pathlib.Path(sys.argv[2]))
    for line in sys.stdin:
        print(json.dumps(answer(pathlib.Path(line.rstrip("\n")))), flush=True)
    return None


if __name__ == "__main__":
    main()
