import Testing

/// Changes of any kind to a packed archive; `tools/check-foreign-archives --bags` finds more.
@Suite struct `Tampered bags` {
    private let bag: TamperedBag

    init() throws { bag = try TamperedBag() }

    @Test func `A bag that nobody changed is whole, and a judge can tell`() throws {
        #expect(try bag.judge([]) == nil)
        #expect(try bag.judge([1]) == nil)
    }

    @Test(arguments: 0..<8)
    func `Every kind of change is found or changes no file`(kind: UInt8) throws {
        for step in 0..<24 {
            let place = bag.tar.count / 24 * step
            let head = [
                kind | (step % 2 == 0 ? 0x80 : 0), UInt8(place >> 16), UInt8(place >> 8 & 0xFF),
                UInt8(place & 0xFF), 7,
            ]
            let input = [UInt8(step & 1)] + head + [0x41, 0, 0x2F, 0xFF, 0x30, 0x0A, 0x7B]
            #expect(try bag.judge(input) == nil, "kind \(kind) at \(place)")
        }
    }
}
