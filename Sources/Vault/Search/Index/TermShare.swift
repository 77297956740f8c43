/// `tf / (tf + k)` of `Relevance`, where loops can read it; outlives the search.
@safe struct TermShare {
    /// Of so many `tf` the shares are there for every norm.
    fileprivate static let frequencies = 8
    /// `k` for each norm, then for `tf` 1, 2 and so on the share for each norm.
    fileprivate let values: UnsafePointer<Float>

    fileprivate init(_ values: UnsafePointer<Float>) { unsafe self.values = values }

    /// - Parameters:
    ///   - frequency: `tf` less 1, as blocks have it.
    ///   - norm: The length of the document.
    /// - Returns: Between 0 and 1.
    @inline(__always)
    func callAsFunction(_ frequency: UInt32, _ norm: Int) -> Float {
        if frequency < Self.frequencies {
            return unsafe values[(Int(frequency) &+ 1) &<< 8 | norm]
        }
        return self(of: Float(frequency &+ 1), norm)
    }

    /// The share of any `tf`.
    @inline(__always)
    func callAsFunction(of frequency: Float, _ norm: Int) -> Float {
        unsafe frequency / (frequency + values[norm])
    }
}

/// The memory of `TermShare`.
@safe final class ShareTable {
    private let values: UnsafeMutablePointer<Float>

    init() {
        let count = 256 * (TermShare.frequencies + 1)
        unsafe values = UnsafeMutablePointer.allocate(capacity: count)
        unsafe values.initialize(repeating: 1, count: count)
    }

    deinit { unsafe values.deallocate() }

    var share: TermShare { unsafe TermShare(UnsafePointer(values)) }

    func fill(averageLength: Float) {
        for (norm, saturation) in Relevance.saturation(averageLength: averageLength).enumerated() {
            unsafe values[norm] = saturation
            for frequency in 1...TermShare.frequencies {
                let share = Float(frequency) / (Float(frequency) + saturation)
                unsafe values[frequency << 8 | norm] = share
            }
        }
    }
}
