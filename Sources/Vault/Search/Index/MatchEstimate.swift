// About how many messages match, without looking for them.
extension IndexSearch {
    /// So many terms of a prefix are looked up; those behind them are left out.
    private static let countedExpansions = 256
    /// So many conversations are looked up; the others are taken to be like them.
    private static let countedConversations = 64

    /// About how many messages match, as if all conditions were independent of each other.
    ///
    /// - Throws: `SegmentDamage`, and what the database throws.
    func estimate(_ query: IndexQuery) throws -> Int {
        Int((try share(of: query) * Double(state.documents)).rounded())
    }

    /// The part of all documents, between 0 and 1.
    private func share(of query: IndexQuery) throws -> Double {
        switch query {
        case .everything: 1
        case .term(let term): share(try frequency(term))
        case .phrase(let terms): try share(ofRarest: terms)
        case .prefix(let terms):
            min(try share(ofRarest: terms.dropLast()), try share(withPrefix: terms.last ?? []))
        case .facts(let facts): share(try facts.reduce(0) { $0 + (try frequency($1)) })
        case .conversations(let numbers): try share(of: numbers)
        case .times(let times): share(try documents(in: times))
        case .all(let parts): try parts.reduce(1) { $0 * (try share(of: $1)) }
        case .any(let parts): 1 - (try parts.reduce(1) { $0 * (1 - (try share(of: $1))) })
        case .not(let part): 1 - (try share(of: part))
        }
    }

    private func share(_ count: Int) -> Double {
        min(1, Double(count) / Double(max(1, state.documents)))
    }

    private func share(ofRarest terms: some Sequence<[UInt8]>) throws -> Double {
        share(try terms.map(frequency).min() ?? state.documents)
    }

    private func share(withPrefix prefix: [UInt8]) throws -> Double {
        var without = 1.0
        for segment in state.readers {
            var left = Self.countedExpansions
            var others = 1.0
            try segment.forEachExpansion(of: prefix, store) { entry in
                others *= 1 - Double(entry.count) / Double(max(1, segment.count))
                left -= 1
                return left > 0
            }
            without -= (1 - others) * share(segment.count)
        }
        return 1 - without
    }

    private func share(of conversations: [Int64]) throws -> Double {
        let counted = conversations.prefix(Self.countedConversations)
        guard !counted.isEmpty else { return 0 }
        let found = try counted.reduce(0) { sum, number in
            sum + (try frequency(IndexFact.conversation(number).term))
        }
        return share(found * conversations.count / counted.count)
    }

    private func documents(in times: Range<Int64>) throws -> Int {
        try state.readers.reduce(0) { $0 + (try $1.documents(in: times, store).count) }
    }
}
