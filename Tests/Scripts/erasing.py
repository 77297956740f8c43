"""What the proofs of erasure share: vaults whose key stock `age` takes out, and a search for words
in pages, files and memory that is stock `grep`'s.
"""

import base64
import collections
import copy
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading

from proof import COFFER, Vault, skip

DRIVER = COFFER.parent / "VaultDriver"
# A word that every conversation to be destroyed has, and no other.
DOOMED = "zanzibarian"


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

    def copy(self, name):
        """A copy with a home of its own, where checkpoints are remembered."""
        place = copy.copy(self.place)
        place.home = place.root / f"{name}.home"
        shutil.copytree(self.place.home, place.home)
        vault = self.vault.copy(place.root / f"{name}.coffer")
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
        letters, length, window = self.SCRIPTS[script]
        word = "".join(self.source.choice(letters) for _ in range(length))
        self.kinds[word] = kind
        for variant in {word, word.upper()} if script in ("Cyrillic", "Greek") else {word}:
            for start in range(length - window + 1):
                self.windows[variant[start:start + window].encode()] = word
        return word

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
