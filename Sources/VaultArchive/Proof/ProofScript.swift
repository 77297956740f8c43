/// `proof/verify.py`: what a stranger runs, who trusts neither our program nor our page.
enum ProofScript {
    static let text = #"""
        #!/usr/bin/env python3
        """Recomputes from an archive's records the root of the audit log that proof/checkpoint signs.
        Run it in the archive's folder. It needs Python 3.8 and nothing else."""
        import base64, collections, glob, hashlib, json
        def sha(data): return hashlib.sha256(data).digest()
        def need(holds, what): holds or exit("NOT PROVED: " + what)
        def values(text, at, gaps):  # the texts of JSON values, each so many letters behind the last
            for gap in gaps:
                begin, at = at + gap, json.JSONDecoder().raw_decode(text, at + gap)[1]
                yield text[begin:at]
        class Tree:  # RFC 6962: the roots of its complete subtrees, the largest first
            def __init__(self): self.count, self.peaks = 0, []
            def add(self, node, leaves=1):
                need(leaves > 0 and leaves & (leaves - 1) == 0 == self.count % leaves, "a subtree")
                self.count, old = self.count + leaves, self.count
                while old & leaves: node, leaves = sha(b"\1" + self.peaks.pop() + node), leaves * 2
                self.peaks.append(node)
            def root(self):
                node = self.peaks[-1] if self.peaks else sha(b"")
                for left in self.peaks[-2::-1]: node = sha(b"\1" + left + node)
                return node
        log, claimed, trees, tree, shown = Tree(), {}, {}, None, collections.Counter()
        early, last, gone = collections.Counter(), None, [0, 0]
        for line in open("proof/log.jsonl", "rb"):
            fields = json.loads(line)
            if "hidden" in fields: log.add(bytes.fromhex(fields["hash"]), fields["hidden"])
            else: claimed[log.count] = fields.get("messages"); log.add(sha(b"\0" + line[:-1]))
        for line in map(json.loads, open("proof/commitments.jsonl", "rb")):
            if isinstance(line, str): shown[line] += 1; tree.add(sha(b"\0" + bytes.fromhex(line)))
            elif "entry" in line:
                need(line["entry"] not in trees, "one section for each entry")
                tree = trees[line["entry"]] = Tree()
            elif "uncovered" in line: shown[line["uncovered"]] += 1; early[line["uncovered"]] += 1
            else: tree.add(bytes.fromhex(line["hash"]), line["hidden"])
        for path in glob.glob("data/native/*.jsonl"):
            for record in list(open(path, encoding="utf-8", newline="\n"))[1:]:
                fields = json.loads(record)
                shown[fields["commitment"]] -= 1
                stub = fields.get("withheld")
                message = (path, stub["message"] if stub else fields["envelope"]["id"])
                if last and message == last[0]: early[last[1]] -= 1  # one that was replaced later
                last = message, fields["commitment"]
                need(set(fields) == {"commitment", *(["withheld"] if stub else ["envelope", "parts"])}, path)
                need(set(stub or {}) <= set("created message parent reason role version".split()), path)
                gone[0] += bool(stub)
                if stub: continue
                parts, hashes = fields["parts"], [fields["commitment"]] + fields["envelope"]["parts"]
                need(len(hashes) == 1 + len(parts), path)
                texts = values(record, 81, [11, 10][:len(hashes)] + [1] * (len(parts) - 1))
                for text, hash, part in zip(texts, hashes, [{}] + parts):
                    isGone = list(part) == ["withheld"]
                    gone[1] += isGone
                    need(isGone or sha(text.encode()).hex() == hash, path)
        origin, size, root = open("proof/checkpoint", encoding="utf-8").read().split("\n")[:3]
        need((log.count, log.root()) == (int(size), base64.b64decode(root)), "the log's tree")
        for entry, tree in trees.items():
            need(claimed[entry] == {"count": tree.count, "root": tree.root().hex()}, f"entry {entry}")
        need(not any(shown.values()), "the records are not those that the log commits to")
        need(all(count <= 0 for count in early.values()), "a record that no entry covers")
        print(f"{origin}: the records are in the log of {size} entries whose root is {root}")
        if any(gone): print(f"{gone[0]} records and {gone[1]} parts are withheld; what stands for them is not proved")

        """#
}
