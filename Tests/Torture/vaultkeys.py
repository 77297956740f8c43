"""All secrets by which a vault opens, derived from its files and a passphrase alone.

As SECURITY.md, `Sources/Vault/Directory/VaultHeader.swift` and `Sources/CPageVFS/page_cipher.c` say
it, with the primitives of primitives.py: passphrase, identity of the slot, vault key, keys of the
database, its pages and its log. What comes out is proved by the header's MAC and the database's key
check, so that nobody looks for keys that are none.
"""

import base64
import dataclasses
import hashlib
import hmac
import json

import primitives
from primitives import hkdf, unseal


def from_base64(text):
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def to_base64(content):
    return base64.b64encode(content).decode().rstrip("=")


class WrongKey(Exception):
    """What was derived is not what the files were written with."""


@dataclasses.dataclass
class AgeFile:
    """An age v1 file: stanzas with their arguments, and what follows the header."""

    stanzas: list
    covered: bytes
    mac: bytes
    payload: bytes

    @classmethod
    def parse(cls, content):
        lines, at, stanzas = content.split(b"\n"), 1, []
        while not lines[at].startswith(b"---"):
            words, body = lines[at].decode().split()[1:], b""
            while True:
                at += 1
                body += lines[at]
                if len(lines[at]) < 64:
                    break
            stanzas.append((words, from_base64(body.decode())))
            at += 1
        head = b"\n".join(lines[:at]) + b"\n---"
        return cls(stanzas, head, from_base64(lines[at][4:].decode()),
                   content[len(head) + 1 + len(lines[at]) - 3:])

    def opened(self, file_key):
        """The content, of one chunk, with the keys on the way to it."""
        mac_key = hkdf(file_key, b"", b"header")
        if hmac.digest(mac_key, self.covered, hashlib.sha256) != self.mac:
            raise WrongKey("the header's MAC is of another file key")
        payload_key = hkdf(file_key, self.payload[:16], b"payload")
        plain = unseal(payload_key, self.payload[16:], bytes(11) + b"\x01")
        return plain, {"header key": mac_key, "payload key": payload_key}


def scrypt_key(words, passphrase):
    """The key of a scrypt stanza."""
    salt, cost = from_base64(words[1]), 1 << int(words[2])
    return hashlib.scrypt(
        passphrase, salt=b"age-encryption.org/v1/scrypt" + salt, n=cost, r=8, p=1, dklen=32,
        maxmem=(1 << 31) - 1)


def x25519_key(words, scalar):
    """The key of an X25519 stanza, with what it is derived from."""
    share = from_base64(words[1])
    shared = primitives.x25519(scalar, share)
    return hkdf(shared, share + primitives.x25519(scalar), b"age-encryption.org/v1/X25519"), shared


def of_slot(vault, name, passphrase):
    """The secrets of a passphrase slot, the identity among them."""
    file = AgeFile.parse((vault / f"slots/{name}.age").read_bytes())
    (words, body), = file.stanzas
    found = {"passphrase": passphrase, "scrypt key": scrypt_key(words, passphrase)}
    if (file_key := unseal(found["scrypt key"], body)) is None:
        raise WrongKey("the passphrase is another slot's")
    found["slot's file key"] = file_key
    plain, keys = file.opened(found["slot's file key"])
    found |= {f"slot's {key}": value for key, value in keys.items()}
    text = plain.splitlines()[1]
    found["identity"] = primitives.bech32_bytes(text.decode())
    # Without the words that each begins with, which stand in the program too.
    found["identity's text"] = text.removeprefix(b"AGE-SECRET-KEY-1")
    return found


def of_key_file(content, scalar):
    """The secrets of `key.age`, the vault key among them."""
    file = AgeFile.parse(content)
    for words, body in file.stanzas:
        wrap, shared = x25519_key(words, scalar)
        if (file_key := unseal(wrap, body)) is not None:
            key, keys = file.opened(file_key)
            return {"vault key": key, "key file's file key": file_key, "shared secret": shared,
                    "key file's wrap key": wrap} | {
                        f"key file's {name}": value for name, value in keys.items()}
    raise WrongKey("no stanza of key.age is for the identity")


def of_database(content, key):
    """The keys below a database key, which the file's own key check proves."""
    def derived(kind, over):
        return hashlib.blake2b(
            b"CVFS" + kind + b"\x01\0\0" + over, key=key, digest_size=32).digest()

    if derived(b"K", content[:8])[:8] != content[8:16]:
        raise WrongKey("the key check is of another key")
    return {"page key": derived(b"D", content[:16]), "log key": derived(b"W", content[:16])}


def header_of(vault):
    return json.loads((vault / "coffer.json").read_bytes())


def of_vault(vault, name, passphrase):
    """Every secret between a passphrase and the pages, by what it is."""
    found = of_slot(vault, name, passphrase)
    header = header_of(vault)
    folder = vault / f"generations/{header['generation']}"
    found |= of_key_file((folder / "key.age").read_bytes(), found["identity"])
    key = found["vault key"]
    for use in ("header", "database", "traces"):
        found[f"{use} key"] = hkdf(key, b"", f"coffer {use}".encode())
    mac = header.pop("mac")
    text = json.dumps(header, separators=(",", ":"), sort_keys=True).encode()
    if hmac.digest(found["header key"], text, hashlib.sha256).hex() != mac:
        raise WrongKey("the header's MAC is of another vault key")
    found |= of_database((folder / "vault.db").read_bytes()[:16], found["database key"])
    return found | shadows(found)


def shadows(found):
    """What computing with a key leaves beside it: HKDF's first step, and HMAC's two pads."""
    made = {}
    for name in ("vault key", "slot's file key", "key file's file key"):
        made[f"extract of the {name}"] = primitives.extract(found[name])
    for name in ("vault key", "header key", "database key", "passphrase"):
        for pad in (0x36, 0x5c):
            made[f"{name}, padded with {pad:x}"] = bytes(byte ^ pad for byte in found[name])
    return made


def pieces(found):
    """Secrets as pieces of 8 bytes, each with what it is of."""
    return [(name, secret[at:at + 8]) for name, secret in found.items()
            for at in range(0, len(secret) - 7, 8)]
