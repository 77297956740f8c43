"""Turns with models, as operations of a workload: questions, answers, and others in their place.

`tools/scripted-provider` answers on this machine, by HTTP on loopback; no model is behind it. It
repeats what was asked, so that a turn says the same whenever it is run again. Its ids are others
then. So each question begins with a word of its own, each answer has a model of its own, and the
judge takes these for their names.
"""

import json
import subprocess
import sys

from proof import ROOT, sentence, skip

# A provider's name, its kind, what comes behind the server's address, what its models' ids begin
# with, and what else it needs: the forms that a key is enough for.
PROVIDERS = (("work", "gateway", "", "", ()), ("local", "openai", "/v1", "", ()),
             ("cloud", "bedrock", "", "anthropic.", ("--region", "eu-central-1")),
             ("other", "foundry", "/anthropic", "", ()))
SERVER_SECONDS = 3 * 3600


class Server:
    """The scripted server, which ends when its standard input is closed, or this process ends."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "tools/scripted-provider", "--scripts",
             ROOT / "fixtures/providers", "--seconds", str(SERVER_SECONDS)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder)
        line = self.process.stdout.readline()
        if not line:
            skip("the scripted server does not start here")
        self.address = f"http://127.0.0.1:{json.loads(line)['port']}"

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Turns:
    """The operations of one workload that ask a model."""

    def __init__(self, work):
        self.work = work
        self.server = None
        # Providers that the vault has, with what their models' ids begin with, and the questions
        # whose answers were cut off.
        self.providers, self.cut = [], []
        self.order = work.source.sample(PROVIDERS, len(PROVIDERS))
        # What the ids of the models begin with, of the operation that is drawn.
        self.prefix = ""

    def close(self):
        if self.server:
            self.server.close()
            self.server = None

    # ---- Operations: as those of `Workload` ----

    def operations(self):
        more = [self.add_provider] if len(self.providers) < len(PROVIDERS) else []
        return [self.ask, self.ask, self.follow, self.follow, self.sit, self.change, self.change,
                self.fail, *more]

    def add_provider(self):
        self.server = self.server or Server(self.work.folder)
        name, kind, path, prefix, more = self.order[len(self.providers)]
        key = self.work.folder / "out" / f"key-{name}"
        key.write_text("made-up-key\n", encoding="utf-8")
        key.chmod(0o600)
        return ("provider", "add", name, "--kind", kind, "--base-url", self.server.address + path,
                "--model", prefix + "first", "--key-file", key, *more,
                "--no-check"), lambda: self.providers.append((name, prefix))

    def ask(self):
        """A new conversation."""
        return ("ask", self.question(), *self.asked()), lambda: None

    def follow(self):
        """The next question of a conversation, or the rest of an answer that was cut off."""
        if self.cut and (conversation := self.conversation(self.cut[0])):
            return ("ask", "--conversation", conversation, "--resume",
                    *self.asked()), lambda: self.cut.__delitem__(slice(1))
        if not (conversation := self.conversation()):
            return self.ask()
        return ("ask", "--conversation", conversation, self.question(),
                *self.asked()), lambda: None

    def sit(self):
        """Two questions, and another answer to one, in one sitting."""
        asked = self.asked()
        lines = (self.question(), "/model " + self.model(1), "/retry",
                 "/model " + self.model(2), self.question(1))
        self.work.say("\n".join(lines) + "\n")
        return ("chat", "--quiet", *asked), lambda: None

    def change(self):
        """Another answer, another question in a question's place, or another title."""
        if not (conversation := self.conversation()):
            return self.sit()
        line = self.work.source.choice(
            ("/retry", f"/edit {self.question()}", f"/title {self.question()}"))
        self.work.say(line + "\n")
        return ("chat", "--quiet", "--conversation", conversation, *self.asked()), lambda: None

    def fail(self):
        """An answer that the server cuts off."""
        self.work.statuses = {1}
        question = self.question()
        self.cut.append(question)
        provider, name, *_ = self.asked()
        return ("ask", question, provider, name, "--model",
                f"{self.prefix}m{self.work.count:04}.cut"), lambda: None

    # ---- Their words ----

    def asked(self):
        name, self.prefix = self.work.source.choice(self.providers)
        return "--provider", name, "--model", self.model(), "--tools", "deny"

    def model(self, number=0):
        return f"{self.prefix}echo-{self.work.count:04}-{number}"

    def question(self, number=0):
        words = self.work.source.choice((3, 10, 60))
        return f"q{self.work.count:04}.{number} " + sentence(self.work.source, words)

    def conversation(self, title=None):
        """One of those that are held here and shown: any, or that which begins so."""
        held = [entry["id"] for entry in self.work.asked("list", "--limit", "0")
                if entry["origin"]["source"] == "coffer"
                and (entry["title"] or "").startswith((title or "").split(" ")[0])]
        return self.work.source.choice(sorted(held)) if held else None
