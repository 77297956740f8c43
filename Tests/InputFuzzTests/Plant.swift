import JSONText

/// Faults that are put into the reading of JSON, to see that they are found.
///
/// `tools/torture fuzz --control` names one of them in `COFFER_FUZZ_PLANT`; no other folder knows
/// of them.
enum Plant: String, CaseIterable {
    /// A trap, on an input that nobody writes by chance.
    case trap
    /// A value that is not what the text says: the judge has to see it.
    case wrong
    /// An input that takes too long.
    case slow

    /// What a judge with this fault says; `nil` where the input is not the one.
    func judge(_ input: [UInt8], _ target: FuzzTarget) -> String? {
        guard let value = try? JSONReader.parse(input), Self.isRare(value) else { return nil }
        switch self {
        case .trap: fatalError("PLANTED: a rare value traps")
        case .wrong:
            let other = JSON.array([value, .null])
            return JSONJudge.flaw(other, of: input).map { "PLANTED: \($0)" }
        case .slow:
            let end = processorSeconds() + 1.5
            while processorSeconds() < end {}
            return nil
        }
    }

    /// An object with a number that has a negative exponent; no seed is one.
    private static func isRare(_ value: JSON) -> Bool {
        value.object?.members.contains { $0.value.hasNegativeExponent } ?? false
    }
}

extension JSON {
    fileprivate var hasNegativeExponent: Bool {
        guard case .number(let text) = self else { return false }
        return text.contains("e-")
    }
}
