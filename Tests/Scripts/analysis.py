"""The rules by which search cuts text into words, told a second time and apart from the program.

`ARCHITECTURE.md` lists them under "How search differs from FTS5". Each can be switched off: without
any of them a text falls into the words that SQLite's `unicode61` tokenizer makes of it, whose view
of each character is asked of SQLite itself. So a message that one of both finds and the other does
not is explained when these rules, and no others, turn one answer into the other.
"""

import functools
import re
import sqlite3
import unicodedata

RULES = ("underscores", "case", "digits", "pairs", "marks", "format", "folding", "unicode", "cuts")
ALL = frozenset(RULES)
NONE = frozenset()

SEPARATOR, PLAIN, LOWER, UPPER, PAIR, DROPPED = "separator plain lower upper pair dropped".split()

LONGEST_TOKEN, LONGEST_WORD, MOST_SPLITS, MOST_DIGIT_SPLITS = 80, 512, 32, 3

# Scripts without spaces between words, by how the names of their characters begin.
PAIR_NAMES = ("THAI", "LAO", "MYANMAR", "KHMER", "HANGUL", "CJK", "HIRAGANA", "KATAKANA",
              "BOPOMOFO", "HALFWIDTH KATAKANA", "HALFWIDTH HANGUL", "IDEOGRAPHIC", "KANGXI",
              "HANGZHOU", "VERTICAL KANA", "MASU", "HENTAIGANA", "KATAKANA-HIRAGANA",
              "COMBINING KATAKANA")
LETTERS = {"æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i", "ȷ": "j", "ĸ": "q", "ŋ": "n",
           "ё": "е", "ѐ": "е", "ѝ": "и"}


# ---- What one character is ----

def is_dropped(character):
    """Marks that most people leave out, and signs without a width."""
    code, category = ord(character), unicodedata.category(character)
    if category == "Cf":
        return (code in (0xAD, 0x61C, 0xFEFF, 0x180E) or 0x200C <= code <= 0x200F
                or 0x202A <= code <= 0x202E or 0x2060 <= code <= 0x2069)
    if category[0] != "M":
        return code == 0x640
    first = unicodedata.name(character, "").split(" ")[0]
    if first == "ARABIC":
        return not 0x653 <= code <= 0x655 and code < 0x700
    return (first in ("COMBINING", "HEBREW", "VARIATION", "IDEOGRAPHIC", "HANGUL", "MONGOLIAN")
            and not 0x1100 <= code < 0x1200 and code not in (0x3099, 0x309A)
            and not 0x1880 <= code < 0x1A00 and not 0x101FD <= code < 0xE0000
            and not 0x2DE0 <= code < 0x2E00 and not 0xA600 <= code < 0xFE00)


@functools.lru_cache(None)
def kind(character):
    if is_dropped(character):
        return DROPPED
    category = unicodedata.category(character)
    if category[0] not in "LNM":
        return SEPARATOR
    if unicodedata.name(character, "").startswith(PAIR_NAMES):
        return PAIR
    return {"Lu": UPPER, "Lt": UPPER, "Ll": LOWER}.get(category, PLAIN)


def bare(text):
    """Latin and Greek without case, marks and strokes."""
    for _ in range(2):
        text = "".join(c for c in unicodedata.normalize("NFKD", text)
                       if not unicodedata.combining(c)).casefold()
    out = ""
    for character in text:
        stroke = re.match("LATIN SMALL LETTER ([A-Z]) WITH ", unicodedata.name(character, ""))
        out += stroke[1].lower() if stroke else LETTERS.get(character, character)
    return out


@functools.lru_cache(None)
def folded(character):
    if 0xE00 <= ord(character) <= 0xEFF:
        return character
    script = unicodedata.name(unicodedata.normalize("NFKD", character)[0], "").split(" ")[0]
    if script in ("LATIN", "GREEK"):
        out = bare(character)
    else:
        out = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", character).casefold())
        out = "".join(LETTERS.get(c, c) for c in out if kind(c) != DROPPED)
    wanted = (PAIR,) if kind(character) == PAIR else (PLAIN, LOWER)
    return out if out and all(kind(c) in wanted for c in out) else character


class Unicode61:
    """How SQLite's tokenizer sees a character: what it folds to, "" for dropped, None for between
    words."""

    def __init__(self):
        self.database = sqlite3.connect(":memory:")
        self.database.execute(
            "CREATE VIRTUAL TABLE one USING fts5 (t, tokenize = 'unicode61 remove_diacritics 2')")
        self.database.execute("CREATE VIRTUAL TABLE seen USING fts5vocab (one, instance)")
        self.known = {}

    def __call__(self, character):
        if character not in self.known:
            self.known[character] = self.ask(character)
        return self.known[character]

    def ask(self, character):
        self.database.execute("DELETE FROM one")
        self.database.execute("INSERT INTO one VALUES (?)", (f"qx{character}xq",))
        rows = self.database.execute("SELECT term FROM seen ORDER BY offset").fetchall()
        return None if len(rows) > 1 else rows[0][0][2:-2]


unicode61 = Unicode61()


@functools.lru_cache(None)
def rule_of(character):
    """The rule by which this character is another one for us than for `unicode61`, or None."""
    theirs, mine = unicode61(character), kind(character)
    category = unicodedata.category(character)
    if mine == SEPARATOR and theirs is None:
        return None
    if category[0] == "M" or character == "\u0640":
        return "marks"
    if category == "Cf":
        return "format"
    if mine in (SEPARATOR, DROPPED) or theirs is None or theirs == "":
        return "unicode"
    return "folding" if folded(character) != theirs else None


@functools.lru_cache(None)
def seen(character, rules):
    """Kind and folded text of a character under some of the rules."""
    if rule_of(character) in rules or rule_of(character) is None:
        mine = kind(character)
        return mine, folded(character) if mine not in (SEPARATOR, DROPPED) else ""
    theirs = unicode61(character)
    if theirs is None:
        return SEPARATOR, ""
    if not theirs:
        return DROPPED, ""
    return (PLAIN if kind(character) in (SEPARATOR, DROPPED) else kind(character)), theirs


# ---- Words ----

class Word:
    """Letters between two separators: of each its folded text and its kind; "_" is an underscore.
    """

    def __init__(self, rules):
        self.rules = rules
        self.letters = []

    def pieces(self):
        """The word as it is looked for whole, and what it falls into, if it does."""
        parts, size = [[]], 0
        for text, letter in self.letters:
            if text == "_":
                parts.append([])
                continue
            size += len(text.encode())
            if size > LONGEST_WORD - 4 and "cuts" in self.rules:
                break
            parts[-1].append((text, letter))
        pieces = [piece for part in parts if part for piece in self.split(part)]
        return "".join(pieces), pieces

    def split(self, part):
        """Cuts a part without underscores at changes of case and beside digits."""
        edges, closed = self.case_edges(part)
        digits = self.digit_edges(part) if "digits" in self.rules else set()
        bounds = sorted({0, len(part)} | edges | closed)
        for first, last in zip(bounds, bounds[1:]):
            inside = [edge for edge in digits if first < edge < last]
            if len(inside) <= MOST_DIGIT_SPLITS:
                edges = edges | set(inside)
        bounds = sorted({0, len(part)} | edges)
        return ["".join(text for text, _ in part[first:last])
                for first, last in zip(bounds, bounds[1:])]

    def case_edges(self, part):
        """Where the case says that a new word begins; and where it did not after all, because a
        capital and an s are a plural (`APIs`)."""
        edges, plurals = set(), set()
        if "case" not in self.rules:
            return edges, plurals
        kinds = [letter for _, letter in part]
        digits = self.digit_edges(part) if "digits" in self.rules else set()
        acronyms = {i - 1 for i in range(2, len(kinds)) if kinds[i] == LOWER
                    and kinds[i - 1] == UPPER and kinds[i - 2] in (UPPER, PLAIN)}
        edges = {i for i in range(1, len(kinds)) if kinds[i - 1:i + 1] == [LOWER, UPPER]}
        for edge in acronyms:
            end = min([other for other in edges | digits if other > edge], default=len(part))
            rest = "".join(text for text, _ in part[edge:end]).encode()
            if len(rest) == 2 and rest.endswith(b"s") and edge not in digits:
                plurals.add(edge)
        return edges | acronyms - plurals, plurals

    @staticmethod
    def digit_edges(part):
        def is_digit(character):
            return "0" <= character <= "9"
        return {i for i in range(1, len(part))
                if is_digit(part[i][0][0]) != is_digit(part[i - 1][0][-1])}


def cut(token, rules):
    """At most 80 bytes, and no half character."""
    if "cuts" not in rules or len(token.encode()) <= LONGEST_TOKEN:
        return token
    return token.encode()[:LONGEST_TOKEN].decode("utf-8", "ignore")


class Tokens:
    """The tokens of a text in their order: pairs of a kind and a text."""

    def __init__(self, text, rules):
        self.rules = rules
        self.list = []
        self.word = Word(rules)
        self.run = []
        # Whether the last character belongs to the last token.
        self.ends_open = False
        position = 0
        while position < len(text):
            position = self.take(text, position)
        self.ends_open = bool(self.word.letters and self.word.letters[-1][0] != "_" or self.run)
        self.end_word()
        self.end_run()

    def take(self, text, position):
        character = text[position]
        position += 1
        if character == "_":
            self.end_run()
            if "underscores" not in self.rules:
                self.end_word()
            elif self.word.letters:
                self.word.letters.append(("_", None))
            return position
        letter, mine = seen(character, self.rules)
        if letter == SEPARATOR:
            self.end_word()
            self.end_run()
        elif letter == PAIR and "pairs" in self.rules:
            mine, position = self.composed(mine, text, position)
            self.end_word()
            self.run += mine
        elif letter != DROPPED:
            mine, position = self.composed(mine, text, position)
            self.end_run()
            self.word.letters.append((mine, PLAIN if letter == PAIR else letter))
        return position

    def composed(self, mine, text, position):
        """Takes the marks that make one character with the one before them."""
        while "marks" in self.rules and len(mine) == 1 and position < len(text):
            mark = {"\uFF9E": "\u3099", "\uFF9F": "\u309A"}.get(text[position], text[position])
            if unicodedata.category(mark)[0] not in "ML" or mark < "\u0300":
                break
            one = unicodedata.normalize("NFC", mine + mark)
            if len(one) != 1:
                break
            mine = folded(one)
            position += 1
        return mine, position

    def end_word(self):
        letters, self.word = self.word, Word(self.rules)
        if not letters.letters:
            return
        whole, pieces = letters.pieces()
        is_compound = 1 < len(pieces) <= MOST_SPLITS
        self.list.append(("compound" if is_compound else "word", cut(whole, self.rules)))
        if is_compound:
            self.list += [("fragment", cut(piece, self.rules)) for piece in pieces]
            self.list.append(("end", ""))

    def end_run(self):
        run, self.run = self.run, []
        if run:
            self.list += [("pair", first + second) for first, second in zip(run, run[1:])]
            self.list.append(("pairEnd", run[-1]))


# What is not in an ASCII text whose words are the same under all rules, as those of most are.
IDENTIFIER = re.compile(
    "_|[a-z][A-Z]|[A-Z][A-Z][a-z]|[A-Za-z][0-9]|[0-9][A-Za-z]|[A-Za-z0-9]{81}")


def is_plain(text):
    return text.isascii() and not IDENTIFIER.search(text)


def document(text, rules):
    """The token sequences of a message as one string: "\\0" around tokens, "\\0\\0" between
    sequences."""
    if is_plain(text):
        return "\0" + "\0".join(re.findall("[a-z0-9]+", text.lower())) + "\0"
    words, fragments, own = [], [], []
    for token, value in Tokens(text, rules).list:
        if token == "fragment":
            own.append(value)
        elif token == "end":
            fragments.append(own)
            own = []
        else:
            words.append(value)
    return "\0".join("\0" + "\0".join(part) + "\0" for part in [words, *fragments])


# ---- Queries: ("word", text), ("prefix", text), or ("and" | "or" | "not", parts…) ----

def phrases(text, is_prefix, rules):
    """What a word or phrase is looked for as: strings to be found in a document's."""
    tokens = Tokens(text, rules)
    is_open = is_prefix and tokens.ends_open
    found = []
    for without in ("fragment", "compound"):
        chosen = [token for token in tokens.list if token[0] not in (without, "end")]
        values, is_begun = [value for _, value in chosen], is_open
        if chosen and chosen[-1][0] == "pairEnd":
            is_begun = len(chosen) < 2 or chosen[-2][0] != "pair"
            if not is_begun:
                values.pop()
        if values:
            found.append("\0" + "\0".join(values) + ("" if is_begun else "\0"))
    return list(dict.fromkeys(found))


class Query:
    """A query under some of the rules."""

    def __init__(self, tree, rules):
        self.rules = rules
        self.tree = self.prepared(tree)

    def prepared(self, tree):
        if tree[0] in ("word", "prefix"):
            return phrases(tree[1], tree[0] == "prefix", self.rules)
        return (tree[0], *map(self.prepared, tree[1:]))

    def matches(self, sequences, tree=None):
        tree = self.tree if tree is None else tree
        if isinstance(tree, list):
            return any(phrase in sequences for phrase in tree)
        answers = (self.matches(sequences, part) for part in tree[1:])
        if tree[0] == "not":
            return next(answers) and not next(answers)
        return all(answers) if tree[0] == "and" else any(answers)
