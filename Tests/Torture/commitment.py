"""Ciphertexts that open under two keys, and passphrases that are wrong.

ChaCha20-Poly1305 does not commit to its key: for any two keys a ciphertext of 16 bytes can be
solved for, from one linear equation, whose tag is right under both. Here it is the body of a slot's
stanza under two passphrases, and of a stanza of `key.age` under the identities of two slots, built
by somebody who knows them all, so that one file would test two guesses at once. What must keep them
apart is the MAC of the age file's header: at most one of the two file keys fits it.

Controls: libsodium's AEAD accepts every one of them under both keys; the forged slot opens with the
passphrase whose file key made its MAC, as far as the vault's own MACs let it.
"""

import ctypes
import ctypes.util
import hashlib
import hmac
import json
import os
import pathlib
import random
import shutil
import subprocess
import time

import crash
import judges
import primitives
import vaultkeys
from primitives import POLY1305_PRIME, chacha20, hkdf
from proof import COFFER, WEAK, skip
from run import WORKERS

LEAST_VECTORS = 10
FILE_KEY_BYTES = 16
TWO_TO_128 = 1 << 128
RIGHT = "passphrase is right"


def two_key_body(first, second):
    """32 bytes that open under two keys; None where the equation has no solution of 16 bytes."""
    (r1, s1), (r2, s2) = primitives.poly1305_key(first), primitives.poly1305_key(second)
    sizes = primitives.poly1305_blocks(bytes(FILE_KEY_BYTES))[-1]
    slope = pow(r1 * r1 - r2 * r2, -1, POLY1305_PRIME)
    # The tags are equal modulo 2^128; before that they may differ by a small multiple of it.
    for carry in range(-4, 5):
        right = carry * TWO_TO_128 + s2 - s1 + sizes * (r2 - r1)
        block = right * slope % POLY1305_PRIME
        if not TWO_TO_128 <= block < 2 * TWO_TO_128:
            continue
        text = (block - TWO_TO_128).to_bytes(16, "little")
        tag = primitives.tag_of(first, text)
        if tag == primitives.tag_of(second, text):
            return text + tag
    return None


class Sodium:
    """The AEAD as it is, which the program uses as well."""

    def __init__(self):
        name = ctypes.util.find_library("sodium") or skip("libsodium is not found here")
        self.library = ctypes.CDLL(name)

    def opens(self, body, key):
        plain = ctypes.create_string_buffer(len(body))
        return self.library.crypto_aead_chacha20poly1305_ietf_decrypt(
            plain, None, None, body, ctypes.c_ulonglong(len(body)), None, ctypes.c_ulonglong(0),
            bytes(12), key) == 0


def age_file(lines, body, file_key, plain, mac=None):
    """An age file of one stanza, whose header's MAC is of a file key, or is given."""
    covered = (f"age-encryption.org/v1\n{lines}\n{vaultkeys.to_base64(body)}\n---").encode()
    mac = mac or hmac.digest(hkdf(file_key, b"", b"header"), covered, hashlib.sha256)
    nonce = os.urandom(16)
    sealed = primitives.seal(hkdf(file_key, nonce, b"payload"), plain, bytes(11) + b"\x01")
    return covered + f" {vaultkeys.to_base64(mac)}\n".encode() + nonce + sealed


class Target:
    """A vault with two passphrase slots, to which files are put."""

    def __init__(self, folder, seed):
        self.folder, self.vault = folder, folder / "vault"
        self.source = random.Random(f"commitment/{seed}")
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "TZ": "UTC", "LC_ALL": "C.UTF-8",
            "XDG_STATE_HOME": str(folder / "state"), "NO_COLOR": "1"}
        self.secrets = [self.secret("passphrase"), self.secret("office")]
        self.run("init", "--passphrase-file", self.secrets[0], *WEAK, "--custodian", "ada")
        self.run("slot", "add", "office", "--new-passphrase-file", self.secrets[1], *WEAK,
                 "--passphrase-file", self.secrets[0])
        self.kept = folder / "kept"
        shutil.copytree(self.vault, self.kept)

    def secret(self, name):
        path = self.folder / f"{name}.passphrase"
        path.write_text(f"{name} {self.source.getrandbits(80):x}\n", encoding="utf-8")
        path.chmod(0o600)
        return path

    def go_back(self):
        shutil.rmtree(self.vault)
        shutil.copytree(self.kept, self.vault)

    def run(self, *words):
        return subprocess.run(
            [COFFER, *map(str, words), "--vault", self.vault], env=self.environment, check=False,
            cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    def put(self, name, content, isNamed):
        """Puts a file in the place of one; the header may name its digest, as anybody can."""
        (self.vault / name).write_bytes(content)
        header = vaultkeys.header_of(self.vault)
        digest = hashlib.sha256(content).hexdigest()
        if isNamed and name.startswith("slots/"):
            next(slot for slot in header["slots"]
                 if slot["name"] == pathlib.Path(name).stem)["sha256"] = digest
        elif isNamed:
            header["keyFile"] = digest
        text = json.dumps(header, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
        (self.vault / "coffer.json").write_text(text + "\n", encoding="utf-8")

    def answers(self):
        """Of each passphrase whether it opens the vault, and what is said."""
        done = [self.run("status", "--passphrase-file", secret) for secret in self.secrets]
        return [(outcome.returncode == 0, outcome.stderr) for outcome in done]


class Vectors:
    """Ciphertexts under two keys, each put to a vault in every way."""

    def __init__(self, target):
        self.target, self.sodium = target, Sodium()
        self.findings = []
        self.made = self.tried = 0
        if not all(isOpen for isOpen, _ in target.answers()):
            self.findings.append("control: an untouched vault does not open with both passphrases")

    def check(self, keys, body, place):
        """Plain AEAD takes it under both keys, or it is no vector."""
        self.made += 1
        if not all(self.sodium.opens(body, key) for key in keys):
            self.findings.append(f"control: plain AEAD refuses the ciphertext for {place}")

    def refused(self, name, content, isNamed, what):
        """The vault opens with neither passphrase."""
        self.target.go_back()
        self.target.put(name, content, isNamed)
        for number, (isOpen, _) in enumerate(self.target.answers()):
            self.tried += 1
            if isOpen:
                self.findings.append(f"{what} opens with passphrase {number + 1}")

    def slot(self):
        """The file of a slot, under the two passphrases; the other slot's file is gone."""
        phrases = [path.read_bytes().rstrip(b"\n") for path in self.target.secrets]
        body = None
        while body is None:
            words = ("scrypt", vaultkeys.to_base64(os.urandom(16)), "1")
            keys = [vaultkeys.scrypt_key(words, phrase) for phrase in phrases]
            body = two_key_body(*keys)
        self.check(keys, body, "a slot")
        file_keys = [chacha20(key, body[:FILE_KEY_BYTES]) for key in keys]
        log_key = vaultkeys.header_of(self.target.kept)["logKey"]
        identity = vaultkeys.of_slot(self.target.kept, "office", phrases[1])["identity's text"]
        # An identity that is none of the slot that it stands in, with the mark that binds it.
        plain = f"# coffer log key {log_key}\nAGE-SECRET-KEY-1{identity.decode()}\n".encode()
        old = vaultkeys.AgeFile.parse((self.target.kept / "slots/passphrase.age").read_bytes())
        line = "-> " + " ".join(words)
        name = "slots/passphrase.age"
        for number in (0, 1):
            file = age_file(line, body, file_keys[number], plain)
            self.refused_slot(name, file, number)
        self.refused(name, age_file(line, body, file_keys[0], plain, old.mac), True,
                     "a slot of two passphrases with the MAC of before")

    def refused_slot(self, name, file, number):
        """With one slot gone, the other's file is for both passphrases."""
        target = self.target
        for isNamed in (False, True):
            target.go_back()
            (target.vault / "slots/office.age").unlink()
            # The identity in it is the other slot's: what its owner could do is not the question.
            (target.vault / "generations/1/key.age").write_bytes(self.foreign)
            target.put(name, file, isNamed)
            for at, (isOpen, said) in enumerate(target.answers()):
                self.tried += 1
                what = f"a slot of two passphrases, with the MAC of {number + 1}"
                if isOpen:
                    self.findings.append(f"{what}, opens with passphrase {at + 1}")
                if (RIGHT in said) != (isNamed and at == number):
                    self.findings.append(f"{what}, with passphrase {at + 1}: {said.strip()}")

    @property
    def foreign(self):
        """A key file for somebody else: a slot that opens is said to be right, and no more."""
        share = primitives.x25519(os.urandom(32))
        return age_file(f"-> X25519 {vaultkeys.to_base64(share)}", os.urandom(32), os.urandom(16),
                        os.urandom(32))

    def key_file(self):
        """`key.age` under the identities of both slots."""
        phrases = [path.read_bytes().rstrip(b"\n") for path in self.target.secrets]
        scalars = [vaultkeys.of_slot(self.target.kept, name, phrase)["identity"]
                   for name, phrase in zip(("passphrase", "office"), phrases)]
        body = None
        while body is None:
            words = ("X25519", vaultkeys.to_base64(primitives.x25519(os.urandom(32))))
            keys = [vaultkeys.x25519_key(words, scalar)[0] for scalar in scalars]
            body = two_key_body(*keys)
        self.check(keys, body, "key.age")
        vault_key = vaultkeys.of_vault(self.target.kept, "passphrase", phrases[0])["vault key"]
        for number, key in enumerate(keys):
            # Even with the true vault key only one of the two identities leads to it.
            file_key = chacha20(key, body[:FILE_KEY_BYTES])
            file = age_file("-> " + " ".join(words), body, file_key, vault_key)
            self.opens_one(file, number)
            file = age_file("-> " + " ".join(words), body, file_key, os.urandom(32))
            self.refused("generations/1/key.age", file, True, "key.age of two identities")

    def opens_one(self, file, number):
        """A key file that holds the true key, for whoever has the file key of its MAC alone."""
        target = self.target
        target.go_back()
        target.put("generations/1/key.age", file, False)
        # The one that does not fit comes first: the other would write the file anew.
        for at in (1 - number, number):
            self.tried += 1
            done = target.run("status", "--passphrase-file", target.secrets[at])
            if (done.returncode == 0) != (at == number):
                self.findings.append(
                    f"key.age of two identities, with the MAC of {number + 1}: passphrase {at + 1} "
                    f"ends with {done.returncode}: {done.stderr.strip()}")


def guesses(run, target, until):
    """Wrong passphrases at the least cost, by the engine's own function, on every core."""
    target.go_back()
    start, seconds = time.monotonic(), max(2.0, until - time.monotonic())

    def share(number, results):
        done = subprocess.run(
            [judges.driver(), "guess", target.vault, f"{run.seed} {number}", str(seconds),
             target.secrets[0]], capture_output=True, text=True, check=False,
            env=target.environment)
        results.put(json.loads(done.stdout) if done.returncode == 0 else {"failed": done.stderr})

    answers = crash.in_processes(share, WORKERS)
    findings = []
    for answer in answers:
        if "failed" in answer:
            findings.append(f"the guesses failed: {answer['failed'].strip()}")
            continue
        findings += [f"a wrong passphrase is taken: {word}" for word in answer["accepted"]]
        if not answer["isRightAccepted"]:
            findings.append("control: the right passphrase is refused")
    tried = sum(answer.get("slots", 0) + answer.get("vaults", 0) for answer in answers)
    run.row("wrong passphrases", tried, "guesses", findings, start)


def commitment(run, until):
    """A tenth of the time for ciphertexts under two keys, the rest for guesses."""
    start = time.monotonic()
    target = Target(run.new_folder(run.scratch, "commitment"), run.seed)
    vectors = Vectors(target)
    while vectors.made < LEAST_VECTORS or time.monotonic() < start + (until - start) / 10:
        vectors.slot()
        vectors.key_file()
    print(f"  {vectors.made} ciphertexts under two keys, {vectors.tried} tries to open a vault",
          flush=True)
    run.row("ciphertexts under two keys", vectors.made, "vectors", vectors.findings, start)
    guesses(run, target, until)
