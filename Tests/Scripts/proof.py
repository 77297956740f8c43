"""What the proofs share: a place of their own, the program under test, vaults and made-up data.

A proof prints what it finds wrong as it goes, and one summary line at its end. It exits 0 when
nothing was wrong, 1 when something was, 77 when it could not run. COFFER names the program, or the
debug build is taken; a COFFER_QUICK that is not empty asks for smaller samples.
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
COFFER = pathlib.Path(os.environ.get("COFFER") or ROOT / ".build/debug/coffer").resolve()
QUICK = bool(os.environ.get("COFFER_QUICK"))

# No command that a proof starts may take longer, or write a larger file.
TIMEOUT_SECONDS = 300
LARGEST_FILE_BYTES = 1 << 30

WORDS = """harbour ledger amber quarry lantern meadow signal granite willow copper archive
tender voyage beacon orchard thicket mortar canvas saddle compass furnace glacier hamlet ivory
juniper kettle lattice marble needle outpost pasture quiver ribbon salmon timber umbrella valley
walnut xenon yonder zephyr anchor barley cinder dagger ember falcon gravel hollow island kernel
éclair naïve façade Größe Straße smörgås 重要 会議 東京 회의 ประชุม договор συμφωνία""".split()


class Findings:
    """What was found wrong, and what the summary will say."""

    def __init__(self):
        self.wrong = []
        self.done = []

    def fault(self, text):
        self.wrong.append(text)
        if len(self.wrong) <= 40:
            print(f"WRONG: {text}", flush=True)

    def expect(self, condition, text):
        if not condition:
            self.fault(text)
        return bool(condition)

    def say(self, text):
        self.done.append(text)

    def finish(self):
        """Prints the summary and ends the process."""
        sys.stdout.flush()
        if self.wrong:
            print(f"{len(self.wrong)} wrong; {'; '.join(self.done)}")
            sys.exit(1)
        print("; ".join(self.done))
        sys.exit(0)


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


class Outcome:
    """How a command ended."""

    def __init__(self, arguments, status, out, err):
        self.arguments, self.status, self.out, self.err = arguments, status, out, err

    @property
    def text(self):
        return self.out.decode("utf-8", "replace")

    @property
    def crashed(self):
        """Ended by a signal that nobody sent, or by a trap that a shell would report."""
        return self.status < 0 or self.status >= 128

    def json(self):
        return json.loads(self.out)

    def lines(self):
        return [json.loads(line) for line in self.out.splitlines() if line.strip()]

    def __str__(self):
        said = (self.err + self.out)[-600:].decode("utf-8", "replace").strip()
        words = " ".join(str(argument) for argument in self.arguments)
        return f"`coffer {words}` ended with {self.status}: {said}"


class Place:
    """A temporary folder with a home, a TMPDIR and vaults of its own."""

    def __init__(self, name, largest=LARGEST_FILE_BYTES):
        if not os.access(COFFER, os.X_OK):
            skip(f"there is no program at {COFFER}")
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
        self.root = pathlib.Path(tempfile.mkdtemp(prefix=f"coffer-{name}-"))
        self.home = self.root / "home"
        self.temporary = self.root / "tmp"
        self.home.mkdir()
        self.temporary.mkdir()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root, ignore_errors=True)

    def environment(self, arguments=()):
        """What a command sees. Each vault has its checkpoints remembered beside it, because copies
        of one vault would else be taken for older states of each other."""
        kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
        if "--vault" in arguments:
            vault = arguments[arguments.index("--vault") + 1]
            kept["XDG_STATE_HOME"] = str(Vault.memory(vault))
        return kept | {
            "HOME": str(self.home), "TMPDIR": str(self.temporary), "LC_ALL": "C.UTF-8",
            "NO_COLOR": "1", "TZ": "UTC", "COLUMNS": "80"}

    def run(self, *arguments, wrap=(), timeout=TIMEOUT_SECONDS, program=COFFER):
        """Runs coffer, or another program, to its end."""
        done = subprocess.run(
            [*wrap, program, *arguments], env=self.environment(arguments), cwd=self.root,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False)
        return Outcome(arguments, done.returncode, done.stdout, done.stderr)

    def start(self, *arguments, out, wrap=(), program=COFFER):
        """Starts coffer, or another program; its output goes to an open file."""
        return subprocess.Popen(
            [*wrap, program, *arguments], env=self.environment(arguments), cwd=self.root,
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL)

    def write(self, name, content):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def secret(self, name, text=None):
        """A passphrase file."""
        path = self.write(f"{name}.passphrase", f"{text or name + ' opens it'}\n")
        path.chmod(0o600)
        return path

    def vault(self, name, *options):
        """A new vault, cheap to unlock."""
        vault = Vault(self, self.root / f"{name}.coffer", self.secret(name))
        made = vault.run("init", *WEAK, *options)
        if made.status != 0:
            print(f"WRONG: {made}")
            print("1 wrong; no vault could be made")
            sys.exit(1)
        return vault


# A passphrase that costs nothing to try: the proofs open vaults thousands of times.
WEAK = ("--work-factor", "1", "--allow-weak-work-factor")


class Vault:
    """A vault's folder and the passphrase that opens it."""

    def __init__(self, place, path, secret):
        self.place, self.path, self.secret = place, path, secret

    @staticmethod
    def memory(path):
        return pathlib.Path(f"{path}.state")

    def arguments(self, *arguments):
        return (*arguments, "--vault", self.path, "--passphrase-file", self.secret)

    def run(self, *arguments, **options):
        return self.place.run(*self.arguments(*arguments), **options)

    def done(self, *arguments, **options):
        """Runs what must succeed."""
        outcome = self.run(*arguments, **options)
        if outcome.status != 0:
            raise AssertionError(str(outcome))
        return outcome

    def list(self):
        return self.done("list", "--json", "--limit", "0").lines()

    def doctor(self):
        return self.run("doctor", "--json")

    def is_sound(self, findings, when):
        """Whether doctor finds nothing."""
        outcome = self.doctor()
        if outcome.status == 0 and outcome.json()["ok"] is True:
            return True
        findings.fault(f"{when}: {outcome}")
        return False

    def files(self):
        """Every file with its content, by its path in the vault."""
        return {
            str(path.relative_to(self.path)): path.read_bytes()
            for path in sorted(self.path.rglob("*")) if path.is_file()}

    def state(self):
        """What the vault holds, without what a mere opening may rewrite."""
        return [self.done("show", entry["id"], "--json").json() for entry in self.list()]

    def copy(self, path):
        shutil.copytree(self.path, path)
        return Vault(self.place, path, self.secret)


# ---- Kills ----

CALLS = ("write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "unlink",
         "unlinkat", "ftruncate", "mkdir", "mkdirat", "rmdir", "link", "linkat", "chmod", "fchmod")


def wait_for(process, seconds):
    """A moment of a kill; nothing depends on how long it is."""
    try:
        process.wait(timeout=max(0.0, seconds))
    except subprocess.TimeoutExpired:
        pass


def calls_of(place, arguments, program=COFFER):
    """How often each call comes, on the thread that makes most of it; nothing without strace."""
    log = place.root / "calls.log"
    outcome = place.run(*arguments, program=program, wrap=(
        "strace", "-f", "-qq", "-o", log, "-e", "signal=none",
        "-e", "trace=" + ",".join(CALLS)))
    if outcome.status != 0:
        return None
    counts = collections.Counter()
    for line in log.read_text(errors="replace").splitlines():
        if match := re.match(r"(\d+) +(\w+)\(", line):
            counts[match[1], match[2]] += 1
    most = {}
    for (_, call), count in counts.items():
        most[call] = max(most.get(call, 0), count)
    return most


def kill_at(place, arguments, call, number, program=COFFER):
    """Runs a command that ends before its n-th call of a kind."""
    return place.run(*arguments, program=program, wrap=(
        "strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
        "-e", f"inject={call}:signal=KILL:when={number}"))


def points(counts, seed, most=24):
    """Every n of every call; a sample when there is little time."""
    every = [(call, number) for call, count in counts.items() for number in range(1, count + 1)]
    if QUICK and len(every) > most:
        return sorted(random.Random(seed).sample(every, most))
    return every


# ---- Made-up conversations, in our own JSON lines and as an export with files ----

def sentence(source, words):
    return " ".join(source.choice(WORDS) for _ in range(words))


def conversation(seed, number, messages=4, words=30):
    """One conversation, always the same for the same numbers."""
    source = random.Random(f"{seed}/{number}")
    turns = []
    for index in range(messages):
        turns.append({
            "id": f"m{index}", "parent": f"m{index - 1}" if index else None,
            "role": "assistant" if index % 2 else "user",
            "text": sentence(random.Random(f"{seed}/{number}/{index}"), words),
            "created": f"2024-03-{1 + number % 28:02}T10:{index % 60:02}:00Z",
            "model": "made-up-1" if index % 2 else None})
    return {
        "id": f"c{number}", "title": f"Conversation {number} {source.choice(WORDS)}",
        "labels": [f"label {number % 5}"], "project": f"project {number % 3}",
        "custodian": "Ada Lindqvist", "created": f"2024-03-{1 + number % 28:02}T10:00:00Z",
        "messages": turns}


def lines(conversations):
    return "".join(
        json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n"
        for entry in conversations)


def chatgpt(conversations):
    """A ChatGPT export as file names and contents.

    Each conversation is `(id, title, [(text, [(file id, file name, bytes)])])`.
    """
    files, entries = {}, []
    for identifier, title, messages in conversations:
        mapping = {"root": {"id": "root", "message": None, "parent": None, "children": []}}
        above = "root"
        for index, (text, attached) in enumerate(messages):
            node = f"{identifier}-{index}"
            parts = [text]
            for file, name, content in attached:
                files[f"{file}-{name}"] = content
                parts.append({
                    "content_type": "image_asset_pointer", "size_bytes": len(content),
                    "asset_pointer": f"file-service://{file}", "width": 8, "height": 8})
            mapping[above]["children"].append(node)
            mapping[node] = {"id": node, "parent": above, "children": [], "message": {
                "id": node, "author": {"role": "assistant" if index % 2 else "user"},
                "create_time": 1709280000.5 + index, "status": "finished_successfully",
                "weight": 1, "recipient": "all",
                "content": {"content_type": "multimodal_text", "parts": parts},
                "metadata": {"attachments": [
                    {"id": file, "name": name, "mime_type": "image/png", "size": len(content)}
                    for file, name, content in attached]}}}
            above = node
        entries.append({
            "conversation_id": identifier, "title": title, "create_time": 1709280000.5,
            "update_time": 1709283600.5, "current_node": above, "mapping": mapping})
    files["conversations.json"] = json.dumps(entries, ensure_ascii=False).encode()
    return files


def in_parallel(work, items, workers=2):
    """Runs `work` on every item in two threads, and gives the results in order."""
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, items))


def flipped(content, offset, bit=0):
    """The bytes with one bit changed."""
    changed = bytearray(content)
    changed[offset] ^= 1 << bit
    return bytes(changed)
