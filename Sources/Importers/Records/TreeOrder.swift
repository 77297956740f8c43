/// The nodes of a message tree, parents first, siblings in their own order.
///
/// Exports write trees as dictionaries whose order means nothing, and some leave out the children
/// or the parents; each half is rebuilt from the other.
struct TreeOrder {
    struct Node {
        var id: String
        var parent: String?
        var children: [String]
    }

    /// Ids in the order of a walk from the roots.
    private(set) var order: [String] = []
    private(set) var parents: [String: String] = [:]

    /// Walks the tree.
    ///
    /// - Parameter nodes: In the order of the source; links to ids that are not among them are
    ///   ignored.
    init(_ nodes: [Node]) {
        var children: [String: [String]] = [:]
        let known = Set(nodes.map(\.id))
        for node in nodes {
            for child in node.children where known.contains(child) && parents[child] == nil {
                let isAgreed = child != node.id
                if isAgreed { parents[child] = node.id }
            }
        }
        // What a node says of its own parent counts for more than what others say of it.
        for node in nodes {
            if let parent = node.parent, known.contains(parent), parent != node.id {
                parents[node.id] = parent
            }
        }
        for node in nodes {
            children[node.id] = node.children.filter { parents[$0] == node.id }
        }
        for node in nodes {
            guard let parent = parents[node.id] else { continue }
            if children[parent]?.contains(node.id) != true { children[parent]?.append(node.id) }
        }
        walk(nodes, children)
    }

    private mutating func walk(_ nodes: [Node], _ children: [String: [String]]) {
        var seen: Set<String> = []
        // Roots first; then what only a cycle reaches.
        let starts = nodes.filter { parents[$0.id] == nil } + nodes
        for start in starts where !seen.contains(start.id) {
            var stack = [start.id]
            while let id = stack.popLast() {
                guard seen.insert(id).inserted else { continue }
                order.append(id)
                stack.append(contentsOf: (children[id] ?? []).reversed())
            }
        }
    }
}
