"""What the proofs of erasure share: vaults whose key stock `age` takes out, and a search for words
in pages, files and memory that is stock `grep`'s.
"""

import base64
import collections
import copy
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading

from proof import COFFER, Vault, conversation, lines, skip

DRIVER = COFFER.parent / "VaultDriver"
# A word that every conversation to be destroyed has, and no other.
DOOMED = "zanzibarian"
# Of each import of the small vault.
CONVERSATIONS = 20


def require(*tools):
    if not os.access(DRIVER, os.X_OK):
        skip(f"there is no program at {DRIVER}; `swift build --product VaultDriver` makes it")
    for tool in tools:
        if not shutil.which(tool):
            skip(f"there is no {tool} here")


class ErasedVault:
    """A vault with a recovery slot whose identity `age-keygen` made."""

    def __init__(self, vault, identity):
        self.vault, self.place, self.identity = vault, vault.place, identity
        self.path = vault.path

    @classmethod
    def make(cls, place, name):
        identity = place.root / "identity.txt"
        if not identity.exists():
            made = place.run("-o", identity, program="age-keygen")
            if made.status != 0:
                raise AssertionError(str(made))
        recipient = place.run("-y", identity, program="age-keygen").text.strip()
        return cls(place.vault(name, "--recovery", recipient), identity)

    def copy(self, name, folder=None):
        """A copy with a home of its own, where checkpoints are remembered."""
        place = copy.copy(self.place)
        place.home = place.root / f"{name}.home"
        shutil.copytree(self.place.home, place.home)
        vault = self.vault.copy((folder or place.root) / f"{name}.coffer")
        return ErasedVault(Vault(place, vault.path, vault.secret), self.identity)

    def remove(self):
        shutil.rmtree(self.path)
        shutil.rmtree(self.place.home)

    @property
    def generation(self):
        return json.loads((self.path / "coffer.json").read_text())["generation"]

    @property
    def generations(self):
        return sorted(path.name for path in (self.path / "generations").iterdir())

    def database(self, generation=None):
        return self.path / f"generations/{generation or self.generation}/vault.db"

    def key_file(self, generation=None):
        return self.path / f"generations/{generation or self.generation}/key.age"

    def key(self, key_file=None):
        """A file of the 32 bytes that stock age finds in a key file.

        Once made it stays: the key file may be gone by then.
        """
        key_file = key_file or self.key_file()
        name = re.sub(r"\W+", "-", str(key_file.relative_to(self.place.root)))
        out = self.place.root / f"{name}.key"
        if out.exists():
            return out
        done = self.place.run("-d", "-i", self.identity, "-o", out, key_file, program="age")
        if done.status != 0 or out.stat().st_size != 32:
            raise AssertionError(str(done))
        return out

    def drive(self, *words, wrap=()):
        return self.place.run(
            self.path, self.vault.secret, *words, program=DRIVER, wrap=wrap)

    def look_below(self, *words, key=None):
        """What the driver says of the database file alone."""
        done = self.place.run(self.database(), key or self.key(), *words, program=DRIVER)
        if done.status != 0:
            raise AssertionError(str(done))
        return json.loads(done.out) if done.out else None

    def state(self):
        done = self.drive("--state")
        if done.status != 0:
            raise AssertionError(str(done))
        return done.json()


class Canaries:
    """Words by chance of 24 letters. Ten letters in a row that stand anywhere give one away: a
    dictionary leaves out what the term before has too, and a word can reach over the end of a page.
    """

    LATIN, WINDOW = "abcdefghijklmnopqrstuvwxyz", 10
    # Letters, how many make a word, and how many of them in a row are looked for. Each case of the
    # first is looked for by grep, which knows no case of the others.
    SCRIPTS = {
        "Latin": (LATIN, 24, WINDOW),
        "Cyrillic": ("бвгджзклмнпрстфхцчшщ", 16, 6),
        "Greek": ("βγδζθκλμνξπρστφχψω", 16, 6),
        "Chinese": ("龍鳳麒麟鯤鵬蛟螭狻猊狴犴饕餮貔貅", 12, 5)}

    def __init__(self, source):
        self.source, self.kinds, self.windows = source, {}, {}

    def new(self, kind, script="Latin"):
        word, windows = self.drawn(script)
        # Two words that have some letters in a row in common would be taken for each other.
        while windows & self.windows.keys():
            word, windows = self.drawn(script)
        self.kinds[word] = kind
        self.windows |= dict.fromkeys(windows, word)
        return word

    def drawn(self, script):
        """A word by chance, and what is looked for of it."""
        letters, length, window = self.SCRIPTS[script]
        word = "".join(self.source.choice(letters) for _ in range(length))
        variants = {word, word.upper()} if script in ("Cyrillic", "Greek") else {word}
        return word, {variant[start:start + window].encode() for variant in variants
                      for start in range(length - window + 1)}

    def write_patterns(self, path):
        path.write_bytes(b"".join(window + b"\n" for window in self.windows))
        self.patterns = path

    def search(self, *paths, stdin=None, pieces=None):
        """The kinds of the canaries that stand somewhere, each with how many words there were.

        Looked through are files and folders, or an open file, or pieces of bytes.
        """
        grep = subprocess.Popen(
            ["grep", "-ahoiF", "-f", self.patterns, *(("-r", *paths) if paths else ())],
            stdin=subprocess.PIPE if pieces else stdin or subprocess.DEVNULL,
            stdout=subprocess.PIPE, env={"PATH": os.environ["PATH"], "LC_ALL": "C"})
        if pieces:
            # What it finds must be read meanwhile, or it would wait.
            threading.Thread(target=feed, args=(grep.stdin, pieces)).start()
        found = set(grep.stdout.read().splitlines())
        if grep.wait() not in (0, 1):
            raise AssertionError(f"grep ended with {grep.returncode}")
        words = {self.windows.get(part) or self.windows.get(part.lower()) for part in found}
        return dict(collections.Counter(self.kinds[word] for word in words))

    def in_pages(self, vault, key=None):
        """Of every page and log frame of a vault's database, in the clear."""
        pages = subprocess.Popen(
            [DRIVER, vault.database(), key or vault.key(), "--pages"], stdout=subprocess.PIPE,
            env=vault.place.environment())
        found = self.search(stdin=pages.stdout)
        pages.stdout.close()
        if pages.wait() != 0:
            raise AssertionError("the pages could not be read")
        return found

    def in_memory(self, pid):
        """Of all that a process has mapped."""
        return self.search(pieces=memory_of(pid))


def feed(pipe, pieces):
    for piece in pieces:
        pipe.write(piece)
    pipe.close()


def memory_of(pid):
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(
            f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            start, end, mode = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
            if not mode.startswith("r") or "[v" in line:
                continue
            place, last = int(start, 16), int(end, 16)
            while place < last:
                try:
                    piece = os.pread(memory.fileno(), min(last - place, 1 << 20), place)
                except OSError:
                    break  # A guard page.
                if not piece:
                    break
                yield piece
                place += len(piece)


def openssl_verifies(place, note, log_key):
    """Whether stock openssl takes a signed note."""
    text, _, signatures = note.rpartition("\n\n")
    files = {
        "key": bytes.fromhex("302a300506032b6570032100" + log_key), "text": f"{text}\n".encode(),
        "signature": base64.b64decode(signatures.split()[-1])[4:]}
    with tempfile.TemporaryDirectory(dir=place.root) as folder:
        for name, content in files.items():
            pathlib.Path(folder, name).write_bytes(content)
        return place.run(
            "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", f"{folder}/key", "-rawin",
            "-in", f"{folder}/text", "-sigfile", f"{folder}/signature",
            program="openssl").status == 0


def prepare(place, seed, canaries):
    vault = ErasedVault.make(place, "base")
    for part in range(3):
        entries = []
        for number in range(part * CONVERSATIONS, (part + 1) * CONVERSATIONS):
            entry = conversation(seed, number, 3, 25)
            if number % 5 == 2:
                entry["id"], entry["title"] = f"{DOOMED} {number}", canaries.new("title")
                entry["messages"][1]["text"] += f" {DOOMED} {canaries.new('text')}"
                entry["messages"][2]["text"] = " ".join(
                    canaries.new("long text") for _ in range(120))
            entries.append(entry)
        path = place.write(f"{part}.jsonl", lines(entries))
        vault.vault.done("import", path, "--format", "jsonl")
        path.unlink()
    canaries.write_patterns(place.root / "patterns")
    return vault


class Check:
    """What must hold of a copy of the vault, wherever the work was cut off."""

    def __init__(self, findings, base, canaries):
        self.findings, self.canaries = findings, canaries
        self.listed = {entry["id"]: entry for entry in base.vault.list()}
        commitments = base.state()["commitments"]
        self.kept = {
            id: commitments[id] for id, entry in self.listed.items()
            if not entry["origin"]["id"].startswith(DOOMED)}
        self.doomed = {id: commitments[id] for id in self.listed if id not in self.kept}
        self.commitments = sorted(sum(self.doomed.values(), []))
        self.log_key = json.loads((base.path / "coffer.json").read_text())["logKey"]

    def state_of(self, vault, moment):
        """Which of the states a vault is in, and what it says; None with a finding."""
        expect = self.findings.expect
        said = vault.drive("--state")
        if not expect(said.status == 0, f"{moment}: {said}"):
            return None, {}
        state = said.json()
        expect(state["auditFaults"] == [], f"{moment}: the log: {state['auditFaults']}")
        vault.vault.is_sound(self.findings, moment)
        listed = {entry["id"]: entry for entry in vault.vault.list()}
        expect(
            all(self.listed[id] == entry for id, entry in listed.items()),
            f"{moment}: a conversation is listed otherwise")
        there = state["commitments"]
        expect(listed.keys() == there.keys(), f"{moment}: what is listed is not what is read")
        expect(
            all(there.get(id) == messages for id, messages in self.kept.items()),
            f"{moment}: messages of kept conversations are lost")
        present = {id: messages for id, messages in there.items() if id not in self.kept}
        expect(present in ({}, self.doomed), f"{moment}: {len(present)} doomed ones are there")
        purges = [json.loads(document) for document in state["purges"]]
        expect(len(purges) == (0 if present else 1), f"{moment}: {len(purges)} purges are logged")
        found = "old" if present else "purged" if state["generation"] == 1 else "erased"
        expect(
            state["needsErasure"] == (found == "purged"),
            f"{moment}: {found}, and erasure is needed: {state['needsErasure']}")
        expect(
            state["generation"] == (2 if found == "erased" else 1),
            f"{moment}: {found} in generation {state['generation']}")
        self.certificates(vault.place, state, found, moment)
        return found, state

    def certificates(self, place, state, found, moment):
        """There is one if and only if the generation is the new one, and it says what went."""
        expect = self.findings.expect
        certificates = state["certificates"]
        if not expect(
                len(certificates) == (found == "erased"),
                f"{moment}: {found} with {len(certificates)} certificates") or not certificates:
            return
        facts, note = certificates[0]["facts"], certificates[0]["note"]
        stated = json.loads(facts)
        records = [record for purge in stated["purges"] for record in purge["said"]["records"]]
        expect(
            sorted(message["commitment"] for record in records for message in record["messages"])
            == self.commitments, f"{moment}: the certificate lists other messages")
        expect(
            sorted(record["conversation"] for record in records) == sorted(self.doomed),
            f"{moment}: the certificate lists other conversations")
        expect(
            stated["scan"]["found"] == 0 and stated["scan"]["pieces"] > 0,
            f"{moment}: the scan says {stated['scan']}")
        digest = base64.b64encode(hashlib.sha256(facts.encode()).digest()).decode()
        expect(
            note.splitlines()[1] == digest and openssl_verifies(place, note, self.log_key),
            f"{moment}: the certificate is not signed")

    def finish(self, vault, moment):
        """The same again leads to the last state."""
        expect = self.findings.expect
        done = vault.drive("--dispose", DOOMED)
        moment += ", again"
        if not expect(done.status == 0, f"{moment}: {done}"):
            return
        found, state = self.state_of(vault, moment)
        expect(found == "erased", f"{moment}: not erased")
        expect(state.get("openIntents") == 0, f"{moment}: intents are open")
        expect(vault.generations == ["2"], f"{moment}: generations {vault.generations}")
        left = sorted(path.name for path in (vault.path / "generations/2").iterdir())
        expect(
            set(left) <= {"key.age", "vault.db", "vault.db-wal", "vault.db-shm"},
            f"{moment}: files {left}")
        expect(vault.look_below("--rows", "trace") == 0, f"{moment}: traces are left")
        seen = self.canaries.in_pages(vault)
        expect(not seen, f"{moment}: the pages hold {seen}")
