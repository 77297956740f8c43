import Vault
import VaultCrypto

/// What one file for review holds: a conversation's events of one day, or of a part of it.
struct ReviewSlice: Sendable {
    /// `<conversation>_<yyyymmdd>_<part>`, the name of its files without an ending.
    var name: String
    /// `2026-03-01`, in the time zone of the export.
    var date: String
    /// Events of other slices that answers in this one refer to, in the order of time.
    var context: [ReviewEvent]
    /// In the order of time; at least one.
    var events: [ReviewEvent]

    var all: [ReviewEvent] { context + events }

    /// SHA-256 of the commitments of the messages in `events`, each once, in their order.
    var leafDigest: [UInt8] {
        var digest = SHA256Digest()
        var seen: Set<RecordID> = []
        for event in events where seen.insert(event.message).inserted {
            digest.update(event.commitment)
        }
        return digest.finalize()
    }
}

/// Cuts a conversation into slices.
///
/// A day is one slice where it fits; else it is cut at noon, else into three times eight hours by
/// the clock, and a third that is still too much by its events. A day on which the clock is changed
/// has 23 or 25 hours, its halves and thirds accordingly.
struct ReviewSlices {
    fileprivate let events: [ReviewEvent]
    fileprivate let limits: ReviewLimits
    /// Places of events by their ids.
    private let places: [String: Int]

    static func of(
        _ events: [ReviewEvent], conversation: RecordID, clock: ZoneClock, limits: ReviewLimits
    ) -> [ReviewSlice] {
        ReviewSlices(events, limits).slices(conversation, clock)
    }

    private init(_ events: [ReviewEvent], _ limits: ReviewLimits) {
        self.events = events
        self.limits = limits
        places = Dictionary(
            events.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private func slices(_ conversation: RecordID, _ clock: ZoneClock) -> [ReviewSlice] {
        let readings = events.map { clock.reading(at: $0.time) }
        let hours = readings.map(\.hour)
        let days = Dictionary(grouping: events.indices) { readings[$0].day }
        var slices: [(name: String, date: String, own: [Int])] = []
        for day in days.keys.sorted() {
            guard let own = days[day], let first = own.first else { continue }
            let date = readings[first].date
            for (number, part) in cut(own, hours).enumerated() {
                let digits = String(number + 1)
                let name =
                    "\(conversation)_\(date.filter { $0 != "-" })_"
                    + (digits.count < 2 ? "0" + digits : digits)
                slices.append((name, date, part))
            }
        }
        var names = Array(repeating: "", count: events.count)
        for slice in slices { for index in slice.own { names[index] = slice.name } }
        return slices.map { slice in
            ReviewSlice(
                name: slice.name, date: slice.date,
                context: outside(slice.own).map { repeated($0, from: names[$0]) },
                events: slice.own.map { events[$0] })
        }
    }

    /// A day's events in parts that fit.
    private func cut(_ day: [Int], _ hours: [Int64]) -> [[Int]] {
        var parts = [day]
        for length: Int64 in [24, 12, 8] {
            let byHours = Dictionary(grouping: day) { hours[$0] / length }
            parts = byHours.keys.sorted().compactMap { byHours[$0] }
            if parts.allSatisfy(fits) { return parts }
        }
        return parts.flatMap { fits($0) ? [$0] : byCount($0) }
    }

    private func fits(_ own: [Int]) -> Bool {
        var load = Load()
        for index in own { load.add(events[index]) }
        for index in outside(own) { load.addContext(events[index], limits) }
        return load.fits(limits)
    }

    /// As many events as fit, one at least, then the next ones.
    private func byCount(_ part: [Int]) -> [[Int]] {
        var parts: [[Int]] = []
        var own: [Int] = []
        var known: Set<Int> = []
        var load = Load()
        for index in part {
            let next = load.adding(index, known, in: self)
            if own.isEmpty || next.fits(limits) {
                load = next
            } else {
                parts.append(own)
                (own, known) = ([], [])
                load = Load().adding(index, known, in: self)
            }
            own.append(index)
            known.insert(index)
            if let parent = parent(of: index) { known.insert(parent) }
        }
        return own.isEmpty ? parts : parts + [own]
    }

    fileprivate func parent(of index: Int) -> Int? { events[index].parent.flatMap { places[$0] } }

    /// The parents of events that are not among them, in the order of time.
    private func outside(_ own: [Int]) -> [Int] {
        let inside = Set(own)
        return Set(own.compactMap(parent)).subtracting(inside).sorted()
    }

    /// An event as context: its text, and nothing that would need more context.
    private func repeated(_ index: Int, from name: String) -> ReviewEvent {
        var event = events[index]
        event.context = "repeated from \(name)"
        if event.body.utf8.count > limits.contextBytes {
            event.body = event.body.cut(toBytes: limits.contextBytes) + "…"
            event.context = "beginning repeated from \(name)"
        }
        event.parent = nil
        event.attachments = []
        event.edits = []
        var facts = ReviewFacts()
        facts.add("Context", event.context)
        for fact in event.facts.members where ["Type", "Vault commitment"].contains(fact.name) {
            facts.add(fact.name, fact.value)
        }
        event.facts = facts
        return event
    }
}

/// How much a slice would hold.
private struct Load {
    private var events = 0
    private var attachments = 0
    private var bytes: Int64 = 0

    mutating func add(_ event: ReviewEvent) {
        events += 1
        attachments += event.attachments.count
        bytes += event.weightBytes
    }

    mutating func addContext(_ event: ReviewEvent, _ limits: ReviewLimits) {
        events += 1
        bytes += Int64(min(event.body.utf8.count, limits.contextBytes)) * 8 + 2000
    }

    /// The load with one more event, and with what it answers unless that is known already.
    func adding(_ index: Int, _ known: Set<Int>, in slices: ReviewSlices) -> Load {
        var load = self
        load.add(slices.events[index])
        if let parent = slices.parent(of: index), !known.contains(parent) {
            load.addContext(slices.events[parent], slices.limits)
        }
        return load
    }

    func fits(_ limits: ReviewLimits) -> Bool {
        events <= limits.events && attachments <= limits.attachments && bytes <= limits.bytes
    }
}

extension String {
    /// The longest beginning of whole characters that has at most so many bytes.
    fileprivate func cut(toBytes count: Int) -> String {
        var text = ""
        var size = 0
        for scalar in unicodeScalars {
            size += scalar.utf8.count
            if size > count { break }
            text.unicodeScalars.append(scalar)
        }
        return text
    }
}
