"""The scripted server of tools/scripted-provider, for as long as a proof needs it."""

import json
import subprocess
import sys

from proof import ROOT, skip, wait_for


class Server:
    """The scripted server, for as long as its standard input is open."""

    def __init__(self, place, name, *options):
        self.folder = place.root / name
        self.log = place.root / f"{name}.log"
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "tools/scripted-provider", "--scripts",
             ROOT / "fixtures/providers", "--log", self.log, "--seconds", "300", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=place.root)
        line = self.process.stdout.readline()
        if not line:
            skip("the scripted server does not start here")
        self.about = json.loads(line)
        self.port = self.about["port"]

    def requests(self):
        if not self.log.exists():
            return []
        found = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [entry for entry in found if "path" in entry]

    def close(self):
        self.process.stdin.close()
        wait_for(self.process, 5)
        self.process.kill()
