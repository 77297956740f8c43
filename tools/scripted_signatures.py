"""Signatures of Amazon's requests, as the scripted servers check them."""

import hashlib
import hmac
import re
import urllib.parse


def quoted(text, safe=""):
    return urllib.parse.quote(text, safe=safe + "-._~")


def is_signed(method, path, query, headers, body, secret):
    """Whether AWS Signature Version 4 fits, computed anew."""
    found = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=[^/]+/(\d+)/([^/]+)/([^/]+)/aws4_request, ?"
        r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})", headers.get("authorization", ""))
    if not found:
        return False
    day, region, service, names, signature = found.groups()
    pairs = sorted(urllib.parse.parse_qsl(query, keep_blank_values=True))
    canonical = "\n".join([
        method, quoted(path, "/"), "&".join(f"{quoted(a)}={quoted(b)}" for a, b in pairs),
        *(f"{name}:{' '.join(headers.get(name, '').split())}" for name in names.split(";")), "",
        names, hashlib.sha256(body).hexdigest()])
    scope = f"{day}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", headers.get("x-amz-date", ""), scope,
                      hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + secret).encode()
    for word in (day, region, service, "aws4_request"):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signature)
