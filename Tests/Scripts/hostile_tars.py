"""Tars and zstd frames that no honest program writes, byte by byte.

Each of `cases(tar, bag)` is `(name, bytes, words)`: what `coffer verify` is given, made from a good
`.tar` whose files lie below `bag/`, and words of the one fault that it must find. A name that ends
with `+` may have more faults, such as files that are missing behind a cut.
"""

import bz2
import gzip
import io
import lzma
import struct
import subprocess
import zlib

BLOCK = 512
END = bytes(2 * BLOCK)
HIDDEN = b"hidden words"


def entry(name, content=b"", kind=b"0", size=None, link=b"", fill=b"\0", body=None, **fields):
    """One entry in ustar form (POSIX.1-1988); `fields` are `at_157=b"…"`, put in last."""
    name = name if isinstance(name, bytes) else name.encode()
    header = bytearray(BLOCK)
    size = len(content) if size is None else size
    number = size if isinstance(size, bytes) else b"%011o\0" % size
    for offset, value in (
            (0, name[:100]), (100, b"0000644\0"), (108, b"0000000\0"), (116, b"0000000\0"),
            (124, number), (136, b"00000000000\0"), (148, b" " * 8), (156, kind), (157, link),
            (257, b"ustar\x0000"), *((int(key[3:]), value) for key, value in fields.items())):
        header[offset:offset + len(value)] = value
    header[148:156] = b"%06o\0 " % sum(header)
    content = content if body is None else body
    return bytes(header) + content + fill * (-len(content) % BLOCK)


def pax(*fields, kind=b"x", raw=None, name="pax"):
    """A pax header of `(key, value)` fields, or of the bytes in `raw`."""
    content = b""
    for key, value in fields:
        body = b" %b=%b\n" % (key, value)
        length = len(body)
        while len(b"%d" % length) + len(body) != length:
            length = len(b"%d" % length) + len(body)
        content += b"%d%b" % (length, body)
    return entry(name, content if raw is None else raw, kind)


def binary(number):
    """GNU's binary form of a size."""
    return b"\x80" + number.to_bytes(11, "big")


# ---- zstd frames (RFC 8878), of raw and repeated blocks ----

def frame(content, window=0x58, check=False, repeat=0, last=True):
    """One frame: the content as raw blocks, then `repeat` zeros as blocks of one repeated byte."""
    pieces = [(0, content[start:start + (1 << 17)], None)
              for start in range(0, len(content), 1 << 17)]
    pieces += [(1, b"\0", min(1 << 17, repeat - done)) for done in range(0, repeat, 1 << 17)]
    out = bytearray(b"\x28\xb5\x2f\xfd" + bytes([4 if check else 0, window]))
    for index, (kind, data, count) in enumerate(pieces):
        is_last = last and index + 1 == len(pieces)
        out += ((count or len(data)) << 3 | kind << 1 | is_last).to_bytes(3, "little") + data
    return bytes(out)


def skippable(text):
    return b"\x55\x2a\x4d\x18" + struct.pack("<I", len(text)) + text


# ---- Cases ----

def names(bag):
    """Names that leave the bag, or that an archive has not."""
    refused = "not allowed"
    long = b"a" * 150
    return [
        ("tar-parent", entry("../coffer-evil"), refused),
        ("tar-parent-inside", entry(f"{bag}/../../coffer-evil"), refused),
        ("tar-parent-last", entry(f"{bag}/.."), refused),
        ("tar-absolute", entry("/tmp/coffer-evil"), refused),
        ("tar-dot", entry(f"./{bag}/bagit.txt"), refused),
        ("tar-double-slash", entry(f"{bag}//bagit.txt"), refused),
        ("tar-backslash", entry(f"{bag}/..\\..\\coffer-evil"), refused),
        ("tar-drive", entry("c:coffer-evil"), refused),
        ("tar-control", entry(f"{bag}/a\x1b[2J"), refused),
        ("tar-newline", entry(f"{bag}/a\nb"), refused),
        ("tar-bidi", entry(f"{bag}/a\u202egnp.exe"), refused),
        ("tar-composed", entry(f"{bag}/data/é"), refused),
        ("tar-decomposed", entry(f"{bag}/data/e\u0301"), refused),
        ("tar-not-utf8", entry(bag.encode() + b"/\xff\xfe"), refused),
        ("tar-no-name", entry(""), refused),
        ("tar-deep", entry(f"{bag}/" + "a/" * 20 + "b"), refused),
        ("tar-long-part", entry("long", bag.encode() + b"/" + long + b"\0", b"L")
         + entry(f"{bag}/{'a' * (99 - len(bag))}"), refused),
        ("tar-other-folder", entry("other/bagit.txt"), "+" + refused),
        ("tar-at-the-top", entry("coffer-evil"), refused),
        ("tar-pax-parent", pax((b"path", b"../coffer-evil")) + entry(""), refused),
        ("tar-pax-absolute", pax((b"path", b"/tmp/coffer-evil")) + entry(""), refused),
        ("tar-pax-nul", pax((b"path", bag.encode() + b"/a\0b")) + entry(""), "+"),
        ("tar-gnu-parent", entry("long", b"../../coffer-evil\0", b"L") + entry(".."), refused),
        ("tar-fetch", entry(f"{bag}/fetch.txt", b"https://example.org/ 1 data/x\n"), "fetch"),
        ("tar-program", entry(f"{bag}/evil.sh", b"#!/bin/sh\n"), "no such file"),
        ("tar-empty-folder", entry(f"{bag}/data/empty/", kind=b"5"), "in this folder"),
    ]


def headers(bag, following):
    """Headers in front of a good entry, whose name is `following`."""
    field = "a pax header gives it the field"
    return [
        ("tar-pax-comment", pax((b"comment", HIDDEN)), field),
        ("tar-pax-attribute", pax((b"SCHILY.xattr.user.x", HIDDEN)), field),
        ("tar-pax-charset", pax((b"hdrcharset", b"BINARY")), field),
        ("tar-pax-owner", pax((b"uname", b"mallory")), field),
        ("tar-pax-time", pax((b"mtime", HIDDEN)), field),
        ("tar-pax-twice", pax((b"mtime", b"1"), (b"mtime", b"2")), field),
        ("tar-pax-sparse-name", pax(
            (b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"),
            (b"GNU.sparse.name", b"../coffer-evil"), (b"GNU.sparse.realsize", b"2199023255552")),
         "+"),
        ("tar-pax-linkpath", pax((b"linkpath", b"/etc/passwd")), "+"),
        ("tar-pax-length", pax(raw=b"9999 path=x\n"), "+"),
        ("tar-pax-zero", pax(raw=b"0 path=x\n"), "+"),
        ("tar-pax-negative", pax(raw=b"-5 path=x\n"), "+"),
        ("tar-pax-text", pax(raw=HIDDEN), "+"),
        ("tar-pax-no-value", pax(raw=b"8 path\n\n"), "+"),
        ("tar-pax-large", pax(raw=b"%d comment=%b\n" % (1 << 24, b"x" * ((1 << 24) - 18))), "+"),
        ("tar-gnu-large", entry("long", b"a" * (1 << 24), b"L"), "+"),
        ("tar-pax-size-overflow", pax((b"size", b"18446744073709551616")), "+"),
        ("tar-pax-size-largest", pax((b"size", b"9223372036854775807")), "+"),
        ("tar-pax-size-negative", pax((b"size", b"-1")), "+"),
        ("tar-two-headers", pax((b"mtime", b"1")) + pax((b"mtime", b"2")), "+"),
        ("tar-header-and-name", pax((b"mtime", b"1"))
         + entry("long", following + b"\0", b"L"), "does not follow"),
        ("tar-hidden-name", pax((b"path", f"{bag}/proof/x".encode())) + entry("secret"), "+header's name"),
    ]


def sizes(bag):
    """Sizes that are not true."""
    name = f"{bag}/proof/x"
    return [
        ("tar-size-8-gigabytes", entry(name, size=(1 << 33) - 1), "+"),
        ("tar-size-binary-largest", entry(name, size=binary((1 << 63) - 1)), "+"),
        ("tar-size-binary-overflow", entry(name, size=binary(1 << 64)), "+"),
        ("tar-size-negative", entry(name, size=b"\xff" * 12), "+"),
        ("tar-size-octal-negative", entry(name, size=b"-0000000001\0"), "+"),
        ("tar-size-text", entry(name, size=b"12 hidden 34"), "+"),
        ("tar-size-beyond", entry(name, b"x", size=1 << 20), "+"),
        ("tar-sparse-petabyte", entry(
            name, b"x" * BLOCK, b"S", at_257=b"ustar  \0", at_386=b"%011o\0" % 0 + b"%011o\0" % 512,
            at_483=binary(1 << 50)), "+"),
    ]


def kinds(bag):
    """Links, devices, and kinds of entries that an archive has not."""
    name = f"{bag}/proof/x"
    kind = "no entry of kind"
    return [
        ("tar-symlink", entry(name, kind=b"2", link=b"/etc/passwd"), "symbolic link"),
        ("tar-symlink-inside", entry(name, kind=b"2", link=b"bagit.txt"), "symbolic link"),
        ("tar-symlink-chain", entry(f"{bag}/a", kind=b"2", link=b"b")
         + entry(f"{bag}/b", kind=b"2", link=b"/tmp"), "+symbolic link"),
        ("tar-symlink-through", entry(f"{bag}/meta", kind=b"2", link=b"/tmp")
         + entry(f"{bag}/meta/coffer-evil", b"x"), "+symbolic link"),
        ("tar-symlink-replaced", entry(f"{bag}/proof/x", kind=b"2", link=b"/tmp/coffer-evil")
         + entry(f"{bag}/proof/x", b"x"), "+symbolic link"),
        ("tar-hardlink", entry(name, kind=b"1", link=b"/etc/passwd"), "link"),
        ("tar-hardlink-body", entry(name, b"body", kind=b"1", link=b"/etc/passwd"), "+"),
        ("tar-character-device", entry(name, kind=b"3"), "neither a file nor a folder"),
        ("tar-block-device", entry(name, kind=b"4"), "neither a file nor a folder"),
        ("tar-pipe", entry(name, kind=b"6"), "neither a file nor a folder"),
        ("tar-contiguous", entry(name, kind=b"7"), kind),
        ("tar-socket", entry(name, kind=b"s"), kind),
        ("tar-global", pax((b"path", b"../coffer-evil"), kind=b"g"), "+" + kind),
        ("tar-volume", entry("label", kind=b"V"), "+" + kind),
        ("tar-continued", entry(name, kind=b"M"), "+" + kind),
        ("tar-long-link", entry("long", b"/etc/passwd\0", b"K"), "+" + kind),
        ("tar-attributes", pax((b"path", b"x"), kind=b"X"), "+" + kind),
        ("tar-mode", entry(f"{bag}/proof/", kind=b"5", at_100=b"0006755\0"), "+special mode"),
        ("tar-owner", entry(f"{bag}/data/", kind=b"5", at_108=b"0001750\0"), "owner"),
        ("tar-owner-name", entry(f"{bag}/data/", kind=b"5", at_265=b"mallory\0"), "owner"),
        ("tar-unused-bytes", entry(f"{bag}/data/", kind=b"5", at_157=HIDDEN), "unused bytes"),
        ("tar-old-header", entry(f"{bag}/data/", kind=b"5", at_257=bytes(8)), "neither POSIX"),
        ("tar-folder-content", entry(f"{bag}/data/", HIDDEN, b"5"), "+"),
        ("tar-file-with-slash", entry(f"{bag}/data/"), "two different ways+"),
        ("tar-filling", entry(f"{bag}/proof/x", b"x", fill=b"h"), "+fill its last block"),
    ]


def end_of_first(tar):
    """Where the first entry ends."""
    return BLOCK + -(-int(tar[124:135], 8) // BLOCK) * BLOCK


def wholes(tar, bag):
    """What is wrong with a tar as a whole."""
    body = tar[:len(tar.rstrip(b"\0")) + -len(tar.rstrip(b"\0")) % BLOCK]
    first = end_of_first(tar)
    wrong = bytearray(tar)
    wrong[148:154] = b"000000"
    tag = tar.index(f"{bag}/manifest-sha256.txt\0".encode())
    size = int(tar[tag + 124:tag + 135], 8)
    manifest = tar[tag:tag + BLOCK + -(-size // BLOCK) * BLOCK]
    return [
        ("tar-twice", tar[:first] + tar, "twice"),
        ("tar-folder-twice", entry(f"{bag}/data/", kind=b"5") * 2 + tar, "twice"),
        ("tar-bag-twice", entry(f"{bag}/", kind=b"5") * 2 + tar, "twice"),
        ("tar-other-case", entry(f"{bag}/Bagit.txt") + tar, "+"),
        ("tar-manifest-shadow", tar[:-len(tar) + len(body)] + manifest + END, "twice"),
        ("tar-file-as-folder", entry(f"{bag}/bagit.txt/", kind=b"5") + tar, "in this folder"),
        ("tar-cut-header", body[:len(body) - 100], "+"),
        ("tar-cut-content", tar[:tag + BLOCK + 5], "+"),
        ("tar-no-end", body, "end mark"),
        ("tar-one-zero-block", body + bytes(BLOCK), "end mark"),
        ("tar-second", tar + tar, "follows the end"),
        ("tar-behind-zeros", tar + bytes(5000) + HIDDEN, "follows the end"),
        ("tar-much-padding", tar + bytes(2 << 20), "follows the end"),
        ("tar-checksum", bytes(wrong), "neither a tar"),
        ("tar-stray-header", body + pax((b"mtime", b"1")) + END, "+does not follow"),
        ("tar-empty", END, "tar is empty+"),
        ("tar-zeros", bytes(1 << 20), "+"),
        ("tar-nothing", b"", "+"),
        ("tar-many-files", b"".join(
            entry(f"{bag}/meta/{number:06}") for number in range(20_000)) + tar, "+"),
    ]


def compressed(tar, bag):
    """Frames: hidden, nested, cut, and bombs."""
    good = frame(tar)
    large = entry(f"{bag}/data/native/x.jsonl", size=(1 << 30) - 1)
    line = entry(f"{bag}/data/native/x.jsonl", size=250 << 20)
    folder = entry(f"{bag}/data/", kind=b"5")
    huge = bytearray(frame(tar))
    huge[4:6] = b"\xe0" + struct.pack("<Q", 1 << 62)
    return [
        ("zst-bomb", frame(large, repeat=1 << 30), "not plausible+"),
        ("zst-bomb-behind", frame(tar, repeat=256 << 20), "follows the end"),
        ("zst-bomb-line", frame(line, repeat=250 << 20), "not plausible+"),
        ("zst-window-2-gigabytes", frame(tar, window=0xA8), "MiB of memory+"),
        ("zst-window-content", bytes(huge), "MiB of memory+"),
        ("zst-hidden-before", skippable(HIDDEN) + good, "hidden frame"),
        ("zst-hidden-after", good + skippable(HIDDEN), "hidden frame"),
        ("zst-second-frame", good + frame(tar), "+second frame"),
        ("zst-empty-frame", good + frame(b"\0" * 512), "+second frame"),
        ("zst-behind", good + HIDDEN, "+follows the archive"),
        ("zst-behind-1-byte", good + b"\0", "+follows the archive"),
        ("zst-twice", frame(good), "+"),
        ("zst-gzip", frame(gzip.compress(tar)), "neither a tar"),
        ("zst-cut", good[:len(good) // 2], "+"),
        ("zst-cut-head", good[:5], "+"),
        ("zst-no-last-block", frame(tar, last=False), "+"),
        ("zst-checksum", frame(tar, check=True) + b"\0\0\0\0", "+cannot be unpacked"),
        ("zst-dictionary", good[:4] + b"\x01" + good[5:6] + b"\x07" + good[6:], "+"),
        ("zst-reserved-block", good[:6] + bytes([good[6] | 6]) + good[7:], "+"),
        ("zst-zip-inside", frame(b"PK\x03\x04" + bytes(600)), "neither a tar"),
        ("zst-many-entries", shrunk(b"".join(
            entry(f"{bag}/meta/{number:06}") for number in range(200_000)) + tar),
         "files are not plausible+"),
        ("zst-many-folders", shrunk(folder * 200_000 + tar), "twice+"),
    ]


def shrunk(content):
    """One frame as `zstd` makes it."""
    return subprocess.run(["zstd", "-q", "-c"], input=content, capture_output=True,
                          check=True).stdout


def foreign(tar):
    """Other containers, which a reader of every format would take for archives."""
    newc = (b"070701" + b"%08x" * 13) % (1, 0o100644, 0, 0, 1, 0, 2, 0, 0, 0, 0, 6, 0)
    packed = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packed.compress(bytes(1 << 20)) for _ in range(64)) + packed.flush()
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as file:
        file.write(frame(tar))
    files = {
        "cpio": newc + b"evil\0\0" + b"hi\0\0", "cpio-odc": b"070707" + b"0" * 70 + b"x\0",
        "ar": b"!<arch>\n" + b"evil/".ljust(48) + b"2         `\nhi",
        "mtree": b"#mtree\n./evil type=file mode=0777 content=/etc/passwd\n",
        "json": b'{"a": "./evil type=link link=/etc/passwd"}', "warc": b"WARC/1.0\r\n" * 80,
        "uu": b"begin 644 evil\n#:&D*\n`\nend\n", "7z": b"7z\xbc\xaf\x27\x1c" + bytes(600),
        "rar": b"Rar!\x1a\x07\x00" + bytes(600), "cab": b"MSCF" + bytes(600),
        "lha": b"\x20\x00-lh5-" + bytes(99),
        "xar": b"xar!" + bytes(600), "zip": b"PK\x05\x06" + bytes(18),
        "gz": gzip.compress(tar), "gz-bomb": bomb, "bz2": bz2.compress(tar),
        "xz": lzma.compress(tar), "lzma": lzma.compress(tar, lzma.FORMAT_ALONE),
        "zst-gz": out.getvalue(), "lz4": b"\x04\x22\x4d\x18" + bytes(600),
        "compress": b"\x1f\x9d\x90" + bytes(600),
    }
    # Such an image begins with zeros, which are how a tar ends.
    image = bytes(32768) + b"\x01CD001\x01" + bytes(4096)
    return [("foreign-iso", image, "+")] + [
        (f"foreign-{name}", content, "neither a tar") for name, content in files.items()]

def lists(bag):
    """Lists that claim more than is there, which pack well, and what would be kept whole."""
    zeros = "0" * 64
    made = {
        "manifest-sha256.txt": (
            "it lists more files than",
            (f"{zeros}  data/native/{n:08x}-0000-7000-8000-{n:012x}.jsonl" for n in range(1 << 20))),
        "proof/log.jsonl": (
            "more lines than",
            (f'{{"messages":{{"count":1,"root":"{zeros}"}},"seq":{n}}}' for n in range(1 << 20))),
        "proof/commitments.jsonl": (
            "more lines than", (f'{{"uncovered":"{n:064x}"}}' for n in range(2 << 20))),
    }
    sections = b"".join(b'{"entry":%d}\n' % n for n in range(3 << 20))
    prior = b"".join(
        entry(f"{bag}/proof/prior-checkpoints/{n}.checkpoint", b"A" * (1 << 20))
        for n in range(200))
    few = entry(f"{bag}/bagit.txt", b"BagIt-Version: 1.0\n")
    end = bytes(1024)
    cases = [
        (f"zst-long-{name.rpartition('/')[2]}",
         shrunk(few + entry(f"{bag}/{name}", "\n".join(rows).encode() + b"\n") + end),
         f"{words}+")
        for name, (words, rows) in made.items()]
    return cases + [
        ("zst-long-sections",
         shrunk(few + entry(f"{bag}/proof/commitments.jsonl", sections) + end),
         "more lines than+"),
        ("zst-prior-checkpoints", shrunk(few + prior + end), "longer than 16384 bytes+"),
    ]


def cases(tar, bag):
    """Every case: what is put in front of a good tar, and what is wrong as a whole."""
    before = names(bag) + sizes(bag) + kinds(bag)
    made = [(name, head + tar, words) for name, head, words in before]
    # Behind the first entry, so that it is a tar in any case.
    first = end_of_first(tar)
    following = tar[first:first + 100].rstrip(b"\0")
    made += [(name, tar[:first] + header + tar[first:], words)
             for name, header, words in headers(bag, following)]
    made += wholes(tar, bag) + compressed(tar, bag) + foreign(tar) + lists(bag)
    for name, content, words in made:
        yield name, content, words.strip("+"), "+" in words
