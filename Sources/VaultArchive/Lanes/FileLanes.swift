import Foundation

/// Lanes that share the files of an archive, so that every core is busy.
///
/// Findings come back in the order of the files, whichever lane they were in. One thread uses this.
final class FileLanes {
    /// From this size on, the two hashes of one file are computed side by side.
    private static let largeBytes: Int64 = 8 << 20

    /// The lanes of one file.
    private struct Route {
        let lane: Int
        var second: Int?
    }

    private let feeds: [FileLane.Feed]
    private var ready: [ArraySlice<FileFinding>]
    private var current = Route(lane: 0)
    /// The routes of the files that were ended and not handed out.
    private var ended: [Route] = []

    /// - Parameter count: How many lanes; for reading, one for each core up to four.
    init(count: Int = min(max(ProcessInfo.processInfo.activeProcessorCount, 2), 4)) {
        feeds = (0..<count).map { _ in FileLane.Feed() }
        ready = Array(repeating: [], count: count)
    }

    /// Starts a file; one that was not ended is forgotten.
    func begin(_ work: FileWork, sizeBytes: Int64) {
        let lanes = feeds.indices.map { (lane: $0, backlog: feeds[$0].backlogBytes) }
            .sorted { $0.backlog < $1.backlog }.map(\.lane)
        current = Route(lane: lanes[0])
        var first = work
        if sizeBytes >= Self.largeBytes, lanes.count > 1, work.hasSHA256, work.hasSHA512 {
            first.hasSHA512 = false
            current.second = lanes[1]
            feeds[lanes[1]].begin(FileWork(hasSHA256: false))
        }
        feeds[current.lane].begin(first)
    }

    func update(_ bytes: UnsafeRawBufferPointer) {
        unsafe feeds[current.lane].update(bytes)
        if let second = current.second { unsafe feeds[second].update(bytes) }
    }

    /// Ends the current file.
    func endFile() {
        feeds[current.lane].endFile()
        if let second = current.second { feeds[second].endFile() }
        ended.append(current)
    }

    /// What was found out by now, in order; each finding is handed out once.
    func takeFinished() -> [FileFinding] {
        for lane in feeds.indices { ready[lane] += feeds[lane].takeFinished() }
        return inOrder()
    }

    /// Waits for everything and returns the findings that were not taken.
    func close() -> [FileFinding] {
        for lane in feeds.indices { ready[lane] += feeds[lane].close() }
        return inOrder()
    }

    private func inOrder() -> [FileFinding] {
        var findings: [FileFinding] = []
        for route in ended {
            guard var finding = ready[route.lane].first else { break }
            if let second = route.second {
                guard let other = ready[second].popFirst() else { break }
                finding.merge(other)
            }
            ready[route.lane].removeFirst()
            findings.append(finding)
        }
        ended.removeFirst(findings.count)
        return findings
    }
}
