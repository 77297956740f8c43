import Vault

/// Times the searches of one open vault; the clock runs around one call of it and nothing else.
struct SearchRun {
    let vault: Vault
    let options: DriverOptions

    /// Opens the vault as a command does, says how long that took, and does the work.
    static func start(_ options: DriverOptions) throws {
        let clock = ContinuousClock()
        let begin = clock.now
        let vault = try options.openVault()
        try Lines.write(OpeningLine(openMicroseconds: (clock.now - begin).microseconds))
        let run = SearchRun(vault: vault, options: options)
        switch options.work {
        case .rounds(let count): try run.rounds(count)
        case .paced: try run.paced()
        case .matches: try MatchList(vault).write(BenchQuery.read(options.queries))
        case .size:
            let size = try vault.searchIndexSize()
            try Lines.write(
                SizeLine(indexBytes: size.bytes, segments: size.segments, streams: size.streams))
        case .merge(let most):
            try vault.mergeSearchIndex(.atMost(most), postings: options.step) { true }
        case .split(let count):
            try vault.rebuildSearchIndex(textBytes: options.step, aim: .bulk)
            try vault.mergeSearchIndex(.atMost(count)) { true }
        case .add(let count): try AddedMessages(vault).write(count)
        case .purge(let query):
            let doomed = try vault.conversations(matching: query)
            _ = try vault.purgeAskingNoRule(Array(doomed), postings: options.step)
        case .rebuild:
            let time = try clock.measure {
                try vault.rebuildSearchIndex(textBytes: options.step)
            }
            try Lines.write(RebuildLine(rebuildMicroseconds: time.microseconds))
        default: preconditionFailure("not a work of search")
        }
        try vault.close()
    }

    private func rounds(_ count: Int) throws {
        let queries = try BenchQuery.read(options.queries)
        var lines = queries.map { QueryLine(class: $0.class, query: $0.query) }
        for _ in 0..<count {
            for (index, query) in queries.enumerated() {
                let (time, hits) = try search(query)
                lines[index].microseconds.append(time)
                lines[index].hits = hits
            }
        }
        for (index, query) in queries.enumerated() {
            if options.counts { lines[index].hits = try matches(query) }
            if options.showsConversations {
                let hits = try vault.search(request(query)).hits
                lines[index].conversations = hits.map(\.conversation.description)
            }
            try Lines.write(lines[index])
        }
    }

    private func paced() throws {
        let classes = Dictionary(grouping: try BenchQuery.read(options.queries), by: \.class)
        while let name = readLine() {
            let times = try (classes[name] ?? []).map { try search($0).microseconds }
            try Lines.write(PassLine(class: name, microseconds: times))
        }
    }

    private func request(_ query: BenchQuery) -> SearchRequest {
        SearchRequest(
            query.query, limit: options.limit, order: query.order.searchOrder, idsOnly: true)
    }

    /// Times what the peers do: the best messages as the index has them.
    ///
    /// With `--records` the ids, roles and times of the hits are read as well.
    private func search(_ query: BenchQuery) throws -> (microseconds: Double, hits: Int) {
        let request = request(query)
        let clock = ContinuousClock()
        let begin = clock.now
        let hits =
            try options.readsRecords
            ? vault.search(request).hits.count : vault.rank(request).count
        return ((clock.now - begin).microseconds, hits)
    }

    private func matches(_ query: BenchQuery) throws -> Int {
        var count = 0
        _ = try vault.forEachMatch(query.query) { _ in
            count += 1
            return true
        }
        return count
    }
}
