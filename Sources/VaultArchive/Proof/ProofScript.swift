/// What a stranger runs, who trusts neither our program nor our page.
enum ProofScript {
    /// `proof/merkle.py`: the trees.
    static let trees = #"""
        #!/usr/bin/env python3
        """Recomputes from the commitments of an archive's records the root of the audit log, which
        proof/checkpoint signs. Run it in the archive's folder; it needs nothing but Python 3.8."""
        import base64, collections, glob, hashlib, json
        def sha(data): return hashlib.sha256(data).digest()
        def need(holds, what): holds or exit("NOT PROVED: " + what)
        def once(pairs): need(len(dict(pairs)) == len(pairs), "a member twice"); return dict(pairs)
        def load(text): return json.loads(text, object_pairs_hook=once)
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
        log, claimed, trees, shown, early = Tree(), {}, {}, collections.Counter(), []
        for line in open("proof/log.jsonl", "rb"):
            fields = load(line)
            if "hidden" in fields: log.add(bytes.fromhex(fields["hash"]), fields["hidden"])
            else: claimed[log.count] = fields.get("messages"); log.add(sha(b"\0" + line[:-1]))
        for line in map(load, open("proof/commitments.jsonl", "rb")):
            if isinstance(line, str): shown[line] += 1; tree.add(sha(b"\0" + bytes.fromhex(line)))
            elif "entry" in line:
                need(line["entry"] not in trees, "one section for each entry")
                tree = trees[line["entry"]] = Tree()
            elif "uncovered" in line: shown[line["uncovered"]] += 1; early.append(line["uncovered"])
            else: tree.add(bytes.fromhex(line["hash"]), line["hidden"])
        for path in glob.glob("data/native/*.jsonl"):
            shown.subtract(load(record)["commitment"] for record in list(open(path, "rb"))[1:])
        origin, size, root = open("proof/checkpoint", encoding="utf-8").read().split("\n")[:3]
        need((log.count, log.root()) == (int(size), base64.b64decode(root)), "the log's tree")
        for entry, tree in trees.items():
            need(claimed[entry] == dict(count=tree.count, root=tree.root().hex()), f"entry {entry}")
        need(not any(shown.values()), "the records are not those that the log commits to")
        where = f"in the log of {size} entries whose root is {root}"
        if __name__ == "__main__": print(f"{origin}: the records' commitments are {where}")

        """#

    /// `proof/verify.py`: the records' texts and places, besides the trees.
    static let records = #"""
        #!/usr/bin/env python3
        """Checks that an archive's records are what their commitments say, stand where they stood
        and are in the audit log (merkle.py). Run it in the archive's folder, with Python 3.8."""
        import sys
        sys.dont_write_bytecode = True
        import collections, glob, hashlib, json
        from merkle import early, load, need, origin, sha, where
        def values(text, at, gaps):  # texts of JSON values, so many letters behind each other
            for gap in gaps:
                begin, at = at + gap, json.JSONDecoder().raw_decode(text, at + gap)[1]
                yield text[begin:at]
        last, gone, places, early = None, [0, 0], [], collections.Counter(early)
        for path in glob.glob("data/native/*.jsonl"):
            place = hashlib.sha256()
            for record in list(open(path, encoding="utf-8", newline="\n"))[1:]:
                fields = load(record)
                commitment, stub = fields["commitment"], fields.get("withheld")
                message = stub["message"] if stub else fields["envelope"]["id"]
                version = (stub or fields["envelope"])["version"]
                place.update(f"{message} {version} {commitment}\n".encode())
                if last and (path, message) == last[0]: early[last[1]] -= 1  # was replaced later
                last = (path, message), commitment
                if stub:
                    gone[0] += 1
                    known = set("created message parent reason role version".split())
                    need(set(fields) == {"commitment", "withheld"} and set(stub) <= known, path)
                    continue
                parts, hashes = fields["parts"], [commitment] + fields["envelope"]["parts"]
                need(len(hashes) == 1 + len(parts), path)
                texts = list(values(record, 81, [11, 10][:len(hashes)] + [1] * (len(parts) - 1)))
                whole = '{"commitment":"%s","envelope":%s,"parts":[%s]}\n'
                need(record == whole % (commitment, texts[0], ",".join(texts[1:])), path)
                for text, hash, part in zip(texts, hashes, [{}] + parts):
                    isGone = list(part) == ["withheld"]
                    gone[1] += isGone
                    need(isGone or sha(text.encode()).hex() == hash, path)
            places.append({"conversation": path[12:-6], "records": place.hexdigest()})
        listed = list(map(load, open("proof/records.jsonl", "rb")))
        need(sorted(map(str, places)) == sorted(map(str, listed)), "the places of the records")
        need(all(count <= 0 for count in early.values()), "a record that no entry covers")
        print(f"{origin}: the records are {where}")
        if any(gone): print(f"{gone[0]} records and {gone[1]} parts are withheld; of what stands "
                            "for them, message, version and place are proved and nothing else")

        """#
}
