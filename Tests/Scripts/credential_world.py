"""The world of the flows to credentials: names that lead here, the models' server, the double."""

import json
import ssl
import subprocess
import sys
import urllib.error
import urllib.request

from credential_amazon import CONTAINER, MACHINE
from credential_canaries import Canaries
from credential_double import Double, context
from credential_flows import MODEL_HOSTS, TOKEN_HOSTS
from credential_google import METADATA
from network_namespace import prepare, run
from proof import ROOT, Place, skip

REFUSALS = {"repeats-401": (401, "authentication_error"),
            "repeats-403": (403, "permission_error"),
            "repeats-400": (400, "invalid_request_error"),
            "repeats-in-stream": (None, "authentication_error"),
            "repeats-everywhere": (401, "authentication_error")}


def lead(place):
    """Leads the names of all servers, and the addresses of machines' services, to this machine."""
    prepare(place.root, {"127.0.0.1": ["localhost", *MODEL_HOSTS], "127.0.0.2": TOKEN_HOSTS,
                         MACHINE: [METADATA]}, "127.0.0.1")
    for address in (MACHINE, CONTAINER):
        if not run("ip", "addr", "add", f"{address}/32", "dev", "lo"):
            skip("a namespace cannot have the addresses of metadata services here")


class Models:
    """tools/scripted-provider, with scripts of this proof."""

    def __init__(self, place):
        scripts = place.root / "scripts"
        self.write(scripts, "well", {"say": [{"text": ["All ", "is ", "well."]}]})
        self.write(scripts, "stall", {
            "say": [{"text": ["One ", "two ", "three "], "times": 40}], "stallAfterBytes": 3000})
        for name, (status, kind) in REFUSALS.items():
            # So long that a message which is cut short would end in the middle of a secret.
            message = "refused " * (58 if status == 400 else 1)
            error = {"status": status, "type": kind, "message": message, "repeats":
                     "everywhere" if "everywhere" in name else "message"}
            said = {} if status else {"say": [{"text": ["One "]}]}
            self.write(scripts, name, {**said, "error": error})
        self.accepted = place.root / "accepted.json"
        self.accept([], {})
        self.log, self.read = place.root / "requests.log", 0
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "tools/scripted-provider", "--port", "443", "--tls",
             place.root / "tls", "--names", ",".join(MODEL_HOSTS + TOKEN_HOSTS), "--scripts",
             scripts, "--accept", self.accepted, "--log", self.log, "--seconds", "900"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        line = self.process.stdout.readline()
        if not line:
            skip("the scripted server does not start here")
        self.authority = json.loads(line)["authority"]

    @staticmethod
    def write(folder, name, answer):
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps({"answers": [answer]}))

    def accept(self, tokens, keys):
        """The credentials that are taken from now on."""
        beside = self.accepted.with_suffix(".new")
        beside.write_text(json.dumps({"tokens": tokens, "keys": keys}))
        beside.replace(self.accepted)

    def requests(self):
        """What it was sent since the last time, without the secrets of headers."""
        lines = self.log.read_bytes().splitlines() if self.log.exists() else []
        new, self.read = lines[self.read:], len(lines)
        return [entry for entry in map(json.loads, new) if "path" in entry]

    def repeats(self, token):
        """What it says to a token that it refuses; a control."""
        asked = urllib.request.Request(
            "https://llm.example.org/v1/messages", method="POST", data=json.dumps({
                "model": "repeats-403", "max_tokens": 1, "messages": []}).encode(),
            headers={"authorization": f"Bearer {token}", "anthropic-version": "2023-06-01"})
        try:
            trust = ssl.create_default_context(cafile=self.authority)
            urllib.request.urlopen(asked, context=trust, timeout=20)
        except urllib.error.HTTPError as error:
            return error.read()
        return b""

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


class FlowPlace(Place):
    """A place whose commands see the variables of a flow."""

    variables = {}

    def environment(self, arguments=()):
        return super().environment(arguments) | self.variables


class World:
    """What all flows share."""

    def __init__(self, place, findings):
        self.findings, self.canaries = findings, Canaries()
        lead(place)
        self.models = Models(place)
        self.double = Double(context(place.root / "tls"))
        self.routes = 0
