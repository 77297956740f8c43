import Vault
import VaultCrypto

/// Bytes of a file for review whose number is known before they are written.
indirect enum ReviewContent: Sendable {
    case bytes([UInt8])
    /// An attachment of the vault.
    case attachment([UInt8], sizeBytes: Int64)
    case zip(StoredZip)

    var sizeBytes: Int64 {
        switch self {
        case .bytes(let bytes): Int64(bytes.count)
        case .attachment(_, let size): size
        case .zip(let zip): zip.sizeBytes
        }
    }

    /// Writes the bytes; attachments are read anew, a piece at a time.
    func write(from source: any ArchiveSource, to sink: any ByteSink) throws(VaultError) {
        switch self {
        case .bytes(let bytes): try sink.write(bytes)
        case .attachment(let sha256, _): try source.readAttachment(sha256, into: sink)
        case .zip(let zip): try zip.write(from: source, to: sink)
        }
    }
}

/// A zip whose files are not compressed, so that its size is known before it is written and its
/// bytes depend on no library.
///
/// The layout is that of PKWARE's APPNOTE 6.3.10: for each file a local header (section 4.3.7) and
/// its content, then the central directory (4.3.12) and its end (4.3.16). Times are 1980-01-01.
/// Names are ASCII. Sizes have 32 bits: the callers stay below 2 GB.
struct StoredZip: Sendable {
    struct File: Sendable {
        var name: String
        var content: ReviewContent
        var crc32: UInt32
    }

    private static let localHeaderBytes = 30
    private static let centralHeaderBytes = 46
    private static let endBytes = 22
    /// 1980-01-01 as MS-DOS writes it.
    private static let date: UInt16 = 1 << 5 | 1

    let files: [File]

    var sizeBytes: Int64 {
        files.reduce(Int64(Self.endBytes)) { sum, file in
            sum + Int64(Self.localHeaderBytes + Self.centralHeaderBytes + 2 * file.name.utf8.count)
                + file.content.sizeBytes
        }
    }

    func write(from source: any ArchiveSource, to sink: any ByteSink) throws(VaultError) {
        var offset: Int64 = 0
        var directory: [UInt8] = []
        for file in files {
            try sink.write(local(file))
            try file.content.write(from: source, to: sink)
            directory += central(file, at: offset)
            offset += Int64(Self.localHeaderBytes + file.name.utf8.count) + file.content.sizeBytes
        }
        try sink.write(directory)
        var end = LittleEndian()
        end.add(0x0605_4B50 as UInt32)
        end.add(0 as UInt32)
        end.add(UInt16(truncatingIfNeeded: files.count))
        end.add(UInt16(truncatingIfNeeded: files.count))
        end.add(UInt32(truncatingIfNeeded: directory.count))
        end.add(UInt32(truncatingIfNeeded: offset))
        end.add(0 as UInt16)
        try sink.write(end.bytes)
    }

    private func local(_ file: File) -> [UInt8] {
        var header = LittleEndian()
        header.add(0x0403_4B50 as UInt32)
        addShared(file, to: &header)
        return header.bytes + Array(file.name.utf8)
    }

    private func central(_ file: File, at offset: Int64) -> [UInt8] {
        var header = LittleEndian()
        header.add(0x0201_4B50 as UInt32)
        header.add(10 as UInt16)
        addShared(file, to: &header)
        // No comment, the first disk, no attributes.
        for _ in 0..<3 { header.add(0 as UInt16) }
        header.add(0 as UInt32)
        header.add(UInt32(truncatingIfNeeded: offset))
        return header.bytes + Array(file.name.utf8)
    }

    /// Version 1.0, no flags, stored, the time, checksum, sizes, and no extra field.
    private func addShared(_ file: File, to header: inout LittleEndian) {
        for value: UInt16 in [10, 0, 0, 0, Self.date] { header.add(value) }
        header.add(file.crc32)
        header.add(UInt32(truncatingIfNeeded: file.content.sizeBytes))
        header.add(UInt32(truncatingIfNeeded: file.content.sizeBytes))
        header.add(UInt16(truncatingIfNeeded: file.name.utf8.count))
        header.add(0 as UInt16)
    }
}

/// Numbers whose lowest byte is the first.
private struct LittleEndian {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ value: some FixedWidthInteger & UnsignedInteger) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }
}

/// The checksum of zip files (ISO 3309, reflected polynomial 0xEDB88320), eight bytes at a time.
final class CRC32: ByteSink {
    /// Table `k` is the effect of a byte that `k` more bytes follow.
    private static let tables: [[UInt32]] = {
        var tables = [(0..<256).map { shifted(UInt32($0)) }]
        for index in 1..<8 {
            tables.append(tables[index - 1].map { tables[0][Int($0 & 0xFF)] ^ $0 >> 8 })
        }
        return tables
    }()

    private static func shifted(_ byte: UInt32) -> UInt32 {
        var value = byte
        for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
        return value
    }

    private var state: UInt32 = 0xFFFF_FFFF

    var value: UInt32 { ~state }

    static func of(_ content: [UInt8]) throws(VaultError) -> UInt32 {
        let sum = CRC32()
        try sum.write(content)
        return sum.value
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError) {
        let tables = Self.tables
        var index = 0
        var crc = state
        while bytes.count - index >= 8 {
            let low = unsafe Self.word(bytes, at: index) ^ crc
            let high = unsafe Self.word(bytes, at: index + 4)
            crc = 0
            for step in 0..<4 {
                let shift = UInt32(8 * step)
                crc ^= tables[7 - step][Int(low >> shift & 0xFF)]
                crc ^= tables[3 - step][Int(high >> shift & 0xFF)]
            }
            index += 8
        }
        while index < bytes.count {
            let byte = unsafe UInt32(bytes[index])
            crc = tables[0][Int((crc ^ byte) & 0xFF)] ^ crc >> 8
            index += 1
        }
        state = crc
    }

    private static func word(_ bytes: UnsafeRawBufferPointer, at index: Int) -> UInt32 {
        UInt32(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self))
    }
}
