"""The classes of queries, drawn from a corpus with a seed."""

import random
import re

# Messages of a million in which a word of the class is found, lowest and highest. For another
# number of messages the bounds move in proportion, so that the same words stay in their class.
FREQUENCIES = {
    "rare": (2, 20),
    "medium": (800, 2_000),
    "common": (30_000, 150_000),
    "pair": (3_000, 60_000),
    "prefix": (200, 20_000),
}
CLASSES = ("rare", "medium", "common", "both", "either", "phrase", "newest", "prefix")
# Class by what the table calls it.
NAMES = {
    "rare": "rare word", "medium": "medium word", "common": "common word",
    "both": "two words, both", "either": "either of two words", "phrase": "phrase",
    "newest": "prefix, newest first", "prefix": "prefix, scored",
}
NEIGHBOURS = re.compile(r"(?<![^ ])([A-Za-z]+) ([A-Za-z]+)(?![^ ])")


def bounds(name, messages):
    """Lowest and highest number of messages for a class in a corpus of so many."""
    low, high = (round(bound * messages / 1e6) for bound in FREQUENCIES[name])
    return max(2, low), max(5, high)


class Draw:
    """Draws queries; the same corpus, seed and number give the same ones."""

    def __init__(self, corpus, count, seed):
        self.corpus = corpus
        self.count = count
        self.seed = seed
        self.frequencies = corpus.frequencies()

    def queries(self):
        """Queries `{"class","words","query","order"}`, in the order of CLASSES."""
        found = []
        for name in CLASSES:
            # Each class has a generator of its own: one class does not move another.
            generator = random.Random(f"{self.seed} {'prefix' if name == 'newest' else name}")
            for words in self.drawn(name, generator):
                found.append({"class": name, "words": words, "query": spelled(name, words),
                              "order": "newest" if name == "newest" else "relevance"})
        return found

    def drawn(self, name, generator):
        """Lists of words: one for a word or a prefix, two for the others."""
        if name in ("rare", "medium", "common"):
            return [[word] for word in self.sample(self.words(name), generator)]
        if name in ("newest", "prefix"):
            starts = {word[:4] for word in self.words("prefix") if len(word) > 4}
            return [[start] for start in self.sample(sorted(starts), generator)]
        if name == "phrase":
            return self.phrases(generator)
        words = self.words("pair")
        if len(words) < 2:
            return []
        return [generator.sample(words, 2) for _ in range(self.count)]

    def words(self, name):
        low, high = bounds(name, self.corpus.count)
        return sorted(word for word, count in self.frequencies.items() if low <= count <= high)

    def sample(self, items, generator):
        return generator.sample(items, min(self.count, len(items)))

    def phrases(self, generator):
        """Neighbours in the text of messages that are drawn, each pair once."""
        found = {}
        for _ in range(100 * self.count):
            if len(found) == self.count:
                break
            pairs = [pair for pair in NEIGHBOURS.findall(generator.choice(self.corpus.base))
                     if all(word.lower() in self.frequencies for word in pair)]
            if pairs:
                found[tuple(word.lower() for word in generator.choice(pairs))] = True
        return [list(pair) for pair in found]


def spelled(name, words):
    """A query in Coffer's grammar."""
    if name == "either":
        return " OR ".join(words)
    if name == "phrase":
        return f'"{" ".join(words)}"'
    if name in ("newest", "prefix"):
        return words[0] + "*"
    return " ".join(words)
