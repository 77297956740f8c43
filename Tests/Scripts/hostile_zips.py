"""Zips and gzip files that no honest program writes, byte by byte.

`cases(good)` gives `name: (bytes, words)`: what `coffer import` is given, made around a good
`conversations.json`, and words of the sentence with which it must refuse it. `controls(good)` are
unusual ones that must be taken.
"""

import gzip
import struct
import zlib

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
HIDDEN = b"hidden words"
STREAMED = 8


def deflated(content):
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packed.compress(content) + packed.flush()


class Entry:
    """One entry; `local` and `central` say what the two headers have otherwise."""

    def __init__(self, name, content=b"", method=8, flags=0, mode=0o100644, packed=None,
                 extra=b"", tail=b"", local=None, central=None):
        self.name = name if isinstance(name, bytes) else name.encode()
        self.content, self.method, self.flags, self.mode = content, method, flags, mode
        self.packed = packed or (deflated(content) if method == 8 else content)
        self.extra, self.tail = extra, tail
        self.local, self.central = local or {}, central or {}
        self.offset = 0

    def values(self, changes):
        return {"name": self.name, "method": self.method, "flags": self.flags,
                "crc": zlib.crc32(self.content), "packed": len(self.packed),
                "size": len(self.content), "extra": self.extra, "offset": self.offset} | changes

    def local_bytes(self):
        values = self.values(self.local)
        return struct.pack(
            "<4s5H3I2H", LOCAL, 20, values["flags"], values["method"], 0, 33, values["crc"],
            values["packed"], values["size"], len(values["name"]), len(values["extra"])
        ) + values["name"] + values["extra"] + self.packed + self.tail

    def central_bytes(self):
        values = self.values(self.central)
        return struct.pack(
            "<4s6H3I5H2I", CENTRAL, 3 << 8 | 20, 20, values["flags"], values["method"], 0, 33,
            values["crc"], values["packed"], values["size"], len(values["name"]),
            len(values["extra"]), 0, 0, 0, self.mode << 16, values["offset"]
        ) + values["name"] + values["extra"]


def ending(count, size, start, comment=b"", disks=(0, 0), here=None):
    return struct.pack("<4s4H2IH", END, *disks, count if here is None else here, count, size,
                       start, len(comment)) + comment


def wide_ending(count, size, start, at, length=44, more=b""):
    """The zip64 records, and an end record that points to them."""
    record = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", length, 45, 45, 0, 0, count, count, size,
                         start) + more
    return record + struct.pack("<4sIQI", b"PK\x06\x07", 0, at, 1) + ending(
        0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)


def zip_of(*entries, before=b"", gap=b"", after=b"", end=None):
    """A zip of entries; `end` makes its last part from count, size and start of the directory."""
    out = bytearray(before)
    for entry in entries:
        entry.offset = len(out)
        out += entry.local_bytes()
    out += gap
    directory = b"".join(entry.central_bytes() for entry in entries)
    start = len(out)
    out += directory
    out += (end or ending)(len(entries), len(directory), start)
    return bytes(out + after)


def descriptor(content, packed, signature=True, width="I", crc=None):
    return (b"PK\x07\x08" if signature else b"") + struct.pack(
        "<I2" + width, zlib.crc32(content) if crc is None else crc, len(packed), len(content))


def streamed(name, content, tail=None, **local):
    """An entry whose sizes follow its data."""
    packed = deflated(content)
    return Entry(name, content, flags=STREAMED, local={"crc": 0, "packed": 0, "size": 0} | local,
                 tail=descriptor(content, packed) if tail is None else tail)


def names(first):
    flaws = {
        "dot": ("a/./b.json", "leaves"), "dots": ("a/..", "leaves"), "empty-part": (
            "a//b.json", "leaves"), "no-name": ("", "no name"), "drive": ("C:evil.json", "drive"),
        "bidi": ("a\u202egnp.json", "control"), "newline": ("a\nb.json", "control"),
        "nul": ("conversations.json\0.png", "control"), "deep": ("a/" * 40 + "b.json", "folders"),
        "long-part": ("a" * 300 + ".json", "255 bytes"), "not-utf8": (b"\xff\xfe.json", "UTF-8"),
        "slashes": ("//server/evil.json", "absolute"), "device-path": ("\\\\.\\COM1", "backslash"),
    }
    made = {f"zip-name-{key}": (zip_of(first(), Entry(name, b"[]")), words)
            for key, (name, words) in flaws.items()}
    pairs = {"composed": ("é.json", "e\u0301.json"), "folder": ("a", "a/")}
    for key, (one, other) in pairs.items():
        made[f"zip-twice-{key}"] = (
            zip_of(first(), Entry(one), Entry(other, mode=0, method=0)), "twice")
    return made


def kinds(first):
    made = {}
    for key, mode in {"link": 0o120777, "device": 0o060644, "pipe": 0o010644,
                      "socket": 0o140644}.items():
        made[f"zip-kind-{key}"] = (
            zip_of(first(), Entry("file-X.png", b"/etc/passwd", mode=mode)), "link or device")
    made["zip-kind-folder"] = (zip_of(first(), Entry("a", mode=0o040755)), "without its slash")
    made["zip-folder-content"] = (zip_of(first(), Entry("a/", b"x", 0, mode=0o040755)), "sizes")
    for key, method in {"shrink": 1, "implode": 6, "deflate64": 9, "bzip2": 12, "lzma": 14,
                        "zstd": 93, "xz": 95, "aes": 99}.items():
        made[f"zip-method-{key}"] = (
            zip_of(first(), Entry("b.json", b"[]", method)), "other than deflate")
    for key, flag in {"encrypted": 1, "strong": 0x41, "masked": 0x2000}.items():
        made[f"zip-flag-{key}"] = (zip_of(first(), Entry("b.json", b"[]", flags=flag)), "encrypted")
    return made


def disagreements(first, good):
    """What the two headers of an entry, or what follows its data, say otherwise."""
    packed = deflated(good)
    ways = "two different ways"
    local = {
        "name": {"name": b"b.jsom"}, "method": {"method": 0}, "crc": {"crc": 1},
        "size": {"size": 1}, "packed": {"packed": 1}, "encrypted": {"flags": 1},
        "streamed": {"flags": STREAMED}, "unicode": {"extra": struct.pack(
            "<HHBI", 0x7075, 11, 1, 0) + b"x.json"},
        "wide": {"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF, "extra": struct.pack(
            "<HHQQ", 1, 16, 1 << 40, len(packed))},
        "cut-wide": {"size": 0xFFFFFFFF, "extra": b"\x01\0\0\0"},
    }
    made = {f"zip-local-{key}": (zip_of(first(), Entry("b.json", good, local=change)), ways)
            for key, change in local.items()}
    tails = {
        "crc": descriptor(good, packed, crc=1), "size": descriptor(good + b"x", packed),
        "packed": descriptor(good, packed + b"x"), "text": HIDDEN + b"1234",
        "signature": b"PK\x07\x09" + descriptor(good, packed, signature=False),
    }
    for key, tail in tails.items():
        made[f"zip-descriptor-{key}"] = (zip_of(first(), streamed("b.json", good, tail)), ways)
    made["zip-descriptor-long"] = (
        zip_of(first(), streamed("b.json", good, descriptor(good, packed) + HIDDEN)), "nothing")
    made["zip-unicode-path"] = (zip_of(first(), Entry("b.json", good, extra=struct.pack(
        "<HHBI", 0x7075, 11, 1, 0) + b"x.json")), ways)
    made["zip-both-lie"] = (zip_of(first(), Entry(
        "b.json", good, local={"size": 5}, central={"size": 5})), "damaged")
    made["zip-both-lie-crc"] = (zip_of(first(), Entry(
        "b.json", good, local={"crc": 5}, central={"crc": 5})), "damaged")
    made["zip-stored-lie"] = (zip_of(first(), Entry(
        "b.json", good, 0, local={"size": 5}, central={"size": 5})), "sizes")
    made["zip-behind-deflate"] = (zip_of(first(), Entry(
        "b.json", good, packed=packed + HIDDEN)), "damaged")
    made["zip-cut-deflate"] = (zip_of(first(), Entry(
        "b.json", good, packed=packed[:-4])), "damaged")
    made["zip-no-deflate"] = (zip_of(first(), Entry("b.json", good, packed=HIDDEN)), "damaged")
    return made


def overlapping(first, good):
    """Entries whose data lies in one another's (Fifield, "A better zip bomb", 2019)."""
    whole = zip_of(first(), Entry("a.json", good, 0), Entry("b.json", good, 0))
    second = whole.index(LOCAL, 4)
    third = whole.index(LOCAL, second + 4)
    inner = Entry("b.json", good, 0)
    outer = Entry("a.json", inner.local_bytes(), 0)
    quoted = bytearray(zip_of(first(), outer, inner))
    last = quoted.rindex(CENTRAL)
    at = quoted.index(LOCAL, quoted.index(b"a.json"))
    quoted[last + 42:last + 46] = struct.pack("<I", at)
    shared = bytearray(whole)
    last = shared.rindex(CENTRAL)
    shared[last + 42:last + 46] = struct.pack("<I", second)
    beyond = bytearray(whole)
    beyond[last + 42:last + 46] = struct.pack("<I", len(whole) - 10)
    inside = bytearray(whole)
    inside[last + 42:last + 46] = struct.pack("<I", third + 3)
    words = "belong to nothing"
    return {"zip-overlap-shared": (bytes(shared), words), "zip-overlap-quoted": (
        bytes(quoted), words), "zip-offset-beyond": (bytes(beyond), words),
        "zip-offset-inside": (bytes(inside), words)}


def wholes(first, good):
    """What lies around the entries, and what the end records say."""
    incomplete, malformed = "not a complete zip", "malformed directory"
    stray = Entry("b.json", good)
    inner = zip_of(Entry("conversations.json", b"[]"))

    def hidden_end(count, size, start):
        first_end = ending(count, size, start)
        return ending(count, size, start, comment=b"x" * 40 + first_end)

    def wide(**changes):
        return lambda count, size, start: wide_ending(
            count, size, start, changes.pop("at", start + size), **changes)
    return {
        "zip-gap": (zip_of(first(), Entry("a", tail=HIDDEN), stray), "belong to nothing"),
        "zip-gap-last": (zip_of(first(), gap=HIDDEN), "belong to nothing"),
        "zip-gap-unlisted": (zip_of(first(), gap=stray.local_bytes()), "belong to nothing"),
        "zip-prefix-text": (zip_of(first(), before=HIDDEN), "Coffer knows"),
        "zip-prefix-zip": (inner + zip_of(first()), incomplete),
        "zip-prefix-counted": (zip_of(first(), before=inner), "belong to nothing"),
        "zip-suffix-zip": (zip_of(first()) + inner, incomplete),
        "zip-two-ends": (zip_of(first(), end=hidden_end), "two different ways"),
        "zip-disks": (zip_of(first(), end=lambda c, s, o: ending(c, s, o, disks=(1, 0))), "parts"),
        "zip-disk-count": (zip_of(first(), end=lambda c, s, o: ending(c, s, o, here=0)), "parts"),
        "zip-fewer": (zip_of(first(), stray, end=lambda c, s, o: ending(c - 1, s, o)), malformed),
        "zip-more": (zip_of(first(), end=lambda c, s, o: ending(c + 1, s, o)), malformed),
        "zip-short": (zip_of(first(), end=lambda c, s, o: ending(c, s - 1, o)), incomplete),
        "zip-directory-beyond": (
            zip_of(first(), end=lambda c, s, o: ending(c, 0xFFFFFFFE, o)), incomplete),
        "zip-none-of-some": (zip_of(first(), end=lambda c, s, o: ending(0, 0, s + o)), malformed),
        "zip-wide-nowhere": (zip_of(first(), end=wide(at=1 << 62)), malformed),
        "zip-wide-negative": (zip_of(first(), end=wide(at=(1 << 64) - 5)), malformed),
        "zip-wide-long": (
            zip_of(first(), end=wide(length=44 + len(HIDDEN), more=HIDDEN)), malformed),
        "zip-wide-missing": (
            zip_of(first(), end=lambda c, s, o: ending(0xFFFF, s, o)), malformed),
        "zip-many-entries": (many(100_001), "more than 100000 files"),
        "zip-many-empty": (many(99_999), "Coffer knows"),
        "zip-nested-crc": (zip_of(first(), Entry(
            "b.zip", inner, 0, local={"crc": 5}, central={"crc": 5})), "damaged"),
    }


def many(count):
    """A zip with a zip64 end whose directory has so many entries."""
    return zip_of(*(Entry(f"{number}", method=0) for number in range(count)),
                  end=lambda c, s, o: wide_ending(c, s, o, s + o))


def bombs(good, megabytes):
    """What unpacks to far more than it was made from."""
    zeros = Entry("a.json", b"[" + bytes(9 << 20))
    flat = [Entry(f"{number}.json", zeros.content, packed=zeros.packed) for number in range(30)]
    inner = zip_of(zeros)
    nested = zip_of(*(Entry(f"{number}.zip", inner) for number in range(30)))
    large = zip_of(Entry("a.json", bytes(9 << 20), 0))
    packed = deflated(large)
    memory = zip_of(*(Entry(f"{number}.zip", large, packed=packed)
                      for number in range(megabytes // 9 + 1)),
                    Entry("random.bin", filler(megabytes << 14), 0))
    deep = zip_of(Entry("conversations.json", good))
    for _ in range(3):
        deep = zip_of(Entry("inner.zip", deep))
    return {
        "zip-bomb-flat": (zip_of(*flat), "200 times"),
        "zip-bomb-nested": (nested, "200 times"),
        "zip-bomb-memory": (memory, "held in memory"),
        "zip-bomb-deep": (deep, "inside a zip"),
    }


def filler(count):
    """Bytes that do not shrink, always the same."""
    import random
    return random.Random(7).randbytes(count)


def gzips(good):
    """Gzip files that are cut, joined, damaged or more than they seem."""
    one = gzip.compress(good, mtime=0)
    crc = bytearray(one)
    crc[-8] ^= 1
    size = bytearray(one)
    size[-4] ^= 1
    method = bytearray(one)
    method[2] = 7
    flags = bytearray(one)
    flags[3] = 0xE0
    damaged = "damaged"
    return {
        "gz-cut.json.gz": (one[:-9], damaged), "gz-cut-head.json.gz": (one[:9], damaged),
        "gz-crc.json.gz": (bytes(crc), damaged), "gz-size.json.gz": (bytes(size), damaged),
        "gz-method.json.gz": (bytes(method), damaged), "gz-flags.json.gz": (bytes(flags), damaged),
        "gz-members.json.gz": (one + one, damaged), "gz-behind.json.gz": (one + HIDDEN, damaged),
        "gz-behind-hidden.json.gz": (one + HIDDEN + one[-8:], damaged),
        "gz-zeros.json.gz": (one + bytes(512), damaged),
        "gz-in-gz.json.gz": (gzip.compress(one), "more than once"),
        "gz-zip.json.gz": (gzip.compress(zip_of(Entry("conversations.json", good))),
                           "Coffer knows"),
    }


def cases(good, megabytes=190):
    def first():
        return Entry("conversations.json", good)
    zips = names(first) | kinds(first) | disagreements(first, good) | overlapping(first, good)
    zips |= wholes(first, good) | bombs(good, megabytes)
    return {name + ".zip": case for name, case in zips.items()} | gzips(good)


def controls(good):
    """Unusual and sound: each holds the good export once."""
    packed = deflated(good)
    name = "conversations.json"
    tails = {f"{'signed' if signature else 'bare'}-{width}": descriptor(
        good, packed, signature, width) for signature in (True, False) for width in "IQ"}
    streams = {f"streamed-{key}.zip": zip_of(streamed(name, good, tail), Entry("a.txt", b"x"))
               for key, tail in tails.items()}
    stored = zip_of(Entry(name, good, 0))
    return streams | {
        "plain.zip": zip_of(Entry(name, good)), "stored.zip": stored,
        "folders.zip": zip_of(Entry("a/", method=0, mode=0o040755), Entry("a/" + name, good)),
        "comment.zip": zip_of(Entry(name, good), end=lambda c, s, o: ending(c, s, o, b"PK\x05")),
        "wide.zip": zip_of(Entry(name, good), end=lambda c, s, o: wide_ending(c, s, o, s + o)),
        "same-unicode-path.zip": zip_of(Entry(name, good, extra=struct.pack(
            "<HHBI", 0x7075, 5 + len(name), 1, 0) + name.encode())),
        "nested.zip": zip_of(Entry("export.zip", stored)),
        "nested-stored.zip": zip_of(Entry("export.zip", stored, 0)),
        "plain.json.gz": gzip.compress(good),
    }
