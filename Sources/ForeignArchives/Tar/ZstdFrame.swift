import VaultCrypto

/// Whether a compressed file is one zstd frame and nothing else.
///
/// A decoder passes over skippable frames and joins frames that follow one another; what stands in
/// them would travel with an archive unseen. The lengths of blocks stand in their headers, so the
/// frame's end is found without unpacking. Source: RFC 8878, sections 3.1.1 and 3.1.2.
struct ZstdFrame {
    private static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

    private let file: any RandomAccess

    init(_ file: any RandomAccess) { self.file = file }

    /// What is wrong, or `nil`; a file that is not compressed has nothing wrong.
    var refusal: Refusal? {
        guard let first = bytes(at: 0, 4) else { return nil }
        if Self.isSkippable(first) { return .hiddenFrameBefore }
        // The reader says what it makes of other files, and of a frame that is cut.
        guard first == Self.magic, let end, end < file.sizeBytes else { return nil }
        guard let next = bytes(at: end, 4) else { return .trailingBytes }
        if Self.isSkippable(next) { return .hiddenFrameAfter }
        return next == Self.magic ? .secondFrame : .trailingBytes
    }

    /// What unpacking has to keep of the past; `nil` for a file that is not compressed.
    var windowBytes: Int64? {
        guard let head = bytes(at: 0, 6), head.starts(with: Self.magic) else { return nil }
        if head[4] & 0x20 == 0 {
            let base = Int64(1) << (10 + Int64(head[5] >> 3))
            return base + base / 8 * Int64(head[5] & 7)
        }
        // One segment: the window is the content, whose size stands here.
        let count = 1 << Int(head[4] >> 6)
        let place = 5 + Int64([0, 1, 2, 4][Int(head[4] & 3)])
        guard let size = bytes(at: place, count)?.number(0, count) else { return nil }
        return Int64(clamping: count == 2 ? size + 256 : size)
    }

    private static func isSkippable(_ bytes: [UInt8]) -> Bool {
        bytes[0] & 0xF0 == 0x50 && bytes[1...] == [0x2A, 0x4D, 0x18]
    }

    /// Where the first frame ends; `nil` when it is cut or breaks the format.
    private var end: Int64? {
        guard let descriptor = bytes(at: 4, 1)?.first else { return nil }
        let isSingle = descriptor & 0x20 != 0
        let sizes = [isSingle ? 1 : 0, 2, 4, 8]
        let dictionary = [0, 1, 2, 4][Int(descriptor & 3)]
        var place = Int64(5 + (isSingle ? 0 : 1) + dictionary + sizes[Int(descriptor >> 6)])
        while let head = bytes(at: place, 3) {
            let value = Int64(head[0]) | Int64(head[1]) << 8 | Int64(head[2]) << 16
            let kind = value >> 1 & 3
            guard kind != 3 else { return nil }
            // A block of one repeated byte holds that byte.
            place += 3 + (kind == 1 ? 1 : value >> 3)
            if value & 1 == 1 {
                place += descriptor & 4 != 0 ? 4 : 0
                return place <= file.sizeBytes ? place : nil
            }
        }
        return nil
    }

    private func bytes(at place: Int64, _ count: Int) -> [UInt8]? {
        try? file.bytes(at: place, count: count, of: "The archive")
    }
}
