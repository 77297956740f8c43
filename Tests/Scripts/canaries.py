"""What the proofs that plant canaries in everything share: words that are found again in any form,
a search of all that Coffer could have written, and conversations with a canary in each field.
"""

import base64
import os
import pathlib
import random

from proof import chatgpt, lines, sentence

SHARED = [pathlib.Path(name) for name in ("/tmp", "/var/tmp", "/dev/shm")]
LETTERS = "bcdfghjkmnpqrstvwxz"
LARGEST_FOREIGN_BYTES = 16 << 20


class Canaries:
    """Random words that begin alike, so that one scan finds them all, in any of their forms."""

    def __init__(self):
        self.source = random.SystemRandom()
        self.stem = "Q" + "".join(self.source.choice(LETTERS) for _ in range(15))
        self.planted = []
        self.forms = self.all_forms(self.stem)

    def new(self, what):
        word = self.stem + "".join(self.source.choice(LETTERS) for _ in range(8))
        self.planted.append((what, word))
        return word

    @staticmethod
    def all_forms(stem):
        raw = stem.encode()
        forms = {"plain": raw.lower(), "hexadecimal": raw.hex().encode(), "backwards":
                 raw[::-1].lower(), "UTF-16": b"\0".join(bytes([byte]) for byte in raw.lower())}
        for variant in {stem, stem.lower()}:
            forms[f"hexadecimal of {variant == stem}"] = variant.encode().hex().encode()
            for shift in range(3):
                text = base64.b64encode(bytes(shift) + variant.encode())
                # Without the letters that neighbours decide.
                start = (shift * 8 + 5) // 6
                whole = len(variant) * 8 - (start * 6 - shift * 8)
                forms[f"base64 {variant == stem} {shift}"] = text[start:start + whole // 6]
        return forms

    def forms_in(self, content):
        small = content.lower()
        return [name for name, form in self.forms.items()
                if form in (content if name.startswith("base64") else small)]


class Scanner:
    """Reads every file that coffer could have written."""

    def __init__(self, place, findings, canaries):
        self.place, self.findings, self.canaries = place, findings, canaries
        self.roots, self.told = [], set()
        self.before = {path for root in SHARED for path in self.names(root)}
        self.scans = self.bytes = 0

    @staticmethod
    def names(root):
        try:
            return {entry.path for entry in os.scandir(root)}
        except OSError:
            return set()

    def files(self, is_wide):
        places = [*self.roots, self.place.home, self.place.temporary]
        if is_wide:
            new = {name for root in SHARED for name in self.names(root)} - self.before
            places += [pathlib.Path(name) for name in new if name != str(self.place.root)]
        for place in places:
            if place.is_file():
                yield place
            for folder, _, names in os.walk(place):
                for name in names:
                    yield pathlib.Path(folder) / name

    def scan(self, when, is_wide=True):
        """Reads everything; each finding is told once.

        Others on this machine make files in shared folders too: of those, plain ones of moderate
        size are read, and only in wide scans.
        """
        self.scans += 1
        for path in self.files(is_wide):
            own = path.is_relative_to(self.place.root)
            if own or path.is_file() and path.stat().st_size <= LARGEST_FOREIGN_BYTES:
                self.look(str(path), str(path), when)

    def look(self, path, name, when):
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError:
            return  # It went away meanwhile.
        self.bytes += len(content)
        content += b"\0" + name.encode("utf-8", "surrogateescape")
        forms = self.canaries.forms_in(content)
        if forms and (name, tuple(forms)) not in self.told:
            self.told.add((name, tuple(forms)))
            self.findings.fault(f"{when}: {name} holds a canary: {', '.join(forms)}")

    def scan_open(self, process, when):
        """Files that a process holds open without a name."""
        folder = f"/proc/{process.pid}/fd"
        for number in self.names(folder):
            try:
                target = os.readlink(number)
            except OSError:
                continue
            # Nameless files of an export lie on the disk that takes the export.
            if target.endswith("(deleted)") and not target.startswith(
                    ("/memfd", str(self.place.root / "elsewhere"))):
                self.look(number, target, when)


def planted_lines(canaries, count):
    """Conversations in our own format with a canary in each field."""
    source = random.Random("canary")
    entries = []
    for number in range(count):
        entries.append({
            "id": f"c{number}-{canaries.new('id')}", "title": f"About {canaries.new('title')}",
            "labels": [canaries.new("label")], "project": canaries.new("project"),
            "custodian": canaries.new("custodian"), "created": "2024-03-01T10:00:00Z",
            "note": {"aside": canaries.new("extra")},
            "messages": [
                {"role": "user", "text": f"{sentence(source, 60)} {canaries.new('text')}"},
                {"role": "assistant", "model": canaries.new("model"),
                 "text": f"{canaries.new('text').upper()} {sentence(source, 60)}"}]})
    return lines(entries)


def planted_export(canaries, name):
    """A ChatGPT export whose attachments have canaries in their bytes and names."""
    source = random.Random("canary-files")
    conversations = []
    for number in range(6):
        content = b"\x89PNG\r\n" + b"".join(
            source.randbytes(3000) + canaries.new("attachment").encode() for _ in range(30))
        conversations.append((f"{name}-{number}", canaries.new("title"), [
            (f"see {canaries.new('text')}", [
                (f"file-{name}{number}", f"{canaries.new('file-name')}.png", content)])]))
    return chatgpt(conversations)
