"""Judged collections, and the measures of a ranking as trec_eval defines them.

A collection is a folder with `docs.jsonl` (`{"id","title","text"}`), `queries.jsonl`
(`{"id","text"}`) and `qrels.txt` (`query 0 document grade`). A grade above 0 is relevant.
"""

import json
import math

MEASURES = ("nDCG@10", "MAP", "P@30", "recall@100", "recall@1000")
# What others measured on the same collections, with BM25.
PUBLISHED = {
    "cacm": {
        "Anserini, published": {"MAP": 0.3123, "P@30": 0.1942},
        "Anserini, from its run": {"nDCG@10": 0.4543},
        "FTS5 with porter": {"nDCG@10": 0.4116},
    },
    "cranfield": {
        "BM25, k1 1.2, b 0.75": {"nDCG@10": 0.3836},
        "FTS5 with porter": {"nDCG@10": 0.3769},
    },
}
# The figure of each collection from which Coffer's nDCG@10 may stay behind by TOLERANCE.
GOALS = {"cacm": 0.4543, "cranfield": 0.3836}
TOLERANCE = 0.005


class Collection:
    """`documents` id to text, `queries` id to text, `grades` query to document to grade."""

    def __init__(self, folder):
        self.name = folder.name
        self.documents = {row["id"]: whole(row) for row in rows(folder / "docs.jsonl")}
        self.queries = {row["id"]: row["text"] for row in rows(folder / "queries.jsonl")}
        self.grades = {}
        for line in (folder / "qrels.txt").read_text().splitlines():
            query, _, document, grade = line.split()
            self.grades.setdefault(query, {})[document] = int(grade)

    def judged(self):
        """Ids of the queries that have a relevant document: the others are not measured."""
        return [query for query in self.queries
                if any(grade > 0 for grade in self.grades.get(query, {}).values())]


def rows(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def whole(row):
    """Title and text, also where the text repeats the title: the figures of others do so."""
    return f"{row['title']}\n{row['text']}" if row.get("title") else row["text"]


def measures(ranking, grades):
    """The measures of one query; `ranking` has the documents, the best first."""
    gains = [max(0, grades.get(document, 0)) for document in ranking]
    ideal = sorted((grade for grade in grades.values() if grade > 0), reverse=True)
    relevant = len(ideal)
    found, precisions = 0, 0.0
    for place, gain in enumerate(gains, 1):
        if gain > 0:
            found += 1
            precisions += found / place
    return {
        "nDCG@10": discounted(gains[:10]) / discounted(ideal[:10]),
        "MAP": precisions / relevant,
        "P@30": sum(gain > 0 for gain in gains[:30]) / 30,
        "recall@100": sum(gain > 0 for gain in gains[:100]) / relevant,
        "recall@1000": sum(gain > 0 for gain in gains[:1000]) / relevant,
    }


def discounted(gains):
    return sum(gain / math.log2(place + 1) for place, gain in enumerate(gains, 1))


def means(rankings, collection):
    """Means over the judged queries; a query without an answer counts as 0 everywhere."""
    judged = collection.judged()
    each = [measures(rankings.get(query, []), collection.grades[query]) for query in judged]
    return {name: sum(row[name] for row in each) / len(judged) for name in MEASURES}
