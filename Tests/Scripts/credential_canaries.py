"""Secrets that can be found again: each is a string of its own, and all begin alike."""

import base64
import os
import random
import re

LETTERS = "bcdfghjkmnpqrstvwxz"


def forms(name, raw):
    """Byte strings by which `raw` is found: (in which form, bytes, whether in any case)."""
    yield name, raw, True
    yield f"{name} in hexadecimal", raw.hex().encode(), True
    yield f"{name} percent-encoded", "".join(f"%{byte:02x}" for byte in raw).encode(), True
    yield f"{name} in UTF-16", b"\0".join(bytes([byte]) for byte in raw), True
    yield f"{name} backwards", raw[::-1], True
    for shift in range(3):
        text = base64.b64encode(bytes(shift) + raw)
        # Without the letters that neighbours decide.
        start, end = (shift * 8 + 5) // 6, (shift + len(raw)) * 8 // 6
        yield f"{name} in base64", text[start:end], False


class Canaries:
    """Makes them, and finds them in any of their forms."""

    def __init__(self):
        source = random.SystemRandom()
        self.stem = "Kq" + "".join(source.choice(LETTERS) for _ in range(14))
        self.made = 0
        self.exact, self.loose = {}, {}
        self.learn("a canary", self.stem.encode())

    def new(self, what):
        """A secret with the characters of tokens; `what` is a word of letters and hyphens."""
        self.made += 1
        return f"{self.stem}.{self.made}+{what}/{os.urandom(6).hex()}=="

    def learn(self, name, raw):
        """Looks for these bytes as well: a secret that is no string of ours, such as a key."""
        for form, data, is_loose in forms(name, raw):
            if is_loose:
                self.loose[data.lower()] = form
            else:
                self.exact[data] = form

    def find(self, content, is_wrapped=False):
        """What of them is in it, with what stands around it.

        is_wrapped: text in lines, which may have been broken within a word.
        """
        found = self.search(content)
        if is_wrapped and not found:
            found = self.search(re.sub(rb"\s+", b"", content))
        return found

    def search(self, content):
        small, found = content.lower(), []
        for where, table in ((content, self.exact), (small, self.loose)):
            for data, form in table.items():
                if (place := where.find(data)) >= 0:
                    found.append(f"{form}: {content[max(0, place - 60):place + 90]!r}")
        return found

    def texts(self, content):
        """The canaries that stand in it as they are."""
        return set(re.findall(re.escape(self.stem.encode()) + rb"[\w.+/=-]*", content))
