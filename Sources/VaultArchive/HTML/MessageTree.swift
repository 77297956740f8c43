import Vault

/// The messages of a conversation as a tree, by their positions in the conversation's order.
///
/// Every message is in exactly one place, whatever its parent says: a parent that is missing makes
/// a root, and a circle of parents is cut at its first message.
struct MessageTree {
    private(set) var roots: [Int] = []
    private(set) var children: [[Int]]
    private var parents: [Int?]
    private var isRoot: [Bool]
    /// The messages from the leaf that was last on the screen up to its root.
    private(set) var currentPath: Set<Int> = []

    init(_ messages: [Message], current: RecordID?) {
        let places = Dictionary(
            messages.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        children = Array(repeating: [], count: messages.count)
        isRoot = Array(repeating: false, count: messages.count)
        parents = messages.map { $0.parent.flatMap { places[$0] } }
        for (index, parent) in parents.enumerated() {
            if let parent, parent != index {
                children[parent].append(index)
            } else {
                addRoot(index)
            }
        }
        cutCircles()
        var next = current.flatMap { places[$0] }
        while let place = next, currentPath.insert(place).inserted {
            next = isRoot[place] ? nil : parents[place]
        }
    }

    private mutating func addRoot(_ index: Int) {
        roots.append(index)
        isRoot[index] = true
    }

    private mutating func cutCircles() {
        var seen = Array(repeating: false, count: children.count)
        var pending = roots
        for candidate in -1..<children.count {
            if candidate >= 0, !seen[candidate] {
                if let parent = parents[candidate] {
                    children[parent].removeAll { $0 == candidate }
                }
                addRoot(candidate)
                pending = [candidate]
            }
            while let index = pending.popLast() {
                seen[index] = true
                pending.append(contentsOf: children[index])
            }
        }
    }

    /// The messages from one down to a leaf: along the current path, elsewhere along the newest.
    func thread(from start: Int) -> [Int] {
        var thread = [start]
        var last = start
        while let next = children[last].first(where: currentPath.contains) ?? children[last].last {
            thread.append(next)
            last = next
        }
        return thread
    }

    /// The other children of a message's parent; for a root the other roots, when one of them is
    /// known to be the one in use.
    func others(than index: Int) -> [Int] {
        if isRoot[index] {
            return currentPath.contains(index) ? roots.filter { $0 != index } : []
        }
        return parents[index].map { children[$0].filter { $0 != index } } ?? []
    }

    /// The threads that stand open on the page, one after another.
    var openRoots: [Int] {
        let current = roots.filter(currentPath.contains)
        return current.isEmpty ? roots : current
    }
}
