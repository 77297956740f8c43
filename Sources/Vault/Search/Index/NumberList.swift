/// Numbers in memory that grows: an array whose loops cost neither counting nor checks.
@safe struct NumberList: ~Copyable {
    private(set) var base: UnsafeMutablePointer<UInt32>
    private(set) var count = 0
    private var capacity = 1024

    init() { unsafe base = UnsafeMutablePointer.allocate(capacity: capacity) }

    deinit { unsafe base.deallocate() }

    mutating func removeAll() { count = 0 }

    @inline(__always)
    mutating func append(_ number: UInt32) {
        if count == capacity { grow(count + 1) }
        unsafe base[count] = number
        count &+= 1
    }

    @inline(__always)
    mutating func append(_ numbers: UnsafePointer<UInt32>, count added: Int) {
        if count &+ added > capacity { grow(count + added) }
        let place = unsafe base + count
        for index in 0..<added { unsafe place[index] = numbers[index] }
        count &+= added
    }

    private mutating func grow(_ least: Int) {
        capacity = 2 * least
        let larger = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity)
        unsafe larger.update(from: base, count: count)
        unsafe base.deallocate()
        unsafe base = larger
    }
}
