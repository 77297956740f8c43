/// Numbers drawn by a word (SplitMix64).
struct Draw {
    private var state: UInt64

    init(_ seed: String) {
        // FNV-1a.
        state = seed.utf8.reduce(14_695_981_039_346_656_037) { sum, byte in
            (sum ^ UInt64(byte)) &* 1_099_511_628_211
        }
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// From 0 on, and less than the count.
    mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }
}
