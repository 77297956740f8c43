"""The primitives by which a vault's keys hang together, written from their standards.

None of Coffer's code and no library of cryptography takes part: what is derived here is what the
formats say, and is compared with what the program wrote. Slow, and not in constant time.
"""

import hashlib
import hmac
import struct

TAG_BYTES = 16
ZERO_NONCE = bytes(12)
POLY1305_PRIME = (1 << 130) - 5
X25519_PRIME = (1 << 255) - 19


def hkdf(secret, salt, info, count=32):
    """HKDF-SHA256 (RFC 5869) of up to 32 bytes."""
    return hmac.digest(extract(secret, salt), info + b"\x01", hashlib.sha256)[:count]


def extract(secret, salt=b""):
    """The pseudorandom key of HKDF."""
    return hmac.digest(salt or bytes(32), secret, hashlib.sha256)


def _rotate(word, count):
    return (word << count | word >> 32 - count) & 0xffffffff


def _quarter(state, a, b, c, d):
    for first, second, third, count in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        state[first] = state[first] + state[second] & 0xffffffff
        state[third] = _rotate(state[third] ^ state[first], count)


def chacha20_block(key, counter, nonce=ZERO_NONCE):
    """64 bytes of key stream (RFC 8439, section 2.3)."""
    start = list(struct.unpack("<4I", b"expand 32-byte k") + struct.unpack("<8I", key)
                 + (counter,) + struct.unpack("<3I", nonce))
    state = list(start)
    for _ in range(10):
        for a, b, c, d in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                           (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            _quarter(state, a, b, c, d)
    return struct.pack("<16I", *(a + b & 0xffffffff for a, b in zip(state, start)))


def hchacha20(key, nonce):
    """The key that XChaCha20 derives from the first 16 bytes of its nonce."""
    # The block function without the last addition: what is added is taken away again.
    block = struct.unpack("<16I", chacha20_block(key, *struct.unpack("<I", nonce[:4]), nonce[4:]))
    start = struct.unpack("<4I", b"expand 32-byte k") + (0,) * 8 + struct.unpack("<4I", nonce)
    mixed = [a - b & 0xffffffff for a, b in zip(block, start)]
    return struct.pack("<8I", *mixed[:4], *mixed[12:])


def chacha20(key, text, nonce=ZERO_NONCE):
    """Encrypts or decrypts, from block 1 on, as the AEAD does."""
    stream = b"".join(chacha20_block(key, 1 + number, nonce)
                      for number in range((len(text) + 63) // 64))
    return bytes(a ^ b for a, b in zip(text, stream))


def poly1305_key(key, nonce=ZERO_NONCE):
    """The two numbers of the one-time authenticator of a key and nonce."""
    block = chacha20_block(key, 0, nonce)
    factor = int.from_bytes(block[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff
    return factor, int.from_bytes(block[16:32], "little")


def poly1305_blocks(text, associated=b""):
    """What the AEAD authenticates, as Poly1305's numbers."""
    padded = b"".join(part + bytes(-len(part) % 16) for part in (associated, text))
    padded += struct.pack("<2Q", len(associated), len(text))
    return [int.from_bytes(padded[at:at + 16], "little") + (1 << 128)
            for at in range(0, len(padded), 16)]


def poly1305(blocks, factor, addend):
    total = 0
    for block in blocks:
        total = (total + block) * factor % POLY1305_PRIME
    return (total + addend & (1 << 128) - 1).to_bytes(16, "little")


def tag_of(key, text, nonce=ZERO_NONCE, associated=b""):
    return poly1305(poly1305_blocks(text, associated), *poly1305_key(key, nonce))


def seal(key, plain, nonce=ZERO_NONCE, associated=b""):
    """ChaCha20-Poly1305 (RFC 8439, section 2.8)."""
    text = chacha20(key, plain, nonce)
    return text + tag_of(key, text, nonce, associated)


def unseal(key, sealed, nonce=ZERO_NONCE, associated=b""):
    """What was sealed, or None where the tag is wrong."""
    text, tag = sealed[:-TAG_BYTES], sealed[-TAG_BYTES:]
    if not hmac.compare_digest(tag, tag_of(key, text, nonce, associated)):
        return None
    return chacha20(key, text, nonce)


def x25519(scalar, point=(9).to_bytes(32, "little")):
    """The function of RFC 7748, section 5."""
    prime = X25519_PRIME
    bits = bytearray(scalar)
    bits[0], bits[31] = bits[0] & 248, bits[31] & 127 | 64
    number = int.from_bytes(bits, "little")
    u = int.from_bytes(point, "little") & (1 << 255) - 1
    x2, z2, x3, z3, swapped = 1, 0, u, 1, 0
    for place in reversed(range(255)):
        bit = number >> place & 1
        if bit != swapped:
            x2, z2, x3, z3 = x3, z3, x2, z2
        swapped = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb, aa, bb = d * a % prime, c * b % prime, a * a % prime, b * b % prime
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % prime, u * (da - cb) ** 2 % prime
        x2, z2 = aa * bb % prime, e * (aa + 121665 * e) % prime
    if swapped:
        x2, z2 = x3, z3
    return (x2 * pow(z2, prime - 2, prime) % prime).to_bytes(32, "little")


def bech32_bytes(text):
    """The 32 bytes of an identity or a recipient of age; its checksum is not looked at."""
    letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    bits = "".join(f"{letters.index(letter):05b}"
                   for letter in text.lower().rpartition("1")[2][:-6])
    return int(bits[:256], 2).to_bytes(32, "big")
