"""Conversations from JSON lines, repeated where there are too few, and what their words are.

A line is `{"id","source","title","turns":[{"role","text","ts"}]}` or Coffer's own
`{"id","messages":[{"role","text","created"}]}`. Titles are left out: every engine indexes the text
of the messages and nothing else.
"""

import collections
import gzip
import json
import re

# Letters and digits of ASCII: what queries are drawn from.
WORD = re.compile(r"[A-Za-z0-9]+")
# What engines with other rules take for one word: the signs inside keep it together.
WHOLE = re.compile(r"[\w'’&#+]+")
# What engines with rules for identifiers see inside: parts at a change of case, and digits.
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def lines(path):
    """The records of a file of JSON lines, compressed or not."""
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


class Corpus:
    """Messages in order, each a pair (number of its conversation, text); and the whole of `count`.

    `base` holds what the file has, at most `count`; message number n of the corpus is
    base[n % len(base)].
    """

    def __init__(self, path, count=None):
        self.conversations = []
        self.base = []
        for record in lines(path):
            turns = record.get("turns") or record.get("messages") or []
            if count:
                turns = turns[:count - len(self.base)]
            self.conversations.append(
                (str(record.get("id", len(self.conversations))), [slim(turn) for turn in turns]))
            self.base += [turn["text"] for turn in turns]
            if count and len(self.base) >= count:
                break
        self.count = count or len(self.base)

    @property
    def repetitions(self):
        """How often the file's messages are in the corpus; 1 when they are enough."""
        return self.count / len(self.base)

    def bytes(self):
        """UTF-8 bytes of all texts."""
        return sum(len(text.encode()) * self.weight(number)
                   for number, text in enumerate(self.base))

    def weight(self, number):
        """How often a message of the base is in the corpus."""
        return self.count // len(self.base) + (number < self.count % len(self.base))

    def texts(self):
        """Every text of the corpus, in order."""
        for number in range(self.count):
            yield self.base[number % len(self.base)]

    def records(self):
        """Every conversation in Coffer's form; repeated ones have shifted ids."""
        left, copy = self.count, 0
        while left > 0:
            for name, turns in self.conversations:
                turns = turns[:left]
                if turns:
                    yield {"id": f"{copy}/{name}", "messages": turns}
                left -= len(turns)
            copy += 1

    def frequencies(self):
        """Messages of the corpus by word, for words that every engine tokenises alike.

        Those are lower-case letters, at least three of them, that in 98 of 100 messages stand as
        a whole word under all three rules above.
        """
        plain, whole, parts = (collections.Counter() for _ in range(3))
        for number, text in enumerate(self.base):
            weight = self.weight(number)
            words = set(WORD.findall(text.lower()))
            for word in words:
                plain[word] += weight
            for word in {word.strip("'’&#+") for word in WHOLE.findall(text.lower())} & words:
                whole[word] += weight
            for word in {word.lower() for word in PART.findall(text)} - words:
                parts[word] += weight
        return {word: count for word, count in plain.items()
                if word.isalpha() and 3 <= len(word) <= 30
                and whole[word] >= 0.98 * count and parts[word] <= 0.02 * count}


def slim(turn):
    """A message as it goes into a vault: role, text and time."""
    message = {"role": turn.get("role", "user"), "text": turn["text"]}
    created = turn.get("created") or turn.get("ts")
    return {**message, "created": created} if created else message
