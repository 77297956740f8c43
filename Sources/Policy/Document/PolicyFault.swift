/// Something in a policy's text that is not as it has to be.
package struct PolicyFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// From 1.
    package let line: Int
    /// The value, as `retention[1].period`; empty for the whole text.
    package let path: String
    /// What is wrong, and what to do; without a full stop.
    package let fault: String

    /// One sentence: the place, what is wrong and what to do.
    package var description: String {
        path.isEmpty ? "line \(line): \(fault)." : "line \(line), \(path): \(fault)."
    }
}

/// Everything that is wrong with a policy's text, in the order of the text; never empty.
package struct PolicyFaults: Error, Sendable, Equatable, CustomStringConvertible {
    package let faults: [PolicyFault]

    /// The first of them, and how many more there are.
    package var description: String {
        let first = faults.first?.description ?? ""
        switch faults.count {
        case 0, 1: return first
        case 2: return first + " One more fault follows."
        default: return first + " \(faults.count - 1) more faults follow."
        }
    }
}
