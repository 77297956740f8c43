"""What one flow to a credential needs on the machine, what token servers are asked, and what the
model's server must be shown in the end.
"""

import hashlib
import json
import sys

from credential_double import Route
from proof import ROOT

sys.path.insert(0, str(ROOT / "tools"))
from scripted_signatures import is_signed

REGION = "eu-central-1"

PROGRAM = """#!/bin/sh
# Prints what lies beside it, and leaves where it was started what it was told.
here=$(dirname "$0")
for process in self $$ $PPID; do
    cat /proc/$process/cmdline
    [ $process = $PPID ] || cat /proc/$process/environ
done > "$TMPDIR/seen.$$"
[ -e "$here/slow" ] && sleep 0.5
if [ -e "$here/fails" ]; then cat "$here/output" "$here/output" >&2; cat "$here/output"; exit 3; fi
[ -e "$here/garbles" ] && printf 'here it is: '
cat "$here/output"
"""


class Flow:
    """One flow on a machine of its own: files, variables, options, and the table of routes."""

    def __init__(self, place, canaries, publish):
        self.place, self.canaries, self.publish = place, canaries, publish
        self.variables, self.options, self.routes = {}, [], []
        self.sources, self.program_folder, self.cache = set(), None, None
        self.calls = None
        # What of the headers that can carry a secret the model's server is shown, and no other.
        self.shows = {"authorization"}
        # What was handed out last, by what it is.
        self.held = {}

    def secret(self, what):
        self.held[what] = self.canaries.new(what)
        return self.held[what]

    def source(self, name, content, mode=0o600):
        """A file that is there before; a dict becomes JSON."""
        text = content if isinstance(content, (str, bytes)) else json.dumps(content)
        path = self.place.write(f"sources/{name}", text)
        path.chmod(mode)
        self.sources.add(path)
        return path

    def program(self, prints):
        """A program that prints a text or an object."""
        self.source("program/output", prints)
        path = self.source("program/give", PROGRAM, 0o700)
        self.program_folder = path.parent
        return path

    def tell_program(self, word, is_so):
        path = self.program_folder / word
        if is_so:
            path.touch()
            self.sources.add(path)
        else:
            path.unlink(missing_ok=True)

    def set(self, key, value):
        self.options += ["--set", f"{key}={value}"]

    def route(self, place, needs, gives, **more):
        self.routes.append(Route(tuple(place.split()), needs, gives, **more))

    # ---- What the model's server takes ----

    def token(self, what, is_last=True):
        """A new token, which from now on is the only one that the model's server takes."""
        token = self.secret(what)
        if is_last:
            self.publish([token], {})
        return token

    def keys(self, what, is_last=True, is_temporary=True):
        """A new pair of keys: id, secret and session token."""
        secret = self.secret(f"{what}-secret")
        session = self.secret(f"{what}-session") if is_temporary else None
        identity = "ASIA" + hashlib.sha256(secret.encode()).hexdigest()[:16].upper()
        self.held[f"{what}-id"] = identity
        if is_last:
            self.shows = {"authorization"} | ({"x-amz-security-token"} if session else set())
            self.publish([], {identity: {"secret": secret, "session": session}})
        return identity, secret, session

    def key_document(self, what, token="Token", **more):
        identity, secret, session = self.keys(what, **more)
        return {"Code": "Success", "AccessKeyId": identity, "SecretAccessKey": secret,
                token: session, "Expiration": "2099-01-01T00:00:00Z"}

    def is_signed(self, what):
        """Whether a question is signed with keys that were handed out."""
        def judges(asked):
            return asked.headers.get("x-amz-security-token") == self.held.get(
                f"{what}-session") and is_signed(
                    asked.method, asked.path, asked.query_text, asked.headers, asked.body,
                    self.held[f"{what}-secret"])
        return judges

    def held_as(self, what, before=""):
        """Needs what was handed out."""
        return lambda asked: before + self.held[what]
