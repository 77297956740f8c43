import VaultCrypto

/// The content of the one entry of a zip or gzip stream, unpacked and checked by libarchive.
final class EntrySource: ByteSource {
    private let reader: ArchiveReader
    private let place: String
    /// Bytes that may still come.
    private var room: Int64
    private var isAtEnd = false

    /// Starts reading.
    ///
    /// - Parameters:
    ///   - source: A local header and its data, or a gzip file.
    ///   - content: Which of the two.
    ///   - place: How messages name the content.
    ///   - sizeBytes: The most that may come out.
    /// - Throws: `.badInput` when it is not of that kind.
    init(
        _ source: any ByteSource, as content: ArchiveReader.Content, place: String, sizeBytes: Int64
    ) throws(VaultError) {
        room = sizeBytes
        self.place = place
        let blocks = BlockBuffer(source, blockBytes: 1 << 16)
        reader = try unsafe ArchiveReader(content) { () throws(VaultError) in
            try unsafe blocks.next()
        }
        guard reader.open() else { throw refusal() }
        if reader.filters > 2 { throw Refusal.severalLayers.error(at: place) }
        guard content != .gzip || reader.filters == 2 else { throw refusal() }
        switch reader.next() {
        case .entry: break
        case .end where content == .gzip: isAtEnd = true
        default: throw refusal()
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(VaultError) -> Int {
        if isAtEnd { return 0 }
        guard let got = unsafe reader.read(into: buffer) else { throw refusal() }
        room -= Int64(got)
        if room < 0 { throw refusal() }
        if got == 0 { isAtEnd = true }
        return got
    }

    /// Bytes of the source that belong to the content.
    var packedBytes: Int64 { reader.packedBytes }

    private func refusal() -> VaultError { reader.fault ?? Refusal.damaged.error(at: place) }
}
