import Foundation
import VaultCrypto

/// Whether a compressed file is one zstd frame and nothing else.
///
/// A decoder passes over skippable frames and joins frames that follow one another; what stands in
/// them would travel with an archive unseen. The lengths of blocks stand in their headers, so the
/// frame's end is found without unpacking. Source: RFC 8878, sections 3.1.1 and 3.1.2.
struct ZstdFrame {
    private static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

    private let file: OpenFile
    private let sizeBytes: Int64

    /// - Returns: What is wrong, or `nil`; a file that is not compressed has nothing wrong.
    static func fault(in file: OpenFile, sizeBytes: Int64) -> String? {
        let frame = ZstdFrame(file: file, sizeBytes: sizeBytes)
        guard let first = frame.bytes(at: 0, 4) else { return nil }
        if isSkippable(first) { return "a hidden frame stands before the compressed archive" }
        // The reader says what it makes of other files, and of a frame that is cut.
        guard first == magic, let end = frame.end else { return nil }
        guard end < sizeBytes else { return nil }
        guard let next = frame.bytes(at: end, 4) else { return "something follows the archive" }
        if isSkippable(next) { return "a hidden frame follows the compressed archive" }
        return next == magic
            ? "a second frame follows the compressed archive" : "something follows the archive"
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
                return place <= sizeBytes ? place : nil
            }
        }
        return nil
    }

    /// Bytes at a place, without moving the file's position.
    private func bytes(at place: Int64, _ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        let read = unsafe span.withUnsafeMutableBytes { room in
            unsafe pread(file.descriptor, room.baseAddress, count, off_t(place))
        }
        return read == count ? bytes : nil
    }
}
