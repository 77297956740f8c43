/// Postings of one term from several segments, to be put into one order.
@safe struct GatheredPostings: ~Copyable {
    private struct Posting {
        var frequency: UInt32
        /// Where its distances begin.
        var start: UInt32
    }

    private var capacity = 1024
    /// Of each posting the document, and below it, in the lower half, its number in `postings`.
    private var keys: UnsafeMutablePointer<UInt64>
    private var spare: UnsafeMutablePointer<UInt64>
    private var postings: UnsafeMutablePointer<Posting>
    private var distances = NumberList()
    private var count = 0
    /// Where runs begin that are in order already.
    private var runs: [Int] = []
    private var merged: [Int] = []

    init() {
        unsafe keys = UnsafeMutablePointer.allocate(capacity: capacity)
        unsafe spare = UnsafeMutablePointer.allocate(capacity: capacity)
        unsafe postings = UnsafeMutablePointer.allocate(capacity: capacity)
    }

    deinit {
        unsafe keys.deallocate()
        unsafe spare.deallocate()
        unsafe postings.deallocate()
    }

    mutating func removeAll() {
        count = 0
        distances.removeAll()
        runs.removeAll(keepingCapacity: true)
    }

    /// The next ones are in order among themselves.
    mutating func beginRun() { runs.append(count) }

    @inline(__always)
    mutating func append(
        _ document: UInt32, _ frequency: Int, _ numbers: UnsafePointer<UInt32>
    ) {
        if count == capacity { grow() }
        unsafe keys[count] = UInt64(document) << 32 | UInt64(truncatingIfNeeded: count)
        unsafe postings[count] = Posting(
            frequency: UInt32(truncatingIfNeeded: frequency),
            start: UInt32(truncatingIfNeeded: distances.count))
        count &+= 1
        unsafe distances.append(numbers, count: frequency)
    }

    private mutating func grow() {
        let larger = 2 * capacity
        unsafe keys = Self.moved(keys, count, to: larger)
        unsafe postings = Self.moved(postings, count, to: larger)
        unsafe spare.deallocate()
        unsafe spare = UnsafeMutablePointer.allocate(capacity: larger)
        capacity = larger
    }

    private static func moved<Element: BitwiseCopyable>(
        _ elements: UnsafeMutablePointer<Element>, _ count: Int, to capacity: Int
    ) -> UnsafeMutablePointer<Element> {
        let new = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
        unsafe new.update(from: elements, count: count)
        unsafe elements.deallocate()
        return unsafe new
    }

    // MARK: Order

    /// Puts them into the order of their documents, by merging neighbouring runs.
    mutating func sort() {
        joinRuns()
        while runs.count > 1 {
            merged.removeAll(keepingCapacity: true)
            for index in stride(from: 0, to: runs.count, by: 2) {
                let start = runs[index]
                let middle = index + 1 < runs.count ? runs[index + 1] : count
                let end = index + 2 < runs.count ? runs[index + 2] : count
                merged.append(start)
                unsafe Self.merge(keys, start, middle, end, into: spare)
            }
            unsafe swap(&keys, &spare)
            swap(&runs, &merged)
        }
    }

    /// Makes one run of those that follow each other, and drops empty ones.
    private mutating func joinRuns() {
        merged.removeAll(keepingCapacity: true)
        for start in runs where start < count && start != merged.last {
            let follows = unsafe start > 0 && keys[start - 1] < keys[start]
            if !follows { merged.append(start) }
        }
        swap(&runs, &merged)
    }

    private static func merge(
        _ keys: UnsafeMutablePointer<UInt64>, _ start: Int, _ middle: Int, _ end: Int,
        into out: UnsafeMutablePointer<UInt64>
    ) {
        var (first, second, place) = (start, middle, start)
        while first < middle, second < end {
            let (left, right) = unsafe (keys[first], keys[second])
            let takesLeft = left < right
            unsafe out[place] = takesLeft ? left : right
            first &+= takesLeft ? 1 : 0
            second &+= takesLeft ? 0 : 1
            place &+= 1
        }
        unsafe (out + place).update(from: keys + first, count: middle - first)
        unsafe (out + place + middle - first).update(from: keys + second, count: end - second)
    }

    // MARK: The result

    func hand<Sink: ChunkSink>(to encoder: inout SegmentEncoder, _ sink: inout Sink) throws {
        for index in 0..<count {
            let key = unsafe keys[index]
            let posting = unsafe postings[Int(UInt32(truncatingIfNeeded: key))]
            try unsafe encoder.add(
                UInt32(truncatingIfNeeded: key >> 32), frequency: Int(posting.frequency),
                distances: distances.base + Int(posting.start), &sink)
        }
    }
}
